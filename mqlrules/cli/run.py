"""``mqlrules run``: rules on event files, to transitions."""

import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mqlrules.cli.options import TakesManyEvents, event_columns, event_files, instant, kept_rejects, leads_table
from mqlrules.cli.rules import check_standard_input, counted, load_rules

# polars and rich load when the call is known to be a good one.
if TYPE_CHECKING:
    from mqlrules.check.program import Program
    from mqlrules.run.outcome import Outcome
    from mqlrules.run.running import EngineChoice, Running

ROWS_ON_TERMINAL = 20


def bytes_(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """``1GB`` and the like as bytes."""
    from mqlrules.readers.memory import size

    try:
        return None if value is None else size(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


@click.command(cls=TakesManyEvents, epilog="""
\b
Examples:
  mqlrules run rules/ --events events.csv
  mqlrules run rules/ --events data/*.parquet --leads leads.csv --out transitions.parquet
  mqlrules run warm.mql --events export.jsonl.gz --format segment --as-of 2026-03-31
  cat events.jsonl | mqlrules run rules/ --events - --format jsonl | head -3
""")  # fmt: skip
@click.argument("rules", nargs=-1, required=True, metavar="RULES...")
@event_files
@leads_table
@click.option(
    "--as-of",
    callback=instant,
    metavar="TIME",
    help="When evaluation ends: ISO-8601 text, or now (default: the last event).",
)
@click.option("--each-rule", is_flag=True, help="The first time each rule held for each lead, the lifecycle ignored.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write all results to a .jsonl, .csv or .parquet file.",
)
@event_columns
@click.option(
    "--engine",
    type=click.Choice(["auto", "incremental", "columnar"]),
    default="auto",
    help="Which engine evaluates: columnar for many events, incremental for few; auto (the default) goes by the size.",
)
@click.option(
    "--memory",
    metavar="SIZE",
    callback=bytes_,
    help="What the columnar engine may take: 1GB, 500MB (default: half of what is free).",
)
@kept_rejects
def command(
    rules: tuple[str, ...],
    events: tuple[str, ...],
    leads: str | None,
    as_of: int | None,
    each_rule: bool,
    out: Path | None,
    leads_column: str | None,
    format: str | None,
    lead_column: str | None,
    time_column: str | None,
    event_column: str | None,
    id_column: str | None,
    engine: "EngineChoice",
    memory: int | None,
    rejects: Path | None,
    allow_rejects: bool,
) -> int:
    """Run rules on event files: which leads moved to which stage, when, by which rule, and on which events.

    On a terminal the result is a table, in a pipe one JSON object a line. The exit status is 1 if some rows could
    not be read.
    """
    check_standard_input(rules, events)
    rule_set = load_rules(rules)

    from mqlrules.cli.reading import keep_rejects, wait_no_longer
    from mqlrules.cli.records import check_ending, write_file
    from mqlrules.cli.writing import check_writable
    from mqlrules.profile.unknown_events import unheard
    from mqlrules.readers import ColumnNames, column_names
    from mqlrules.run.incremental_run import REJECTS_SHOWN, in_words
    from mqlrules.run.running import Request, start

    if out is not None:
        check_ending(out)
    if rejects is not None:
        check_writable(rejects)
    names = ColumnNames(lead_column, time_column, event_column, id_column, leads_column).over(column_names())
    request = Request(
        rule_set.plan,
        rule_set.fingerprint,
        events,
        leads,
        as_of,
        each_rule=each_rule,
        evidence=not each_rule,
        engine=engine,
        memory=memory,
        format=format,
        columns=names,
    )
    wait_no_longer()
    with start(request, lambda line: click.echo(line, err=True)) as running:
        for line in in_words(running.remarks, running.rejects):
            click.echo(line, err=True)
        if rejects is None and len(running.rejects) > REJECTS_SHOWN:
            click.echo("  (--rejects FILE keeps them all)", err=True)
        if rejects is not None:
            keep_rejects(running.rejects, rejects)
        outcome = running.outcome()
        if out is not None:
            write_file(outcome, each_rule, out)
            click.echo(f"{counted(len(outcome), 'result')} written to {out}", err=True)
        elif sys.stdout.isatty():
            show(outcome, rule_set.program, running, each_rule)
            if each_rule:
                say_what_is_unasked(rule_set.program)
        else:
            pipe(outcome)
        for line in unheard(rule_set.plan, running.names(), outcome.tally().by_rule):
            click.echo(line, err=True)
        return 1 if len(running.rejects) and not allow_rejects else 0


def pipe(outcome: "Outcome") -> None:
    """JSON lines on standard output."""
    from mqlrules.cli.records import write_json_lines

    ascii_only = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    write_json_lines(outcome, sys.stdout, ascii_only=ascii_only)


def show(outcome: "Outcome", program: "Program", running: "Running", each_rule: bool) -> None:
    """A table for a person: the first rows, then what they come to."""
    from mqlrules.cli import tables

    console = tables.console(sys.stdout)
    if len(outcome):
        console.print(tables.results_table(list(itertools.islice(outcome, ROWS_ON_TERMINAL))))
    more = len(outcome) - ROWS_ON_TERMINAL
    if more > 0:
        console.print(f"… and {more:,} more: --out FILE writes them all")
    leads, end = running.leads(), running.end()
    until = "" if end is None else f", up to {tables.when(end)} UTC"
    came_to = counted(len(outcome), "result")
    console.print(f"\n{counted(running.events, 'event')} of {counted(leads, 'lead')}{until}: {came_to}\n")
    console.print(tables.summary(outcome.tally(), program, leads, each_rule))


def say_what_is_unasked(program: "Program") -> None:
    """A line below the table of first times, where a rule would ask for a stage."""
    from mqlrules.cli import tables

    if unasked := tables.unasked(program):
        tables.console(sys.stdout).print(f"\n{unasked}")
