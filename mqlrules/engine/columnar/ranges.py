"""Ranges: which of the rows that match a pattern are visible, from point to point.

The visible rows of a group are always neighbours in its list, from a low place to a high one, and both only rise.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.grouped_rows import GroupedRows
from mqlrules.engine.columnar.jit import FOREVER, inlined, kernel
from mqlrules.engine.columnar.truth_changes import Places, Whole, space, written


class Window(NamedTuple):
    """What a visible interval leaves to decide from point to point: a row is visible ``lag`` after its time, until
    ``within`` after it, and only if it comes after the latest floor so far (``floors`` of ``grouped_rows``).
    """

    lag: int
    within: int
    has_floors: bool
    floor_rows: Places
    floor_offsets: Whole


def window(rows: GroupedRows, lag: int, within: int | None, floors: GroupedRows | None) -> Window:
    """A window on some rows."""
    return Window(lag, FOREVER if within is None else within, floors is not None, *(rows if floors is None else floors))


@inlined
def next_point(times: Any, entering: Any, lag: Any, floor: Any, leaving: Any, within: Any) -> Any:
    """The next point at which something changes: a row enters, a floor rises, or a row leaves its window.

    Each is the next row to do so, -1 where there is none.
    """
    t, r = FOREVER, -1
    if entering >= 0:
        t = times[entering] + lag
        r = entering if lag == 0 else -1
    if floor >= 0 and (times[floor] < t or (times[floor] == t and floor < r)):
        t, r = times[floor], floor
    if leaving >= 0 and times[leaving] + within <= t:
        t, r = times[leaving] + within, -1
    return t, r


class Ranges(NamedTuple):
    """The points at which the visible rows change, group after group, and the places that are visible from each on:
    ``lows`` to before ``highs``. Before the first point of a group nothing is visible.
    """

    times: Whole
    rows: Places
    lows: Places
    highs: Places
    offsets: Whole

    @property
    def counts(self) -> Whole:
        """How many rows are visible."""
        return self.highs.astype(np.int64) - self.lows


def ranges_of(times: Whole, hits: GroupedRows, end: int, window: Window) -> Ranges:
    """The ranges of some rows."""
    most = 2 * len(hits.rows)
    out = space(len(hits.offsets) - 1, most)
    lows, highs = np.empty(most, np.int32), np.empty(most, np.int32)
    _ranges(times, *hits, *window, end, *out, lows, highs)
    points = written(out)
    used = len(points.times)
    return Ranges(points.times, points.rows, lows[:used], highs[:used], points.offsets)


@kernel
def _ranges(
    times: Whole, rows: Places, offsets: Whole, lag: int, within: int, has_floors: bool, floor_rows: Places,
    floor_offsets: Whole, end: int, out_times: Whole, out_rows: Places, out_offsets: Whole, lows: Places, highs: Places,
) -> None:  # fmt: skip
    at = 0
    for g in range(len(offsets) - 1):
        out_offsets[g] = at
        low = high = shown_low = shown_high = offsets[g]
        last = offsets[g + 1]
        f = floor_offsets[g]
        last_floor = floor_offsets[g + 1] if has_floors else f
        floor = -1
        while high < last or f < last_floor or low < high:
            t, r = next_point(
                times, rows[high] if high < last else -1, lag, floor_rows[f] if f < last_floor else -1,
                rows[low] if low < high else -1, within,
            )  # fmt: skip
            if t > end:
                break
            while high < last and times[rows[high]] + lag == t and (lag > 0 or rows[high] == r):
                high += 1
            if f < last_floor and times[floor_rows[f]] == t and floor_rows[f] == r:
                floor = floor_rows[f]
                f += 1
            if has_floors:
                while low < last and rows[low] <= floor:
                    low += 1
                if floor < 0:
                    low = high
            while low < high and times[rows[low]] + within <= t:
                low += 1
            high = max(high, low)
            if (low < high or shown_low < shown_high) and (low != shown_low or high != shown_high):
                shown_low, shown_high = low, high
                out_times[at] = t
                out_rows[at] = r
                lows[at] = low
                highs[at] = high
                at += 1
    out_offsets[len(offsets) - 1] = at


# -- what the visible rows come to ---------------------------------------------------------------------------------


def sums_of(values: npt.NDArray[Any], ranges: Ranges, largest: int) -> npt.NDArray[Any]:
    """The sum of the values of each range, as Python integers if it may be larger than ``largest``."""
    most = max(abs(int(values.max(initial=0))), abs(int(values.min(initial=0))))
    exact: Any = values.astype(object) if most * max(len(values), 1) > largest else values
    before = np.concatenate((np.zeros(1, exact.dtype), np.cumsum(exact)))
    return before[ranges.highs] - before[ranges.lows]  # type: ignore[no-any-return]


def rows_of_extremes(ranges: Ranges, hits: GroupedRows, keys: Whole, least: bool) -> Places:
    """The row of each range with the least or greatest key, -1 where it is empty; ``keys`` are those of all rows."""
    found = np.empty(len(ranges.times), np.int32)
    queue = np.empty(_longest(hits), np.int32)
    _extremes(ranges.lows, ranges.highs, ranges.offsets, *hits, keys if least else ~keys, queue, found)
    return found


def _longest(hits: GroupedRows) -> int:
    return int((hits.offsets[1:] - hits.offsets[:-1]).max(initial=0))


@kernel
def _extremes(
    lows: Places, highs: Places, points: Whole, rows: Places, offsets: Whole, keys: Whole, queue: Places, out: Places
) -> None:
    """``queue`` is for the places that may still become the extreme: each has a greater key than those before it."""
    for g in range(len(points) - 1):
        head = tail = 0
        entered = offsets[g]
        for i in range(points[g], points[g + 1]):
            while entered < highs[i]:
                while tail > head and keys[rows[queue[tail - 1]]] > keys[rows[entered]]:
                    tail -= 1
                queue[tail] = entered
                tail += 1
                entered += 1
            while head < tail and queue[head] < lows[i]:
                head += 1
            out[i] = rows[queue[head]] if head < tail and lows[i] < highs[i] else -1


def places_of_middles(ranges: Ranges, hits: GroupedRows, values: npt.NDArray[Any]) -> tuple[Places, Places]:
    """The places of the two middle values of each range by size: the same place twice where their number is odd, -1
    where the range is empty. ``values`` are those of the hits.
    """
    groups = np.repeat(np.arange(len(hits.offsets) - 1), hits.offsets[1:] - hits.offsets[:-1])
    by_size = np.lexsort((np.unique(values, return_inverse=True)[1], groups))
    ranks = np.empty(len(values), np.int64)
    ranks[by_size] = np.arange(len(values)) - hits.offsets[groups]
    middles = np.empty((2, len(ranges.times)), np.int32)
    tree = np.empty(_longest(hits) + 1, np.int64)
    _middles(ranges.lows, ranges.highs, ranges.offsets, hits.offsets, ranks, by_size, tree, middles)
    return middles[0], middles[1]


@kernel
def _middles(
    lows: Places, highs: Places, points: Whole, offsets: Whole, ranks: Whole, by_size: Whole, tree: Whole, out: Places
) -> None:
    """``tree`` counts the visible values by rank (Fenwick, 1994): adding one, removing one, and finding the k-th take a
    logarithm of steps.
    """
    for g in range(len(points) - 1):
        first = offsets[g]
        size = offsets[g + 1] - first
        for k in range(size + 1):
            tree[k] = 0
        top = 1
        while top * 2 <= size:
            top *= 2
        low = high = first
        for i in range(points[g], points[g + 1]):
            while high < highs[i]:
                k = ranks[high] + 1
                while k <= size:
                    tree[k] += 1
                    k += k & -k
                high += 1
            while low < lows[i]:
                k = ranks[low] + 1
                while k <= size:
                    tree[k] -= 1
                    k += k & -k
                low += 1
            for half in range(2):
                out[half, i] = -1
                if low < high:
                    left = (high - low - 1 + half) // 2
                    rank, step = 0, top
                    while step > 0:
                        if rank + step <= size and tree[rank + step] <= left:
                            rank += step
                            left -= tree[rank]
                        step //= 2
                    out[half, i] = by_size[first + rank]


def distinct_in(ranges: Ranges, hits: GroupedRows, values: Whole) -> Whole:
    """The number of different values in each range; ``values`` are those of all rows."""
    found = np.empty(len(ranges.times), np.int64)
    different, codes = np.unique(values[hits.rows], return_inverse=True)
    counts = np.zeros(len(different), np.int64)
    _distinct(ranges.lows, ranges.highs, ranges.offsets, hits.offsets, codes, counts, found)
    return found


@kernel
def _distinct(
    lows: Places, highs: Places, points: Whole, offsets: Whole, codes: Whole, counts: Whole, out: Whole
) -> None:
    for g in range(len(points) - 1):
        low = high = offsets[g]
        different = 0
        for i in range(points[g], points[g + 1]):
            while high < highs[i]:
                counts[codes[high]] += 1
                different += counts[codes[high]] == 1
                high += 1
            while low < lows[i]:
                counts[codes[low]] -= 1
                different -= counts[codes[low]] == 0
                low += 1
            out[i] = different
        while low < high:
            counts[codes[low]] -= 1
            low += 1
