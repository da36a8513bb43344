"""What a plan wants of each row: which marks it gets, which values are taken along, which rows can be left out."""

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
class Hit:
    """Rows that match a pattern, and have a property in a type that fits where an aggregate asks for one."""

    pattern: Pattern
    path: tuple[str, ...] | None = None
    fits: Fits | None = None
    """Which values count there; asked with the literal."""
    literal: LiteralValue | None = attrs.field(default=None, eq=_exactly)


@attrs.frozen(cache_hash=True)
class Meets:
    """Rows whose property compares as asked: what ``min``, ``max``, ``first`` and ``last`` come down to."""

    test: Compare


@attrs.frozen(cache_hash=True)
class Single:
    """Rows that have a property with a value that ``with same`` can split by."""

    path: tuple[str, ...]


@attrs.frozen(cache_hash=True)
class Tells:
    """``identify`` rows that say something of a trait (of its name on the first level)."""

    name: str


@attrs.frozen(cache_hash=True)
class Told:
    """``identify`` rows after which a test of a trait holds."""

    test: Test


@attrs.frozen
class Used:
    """Rows whose event's name some rule, segment or score uses: after a recycle the first of them counts."""


Mark = Hit | Meets | Single | Tells | Told | Used

ValueKind = Literal["millionths", "identity", "order"]


@attrs.frozen(cache_hash=True)
class Value:
    """A value that rows carry: a number in millionths, what tells it from others, or what orders it among others."""

    kind: ValueKind
    path: tuple[str, ...]
    literal: LiteralValue | None = attrs.field(default=None, eq=_exactly)
    """Of times: what they are put in order by."""


@attrs.frozen(eq=False)
class Wants:
    """``marks`` and ``values`` say at which bit and in which column each is, ``every_row`` whether rows without a mark
    matter: the begin of a lead's history does.
    """

    marks: dict[Mark, int]
    values: dict[Value, int]
    every_row: bool


def wants_of(plan: n.Plan, lifecycle: bool, whole_timeline: bool = False) -> Wants:
    """What the rules of a plan want; with ``whole_timeline`` its segments and scores too."""
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
    return Wants(marks, values, begin or waits)


@lru_cache(maxsize=4096)
def hit_by(pattern: Pattern) -> Hit:
    """The rows that match a pattern; the same object each time, so that it is soon found among others."""
    return Hit(pattern)


@lru_cache(maxsize=4096)
def hit_of(leaf: n.Count | n.Aggregate) -> Hit:
    """The rows that a leaf counts."""
    if isinstance(leaf, n.Count) or leaf.path is None:
        return hit_by(leaf.pattern)
    return Hit(leaf.pattern, leaf.path, leaf.record.fits, leaf.literal)


def value_of(leaf: n.Aggregate) -> Value | None:
    """The value that the rows of an aggregate carry; None where it needs none, and for dates."""
    record = leaf.record
    if leaf.path is None or record.is_ordered:
        return None
    kind: ValueKind = "order" if record.picks else "millionths" if record.result == "amount" else "identity"
    return Value(kind, leaf.path, leaf.literal)


def meets_of(comparison: n.Compare) -> Meets | None:
    """The test that one event's value must meet, where an aggregate is the value of one event."""
    match comparison:
        case n.Compare(leaf=n.Aggregate(record=record, path=(*path,)), value=value) if record.picks is not None:
            return Meets(Compare(tuple(path), comparison.operator, value))  # type: ignore[arg-type]
        case _:
            return None


def _marks(node: n.Node | n.Leaf) -> Iterator[Mark]:
    match node:
        case n.Count() | n.Aggregate():
            yield hit_of(node)
        case n.Compare():
            meets = meets_of(node)
            if meets is not None:
                yield meets
        case n.Sequence() | n.Score():
            yield from map(hit_by, event_patterns(node))
        case n.Split():
            yield Single(node.path)
            yield from map(hit_by, patterns_of_parts(node))
        case n.Trait(test=test):
            yield Tells(test.path[0])
            yield Told(test)
    yield from (hit_by(anchor.pattern) for anchor in anchors_of(node))


def _values(node: n.Node | n.Leaf) -> Iterator[Value]:
    match node:
        case n.Aggregate():
            value = value_of(node)
            if value is not None:
                yield value
        case n.Split(path=path):
            yield Value("identity", path)
