"""``mqlrules repl``: rules and events in memory, and questions typed one after the other."""

import sys
from pathlib import Path

import click

from mqlrules.cli.command import Command, Failure
from mqlrules.cli.inputs import Inputs, wait_no_longer
from mqlrules.cli.options import STANDARD_INPUT, event_inputs, optional_rules_argument


@click.command(cls=Command, page="repl", examples="""
mqlrules repl rules/ --events events.csv
mqlrules repl --events data/*.parquet --leads leads.csv
cat questions.txt | mqlrules repl rules/ --events events.csv
""")  # fmt: skip
@optional_rules_argument
@event_inputs(required=False)
def command(rules: tuple[str, ...], inputs: Inputs) -> int:
    """Ask and change rules interactively.

    A condition that you type is answered at once: how many leads meet it now, how many ever did, which, and when. A
    rule or definition that you type joins the session. :help shows everything else.

    RULES are rule files, or folders: every .mql file in them. In a pipe, the input is a script of the same, and the
    exit status is 1 if a part of it failed.
    """
    if STANDARD_INPUT in (*rules, *inputs.events, inputs.leads):
        raise Failure("standard input is what you type: rules and events come from files")
    for path in rules:
        if not Path(path).exists():
            raise Failure(f"there is no file or folder {path}")

    from mqlrules.repl.data import Given

    wait_no_longer()
    given = Given(inputs.events, inputs.leads, inputs.format, inputs.columns)
    if sys.stdin.isatty() and sys.stdout.isatty():
        from mqlrules.repl.prompt import converse

        return converse(rules, given)

    from mqlrules.repl.script import run_standard_input

    return run_standard_input(rules, given)
