"""Candidates: events that might make a condition true, or false, read off what each part of it lacks.

A candidate is a guess: the search has the engine verify it. So nothing here decides what a condition means, and a wrong
guess costs only time.
"""

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import islice, product
from typing import Any

import attrs

from mqlrules.check import program as p
from mqlrules.engine.incremental import Trial
from mqlrules.explain.events import events
from mqlrules.explain.question import Place
from mqlrules.explain.view import Attempt, attempts, counts
from mqlrules.explain.witnesses import Path, Spec, Witnesses, literals, number, properties
from mqlrules.explain.wording import duration
from mqlrules.language.calendar import UNITS
from mqlrules.language.operators import OPERATORS, holds
from mqlrules.language.values import at_path, identity
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import patterns_of_parts

MOST_EVENTS = 1000
"""Longer candidates are not suggested."""

_STEEP = 100
"""How many events are chosen one by one to move a score."""

_EACH = 6
"""How many candidates of each part are followed up."""

_PARTS = 4
"""How many parts of a ``with same`` are tried, latest events first, besides new ones."""

_LAST_DAY = datetime.date.max.toordinal()


@attrs.frozen
class Item:
    """One event of a candidate; ``gap`` is its minimum delay (microseconds) after the event before it, or the start.

    ``manner`` says in words what the gap is for, unless it is just a length of time.
    """

    spec: Spec
    gap: int = 0
    manner: str = ""


Way = tuple[Item, ...]
"""The events of a candidate, in order."""


