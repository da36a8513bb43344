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
    """A console for a stream, in colour as ``in_colour`` says. Text is printed literally."""
    terminal = stream.isatty()
    wide = None if terminal or os.environ.get("COLUMNS") else WIDTH_WITHOUT_TERMINAL
    return Console(
        file=stream,
        color_system=None if not in_colour(stream) else "auto" if terminal else "standard",
        force_terminal=terminal,
        no_color=False,
        width=wide,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=False,
    )


def table(*columns: str, right: Sequence[str] = (), times: Sequence[str] = ()) -> Table:
    """An empty table. The columns named in ``right`` hold numbers, those in ``times`` instants in one line."""
    empty = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in right else "left"
        empty.add_column(column, justify=justify, overflow="fold", no_wrap=column in times)
    return empty
