"""Ways to make a condition true, or false: what would have to happen, read off the condition and where a lead stands.

A way is a guess, made part by part from what each part lacks; whether it does what it should is tried by others
(``trying``). So nothing here decides what a condition means, and a guess that is wrong costs time alone.
"""

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import islice, product
from typing import Any

import attrs

from mqlrules.check.program import Compare as Comparison
from mqlrules.check.program import OneOf, Pattern, Test
from mqlrules.check.walk import nodes
from mqlrules.engine.incremental import Trial
from mqlrules.explain.events import events, said_of
from mqlrules.explain.question import Place
from mqlrules.explain.view import attempts, counts
from mqlrules.explain.witnesses import Concrete, Path, Spec, number, properties
from mqlrules.explain.wording import data, duration
from mqlrules.language.calendar import UNITS
from mqlrules.language.operators import OPERATORS, holds
from mqlrules.language.values import at_path, identity
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import patterns_of_parts

MOST_EVENTS = 1000
"""More events than these are no suggestion."""

_STEEP = 100
"""Where each next event of a score is chosen anew, this many are enough."""

_LAST_DAY = datetime.date.max.toordinal()

_EACH = 6
"""How many ways are followed up of each part."""

_PARTS = 4
"""How many parts of a ``with same`` are tried, those with the latest events first; and a new one."""


@attrs.frozen
class Item:
    """An event of a way, at the earliest so long (microseconds) after the one before it, or after the beginning."""

    spec: Spec
    gap: int = 0
    manner: str = ""
    """In words what the gap is for, where that is not a length of time."""


Way = tuple[Item, ...]


