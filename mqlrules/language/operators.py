"""The comparisons ``= != < <= > >=``, one record each."""

import operator
from collections.abc import Callable
from typing import Any, Literal

import attrs

from mqlrules.language.record import Record

Operator = Literal["=", "!=", "<", "<=", ">", ">="]


@attrs.frozen(eq=False, repr=False, kw_only=True)
class OperatorRecord(Record):
    """One comparison."""

    english: str
    """Reads before a number of things."""
    holds: Callable[[Any, Any], bool]
    """Whether it holds of two values of one type."""
    opposite: Operator
    """The comparison that holds of a number exactly where this one does not."""


OPERATORS: dict[str, OperatorRecord] = {
    record.name: record
    for record in (
        OperatorRecord(
            name="=",
            terminal="EQUALS",
            english="exactly",
            means="Equal to this value. After an event: exactly this many times. In a definition: what the name means.",
            holds=operator.eq,
            opposite="!=",
            example="visited pricing = 3",
        ),
        OperatorRecord(
            name="!=",
            terminal="NOT_EQUALS",
            english="any number except",
            means="Has a value, and it is not this one.",
            holds=operator.ne,
            opposite="=",
            example='lead.country != "AT"',
        ),
        OperatorRecord(
            name="<",
            terminal="LESS",
            english="fewer than",
            means="Less than.",
            holds=operator.lt,
            opposite=">=",
            example="lead.employees < 50",
        ),
        OperatorRecord(
            name="<=",
            terminal="LESS_OR_EQUAL",
            english="at most",
            means="At most.",
            holds=operator.le,
            opposite=">",
            example="lead.employees <= 50",
        ),
        OperatorRecord(
            name=">",
            terminal="GREATER",
            english="more than",
            means="More than.",
            holds=operator.gt,
            opposite="<=",
            example="visited pricing > 1",
        ),
        OperatorRecord(
            name=">=",
            terminal="GREATER_OR_EQUAL",
            english="at least",
            means="At least.",
            holds=operator.ge,
            opposite="<",
            example="visited pricing >= 2",
        ),
    )
}

OPPOSITE: dict[Operator, Operator] = {name: record.opposite for name, record in OPERATORS.items()}  # type: ignore[misc]


def holds(operator: str, difference: int) -> bool:
    """Whether a comparison holds, given the sign of the difference of its sides."""
    return OPERATORS[operator].holds(difference, 0)
