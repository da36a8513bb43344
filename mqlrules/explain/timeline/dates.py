"""Dates and clocks as the rule set's time zone shows them, and where an axis is marked."""

import datetime
from collections.abc import Iterator, Sequence
from typing import Literal

import attrs

from mqlrules.explain.timeline.model import Span
from mqlrules.language.calendar import UNITS, Zone
from mqlrules.language.instants import EARLIEST, EPOCH, LATEST

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_DAY, _HOUR, _MINUTE, _SECOND = UNITS["d"], UNITS["h"], UNITS["m"], UNITS["s"]
_EPOCH_ORDINAL = EPOCH.toordinal()

_UNDER_A_DAY = (
    *(d * 10**e for e in range(6) for d in (1, 2, 5)),
    *(n * _SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 6, 12)),
)
_Unit = Literal["day", "month", "year"]
_ABOUT: dict[_Unit, int] = {"day": _DAY, "month": 31 * _DAY, "year": 366 * _DAY}
_CALENDAR: tuple[tuple[_Unit, int], ...] = (
    *(("day", days) for days in (1, 2, 7, 14)),
    *(("month", months) for months in (1, 2, 3, 6)),
    *(("year", d * 10**e) for e in range(4) for d in (1, 2, 5)),
)


@attrs.frozen
class Tick:
    """A mark of the axis: its label, and above it (or None) the larger unit where a new one begins."""

    at: int
    label: str
    larger: str | None


