"""Instants: microseconds since 1970 UTC, and the forms in which people write them."""

import datetime
import re

from mqlrules.text.error import Error

Time = datetime.datetime | str | int
"""An instant: an aware datetime, ISO-8601 text, or microseconds since 1970 UTC. Without an offset it is UTC."""

UTC = datetime.UTC
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)

EARLIEST = -62_135_596_800_000_000
LATEST = 253_402_300_799_999_999
"""The instants of the years 1 to 9999, in microseconds since 1970 UTC: what a datetime can say."""


class EventError(Error, ValueError):
    """An event that can't be read: no lead, no time, no name, or a time that is no time."""


_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|z|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII
)


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
        raise EventError(f"{text!r} is no time; write it as 2026-01-31T09:30:00Z")
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        moment = datetime.datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")), UTC,
        )  # fmt: skip
    except ValueError as error:
        raise EventError(f"{text!r} is no time: {error}") from None
    microseconds = (moment - EPOCH) // _MICROSECOND
    if offset and offset not in "Zz":
        hours, minutes = int(offset[1:3]), int(offset[-2:]) if len(offset) > 3 else 0
        if hours > 23 or minutes > 59:
            raise EventError(f"{text!r} is no time: there is no offset {offset}")
        shift = (hours * 60 + minutes) * 60_000_000
        microseconds += shift if offset[0] == "-" else -shift
    return _in_range(microseconds, text)


def microseconds(time: Time) -> int:
    """Microseconds since 1970 UTC of any form of time. Raises ``EventError`` for what is no time."""
    if type(time) is int:
        return _in_range(time, time)
    if isinstance(time, datetime.datetime):
        if time.tzinfo is None:
            time = time.replace(tzinfo=UTC)
        return (time - EPOCH) // _MICROSECOND
    if isinstance(time, str):
        return parse_time(time)
    raise EventError(
        f"{time!r} is no time; give an aware datetime, ISO-8601 text, or whole microseconds since 1970 UTC"
    )


def moment(microseconds: int) -> datetime.datetime:
    """The aware datetime (UTC) of an instant."""
    return EPOCH + datetime.timedelta(microseconds=microseconds)


def _in_range(microseconds: int, shown: object) -> int:
    if EARLIEST <= microseconds <= LATEST:
        return microseconds
    raise EventError(f"{shown!r} is outside the years 1 to 9999; times as numbers are microseconds since 1970 UTC")
