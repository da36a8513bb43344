"""WHEN in a test: which instants it means in the rule set's zone (section 9). Instants are microseconds since 1970 UTC.

An event without a clock happens at 12:00. Everything else without a clock means the whole date. A clock that the zone
skips is as much later as the clocks were put forward; one that it shows twice is the first of the two.
"""

import datetime

from mqlrules.language.calendar import UNITS, Zone
from mqlrules.language.instants import EARLIEST, LATEST
from mqlrules.syntax import tree

DAY_ZERO = datetime.date(2026, 1, 1)
NOON = 12 * UNITS["h"]


def date_of(moment: tree.Moment) -> datetime.date | None:
    """The date that is meant; None for an instant, and for a number of a day that there is not."""
    match moment.day:
        case tree.Number(value=number):
            last = (datetime.date.max - DAY_ZERO).days
            whole = number == number.to_integral_value() and number <= last
            return DAY_ZERO + datetime.timedelta(days=int(number)) if whole else None
        case tree.Date(value=date):
            return date
        case tree.Instant():
            return None


def happens(moment: tree.Moment, zone: Zone) -> int:
    """When an event happens."""
    return _at(moment, zone, NOON)


def begin(moment: tree.Moment, zone: Zone) -> int:
    """The first instant that is meant."""
    return _at(moment, zone, 0)


def end(moment: tree.Moment, zone: Zone) -> int:
    """The last instant that is meant: of a date without a clock the one before the next date."""
    date = date_of(moment)
    if date is None or moment.clock is not None:
        return _at(moment, zone, 0)
    return zone.last_instant(date)


def _at(moment: tree.Moment, zone: Zone, otherwise: int) -> int:
    if isinstance(moment.day, tree.Instant):
        return moment.day.microseconds
    date = date_of(moment)
    assert date is not None, "checked: there is such a day"
    return _in_range(zone.instant(date, otherwise if moment.clock is None else moment.clock))


def _in_range(instant: int) -> int:
    # The first and the last date of the calendar may begin before it, or end after it, in UTC.
    return min(max(instant, EARLIEST), LATEST)
