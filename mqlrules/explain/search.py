"""Trying ways out: which of them do make a condition hold, how few events they need, and until when they do.

Nothing is suggested that was not tried on the lead's own history.
"""

import datetime
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import product

import attrs

from mqlrules.engine.incremental import Trial
from mqlrules.events.model import Event, Lead
from mqlrules.explain.candidates import Item, Way, Ways
from mqlrules.explain.question import Asked, Place
from mqlrules.explain.view import View
from mqlrules.explain.witnesses import Concrete, Spec
from mqlrules.language.calendar import Zone
from mqlrules.language.instants import LATEST
from mqlrules.language.values import at_path, identity
from mqlrules.plan import nodes as n
from mqlrules.plan.cost import instants
from mqlrules.plan.lower import patterns_of, walk

SHOWN = 3
"""So many ways are shown."""

STARTS = 16
"""At so many instants, the present one first, a way may begin."""

AHEAD = 60
"""So many instants at which time alone changes something are waited for after the last event of a way."""

BLIND_TRIES = 500
"""So many series of events are tried where no way was read off the condition."""

BLIND_EVENTS = 3
"""Of at most so many events."""

_HALVINGS = 64
"""After so many halvings nothing is left of any points."""

_LONG = 60
"""Of longer ways it is not tried whether they need each event: they repeat one as often as it takes."""

_BOUNDS = 24
"""So many limits of windows are tried one by one, more by halving what is between them."""


@attrs.frozen(eq=False)
class Tried:
    """A way that works: begun at ``start`` it makes the condition hold at ``holds_at``, and so it does when it is begun
    later, before ``before`` (None: whenever).
    """

    way: Way
    start: int
    holds_at: int
    before: int | None

    def events(self, lead: Lead) -> list[Event]:
        """Its events, at their times."""
        return [item.spec.event(lead, at) for item, at in zip(self.way, self.times, strict=True)]

    @property
    def times(self) -> list[int]:
        """When its events happen."""
        found, at = [], self.start
        for item in self.way:
            at += item.gap
            found.append(at)
        return found


@attrs.frozen(eq=False)
class Found:
    """What a search has found. ``blind`` is the number of series that were tried without finding one."""

    ways: tuple[Tried, ...]
    blind: int = 0


class Search:
    """Tries ways for one lead and one condition, which does not hold now."""

    def __init__(self, asked: Asked, concrete: Concrete, not_before: int | None = None) -> None:
        """``not_before``: a time of waiting that must be over, too, for the rule to hold."""
        self.asked = asked
        self._not_before = asked.now if not_before is None else not_before
        self.concrete = concrete
        self._places: dict[int, Place] = {asked.now: asked.place()}
        self._bounds: list[int] | None = None

    def search(self, shown: int = SHOWN, blind: bool = True) -> Found:
        """The ways with the fewest events, those first that can begin at once."""
        ways = Ways(self.concrete)
        root, now = self.asked.question.root, self.asked.now
        waiting, done = [now], set[int]()
        found: dict[object, tuple[Way, int, int]] = {}
        while waiting and len(done) < STARTS and not found:
            start = waiting.pop(0)
            done.add(start)
            for way in ways.making(root, True, self._place(start)):
                at = self._outcome(way, start)
                if at is not None and way:
                    way, at = self._shortened(way, start, at)
                    found.setdefault(_alike(way), (way, start, at))
            later = {*ways.hints, *self.asked.dues()} - done
            waiting = sorted(instant for instant in later if instant > now)
        tries = 0
        if not found and blind:
            for way, start in self._blindly(sorted(done)):
                tries += 1
                at = self._outcome(way, start)
                if at is not None:
                    way, at = self._shortened(way, start, at)
                    found[_alike(way)] = way, start, at
                    break
        best = sorted(found.values(), key=lambda one: (_weight(one[0]), one[2]))[:shown]
        return Found(tuple(Tried(way, start, at, self._before(way, start)) for way, start, at in best), tries)

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
        _pass(trial, at)
        trial.feed(spec.event("", at))
        _pass(trial, decided_at)
        return not trial.holds(0, decided_at)

    # -- trying ----------------------------------------------------------------------------------------------------

    def _place(self, start: int) -> Place:
        if start not in self._places:
            self._places[start] = self._places[self.asked.now].later(start)
        return self._places[start]

    def _outcome(self, way: Way, start: int) -> int | None:
        """When the condition holds first, at the last event of a way or later; None if it does not come to."""
        place = self._places.get(start) or self._places[self.asked.now].later(start)
        trial, at = place.trial.fork(), start
        for item in way:
            at += item.gap
            if at > LATEST:
                return None
            trial.feed(item.spec.event("", at))
        if at < self._not_before:
            at = self._not_before
            _pass(trial, at)
        if trial.holds(0, at):
            return at
        return next((instant for instant in trial.future(AHEAD) if instant <= LATEST and trial.holds(0, instant)), None)

    def _shortened(self, way: Way, start: int, at: int) -> tuple[Way, int]:
        """The way without what it does not need."""
        k = len(way) - 1
        tries = 0
        while k >= 0 and 1 < len(way) < _LONG and tries < 40:
            less = (*way[:k], *way[k + 1 :])
            tries += 1
            sooner = self._outcome(less, start)
            if sooner is not None:
                way, at = less, sooner
            k -= 1
        return way, at

    # -- until when ------------------------------------------------------------------------------------------------

    def _before(self, way: Way, start: int) -> int | None:
        """The first instant at which it is too late to begin; None if it is never too late."""
        offsets = [0]
        for item in way:
            offsets.append(offsets[-1] + item.gap)
        bounds = sorted({at - gap for at in self._limits() for gap in offsets if at - gap > start})
        if not bounds:
            return None
        works = start
        if len(bounds) > _BOUNDS:
            low, high = -1, len(bounds) - 1
            if self._outcome(way, bounds[high]) is not None:
                return None
            while high - low > 1:
                middle = (low + high) // 2
                if self._outcome(way, bounds[middle]) is None:
                    high = middle
                else:
                    low = middle
            works, fails = (start if low < 0 else bounds[low]), bounds[high]
        else:
            for fails in bounds:
                if self._outcome(way, fails) is None:
                    break
                works = fails
            else:
                return None
        if self._outcome(way, fails - 1) is not None:
            return fails
        # The limit lies between: where an event of the way itself leaves a window.
        while fails - works > 1:
            middle = (works + fails) // 2
            if self._outcome(way, middle) is None:
                fails = middle
            else:
                works = middle
        return fails

    def _limits(self) -> list[int]:
        if self._bounds is None:
            question, now = self.asked.question, self.asked.now
            zone = question.trials.machine.zone
            self._bounds = limits_of(question.root, self.asked.view, now, question.concerns, zone)
        return self._bounds

    # -- without a plan --------------------------------------------------------------------------------------------

    def _alphabet(self) -> list[Spec]:
        """Events that the condition speaks of, for a lead as a whole and for the values that split it."""
        root, place = self.asked.question.root, self._place(self.asked.now)
        found: dict[Spec, None] = {}
        splits = [node for node in walk([root]) if isinstance(node, n.Split)]
        for pattern in dict.fromkeys(patterns_of([root])):
            fixed: list[dict[tuple[str, ...], object]] = [{}]
            for split in splits:
                parts = place.view.parts(split.path)
                values = [part.placed[-1].event for part in parts.values()]
                fixed += [{split.path: _value(event.properties, split.path)} for event in values[-2:]]
                fixed.append({split.path: "new"} if identity("new") not in parts else {split.path: "newer"})
            for given in fixed:
                found.update(dict.fromkeys(self.concrete.specs(pattern, given)[:2]))
        return list(found)

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
    """What ways have in common that are one to a reader: the same events, in whatever order, whatever the amounts."""
    return frozenset(Counter((item.spec.words, _but_amounts(item.spec)) for item in way).items())


