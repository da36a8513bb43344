"""What was sent, in the words of a test: the raw event that a phrase stands for, and its properties (section 9)."""

from collections.abc import Iterable, Sequence
from typing import Any

from mqlrules.check import program
from mqlrules.language.calendar import seconds
from mqlrules.language.instants import moment
from mqlrules.language.values import DateLiteral, InstantLiteral, at_path, compare
from mqlrules.language.values import Literal as LiteralValue
from mqlrules.syntax import tree

Equality = program.Compare | program.IsTrue
"""A test that one value alone meets."""


def only_event(pattern: program.Pattern) -> tuple[str, tuple[Equality, ...]] | None:
    """The one raw event that meets a pattern, by its normalised name, and what its properties are then equal to.

    None where several events meet it, or where its ``where`` asks for more than equality: then it is not said which
    event was sent.
    """
    if len(pattern.alternatives) != 1:
        return None
    [alternative] = pattern.alternatives
    equalities = _equalities(alternative.where)
    return None if alternative.name is None or equalities is None else (alternative.name, equalities)


def _equalities(where: program.Predicate | None) -> tuple[Equality, ...] | None:
    match where:
        case None:
            return ()
        case program.Compare(operator="=") | program.IsTrue():
            return (where,)
        case program.And(operands=operands):
            found = [_equalities(operand) for operand in operands]
            return None if None in found else tuple(test for tests in found if tests for test in tests)
        case _:
            return None


def properties(equalities: Iterable[Equality], given: Iterable[tree.PropertyValue]) -> dict[str, Any]:
    """The properties of an event, or the traits of a lead: those that a definition asks for, and those written down."""
    made: dict[str, Any] = {}
    for test in equalities:
        _put(made, test.path, _data(test.value) if isinstance(test, program.Compare) else True)
    for each in given:
        _put(made, each.path.parts, data(each.value))
    return made


def unmet(equalities: Iterable[Equality], made: dict[str, Any]) -> Equality | None:
    """The first of the tests that these properties don't meet, or None."""
    for test in equalities:
        value = at_path(made, test.path)
        match test:
            case program.IsTrue() if value is not True:
                return test
            case program.Compare(value=literal, ignoring_case=ignoring):
                if ignoring and isinstance(value, str) and isinstance(literal, str):
                    value, literal = value.casefold(), literal.casefold()
                if not compare(value, "=", literal):
                    return test
    return None


def data(node: tree.Value) -> Any:
    """A literal as a value in data: a duration is a number of seconds, a date stays a date alone."""
    match node:
        case tree.Number(value=number):
            return int(number) if number == number.to_integral_value() else number
        case tree.Duration(microseconds=microseconds):
            return seconds(microseconds)
        case tree.Instant(microseconds=at):
            return moment(at)
        case tree.Text(value=value) | tree.Boolean(value=value) | tree.Date(value=value):
            return value


def _data(literal: LiteralValue) -> Any:
    match literal:
        case DateLiteral(date=date):
            return date
        case InstantLiteral(at=at):
            return moment(at)
        case _:
            return literal


def _put(made: dict[str, Any], path: Sequence[str], value: Any) -> None:
    *parents, last = path
    for parent in parents:
        inside = made.get(parent)
        if not isinstance(inside, dict):
            inside = made[parent] = {}
        made = inside
    made[last] = value
