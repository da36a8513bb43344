"""The visible interval: all restrictions around a condition, intersected (section 3).

What each restriction means, and when time alone changes it, its record says (``mqlrules.language.restrictions``); what
is asked of an interval is asked of the records of the restrictions in it.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import attrs

from mqlrules.check.program import Pattern, Restriction
from mqlrules.language.restrictions import RESTRICTIONS, RestrictionRecord

Scope = Literal["history", "part"]
"""Where an anchor is looked up: in the lead's whole history, or in the part that ``with same`` made."""


@attrs.frozen(cache_hash=True)
class Anchor:
    """A pattern of ``since``, ``after`` or ``before``: its first and its latest position are asked for."""

    pattern: Pattern
    scope: Scope = "history"


@attrs.frozen(cache_hash=True)
class Interval:
    """Visible at ``now`` are events with time > now - within, time <= now - older, start <= time < end of ``during``,
    at positions after the latest of each ``since``, after the first of each ``after`` and before the first of each
    ``before``. Durations and instants are microseconds.
    """

    within: int | None = None
    older: int = 0
    since: frozenset[Anchor] = frozenset()
    after: frozenset[Anchor] = frozenset()
    before: frozenset[Anchor] = frozenset()
    during: tuple[int, int] | None = None
    restrictions: tuple[tuple[RestrictionRecord, Any], ...] = attrs.field(init=False, eq=False, repr=False)
    """The restrictions in it, each with what the interval keeps of it."""

    @restrictions.default
    def _restrictions(self) -> tuple[tuple[RestrictionRecord, Any], ...]:
        return tuple((record, kept) for record in RESTRICTIONS.values() if (kept := getattr(self, record.field)))

    def narrowed(self, restriction: Restriction, scope: Scope) -> "Interval":
        """The interval intersected with one more restriction, written where anchors are looked up in ``scope``."""
        record, argument = restriction.record, restriction.argument
        new = frozenset((Anchor(argument, scope),)) if isinstance(argument, Pattern) else argument
        kept = getattr(self, record.field)
        changed: dict[str, Any] = {record.field: record.intersect(kept, new) if kept else new}
        return attrs.evolve(self, **changed)

    @property
    def anchors(self) -> frozenset[Anchor]:
        """All anchors of the interval."""
        return self.since | self.after | self.before

    @property
    def is_empty(self) -> bool:
        """Whether no event ever lies in it: its restrictions have no moment or position in common."""
        if self.within is not None and self.within <= self.older:
            return True
        if self.during is not None and self.during[0] >= self.during[1]:
            return True
        # After the first or the latest match, and before the first: of the same pattern.
        return bool(self.before & (self.since | self.after))

    # -- an event in it --------------------------------------------------------------------------------------------

    def is_visible(self, at: int, position: int, now: int, positions: Callable[[Anchor], Sequence[int]]) -> bool:
        """Whether an event is visible; ``positions`` gives those of an anchor's matches so far, in order."""
        for record, kept in self.restrictions:
            if record.takes != "pattern":
                if not record.is_visible(at, position, now, kept):
                    return False
            elif not all(record.is_visible(at, position, now, positions(anchor)) for anchor in kept):
                return False
        return True

    def enters(self, at: int) -> int:
        """From when on an event of a time is visible, its anchors and ``during`` aside."""
        return max((record.enters(at, kept) for record, kept in self.restrictions if record.enters), default=at)

    def leaves(self, at: int) -> int | None:
        """From when on it is visible no more; None: time alone never takes it away."""
        return min((record.leaves(at, kept) for record, kept in self.restrictions if record.leaves), default=None)

    def next_change(self, at: int, now: int) -> int | None:
        """The next instant after ``now`` at which time alone brings or takes away an event of a time, or None."""
        leaves = self.leaves(at)
        coming = [instant for instant in (self.enters(at), leaves) if instant is not None and instant > now]
        return min(coming, default=None)

    # -- time alone ------------------------------------------------------------------------------------------------

    @property
    def loses_with_time(self) -> bool:
        """Whether time alone takes events away."""
        return any(record.leaves for record, _ in self.restrictions)

    @property
    def gains_with_time(self) -> bool:
        """Whether time alone brings events."""
        return any(record.enters for record, _ in self.restrictions)

    @property
    def horizon(self) -> int | None:
        """How long before now (microseconds) an event can't count any more, nor as an anchor; None: it always may."""
        if self.anchors:
            return None
        return min((record.horizon(kept) for record, kept in self.restrictions if record.horizon), default=None)

    def describe(self, show: Callable[[RestrictionRecord, Any], str]) -> list[str]:
        """The restrictions as an author would write them; ``show`` writes what one of them takes: a duration, an
        anchor, two instants.
        """
        said: list[str] = []
        for record, kept in self.restrictions:
            arguments = [kept] if record.takes != "pattern" else kept
            said += sorted(f"{record.name} {show(record, argument)}" for argument in arguments)
        return said


EVERYTHING = Interval()