class Candidates:
    """Guesses for one program. ``hints`` are later instants at which a candidate that can't start at once may start."""

    def __init__(self, witnesses: Witnesses) -> None:
        self.witnesses = witnesses
        self.hints: set[int] = set()

    def making(self, node: n.Node, want: bool, place: Place) -> list[Way]:
        """Candidates that make a node what is wanted, fewest events first; the empty one if it is so already."""
        if place.holds(node) == want:
            return [()]
        found = islice(self._making(node, want, place), 4 * _EACH)
        return sorted((way for way in dict.fromkeys(found) if len(way) <= MOST_EVENTS), key=len)[:_EACH]

    def _making(self, node: n.Node, want: bool, place: Place) -> Iterator[Way]:
        match node:
            case n.And(operands=operands) | n.Or(operands=operands):
                if isinstance(node, n.And) == want:
                    yield from self._together(operands, want, place)
                else:
                    for operand in operands:
                        yield from self.making(operand, want, place)
            case n.Not(operand=operand):
                yield from self._making(operand, not want, place)
            case n.Trait(test=test):
                spec = self.witnesses.trait(test, want, place.trial.traits)
                if spec is not None:
                    yield (Item(spec),)
            case n.Compare(leaf=n.Count() as leaf):
                yield from self._count(leaf, node, want, place)
            case n.Compare(leaf=n.Aggregate() as leaf):
                for first, fresh in self._anchored(leaf.interval, place):
                    if first:
                        yield first
                    lacking = _Lacking(leaf, node.operator, node.value, want, place, first, fresh)
                    for maker in MAKERS[leaf.record.explained]:
                        yield from maker(self, lacking)
            case n.Compare(leaf=n.Score() as leaf):
                yield from self._score(leaf, node, want, place.whole())
            case n.Sequence():
                yield from self._sequence(node, want, place)
            case n.Split():
                yield from self._split(node, want, place.whole())

    def _together(self, operands: Sequence[n.Node], want: bool, place: Place) -> Iterator[Way]:
        each = [self.making(operand, want, place) for operand in operands]
        lacking = [ways[:3] for ways in each if ways != [()]]
        for ways in islice(product(*lacking), 27):
            yield tuple(item for way in ways for item in way)
            if len(ways) > 1:
                yield tuple(item for way in ways[::-1] for item in way)

    # -- events ----------------------------------------------------------------------------------------------------

    def specs(
        self, pattern: p.Pattern, place: Place, fixed: dict[Path, Any] | None = None, scope: n.Scope = "part"
    ) -> list[Spec]:
        """Events that match a pattern and, in the scope of a part, belong to it."""
        given = dict(fixed or {})
        if place.split is not None and scope == "part":
            given.setdefault(place.split.path, place.value)
        return self.witnesses.specs(pattern, given)[:3]

    def _anchored(self, interval: n.Interval, place: Place) -> Iterator[tuple[Way, bool]]:
        """What must come first for anything new to be visible: nothing, or missing anchors; and whether the events so
        far are then no longer visible.
        """
        if any(place.view.anchor(anchor) for anchor in interval.before):
            return
        if interval.during is not None:
            if place.now >= interval.during[1]:
                return
            if place.now < interval.during[0]:
                self.hints.add(interval.during[0])
        missing = [anchor for anchor in interval.since | interval.after if not place.view.anchor(anchor)]
        first = [self.specs(anchor.pattern, place, scope=anchor.scope)[:1] for anchor in missing]
        if all(first):
            yield tuple(Item(spec) for [spec] in first), bool(first)
        for anchor in interval.since if not missing else ():
            for spec in self.specs(anchor.pattern, place, scope=anchor.scope)[:1]:
                yield (Item(spec),), True

    def _count(self, leaf: n.Count, node: n.Compare, want: bool, place: Place) -> Iterator[Way]:
        assert isinstance(node.value, int)
        now = len(place.view.visible(leaf.pattern, leaf.interval))
        for first, fresh in self._anchored(leaf.interval, place):
            there = (0 if fresh else now) - node.value
            more = next(
                (k for k in range(MOST_EVENTS + 1) if (k or first) and holds(node.operator, there + k) == want), None
            )
            if more == 0:
                yield first
            elif more is not None:
                yield from ((*first, *[Item(spec)] * more) for spec in self.specs(leaf.pattern, place))

    # -- aggregates ------------------------------------------------------------------------------------------------

    def _one_value(self, lacking: "_Lacking") -> Iterator[Way]:
        """One event with the value that is lacking."""
        for one in value_needed(lacking.leaf, lacking.operator, lacking.value, lacking.want, lacking.values):
            for spec in self.specs(lacking.leaf.pattern, lacking.place, {lacking.path: one}):
                yield (*lacking.first, Item(spec))

    def _adding_up(self, lacking: "_Lacking") -> Iterator[Way]:
        """Several events with a value that the pattern itself asks for."""
        for spec in self.specs(lacking.leaf.pattern, lacking.place):
            one = counts(lacking.leaf, spec.properties)
            if not one:
                continue

            def compared(many: int, one: list[Any] = one) -> int:
                # The meaning of millionths is in millionths too.
                return _sign(lacking.leaf.record.meaning([*lacking.values, *(one * many)], None) - lacking.value)

            # More of one value move the result in only one direction.
            up = 1 if compared(MOST_EVENTS) >= compared(1) else -1
            numbers = range(1, MOST_EVENTS + 1)
            reached = bisect_left(numbers, 0, key=lambda many: up * compared(many))
            passed = bisect_right(numbers, 0, key=lambda many: up * compared(many))
            for many in (1, reached + 1, passed + 1):
                if many <= MOST_EVENTS and holds(lacking.operator, compared(many)) == lacking.want:
                    yield (*lacking.first, *([Item(spec)] * many))
                    break

    def _days(self, lacking: "_Lacking") -> Iterator[Way]:
        leaf, place, zone = lacking.leaf, lacking.place, lacking.place.question.zone
        visible = [] if lacking.fresh else place.view.visible(leaf.pattern, leaf.interval)
        dates = {zone.date_of(one.event.at) for one in visible}
        least = next((k for k in range(MOST_EVENTS) if lacking.is_met_by(len(dates) + k)), None)
        if least is None:
            return
        wait = 0
        if zone.date_of(place.now) in dates:
            tomorrow = datetime.date.fromordinal(min(zone.date_of(place.now) + 1, _LAST_DAY))
            wait = zone.first_instant(tomorrow) - place.now
        # A day on which clocks are set back is longer than 24 hours.
        lengths = [UNITS["d"]] if zone.name == "UTC" else [UNITS["d"], UNITS["d"] + UNITS["h"]]
        for spec in self.specs(leaf.pattern, place):
            first = Item(spec, wait, "on a later date" if wait else "")
            # One or two more, in case an earlier date leaves the window before the next one comes.
            for k in (least, least + 1, least + 2):
                for day in lengths:
                    yield (*lacking.first, first, *([Item(spec, day, "on a later date")] * (k - 1)))

    def _distinct(self, lacking: "_Lacking") -> Iterator[Way]:
        pattern, path = lacking.leaf.pattern, lacking.path
        there = {identity(one) for one in lacking.values}
        made: list[Item] = []
        for guess in (*literals(pattern, path), *(f"new {k}" for k in range(1, MOST_EVENTS + 1)), *range(1, 9)):
            if lacking.is_met_by(len(there)):
                yield (*lacking.first, *made)
                return
            if identity(guess) not in there:
                for spec in self.specs(pattern, lacking.place, {path: guess})[:1]:
                    made.append(Item(spec))
                    there.add(identity(guess))

    # -- sequences -------------------------------------------------------------------------------------------------

    def _sequence(self, node: n.Sequence, want: bool, place: Place) -> Iterator[Way]:
        for first, fresh in self._anchored(node.interval, place):
            if want:
                done = [] if fresh else [one for one in attempts(node, place.view) if one is not None]
                for begun in range(min(len(done), len(node.steps) - 1), -1, -1):
                    yield from self._rest(node, begun, done[begun - 1] if begun else None, place, first)
            if first and not (want and fresh):
                yield first

    def _rest(self, node: n.Sequence, begun: int, before: Attempt | None, place: Place, first: Way) -> Iterator[Way]:
        """The steps after the first ``begun`` ones, which are there."""
        items: list[Item] = []
        for k, step in enumerate(node.steps[begun:], begun):
            specs = self.specs(step.pattern, place)
            if not specs:
                return
            gap = max(step.after, step.quiet.lasting if step.quiet else 0) if k else 0
            many = step.count
            if k == begun:
                after = -1 if before is None else before.end.position
                there = [] if first else place.view.visible(step.pattern, node.interval)
                many = max(1, step.count - sum(one.position > after for one in there))
                if before is not None and gap:
                    if before.end.event.at + gap > place.now:
                        self.hints.add(before.end.event.at + gap)
                    gap = 0
            manner = ""
            if step.quiet is not None and gap:
                manner = f"after {duration(gap)} without {events(step.quiet.pattern, self.witnesses.program).any}"
            items += [Item(specs[0], gap, manner), *[Item(specs[0])] * (many - 1)]
        yield (*first, *items)
        if before is None and node.steps[0].count > 1:
            # The whole first step, in case what is there of it is too early.
            others = sum(step.count for step in node.steps[1:])
            whole = [items[0]] * node.steps[0].count
            yield (*first, *whole, *items[len(items) - others :])

    # -- scores ----------------------------------------------------------------------------------------------------

    def _score(self, score: n.Score, node: n.Compare, want: bool, place: Place) -> Iterator[Way]:
        """Each line alone, as often as it takes; then always the line that moves the score most."""
        moves: list[Way] = []
        for line in score.lines:
            if isinstance(line, n.ConditionPoints):
                moves += self.making(line.condition, not place.holds(line.condition), place)[:2]
            else:
                for first, _ in islice(self._anchored(line.interval, place), 1):
                    moves += [(*first, Item(spec)) for spec in self.specs(line.pattern, place)[:2]]
        moves = [way for way in dict.fromkeys(moves) if way]
        number_of = place.question.number[score]

        def lacks(trial: Trial, at: int) -> Fraction:
            return Fraction(node.value) - trial.points(number_of, at)  # type: ignore[arg-type]

        def enough(lacking: Fraction) -> bool:
            return holds(node.operator, -_sign(lacking)) == want

        for way in moves:
            yield from _repeated(way, place, lacks, enough)
        yield from _steepest(moves, place, lacks, enough)

    # -- parts -----------------------------------------------------------------------------------------------------

    def _split(self, node: n.Split, want: bool, place: Place) -> Iterator[Way]:
        parts = place.view.parts(node.path)
        latest = sorted(parts, key=lambda key: parts[key].placed[-1].position, reverse=True)
        known = [place.part(node, key, parts[key].latest(node.path)) for key in (latest[:_PARTS] if want else latest)]
        if not want:
            holding = [inside for inside in known if inside.cells and inside.holds(node.condition)]
            if len(holding) == 1:
                yield from self.making(node.condition, False, holding[0])
            return
        patterns = list(dict.fromkeys(patterns_of_parts(node)))
        new = next(value for value in ("new", "newer", "newest", "latest") if identity(value) not in parts)
        guesses = [new, *(value for pattern in patterns for value in literals(pattern, node.path))]
        fresh = [(key, guess) for guess in guesses if (key := identity(guess)) is not None and key not in parts]
        for inside in (*known, *(place.part(node, key, value) for key, value in fresh[:2])):
            for way in self.making(node.condition, True, inside):
                if way:
                    yield way
                else:
                    # It holds for a part in which nothing has matched yet: one matching event makes it a part.
                    yield from ((Item(spec),) for pattern in patterns for spec in self.specs(pattern, inside)[:1])


