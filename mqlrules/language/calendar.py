"""Durations, dates and zones (sections 2, 3 and 5)."""

import datetime
import re
from decimal import Decimal

from mqlrules.language.instants import EARLIEST, EPOCH, LATEST, UTC, Time, microseconds, moment

UNITS: dict[str, int] = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
"""Microseconds of each unit of duration. A day is 24 hours."""

LONGEST = 36_500 * UNITS["d"]
"""The longest duration that a rule may name, in microseconds."""

_QUARTER = 900_000_000
_WHOLE_QUARTERS_SINCE = 94_694_400_000_000
"""1973-01-01. Since 1972, when Liberia gave up -0:44:30, the offsets of all zones are whole quarters of an hour."""
_DATE_ALONE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def seconds(microseconds: int) -> int | Decimal:
    """A duration as a number of seconds: what properties are compared with."""
    whole, rest = divmod(microseconds, 1_000_000)
    return whole if rest == 0 else Decimal(microseconds) / 1_000_000


class Zone:
    """A time zone by its IANA name. Raises ``zoneinfo.ZoneInfoNotFoundError`` or ``ValueError`` for another name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._zone: datetime.tzinfo = UTC if name == "UTC" else _zone(name)
        self._quarters: dict[int, int] = {}

    def first_instant(self, date: datetime.date) -> int:
        """The first instant of a date, in microseconds since 1970 UTC; where the clocks skip midnight, the first that
        exists.
        """
        return self.instant(date, 0)

    def last_instant(self, date: datetime.date) -> int:
        """The last instant of a date, in microseconds since 1970 UTC."""
        if date == datetime.date.max:
            return LATEST
        return min(max(self.first_instant(date + datetime.timedelta(days=1)) - 1, EARLIEST), LATEST)

    def instant(self, date: datetime.date, clock: int) -> int:
        """When clocks show a time (microseconds after midnight) on a date, in microseconds since 1970 UTC.

        Of a time that they show twice it is the first; one that they skip is as much later as they are put forward.
        """
        # Where the clocks skip a time, the offset from before the gap (fold 0) leads over the gap.
        shown = datetime.datetime(date.year, date.month, date.day) + datetime.timedelta(microseconds=clock)
        offset = shown.replace(tzinfo=self._zone).utcoffset() or datetime.timedelta()
        return (shown.replace(tzinfo=UTC) - EPOCH - offset) // datetime.timedelta(microseconds=1)

    def date_of(self, at: int) -> int:
        """The date of an instant in this zone, as a proleptic ordinal."""
        # Within a quarter of an hour there is one date.
        if at < _WHOLE_QUARTERS_SINCE:
            return self._date_of(at)
        quarter = at // _QUARTER
        date = self._quarters.get(quarter)
        if date is None:
            if len(self._quarters) > 100_000:
                self._quarters.clear()
            date = self._quarters[quarter] = self._date_of(quarter * _QUARTER)
        return date

    def clock_of(self, at: int) -> datetime.time:
        """What clocks in this zone show at an instant."""
        return self.datetime_of(at).time()

    def datetime_of(self, at: int) -> datetime.datetime:
        """The date and the time of an instant in this zone; at the ends of the calendar in UTC."""
        moment = EPOCH + datetime.timedelta(microseconds=min(max(at, EARLIEST), LATEST))
        try:
            return moment.astimezone(self._zone)
        except OverflowError:
            return moment

    def _date_of(self, at: int) -> int:
        return self.datetime_of(at).toordinal()


def _zone(name: str) -> datetime.tzinfo:
    # Loaded only where a rule set names a zone: start-up must not wait for it.
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def opening_instant(time: Time, zone: str) -> int:
    """The instant before which something happened, in microseconds since 1970 UTC.

    A date alone is its first instant in the zone; any other time is read as in events. Raises ``EventError``.
    """
    at = microseconds(time)
    if isinstance(time, str) and _DATE_ALONE.fullmatch(time.strip()):
        return Zone(zone).first_instant(moment(at).date())
    return at


def closing_instant(time: Time, zone: str) -> int:
    """The instant that ``as_of`` or ``at`` names, in microseconds since 1970 UTC.

    A date alone is its last instant in the zone; any other time is read as in events. Raises ``EventError``.
    """
    at = microseconds(time)
    if isinstance(time, str) and _DATE_ALONE.fullmatch(time.strip()):
        return Zone(zone).last_instant(moment(at).date())
    return at