@attrs.frozen(eq=False)
class _Asked:
    """A comparison of an aggregate that is wanted to hold, or not to. ``first`` are events that must come before;
    ``fresh``: what is there so far doesn't count any more.
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


class Ways:
    """Guesses for one program. ``hints`` are later instants at which a way may begin that can't begin at once."""

    def __init__(self, concrete: Concrete) -> None:
        self.concrete = concrete
        self.hints: set[int] = set()

    def making(self, node: n.Node, want: bool, place: Place) -> list[Way]:
        """Ways to make a node what it is not, fewest events first; the empty way where it is so already."""
        if place.holds(node) == want:
            return [()]
        found = islice(self._making(node, want, place), 4 * _EACH)
        short = [way for way in dict.fromkeys(found) if len(way) <= MOST_EVENTS]
        return sorted(short, key=len)[:_EACH]

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
                spec = self.concrete.trait(test, want, place.trial.traits, wish(test, want, place.trial.traits))
                if spec is not None:
                    yield (Item(spec),)
            case n.Compare(leaf=n.Count() as leaf, operator=operator, value=int(value)):
                yield from self._count(leaf, operator, value, want, place)
            case n.Compare(leaf=n.Aggregate() as leaf, operator=operator, value=value):
                yield from self._aggregate(leaf, operator, value, want, place)
            case n.Compare(leaf=n.Score() as leaf):
                yield from self._score(leaf, node, want, place.whole())
            case n.Sequence():
                yield from self._sequence(node, want, place)
            case n.Split():
                yield from self._split(node, want, place)

    def _together(self, operands: Sequence[n.Node], want: bool, place: Place) -> Iterator[Way]:
        each = [self.making(operand, want, place) for operand in operands]
        open_ones = [ways for ways in each if ways != [()]]
        if not all(open_ones):
            return
        for ways in islice(product(*(ways[:3] for ways in open_ones)), 27):
            yield _joined(ways)
            if len(ways) > 1:
                yield _joined(ways[::-1])

    # -- events ----------------------------------------------------------------------------------------------------

    def specs(
        self, pattern: Pattern, place: Place, fixed: dict[Path, Any] | None = None, whole: bool = False
    ) -> list[Spec]:
        """Events that match a pattern and belong to the part, if there is one; ``whole``: to the lead alone."""
        given = dict(fixed or {})
        if place.split is not None and not whole:
            given.setdefault(place.split.path, place.value)
        return self.concrete.specs(pattern, given)[:3]

    def _anchored(self, interval: n.Interval, place: Place) -> Iterator[tuple[Way, bool]]:
        """What must come first for anything new to be visible: nothing, or the anchors that are missing; and whether
        the events so far are visible no more.
        """
        if any(place.view.anchor(anchor) for anchor in interval.before):
            return
        if interval.during is not None:
            if place.now >= interval.during[1]:
                return
            if place.now < interval.during[0]:
                self.hints.add(interval.during[0])
        missing = [anchor for anchor in interval.since | interval.after if not place.view.anchor(anchor)]
        first: list[Item] = []
        for anchor in missing:
            specs = self.specs(anchor.pattern, place, whole=anchor.scope == "history")
            if not specs:
                return
            first.append(Item(specs[0]))
        yield tuple(first), bool(first)
        if not missing:
            for anchor in interval.since:
                for spec in self.specs(anchor.pattern, place, whole=anchor.scope == "history")[:1]:
                    yield (Item(spec),), True

    def _count(self, leaf: n.Count, operator: str, value: int, want: bool, place: Place) -> Iterator[Way]:
        now = len(place.view.visible(leaf.pattern, leaf.interval))
        for first, fresh in self._anchored(leaf.interval, place):
            there = 0 if fresh else now
            more = next(
                (k for k in range(MOST_EVENTS + 1) if holds(operator, there + k - value) == want and (k or first)), None
            )
            if more is not None:
                for spec in self.specs(leaf.pattern, place) if more else [None]:
                    yield (*first, *([] if spec is None else [Item(spec)] * more))

    # -- aggregates ------------------------------------------------------------------------------------------------

    def _aggregate(self, leaf: n.Aggregate, operator: str, value: Any, want: bool, place: Place) -> Iterator[Way]:
        for first, fresh in self._anchored(leaf.interval, place):
            if first:
                yield first
            asked = _Asked(leaf, operator, value, want, place, first, fresh)
            for maker in MAKERS[leaf.record.explained]:
                yield from maker(self, asked)

    def _one_value(self, asked: "_Asked") -> Iterator[Way]:
        """One event with the value that is lacking."""
        for one in value_needed(asked.leaf, asked.operator, asked.value, asked.want, asked.values):
            for spec in self.specs(asked.leaf.pattern, asked.place, {asked.path: one}):
                yield (*asked.first, Item(spec))

    def _adding_up(self, asked: "_Asked") -> Iterator[Way]:
        """Several events with a value that the pattern itself asks for."""
        for spec in self.specs(asked.leaf.pattern, asked.place):
            one = counts(asked.leaf, spec.properties)
            if not one:
                continue

            def compared(many: int, one: list[Any] = one) -> int:
                # Of millionths the meaning is in millionths too.
                return _sign(asked.leaf.record.meaning([*asked.values, *(one * many)], None) - asked.value)

            # More of one value move the result in one direction alone.
            up = 1 if compared(MOST_EVENTS) >= compared(1) else -1
            numbers = range(1, MOST_EVENTS + 1)
            reached = bisect_left(numbers, 0, key=lambda many: up * compared(many))
            passed = bisect_right(numbers, 0, key=lambda many: up * compared(many))
            for many in (1, reached + 1, passed + 1):
                if many <= MOST_EVENTS and holds(asked.operator, compared(many)) == asked.want:
                    yield (*asked.first, *([Item(spec)] * many))
                    break

    def _days(self, asked: "_Asked") -> Iterator[Way]:
        leaf, place = asked.leaf, asked.place
        zone = place.question.zone
        visible = [] if asked.fresh else place.view.visible(leaf.pattern, leaf.interval)
        dates = {zone.date_of(one.event.at) for one in visible}
        today = zone.date_of(place.now) in dates
        midnight = zone.first_instant(datetime.date.fromordinal(min(zone.date_of(place.now) + 1, _LAST_DAY)))
        # Where clocks are put back a day is longer than 24 hours.
        lengths = [UNITS["d"]] if zone.name == "UTC" else [UNITS["d"], UNITS["d"] + UNITS["h"]]
        for spec in self.specs(leaf.pattern, place):
            numbers = range(MOST_EVENTS)
            least = next((k for k in numbers if asked.is_met_by(len(dates) + k)), None)
            # One or two more, where an earlier date leaves the window while one waits for the next.
            for k in () if least is None else (least, least + 1, least + 2):
                for day in lengths:
                    later = Item(spec, day, "on a later date")
                    if today:
                        yield (*asked.first, Item(spec, midnight - place.now, "on a later date"), *([later] * (k - 1)))
                    else:
                        yield (*asked.first, Item(spec), *([later] * (k - 1)))

    def _distinct(self, asked: "_Asked") -> Iterator[Way]:
        pattern, path = asked.leaf.pattern, asked.path
        there = {identity(one) for one in asked.values}
        made: list[Item] = []
        guesses = [*_literals(pattern, path), *(f"new {k}" for k in range(1, MOST_EVENTS + 1)), *range(1, 9)]
        for guess in guesses:
            if asked.is_met_by(len(there)):
                yield (*asked.first, *made)
                return
            if identity(guess) in there:
                continue
            for spec in self.specs(pattern, asked.place, {path: guess})[:1]:
                made.append(Item(spec))
                there.add(identity(guess))

    # -- sequences -------------------------------------------------------------------------------------------------

    def _sequence(self, node: n.Sequence, want: bool, place: Place) -> Iterator[Way]:
        for first, fresh in self._anchored(node.interval, place):
            if not want:
                if first:
                    yield first
                continue
            done = [] if fresh else attempts(node, place.view)
            for begun in range(len(node.steps) - 1, -1, -1):
                if begun and (begun > len(done) or done[begun - 1] is None):
                    continue
                yield from self._rest(node, begun, done, place, first)
            if first and not fresh:
                yield first

    def _rest(self, node: n.Sequence, begun: int, done: Sequence[Any], place: Place, first: Way) -> Iterator[Way]:
        """The steps after the first ``begun`` ones, which are there."""
        items: list[Item] = list(first)
        before = done[begun - 1] if begun else None
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
                them = events(step.quiet.pattern, self.concrete.program).any
                manner = f"after {duration(gap)} with no {them}"
            items.append(Item(specs[0], gap, manner))
            items += [Item(specs[0])] * (many - 1)
        yield tuple(items)
        if begun == 0 and node.steps[0].count > 1:
            full = [Item(self.specs(node.steps[0].pattern, place)[0])] * node.steps[0].count
            yield (*first, *full, *items[len(items) - sum(step.count for step in node.steps[1:]) :])

    # -- scores ----------------------------------------------------------------------------------------------------

    def _score(self, score: n.Score, node: n.Compare, want: bool, place: Place) -> Iterator[Way]:
        """Each line alone, as often as it takes; then always the one that brings most."""
        moves: list[Way] = []
        for line in score.lines:
            if isinstance(line, n.ConditionPoints):
                moves += self.making(line.condition, not place.holds(line.condition), place)[:2]
            else:
                for first, _ in islice(self._anchored(line.interval, place), 1):
                    moves += [(*first, Item(spec)) for spec in self.specs(line.pattern, place)[:2]]
        moves = [way for way in dict.fromkeys(moves) if way]
        number_of = place.question.number[score]

        def points(trial: Trial, at: int) -> int:
            return trial.points(number_of, at)

        def enough(points: int) -> bool:
            return holds(node.operator, _sign(points - Fraction(node.value))) == want  # type: ignore[arg-type]

        for way in moves:
            yield from _repeated(way, place, points, enough)
        for up in (1, -1):
            yield from _steepest(moves, place, partial(_turned, points, up), enough, up)

    # -- parts -----------------------------------------------------------------------------------------------------

    def _split(self, node: n.Split, want: bool, place: Place) -> Iterator[Way]:
        place = place.whole()
        parts = place.view.parts(node.path)
        latest = sorted(parts, key=lambda key: parts[key].placed[-1].position, reverse=True)
        values = [(key, _value_at(parts[key], node.path)) for key in latest]
        if not want:
            holding = [
                inside
                for key, value in values
                if (inside := place.part(node, key, value)).cells and inside.holds(node.condition)
            ]
            if len(holding) == 1:
                yield from self.making(node.condition, False, holding[0])
            return
        new = next(value for value in ("new", "newer", "newest", "latest") if identity(value) not in parts)
        guesses: list[Any] = [new, *_literals_of(node, node.path)]
        fresh = [(key, guess) for guess in guesses if (key := identity(guess)) is not None and key not in parts][:2]
        for key, value in [*values[:_PARTS], *fresh]:
            inside = place.part(node, key, value)
            for way in self.making(node.condition, True, inside):
                if way:
                    yield way
                else:
                    # It holds of a part in which nothing has matched yet: one event that does makes it one.
                    yield from (
                        (Item(spec),) for pattern in _patterns(node) for spec in self.specs(pattern, inside)[:1]
                    )


