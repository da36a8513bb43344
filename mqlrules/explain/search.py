"""Searching for ways to make a condition hold: which candidates do, with how few events, and until when.

Nothing is suggested that the engine has not verified on the lead's own history.
"""

import datetime
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import product

import attrs

from mqlrules.events.model import Event, Lead
from mqlrules.explain.candidates import Candidates, Item, Way
from mqlrules.explain.question import Asked, Place, Question
from mqlrules.explain.view import View
from mqlrules.explain.witnesses import Path, Spec, Witnesses
from mqlrules.language.instants import LATEST
from mqlrules.language.values import identity
from mqlrules.plan import nodes as n
from mqlrules.plan.cost import instants
from mqlrules.plan.lower import patterns_of, walk

SHOWN = 3
"""How many ways are shown."""

STARTS = 16
"""At how many instants a way may start, the present one first."""

AHEAD = 60
"""How many instants at which time alone changes something are examined after the last event of a way."""

BLIND_TRIES = 500
"""How many series of events are tried if no candidate works."""

BLIND_EVENTS = 3
"""How many events these series have at most."""

_HALVINGS = 64
"""After this many halvings nothing is left of any points."""

_LONG = 60
"""Longer ways are not shortened: they repeat one event as often as it takes."""

_BOUNDS = 24
"""How many limits of windows are tried one by one; more are bisected."""


@attrs.frozen(eq=False)
class Tried:
    """A way that works: started at ``start`` it makes the condition hold at ``holds_at``, and it also works when it
    starts later, before ``before`` (None: at any time).
    """

    way: Way
    start: int
    holds_at: int
    before: int | None

    @property
    def times(self) -> list[int]:
        """When its events happen."""
        found, at = [], self.start
        for item in self.way:
            at += item.gap
            found.append(at)
        return found

    def events(self, lead: Lead) -> list[Event]:
        """Its events, at their times."""
        return [item.spec.event(lead, at) for item, at in zip(self.way, self.times, strict=True)]


@attrs.frozen(eq=False)
class Found:
    """The result of a search. ``blind`` is the number of series that were tried blindly."""

    ways: tuple[Tried, ...]
    blind: int = 0


