"""Conditions that hold always, or never: whatever a lead does, whenever it is asked.

Sound: what is said to hold always (or never) does so of every lead at every instant; None says nothing. Counts,
aggregates and scores are ranges of numbers; ``and`` and ``or`` are looked at as a whole, so that ``a >= 3 and a < 2``
is seen.
"""

import math
from collections.abc import Iterable
from fractions import Fraction

import attrs

from mqlrules.check.program import Pattern
from mqlrules.language.names import IDENTIFY
from mqlrules.language.operators import OPPOSITE, Operator
from mqlrules.plan import nodes as n
from mqlrules.proof.contradictions import contradict, pattern_is_impossible

_SHORTEST_DAY = 22 * 3_600_000_000
"""A calendar day is shorter than 24 hours where clocks are put forward, by two hours at most."""

Number = int | float | Fraction


@attrs.frozen
class Range:
    """The numbers from ``low`` to ``high``, both included; ``whole`` if only whole ones among them."""

    low: Number
    high: Number
    whole: bool = True

    @property
    def empty(self) -> bool:
        """Whether there is no number in it."""
        return self.low > self.high

    def meets(self, operator: Operator, value: Number) -> bool | None:
        """Whether all of its numbers compare so with a value, or none of them does."""
        apart = value < self.low or value > self.high or (self.whole and value != int(value))
        match operator:
            case "=":
                return False if apart else True if self.low == self.high == value else None
            case "!=":
                return True if apart else False if self.low == self.high == value else None
            case ">=":
                return True if self.low >= value else False if self.high < value else None
            case ">":
                return True if self.low > value else False if self.high <= value else None
            case "<=":
                return True if self.high <= value else False if self.low > value else None
            case "<":
                return True if self.high < value else False if self.low >= value else None

    def narrowed(self, operator: Operator, value: Number) -> "Range":
        """The numbers of it that compare so; of ``!=`` only what lies at an end can be left out."""
        step: Number = 1 if self.whole else 0
        low, high = self.low, self.high
        match operator:
            case "=":
                low, high = max(low, value), min(high, value)
            case ">=":
                low = max(low, _up(value, self.whole))
            case ">":
                low = max(low, _down(value, self.whole) + step)
            case "<=":
                high = min(high, _down(value, self.whole))
            case "<":
                high = min(high, _up(value, self.whole) - step)
            case "!=" if self.whole:
                low, high = (low + 1 if low == value else low), (high - 1 if high == value else high)
        return Range(low, high, self.whole)


class Truth:
    """Looks at the nodes of one plan; what has been found is kept, so that nothing is looked at twice."""

    def __init__(self) -> None:
        self._known: dict[n.Node, bool | None] = {}
        self._ranges: dict[n.Leaf | n.EventPoints, Range | None] = {}

    def of(self, node: n.Node) -> bool | None:
        """True: it holds always; False: never; None: that depends, or is not known."""
        if node not in self._known:
            self._known[node] = self._of(node)
        return self._known[node]

    def _of(self, node: n.Node) -> bool | None:
        match node:
            case n.And(operands=operands):
                values = [self.of(operand) for operand in operands]
                if False in values or self._excluded(operands):
                    return False
                return None if None in values else True
            case n.Or(operands=operands):
                values = [self.of(operand) for operand in operands]
                # `a or b` holds always where `not a and not b` never does.
                if True in values or self._excluded([negated(operand) for operand in operands]):
                    return True
                return None if None in values else False
            case n.Not(operand=operand):
                value = self.of(operand)
                return None if value is None else not value
            case n.Compare(leaf=leaf, operator=operator, value=value):
                return self._compared(leaf, operator, value)
            case n.Sequence():
                return False if sequence_is_impossible(node) else None
            case n.Split(condition=condition):
                return False if self.of(condition) is False else None
            case n.Trait():
                return None

    def _compared(self, leaf: n.Count | n.Aggregate | n.Score, operator: Operator, value: object) -> bool | None:
        if isinstance(leaf, n.Aggregate) and leaf.record.of_nothing is None:
            return False if nothing_visible(leaf.pattern, leaf.interval) else None
        numbers = self.range_of(leaf)
        return None if numbers is None else numbers.meets(operator, value)  # type: ignore[arg-type]

    def range_of(self, leaf: n.Count | n.Aggregate | n.Score) -> Range | None:
        """The values that a leaf can have; None for what has none without events."""
        if leaf not in self._ranges:
            self._ranges[leaf] = self._range_of(leaf)
        return self._ranges[leaf]

    def _range_of(self, leaf: n.Count | n.Aggregate | n.Score) -> Range | None:
        if isinstance(leaf, n.Score):
            return self._of_score(leaf)
        if isinstance(leaf, n.Aggregate) and leaf.record.of_nothing is None:
            return None
        if nothing_visible(leaf.pattern, leaf.interval):
            return Range(0, 0)
        if isinstance(leaf, n.Count):
            return Range(0, math.inf)
        if leaf.record.result == "number":
            return Range(0, _most_days(leaf.interval) if leaf.record.looks_at == "date" else math.inf)
        return Range(-math.inf, math.inf, whole=False)

    def _of_score(self, score: n.Score) -> Range:
        """Points are whole millionths."""
        lows, highs = zip(*(self._of_line(line) for line in score.lines), strict=True) if score.lines else ((), ())
        low, high = sum(lows), sum(highs)
        if score.low is not None and score.high is not None:
            low, high = (min(max(end, score.low), score.high) for end in (low, high))
        return Range(low, high)

    def _of_line(self, line: n.EventPoints | n.ConditionPoints) -> tuple[Number, Number]:
        if isinstance(line, n.ConditionPoints):
            holds = self.of(line.condition)
            ends = [points for points, left_out in ((0, True), (line.points, False)) if holds is not left_out]
            return min(ends), max(ends)
        if nothing_visible(line.pattern, line.interval) or line.points == 0:
            return 0, 0
        end: Number = line.points if not line.every else math.copysign(math.inf, line.points)
        if line.cap is not None:
            end = max(-line.cap, min(line.cap, end))
        return min(0, end), max(0, end)

    def _excluded(self, operands: Iterable[n.Node]) -> bool:
        """Whether operands can't hold together."""
        ranges: dict[n.Leaf, Range] = {}
        seen: set[n.Node] = set()
        traits = []
        for operand in operands:
            if negated(operand) in seen:
                return True
            seen.add(operand)
            match operand:
                case n.Trait(test=test):
                    traits.append(test)
                case n.Compare(leaf=leaf, operator=operator, value=value):
                    before = ranges.get(leaf) or self.range_of(leaf)
                    if before is not None:
                        ranges[leaf] = before.narrowed(operator, value)  # type: ignore[arg-type]
                        if ranges[leaf].empty:
                            return True
        return len(traits) > 1 and contradict(traits)


