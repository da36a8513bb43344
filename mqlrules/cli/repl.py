"""``mqlrules repl``: rules and events in memory, and questions typed one after the other."""

import sys
from pathlib import Path

import click

from mqlrules.cli.failure import Failure
from mqlrules.cli.options import TakesManyEvents, event_columns, leads_table
from mqlrules.cli.rules import STANDARD_INPUT


@click.command(cls=TakesManyEvents, epilog="""
\b
Examples:
  mqlrules repl rules/ --events events.csv
  mqlrules repl --events data/*.parquet --leads leads.csv
  cat questions.txt | mqlrules repl rules/ --events events.csv
""")  # fmt: skip
@click.argument("rules", nargs=-1, metavar="[RULES]...")
@click.option("--events", multiple=True, metavar="FILE...", help="Event files, folders or globs.")
@leads_table
@event_columns
def command(
    rules: tuple[str, ...],
    events: tuple[str, ...],
    leads: str | None,
    leads_column: str | None,
    format: str | None,
    lead_column: str | None,
    time_column: str | None,
    event_column: str | None,
    id_column: str | None,
) -> int:
    """Ask and change rules interactively.

    A typed condition is answered at once: how many leads meet it now, how many ever did, which, and when. A typed rule
    or definition joins the session. :help says what else there is.

    RULES are rule files, or folders: every .mql file in them. In a pipe the input is a script of the same, and the
    exit status is 1 if a part of it failed.
    """
    if STANDARD_INPUT in rules or STANDARD_INPUT in events or leads == STANDARD_INPUT:
        raise Failure("standard input is what is typed: rules and events come from files")
    for path in rules:
        if not Path(path).exists():
            raise Failure(f"there is no file or folder {path}")

    from mqlrules.cli.reading import wait_no_longer
    from mqlrules.repl.data import Given

    wait_no_longer()
    columns = (lead_column, time_column, event_column, id_column, leads_column)
    given = Given(events, leads, format, columns)
    if sys.stdin.isatty() and sys.stdout.isatty():
        from mqlrules.repl.prompt import converse

        return converse(rules, given)

    from mqlrules.repl.script import run_standard_input

    return run_standard_input(rules, given)
