"""What one lead's history shows at an instant: matching and visible events, aggregates, and progress in sequences.

What matches is decided by the reference, what is visible by ``plan.interval``. Events are indexed by name, so that a
question costs as much as the events of its names, not the whole history.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import attrs

from mqlrules.check.program import Pattern
from mqlrules.engine.reference.matching import matches
from mqlrules.engine.reference.visible import Placed
from mqlrules.events.model import Event
from mqlrules.explain.model import Span
from mqlrules.language.calendar import Zone
from mqlrules.language.names import IDENTIFY
from mqlrules.language.values import at_path, identity, millionths
from mqlrules.plan import nodes as n

Key = tuple[str, Any]
"""The identity of a value that splits the events."""


class View:
    """A history, or the part of it that ``with same`` makes of one value. ``whole`` is the history of a part."""

    def __init__(self, placed: Iterable[Placed], now: int, whole: "View | None" = None) -> None:
        self.placed = tuple(placed)
        self.now = now
        self.whole = self if whole is None else whole
        self._by_name: dict[str, list[Placed]] = {}
        for one in self.placed:
            self._by_name.setdefault(one.event.name, []).append(one)
        self._matching: dict[Pattern, tuple[Placed, ...]] = {}
        self._parts: dict[tuple[str, ...], dict[Key, View]] = {}

    @classmethod
    def of(cls, history: Sequence[Event], first: int, now: int) -> "View":
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
        return lists[0] if len(lists) == 1 else sorted((one for of in lists for one in of), key=lambda one: one[0])

    def anchor(self, anchor: n.Anchor) -> tuple[Placed, ...]:
        """The events of an anchor, looked up in its scope."""
        return (self.whole if anchor.scope == "history" else self).matching(anchor.pattern)

    def visible(self, pattern: Pattern, interval: n.Interval) -> list[Placed]:
        """The matching events that lie in an interval, in order."""
        if not interval.restrictions:
            return list(self.matching(pattern))
        positions = {anchor: [one.position for one in self.anchor(anchor)] for anchor in interval.anchors}
        lookup = positions.__getitem__
        return [
            one for one in self.matching(pattern) if interval.is_visible(one.event.at, one.position, self.now, lookup)
        ]

    def window(self, interval: n.Interval) -> Span | None:
        """The time that an interval shows now; None for all of it."""
        starts = [] if interval.within is None else [self.now - interval.within + 1]
        ends = [self.now - interval.older + 1] if interval.older else []
        if interval.during is not None:
            starts.append(interval.during[0])
            ends.append(interval.during[1])
        starts += [found[-1].event.at for anchor in interval.since if (found := self.anchor(anchor))]
        starts += [found[0].event.at for anchor in interval.after if (found := self.anchor(anchor))]
        ends += [found[0].event.at for anchor in interval.before if (found := self.anchor(anchor))]
        return Span(max(starts, default=None), min(ends, default=None)) if starts or ends else None

    def parts(self, path: tuple[str, ...]) -> "dict[Key, View]":
        """The parts by the value of a property (section 3)."""
        found = self._parts.get(path)
        if found is None:
            of: dict[Key, list[Placed]] = {}
            for one in self.placed:
                key = identity(at_path(one.event.properties, path))
                if key is not None:
                    of.setdefault(key, []).append(one)
            found = self._parts[path] = {key: View(placed, self.now, self) for key, placed in of.items()}
        return found

    def latest(self, path: tuple[str, ...]) -> Any:
        """The value of a property in the latest event."""
        return at_path(self.placed[-1].event.properties, path)

    # -- aggregates (section 5) ------------------------------------------------------------------------------------

    def counted(self, leaf: n.Aggregate) -> list[Placed]:
        """The visible matches that an aggregate counts: with the property, in a type that fits."""
        return [one for one in self.visible(leaf.pattern, leaf.interval) if counts(leaf, one.event.properties)]

    def values(self, leaf: n.Aggregate) -> list[Any]:
        """The values that are counted, in order; amounts in millionths."""
        if leaf.path is None:
            return []
        visible = self.visible(leaf.pattern, leaf.interval)
        return [value for one in visible for value in counts(leaf, one.event.properties)]

    def result(self, leaf: n.Aggregate, zone: Zone) -> Any:
        """The result: an exact number, a value of the property, or None."""
        found = self.counted(leaf)
        match leaf.record.looks_at:
            case "date":
                looked_at = [zone.date_of(one.event.at) for one in found]
            case "property":
                looked_at = [at_path(one.event.properties, leaf.path or ()) for one in found]
        value = leaf.record.meaning(looked_at, leaf.literal)
        return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value


def counts(leaf: n.Aggregate, properties: Mapping[str, Any]) -> list[Any]:
    """The value that an aggregate counts of an event's properties, or nothing; amounts in millionths."""
    if leaf.path is None:
        return [None]
    value = at_path(properties, leaf.path)
    if value is None or not leaf.record.fits.test(value, leaf.literal):
        return []
    return [millionths(value) if leaf.record.result == "amount" else value]


