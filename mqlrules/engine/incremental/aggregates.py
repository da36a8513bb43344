"""The kernel of sums, averages, extremes, first and latest values: the visible matches that have the property, and a
summary that moves with them (section 5).

All visible matches are kept: they are the evidence, and what leaves a window must be taken out of the summary again.
"""

from bisect import bisect_left, insort
from collections.abc import Callable
from functools import partial
from typing import Any

from mqlrules.engine.incremental.distinct import DistinctKernel
from mqlrules.engine.incremental.predicates import OPERATORS, getter
from mqlrules.engine.incremental.state import Cells, Condition, Entry, Evidence, Queue, Visibility
from mqlrules.language.calendar import Zone
from mqlrules.language.values import Literal, as_number, compare, difference, is_missing, millionths
from mqlrules.plan import nodes as n

Extract = Callable[[Entry], Any]
"""What of an event counts, or None."""


class Summary:
    """The values that are visible, in order, and nothing more: enough for ``first`` and ``last``."""

    __slots__ = ("entries", "waiting")

    def __init__(self) -> None:
        self.entries: Queue[tuple[Entry, Any]] = Queue()
        self.waiting: Queue[tuple[Entry, Any]] | None = None
        """With ``older than``: what is still too young."""

    def add(self, value: Any) -> None:
        """A value has become visible; it is the latest of ``entries``."""

    def remove(self, value: Any) -> None:
        """A value has left; it was the first of ``entries`` and is there no more."""


class Total(Summary):
    """The sum in millionths."""

    __slots__ = ("total",)

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def add(self, value: int) -> None:
        self.total += value

    def remove(self, value: int) -> None:
        self.total -= value


class Extreme(Summary):
    """The least or the greatest value; looked for anew only when it has left."""

    __slots__ = ("_choose", "best")

    def __init__(self, choose: Callable[..., Any]) -> None:
        super().__init__()
        self.best: Any = None
        self._choose = choose

    def add(self, value: Any) -> None:
        self.best = value if self.best is None else self._choose(self.best, value)

    def remove(self, value: Any) -> None:
        if value == self.best:
            self.best = self._choose((kept for _, kept in self.entries), default=None)