class Search:
    """Searches for one lead and one condition, which does not hold now."""

    def __init__(self, asked: Asked, witnesses: Witnesses, not_before: int | None = None) -> None:
        """``not_before``: when a waiting time is over that the rule asks for too."""
        self.asked = asked
        self._not_before = asked.now if not_before is None else not_before
        self.witnesses = witnesses
        self._places: dict[int, Place] = {asked.now: asked.place()}
        self._limits: list[int] | None = None

    def search(self, shown: int = SHOWN, blind: bool = True) -> Found:
        """The ways with the fewest events; of these, those that can start at once come first."""
        candidates = Candidates(self.witnesses)
        root, now = self.asked.question.root, self.asked.now
        waiting, done = [now], set[int]()
        found: dict[object, tuple[Way, int, int]] = {}
        while waiting and len(done) < STARTS and not found:
            start = waiting.pop(0)
            done.add(start)
            for way in candidates.making(root, True, self._place(start)):
                at = self._outcome(way, start)
                if at is not None and way:
                    way, at = self._shortened(way, start, at)
                    found.setdefault(_alike(way), (way, start, at))
            later = {*candidates.hints, *self.asked.dues()} - done
            waiting = sorted(instant for instant in later if instant > now)
        tries = 0
        for way, start in self._blindly(sorted(done)) if blind and not found else ():
            tries += 1
            at = self._outcome(way, start)
            if at is not None:
                way, at = self._shortened(way, start, at)
                found[_alike(way)] = way, start, at
                break
        best = sorted(found.values(), key=lambda one: (len(one[0]), one[2]))[:shown]
        return Found(tuple(self._tried(*one) for one in best), tries)

    def breaking(self, decided_at: int) -> list[tuple[Spec, int]]:
        """Events that keep the condition from holding at an instant, and when they do: now, on the way, or last."""
        now = self.asked.now
        found: dict[str, tuple[Spec, int]] = {}
        for spec in self._alphabet():
            for at in dict.fromkeys((now, (now + decided_at) // 2, decided_at - 1)):
                if spec.words not in found and self._breaks(spec, at, decided_at):
                    found[spec.words] = spec, at
        return list(found.values())

    def _breaks(self, spec: Spec, at: int, decided_at: int) -> bool:
        trial = self._place(self.asked.now).trial.fork()
        trial.pass_until(at)
        trial.feed(spec.event("", at))
        trial.pass_until(decided_at)
        return not trial.holds(0, decided_at)

    # -- verifying -------------------------------------------------------------------------------------------------

    def _place(self, start: int) -> Place:
        if start not in self._places:
            self._places[start] = self._places[self.asked.now].later(start)
        return self._places[start]

    def _outcome(self, way: Way, start: int) -> int | None:
        """When the condition first holds, at the last event of a way or later; None if it does not."""
        place = self._places.get(start) or self._places[self.asked.now].later(start)
        trial, at = place.trial.fork(), start
        for item in way:
            at += item.gap
            if at > LATEST:
                return None
            trial.feed(item.spec.event("", at))
        if at < self._not_before:
            at = self._not_before
            trial.pass_until(at)
        if trial.holds(0, at):
            return at
        return next((instant for instant in trial.future(AHEAD) if instant <= LATEST and trial.holds(0, instant)), None)

    def _shortened(self, way: Way, start: int, at: int) -> tuple[Way, int]:
        """The way without the events that it does not need."""
        if len(way) < _LONG:
            for k in range(len(way) - 1, max(-1, len(way) - 41), -1):
                less = (*way[:k], *way[k + 1 :])
                sooner = self._outcome(less, start) if less else None
                if sooner is not None:
                    way, at = less, sooner
        return way, at

    def _tried(self, way: Way, start: int, at: int) -> Tried:
        offsets = [0]
        for item in way:
            offsets.append(offsets[-1] + item.gap)
        if self._limits is None:
            self._limits = limits_of(self.asked.question.root, self.asked.question, self.asked.view, self.asked.now)
        bounds = sorted({limit - gap for limit in self._limits for gap in offsets if limit - gap > start})
        before = too_late(lambda at: self._outcome(way, at) is not None, start, bounds)
        return Tried(self._bounded(way, start), start, at, before)

    def _bounded(self, way: Way, start: int) -> Way:
        """The way with ``at least`` or ``at most`` for amounts of which larger or smaller ones work too."""
        splits = {node.path for node in walk([self.asked.question.root]) if isinstance(node, n.Split)}
        paths = {path for item in way for path, value in item.spec.given if _is_amount(value) and path not in splits}
        for path in sorted(paths):
            for bound, steps in (("at least", (1, 10, 1_000_000)), ("at most", (-1, -10, -1_000_000))):
                others = [tuple(_with(item, path, step) for item in way) for step in steps]
                if all(self._outcome(other, start) is not None for other in others):
                    bounded = {item.spec: item.spec.bounded(path, bound) for item in way}
                    way = tuple(attrs.evolve(item, spec=bounded[item.spec]) for item in way)
                    break
        return way

    # -- without candidates ----------------------------------------------------------------------------------------

    def _alphabet(self) -> list[Spec]:
        """Events that the condition is about, for a lead as a whole and for the values that split it."""
        root, view = self.asked.question.root, self.asked.view
        given: list[dict[Path, object]] = [{}]
        for split in (node for node in walk([root]) if isinstance(node, n.Split)):
            parts = view.parts(split.path)
            given += [{split.path: part.latest(split.path)} for part in list(parts.values())[-2:]]
            given.append({split.path: "new" if identity("new") not in parts else "newer"})
        patterns = dict.fromkeys(patterns_of([root]))
        specs = (spec for pattern in patterns for fixed in given for spec in self.witnesses.specs(pattern, fixed)[:2])
        return list(dict.fromkeys(specs))

    def _blindly(self, starts: Sequence[int]) -> Iterator[tuple[Way, int]]:
        alphabet = self._alphabet()
        spans = [0, *sorted(_durations(self.asked.question.root)[0])[:3]]
        tries = 0
        for length in range(1, BLIND_EVENTS + 1):
            for specs in product(alphabet, repeat=length):
                for start in starts[:4] if length == 1 else starts[:1]:
                    for gap in spans if length == 2 else spans[:1]:
                        yield tuple(Item(spec, gap if k else 0) for k, spec in enumerate(specs)), start
                        tries += 1
                        if tries == BLIND_TRIES:
                            return


def _alike(way: Way) -> object:
    """A key that is equal for ways that read the same: the same events in any order, whatever their amounts."""
    return frozenset(
        Counter(
            (item.spec.words, tuple((path, None if _is_amount(value) else value) for path, value in item.spec.given))
            for item in way
        ).items()
    )


def _is_amount(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _with(item: Item, path: Path, step: int) -> Item:
    """An item with an amount that is larger or smaller by a step."""
    value = dict(item.spec.given).get(path)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return item
    return attrs.evolve(item, spec=item.spec.having(path, value + step))


# -- until when ----------------------------------------------------------------------------------------------------


def too_late(works: Callable[[int], bool], start: int, bounds: Sequence[int], one_by_one: int = _BOUNDS) -> int | None:
    """The first instant at which something no longer works that works at ``start``; None if it always does.

    ``bounds`` are the instants, in order, at which or before which that can change.
    """
    if len(bounds) > one_by_one:
        if works(bounds[-1]):
            return None
        first = bisect_left(bounds, True, key=lambda at: not works(at))
    else:
        first = next((k for k, at in enumerate(bounds) if not works(at)), len(bounds))
        if first == len(bounds):
            return None
    fails = bounds[first]
    if works(fails - 1):
        return fails
    # The limit lies between two bounds, where an event of the way itself leaves a window.
    between = range(bounds[first - 1] if first else start, fails)
    return between[bisect_left(between, True, key=lambda at: not works(at))]


def limits_of(root: n.Node, question: Question, view: View, now: int) -> list[int]:
    """The instants after now, in order, at which a visible event can become invisible, or a step come too late."""
    spans, again, fixed = _durations(root)
    longest = max([*spans, *(_HALVINGS * step for step in again)], default=0)
    times = {one.event.at for one in view.placed if one.event.at + longest > now and question.concerns(one.event)}
    found = {at + span for at in times for span in spans}
    found |= {at + k * step for at in times for step in again for k in range(1, _HALVINGS)}
    found |= fixed
    if any(isinstance(node, n.Aggregate) and node.record.looks_at == "date" for node in walk([root])):
        today = question.zone.date_of(now)
        dates = range(today + 1, min(today + 3, datetime.date.max.toordinal() + 1))
        found |= {question.zone.first_instant(datetime.date.fromordinal(date)) for date in dates}
    return sorted(at for at in found if now < at < LATEST)


def _durations(root: n.Node) -> tuple[set[int], set[int], set[int]]:
    """What a condition measures time with: lengths, halvings, and the ends of dates."""
    spans, again, fixed = set(instants(root).after), set(instants(root).again), set[int]()
    for node in walk([root]):
        match node:
            case n.Sequence(steps=steps, interval=interval):
                intervals = [interval]
                for step in steps:
                    quiet = step.quiet.lasting if step.quiet else 0
                    spans |= {span for span in (step.within, step.after, quiet) if span}
            case n.Count(interval=interval) | n.Aggregate(interval=interval):
                intervals = [interval]
            case n.Score(lines=lines):
                intervals = [line.interval for line in lines if isinstance(line, n.EventPoints)]
            case _:
                intervals = []
        for interval in intervals:
            spans |= {span for span in (interval.within, interval.older) if span}
            fixed |= set(interval.during or ())
    return spans, again, fixed
