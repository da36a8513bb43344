"""The restrictions, one record each: what they leave visible, and when time alone changes that (section 3).

An event at the time ``at`` and the position ``position`` is looked at from ``now``; times are microseconds since 1970
UTC. What the meaning of a restriction is asked with is made of what an author wrote: a duration in microseconds; of a
pattern the positions of its matches so far, in order; of dates the first instant of the first and the first instant
after the last.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import attrs

from mqlrules.language.record import Record

Dates = tuple[int, int]
Positions = Sequence[int]


@attrs.frozen(eq=False, repr=False, kw_only=True)
class RestrictionRecord(Record):
    """One restriction."""

    takes: Literal["duration", "pattern", "dates"]
    field: str
    """Where a visible interval keeps it (``plan.interval.Interval``)."""
    english: str
    """How it reads after what is counted, with what it takes."""
    is_visible: Callable[[int, int, int, Any], bool]
    """Whether an event is visible: of its time, its position, now, and the argument."""
    intersect: Callable[[Any, Any], Any]
    """Two of these around each other, as one; asked with what the interval keeps."""
    enters: Callable[[int, Any], int] | None = None
    """From when on an event of a time is visible, where it isn't at once. Time alone brings it."""
    leaves: Callable[[int, Any], int] | None = None
    """From when on it is visible no more. Time alone takes it away."""
    horizon: Callable[[Any], int] | None = None
    """How long before now (microseconds) an event is invisible for good; None: however old, it may count."""

    @property
    def needs_a_match(self) -> bool:
        """Whether nothing is visible as long as the pattern that it takes has had no match."""
        return self.takes == "pattern" and not self.is_visible(0, 0, 0, ())


def _both(one: frozenset[Any], other: frozenset[Any]) -> frozenset[Any]:
    return one | other


RESTRICTIONS: dict[str, RestrictionRecord] = {
    record.name: record
    for record in (
        RestrictionRecord(
            name="within",
            terminal="_WITHIN",
            takes="duration",
            field="within",
            english="in the last {}",
            means="`within 30d`: only events of the last 30 days count. Between two steps of a sequence: the later one "
            "comes less than that after the earlier.",
            is_visible=lambda at, position, now, duration: at > now - duration,
            leaves=lambda at, duration: at + duration,
            horizon=lambda duration: duration,
            intersect=min,
            example="visited pricing >= 2 within 30d",
        ),
        RestrictionRecord(
            name="older than",
            terminal="_OLDER_THAN",
            takes="duration",
            field="older",
            english="at least {} ago",
            means="Only events that are at least this old count.",
            is_visible=lambda at, position, now, duration: at <= now - duration,
            enters=lambda at, duration: at + duration,
            intersect=max,
            example="signed up older than 7d",
        ),
        RestrictionRecord(
            name="since",
            terminal="_SINCE",
            takes="pattern",
            field="since",
            english="since the latest {}",
            means="Only events after the latest of these count; nothing, if there has been none.",
            is_visible=lambda at, position, now, positions: bool(positions) and position > positions[-1],
            intersect=_both,
            example="viewed product >= 3 since purchased",
        ),
        RestrictionRecord(
            name="after",
            terminal="_AFTER",
            takes="pattern",
            field="after",
            english="after the first {}",
            means="Only events after the first of these count; nothing, if there has been none. Between two steps of a "
            "sequence, `then after 1d`: the later one comes at least that long after the earlier.",
            is_visible=lambda at, position, now, positions: bool(positions) and position > positions[0],
            intersect=_both,
            example="opened email after signed up",
        ),
        RestrictionRecord(
            name="before",
            terminal="_BEFORE",
            takes="pattern",
            field="before",
            english="before the first {} (or at any time if there has been none)",
            means="Only events before the first of these count; all of them, if there has been none.",
            is_visible=lambda at, position, now, positions: not positions or position < positions[0],
            intersect=_both,
            example="visited pricing before signed up",
        ),
        RestrictionRecord(
            name="during",
            terminal="_DURING",
            takes="dates",
            field="during",
            english="from {} to {}",
            means="Only events from the first date to the end of the last count.",
            is_visible=lambda at, position, now, dates: dates[0] <= at < dates[1],
            intersect=lambda one, other: (max(one[0], other[0]), min(one[1], other[1])),
            example="visited pricing during 2026-03-01 to 2026-03-31",
        ),
    )
}
