"""Whether atoms of conditions exclude each other: no history, traits and instant meets all that is asked.

Counts are looked at as ranges: what is asked of one leaf is intersected, and then leaves are compared whose events
include each other. What must have happened is held against what must not, as sequences. Traits are predicates.
"""

import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

import attrs

from mqlrules.check import program as p
from mqlrules.language.operators import OPPOSITE, Operator
from mqlrules.plan import nodes as n
from mqlrules.proof.implication import intervals, predicates, sequences
from mqlrules.proof.implication.atoms import Atom, Part, Total, existing, is_total
from mqlrules.proof.implication.predicates import are_disjoint, covers
from mqlrules.proof.truth import Range, Truth

Asked = tuple[Atom, bool]
Limits = list[tuple[Operator, Any]]
Comparisons = list[tuple[n.Aggregate, Operator, Any, bool]]

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

    pattern: p.Pattern
    interval: n.Interval
    number: int


@attrs.define(eq=False)
class Facts:
    """What the atoms of one case say, sorted by what it can be held against.

    ``sums`` are the ranges of sums, days and different values; ``partial`` are comparisons of values that there may not
    be: averages, first and latest values. ``there`` must have happened, ``lacking`` must not; ``held`` and ``failed``
    are conditions of parts. ``impossible``: they exclude each other already.
    """

    ranges: dict[Total, Range] = attrs.field(factory=dict)
    limits: dict[Total, Limits] = attrs.field(factory=dict)
    sums: dict[n.Aggregate, Range] = attrs.field(factory=dict)
    partial: dict[object, Comparisons] = attrs.field(factory=dict)
    tests: list[tuple[p.Test, bool]] = attrs.field(factory=list)
    least: list[_Least] = attrs.field(factory=list)
    most: list[_Most] = attrs.field(factory=list)
    there: list[n.Sequence] = attrs.field(factory=list)
    lacking: list[n.Sequence] = attrs.field(factory=list)
    held: list[n.Split] = attrs.field(factory=list)
    failed: list[n.Split] = attrs.field(factory=list)
    impossible: bool = False

    @property
    def needs_event(self) -> bool:
        """Whether there must be an event that matches a pattern of what is asked."""
        return self.impossible or bool(self.least) or bool(self.there)


@attrs.frozen(eq=False)
class Together:
    """Holds facts against each other. ``scope``: of a whole history, or of a part of one."""

    truth: Truth
    parts_imply: Parts
    scope: n.Scope = "history"

    def facts(self, asked: Iterable[Asked]) -> Facts:
        """The facts of the atoms that must hold, and of those that must not."""
        facts = Facts()
        for atom, holds in asked:
            match atom:
                case n.Compare(leaf=leaf, operator=operator, value=value) if is_total(leaf):
                    facts.limits.setdefault(leaf, []).append((operator if holds else OPPOSITE[operator], value))
                case n.Compare(leaf=n.Aggregate() as leaf, operator=operator, value=value):
                    facts.partial.setdefault(_value_of(leaf), []).append((leaf, operator, value, holds))
                    if holds and (there := existing(leaf, operator, value)) is not None:
                        facts.least.append(_Least(there.pattern, there.interval, 1))
                case n.Sequence():
                    facts.impossible |= self.truth.of(atom) is not None and self.truth.of(atom) != holds
                    (facts.there if holds else facts.lacking).append(atom)
                case n.Trait(test=test):
                    facts.tests.append((test, holds))
                case Part(split=split):
                    facts.held.append(split)
                case n.Split():
                    facts.failed.append(atom)
        for leaf, limits in facts.limits.items():
            found = facts.ranges[leaf] = _narrowed(self._whole(leaf), limits)
            _note(facts, leaf, found)
        self._note_anchors(facts)
        facts.impossible = (
            facts.impossible
            or any(found.empty for found in facts.ranges.values())
            or any(map(_no_value, facts.partial.values()))
            or (len(facts.tests) > 1 and predicates.excluded(facts.tests))
            or self._meet(facts, facts)
        )
        return facts

    def exclude(self, one: Facts, other: Facts) -> bool:
        """Whether two cases exclude each other."""
        if one.impossible or other.impossible:
            return True
        shared = one.ranges.keys() & other.ranges.keys()
        if shared:
            both = Facts()
            for leaf in shared:
                found = _narrowed(one.ranges[leaf], [*other.limits[leaf], *one.limits[leaf]])
                if found.empty:
                    return True
                both.ranges[leaf] = found
                _note(both, leaf, found)
            self._note_anchors(both)
            if self._meet(one, both) or self._meet(both, other):
                return True
        return (
            self._meet(one, other)
            or (bool(one.tests) and bool(other.tests) and predicates.excluded([*one.tests, *other.tests]))
            or any(
                _no_value([*one.partial[value], *other.partial[value]])
                for value in one.partial.keys() & other.partial.keys()
            )
        )

    def _whole(self, leaf: Total) -> Range:
        """Sums are whole millionths."""
        found = self.truth.range_of(leaf)
        return Range(-math.inf, math.inf) if found is None else attrs.evolve(found, whole=True)

    def _note_anchors(self, facts: Facts) -> None:
        """What is after an anchor follows it: the two are a sequence."""
        for there in [*facts.there, *(_times(least) for least in facts.least if least.interval.anchors)]:
            facts.there += [
                n.Sequence((n.Step(anchor.pattern), *there.steps), there.final, n.Interval(older=there.interval.older))
                for anchor in there.interval.since | there.interval.after
                if anchor.scope == self.scope
            ]

    def _meet(self, one: Facts, other: Facts) -> bool:
        """Whether what is known of counts, sequences and parts excludes each other."""
        least = one.least if one is other else [*one.least, *other.least]
        most = one.most if one is other else [*one.most, *other.most]
        if least and most and (any(_too_many(of, least) for of in most) or any(_too_few(of, most) for of in least)):
            return True
        if one.sums and other.sums and (_sums_exclude(one, other) or _sums_exclude(other, one)):
            return True
        if _happened(one, other) or _happened(other, one):
            return True
        return any(
            self.parts_imply(held, failed)
            for these, those in ((one, other), (other, one))
            for held in these.held
            for failed in those.failed
        )


