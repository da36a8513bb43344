"""Instants, dates and lengths of time as people in the rule set's time zone write them."""

import datetime
from collections import Counter
from collections.abc import Sequence

import attrs

from mqlrules.events.model import Event
from mqlrules.explain.wording import MONTHS, counted, quoted
from mqlrules.language.calendar import UNITS, Zone
from mqlrules.language.instants import EARLIEST, EPOCH, LATEST

DAY, HOUR, MINUTE, SECOND = (UNITS[unit] for unit in "dhms")
_EPOCH_ORDINAL = EPOCH.toordinal()
_DATES_SHOWN = 4
_EVENTS_NAMED = 5


def date_of(at: int, zone: Zone) -> datetime.date:
    """The date of an instant."""
    return datetime.date.fromordinal(zone.date_of(at))


def local(at: int, zone: Zone) -> int:
    """What clocks show at an instant, in microseconds since they showed midnight of 1 January 1970."""
    clock = zone.clock_of(at)
    of_day = ((clock.hour * 60 + clock.minute) * 60 + clock.second) * SECOND + clock.microsecond
    return (zone.date_of(at) - _EPOCH_ORDINAL) * DAY + of_day


def short_date(date: datetime.date) -> str:
    """``16 Jan``."""
    return f"{date.day} {MONTHS[date.month - 1][:3]}"


def day(at: int, zone: Zone) -> str:
    """``16 Jan 2026``."""
    date = date_of(at, zone)
    return f"{short_date(date)} {date.year}"


def when(at: int, zone: Zone) -> str:
    """``16 Jan 2026, 17:35``: with seconds if there are any, and the offset if clocks show this time twice."""
    return f"{day(at, zone)}, {clock(at, zone)}"


def clock(at: int, zone: Zone) -> str:
    """``17:35``, ``17:35:41``, ``17:35:41.25``, ``02:30 (UTC+2)``."""
    shown = zone.clock_of(at)
    text = f"{shown.hour:02}:{shown.minute:02}"
    if shown.second or shown.microsecond:
        text += f":{shown.second:02}"
    if shown.microsecond:
        text += f".{shown.microsecond:06}".rstrip("0")
    return text + (f" ({_offset_words(_offset(at, zone))})" if _is_ambiguous(at, zone) else "")


def span_words(start: int, end: int, zone: Zone) -> str:
    """``6 Jan to 15 Apr 2026``; within one date with its clocks."""
    first, last = date_of(start, zone), date_of(end, zone)
    if first == last:
        return when(start, zone) + ("" if start == end else f" to {clock(end, zone)}")
    return f"{short_date(first) if first.year == last.year else day(start, zone)} to {day(end, zone)}"


def length_words(microseconds: int) -> str:
    """A length of time in its two largest units, ``3 days 4 hours``; from ten on in the largest alone."""
    if microseconds >= 730 * DAY:
        return f"{microseconds // (365 * DAY):,} years"
    units = (("day", DAY), ("hour", HOUR), ("minute", MINUTE), ("second", SECOND))
    for place, (name, size) in enumerate(units):
        whole, rest = divmod(microseconds, size)
        if whole:
            words = counted(f"{whole:,}", name)
            smaller, of = units[place + 1] if name != "second" and whole < 10 else ("", rest + 1)
            return words + (f" {counted(str(rest // of), smaller)}" if rest // of else "")
    return "less than a second" if microseconds else "no time"


def _offset(at: int, zone: Zone) -> int:
    return local(at, zone) - at


def _offset_words(offset: int) -> str:
    hours, minutes = divmod(abs(offset) // MINUTE, 60)
    return f"UTC{'-' if offset < 0 else '+'}{hours}" + (f":{minutes:02}" if minutes else "")


def _is_ambiguous(at: int, zone: Zone) -> bool:
    """Whether clocks show the time of this instant twice, because they are set back that night."""
    if zone.name == "UTC" or not EARLIEST + 2 * DAY < at < LATEST - 2 * DAY:
        return False
    back = _offset(at - DAY, zone) - _offset(at + DAY, zone)
    return back > 0 and local(at, zone) in (local(at + back, zone), local(at - back, zone))


@attrs.frozen(eq=False)
class Clock:
    """Writes instants in a time zone as seen from ``now``: dates of the same year go without it."""

    zone: Zone
    now: int

    def day(self, at: int) -> str:
        """``3 Jan``, or ``3 Jan 2025``."""
        date = date_of(at, self.zone)
        return short_date(date) if date.year == date_of(self.now, self.zone).year else day(at, self.zone)

    def instant(self, at: int) -> str:
        """``3 Jan 2026, 09:00``: to the second."""
        return when(at - at % SECOND, self.zone)

    def days(self, events: Sequence[Event]) -> str:
        """``3 Jan, 9 Jan``: the latest, and how many earlier ones there are."""
        latest = events[-_DATES_SHOWN:]
        shown = [self.day(event.at) for event in latest]
        if len(set(shown)) < len(shown):
            shown = [f"{self.day(event.at)} {self.zone.clock_of(event.at):%H:%M}" for event in latest]
        more = len(events) - _DATES_SHOWN
        return ", ".join([f"{more:,} earlier", *shown] if more > 0 else shown)

    def evidence(self, events: Sequence[Event]) -> str:
        """``“visited pricing” (3 Jan)``; of many how often each happened: ``9 events: “visited pricing” ×9``."""
        if len(events) <= _EVENTS_NAMED:
            return ", ".join(f"{quoted(event.event)} ({self.day(event.at)})" for event in events)
        times = Counter(event.name for event in events)
        spelled = {event.name: quoted(event.event) for event in reversed(events)}
        said = [spelled[name] if many == 1 else f"{spelled[name]} ×{many:,}" for name, many in times.items()]
        return f"{counted(f'{len(events):,}', 'event')}: {', '.join(said)}"
