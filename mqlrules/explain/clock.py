"""Instants and lists of them as a person in the rule set's time zone writes them."""

import datetime
from collections.abc import Sequence

import attrs

from mqlrules.events.model import Event
from mqlrules.explain.wording import counted
from mqlrules.language.calendar import Zone
from mqlrules.language.instants import EARLIEST, LATEST

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DATES_SHOWN = 4
_DAY = 86_400_000_000


@attrs.frozen(eq=False)
class Clock:
    """Writes instants in a time zone, as seen from ``now``: the year is said where it is another one."""

    zone: Zone
    now: int

    def _local(self, at: int) -> tuple[datetime.date, datetime.time]:
        at = min(max(at, EARLIEST + _DAY), LATEST - _DAY)
        return datetime.date.fromordinal(self.zone.date_of(at)), self.zone.clock_of(at)

    def day(self, at: int) -> str:
        """``3 Jan``, or ``3 Jan 2025``."""
        date, _ = self._local(at)
        year = "" if date.year == self._local(self.now)[0].year else f" {date.year}"
        return f"{date.day} {_MONTHS[date.month - 1]}{year}"

    def instant(self, at: int) -> str:
        """``3 Jan 2026, 09:00``: with the year always, with seconds where there are any, fractions left out."""
        date, clock = self._local(at)
        precision = "seconds" if clock.second or clock.microsecond else "minutes"
        return f"{date.day} {_MONTHS[date.month - 1]} {date.year}, {clock.isoformat(precision)}"

    def days(self, events: Sequence[Event]) -> str:
        """``3 Jan, 9 Jan``; of many the latest, and how many more there are."""
        shown = [self.day(event.at) for event in events[-_DATES_SHOWN:]]
        if len(set(shown)) < len(shown):
            shown = [f"{self.day(event.at)} {self._local(event.at)[1]:%H:%M}" for event in events[-_DATES_SHOWN:]]
        more = len(events) - _DATES_SHOWN
        return f"{', '.join(shown)}" if more <= 0 else f"{more:,} earlier, {', '.join(shown)}"

    def span(self, microseconds: int) -> str:
        """A length of time, rounded for reading: ``2 days``, ``3 hours``."""
        for size, unit in ((_DAY, "day"), (3_600_000_000, "hour"), (60_000_000, "minute"), (1_000_000, "second")):
            if microseconds >= size:
                return counted(str(microseconds // size), unit)
        return counted(str(microseconds), "microsecond")
