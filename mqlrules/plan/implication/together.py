"""Whether atoms of conditions exclude each other: no history, traits and instant meets all that is asked.

Counts are looked at as ranges: what is asked of one leaf is intersected, and then leaves are compared whose events
include each other. What must have happened is held against what must not, as sequences. Traits are predicates.
"""

import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs

from mqlrules.check import program as p
from mqlrules.plan import nodes as n
from mqlrules.plan.implication import intervals, predicates, sequences
from mqlrules.plan.implication.atoms import Atom, Part, Total, existing, is_total
from mqlrules.plan.implication.predicates import OPPOSITE, are_disjoint, covers
from mqlrules.plan.truth import Range, Truth
from mqlrules.syntax.tree import Operator

Asked = tuple[Atom, bool]
Limits = list[tuple[Operator, Any]]

Parts = Callable[[n.Split, n.Split], bool]
"""Whether the second ``with same`` holds where the first one does."""


@attrs.frozen
class _Least:
    """That there are at least so many visible matches."""

    pattern: p.Pattern
    interval: n.Interval
    number: int


@attrs.frozen
class _Most:
    """That there are at most so many."""

    leaf: n.Count
    number: int


@attrs.define(eq=False)
class Together:
    """All that is asked at once."""

    truth: Truth
    parts_imply: Parts
    scope: n.Scope = "history"
    """Of what it is asked: of a whole history, or of a part of one."""
    ranges: dict[Total, Range] = attrs.field(factory=dict)
    there: list[n.Sequence] = attrs.field(factory=list)
    lacking: list[n.Sequence] = attrs.field(factory=list)
    least: list[_Least] = attrs.field(factory=list)
    most: list[_Most] = attrs.field(factory=list)

    def exclude(self, asked: Iterable[Asked]) -> bool:
        """Whether the atoms that must hold and those that must not exclude each other."""
        limits: dict[Total, Limits] = {}
        partial: dict[object, list[tuple[n.Aggregate, Operator, Any, bool]]] = {}
        tests: list[tuple[p.Test, bool]] = []
        held: list[n.Split] = []
        failed: list[n.Split] = []
        for atom, holds in asked:
            match atom:
                case n.Compare(leaf=leaf, operator=operator, value=value) if is_total(leaf):
                    limits.setdefault(leaf, []).append((operator if holds else OPPOSITE[operator], value))
                case n.Compare(leaf=n.Aggregate() as leaf, operator=operator, value=value):
                    partial.setdefault(_value_of(leaf), []).append((leaf, operator, value, holds))
                case n.Sequence():
                    if self.truth.of(atom) is not None and self.truth.of(atom) != holds:
                        return True
                    (self.there if holds else self.lacking).append(atom)
                case n.Trait(test=test):
                    tests.append((test, holds))
                case Part(split=split):
                    held.append(split)
                case n.Split():
                    failed.append(atom)
        if (
            (len(tests) > 1 and predicates.excluded(tests))
            or any(self._no_value(of) for of in partial.values())
            or self._no_number(limits)
        ):
            return True
        self._note_anchors()
        return (
            self._counts_exclude()
            or self._sums_exclude()
            or self._sequences_exclude()
            or any(self.parts_imply(one, other) for one in held for other in failed)
        )

    def needs_event(self, asked: Iterable[Asked]) -> bool:
        """Whether there must be an event that matches a pattern of what is asked."""
        return self.exclude(asked) or bool(self.least) or bool(self.there)

    # numbers

    def _no_value(self, asked: list[tuple[n.Aggregate, Operator, Any, bool]]) -> bool:
        """Of one average, first or latest value: where a comparison holds there is one, and others compare it too."""
        for leaf, operator, value, holds in asked:
            if holds and (there := existing(leaf, operator, value)) is not None:
                self.least.append(_Least(there.pattern, there.interval, 1))
        if not any(holds for *_, holds in asked):
            return False
        if asked[0][0].function == "avg":
            return predicates.nothing_between(
                (operator if holds else OPPOSITE[operator], Fraction(value)) for _, operator, value, holds in asked
            )
        return predicates.excluded(
            (p.Compare(leaf.path or (), operator, value), holds) for leaf, operator, value, holds in asked
        )

    def _no_number(self, limits: dict[Total, Limits]) -> bool:
        for leaf, of in limits.items():
            found = _narrowed(self._whole(leaf), of)
            if found.empty:
                return True
            self.ranges[leaf] = found
            if isinstance(leaf, n.Score):
                continue
            if isinstance(leaf, n.Aggregate) and leaf.function == "sum":
                least = 1 if found.low > 0 or found.high < 0 else 0
            else:
                least = math.ceil(found.low)
            if least >= 1:
                self.least.append(_Least(leaf.pattern, leaf.interval, least))
            if isinstance(leaf, n.Count) and found.high < math.inf:
                self.most.append(_Most(leaf, math.floor(found.high)))
            if isinstance(leaf, n.Aggregate) and leaf.function == "days" and found.high == 0:
                self.most.append(_Most(n.Count(leaf.pattern, leaf.interval), 0))
        return False

    def _whole(self, leaf: Total) -> Range:
        """Sums are whole millionths."""
        found = self.truth.range_of(leaf)
        return Range(-math.inf, math.inf) if found is None else attrs.evolve(found, whole=True)

    # counts

    def _counts_exclude(self) -> bool:
        return any(self._too_many(most) for most in self.most) or any(self._too_few(least) for least in self.least)

    def _too_many(self, most: _Most) -> bool:
        """Whether more must have happened than may have: of patterns that exclude each other the numbers add up."""
        within = [
            least
            for least in self.least
            if covers(most.leaf.pattern, least.pattern) and intervals.includes(most.leaf.interval, least.interval)
        ]
        chosen: list[_Least] = []
        for least in sorted(within, key=lambda least: -least.number):
            if all(are_disjoint(least.pattern, other.pattern) for other in chosen):
                chosen.append(least)
        return sum(least.number for least in chosen) > most.number

    def _too_few(self, least: _Least) -> bool:
        """Whether of each event that a pattern may be only so few may have happened."""
        if len(least.pattern.alternatives) == 1:
            return False
        chosen: set[_Most] = set()
        for alternative in least.pattern.alternatives:
            one = p.Pattern((alternative,))
            including = [
                most
                for most in self.most
                if covers(most.leaf.pattern, one) and intervals.includes(most.leaf.interval, least.interval)
            ]
            if not including:
                return False
            chosen.add(min(including, key=lambda most: most.number))
        return sum(most.number for most in chosen) < least.number

    def _sums_exclude(self) -> bool:
        """Different values, days and sums: what counts more events is no less."""
        totals = [(leaf, found) for leaf, found in self.ranges.items() if isinstance(leaf, n.Aggregate)]
        return any(
            one.function == other.function
            and one.path == other.path
            and low.low > high.high
            and covers(other.pattern, one.pattern)
            and intervals.includes(other.interval, one.interval)
            and (one.function != "sum" or _is_never_negative(other))
            for one, low in totals
            for other, high in totals
            if one is not other
        )

    # what must and what must not have happened

    def _note_anchors(self) -> None:
        """What is after an anchor follows it: the two are a sequence."""
        found = [*self.there, *(_times(least.pattern, least.number, least.interval) for least in self.least)]
        for sequence in found:
            interval = sequence.interval
            self.there += [
                n.Sequence((n.Step(anchor.pattern), *sequence.steps), sequence.final, n.Interval(older=interval.older))
                for anchor in interval.since | interval.after
                if anchor.scope == self.scope
            ]

    def _sequences_exclude(self) -> bool:
        if any(sequences.implies(there, lacking) for there in self.there for lacking in self.lacking):
            return True
        if self.there and any(
            sequences.implies(there, _times(most.leaf.pattern, most.number + 1, most.leaf.interval))
            for there in self.there
            for most in self.most
        ):
            return True
        return any(
            sequences.implies(_times(least.pattern, least.number, least.interval), lacking)
            for least in self.least
            for lacking in self.lacking
        )


def _times(pattern: p.Pattern, number: int, interval: n.Interval) -> n.Sequence:
    """An occurrence as a sequence of one step."""
    return n.Sequence((n.Step(pattern, number),), None, interval)


def _narrowed(numbers: Range, limits: Limits) -> Range:
    """What is left of a range; ``!=`` may have to be looked at again, for it takes away the ends alone."""
    while True:
        before = numbers
        for operator, value in limits:
            numbers = numbers.narrowed(operator, value)
        if numbers == before or numbers.empty:
            return numbers


def _value_of(leaf: n.Aggregate) -> object:
    """What tells apart the values that are compared: a first or latest value is one of its type."""
    kind: object = None
    if leaf.function in ("first", "last"):
        kind = int if isinstance(leaf.fits, Decimal) else type(leaf.fits)
    return leaf.function, leaf.path, leaf.pattern, leaf.interval, kind


def _is_never_negative(leaf: n.Aggregate) -> bool:
    return leaf.path is not None and all(
        predicates.implies(alternative.where, p.Compare(leaf.path, ">=", 0))
        for alternative in leaf.pattern.alternatives
    )
