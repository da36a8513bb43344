"""Scores: their lines, caps and bounds, in whole millionths (section 7)."""

from collections.abc import Sequence

from mqlrules.check import condition_errors, program, value_errors
from mqlrules.check.conditions import condition
from mqlrules.check.patterns import pattern
from mqlrules.check.restrictions import restrictions
from mqlrules.check.scope import Here
from mqlrules.check.types import number
from mqlrules.language.values import millionths
from mqlrules.syntax import tree


def score(here: Here, node: tree.ScoreDefinition) -> program.Score | None:
    """A score with all its lines; None if something in it is wrong, which has been reported."""
    lines = [_line(here, line) for line in node.lines if not isinstance(line, tree.BetweenLine)]
    if not lines and here.source not in here.scope.unsound:
        here.report(condition_errors.empty_score(here.place(node.name), node.name.text))
    bounds, fine = _bounds(here, node.lines)
    found = tuple(line for line in lines if line is not None)
    if not fine or not lines or len(found) < len(lines):
        here.leave(*(line.condition for line in found if isinstance(line, program.ConditionLine)))
        return None
    low, high = bounds if bounds is not None else (None, None)
    description = None if node.description is None else node.description.value
    return program.Score(node.name.text, found, low, high, description, here.source, span=node.span)


def _line(here: Here, node: tree.PerLine | tree.ForLine | tree.IfLine) -> program.ScoreLine | None:
    points = _millionths(here, node.points, "Points have")
    if isinstance(node, tree.IfLine):
        holds = condition(here, node.condition)
        if points is None:
            here.leave(holds)
        return None if points is None or holds is None else program.ConditionLine(points, holds, span=node.span)
    events = pattern(here, node.pattern, "score line")
    narrowed = restrictions(here, node.restrictions)
    cap, fine = _cap(here, node.cap)
    if points is None or events is None or narrowed is None or not fine:
        return None
    halving = None if node.halving is None else node.halving.microseconds
    every = isinstance(node, tree.PerLine)
    return program.EventLine(every, points, events, narrowed, cap, halving, span=node.span)


def _cap(here: Here, node: tree.Number | None) -> tuple[int | None, bool]:
    """The cap in millionths, and whether it is fine."""
    if node is None:
        return None, True
    if node.value < 0:
        here.report(value_errors.negative_cap(here.place(node), f"{-node.value}"))
        return None, False
    cap = _millionths(here, node, "A cap has")
    return cap, cap is not None


def _bounds(here: Here, lines: Sequence[tree.ScoreLine]) -> tuple[tuple[int, int] | None, bool]:
    """The bounds in millionths, and whether they are fine: one ``between`` at most, as the last line."""
    betweens = [line for line in lines if isinstance(line, tree.BetweenLine)]
    if not betweens:
        return None, True
    fine = True
    first = betweens[0]
    for other in betweens[1:]:
        here.report(condition_errors.between_twice(here.place(other), here.place(first)))
        fine = False
    if lines[-1] is not first and fine:
        here.report(condition_errors.between_not_last(here.place(first)))
        fine = False
    low, high = _millionths(here, first.low, "A bound has"), _millionths(here, first.high, "A bound has")
    if low is None or high is None:
        return None, False
    if low > high:
        here.report(value_errors.between_reversed(here.place(first), f"{first.low.value}", f"{first.high.value}"))
        fine = False
    return (low, high), fine


def _millionths(here: Here, node: tree.Number, what: str) -> int | None:
    value = number(node)
    exact = millionths(value)
    if exact is None or exact != value * 1_000_000:
        here.report(value_errors.too_many_decimals(here.place(node), what))
        return None
    return exact
