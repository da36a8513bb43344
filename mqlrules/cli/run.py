"""``mqlrules run``: rules on event files, to transitions."""

import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mqlrules.cli import results
from mqlrules.cli.command import Command, note
from mqlrules.cli.inputs import Inputs, wait_no_longer
from mqlrules.cli.options import (
    Instant,
    as_of_option,
    event_inputs,
    out_option,
    raw_csv_option,
    rules_argument,
)
from mqlrules.cli.rules import load_rules
from mqlrules.console.spreadsheet import write_csv
from mqlrules.console.terminal import counted, when

# polars and rich are imported when the call is known to be a good one.
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


@click.command(cls=Command, page="data", examples="""
mqlrules run rules/ --events events.csv
mqlrules run rules/ --events data/*.parquet --leads leads.csv --out transitions.parquet
mqlrules run warm.mql --events export.jsonl.gz --format segment --as-of 2026-03-31
cat events.jsonl | mqlrules run rules/ --events - --format jsonl | head -3
""")  # fmt: skip
@rules_argument
@event_inputs(rejects=True)
@as_of_option
@click.option("--each-rule", is_flag=True, help="The first time each rule held for each lead, ignoring the lifecycle.")
@out_option(*results.ENDINGS, help="Write all results to a .jsonl, .csv or .parquet file.")
@click.option(
    "--output-format", type=click.Choice(["text", "json", "jsonl", "csv", "markdown"]),
    help="How the results are printed (default: text on a terminal, jsonl in a pipe). text shows the first 20.",
)  # fmt: skip
@raw_csv_option
@click.option(
    "--engine",
    type=click.Choice(["auto", "incremental", "columnar"]),
    default="auto",
    help="Which engine evaluates: columnar for many events, incremental for few (default: auto, by size).",
)
@click.option(
    "--memory", metavar="SIZE", callback=bytes_,
    help="How much memory the columnar engine may use: 1GB, 500MB (default: half of what is free).",
)  # fmt: skip
def command(
    rules: tuple[str, ...],
    inputs: Inputs,
    as_of: Instant | None,
    each_rule: bool,
    out: Path | None,
    output_format: str | None,
    raw_csv: bool,
    engine: "EngineChoice",
    memory: int | None,
) -> int:
    """Run rules on event files: which leads moved to which stage, when, by which rule, and on which events.

    Tables for people show times in the rules' time zone; JSON, CSV and files have UTC. The exit status is 1 if some
    rows can't be read.
    """
    rule_set = load_rules(rules)

    from mqlrules.profile.unknown_events import unheard
    from mqlrules.run.running import Request, start

    zone = rule_set.program.timezone
    request = Request(
        rule_set.plan,
        rule_set.fingerprint,
        inputs.events,
        inputs.leads,
        None if as_of is None else as_of.within(zone),
        each_rule=each_rule,
        evidence=not each_rule,
        engine=engine,
        memory=memory,
        format=inputs.format,
        columns=inputs.names,
    )
    wait_no_longer()
    with start(request, note, note) as running:
        inputs.report(running.remarks, running.rejects)
        outcome = running.outcome()
        if out is not None:
            results.write_file(outcome, each_rule, out, guard=not raw_csv)
            note(f"{counted(len(outcome), 'result')} written to {out}")
        else:
            form = output_format or ("text" if sys.stdout.isatty() else "jsonl")
            _print(outcome, form, rule_set.program, running, each_rule, guard=not raw_csv)
        for line in unheard(rule_set.plan, running.names(), outcome.tally().by_rule):
            print(line, file=sys.stderr)
        return inputs.status(running.rejects)


def _print(
    outcome: "Outcome", form: str, program: "Program", running: "Running", each_rule: bool, *, guard: bool
) -> None:
    zone = program.timezone
    match form:
        case "text":
            _show(outcome, program, running, each_rule)
        case "json":
            results.write_json(outcome, sys.stdout)
        case "csv":
            rows = map(results.csv_record, outcome)
            write_csv(rows, results.CSV_COLUMNS[each_rule], sys.stdout, guard=guard)
        case "markdown":
            table = (results.cells(result, zone) for result in outcome)
            sys.stdout.write(results.markdown(results.heads(each_rule, zone), table))
        case _:
            results.write_json_lines(outcome, sys.stdout)


def _show(outcome: "Outcome", program: "Program", running: "Running", each_rule: bool) -> None:
    """A table for a person: the first rows, then totals."""
    from mqlrules.console.tables import console

    show, zone = console(sys.stdout), program.timezone
    if len(outcome):
        show.print(results.results_table(itertools.islice(outcome, ROWS_ON_TERMINAL), each_rule, zone))
    more = len(outcome) - ROWS_ON_TERMINAL
    if more > 0:
        show.print(f"… and {more:,} more: --out FILE writes them all")
    end = running.end()
    until = "" if end is None else f", up to {when(end, zone)} {zone}"
    events, leads, total = counted(running.events, "event"), running.leads(), counted(len(outcome), "result")
    show.print(f"\n{events} of {counted(leads, 'lead')}{until}: {total}\n")
    show.print(results.summary(outcome.tally(), program, leads, each_rule))
    asked = [rule.name for rule in program.rules if rule.when is not None]
    if each_rule and asked:
        show.print(f"\n`when` is ignored here, only the condition after it counts: {', '.join(asked)}")
