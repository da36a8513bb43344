"""``mqlrules run``: rules on event files, to transitions."""

import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mqlrules.cli.failure import Failure
from mqlrules.cli.options import TakesManyEvents, columns_of, event_columns
from mqlrules.cli.progress import progress
from mqlrules.cli.rules import STANDARD_INPUT, counted, load_rules

# polars and rich load when the call is known to be a good one.
if TYPE_CHECKING:
    from mqlrules.cli.records import Results
    from mqlrules.events.readers import EventTable, Rejects, Remark
    from mqlrules.ruleset import RuleSet

ROWS_ON_TERMINAL = 20
REJECTS_SHOWN = 5


def instant(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """ISO-8601 text, or ``now``, as microseconds since 1970 UTC."""
    from mqlrules.events.model import EventError, parse_time

    if value is None:
        return None
    if value == "now":
        return time.time_ns() // 1000
    try:
        return parse_time(value)
    except EventError as error:
        raise click.BadParameter(f"{error}, or now", ctx, param) from None


@click.command(cls=TakesManyEvents, epilog="""
\b
Examples:
  mqlrules run rules/ --events events.csv
  mqlrules run rules/ --events data/*.parquet --leads leads.csv --out transitions.parquet
  mqlrules run warm.mql --events export.jsonl.gz --format segment --as-of 2026-03-31
  cat events.jsonl | mqlrules run rules/ --events - --format jsonl | head -3
""")  # fmt: skip
@click.argument("rules", nargs=-1, required=True, metavar="RULES...")
@click.option(
    "--events",
    multiple=True,
    required=True,
    metavar="FILE...",
    help="Event files, folders or globs; - is standard input.",
)
@click.option("--leads", metavar="FILE", help="A table of leads: traits that hold from the beginning.")
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
    "--rejects",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep all rows that could not be read here, as JSON lines.",
)
@click.option("--allow-rejects", is_flag=True, help="Exit with 0 even if some rows could not be read.")
def command(
    rules: tuple[str, ...],
    events: tuple[str, ...],
    leads: str | None,
    as_of: int | None,
    each_rule: bool,
    out: Path | None,
    format: str | None,
    lead_column: str | None,
    time_column: str | None,
    event_column: str | None,
    id_column: str | None,
    rejects: Path | None,
    allow_rejects: bool,
) -> int:
    """Run rules on event files: which leads moved to which stage, when, by which rule, and on which events.

    On a terminal the result is a table, in a pipe one JSON object a line. The exit status is 1 if some rows could
    not be read.
    """
    if STANDARD_INPUT in rules and STANDARD_INPUT in events:
        raise Failure("rules and events can't both come from standard input")
    rule_set = load_rules(rules)

    from mqlrules.batch import end_of, first_times_of, transitions_of
    from mqlrules.cli.records import check_ending, write_file
    from mqlrules.cli.writing import check_writable, whole_file
    from mqlrules.events.readers import read_events, read_leads
    from mqlrules.events.readers.rejects import together

    if out is not None:
        check_ending(out)
    if rejects is not None:
        check_writable(rejects)
    columns = columns_of(lead_column, time_column, event_column, id_column)
    table = read_events(events, format=format, columns=columns, program=rule_set.program)
    traits = read_leads([leads] if leads else [], columns=columns, program=rule_set.program, events=table)
    rejected = together([table.rejects, traits.rejects])
    report(rejected, (*table.remarks, *traits.remarks), kept=rejects is not None)
    if rejects is not None:
        with whole_file(rejects) as part:
            rejected.write(part)

    results: Results
    with progress("evaluating", len(table)) as watch:
        if each_rule:
            results = first_times_of(rule_set.plan, table, traits.traits, as_of, watch)
        else:
            results = transitions_of(rule_set.plan, rule_set.fingerprint, table, traits.traits, as_of, watch)
    if out is not None:
        write_file(results, each_rule, out)
        click.echo(f"{len(results):,} results written to {out}", err=True)
    elif sys.stdout.isatty():
        show(results, rule_set, table, traits.traits.keys(), end_of(table, as_of))
    else:
        pipe(results)
    return 1 if len(rejected) and not allow_rejects else 0


def report(rejects: "Rejects", remarks: Iterable["Remark"], kept: bool) -> None:
    """Say on standard error what could not be read, and what is odd about the data."""
    for remark in remarks:
        times = f" ({remark.count:,} times)" if remark.count > 1 else ""
        click.echo(f"{remark.file}:{remark.line}: {remark.message}{times}", err=True)
    if not len(rejects):
        return
    rows = "1 row can't be read and is" if len(rejects) == 1 else f"{len(rejects):,} rows can't be read and are"
    click.echo(f"{rows} left out:", err=True)
    for reject in rejects.first(REJECTS_SHOWN):
        click.echo(f"  {reject.file}:{reject.line}: {reject.reason}", err=True)
    more = len(rejects) - REJECTS_SHOWN
    if more > 0:
        click.echo(f"  … and {more:,} more" + ("" if kept else " (--rejects FILE keeps them all)"), err=True)


def pipe(results: "Results") -> None:
    """JSON lines on standard output."""
    from mqlrules.cli.records import write_json_lines

    ascii_only = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    write_json_lines(results, sys.stdout, ascii_only=ascii_only)


def show(
    results: "Results", rules: "RuleSet", table: "EventTable", known: Iterable[str | int], end: int | None
) -> None:
    """A table for a person: the first rows, then what they come to."""
    from mqlrules.cli import tables

    leads = {*known, *table.frame.get_column("lead").unique().to_list()}
    console = tables.console(sys.stdout)
    if results:
        console.print(tables.results_table(results[:ROWS_ON_TERMINAL]))
    more = len(results) - ROWS_ON_TERMINAL
    if more > 0:
        console.print(f"… and {more:,} more: --out FILE writes them all")
    console.print()
    until = f", up to {tables.when(end)} UTC" if end is not None else ""
    console.print(
        f"{counted(len(table), 'event')} of {counted(len(leads), 'lead')}{until}: {counted(len(results), 'result')}"
    )
    console.print()
    console.print(tables.summary(results, rules.program, len(leads)))
