"""Instants as a test speaks of them: ``day 3 10:30``, or a date with its clock, in the rule set's zone."""

import datetime

import attrs

from mqlrules.check import moments
from mqlrules.language.calendar import Zone


@attrs.frozen
class Clock:
    """How instants (microseconds since 1970 UTC) are shown; ``by_day`` counts days from the test's day 0."""

    zone: Zone
    by_day: bool

    def date(self, instant: int) -> str:
        """The day alone."""
        ordinal = self.zone.date_of(instant)
        if self.by_day:
            return f"day {ordinal - moments.DAY_ZERO.toordinal()}"
        return datetime.date.fromordinal(ordinal).isoformat()

    def time(self, instant: int) -> str:
        """The time of the day; seconds only where there are any, and none of the last microsecond of a minute."""
        clock = self.zone.clock_of(instant)
        if clock.second == 59 and clock.microsecond == 999_999:
            return clock.isoformat("minutes")
        precision = "microseconds" if clock.microsecond else "seconds" if clock.second else "minutes"
        return clock.isoformat(precision)

    def show(self, instant: int) -> str:
        """Both."""
        return f"{self.date(instant)} {self.time(instant)}"
