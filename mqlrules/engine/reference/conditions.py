"""Whether a condition holds of a visible history (sections 3 and 5)."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, assert_never

from mqlrules.check.program import (
    Aggregate,
    And,
    Condition,
    Count,
    Not,
    Or,
    Pattern,
    Program,
    Restricted,
    ScoreTest,
    SegmentTest,
    Sequence,
    Trait,
    WithSame,
)
from mqlrules.check.walk import nodes
from mqlrules.engine.reference import scores
from mqlrules.engine.reference.matching import matches, meets
from mqlrules.engine.reference.sequences import latest_choice
from mqlrules.engine.reference.visible import Placed, Point, View
from mqlrules.language import operators, values
from mqlrules.language.calendar import Zone


def holds(condition: Condition, view: View, point: Point) -> bool:
    """Whether the condition holds of what is visible."""
    match condition:
        case And(operands=operands):
            return all(holds(operand, view, point) for operand in operands)
        case Or(operands=operands):
            return any(holds(operand, view, point) for operand in operands)
        case Not(operand=operand):
            return not holds(operand, view, point)
        case Count(pattern=pattern, operator=operator, number=number):
            return operators.holds(operator, len(view.matching(pattern)) - number)
        case Aggregate():
            return _aggregate_holds(condition, view, point)
        case Trait(test=test):
            # As of now: traits are neither narrowed nor split.
            return meets(test, point.traits)
        case SegmentTest(segment=segment):
            # A segment stands for its condition, in place: its events are narrowed and split.
            return holds(point.program.segments[segment].condition, view, point)
        case ScoreTest(score=name, operator=operator, number=number):
            # Scores are neither narrowed nor split: always that of the whole history.
            return _compares(Fraction(score(name, point), 1_000_000), operator, number)
        case Sequence():
            return latest_choice(condition, view) is not None
        case Restricted(condition=inner):
            return holds(inner, restricted(condition, view), point)
        case WithSame():
            return bool(parts_that_hold(condition, view, point))
        case _:
            assert_never(condition)


def restricted(condition: Restricted, view: View) -> View:
    """What the restrictions of a condition leave visible: they intersect (section 3)."""
    for restriction in condition.restrictions:
        view = view.narrowed(restriction)
    return view


def parts_that_hold(condition: WithSame, view: View, point: Point) -> list[View]:
    """The parts of which it holds, of those in which an event, visible or not, matches a pattern of it (section 3)."""
    patterns = list(_patterns(condition.condition, point.program))
    return [
        part
        for part in view.parts(condition.path)
        if any(matches(pattern, placed.event) for placed in part.known for pattern in patterns)
        and holds(condition.condition, part, point)
    ]


def _patterns(condition: Condition, program: Program) -> Iterator[Pattern]:
    # A segment stands for its condition, so its patterns are the condition's; a score is not split, so its are not.
    for node in nodes(condition):
        match node:
            case Pattern():
                yield node
            case SegmentTest(segment=segment):
                yield from _patterns(program.segments[segment].condition, program)


def score(name: str, point: Point) -> int:
    """The score with this normalised name, in millionths (section 7)."""
    view = point.view()
    return scores.value(point.program.scores[name], view, lambda condition: holds(condition, view, point))


# -- aggregates (section 5) ----------------------------------------------------------------------------------------


def counted(aggregate: Aggregate, view: View) -> tuple[Placed, ...]:
    """The visible matches that an aggregate counts: with the property, in a type that fits."""
    return tuple(placed for placed in view.matching(aggregate.pattern) if _counts(aggregate, placed))


def _counts(aggregate: Aggregate, placed: Placed) -> bool:
    if aggregate.path is None:
        return True
    value = values.at_path(placed.event.properties, aggregate.path)
    return value is not None and aggregate.record.fits.test(value, _type_of(aggregate))


def _aggregate_holds(aggregate: Aggregate, view: View, point: Point) -> bool:
    looked_at = [_looked_at(aggregate, placed, point) for placed in counted(aggregate, view)]
    result = aggregate.record.meaning(looked_at, _type_of(aggregate))
    if result is None:
        # With no such event there is nothing to compare, and any comparison is false.
        return False
    if isinstance(result, Fraction):
        return _compares(result, aggregate.operator, aggregate.value)
    return values.compare(result, aggregate.operator, aggregate.value)


def _looked_at(aggregate: Aggregate, placed: Placed, point: Point) -> Any:
    """What of an event is looked at: the value of a property, or the date in the rule set's zone."""
    match aggregate.record.looks_at:
        case "property":
            assert aggregate.path is not None, "checked"
            return values.at_path(placed.event.properties, aggregate.path)
        case "date":
            return Zone(point.program.timezone).date_of(placed.event.at)


def _type_of(aggregate: Aggregate) -> values.Literal | None:
    """The literal whose type decides which values count; None for a number."""
    return None if values.as_number(aggregate.value) is not None else aggregate.value


def _compares(number: Fraction, operator: str, literal: values.Literal) -> bool:
    """An exact number against a literal; one that is no number never compares as true."""
    exact = values.as_number(literal)
    if exact is None:
        return False
    limit = Fraction(exact)
    return operators.holds(operator, (number > limit) - (number < limit))
