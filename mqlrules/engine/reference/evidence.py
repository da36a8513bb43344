"""Evidence: what a person would point at (section 8, last paragraphs)."""

from collections.abc import Iterable
from typing import assert_never

from mqlrules.check.program import (
    Aggregate,
    And,
    Condition,
    ConditionLine,
    Count,
    EventLine,
    Not,
    Or,
    Restricted,
    ScoreTest,
    SegmentTest,
    Sequence,
    Trait,
    WithSame,
)
from mqlrules.engine.reference.conditions import counted, holds, parts_that_hold, restricted
from mqlrules.engine.reference.scores import carried
from mqlrules.engine.reference.sequences import contributing, latest_choice
from mqlrules.engine.reference.visible import Placed, Point, View
from mqlrules.events.model import Event

Found = frozenset[int]
"""Positions."""

NOTHING: Found = frozenset()


def evidence(condition: Condition, point: Point) -> list[Event]:
    """The evidence of a condition at a point, in history order; of one that doesn't hold, nothing."""
    view = point.view()
    found = _of(condition, view, point) if holds(condition, view, point) else NOTHING
    return [placed.event for placed in point.history if placed.position in found]


def _of(condition: Condition, view: View, point: Point) -> Found:
    match condition:
        case And(operands=operands):
            return NOTHING.union(*(_of(operand, view, point) for operand in operands))
        case Or(operands=operands):
            first = next(operand for operand in operands if holds(operand, view, point))
            return _of(first, view, point)
        case Not() | Trait():
            return NOTHING
        case Count():
            return _of_count(condition, view)
        case Aggregate():
            return _positions(counted(condition, view))
        case SegmentTest(segment=segment):
            return _of(point.program.segments[segment].condition, view, point)
        case ScoreTest(score=score):
            return _of_score(score, point)
        case Sequence():
            choice = latest_choice(condition, view)
            assert choice is not None
            return _positions(contributing(condition, choice, view))
        case Restricted(condition=inner):
            return _of(inner, restricted(condition, view), point)
        case WithSame(condition=inner):
            # "The one whose evidence is latest": compared from its last event backwards, as for a sequence.
            found = [_of(inner, part, point) for part in parts_that_hold(condition, view, point)]
            return max(found, key=lambda positions: sorted(positions, reverse=True))
        case _:
            assert_never(condition)


def _of_count(count: Count, view: View) -> Found:
    found = view.matching(count.pattern)
    match count.operator:
        case ">=":
            enough = count.number
        case ">":
            enough = count.number + 1
        case _:
            return _positions(found)
    return _positions(found[len(found) - enough :])


def _of_score(name: str, point: Point) -> Found:
    """The events that carry points, before caps, and the evidence of the ``if`` lines that hold."""
    view = point.view()
    found = NOTHING
    for line in point.program.scores[name].lines:
        match line:
            case EventLine():
                found |= _positions(placed for placed, _ in carried(line, view))
            case ConditionLine(condition=condition) if holds(condition, view, point):
                found |= _of(condition, view, point)
    return found


def _positions(events: Iterable[Placed]) -> Found:
    return frozenset(placed.position for placed in events)
