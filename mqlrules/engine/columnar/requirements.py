"""Requirements: what a plan needs of each row, which is its marks and its values, and which rows it doesn't need."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import attrs

from mqlrules.check.program import Compare, Pattern, Test
from mqlrules.language.aggregates import Fits
from mqlrules.language.values import Literal as LiteralValue
from mqlrules.plan import nodes as n
from mqlrules.plan.dependencies import can_hold_of_nothing
from mqlrules.plan.lower import anchors_of, event_patterns, patterns_of_parts, walk


def _exactly(value: object) -> tuple[type, object]:
    return type(value), value


@attrs.frozen(cache_hash=True)
class Matches:
    """Rows that match a pattern and, for an aggregate, have a property with a value that it counts."""

    pattern: Pattern
    path: tuple[str, ...] | None = None
    fits: Fits | None = None
    """Which values count; asked with the literal."""
    literal: LiteralValue | None = attrs.field(default=None, eq=_exactly)


@attrs.frozen(cache_hash=True)
class Compares:
    """Rows whose property compares as asked, for aggregates whose result is one of the values."""

    test: Compare


@attrs.frozen(cache_hash=True)
class Divides:
    """Rows with a value that ``with same`` can split by."""

    path: tuple[str, ...]


@attrs.frozen(cache_hash=True)
class SetsTrait:
    """``identify`` rows that carry a trait, named by the first part of its path."""

    name: str


@attrs.frozen(cache_hash=True)
class TraitPasses:
    """``identify`` rows that carry a trait which passes a test."""

    test: Test


@attrs.frozen
class Used:
    """Rows whose event some rule, segment or score names. The first of them after a recycle allows another one."""


Mark = Matches | Compares | Divides | SetsTrait | TraitPasses | Used

ValueKind = Literal["millionths", "identity", "order"]


@attrs.frozen(cache_hash=True)
class Value:
    """A value of each row: a number in millionths, a code that is equal for equal values, or a key that orders them."""

    kind: ValueKind
    path: tuple[str, ...]
    literal: LiteralValue | None = attrs.field(default=None, eq=_exactly)
    """What times are ordered by."""


@attrs.frozen(eq=False)
class Requirements:
    """``marks`` and ``values`` with their numbers. ``every_row``: rows without a mark are needed too, because the begin
    of a lead's history matters.
    """

    marks: dict[Mark, int]
    values: dict[Value, int]
    every_row: bool


def requirements_of(plan: n.Plan, lifecycle: bool, whole_timeline: bool = False) -> Requirements:
    """What the rules of a plan need; with ``whole_timeline`` its segments and scores too."""
    roots: list[n.Node | n.Score] = [planned.condition for planned in plan.rules]
    if whole_timeline:
        roots += [*plan.segments.values(), *plan.scores.values()]
    marks: dict[Mark, int] = {}
    values: dict[Value, int] = {}
    for node in walk(roots):
        for mark in _marks(node):
            marks.setdefault(mark, len(marks))
        for value in _values(node):
            values.setdefault(value, len(values))
    if lifecycle and any(planned.rule.recycle for planned in plan.rules):
        marks.setdefault(Used(), len(marks))
    begin = whole_timeline or any(can_hold_of_nothing(planned.condition) is not False for planned in plan.rules)
    waits = lifecycle and any(planned.rule.lasting is not None for planned in plan.rules)
    return Requirements(marks, values, begin or waits)


@lru_cache(maxsize=4096)
def matching(pattern: Pattern) -> Matches:
    """The rows that match a pattern. The same object each time, so that it is found quickly in a dictionary."""
    return Matches(pattern)


@lru_cache(maxsize=4096)
def counted_by(leaf: n.Count | n.Aggregate) -> Matches:
    """The rows that a leaf counts."""
    if isinstance(leaf, n.Count) or leaf.path is None:
        return matching(leaf.pattern)
    return Matches(leaf.pattern, leaf.path, leaf.record.fits, leaf.literal)


def value_of(leaf: n.Aggregate) -> Value | None:
    """The value that the rows of an aggregate carry; None where it needs none, and for dates."""
    record = leaf.record
    if leaf.path is None or record.is_ordered:
        return None
    kind: ValueKind = "order" if record.picks else "millionths" if record.result == "amount" else "identity"
    return Value(kind, leaf.path, leaf.literal)


def comparing(comparison: n.Compare) -> Compares | None:
    """The test of one row's value that a comparison comes down to, if the aggregate is the value of one row."""
    match comparison:
        case n.Compare(leaf=n.Aggregate(record=record, path=(*path,)), value=value) if record.picks is not None:
            return Compares(Compare(tuple(path), comparison.operator, value))  # type: ignore[arg-type]
        case _:
            return None


def _marks(node: n.Node | n.Leaf) -> Iterator[Mark]:
    match node:
        case n.Count() | n.Aggregate():
            yield counted_by(node)
        case n.Compare():
            compares = comparing(node)
            if compares is not None:
                yield compares
        case n.Sequence() | n.Score():
            yield from map(matching, event_patterns(node))
        case n.Split():
            yield Divides(node.path)
            yield from map(matching, patterns_of_parts(node))
        case n.Trait(test=test):
            yield SetsTrait(test.path[0])
            yield TraitPasses(test)
    yield from (matching(anchor.pattern) for anchor in anchors_of(node))


def _values(node: n.Node | n.Leaf) -> Iterator[Value]:
    match node:
        case n.Aggregate():
            value = value_of(node)
            if value is not None:
                yield value
        case n.Split(path=path):
            yield Value("identity", path)
