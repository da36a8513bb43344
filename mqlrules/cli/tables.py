"""Readable tables, for a person at a terminal."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import IO

from rich import box
from rich.console import Console
from rich.table import Table

from mqlrules.engine.results import Transition
from mqlrules.events.model import Event, moment

WIDTH_WITHOUT_TERMINAL = 100


def console(stream: IO[str]) -> Console:
    """A console for a stream: in colour on a terminal alone, and never with ``NO_COLOR``. Text is taken as it is."""
    terminal = stream.isatty()
    wide = None if terminal or os.environ.get("COLUMNS") else WIDTH_WITHOUT_TERMINAL
    plain = not terminal or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Console(
        file=stream,
        color_system=None if plain else "auto",
        force_terminal=terminal,
        width=wide,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=False,
    )


def table(*columns: str, right: Sequence[str] = ()) -> Table:
    """An empty table; the columns named by ``right`` hold numbers."""
    empty = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        empty.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return empty


def transitions_table(transitions: Iterable[Transition]) -> Table:
    """A row a transition, with what it rests on."""
    rows = table("lead", "from", "to", "at (UTC)", "rule", "because of")
    for move in transitions:
        rows.add_row(
            printable(move.lead), move.from_stage, move.to_stage, when(move.instant), move.rule, in_short(move.evidence)
        )
    return rows


def when(instant: int) -> str:
    """An instant (microseconds since 1970 UTC) as a person writes it; seconds only where there are any."""
    at = moment(instant)
    if at.microsecond:
        return at.strftime("%Y-%m-%d %H:%M:%S.%f")
    return at.strftime("%Y-%m-%d %H:%M:%S" if at.second else "%Y-%m-%d %H:%M")


def in_short(events: Sequence[Event]) -> str:
    """Events by their names, each once, with how often it stands there."""
    times = Counter(printable(event.event) for event in events)
    return ", ".join(name if count == 1 else f"{name} ×{count}" for name, count in times.items())


def printable(value: object) -> str:
    """Text from data without what could steer a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))


def counted(number: int, thing: str) -> str:
    """``1 lead``, ``2 leads``, ``12,345 leads``."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def on_terminal() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout.isatty()
