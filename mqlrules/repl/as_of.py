"""Going to another instant: what may be written after ``:at``."""

import re

from mqlrules.language.calendar import UNITS, Zone
from mqlrules.language.instants import EARLIEST, LATEST, EventError, moment, parse_time

_STEP = re.compile(r"([+-])\s*(\d+(?:\.\d+)?)\s*(us|ms|s|m|h|d|w)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def instant_of(text: str, now: int | None, zone: str) -> int:
    """The instant that a text names, in microseconds since 1970 UTC.

    ``-7d`` and ``+12h`` go back and forth from ``now``; a date alone is its last instant in the zone, as in a test
    (section 9); anything else is an instant as in data. Raises ``EventError`` for what is none of these.
    """
    step = _STEP.fullmatch(text)
    if step is not None:
        if now is None:
            raise EventError(f"there are no events, so there is no time from which `{text}` could be counted")
        sign, number, unit = step.groups()
        distance = round(float(number) * UNITS[unit])
        return max(EARLIEST, min(LATEST, now - distance if sign == "-" else now + distance))
    at = parse_time(text)
    if not _DATE.fullmatch(text):
        return at
    date = moment(at).date()
    if date.toordinal() == date.max.toordinal():
        return LATEST
    return Zone(zone).first_instant(date.fromordinal(date.toordinal() + 1)) - 1
