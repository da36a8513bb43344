"""What one lead's history shows to a leaf at an instant: the events that match, and those of them that are visible.

The meaning of the visible interval is that of section 3; matching is the reference's. Events are looked up by name, so
that a question costs what the events of its names cost, not the whole history.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from mqlrules.check.program import Pattern
from mqlrules.engine.reference.matching import matches
from mqlrules.engine.reference.visible import Placed
from mqlrules.events.model import Event
from mqlrules.explain.model import Span
from mqlrules.language.names import IDENTIFY
from mqlrules.language.values import at_path, identity
from mqlrules.plan.nodes import Anchor, Interval

Key = tuple[str, Any]
"""What tells the parts of a ``with same`` apart."""


class Seen:
    """A history, or one part of it. ``whole`` is the history that a part is part of."""

    def __init__(self, placed: Iterable[Placed], now: int, whole: "Seen | None" = None) -> None:
        self.placed = tuple(placed)
        self.now = now
        self.whole = self if whole is None else whole
        self._by_name: dict[str, list[Placed]] = {}
        for one in self.placed:
            self._by_name.setdefault(one.event.name, []).append(one)
        self._matching: dict[Pattern, tuple[Placed, ...]] = {}
        self._parts: dict[tuple[str, ...], dict[Key, Seen]] = {}

    @classmethod
    def of(cls, history: Sequence[Event], first: int, now: int) -> "Seen":
        """The events of a history from position ``first`` on, up to an instant."""
        return cls((Placed(k, event) for k, event in enumerate(history) if k >= first and event.at <= now), now)

    def matching(self, pattern: Pattern) -> tuple[Placed, ...]:
        """All events that match, in order."""
        found = self._matching.get(pattern)
        if found is None:
            found = self._matching[pattern] = tuple(one for one in self._named(pattern) if matches(pattern, one.event))
        return found

    def _named(self, pattern: Pattern) -> Sequence[Placed]:
        names = {alternative.name for alternative in pattern.alternatives}
        if None in names:
            return self.placed if IDENTIFY in names else [one for one in self.placed if one.event.name != IDENTIFY]
        lists = [self._by_name[name] for name in names if name in self._by_name]
        if len(lists) == 1:
            return lists[0]
        return sorted((one for of in lists for one in of), key=lambda one: one.position)

    def anchor(self, anchor: Anchor) -> tuple[Placed, ...]:
        """The events of an anchor, looked up where it asks for them."""
        return (self.whole if anchor.scope == "history" else self).matching(anchor.pattern)

    def visible(self, pattern: Pattern, interval: Interval) -> list[Placed]:
        """The matching events that lie in an interval, in order."""
        keeps = self.test(interval)
        return [one for one in self.matching(pattern) if keeps(one)]

    def test(self, interval: Interval) -> Any:
        """The function that says whether an event is visible in an interval now."""
        positions = {anchor: [one.position for one in self.anchor(anchor)] for anchor in interval.anchors}
        return lambda one: interval.is_visible(one.event.at, one.position, self.now, positions.__getitem__)

    def window(self, interval: Interval) -> Span | None:
        """The part of time that an interval shows now: as instants, whatever the positions of its anchors are."""
        starts = [] if interval.within is None else [self.now - interval.within + 1]
        ends = [self.now - interval.older + 1] if interval.older else []
        if interval.during is not None:
            starts.append(interval.during[0])
            ends.append(interval.during[1])
        starts += [found[-1].event.at for anchor in interval.since if (found := self.anchor(anchor))]
        starts += [found[0].event.at for anchor in interval.after if (found := self.anchor(anchor))]
        ends += [found[0].event.at for anchor in interval.before if (found := self.anchor(anchor))]
        if not starts and not ends:
            return None
        return Span(max(starts, default=None), min(ends, default=None))

    def parts(self, path: tuple[str, ...]) -> "dict[Key, Seen]":
        """The parts by the value of a property (section 3)."""
        found = self._parts.get(path)
        if found is None:
            of: dict[Key, list[Placed]] = {}
            for one in self.placed:
                key = identity(at_path(one.event.properties, path))
                if key is not None:
                    of.setdefault(key, []).append(one)
            found = self._parts[path] = {key: Seen(placed, self.now, self) for key, placed in of.items()}
        return found
