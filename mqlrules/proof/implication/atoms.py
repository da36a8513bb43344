"""What atoms of conditions stand for: numbers with a range, events that there must be, conditions of parts."""

from typing import Any

import attrs

from mqlrules.check import program as p
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import anchors_of, event_patterns, walk
from mqlrules.proof.implication.cases import Shape
from mqlrules.proof.implication.intervals import outside_parts
from mqlrules.proof.implication.predicates import narrowed
from mqlrules.syntax.tree import Operator

Total = n.Count | n.Aggregate | n.Score
"""A leaf that is a number whatever has happened: what is not counted is 0."""


@attrs.frozen(cache_hash=True)
class Part:
    """That a ``with same`` holds; what follows from it for the whole history stands beside it."""

    split: n.Split


Atom = n.Compare | n.Sequence | n.Trait | n.Split | Part


def is_total(leaf: n.Count | n.Aggregate | n.Score) -> bool:
    """Whether a leaf always has a value; an average, a least, a latest value has none without events."""
    return not isinstance(leaf, n.Aggregate) or leaf.record.of_nothing is not None


def shape(node: Any, holds: bool) -> tuple[Shape, tuple[Any, ...]]:
    """How a condition is joined. The least and the greatest value are said with counts; of a ``with same`` that holds
    something is known of the whole history.
    """
    match node:
        case n.And(operands=operands):
            return "and", operands
        case n.Or(operands=operands):
            return "or", operands
        case n.Not(operand=operand):
            return "not", (operand,)
        case n.Compare(leaf=n.Aggregate() as leaf, operator=operator, value=value) if _is_extreme(leaf):
            return "and", (_counted(leaf, operator, value),)
        case n.Split(condition=condition) if holds:
            whole = _of_whole(condition)
            return "and", (Part(node),) if whole is None else (Part(node), whole)
        case _:
            return "atom", ()


def _counted(leaf: n.Aggregate, operator: Operator, value: Any) -> n.Node:
    """``max(x of P) >= 3`` is an occurrence of ``P where (x >= 3)``."""

    def count(than: Operator, number: int) -> n.Node:
        assert leaf.path is not None, "only `days` has none"
        counted = n.Count(narrowed(leaf.pattern, p.Compare(leaf.path, than, value)), leaf.interval)
        return n.Compare(counted, ">=" if number else "=", number)

    far: Operator
    far_or_equal: Operator
    near: Operator
    near_or_equal: Operator
    far, far_or_equal, near, near_or_equal = (
        (">", ">=", "<", "<=") if leaf.record.picks == "greatest" else ("<", "<=", ">", ">=")
    )
    if operator in (far, far_or_equal):
        return count(operator, 1)
    if operator == near:
        return n.And((count(near, 1), count(far_or_equal, 0)))
    if operator == near_or_equal:
        return n.And((count(near_or_equal, 1), count(far, 0)))
    if operator == "=":
        return n.And((count("=", 1), count(far, 0)))
    return n.Or((count(far, 1), n.And((count(near, 1), count(far_or_equal, 0)))))


# -- with same -----------------------------------------------------------------------------------------------------


def _of_whole(node: n.Node) -> n.Node | None:
    """What holds of the whole history where a condition holds of a part; None if nothing is known.

    A part has no more events than the whole: what there is at least there is. Traits and scores are not split.
    """
    match node:
        case n.And(operands=operands):
            known = [whole for whole in map(_of_whole, operands) if whole is not None]
            return n.And(tuple(known)) if known else None
        case n.Or(operands=operands):
            each = [whole for whole in map(_of_whole, operands) if whole is not None]
            return n.Or(tuple(each)) if len(each) == len(operands) else None
        case n.Not(operand=n.Trait() | n.Compare(leaf=n.Score())) | n.Trait() | n.Compare(leaf=n.Score()):
            return node
        case n.Compare(leaf=n.Aggregate() as leaf, operator=operator, value=value) if _is_extreme(leaf):
            return _of_whole(_counted(leaf, operator, value))
        case n.Compare(leaf=n.Count() | n.Aggregate() as leaf, value=int(value)) if _only_grows(leaf):
            least = {">=": value, ">": value + 1, "=": value}.get(node.operator, 0)
            if node.operator == "!=" and value == 0:
                least = 1
            wider = attrs.evolve(leaf, interval=outside_parts(leaf.interval))
            return n.Compare(wider, ">=", least) if least >= 1 else None
        case n.Compare(leaf=n.Aggregate() as leaf):
            there = existing(leaf, node.operator, node.value)
            return None if there is None else _of_whole(n.Compare(there, ">=", 1))
        case n.Sequence(steps=steps):
            bare = tuple(
                attrs.evolve(
                    step, absent=None, quiet=None, after=max(step.after, step.quiet.lasting if step.quiet else 0)
                )
                for step in steps
            )
            return n.Sequence(bare, None, outside_parts(node.interval))
        case _:
            return None


def existing(leaf: n.Aggregate, operator: Operator, value: Any) -> n.Count | None:
    """Of which events there is one where a comparison of an aggregate holds that has no value without events."""
    if leaf.record.of_nothing is not None:
        return None
    if leaf.record.picks is not None and leaf.path is not None:
        return n.Count(narrowed(leaf.pattern, p.Compare(leaf.path, operator, value)), leaf.interval)
    return n.Count(leaf.pattern, leaf.interval)


def _is_extreme(leaf: n.Aggregate) -> bool:
    return leaf.record.picks in ("least", "greatest")


def _only_grows(leaf: n.Count | n.Aggregate) -> bool:
    return isinstance(leaf, n.Count) or leaf.record.only_grows


# -- what atoms speak of -------------------------------------------------------------------------------------------

Key = tuple[str, ...] | str | None
"""A raw event by its name, None for any; ``("lead", …)`` is a trait, ``("score", …)`` a score."""


def keys(node: Any) -> frozenset[Key]:
    """What a node speaks of: nodes that have nothing in common neither imply nor exclude each other."""
    found: set[Key] = set()
    for inner in walk([node.split if isinstance(node, Part) else node]):
        match inner:
            case n.Trait(test=test):
                found.add(("lead", *test.path))
            case n.Score(name=name):
                found.add(("score", name))
        patterns = [*event_patterns(inner), *(anchor.pattern for anchor in anchors_of(inner))]
        found.update(alternative.name for pattern in patterns for alternative in pattern.alternatives)
    return frozenset(found)


def are_related(one: frozenset[Key], other: frozenset[Key]) -> bool:
    """Whether something is spoken of by both; any event may be each of them."""
    return (
        not one.isdisjoint(other)
        or (None in one and any(isinstance(key, str) for key in other))
        or (None in other and any(isinstance(key, str) for key in one))
    )
