"""What a result has to show, apart from how it is shown: sections of text, tables and charts.

Renderers (Markdown, HTML, terminal) take a document and know nothing of reports or backtests.
"""

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs
import polars as pl

from mqlrules.outcomes.statistics import SMALL

Kind = Literal["text", "words", "count", "share", "percent", "days", "number", "date", "instant", "ratio", "plus"]


@attrs.frozen
class Column:
    """A column of a table: where its values are in the frame, its heading, and what they are.

    A ``share`` reads ``k``, ``n``, ``low`` and ``high`` beside it, with the column's name as a prefix where there are
    several (``precision_k``).
    """

    name: str
    heading: str
    kind: Kind = "text"
    prefix: str = ""


@attrs.frozen(eq=False)
class Table:
    """Rows to be shown. ``frame`` may have more columns than are shown; ``empty`` is said where it has no rows."""

    frame: pl.DataFrame
    columns: Sequence[Column]
    caption: str = ""
    empty: str = "Nothing to show."

    def cells(self) -> list[list["Cell"]]:
        """Every row as text."""
        return [[cell(row, column) for column in self.columns] for row in self.frame.iter_rows(named=True)]


@attrs.frozen(eq=False)
class Chart:
    """Lines or bars over labels; None is a gap. ``unit`` is ``%`` or empty, ``bounds`` are the intervals of a line."""

    kind: Literal["lines", "bars", "steps"]
    title: str
    labels: Sequence[Any]
    series: Mapping[str, Sequence[float | None]]
    unit: str = ""
    bounds: Mapping[str, tuple[Sequence[float | None], Sequence[float | None]]] = attrs.field(factory=dict)
    axis: str = ""


@attrs.frozen(eq=False)
class Section:
    heading: str
    text: Sequence[str] = ()
    tables: Sequence[Table] = ()
    charts: Sequence[Chart] = ()


@attrs.frozen(eq=False)
class Document:
    """A title, what it is about in a line or two, warnings, and sections."""

    title: str
    summary: Sequence[str]
    sections: Sequence[Section]
    warnings: Sequence[str] = ()


@attrs.frozen
class Cell:
    """Text of a cell; ``quiet`` where it rests on too few leads to rank or compare; ``right`` for numbers."""

    text: str
    quiet: bool = False
    right: bool = False


def cell(row: Mapping[str, Any], column: Column) -> Cell:
    """A value of a row as a person reads it."""
    value = row[column.name]
    quiet = False
    if column.kind == "share":
        n = int(row[f"{column.prefix}n"])
        quiet = n < SMALL
        if value is None:
            return Cell("–", quiet=True, right=True)
        low, high = percent(row[f"{column.prefix}low"]), percent(row[f"{column.prefix}high"])
        interval = f"{low.removesuffix(' %')}–{high.removesuffix(' %')}"
        return Cell(f"{percent(value)} ({interval}), {row[f'{column.prefix}k']:,}/{n:,}", quiet, True)
    if value is None:
        return Cell("–", right=column.kind not in ("text", "words"))
    match column.kind:
        case "count":
            return Cell(f"{value:,}", right=True)
        case "plus":
            return Cell(f"{value:+,}", right=True)
        case "percent":
            return Cell(percent(value), right=True)
        case "days":
            return Cell(days(value), right=True)
        case "number":
            return Cell(f"{value:,.2f}".rstrip("0").rstrip("."), right=True)
        case "ratio":
            return Cell(f"{value:.2f} ×", right=True)
        case "date":
            return Cell(str(value))
        case "instant":
            return Cell(value.strftime("%Y-%m-%d %H:%M"))
        case "words":
            return Cell(str(value).replace("_", " "))
        case "text":
            return Cell(str(value))


def percent(value: float) -> str:
    """A share as a percentage, with one decimal below ten per cent."""
    shown = 100 * value
    return f"{shown:.1f} %" if abs(shown) < 10 else f"{shown:.0f} %"


def days(value: float) -> str:
    """A number of days in the unit that suits its size."""
    if abs(value) >= 2:
        return f"{value:,.1f} days"
    if abs(value) * 24 >= 2:
        return f"{value * 24:.1f} hours"
    return f"{value * 1440:.1f} minutes" if abs(value) * 1440 >= 1 else f"{value * 86400:.0f} seconds"


def rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """A frame as plain values: dates and instants as ISO text."""
    return [{key: _plain(value) for key, value in row.items()} for row in frame.iter_rows(named=True)]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (datetime.date, datetime.datetime)) else value


def as_json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
