"""Instants: microseconds since 1970 UTC, and the forms in which people write them."""

import datetime
import re
from operator import index

from mqlrules.text.error import Error

Time = datetime.datetime | datetime.date | str | int
"""An instant: an aware datetime, ISO-8601 text, a date (midnight UTC), or microseconds since 1970 UTC. Text without an
offset is UTC.
"""

UTC = datetime.UTC
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)

EARLIEST = -62_135_596_800_000_000
LATEST = 253_402_300_799_999_999
"""The instants of the years 1 to 9999, in microseconds since 1970 UTC: what a datetime can express."""

PLAUSIBLE = (631_152_000_000_000, 4_102_444_800_000_000)
"""1990 to 2100 in microseconds since 1970 UTC: in which unit a number falls into it tells its likely unit."""

UNITS = {"s": 1_000_000.0, "ms": 1_000.0, "us": 1.0, "ns": 0.001}
"""Units of numbers since 1970, in microseconds."""

UNIT_NAMES = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}


class EventError(Error, ValueError):
    """An event that can't be read: its lead, time or name is missing or invalid."""


_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_DATE_AS_NUMBER = re.compile(r"(\d{4})(\d\d)(\d\d)(?:\d{4}|\d{6})?", re.ASCII)
_WHOLE = re.compile(r"-?\d+", re.ASCII)


def parse_time(text: str) -> int:
    """Microseconds since 1970 UTC of ISO-8601 text; a date alone is midnight UTC, finer digits are cut off.

    Raises ``EventError`` for anything else.
    """
    if len(text) == 20 and text[19] == "Z" and text[4] == text[7] == "-" and text[10] == "T" and text[13] == ":":
        # The shape that most systems write, read without a regular expression.
        try:
            return (datetime.datetime.fromisoformat(text) - EPOCH) // _MICROSECOND
        except ValueError:
            return _parse_any_time(text)
    return _parse_any_time(text)


def _parse_any_time(text: str) -> int:
    match = _ISO.fullmatch(text.strip())
    if match is None:
        raise EventError(f"{_short(text)} is not a valid time; write it as 2026-01-31T09:30:00Z")
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        moment = datetime.datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")), UTC,
        )  # fmt: skip
    except ValueError as error:
        raise EventError(f"{_short(text)} is not a valid time: {error}") from None
    microseconds = (moment - EPOCH) // _MICROSECOND
    if offset and offset[0] in "+-":
        hours, minutes = int(offset[1:3]), int(offset[-2:]) if len(offset) > 3 else 0
        if hours > 23 or minutes > 59:
            raise EventError(f"{_short(text)} is not a valid time: the offset {offset} is out of range")
        shift = (hours * 60 + minutes) * 60_000_000
        microseconds += shift if offset[0] == "-" else -shift
    return _in_range(microseconds, text)


def microseconds(time: Time) -> int:
    """Microseconds since 1970 UTC of any form of time that a caller may give, text of digits included.

    Raises ``EventError`` for anything else: datetimes without a time zone, and numbers that are plausible only as
    seconds, milliseconds, nanoseconds or a date.
    """
    if type(time) is int:
        return time if PLAUSIBLE[0] <= time < PLAUSIBLE[1] else _whole(time)
    if isinstance(time, datetime.datetime):
        if time != time:  # NaT of pandas
            raise EventError("the time is missing (NaT)")
        if time.tzinfo is None:
            raise EventError(
                f"{time.isoformat()} has no time zone; give an aware datetime, such as "
                f"{time.replace(microsecond=0).isoformat()}+00:00"
            )
        return (time - EPOCH) // _MICROSECOND
    if isinstance(time, str):
        return parse_time(time) if time[4:5] == "-" or not _WHOLE.fullmatch(time.strip()[:40]) else _whole(int(time))
    if isinstance(time, datetime.date):
        return (datetime.datetime(time.year, time.month, time.day, tzinfo=UTC) - EPOCH) // _MICROSECOND
    if not isinstance(time, (bool, float)) and hasattr(time, "__index__"):
        return _whole(index(time))  # the whole numbers of NumPy
    raise EventError(
        f"{_short(time)} is not a valid time; "
        "give an aware datetime, ISO-8601 text, or whole microseconds since 1970 UTC"
    )


def moment(microseconds: int) -> datetime.datetime:
    """The aware datetime (UTC) of an instant."""
    return EPOCH + datetime.timedelta(microseconds=microseconds)


def likely_unit(number: int) -> str | None:
    """The unit in which a number since 1970 lies between 1990 and 2100; there is at most one. None if there is none."""
    first, last = PLAUSIBLE
    if not 0 < number < 10**19:
        return None
    return next((unit for unit, factor in UNITS.items() if first <= number * factor < last), None)


def why_not_microseconds(number: int) -> str:
    """Why a number can't be taken for microseconds since 1970: it is plausible only as another unit, or as a date.

    Empty if it can.
    """
    unit = likely_unit(number)
    if unit == "us":
        return ""
    if unit is not None:
        return f"{number} looks like {UNIT_NAMES[unit]} since 1970; numbers without a declared unit are microseconds"
    parts = _DATE_AS_NUMBER.fullmatch(str(number)) if 0 <= number < 10**14 else None
    if parts is not None:
        year, month, day = parts.groups()
        if "1990" <= year < "2100" and "01" <= month <= "12" and "01" <= day <= "31":
            return f"{number} looks like a date; write it as {year}-{month}-{day}"
    return ""


def _whole(number: int) -> int:
    if reason := why_not_microseconds(number):
        raise EventError(reason)
    return _in_range(number, number)


def _in_range(microseconds: int, shown: object) -> int:
    if EARLIEST <= microseconds <= LATEST:
        return microseconds
    raise EventError(
        f"{_short(shown)} is outside the years 1 to 9999; times given as numbers are microseconds since 1970 UTC"
    )


def _short(value: object) -> str:
    try:
        shown = repr(value)
    except ValueError:  # a whole number with more digits than Python prints
        return "this number"
    return shown if len(shown) <= 120 else shown[:117] + "..."