# -- progress in sequences (section 6) -----------------------------------------------------------------------------


@attrs.frozen(eq=False)
class Attempt:
    """A choice for the first steps of a sequence: the events of its last step, and the choice before it."""

    events: tuple[Placed, ...]
    before: "Attempt | None"

    @property
    def end(self) -> Placed:
        """The event that completes its last step."""
        return self.events[-1]

    def steps(self) -> list[tuple[Placed, ...]]:
        """The events of each step."""
        return [*([] if self.before is None else self.before.steps()), self.events]


def attempts(sequence: n.Sequence, view: View) -> list[Attempt | None]:
    """For 1, 2, … steps the latest choice, or None. The quiet time after the last step is not asked for."""
    return [ends[-1] if ends else None for ends in _ends(sequence, view)]


def completed(sequence: n.Sequence, view: View) -> Attempt | None:
    """The latest choice for all steps after which the final quiet time, if any, has passed: the evidence."""
    return next(
        (attempt for attempt in reversed(_ends(sequence, view)[-1])
         if _was_quiet(sequence.final, attempt.end, view.now, view)),
        None,
    )  # fmt: skip


def _ends(sequence: n.Sequence, view: View) -> list[list[Attempt]]:
    """For 1, 2, … steps the latest choice for each event that can end them.

    A later choice for the same steps leaves every limit open for longer, so each step continues the latest one that
    fits.
    """
    found: list[list[Attempt]] = []
    for k, step in enumerate(sequence.steps):
        matching = view.visible(step.pattern, sequence.interval)
        blocks = [] if step.absent is None else view.visible(step.absent, sequence.interval)
        ends = []
        for at in range(step.count - 1, len(matching)):
            events = tuple(matching[at + 1 - step.count : at + 1])
            if k == 0:
                ends.append(Attempt(events, None))
            elif (before := _continued(step, found[-1], events, blocks, view)) is not None:
                ends.append(Attempt(events, before))
        found.append(ends)
    return found


def _position(one: Placed) -> int:
    return one.position


def _continued(
    step: n.Step, before: list[Attempt], events: tuple[Placed, ...], blocks: list[Placed], view: View
) -> Attempt | None:
    """The latest of the choices before a step that these events continue."""
    completing = events[-1]
    for k in range(bisect_left(before, events[0].position, key=lambda one: one.end.position) - 1, -1, -1):
        attempt = before[k]
        elapsed = completing.event.at - attempt.end.event.at
        if step.within is not None and elapsed >= step.within:
            return None
        first = bisect_right(blocks, attempt.end.position, key=_position)
        if first < len(blocks) and blocks[first].position < completing.position:
            return None
        if elapsed >= step.after and _was_quiet(step.quiet, attempt.end, completing.event.at, view):
            return attempt
    return None


def _was_quiet(quiet: n.Quiet | None, after: Placed, until: int, view: View) -> bool:
    if quiet is None:
        return True
    return until >= after.event.at + quiet.lasting and breaking(quiet, after, view) is None


def breaking(quiet: n.Quiet, after: Placed, view: View) -> Placed | None:
    """The first event that breaks the quiet time after an event."""
    noise = view.matching(quiet.pattern)
    first = bisect_right(noise, after.position, key=_position)
    return noise[first] if first < len(noise) and noise[first].event.at < after.event.at + quiet.lasting else None


def deadline(sequence: n.Sequence, attempt: Attempt, done: int) -> int | None:
    """When an attempt with this many steps runs out: the next step must come before. None: never."""
    limits = []
    if sequence.interval.within is not None:
        limits.append(attempt.steps()[0][0].event.at + sequence.interval.within)
    if sequence.interval.during is not None:
        limits.append(sequence.interval.during[1])
    if done < len(sequence.steps) and (within := sequence.steps[done].within) is not None:
        limits.append(attempt.end.event.at + within)
    return min(limits, default=None)
