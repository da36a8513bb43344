"""``mqlrules init``: a first rules folder, with a schema of the events that a file really has."""

import shlex
from pathlib import Path

import click

from mqlrules.check.program import Program
from mqlrules.cli.command import Command, Failure
from mqlrules.cli.inputs import Inputs
from mqlrules.cli.options import event_inputs
from mqlrules.cli.writing import reason
from mqlrules.console.terminal import counted

HEADING = """\
# When is a lead qualified? Each rule below moves a lead to a stage when its condition holds.
#
# Find mistakes:       mqlrules check {folder}
# See who qualified:   mqlrules run {folder} --events {events}
"""

LIFECYCLE = """
# The stages, from the lowest up. Those after the comma are outside the ladder.
lifecycle anonymous > MCL > MEL > MQL > SQL > SRL > customer, disqualified
"""

RULES = """
# A name for an event that your rules use: here a certain kind of page view.
event visited pricing = page_viewed where (path matches "/pricing*")

# Who you sell to, by the traits of the lead.
segment ideal_customer = lead.employees >= 200 and lead.industry in ("software", "fintech")

# Points for what a lead does; `halve every 30d` would let them fade.
score engagement
    +10 per visited pricing up to 30
    +25 for attended webinar within 90d
    +15 if ideal_customer
    between 0 and 100

rule warm "Twice on the pricing page, and in a webinar":
    visited pricing >= 2 and attended webinar within 30d => MQL

rule scored: ideal_customer and engagement >= 50 => MQL

rule demo: when MQL, requested demo => SQL

# Quiet for thirty days: back to the nurturing stage, for a new start.
rule gone_quiet: when MQL, no activity within 30d => recycle to MEL
"""


@click.command(cls=Command, page="data", examples="""
mqlrules init
mqlrules init rules --events events.csv
mqlrules init rules --events export.jsonl.gz --format segment
""")  # fmt: skip
@click.argument("folder", default="rules", type=click.Path(path_type=Path))
@event_inputs(required=False, leads=False)
def command(folder: Path, inputs: Inputs) -> int:
    """Create a rules folder: FOLDER/rules.mql (by default in `rules`), with comments that explain it.

    With --events, FOLDER/schema.mql describes the events and properties that the files really have, so that
    `mqlrules check` finds a name that nobody sends.

    Existing files are never overwritten.
    """
    if folder.exists() and not folder.is_dir():
        raise Failure(f"{folder} is a file, not a folder")
    if next(folder.rglob("*.mql"), None) is not None:
        raise Failure(f"{folder} already has rules; name another folder: mqlrules init FOLDER")
    status = 0
    if inputs.events:
        from mqlrules.cli.schema import described, first_rules

        batch = inputs.read(Program())
        status = inputs.status(batch.rejects)
        schema = described(batch.table)
        rules = _heading(folder, inputs.events[0]) + LIFECYCLE + first_rules(schema)
        files = {"schema.mql": schema.text, "rules.mql": rules}
        held = f"a schema of {counted(len(schema.events), 'event')}, and rules to start with"
    else:
        files = {"rules.mql": _heading(folder, "events.csv") + LIFECYCLE + RULES}
        held = "rules to start with"
    _write(folder, files)
    print(f"{' and '.join(str(folder / name) for name in files)}: {held}.")
    print(f"Next: mqlrules check {folder}")
    return status


def _heading(folder: Path, events: str) -> str:
    return HEADING.format(folder=_argument(folder), events=_argument(events))


def _argument(path: Path | str) -> str:
    """A path as it is written on a command line, and in one line of a comment."""
    return shlex.quote(" ".join(str(path).split()))


def _write(folder: Path, files: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            with (folder / name).open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        raise Failure(f"{error.filename or folder} can't be written: {reason(error)}") from error
