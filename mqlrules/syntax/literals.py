"""What the literals of the language mean: strings, numbers, durations, dates, instants (sections 2 and 4).

Each function takes the text of a token and gives its value, or a ``Fault`` that says what is wrong with it.
"""

import datetime
import re
from decimal import Decimal

import attrs

from mqlrules.language.calendar import LONGEST, UNITS
from mqlrules.language.instants import EventError, parse_time
from mqlrules.syntax.limits import DIGITS


@attrs.frozen
class Fault:
    """Why a literal has no value. ``start`` and ``end`` are offsets within the token; ``kind`` names what is wrong."""

    kind: str
    start: int
    end: int


_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
_DURATION = re.compile(r"([0-9.]+)([a-z]+)")


def string(token: str) -> tuple[str, list[Fault]]:
    """The text that a quoted string stands for, and its escapes that are none (they are kept as written)."""
    inner = token[1:-1]
    if "\\" not in inner:
        return inner, []
    faults = [
        Fault("escape", found.start() + 1, found.end() + 1)
        for found in _ESCAPE.finditer(inner)
        if found[1] not in _ESCAPES
    ]
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[0]), inner), faults


def number(token: str) -> Decimal | Fault:
    """A number, signed or not, exactly."""
    if sum(map(str.isdigit, token)) > DIGITS:
        return Fault("digits", 0, len(token))
    return Decimal(token)


def duration(token: str) -> int | Fault:
    """A duration in whole microseconds, between one and 36,500 days."""
    found = _DURATION.fullmatch(token)
    assert found is not None, token
    value = number(found[1])
    if isinstance(value, Fault):
        return value
    microseconds = value * UNITS[found[2]]
    if microseconds > LONGEST:
        return Fault("too long", 0, len(token))
    if microseconds < 1:
        return Fault("too short", 0, len(token))
    whole = int(microseconds)
    return whole if whole == microseconds else Fault("fraction", 0, len(token))


def date(token: str) -> datetime.date | Fault:
    """A date of the calendar."""
    try:
        return datetime.date.fromisoformat(token)
    except ValueError:
        return Fault("date", 0, len(token))


def instant(token: str) -> int | Fault:
    """An instant with an offset, in microseconds since 1970 UTC."""
    try:
        return parse_time(token.replace("t", "T"))
    except EventError:
        return Fault("instant", 0, len(token))


def clock(token: str) -> int | Fault:
    """A time of the day, in microseconds after midnight."""
    parts = [int(part) for part in token.split(":")]
    hours, minutes, seconds = (*parts, 0)[:3]
    if hours > 23 or minutes > 59 or seconds > 59:
        return Fault("clock", 0, len(token))
    return (hours * 3600 + minutes * 60 + seconds) * 1_000_000
