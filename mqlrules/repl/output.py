"""The parts of an answer, and how they look on a console (rich)."""

import datetime
import json
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import attrs
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mqlrules.console.tables import table
from mqlrules.console.terminal import printable, when
from mqlrules.events.model import Lead
from mqlrules.repl.data import Census
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.render import render_all
from mqlrules.text.words import counted

DIM = "dim"
GOOD = "green"
BAD = "bold red"
STRONG = "bold"
LONGEST_VALUE = 60


@attrs.frozen
class Mistake:
    """What is wrong with an input as a whole."""

    text: str
    hint: str | None = None


@attrs.frozen(eq=False)
class Found:
    """What is wrong, with places in the text."""

    diagnostics: tuple[Diagnostic, ...]


@attrs.frozen(eq=False)
class Count:
    """How many leads meet a condition; the first ``rows`` of them are shown, after ``skip`` others.

    Times are shown in the time zone.
    """

    census: Census
    zone: str
    rows: int
    skip: int = 0


@attrs.frozen(eq=False)
class Values:
    """The values of a score by lead, the highest first; shown as of ``Count``."""

    score: str
    at: int
    values: tuple[tuple[Lead, Decimal], ...]
    zone: str
    rows: int
    skip: int = 0


Part = Text | Table | Mistake | Found | Count | Values | Callable[[Console], None]
"""A part of an answer; a function prints to the console itself."""


def said(text: str) -> Text:
    """A sentence, or several lines."""
    return Text(text)


def remark(text: str) -> Text:
    """Something worth knowing besides the answer."""
    return Text(text, DIM)


def rows(columns: Sequence[str], cells: Iterable[Sequence[str | Text]], right: Sequence[str] = ()) -> Table:
    """A table; columns named in ``right`` hold numbers. Without names of columns it has no header and no lines."""
    made = table(*columns, right=right)
    if not any(columns):
        made.show_header, made.box, made.pad_edge = False, None, True
    for row in cells:
        made.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return made


def shown(value: Any) -> str:
    """A value from data as a person reads it, without control characters; a long one is cut."""
    match value:
        case bool():
            text = "true" if value else "false"
        case float() if value.is_integer() and abs(value) < 1e15:
            text = str(int(value))
        case Decimal():
            text = f"{value:f}"
        case datetime.datetime():
            text = value.isoformat(" ", "seconds")
        case list() | dict():
            text = json.dumps(value, ensure_ascii=False, default=str)
        case _:
            text = str(value)
    text = printable(text)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


# -- on a console --------------------------------------------------------------------------------------------------


def show(parts: Iterable[Part], out: Console, errors: Console) -> None:
    """Prints the parts of an answer, in order; what is wrong goes to ``errors``."""
    for part in parts:
        match part:
            case Text():
                _print(part, out)
            case Table():
                out.print(part)
            case Mistake(text=text, hint=hint):
                lines = f"{text}\n  = hint: {hint}" if hint else text
                _print(Text.assemble(("error", BAD), ": ", "\n".join(map(printable, lines.split("\n")))), errors)
            case Found(diagnostics=diagnostics):
                colour = errors.color_system is not None
                errors.file.write(f"{render_all(diagnostics, colour=colour, width=max(20, errors.width - 6))}\n")
                errors.file.flush()
            case Count():
                _count(part, out)
            case Values():
                _values(part, out)
            case _:
                part(out)


def _print(text: Text, out: Console) -> None:
    # A terminal breaks lines between words; a pipe gets them whole.
    out.print(text, soft_wrap=not out.is_terminal)


def _count(part: Count, out: Console) -> None:
    census, zone = part.census, part.zone
    if not part.skip:
        if census.leads or not census.known:
            now = Text(f"{census.now:,} of {counted(census.leads, 'lead')} now", STRONG)
            share = f" ({_percent(census.now, census.leads)})" if census.now and census.leads >= 100 else ""
            _print(Text.assemble(now, share, f", {census.ever:,} ever; as of {when(census.at, zone)} {zone}"), out)
        if census.known:
            do = "do" if census.known_now != 1 else "does"
            _print(
                Text(f"Of {counted(census.known, 'lead')} with traits but no events, {census.known_now:,} {do}."), out
            )
    leads = census.first(part.skip + part.rows)[part.skip :]
    if leads:
        yes, no = Text("yes", GOOD), Text("no", DIM)
        cells = ((shown(met.lead), when(met.first, zone), yes if met.holds else no) for met in leads)
        out.print(rows(("lead", f"first ({zone})", "now"), cells))
        _left(census.ever - part.skip - len(leads), out)


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole
    return f"{share:.0f} %" if share >= 10 else f"{share:.1f} %"


def _left(count: int, out: Console) -> None:
    if count > 0:
        _print(remark(f"… and {count:,} more: `:more`"), out)


def _values(part: Values, out: Console) -> None:
    values = part.values
    if not part.skip:
        if not values:
            _print(Text(f"{part.score}: no lead has begun yet"), out)
            return
        ordered = [value for _, value in values]
        above = sum(value > 0 for value in ordered)
        extremes = f"from {ordered[-1]} to {ordered[0]}, median {ordered[len(ordered) // 2]}"
        total = f"{above:,} of {counted(len(values), 'lead')} above 0"
        as_of = f"; as of {when(part.at, part.zone)} {part.zone}"
        _print(Text.assemble((f"{part.score}: {extremes}; {total}", STRONG), as_of), out)
    there = values[part.skip : part.skip + part.rows]
    out.print(rows(("lead", part.score), ((shown(lead), str(value)) for lead, value in there), (part.score,)))
    _left(len(values) - part.skip - len(there), out)