def negated(node: n.Node) -> n.Node:
    """A node that holds where this one does not.

    A comparison of what has no value fails either way: it stays in a negation.
    """
    match node:
        case n.Not(operand=operand):
            return operand
        case n.Compare(leaf=leaf, operator=operator, value=value) if not (
            isinstance(leaf, n.Aggregate) and leaf.record.of_nothing is None
        ):
            return n.Compare(leaf, OPPOSITE[operator], value)
        case _:
            return n.Not(node)


def _up(value: Number, whole: bool) -> Number:
    return math.ceil(value) if whole and not isinstance(value, float) else value


def _down(value: Number, whole: bool) -> Number:
    return math.floor(value) if whole and not isinstance(value, float) else value


def _most_days(interval: n.Interval) -> Number:
    spans = [interval.within - interval.older] if interval.within is not None else []
    spans += [interval.during[1] - interval.during[0]] if interval.during is not None else []
    return min(spans) // _SHORTEST_DAY + 2 if spans else math.inf


# -- intervals -----------------------------------------------------------------------------------------------------


def nothing_visible(pattern: Pattern, interval: n.Interval) -> bool:
    """Whether no match of a pattern is ever visible in an interval."""
    if interval.is_empty or pattern_is_impossible(pattern):
        return True
    # Before the first P there is no P, and after the latest one there is none.
    return any(covers(anchor.pattern, pattern) for anchor in interval.before | interval.since)


def covers(wider: Pattern, narrower: Pattern) -> bool:
    """Whether every event that matches the narrower pattern matches the wider one, as far as names tell."""
    return all(
        any(
            one == other or (one.where is None and (one.name == other.name or _any_event(one.name, other.name)))
            for one in wider.alternatives
        )
        for other in narrower.alternatives
    )


def _any_event(wider: str | None, narrower: str | None) -> bool:
    return wider is None and narrower != IDENTIFY


def sequence_is_impossible(sequence: n.Sequence) -> bool:
    """Whether no choice of positions ever fits: steps that nothing matches, or gaps that leave no time."""
    interval = sequence.interval
    if any(nothing_visible(step.pattern, interval) for step in sequence.steps):
        return True
    span = 0
    for step in sequence.steps:
        gap = max(step.after, step.quiet.lasting if step.quiet else 0)
        if step.within is not None and step.within <= gap:
            return True
        span += gap
    ago = max(interval.older, sequence.final.lasting if sequence.final else 0)
    if interval.within is not None and interval.within <= span + ago:
        return True
    return interval.during is not None and interval.during[1] - interval.during[0] <= span
