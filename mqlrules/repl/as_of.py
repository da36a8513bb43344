"""Going to another instant: what may be written after ``:at``."""

import re

from mqlrules.language.calendar import UNITS, closing_instant
from mqlrules.language.instants import EARLIEST, LATEST, EventError

_STEP = re.compile(r"([+-])\s*(\d+(?:\.\d+)?)\s*(us|ms|s|m|h|d|w)", re.ASCII)


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
    return closing_instant(text, zone)