Points = Callable[[Trial, int], int]


def _turned(points: Points, up: int, trial: Trial, at: int) -> int:
    return up * points(trial, at)


def _repeated(way: Way, place: Place, points: Points, enough: Callable[[int], bool]) -> Iterator[Way]:
    """The same again and again, until it is enough or brings nothing more."""
    trial, before, idle = place.trial.fork(), points(place.trial, place.now), 0
    for k in range(1, MOST_EVENTS // len(way) + 1):
        at = place.now
        for item in way:
            at += item.gap
            trial.feed(item.spec.event("", at))
        now = points(trial, at)
        if enough(now):
            yield way * k
            return
        idle = idle + 1 if now == before else 0
        before = now
        if idle == 3 or any(item.gap for item in way):
            return


def _steepest(
    moves: Sequence[Way], place: Place, gains: Points, enough: Callable[[int], bool], up: int
) -> Iterator[Way]:
    """Always what brings most, until it is enough; ``gains`` are points, turned round where they should fall."""
    trial = place.trial.fork()
    taken: Way = ()
    at_once = [way for way in moves if not any(item.gap for item in way)]
    while len(taken) < _STEEP:
        here = gains(trial, place.now)
        best: tuple[int, Way, Trial] | None = None
        for way in at_once:
            next_ = trial.fork()
            for item in way:
                next_.feed(item.spec.event("", place.now))
            gain = gains(next_, place.now) - here
            if gain > 0 and (best is None or gain > best[0]):
                best = gain, way, next_
        if best is None:
            return
        gain, way, trial = best
        taken = (*taken, *way)
        if enough(up * (here + gain)):
            yield taken
            return


def _joined(ways: Sequence[Way]) -> Way:
    return tuple(item for way in ways for item in way)


def wish(test: Test, want: bool, traits: Mapping[str, Any] | None = None) -> str:
    """``lead.employees were at least 200 (it is 50)``; without ``traits`` what it is now is not said."""
    name = ".".join(["lead", *(part if part.isidentifier() else f"“{part}”" for part in test.path)])
    asked = said_of(test, not want, name).replace(f"{name} is ", f"{name} were ", 1)
    if traits is None:
        return asked
    now = at_path(traits, test.path)
    return f"{asked} (it is {'not known' if now is None else data(now)})"


def _sign(number: int | Fraction) -> int:
    return (number > 0) - (number < 0)


def _value_at(seen: Any, path: Path) -> Any:
    return at_path(seen.placed[-1].event.properties, path)


def _patterns(node: n.Split) -> list[Pattern]:
    return list(dict.fromkeys(patterns_of_parts(node)))


def _literals_of(node: n.Split, path: Path) -> list[Any]:
    return [value for pattern in _patterns(node) for value in _literals(pattern, path)]


def _literals(pattern: Pattern, path: Path) -> list[Any]:
    """The values that the ``where`` of a pattern itself names for a property."""
    found: list[Any] = []
    for node in nodes(pattern):
        match node:
            case Comparison(path=of, operator="=", value=str() | int() as value) if of == path:
                found.append(value)
            case OneOf(path=of, values=values) if of == path:
                found += [value for value in values[:20] if isinstance(value, (str, int))]
    return found


def value_needed(leaf: n.Aggregate, operator: str, value: Any, want: bool, values: list[Any]) -> Iterator[Any]:
    """Values of one more event that would make the comparison what it should be, likeliest first."""
    steps = (0, 1, -1, Fraction(1, 2), Fraction(-1, 2))
    path = leaf.path or ()
    if leaf.record.one_more is not None:
        for lacking in leaf.record.one_more(values, value):
            for step in steps:
                yield _from_millionths(Fraction(lacking) + step * 1_000_000)
    elif leaf.record.is_ordered or leaf.literal is not None:
        asked = OPERATORS[operator]
        sign = asked.name if want else asked.opposite
        for made in islice(properties(Comparison(path, sign, value), {}), 2):  # type: ignore[arg-type]
            yield _value_in(made, path)
    else:
        for step in steps:
            yield number(value + (step if not isinstance(step, Fraction) else 0))


def _value_in(made: dict[str, Any], path: Path) -> Any:
    return at_path(made, path)


def _from_millionths(exact: Fraction) -> Any:
    millionths = round(exact)
    return number(Decimal(millionths).scaleb(-6)) if millionths % 1_000_000 else millionths // 1_000_000


MAKERS: dict[str, tuple[Callable[[Ways, _Asked], Iterator[Way]], ...]] = {
    "amount": (Ways._one_value, Ways._adding_up),
    "value": (Ways._one_value,),
    "new value": (Ways._distinct,),
    "later date": (Ways._days,),
}
"""How events are looked for that make a comparison of an aggregate true, by the name in its record."""
