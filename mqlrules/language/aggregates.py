"""The aggregates, one record each (section 5).

``meaning`` takes the values that count, in history order, and gives what is compared; None where there is none, and
then any comparison is false. Sums and averages are exact: each value is taken in whole millionths, half to even.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Literal

import attrs

from mqlrules.language.values import Numeric, as_number, identity, millionths

Fits = Literal["finite number", "number", "type of the literal", "any single value"]
"""Which values count: for ``sum`` and ``avg`` finite numbers, for ``min`` and ``max`` numbers (infinite ones too), for
``first`` and ``last`` values of the literal's type (text in ISO form is a time), for ``distinct`` everything but lists
and nested values.
"""


@attrs.frozen
class AggregateRecord:
    """One aggregate. ``english`` reads before ``PROPERTY of PATTERN``."""

    name: str
    english: str
    fits: Fits
    result_type: Literal["number", "type of the property", "whole number"]
    meaning: Callable[[Sequence[Any]], Any]
    example: str


def _sum(values: Sequence[Any]) -> Fraction:
    return Fraction(sum(millionths(value) or 0 for value in values), 1_000_000)


def _avg(values: Sequence[Any]) -> Fraction | None:
    return _sum(values) / len(values) if values else None


def _numbers(values: Sequence[Any]) -> list[Numeric]:
    return [number for number in map(as_number, values) if number is not None]


def _distinct(values: Sequence[Any]) -> int:
    return len({identity(value) for value in values})


AGGREGATES: dict[str, AggregateRecord] = {
    record.name: record
    for record in (
        AggregateRecord(
            "sum", "the sum of", "finite number", "number", _sum,
            "sum(amount of purchased) >= 500 within 90d",
        ),
        AggregateRecord(
            "avg", "the average of", "finite number", "number", _avg,
            "avg(duration of page_viewed) >= 30s",
        ),
        AggregateRecord(
            "min", "the least", "number", "number",
            lambda values: min(_numbers(values), default=None), "min(amount of purchased) >= 20",
        ),
        AggregateRecord(
            "max", "the greatest", "number", "number",
            lambda values: max(_numbers(values), default=None), "max(amount of purchased) >= 1000",
        ),
        AggregateRecord(
            "first", "the first", "type of the literal", "type of the property",
            lambda values: values[0] if values else None, 'first(channel of activity) = "ads"',
        ),
        AggregateRecord(
            "last", "the latest", "type of the literal", "type of the property",
            lambda values: values[-1] if values else None, 'last(plan of changed plan) = "pro"',
        ),
        AggregateRecord(
            "distinct", "the number of different values of", "any single value", "whole number", _distinct,
            "distinct(path of page_viewed) >= 5 within 7d",
        ),
    )
}  # fmt: skip
"""``days(P)`` has no property: it counts calendar dates, see ``mqlrules.language.calendar``."""