class Sorted(Summary):
    """The values in millionths, by size."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        super().__init__()
        self.values: list[int] = []

    def add(self, value: int) -> None:
        insort(self.values, value)

    def remove(self, value: int) -> None:
        del self.values[bisect_left(self.values, value)]


class AggregateKernel:
    """Keeps a summary in its cell."""

    def __init__(self, slot: int, timer: int, visibility: Visibility, leaf: n.Aggregate) -> None:
        self.slot = slot
        self.timer = timer
        self.steady = not visibility.older
        self._visibility = visibility
        self._record, self._literal = leaf.record, leaf.literal
        self._extract = _extract(leaf)
        self._fresh = SUMMARIES[leaf.record.incremental](leaf)

    def updater(self) -> Callable[[Cells, Entry], None]:
        """The function that takes a matching event."""
        slot, extract, fresh, visibility = self.slot, self._extract, self._fresh, self._visibility
        admits = visibility.admits if visibility.gated else None
        older, settle, within = visibility.older, self._settle, visibility.within
        ages = within is not None or older or visibility.moving

        def take(cells: Cells, entry: Entry) -> None:
            if admits is not None and not admits(cells, entry):
                return
            value = extract(entry)
            if value is None:
                return
            summary = cells[slot]
            if summary is None:
                summary = cells[slot] = fresh()
            entries = summary.entries
            if older:
                if summary.waiting is None:
                    summary.waiting = Queue()
                summary.waiting.items.append((entry, value))
            else:
                entries.items.append((entry, value))
                summary.add(value)
            # What has left goes now: else it would stay for as long as nobody asks.
            if ages and (within is None or older or entries.items[entries.start][0][0] <= entry[0] - within):
                settle(cells, entry[0])

        return take

    def _settle(self, cells: Cells, now: int) -> Summary | None:
        summary: Summary | None = cells[self.slot]
        if summary is None:
            return None
        visibility = self._visibility
        waiting, entries = summary.waiting, summary.entries
        if waiting is None and not visibility.moving:
            # The common case: nothing has left since it was looked at last.
            items, start, within = entries.items, entries.start, visibility.within
            if within is None or start == len(items) or items[start][0][0] > now - within:
                return summary
        while waiting and waiting.items[waiting.start][0][0] <= now - visibility.older:
            come = waiting.popleft()
            entries.items.append(come)
            summary.add(come[1])
        within = visibility.within
        floor = visibility.floor(cells) if visibility.moving else -1
        while entries:
            entry = entries.items[entries.start][0]
            if (within is None or entry[0] > now - within) and entry[1] > floor:
                break
            summary.remove(entries.popleft()[1])
        return summary

    def condition(self, operator: str, value: Any) -> Condition:
        """``NAME(PATH of P) op value``; of nothing a sum is 0, and all else is false."""
        test, settle = OPERATORS[operator], self._settle
        against = value if self._literal is None else 0
        if self._record.of_nothing is not None:
            return lambda cells, now: test(s.total if (s := settle(cells, now)) else 0, value)  # type: ignore[attr-defined]

        def of_some(cells: Cells, now: int) -> bool:
            summary = settle(cells, now)
            if not summary or not summary.entries:
                return False
            match summary:
                case Total(total=total):
                    return test(total, value * len(summary.entries))
                case Sorted(values=values):
                    return test(values[(len(values) - 1) // 2] + values[len(values) // 2], 2 * value)
                case Extreme(best=best):
                    return test(best, against)
            entries = summary.entries
            latest = entries.items[-1 if self._record.picks == "latest" else entries.start][1]
            return compare(latest, operator, value)

        return of_some

    def evidence(self) -> Evidence:
        """All that were counted."""
        settle = self._settle
        return lambda cells, now: [entry for entry, _ in s.entries] if (s := settle(cells, now)) else []

    def next_instant(self, cells: Cells, now: int) -> int | None:
        """When the next match leaves the window or becomes old enough."""
        summary = self._settle(cells, now)
        if summary is None:
            return None
        instants = []
        if self._visibility.within is not None and summary.entries:
            instants.append(next(iter(summary.entries))[0][0] + self._visibility.within)
        if summary.waiting:
            instants.append(next(iter(summary.waiting))[0][0] + self._visibility.older)
        return min(instants, default=None)


SUMMARIES: dict[str, Callable[[n.Aggregate], Callable[[], Summary]]] = {
    "total": lambda leaf: Total,
    "average": lambda leaf: Total,
    "median": lambda leaf: Sorted,
    "extreme": lambda leaf: partial(Extreme, min if leaf.record.picks == "least" else max),
    "picked": lambda leaf: Summary,
}
"""The summary of each kernel that an aggregate's record can name; ``different`` has a kernel of its own."""


def aggregate_kernel(
    slot: int, timer: int, visibility: Visibility, leaf: n.Aggregate, zone: Zone
) -> AggregateKernel | DistinctKernel:
    """The kernel that the record of an aggregate names."""
    if leaf.record.incremental == "different":
        return DistinctKernel(slot, timer, visibility, leaf, zone)
    return AggregateKernel(slot, timer, visibility, leaf)


def _extract(leaf: n.Aggregate) -> Extract:
    assert leaf.path is not None, "these look at a property"
    get, fits, literal = getter(leaf.path), leaf.record.fits, leaf.literal
    if leaf.record.result == "amount":
        return lambda entry: _millionths(get(entry[2].properties))
    if leaf.record.incremental == "extreme":
        return lambda entry: _ordered(get(entry[2].properties), literal)

    def fitting(entry: Entry) -> Any:
        value = get(entry[2].properties)
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
