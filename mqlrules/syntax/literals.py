"""The values of literals: strings, numbers, durations, dates, instants (sections 2 and 4).

Each function takes the text of a token and gives its value, or the message that says why it has none.
"""

import datetime
import re
from decimal import Decimal

from mqlrules.language.calendar import LONGEST, UNITS
from mqlrules.language.instants import EventError, parse_time
from mqlrules.syntax import errors
from mqlrules.syntax.limits import DIGITS
from mqlrules.text.diagnostic import Message

_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
_DURATION = re.compile(r"([0-9.]+)([a-z]+)")


def string(token: str) -> tuple[str, list[tuple[int, int]]]:
    """The text of a quoted string, and where in the token invalid escape sequences are (they are kept as written)."""
    inner = token[1:-1]
    if "\\" not in inner:
        return inner, []
    invalid = [(found.start() + 1, found.end() + 1) for found in _ESCAPE.finditer(inner) if found[1] not in _ESCAPES]
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[0]), inner), invalid


def number(token: str) -> Decimal | Message:
    """A number, signed or not, exactly."""
    if sum(map(str.isdigit, token)) > DIGITS:
        return errors.TOO_MANY_DIGITS
    return Decimal(token)


def duration(token: str) -> int | Message:
    """A duration in whole microseconds, between one and 36,500 days."""
    found = _DURATION.fullmatch(token)
    assert found is not None, token
    value = number(found[1])
    if isinstance(value, Message):
        return value
    microseconds = value * UNITS[found[2]]
    if microseconds > LONGEST:
        return errors.TOO_LONG
    if microseconds < 1:
        return errors.TOO_SHORT
    whole = int(microseconds)
    return whole if whole == microseconds else errors.TOO_FINE


def date(token: str) -> datetime.date | Message:
    """A date of the calendar."""
    try:
        return datetime.date.fromisoformat(token)
    except ValueError:
        return errors.NO_SUCH_DATE


def instant(token: str) -> int | Message:
    """An instant with an offset, in microseconds since 1970 UTC."""
    try:
        return parse_time(token.replace("t", "T"))
    except EventError:
        return errors.NO_SUCH_INSTANT


def clock(token: str) -> int | Message:
    """A time of the day, in microseconds after midnight."""
    parts = [int(part) for part in token.split(":")]
    hours, minutes, seconds = (*parts, 0)[:3]
    if hours > 23 or minutes > 59 or seconds > 59:
        return errors.NO_SUCH_CLOCK
    return (hours * 3600 + minutes * 60 + seconds) * 1_000_000
