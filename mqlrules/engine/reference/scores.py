"""Scores: the sum of the lines, clamped (section 7). All points are whole millionths."""

from collections.abc import Callable
from fractions import Fraction

from mqlrules.check.program import Condition, ConditionLine, EventLine, Score
from mqlrules.engine.reference.visible import Placed, View


def value(score: Score, view: View, holds: Callable[[Condition], bool]) -> int:
    """The score of a lead's history, in millionths. ``holds`` answers for the ``if`` lines."""
    total = sum(_line(line, view, holds) for line in score.lines)
    if score.low is not None:
        total = max(total, score.low)
    if score.high is not None:
        total = min(total, score.high)
    return total


def _line(line: EventLine | ConditionLine, view: View, holds: Callable[[Condition], bool]) -> int:
    match line:
        case ConditionLine(points=points, condition=condition):
            return points if holds(condition) else 0
        case EventLine(cap=cap):
            total = sum(points for _, points in carried(line, view))
            # `up to M` caps the size of the line's sum, after halving; of a negative one too.
            return total if cap is None else max(-cap, min(cap, total))


def carried(line: EventLine, view: View) -> list[tuple[Placed, int]]:
    """The events that carry points of this line, before caps, and how many: each visible match, or the latest alone.

    An event whose points have been halved to nothing carries none.
    """
    for restriction in line.restrictions:
        view = view.narrowed(restriction)
    found = view.matching(line.pattern)
    counting = found if line.every else found[-1:]
    carrying = [(placed, halved(line.points, line.halving, view.now - placed.event.at)) for placed in counting]
    return [(placed, points) for placed, points in carrying if points != 0]


def halved(points: int, halving: int | None, age: int) -> int:
    """Points times 0.5^k, k the whole number of ``halving`` in ``age`` (microseconds), rounded half to even."""
    if halving is None:
        return points
    steps = age // halving
    # Beyond its own digits a number is less than half of one: no need to raise 2 to the age of an old event.
    return round(Fraction(points, 2**steps)) if steps <= points.bit_length() else 0
