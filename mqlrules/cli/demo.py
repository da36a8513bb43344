"""``mqlrules demo``: the main job on the example that ships with the package."""

import json
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mqlrules.cli.command import Command
from mqlrules.console.terminal import counted, when
from mqlrules.engine.results import Transition
from mqlrules.events.model import Event, as_event

if TYPE_CHECKING:
    from rich.table import Table

EXAMPLE = Path(__file__).parent / "example"


@click.command(cls=Command, page="index", examples="mqlrules demo")
def command() -> int:
    """Show the main job on a small example: rules, what four leads did, and which of them qualified, when and why.

    Reads and writes none of your files.
    """
    import mqlrules
    from mqlrules.cli.results import results_table
    from mqlrules.console.tables import console

    text = (EXAMPLE / "rules.mql").read_text(encoding="utf-8")
    lines = (EXAMPLE / "events.jsonl").read_text(encoding="utf-8").splitlines()
    events = [as_event(json.loads(line)) for line in lines]
    transitions = mqlrules.loads(text).evaluate(events).transitions

    show = console(sys.stdout)
    show.print("The rules\n", style="bold")
    show.print(textwrap.indent(text, "  "))
    leads = counted(len({event.lead for event in events}), "lead")
    show.print(f"What {leads} did, and how the rules moved them\n", style="bold")
    show.print(_story(events, transitions))
    show.print("\nThe result\n", style="bold")
    show.print(results_table(transitions, False, "UTC"))
    show.print(f"\nThe two files are in {EXAMPLE}. `mqlrules init` creates a rules folder of your own.", soft_wrap=True)
    return 0


def _story(events: list[Event], transitions: list[Transition]) -> "Table":
    """Lead by lead what happened, in order of time, with each move next to the event that caused it."""
    from mqlrules.console.tables import table

    rows = table("lead", "time (UTC)", "event", "move", times=("time (UTC)",))
    for lead in dict.fromkeys(event.lead for event in events):
        happened: dict[int, list[str]] = {}
        for event in events:
            if event.lead == lead:
                happened.setdefault(event.at, []).append(_event(event))
        moves = {move.instant: move for move in transitions if move.lead == lead}
        name = str(lead)
        for at in sorted(happened.keys() | moves.keys()):
            move = moves.get(at)
            moved = "" if move is None else f"{move.from_stage} > {move.to_stage}  by {move.rule}"
            rows.add_row(name, when(at), ", ".join(happened.get(at, ["(time passes)"])), moved)
            name = ""
        rows.add_section()
    return rows


def _event(event: Event) -> str:
    shown = ", ".join(f"{name}: {value}" for name, value in event.properties.items())
    return f"{event.event} ({shown})" if shown else event.event