def _but_amounts(spec: Spec) -> object:
    return tuple((path, None if isinstance(value, (float, int)) else value) for path, value in spec.given)


def _pass(trial: Trial, until: int) -> None:
    while (due := trial.due) is not None and due <= until:
        trial.pass_due()


def limits_of(root: n.Node, seen: View, now: int, concerns: Callable[[Event], bool], zone: Zone) -> list[int]:
    """The instants after now, in order, at which something that is visible to a condition can stop being so, or a step
    be too late.
    """
    spans, again, fixed = _durations(root)
    longest = max([*spans, *(_HALVINGS * step for step in again)], default=0)
    times = {one.event.at for one in seen.placed if one.event.at + longest > now and concerns(one.event)}
    found = {at + span for at in times for span in spans if at + span > now}
    found |= {at + k * step for at in times for step in again for k in range(1, _HALVINGS) if at + k * step > now}
    found |= {at for at in fixed if at > now}
    if any(isinstance(node, n.Aggregate) and node.record.looks_at == "date" for node in walk([root])):
        today = zone.date_of(now)
        dates = range(today + 1, min(today + 3, datetime.date.max.toordinal() + 1))
        found |= {zone.first_instant(datetime.date.fromordinal(date)) for date in dates}
    return sorted(at for at in found if at < LATEST)


def _weight(way: Way) -> int:
    return len(way)


def _value(properties: object, path: tuple[str, ...]) -> object:
    return at_path(properties, path)  # type: ignore[arg-type]


def _durations(root: n.Node) -> tuple[set[int], set[int], set[int]]:
    """What a condition measures time with: lengths, halvings, and the ends of dates."""
    spans, fixed = set(instants(root).after), set[int]()
    again = set(instants(root).again)
    for node in walk([root]):
        intervals = []
        match node:
            case n.Sequence(steps=steps, interval=interval):
                intervals.append(interval)
                for step in steps:
                    spans |= {span for span in (step.within, step.after) if span}
                    if step.quiet is not None:
                        spans.add(step.quiet.lasting)
            case n.Count(interval=interval) | n.Aggregate(interval=interval):
                intervals.append(interval)
            case n.Score(lines=lines):
                intervals += [line.interval for line in lines if isinstance(line, n.EventPoints)]
        for interval in intervals:
            spans |= {span for span in (interval.within, interval.older) if span}
            fixed |= set(interval.during or ())
    return spans, again, fixed
