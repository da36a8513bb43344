"""``mqlrules demo``: the main job on the example that ships with the package."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mqlrules.engine.results import Transition
from mqlrules.events.model import Event, as_event

if TYPE_CHECKING:
    from rich.table import Table

EXAMPLE = Path(__file__).parent / "example"


@click.command(
    epilog="""
\b
Example:
  mqlrules demo
"""
)
def command() -> int:
    """Show the main job on a small example: rules, what four leads did, and which of them qualified, when and why.

    Reads and writes no files of yours.
    """
    import mqlrules
    from mqlrules.cli.rules import counted
    from mqlrules.cli.tables import console, results_table

    text = (EXAMPLE / "rules.mql").read_text(encoding="utf-8")
    events = [
        as_event(json.loads(line)) for line in (EXAMPLE / "events.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    transitions = mqlrules.loads(text).evaluate(events).transitions

    show = console(sys.stdout)
    show.print("The rules\n", style="bold")
    show.print(_indented(text))
    show.print(
        f"What {counted(len({event.lead for event in events}), 'lead')} did, and what the rules made of it\n",
        style="bold",
    )
    show.print(_story(events, transitions))
    show.print("\nThe result\n", style="bold")
    show.print(results_table(transitions))
    show.print(f"\nThe two files are in {EXAMPLE}. `mqlrules init` begins a rules folder of your own.", soft_wrap=True)
    return 0


def _indented(text: str) -> str:
    return "".join(f"  {line}".rstrip() + "\n" for line in text.splitlines())


def _story(events: list[Event], transitions: list[Transition]) -> "Table":
    """Lead by lead what happened, in order of time, with each move beside the event that made it."""
    from mqlrules.cli.tables import table, when

    rows = table("lead", "time (UTC)", "event", "so the lead moves")
    for lead in dict.fromkeys(event.lead for event in events):
        happened: dict[int, list[str]] = {}
        for event in events:
            if event.lead == lead:
                happened.setdefault(event.at, []).append(_event(event))
        moves = {move.instant: move for move in transitions if move.lead == lead}
        name = str(lead)
        for at in sorted(happened.keys() | moves.keys()):
            move = moves.get(at)
            outcome = "" if move is None else f"{move.from_stage} > {move.to_stage}  by {move.rule}"
            rows.add_row(name, when(at), ", ".join(happened.get(at, ["(time passes)"])), outcome)
            name = ""
        rows.add_section()
    return rows


def _event(event: Event) -> str:
    details: dict[str, Any] = dict(event.properties)
    shown = ", ".join(f"{name}: {value}" for name, value in details.items())
    return f"{event.event} ({shown})" if shown else event.event
