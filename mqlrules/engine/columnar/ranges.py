"""What is visible over time, for what needs all of it: sums, averages, least, greatest, first and latest values.

The visible matches of a list are always neighbours in it, from a low place up to a high one; both only ever rise.
"""

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.grouped_rows import Listed
from mqlrules.engine.columnar.jit import FOREVER, kernel
from mqlrules.engine.columnar.truth_changes import Begins, Room, Toggles

Whole = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


@attrs.frozen(eq=False)
class Ranges:
    """The points at which what is visible changes, group after group, and from then on the places that are visible:
    ``lows`` up to, but not including, ``highs``. Before the first of a group nothing is visible.
    """

    times: Whole
    rows: Places
    lows: Places
    highs: Places
    starts: Whole


def ranges_of(times: Whole, hits: Listed, end: int, *, lag: int, within: int | None, floors: Listed | None) -> Ranges:
    """What is visible of some rows: ``lag`` after they came, for less than ``within``, after the latest of ``floors``
    (if there is such a list, only once there is one).
    """
    most = 2 * len(hits.rows)
    room = Room(len(hits.starts) - 1, most)
    lows, highs = np.empty(most, np.int32), np.empty(most, np.int32)
    other = hits if floors is None else floors
    _ranges(
        times, hits.rows, hits.starts, lag, FOREVER if within is None else within, floors is not None,
        other.rows, other.starts, end, room.times, room.rows, lows, highs, room.starts,
    )  # fmt: skip
    used = int(room.starts[-1])
    return Ranges(room.times[:used], room.rows[:used], lows[:used], highs[:used], room.starts)


@kernel
def _ranges(
    times: Whole, rows: Places, firsts: Whole, lag: int, within: int, has_floors: bool, floor_rows: Places,
    floor_firsts: Whole, end: int,
    out_times: Whole, out_rows: Places, lows: Places, highs: Places, out_starts: Whole,
) -> None:  # fmt: skip
    forever = 2**62
    at = 0
    for g in range(len(firsts) - 1):
        out_starts[g] = at
        low = high = firsts[g]
        last = firsts[g + 1]
        f = floor_firsts[g]
        f_last = floor_firsts[g + 1] if has_floors else f
        floor = -1
        shown_low = shown_high = low
        while high < last or f < f_last or low < high:
            t, r = forever, -1
            if high < last:
                t = times[rows[high]] + lag
                r = rows[high] if lag == 0 else -1
            if f < f_last:
                ft, fr = times[floor_rows[f]], floor_rows[f]
                if ft < t or (ft == t and fr < r):
                    t, r = ft, fr
            if low < high and times[rows[low]] + within <= t:
                t, r = times[rows[low]] + within, -1
            if t > end:
                break
            while high < last and times[rows[high]] + lag == t and (lag > 0 or rows[high] == r):
                high += 1
            if f < f_last and times[floor_rows[f]] == t and floor_rows[f] == r:
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
    out_starts[len(firsts) - 1] = at


def rows_of_extremes(ranges: Ranges, hits: Listed, keys: Whole, least: bool) -> Places:
    """For each range the row with the least or the greatest key (``keys`` are those of all rows); -1 where it is empty.

    A range of a point begins and ends no earlier than the one before it.
    """
    found = np.empty(len(ranges.times), np.int32)
    longest = int((hits.starts[1:] - hits.starts[:-1]).max(initial=0))
    signed = keys if least else ~keys
    _extremes(
        ranges.lows, ranges.highs, ranges.starts, hits.rows, hits.starts, signed, np.empty(longest, np.int32), found
    )
    return found


@kernel
def _extremes(
    lows: Places, highs: Places, starts: Whole, rows: Places, firsts: Whole, keys: Whole, queue: Places, out: Places
) -> None:
    for g in range(len(starts) - 1):
        head = tail = 0
        entered = firsts[g]
        for i in range(starts[g], starts[g + 1]):
            while entered < highs[i]:
                while tail > head and keys[rows[queue[tail - 1]]] > keys[rows[entered]]:
                    tail -= 1
                queue[tail] = entered
                tail += 1
                entered += 1
            while head < tail and queue[head] < lows[i]:
                head += 1
            out[i] = rows[queue[head]] if head < tail and lows[i] < highs[i] else -1


