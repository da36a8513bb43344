"""How the value of a node can change: with an event, and with time alone.

A count *rises* when a match comes and *falls* when one leaves its window; a comparison becomes true as its leaf rises
or falls, by its operator; ``not`` turns things round. An engine asks two things of this: after which events, and at
which instants, must a condition be looked at again to see it become true (or become false)?
"""

from collections.abc import Iterator
from typing import Literal, assert_never

import attrs

from mqlrules.check.program import Pattern
from mqlrules.language.operators import OPERATORS
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import patterns_of_parts

Direction = Literal["rises", "falls"]
"""Of a condition: becomes true, becomes false."""

RISES: Direction = "rises"
FALLS: Direction = "falls"
BOTH: tuple[Direction, ...] = (RISES, FALLS)

TimedLeaf = n.Count | n.Aggregate | n.Sequence | n.EventPoints


@attrs.frozen
class Cause:
    """A leaf (or a line of a score) that can change a condition by moving in a direction. ``splits`` are those around
    it.

    A split itself is a cause of becoming true: an event may make a new part of which the condition holds at once.
    """

    leaf: n.Count | n.Aggregate | n.Sequence | n.Trait | n.EventPoints | n.Split
    direction: Direction
    splits: tuple[n.Split, ...] = ()


def opposite(direction: Direction) -> Direction:
    """The other direction."""
    return FALLS if direction == RISES else RISES


def causes(node: n.Node | n.Score, direction: Direction, splits: tuple[n.Split, ...] = ()) -> Iterator[Cause]:
    """The leaves whose movement can make the node move in the direction."""
    match node:
        case n.And(operands=operands) | n.Or(operands=operands):
            for operand in operands:
                yield from causes(operand, direction, splits)
        case n.Not(operand=operand):
            yield from causes(operand, opposite(direction), splits)
        case n.Split(condition=condition):
            if direction == RISES:
                yield Cause(node, direction, splits)
            yield from causes(condition, direction, (*splits, node))
        case n.Compare(leaf=leaf, operator=operator):
            for way in _ways(operator, direction, leaf):
                if isinstance(leaf, n.Score):
                    yield from causes(leaf, way, splits)
                else:
                    yield Cause(leaf, way, splits)
        case n.Score(lines=lines):
            for line in lines:
                way = direction if line.points >= 0 else opposite(direction)
                if isinstance(line, n.ConditionPoints):
                    yield from causes(line.condition, way, ())
                else:
                    yield Cause(line, way, ())
        case n.Sequence() | n.Trait():
            yield Cause(node, direction, splits)
        case _:
            assert_never(node)


def _ways(operator: str, direction: Direction, leaf: n.Count | n.Aggregate | n.Score) -> tuple[Direction, ...]:
    """In which directions a leaf must move for the comparison to move in the given one."""
    if operator in ("=", "!=") or (isinstance(leaf, n.Aggregate) and not leaf.record.only_grows):
        # A sum may have negative values, and an average, a minimum or a latest value goes either way.
        return BOTH
    return (direction,) if operator in (">", ">=") else (opposite(direction),)


def moved_by_time(cause: Cause) -> bool:
    """Whether time alone can move the leaf in the direction: events leave ``within``, come into ``older than``, halve,
    fall due.
    """
    leaf, direction = cause.leaf, cause.direction
    if isinstance(leaf, (n.Trait, n.Split)):
        return False
    leaves, enters = leaf.interval.loses_with_time, leaf.interval.gains_with_time
    match leaf:
        case n.Count():
            return leaves if direction == FALLS else enters
        case n.Aggregate(record=record):
            if record.only_grows:
                return leaves if direction == FALLS else enters
            return leaves or enters
        case n.Sequence(final=final):
            return leaves if direction == FALLS else enters or final is not None
        case n.EventPoints(halving=halving):
            # The points of a line, their sign aside: ``causes`` has turned the direction of negative ones.
            return (leaves or halving is not None) if direction == FALLS else enters


def moved_by(cause: Cause) -> Iterator[Pattern]:
    """The patterns whose events can move the leaf in the direction when they come.

    With ``older than`` no event is visible when it comes: then only time moves the leaf, and anchors.
    """
    leaf, direction = cause.leaf, cause.direction
    match leaf:
        case n.Trait():
            return
        case n.Split():
            yield from patterns_of_parts(leaf)
            return
        case n.Count(pattern=pattern) | n.EventPoints(pattern=pattern):
            if direction == RISES and not leaf.interval.gains_with_time:
                yield pattern
        case n.Aggregate(record=record, pattern=pattern):
            if (direction == RISES or not record.only_grows) and not leaf.interval.gains_with_time:
                yield pattern
        case n.Sequence(steps=steps, final=final):
            # Only an event of the last step completes it. What is absent only prevents: a choice that fits goes on to
            # fit.
            if direction == RISES and final is None and not leaf.interval.gains_with_time:
                yield steps[-1].pattern
    # A new anchor of `since` takes away what was visible before it; of `after` and `before` the first alone counts,
    # and it changes nothing at its own position. An aggregate such as `min` may go either way by it.
    if direction == FALLS or isinstance(leaf, n.Aggregate):
        yield from (anchor.pattern for anchor in leaf.interval.since)


def can_hold_of_nothing(node: n.Node) -> bool | None:
    """Whether a condition holds of an empty history: None where the lead's traits decide."""
    match node:
        case n.And(operands=operands):
            values = [can_hold_of_nothing(operand) for operand in operands]
            return False if False in values else None if None in values else True
        case n.Or(operands=operands):
            values = [can_hold_of_nothing(operand) for operand in operands]
            return True if True in values else None if None in values else False
        case n.Not(operand=operand):
            value = can_hold_of_nothing(operand)
            return None if value is None else not value
        case n.Compare(leaf=leaf, operator=operator, value=value):
            return _of_nothing(leaf, operator, value)
        case n.Trait():
            return None
        case n.Sequence() | n.Split():
            return False


def _of_nothing(leaf: n.Count | n.Aggregate | n.Score, operator: str, value: object) -> bool | None:
    if isinstance(leaf, n.Score):
        if any(
            isinstance(line, n.ConditionPoints) and can_hold_of_nothing(line.condition) is not False
            for line in leaf.lines
        ):
            return None
        nothing = min(max(0, leaf.low), leaf.high or 0) if leaf.low is not None and leaf.high is not None else 0
    elif isinstance(leaf, n.Aggregate) and leaf.record.of_nothing is None:
        return False
    else:
        nothing = 0
    return OPERATORS[operator].holds(nothing, value)
