"""The aggregates: summaries that move with the visible matches, and what is compared of them (section 5).

All visible matches are kept: they are the evidence, and what leaves a window must leave the summary too.
"""

import operator
from bisect import bisect_left, insort
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from mqlrules.engine.incremental.matches import Extract, Matches, MatchesKernel
from mqlrules.engine.incremental.predicates import OPERATORS, getter
from mqlrules.engine.incremental.state import Cells, Condition, Queue, Visibility
from mqlrules.language.calendar import Zone
from mqlrules.language.values import Literal, as_number, compare, difference, identity, is_missing, millionths
from mqlrules.plan import nodes as n


class Values(Matches):
    """The values of the matches, in order: enough for ``first`` and ``last``."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        super().__init__()
        self.values: Queue[Any] = Queue()

    def add(self, value: Any) -> None:
        self.values.items.append(value)

    def remove_first(self) -> None:
        self.values.popleft()


class Total(Values):
    """Their sum, in millionths."""

    __slots__ = ("total",)

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def add(self, value: int) -> None:
        self.values.items.append(value)
        self.total += value

    def remove_first(self) -> None:
        self.total -= self.values.popleft()


class Extreme(Values):
    """The least or the greatest value.

    ``best`` holds the values that are or may still become the extreme one: each beats all that came before it and
    after the one in front. So the first of them is the extreme, and each value enters and leaves once.
    """

    __slots__ = ("_beats", "best")

    def __init__(self, beats: Callable[[Any, Any], bool]) -> None:
        super().__init__()
        self.best: Queue[Any] = Queue()
        self._beats = beats

    def add(self, value: Any) -> None:
        self.values.items.append(value)
        best = self.best
        while best and self._beats(value, best.items[-1]):
            best.items.pop()
        best.items.append(value)

    def remove_first(self) -> None:
        if self.values.popleft() == self.best.first:
            self.best.popleft()


class Sorted(Values):
    """The values in millionths, by size."""

    __slots__ = ("ordered",)

    def __init__(self) -> None:
        super().__init__()
        self.ordered: list[int] = []

    def add(self, value: int) -> None:
        self.values.items.append(value)
        insort(self.ordered, value)

    def remove_first(self) -> None:
        del self.ordered[bisect_left(self.ordered, self.values.popleft())]


class Different(Values):
    """How often each value is among them."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[Any, int] = {}

    def add(self, value: Any) -> None:
        self.values.items.append(value)
        self.counts[value] = self.counts.get(value, 0) + 1

    def remove_first(self) -> None:
        value = self.values.popleft()
        left = self.counts[value] - 1
        if left:
            self.counts[value] = left
        else:
            del self.counts[value]


SUMMARIES: dict[str, Callable[[n.Aggregate], Callable[[], Values]]] = {
    "total": lambda leaf: Total,
    "average": lambda leaf: Total,
    "median": lambda leaf: Sorted,
    "extreme": lambda leaf: partial(Extreme, operator.lt if leaf.record.picks == "least" else operator.gt),
    "picked": lambda leaf: Values,
    "different": lambda leaf: Different,
}
"""The summary of each kernel that the record of an aggregate can name."""


def aggregate_kernel(slot: int, timer: int, visibility: Visibility, leaf: n.Aggregate, zone: Zone) -> MatchesKernel:
    """The kernel of an aggregate: the matches with the summary that its record names."""
    return MatchesKernel(slot, timer, visibility, SUMMARIES[leaf.record.incremental](leaf), _extract(leaf, zone))


def aggregate_condition(kernel: MatchesKernel, leaf: n.Aggregate, sign: str, value: Any) -> Condition:
    """``NAME(PATH of P) op value``. With no match a sum and a number of values are 0, everything else is false."""
    test, settle, of_nothing = OPERATORS[sign], kernel.settle, leaf.record.of_nothing
    kernel_name, picks_latest = leaf.record.incremental, leaf.record.picks == "latest"
    # Times are kept as what they are compared with the literal.
    against = value if leaf.literal is None else 0

    def holds(cells: Cells, now: int) -> bool:
        summary = settle(cells, now)
        if not summary:
            return of_nothing is not None and test(of_nothing, value)
        match summary:
            case Different(counts=counts):
                return test(len(counts), value)
            case Total(total=total):
                return test(total, value if kernel_name == "total" else value * len(summary))
            case Sorted(ordered=ordered):
                return test(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2], 2 * value)
            case Extreme(best=best):
                return test(best.first, against)
            case Values(values=values):
                return compare(values.items[-1] if picks_latest else values.first, sign, value)
        raise AssertionError(summary)

    return holds


def _extract(leaf: n.Aggregate, zone: Zone) -> Extract:
    record, literal = leaf.record, leaf.literal
    if leaf.path is None:
        date_of = zone.date_of
        return lambda at, properties: date_of(at)
    get, fits = getter(leaf.path), record.fits
    if record.result == "amount":
        return lambda at, properties: _millionths(get(properties))
    if record.incremental == "extreme":
        return lambda at, properties: _ordered(get(properties), literal)
    if record.incremental == "different":
        return lambda at, properties: _identity(get(properties))

    def fitting(at: int, properties: Mapping[str, Any]) -> Any:
        value = get(properties)
        return None if is_missing(value) or not fits.test(value, literal) else value

    return fitting


def _millionths(value: Any) -> int | None:
    kind = type(value)
    if kind is int:
        return value * 1_000_000  # type: ignore[no-any-return]
    if kind is float and -9e15 < value < 9e15 and value == (whole := int(value)):
        return whole * 1_000_000
    return None if value is None or is_missing(value) else millionths(value)


def _ordered(value: Any, literal: Literal | None) -> Any:
    """A number, or how a time compares with the literal: the least of several times compares as the least of these."""
    if is_missing(value):
        return None
    return as_number(value) if literal is None else difference(value, literal)


def _identity(value: Any) -> Any:
    # Text stands for itself; everything else goes with its type, so that 1 is neither "1" nor true.
    if isinstance(value, str):
        return value
    return None if is_missing(value) else identity(value)
