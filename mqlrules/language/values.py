"""Values of properties and traits, and how they compare (section 4).

A value in data is a number (int, float, Decimal), text, a boolean, a time (datetime, date), a list, or a mapping. None
and NaN are missing. A floating number means its shortest decimal, and comparisons are exact. Values of different types
never compare as true.
"""

import datetime
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from mqlrules.language.instants import UTC, EventError, microseconds, parse_time
from mqlrules.language.operators import holds

Numeric = int | Decimal


@attrs.frozen
class DateLiteral:
    """A date in a rule. ``start`` is its first instant in the rule set's zone, microseconds since 1970 UTC."""

    date: datetime.date
    start: int


@attrs.frozen
class InstantLiteral:
    """An instant in a rule, microseconds since 1970 UTC."""

    at: int


Literal = int | Decimal | str | bool | DateLiteral | InstantLiteral
"""A value in a rule, checked: whole numbers are int, durations are numbers of seconds."""


def at_path(properties: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """The value at a path; None where it, or anything on the way to it, is missing."""
    value: Any = properties
    for part in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return None if is_missing(value) else value


def is_missing(value: Any) -> bool:
    """Null and NaN are missing."""
    return value is None or (isinstance(value, (float, Decimal)) and value != value)


def as_number(value: Any) -> Numeric | None:
    """The exact number that a value in data means, or None if it is no number. Infinity stays a Decimal infinity."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else Decimal(repr(value))
    return value if isinstance(value, Decimal) else None


def as_instant(value: Any) -> int | None:
    """The instant that a value in data means, or None if it isn't a time. A date alone is midnight UTC, and a time
    without an offset is in UTC.
    """
    if isinstance(value, str):
        try:
            return parse_time(value)
        except EventError:
            return None
    if isinstance(value, datetime.datetime):
        if value != value:  # NaT of pandas
            return None
        return microseconds(value if value.tzinfo is not None else value.replace(tzinfo=UTC))
    if isinstance(value, datetime.date):
        return parse_time(value.isoformat())
    return None


def as_date(value: Any) -> datetime.date | None:
    """The date of a value in data that is a date alone, or None."""
    if isinstance(value, str):
        if len(value) != 10:
            return None
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    return None


def difference(value: Any, literal: Literal) -> int | None:
    """How a value in data compares with a literal: below 0, 0 or above 0; None if they are of different types.

    Booleans have no order; ``compare`` asks them for equality alone.
    """
    match literal:
        case bool():
            return None if not isinstance(value, bool) else int(value) - int(literal)
        case int() | Decimal():
            number = as_number(value)
            return None if number is None else (number > literal) - (number < literal)
        case str():
            return (value > literal) - (value < literal) if isinstance(value, str) else None
        case DateLiteral(date=date, start=start):
            day = as_date(value)
            if day is not None:
                return (day > date) - (day < date)
            instant = as_instant(value)
            return None if instant is None else (instant > start) - (instant < start)
        case InstantLiteral(at=at):
            instant = as_instant(value)
            return None if instant is None else (instant > at) - (instant < at)


def compare(value: Any, operator: str, literal: Literal) -> bool:
    """``value op literal``: false where the value is missing, of another type, or has no order."""
    if is_missing(value):
        return False
    if isinstance(literal, bool) and operator not in ("=", "!="):
        return False
    sign = difference(value, literal)
    return sign is not None and holds(operator, sign)


def identity(value: Any) -> tuple[str, Any] | None:
    """What makes two values the same one, for ``distinct`` and ``with same``: type and value; None for lists and nested
    values.

    1 and 1.0 are one number, ``"1"`` is another value, and so is true. Two times are the same if they are one instant.
    """
    if isinstance(value, bool):
        return "boolean", value
    number = as_number(value)
    if number is not None:
        return "number", number
    if isinstance(value, str):
        return "text", value
    if isinstance(value, (datetime.datetime, datetime.date)):
        return "time", as_instant(value)
    return None


def millionths(value: Any) -> int | None:
    """A number in whole millionths, half to even (sections 5 and 7); None for what is no finite number."""
    number = as_number(value)
    if number is None:
        return None
    if isinstance(number, int):
        return number * 1_000_000
    if not number.is_finite():
        return None
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    whole = int("".join(map(str, digits)))
    shift = exponent + 6
    if shift >= 0:
        scaled: int = whole * 10**shift
    elif -shift > len(digits) + 1:
        scaled = 0
    else:
        scaled, rest = divmod(whole, 10**-shift)
        half = 5 * 10 ** (-shift - 1)
        if rest > half or (rest == half and scaled % 2 == 1):
            scaled += 1
    return -scaled if sign else scaled


def is_number(value: Any) -> bool:
    """Whether a value in data is a number (infinity is one, NaN is missing)."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and not math.isnan(value)