def around(span: Span) -> Span:
    """What an axis shows of a span: an instant alone with half a day on each side."""
    return span if span.length else Span(span.start - _DAY // 2, span.end + _DAY // 2)


def local(at: int, zone: Zone) -> int:
    """What clocks show at an instant: microseconds since midnight of 1 January 1970 on these clocks."""
    clock = zone.clock_of(at)
    of_day = ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1_000_000 + clock.microsecond
    return (zone.date_of(at) - _EPOCH_ORDINAL) * _DAY + of_day


def day(at: int, zone: Zone) -> str:
    """``16 Jan 2026``."""
    date = _date(at, zone)
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def when(at: int, zone: Zone) -> str:
    """``16 Jan 2026, 17:35``: seconds where there are any; the offset where clocks show this time twice."""
    return f"{day(at, zone)}, {clock(at, zone)}"


def clock(at: int, zone: Zone) -> str:
    """``17:35``, ``17:35:41``, ``17:35:41.25``; with the offset where clocks show this time twice."""
    shown = zone.clock_of(at)
    text = f"{shown.hour:02}:{shown.minute:02}"
    if shown.second or shown.microsecond:
        text += f":{shown.second:02}"
    if shown.microsecond:
        text += f".{shown.microsecond:06}".rstrip("0")
    return text + (f" ({_offset_words(_offset(at, zone))})" if _twice(at, zone) else "")


def when_on(axis: Span, at: int, zone: Zone) -> str:
    """An instant with as much of the clock as tells things apart on an axis: minutes, seconds, or all of it."""
    shown = local(at, zone)
    if axis.length >= 2 * _DAY:
        at -= shown % _MINUTE
    elif axis.length >= 2 * _MINUTE:
        at -= shown % _SECOND
    return when(at, zone)


def span_words(span: Span, zone: Zone) -> str:
    """``6 Jan to 15 Apr 2026``; within one date with its clocks."""
    first, last = _date(span.start, zone), _date(span.end, zone)
    if first == last:
        if span.start == span.end:
            return when(span.start, zone)
        return f"{day(span.start, zone)}, {clock(span.start, zone)} to {clock(span.end, zone)}"
    start = f"{first.day} {MONTHS[first.month - 1]}"
    return f"{start if first.year == last.year else f'{start} {first.year}'} to {day(span.end, zone)}"


def length_words(microseconds: int) -> str:
    """How long something is, in its two largest units: ``3 days 4 hours``; of many the largest alone."""
    if microseconds >= 730 * _DAY:
        return f"{microseconds // (365 * _DAY):,} years"
    units = (("day", _DAY), ("hour", _HOUR), ("minute", _MINUTE), ("second", _SECOND))
    for place, (name, size) in enumerate(units):
        whole, rest = divmod(microseconds, size)
        if whole:
            words = f"{whole:,} {name}{'' if whole == 1 else 's'}"
            if name != "second":
                smaller, of = units[place + 1]
                more = rest // of
                words += f" {more} {smaller}{'' if more == 1 else 's'}" if more and whole < 10 else ""
            return words
    return "less than a second" if microseconds else "no time"


# -- the axis ------------------------------------------------------------------------------------------------------


def ticks(span: Span, most: int, zone: Zone) -> list[Tick]:
    """At most so many marks, at round times of the zone's clocks and calendar."""
    least = max(-(-span.length // max(most, 1)), 1)
    step = next((step for step in _UNDER_A_DAY if step >= least), None)
    if step is not None:
        found = [(at, _clock_label(at, step, zone), day(at, zone)) for at in _clock_marks(span, step, zone)]
        return _marked(found)
    for unit, size in _CALENDAR:
        if span.length // (size * _ABOUT[unit]) > most:
            continue
        dates = list(_calendar_marks(_date(span.start, zone), _date(span.end, zone), unit, size))
        placed = [(zone.first_instant(date), date) for date in dates]
        found = [(at, *_date_label(date, unit)) for at, date in placed if span.start <= at <= span.end]
        if len(found) <= most:
            break
    return _marked(found)


def _marked(found: Sequence[tuple[int, str, str]]) -> list[Tick]:
    """The larger unit is said where it begins."""
    before = [None, *(larger for _, _, larger in found)]
    return [
        Tick(at, label, larger if larger and larger != earlier else None)
        for (at, label, larger), earlier in zip(found, before, strict=False)
    ]


def _clock_marks(span: Span, step: int, zone: Zone) -> Iterator[int]:
    """The instants at which the zone's clocks show a whole number of steps."""
    at = span.start
    while at <= span.end:
        here = local(at, zone)
        if here % step == 0:
            yield at
        coming = at + step - here % step
        change = local(coming, zone) - coming - (here - at)
        if change > 0 and coming - change > at and local(coming - change, zone) % step == 0:
            # Clocks are put forward on the way: the mark comes sooner.
            coming -= change
        elif change:
            coming += -local(coming, zone) % step
        at = coming


def _clock_label(at: int, step: int, zone: Zone) -> str:
    shown = zone.clock_of(at)
    text = f"{shown.hour:02}:{shown.minute:02}"
    if step >= _MINUTE:
        return text
    text += f":{shown.second:02}"
    digits = 6 - (len(str(step)) - len(str(step).rstrip("0")))
    return text if step >= _SECOND else f"{text}.{shown.microsecond:06}"[: len(text) + 1 + digits]


def _calendar_marks(first: datetime.date, last: datetime.date, unit: _Unit, size: int) -> Iterator[datetime.date]:
    match unit:
        case "day":
            # Weeks begin on Monday: so did the first day of the calendar, whose number is 1.
            for ordinal in range(first.toordinal(), last.toordinal() + 1):
                if ordinal % size == (1 if size % 7 == 0 else 0):
                    yield datetime.date.fromordinal(ordinal)
        case "month":
            for month in range(first.year * 12, (last.year + 1) * 12, size):
                yield datetime.date(month // 12, month % 12 + 1, 1)
        case "year":
            for year in range(first.year + -first.year % size, last.year + 1, size):
                yield datetime.date(year, 1, 1)


def _date_label(date: datetime.date, unit: _Unit) -> tuple[str, str]:
    match unit:
        case "day":
            return f"{date.day} {MONTHS[date.month - 1]}", str(date.year)
        case "month":
            return MONTHS[date.month - 1], str(date.year)
        case "year":
            return str(date.year), ""


def _date(at: int, zone: Zone) -> datetime.date:
    return datetime.date.fromordinal(zone.date_of(at))


def _offset(at: int, zone: Zone) -> int:
    return local(at, zone) - at


def _offset_words(offset: int) -> str:
    hours, minutes = divmod(abs(offset) // _MINUTE, 60)
    return f"UTC{'-' if offset < 0 else '+'}{hours}" + (f":{minutes:02}" if minutes else "")


def _twice(at: int, zone: Zone) -> bool:
    """Whether clocks show the time of this instant twice that night, for they are put back."""
    if not EARLIEST + 2 * _DAY < at < LATEST - 2 * _DAY:
        return False
    back = _offset(at - _DAY, zone) - _offset(at + _DAY, zone)
    shown = local(at, zone)
    return back > 0 and shown in (local(at + back, zone), local(at - back, zone))