# -- numbers -------------------------------------------------------------------------------------------------------


def _no_value(asked: Comparisons) -> bool:
    """Of one average, first or latest value: where one comparison holds there is a value, and all others compare it."""
    if not any(holds for *_, holds in asked):
        return False
    if asked[0][0].record.result == "amount":
        return predicates.nothing_between(
            (operator if holds else OPPOSITE[operator], Fraction(value)) for _, operator, value, holds in asked
        )
    return predicates.excluded(
        (p.Compare(leaf.path or (), operator, value), holds) for leaf, operator, value, holds in asked
    )


def _value_of(leaf: n.Aggregate) -> object:
    """What tells apart the values that are compared: a first or latest value is one of its type."""
    kind = int if isinstance(leaf.literal, Decimal) else type(leaf.literal)
    return leaf.record, leaf.path, leaf.pattern, leaf.interval, kind


def _narrowed(numbers: Range, limits: Limits) -> Range:
    """What is left of a range; ``!=`` may have to be looked at again, for it takes away the ends alone."""
    while True:
        before = numbers
        for operator, value in limits:
            numbers = numbers.narrowed(operator, value)
        if len(limits) == 1 or numbers == before or numbers.empty:
            return numbers


def _note(facts: Facts, leaf: Total, found: Range) -> None:
    """How many events there must be, and may be, where a number lies in a range."""
    if isinstance(leaf, n.Score) or found.empty:
        return
    if isinstance(leaf, n.Aggregate):
        facts.sums[leaf] = found
    if isinstance(leaf, n.Aggregate) and not leaf.record.only_grows:
        least = 1 if found.low > 0 or found.high < 0 else 0
    else:
        least = math.ceil(found.low)
    if least >= 1:
        facts.least.append(_Least(leaf.pattern, leaf.interval, least))
    if isinstance(leaf, n.Count) and found.high < math.inf:
        facts.most.append(_Most(leaf.pattern, leaf.interval, math.floor(found.high)))
    if isinstance(leaf, n.Aggregate) and leaf.path is None and found.high == 0:
        facts.most.append(_Most(leaf.pattern, leaf.interval, 0))


def _sums_exclude(one: Facts, other: Facts) -> bool:
    """Different values, days and sums: what counts more events is no less."""
    return any(
        less.record is more.record
        and less.path == more.path
        and least.low > most.high
        and covers(more.pattern, less.pattern)
        and intervals.includes(more.interval, less.interval)
        and (less.record.only_grows or _is_never_negative(more))
        for less, least in one.sums.items()
        for more, most in other.sums.items()
    )


def _is_never_negative(leaf: n.Aggregate) -> bool:
    if leaf.path is None:
        return False
    not_negative = p.Compare(leaf.path, ">=", 0)
    return all(predicates.implies(alternative.where, not_negative) for alternative in leaf.pattern.alternatives)


# -- counts --------------------------------------------------------------------------------------------------------


def _too_many(most: _Most, least: list[_Least]) -> bool:
    """Whether more must have happened than may have: of patterns that exclude each other the numbers add up."""
    if sum(of.number for of in least) <= most.number:
        return False
    inside = [of for of in least if covers(most.pattern, of.pattern) and intervals.includes(most.interval, of.interval)]
    chosen: list[_Least] = []
    for of in sorted(inside, key=lambda of: -of.number):
        if all(are_disjoint(of.pattern, other.pattern) for other in chosen):
            chosen.append(of)
    return sum(of.number for of in chosen) > most.number


def _too_few(least: _Least, most: list[_Most]) -> bool:
    """Whether of each event that a pattern may be only so few may have happened."""
    if len(least.pattern.alternatives) == 1:
        return False
    chosen: set[_Most] = set()
    for alternative in least.pattern.alternatives:
        one = p.Pattern((alternative,))
        including = [of for of in most if covers(of.pattern, one) and intervals.includes(of.interval, least.interval)]
        if not including:
            return False
        chosen.add(min(including, key=lambda of: of.number))
    return sum(of.number for of in chosen) < least.number


# -- what must and what must not have happened ---------------------------------------------------------------------


def _happened(one: Facts, other: Facts) -> bool:
    """Whether what must have happened by one is what must not by the other."""
    for there in one.there:
        if any(sequences.implies(there, lacking) for lacking in other.lacking) or any(
            sequences.implies(there, _times(_Least(most.pattern, most.interval, most.number + 1)))
            for most in other.most
        ):
            return True
    return bool(other.lacking) and any(
        sequences.implies(_times(least), lacking) for least in one.least for lacking in other.lacking
    )


@lru_cache(maxsize=20_000)
def _times(least: _Least) -> n.Sequence:
    """An occurrence as a sequence of one step."""
    return n.Sequence((n.Step(least.pattern, least.number),), None, least.interval)
