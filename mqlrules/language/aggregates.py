"""The aggregates, one record each (section 5).

Adding one takes this record, its terminal in ``grammar/mql.lark``, and the kernels that the record names (see
CONTRIBUTING.md). Everything else asks the record.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Literal

import attrs

from mqlrules.language.record import Record
from mqlrules.language.values import (
    Literal as LiteralValue,
)
from mqlrules.language.values import as_instant, as_number, difference, identity, is_number, millionths


@attrs.frozen(eq=False, repr=False)
class Fits:
    """Which values an aggregate counts; missing ones never count. ``test`` is asked with the value and with the literal
    that the aggregate is compared with, None for a number.
    """

    words: str
    test: Callable[[Any, LiteralValue | None], bool]


FINITE_NUMBERS = Fits("finite numbers", lambda value, literal: millionths(value) is not None)
TYPE_OF_THE_LITERAL = Fits(
    "values of the literal's type (text in ISO form is a time)",
    lambda value, literal: is_number(value) if literal is None else difference(value, literal) is not None,
)
SINGLE_VALUES = Fits("everything but lists and nested values", lambda value, literal: identity(value) is not None)
EVERYTHING = Fits("every match", lambda value, literal: True)

LiteralKind = Literal["number", "duration", "date", "time", "text", "boolean"]

_NUMBERS: tuple[LiteralKind, ...] = ("number",)
_AMOUNTS: tuple[LiteralKind, ...] = ("number", "duration")
_ORDERED: tuple[LiteralKind, ...] = ("number", "duration", "date", "time")
_ALL: tuple[LiteralKind, ...] = ("number", "duration", "date", "time", "text", "boolean")


@attrs.frozen(eq=False, repr=False, kw_only=True)
class AggregateRecord(Record):
    """One aggregate: ``NAME(PROPERTY of PATTERN) op LITERAL``, or ``NAME(PATTERN) op LITERAL``."""

    english: str
    """Reads before ``PROPERTY of PATTERN``."""
    looks_at: Literal["property", "date"] = "property"
    """What of each event: the value of a property, or the event's calendar date (an ordinal) in the rule set's zone."""
    fits: Fits
    literals: tuple[LiteralKind, ...]
    """The kinds of literal that it can be compared with."""
    result: Literal["amount", "value", "number"]
    """What comes out: an exact number that is kept in millionths, one of the values, or a whole number."""
    meaning: Callable[[Sequence[Any], LiteralValue | None], Any]
    """What is compared: of the values that count, in history order, and of the literal as ``fits`` takes it. None where
    there is nothing to compare; then any comparison is false.
    """
    picks: Literal["least", "greatest", "first", "latest"] | None = None
    """Where the result is one of the values: which."""
    only_grows: bool = False
    """Whether another counted event never makes the result less. Of others nothing is known: a sum takes negative
    values.
    """
    keeps: str = "all events that are counted are its evidence"
    """Why its state grows with the events that are visible."""
    incremental: str
    """The kernel of the incremental engine (``KERNELS`` of ``engine.incremental.aggregates``)."""
    columnar: str
    """The kernel of the columnar engine (``KERNELS`` of ``engine.columnar.aggregates``)."""
    one_more: Callable[[Sequence[int], int], Sequence[int]] | None = None
    """Of amounts: asked with the values and a result, the values of one more event that would give it, likeliest first;
    all in millionths.
    """
    explained: str
    """How ``explain`` looks for events that make a comparison true (``MAKERS`` of ``explain.candidates``)."""

    @property
    def takes_property(self) -> bool:
        """Whether it is written with a property: ``NAME(PROPERTY of PATTERN)``."""
        return self.looks_at == "property"

    @property
    def of_nothing(self) -> int | None:
        """The result where no event counts; None if there is none."""
        return None if self.meaning((), None) is None else 0

    @property
    def is_ordered(self) -> bool:
        """Whether the order of the events matters."""
        return self.picks in ("first", "latest")


# -- meanings ------------------------------------------------------------------------------------------------------


def _sum(values: Sequence[Any], literal: object) -> Fraction:
    # Each value is taken in whole millionths, half to even, so that no sum depends on the order.
    return Fraction(sum(millionths(value) or 0 for value in values), 1_000_000)


def _average(values: Sequence[Any], literal: object) -> Fraction | None:
    return _sum(values, literal) / len(values) if values else None


def _median(values: Sequence[Any], literal: object) -> Fraction | None:
    ordered = sorted(millionths(value) or 0 for value in values)
    if not ordered:
        return None
    # Of an odd number of values both are the middle one.
    return Fraction(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2], 2_000_000)


def _one_more_for_median(values: Sequence[int], wanted: int) -> Sequence[int]:
    ordered = sorted(values)
    if len(ordered) % 2 == 0:
        return (wanted,)
    # The new value and its neighbour on the other side of the middle are the two middle ones.
    middle = len(ordered) // 2
    beside = (ordered[middle], ordered[max(middle - 1, 0)], ordered[min(middle + 1, len(ordered) - 1)])
    return tuple(dict.fromkeys(2 * wanted - one for one in beside))


def order_of(value: Any, literal: LiteralValue | None) -> Any:
    """The order of ``min`` and ``max``: numbers by size, times by how they compare with the literal."""
    return as_number(value) if literal is None else (difference(value, literal), as_instant(value))


def _least(values: Sequence[Any], literal: LiteralValue | None) -> Any:
    return min(values, key=lambda value: order_of(value, literal), default=None)


def _greatest(values: Sequence[Any], literal: LiteralValue | None) -> Any:
    return max(values, key=lambda value: order_of(value, literal), default=None)


# -- records -------------------------------------------------------------------------------------------------------

AGGREGATES: dict[str, AggregateRecord] = {
    record.name: record
    for record in (
        AggregateRecord(
            name="sum",
            terminal="SUM",
            english="the total",
            means="The sum of a property, over the events that have it.",
            fits=FINITE_NUMBERS,
            literals=_AMOUNTS,
            result="amount",
            meaning=_sum,
            one_more=lambda values, wanted: (wanted - sum(values),),
            incremental="total",
            columnar="total",
            explained="amount",
            example="sum(amount of purchased) >= 500 within 90d",
        ),
        AggregateRecord(
            name="avg",
            terminal="AVG",
            english="the average",
            means="The average of a property, over the events that have it.",
            fits=FINITE_NUMBERS,
            literals=_AMOUNTS,
            result="amount",
            meaning=_average,
            one_more=lambda values, wanted: (wanted * (len(values) + 1) - sum(values),),
            incremental="average",
            columnar="average",
            explained="amount",
            example="avg(duration of page_viewed) >= 30s",
        ),
        AggregateRecord(
            name="median",
            terminal="MEDIAN",
            english="the median",
            means="The middle value of a property, over the events that have it; the mean of the two middle ones, if "
            "their number is even.",
            fits=FINITE_NUMBERS,
            literals=_AMOUNTS,
            result="amount",
            meaning=_median,
            one_more=_one_more_for_median,
            incremental="median",
            columnar="median",
            explained="amount",
            example="median(amount of purchased) >= 50 within 90d",
        ),
        AggregateRecord(
            name="min",
            terminal="MIN",
            english="the smallest",
            means="The least value of a property, over the events that have it.",
            fits=TYPE_OF_THE_LITERAL,
            literals=_ORDERED,
            result="value",
            meaning=_least,
            picks="least",
            incremental="extreme",
            columnar="extreme",
            explained="value",
            example="min(amount of purchased) >= 20",
        ),
        AggregateRecord(
            name="max",
            terminal="MAX",
            english="the largest",
            means="The greatest value of a property, over the events that have it.",
            fits=TYPE_OF_THE_LITERAL,
            literals=_ORDERED,
            result="value",
            meaning=_greatest,
            picks="greatest",
            incremental="extreme",
            columnar="extreme",
            explained="value",
            example="max(amount of purchased) >= 1000",
        ),
        AggregateRecord(
            name="first",
            terminal="FIRST",
            english="the first",
            means="The first value of a property, over the events that have it.",
            fits=TYPE_OF_THE_LITERAL,
            literals=_ALL,
            result="value",
            meaning=lambda values, literal: values[0] if values else None,
            picks="first",
            incremental="picked",
            columnar="picked",
            explained="value",
            example='first(channel of activity) = "ads"',
        ),
        AggregateRecord(
            name="last",
            terminal="LAST",
            english="the latest",
            means="The latest value of a property, over the events that have it.",
            fits=TYPE_OF_THE_LITERAL,
            literals=_ALL,
            result="value",
            meaning=lambda values, literal: values[-1] if values else None,
            picks="latest",
            incremental="picked",
            columnar="picked",
            explained="value",
            example='last(plan of changed plan) = "pro"',
        ),
        AggregateRecord(
            name="distinct",
            terminal="DISTINCT",
            english="the number of different values of",
            means="The number of different values of a property, over the events that have it.",
            fits=SINGLE_VALUES,
            literals=_NUMBERS,
            result="number",
            meaning=lambda values, literal: len({identity(value) for value in values}),
            only_grows=True,
            incremental="different",
            columnar="different",
            explained="new value",
            example="distinct(path of page_viewed) >= 5 within 7d",
        ),
        AggregateRecord(
            name="days",
            terminal="DAYS",
            english="the number of days with",
            means="On how many different dates the event happened, in the time zone of the rules.",
            looks_at="date",
            fits=EVERYTHING,
            literals=_NUMBERS,
            result="number",
            meaning=lambda dates, literal: len(set(dates)),
            only_grows=True,
            incremental="different",
            columnar="different",
            explained="later date",
            example="days(visited pricing) >= 3 within 7d",
        ),
    )
}
