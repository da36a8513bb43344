"""Durations as callers give them: lateness, leases, delays."""

import datetime
import re
from decimal import Decimal

from mqlrules.language.calendar import LONGEST, UNITS
from mqlrules.syntax import literals

Duration = str | datetime.timedelta
"""A length of time: ``"1h"`` in the words of the language, or a timedelta."""

_DURATION = re.compile(rf"(\d+|\d*\.\d+)({'|'.join(UNITS)})")


def in_microseconds(duration: Duration, name: str) -> int:
    """A duration in microseconds. Raises ``ValueError`` for an invalid one; ``name`` is the setting's."""
    if isinstance(duration, datetime.timedelta):
        found = duration // datetime.timedelta(microseconds=1)
    else:
        match = _DURATION.fullmatch(duration.strip()) if isinstance(duration, str) else None
        value = None if match is None else literals.number(match[1])
        if match is None or not isinstance(value, Decimal):
            raise ValueError(f"invalid {name} {duration!r}; use a duration such as 30s, 15m, 1h or 2d")
        found = int(value * UNITS[match[2]])
    if not 0 <= found <= LONGEST:
        raise ValueError(f"{name} must be between 0 and 36,500 days, got {duration}")
    return found
