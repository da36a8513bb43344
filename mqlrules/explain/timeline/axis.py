"""Where the axis of a timeline is marked: at round times of the zone's clocks and calendar."""

import datetime
from collections.abc import Iterator
from typing import Literal

import attrs

from mqlrules.explain.clock import DAY, HOUR, MINUTE, SECOND, date_of, day, local, short_date, when
from mqlrules.explain.timeline.model import Span
from mqlrules.explain.wording import MONTHS
from mqlrules.language.calendar import Zone

_Unit = Literal["day", "month", "year"]

_CLOCK_STEPS = (
    *(d * 10**e for e in range(6) for d in (1, 2, 5)),
    *(n * SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR for n in (1, 2, 3, 6, 12)),
)
_CALENDAR_STEPS: tuple[tuple[_Unit, int, int], ...] = (
    *(("day", days, days * DAY) for days in (1, 2, 7, 14)),
    *(("month", months, months * 31 * DAY) for months in (1, 2, 3, 6)),
    *(("year", d * 10**e, d * 10**e * 366 * DAY) for e in range(4) for d in (1, 2, 5)),
)
"""Unit, how many of it, and at most how long that is."""


@attrs.frozen
class Tick:
    """A mark of the axis: its label, and the larger unit if a new one begins here."""

    at: int
    label: str
    larger: str | None


def around(span: Span) -> Span:
    """What an axis shows of a span: half a day on each side of a single instant."""
    return span if span.length else Span(span.start - DAY // 2, span.end + DAY // 2)


def when_on(axis: Span, at: int, zone: Zone) -> str:
    """An instant as precisely as an axis can show it: to the minute, to the second, or in full."""
    precision = MINUTE if axis.length >= 2 * DAY else SECOND if axis.length >= 2 * MINUTE else 1
    return when(at - local(at, zone) % precision, zone)


def ticks(span: Span, most: int, zone: Zone) -> list[Tick]:
    """At most about ``most`` marks."""
    step = next((step for step in _CLOCK_STEPS if step * max(most, 1) >= span.length), None)
    if step is not None:
        found = [(at, _clock_label(at, step, zone), day(at, zone)) for at in _clock_marks(span, step, zone)]
    else:
        found = _calendar_ticks(span, most, zone)
    made = []
    before = ""
    for at, label, larger in found:
        made.append(Tick(at, label, larger if larger != before else None))
        before = larger
    return made


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
            # Clocks are set forward on the way: the mark comes sooner.
            coming -= change
        elif change:
            coming += -local(coming, zone) % step
        at = coming


def _clock_label(at: int, step: int, zone: Zone) -> str:
    shown = zone.clock_of(at).isoformat("microseconds")
    if step >= MINUTE:
        return shown[:5]
    digits = 6 - (len(str(step)) - len(str(step).rstrip("0")))
    return shown[: 9 + digits] if step < SECOND else shown[:8]


def _calendar_ticks(span: Span, most: int, zone: Zone) -> list[tuple[int, str, str]]:
    found: list[tuple[int, str, str]] = []
    for unit, size, length in _CALENDAR_STEPS:
        if span.length // length > most:
            continue
        dates = _calendar_marks(date_of(span.start, zone), date_of(span.end, zone), unit, size)
        placed = [(zone.first_instant(date), date) for date in dates]
        found = [(at, *_date_label(date, unit)) for at, date in placed if span.start <= at <= span.end]
        if len(found) <= most:
            break
    return found


def _calendar_marks(first: datetime.date, last: datetime.date, unit: _Unit, size: int) -> Iterator[datetime.date]:
    match unit:
        case "day":
            # Weeks begin on Monday, as did the first day of the calendar, whose ordinal is 1.
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
            return short_date(date), str(date.year)
        case "month":
            return MONTHS[date.month - 1][:3], str(date.year)
        case "year":
            return str(date.year), ""