Lacks = Callable[[Trial, int], Fraction]
"""How many points a score lacks; negative if it has too many."""


def _repeated(way: Way, place: Place, lacks: Lacks, enough: Callable[[Fraction], bool]) -> Iterator[Way]:
    """The same events again and again, until they are enough or change nothing more."""
    trial, before, idle = place.trial.fork(), lacks(place.trial, place.now), 0
    for k in range(1, MOST_EVENTS // len(way) + 1):
        at = place.now
        for item in way:
            at += item.gap
            trial.feed(item.spec.event("", at))
        now = lacks(trial, at)
        if enough(now):
            yield way * k
            return
        idle = idle + 1 if now == before else 0
        before = now
        if idle == 3 or any(item.gap for item in way):
            return


def _steepest(moves: Sequence[Way], place: Place, lacks: Lacks, enough: Callable[[Fraction], bool]) -> Iterator[Way]:
    """Always the events that move the score most in the direction that is lacking."""
    trial = place.trial
    taken: Way = ()
    at_once = [way for way in moves if not any(item.gap for item in way)]
    here = lacks(trial, place.now)
    up = 1 if here >= 0 else -1
    while at_once and len(taken) < _STEEP:
        tried = []
        for way in at_once:
            fork = trial.fork()
            for item in way:
                fork.feed(item.spec.event("", place.now))
            tried.append((up * lacks(fork, place.now), way, fork))
        least, way, trial = min(tried, key=lambda one: one[0])
        if least >= up * here:
            return
        here, taken = up * least, (*taken, *way)
        if enough(here):
            yield taken
            return


def _sign(number: int | Fraction) -> int:
    return (number > 0) - (number < 0)


@attrs.frozen(eq=False)
class _Lacking:
    """A comparison of an aggregate that is wanted to hold, or not to. ``first`` are events that must come before;
    ``fresh``: what is there so far no longer counts then.
    """

    leaf: n.Aggregate
    operator: str
    value: Any
    want: bool
    place: Place
    first: Way
    fresh: bool

    @property
    def path(self) -> Path:
        """The property that is looked at."""
        return self.leaf.path or ()

    @property
    def values(self) -> list[Any]:
        """The values that are counted; amounts are in millionths."""
        return [] if self.fresh else self.place.view.values(self.leaf)

    def is_met_by(self, number: int) -> bool:
        """Whether a whole number as the result is what is wanted."""
        return holds(self.operator, number - self.value) == self.want


def value_needed(leaf: n.Aggregate, operator: str, value: Any, want: bool, values: list[Any]) -> Iterator[Any]:
    """Values of one more event that would make the comparison what it should be, likeliest first."""
    steps = (0, 1, -1, Fraction(1, 2), Fraction(-1, 2))
    path = leaf.path or ()
    if leaf.record.one_more is not None:
        for lacking in leaf.record.one_more(values, value):
            for exact in (round(Fraction(lacking) + step * 1_000_000) for step in steps):
                yield number(Decimal(exact).scaleb(-6)) if exact % 1_000_000 else exact // 1_000_000
    elif leaf.record.is_ordered or leaf.literal is not None:
        asked = OPERATORS[operator]
        sign = asked.name if want else asked.opposite
        for made in islice(properties(p.Compare(path, sign, value), {}), 2):  # type: ignore[arg-type]
            yield at_path(made, path)
    else:
        yield from (number(value + step) for step in steps if isinstance(step, int))


MAKERS: dict[str, tuple[Callable[[Candidates, _Lacking], Iterator[Way]], ...]] = {
    "amount": (Candidates._one_value, Candidates._adding_up),
    "value": (Candidates._one_value,),
    "new value": (Candidates._distinct,),
    "later date": (Candidates._days,),
}
"""How events are found that make a comparison of an aggregate true, by the name in its record."""