def places_of_middles(ranges: Ranges, hits: Listed, values: npt.NDArray[Any]) -> tuple[Places, Places]:
    """For each range the places of its two middle values by size, the same twice where their number is odd; -1 where it
    is empty. ``values`` are those of the hits.
    """
    groups = np.repeat(np.arange(len(hits.starts) - 1), hits.starts[1:] - hits.starts[:-1])
    by_size = np.lexsort((np.unique(values, return_inverse=True)[1], groups))
    ranks = np.empty(len(values), np.int64)
    ranks[by_size] = np.arange(len(values)) - hits.starts[groups]
    longest = int((hits.starts[1:] - hits.starts[:-1]).max(initial=0))
    low, high = np.empty(len(ranges.times), np.int32), np.empty(len(ranges.times), np.int32)
    _middles(
        ranges.lows,
        ranges.highs,
        ranges.starts,
        hits.starts,
        ranks,
        by_size,
        np.empty(longest + 1, np.int64),
        low,
        high,
    )
    return low, high


@kernel
def _middles(
    lows: Places, highs: Places, starts: Whole, firsts: Whole, ranks: Whole, by_size: Whole, tree: Whole,
    out_low: Places, out_high: Places,
) -> None:  # fmt: skip
    # `tree` counts the visible values by rank (Fenwick, 1994): a value comes, leaves, or is found by its number among
    # them in a logarithm of steps.
    for g in range(len(starts) - 1):
        first = firsts[g]
        size = firsts[g + 1] - first
        for k in range(size + 1):
            tree[k] = 0
        top = 1
        while top * 2 <= size:
            top *= 2
        low = high = first
        for i in range(starts[g], starts[g + 1]):
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
            out_low[i] = out_high[i] = -1
            for half in range(2):
                if low < high:
                    left = (high - low - 1 + half) // 2
                    rank, step = 0, top
                    while step > 0:
                        if rank + step <= size and tree[rank + step] <= left:
                            rank += step
                            left -= tree[rank]
                        step //= 2
                    if half == 0:
                        out_low[i] = by_size[first + rank]
                    else:
                        out_high[i] = by_size[first + rank]


def distinct_in(ranges: Ranges, hits: Listed, values: Whole) -> Whole:
    """For each range the number of different values in it; ``values`` are those of all rows."""
    found = np.empty(len(ranges.times), np.int64)
    different, places = np.unique(values[hits.rows], return_inverse=True)
    _distinct(ranges.lows, ranges.highs, ranges.starts, hits.starts, places, np.zeros(len(different), np.int64), found)
    return found


@kernel
def _distinct(
    lows: Places, highs: Places, starts: Whole, firsts: Whole, values: Whole, counts: Whole, out: Whole
) -> None:
    for g in range(len(starts) - 1):
        low = high = firsts[g]
        different = 0
        for i in range(starts[g], starts[g + 1]):
            while high < highs[i]:
                counts[values[high]] += 1
                different += counts[values[high]] == 1
                high += 1
            while low < lows[i]:
                counts[values[low]] -= 1
                different -= counts[values[low]] == 0
                low += 1
            out[i] = different
        while low < high:
            counts[values[low]] -= 1
            low += 1


def toggles_of(
    times: Whole, rows: Places, starts: Whole, truth: Mask, nothing: bool, begins: Begins, first: bool
) -> Toggles:
    """The changes of what is ``truth`` from each of the points on, and ``nothing`` from the begin up to the first."""
    groups = len(begins)
    room = Room(groups, groups if first else len(times) + groups)
    _toggles_of(
        times, rows, starts, truth, nothing, begins.times, begins.rows, first, room.times, room.rows, room.starts
    )
    return room.filled()


@kernel
def _toggles_of(
    times: Whole, rows: Places, starts: Whole, truth: Mask, nothing: bool, begin_times: Whole, begin_rows: Places,
    first: bool, out_times: Whole, out_rows: Places, out_starts: Whole,
) -> None:  # fmt: skip
    at = 0
    for g in range(len(starts) - 1):
        out_starts[g] = at
        holds = False
        i = starts[g]
        at_once = i < starts[g + 1] and times[i] == begin_times[g] and rows[i] == begin_rows[g]
        if nothing and not at_once:
            out_times[at] = begin_times[g]
            out_rows[at] = begin_rows[g]
            at += 1
            holds = True
        if not (first and holds):
            while i < starts[g + 1]:
                if truth[i] != holds:
                    holds = not holds
                    out_times[at] = times[i]
                    out_rows[at] = rows[i]
                    at += 1
                    if first:
                        break
                i += 1
    out_starts[len(starts) - 1] = at
