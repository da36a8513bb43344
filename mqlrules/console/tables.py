"""Readable tables, for a person at a terminal (rich)."""

import os
from collections.abc import Sequence
from typing import Literal, TextIO

from rich import box
from rich.console import Console
from rich.table import Table

from mqlrules.console.terminal import in_colour

WIDTH_WITHOUT_TERMINAL = 100


def console(stream: TextIO) -> Console:
    """A console for a stream: in colour on a terminal alone, and never with ``NO_COLOR``. Text is taken as it is."""
    terminal = stream.isatty()
    wide = None if terminal or os.environ.get("COLUMNS") else WIDTH_WITHOUT_TERMINAL
    return Console(
        file=stream,
        color_system="auto" if in_colour(stream) else None,
        force_terminal=terminal,
        width=wide,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=False,
    )


def table(*columns: str, right: Sequence[str] = ()) -> Table:
    """An empty table; the columns named by ``right`` hold numbers, those in ``(UTC)`` times, which are never folded."""
    empty = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in right else "left"
        empty.add_column(column, justify=justify, overflow="fold", no_wrap=column.endswith("(UTC)"))
    return empty
