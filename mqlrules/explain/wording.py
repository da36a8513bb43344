"""Values, durations, dates and lists of things as a person writes them."""

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from mqlrules.language.calendar import UNITS
from mqlrules.language.instants import EPOCH
from mqlrules.language.values import DateLiteral, InstantLiteral, Literal
from mqlrules.text.words import MONTHS as MONTHS
from mqlrules.text.words import counted as counted
from mqlrules.text.words import listed as listed

_UNIT_NAMES = {"d": "day", "h": "hour", "m": "minute", "s": "second", "ms": "millisecond", "us": "microsecond"}
_VALUES_SHOWN = 12
_DATA_WIDTH = 60


def quoted(text: str) -> str:
    """Text between quotation marks, on one line."""
    return f"“{one_line(text)}”"


def one_line(text: str) -> str:
    """Text without line breaks and whatever else can't be printed."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def named(path: Sequence[str]) -> str:
    """A property by its path; between quotation marks if it is more than a word."""
    text = ".".join(path)
    return text if text.replace(".", "_").isidentifier() else quoted(text)


def duration(microseconds: int) -> str:
    """A duration in the largest unit in which it is whole; one day is 24 hours, and says so."""
    if microseconds == UNITS["d"]:
        return "24 hours"
    unit = next(unit for unit in _UNIT_NAMES if microseconds % UNITS[unit] == 0)
    return counted(str(microseconds // UNITS[unit]), _UNIT_NAMES[unit])


def last(microseconds: int) -> str:
    """``the last 30 days``, ``the last hour``."""
    return f"the last {duration(microseconds).removeprefix('1 ')}"


def ago(microseconds: int) -> str:
    return f"{duration(microseconds)} ago"


def number(value: int | Decimal) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def millionths(value: int) -> str:
    """Points, which are kept in millionths, as a number."""
    return number((Decimal(value) / 1_000_000).normalize())


def date(value: datetime.date) -> str:
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def instant(at: int) -> str:
    """An instant (microseconds since 1970 UTC), with no more of the clock than it has."""
    moment = EPOCH + datetime.timedelta(microseconds=at)
    clock = moment.time()
    precision = "microseconds" if clock.microsecond else "seconds" if clock.second else "minutes"
    return f"{date(moment.date())}, {clock.replace(tzinfo=None).isoformat(precision)} UTC"


def value(literal: Literal, is_duration: bool = False) -> str:
    """A value of a rule; ``is_duration`` says that a number of seconds was written as a duration."""
    match literal:
        case bool():
            return "true" if literal else "false"
        case int() | Decimal():
            return duration(int(literal * 1_000_000)) if is_duration else number(literal)
        case str():
            return quoted(literal)
        case DateLiteral(date=day):
            return date(day)
        case InstantLiteral(at=at):
            return instant(at)


def data(value: Any) -> str:
    """A value from data, short and on one line."""
    match value:
        case str():
            shown = quoted(value)
        case bool():
            shown = "true" if value else "false"
        case _:
            shown = one_line(str(value))
    return shown if len(shown) <= _DATA_WIDTH else f"{shown[: _DATA_WIDTH - 1]}…"


def one_of(values: Sequence[str]) -> str:
    """``a, b or c``; of very many the first ones, and how many more there are."""
    if len(values) > _VALUES_SHOWN:
        more = len(values) - _VALUES_SHOWN + 1
        values = [*values[: _VALUES_SHOWN - 1], f"one of {more} more"]
    return listed(values, "or")


def capital(text: str) -> str:
    """A sentence begins with a capital letter."""
    return text[:1].upper() + text[1:]
