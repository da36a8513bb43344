"""Scores over time: the points of each line, halved and capped, and their sum (section 7), all in whole millionths."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from mqlrules.engine.columnar.grouped_rows import GroupedRows
from mqlrules.engine.columnar.jit import FOREVER, inlined, kernel
from mqlrules.engine.columnar.ranges import Ranges, Window, next_point
from mqlrules.engine.columnar.truth_changes import Places, Points, TruthChanges, Whole, space, stacked, written


class Steps(NamedTuple):
    """A number over time: its value from each of a group's points on. Before the first point it is 0."""

    times: Whole
    rows: Places
    offsets: Whole
    values: Whole


def line_of_each(ranges: Ranges, points: int, cap: int | None) -> Steps:
    """``+N per P``: points for each visible match, capped."""
    return Steps(ranges.times, ranges.rows, ranges.offsets, _capped(ranges.counts * points, cap))


def line_of_truth(changes: TruthChanges, points: int, cap: int | None = None) -> Steps:
    """Points while a condition holds."""
    lengths = changes.offsets[1:] - changes.offsets[:-1]
    place = np.arange(len(changes.times)) - np.repeat(changes.offsets[:-1], lengths)
    values = np.where(place % 2 == 0, np.int64(points), np.int64(0))
    return Steps(*changes, _capped(values, cap))


@inlined
def clamped(number: Any, low: Any, high: Any) -> Any:
    """The number in a range that is nearest to a number."""
    return min(max(number, low), high)


def _capped(values: Whole, cap: int | None) -> Whole:
    return values if cap is None else np.clip(values, -cap, cap)


def halvings(points: int) -> Whole:
    """The points of an event after 0, 1, 2 … halvings, until none are left; each rounded half to even."""
    found: list[int] = []
    while (left := round(Fraction(points, 2 ** len(found)))) != 0:
        found.append(left)
    return np.array([*found, 0], np.int64)


def line_halved(
    times: Whole, hits: GroupedRows, end: int, window: Window, *, points: int, every: int, latest: bool, cap: int | None
) -> Steps:
    """A line whose points are halved ``every`` so many microseconds; with ``latest`` only the latest match counts."""
    table = halvings(points)
    most = len(hits.rows) * (len(table) + 1)
    out = space(len(hits.offsets) - 1, most)
    values = np.empty(most, np.int64)
    passed, due = np.empty(len(table), np.int64), np.empty(len(table), np.int64)
    _halved(times, *hits, *window, end, table, every, latest, passed, due, *out, values)
    found = written(out)
    return Steps(*found, _capped(values[: len(found.times)], cap))


@kernel
def _halved(
    times: Whole, rows: Places, offsets: Whole, lag: int, within: int, has_floors: bool, floor_rows: Places,
    floor_offsets: Whole, end: int, table: Whole, every: int, latest: bool, passed: Whole, due: Whole,
    out_times: Whole, out_rows: Places, out_offsets: Whole, values: Whole,
) -> None:  # fmt: skip
    """``passed`` and ``due`` are for how far each halving has come: the place of the next match that it will reach, and
    when it does, if that match is visible.
    """
    steps = len(table) - 1
    # How often an event's points have been halved before it becomes visible.
    known = min(lag // every, steps)
    at = 0
    for g in range(len(offsets) - 1):
        out_offsets[g] = at
        low = high = offsets[g]
        last = offsets[g + 1]
        f = floor_offsets[g]
        last_floor = floor_offsets[g + 1] if has_floors else f
        floor = -1
        total = shown = np.int64(0)
        for k in range(steps + 1):
            passed[k] = low
            due[k] = FOREVER
        while True:
            t, r = next_point(
                times, rows[high] if high < last else -1, lag, floor_rows[f] if f < last_floor else -1,
                rows[low] if low < high else -1, within,
            )  # fmt: skip
            soonest = FOREVER
            for k in range(steps + 1):
                soonest = min(soonest, due[k])
            if soonest <= t:
                t, r = soonest, -1
            if t > end or t == FOREVER:
                break
            if soonest == t:
                for k in range(known + 1, steps + 1):
                    while due[k] == t:
                        total += table[k] - table[k - 1]
                        passed[k] += 1
                        due[k] = times[rows[passed[k]]] + k * every if passed[k] < high else FOREVER
            before, gone = high, low
            while high < last and times[rows[high]] + lag == t and (lag > 0 or rows[high] == r):
                total += table[known]
                high += 1
            if f < last_floor and times[floor_rows[f]] == t and floor_rows[f] == r:
                floor = floor_rows[f]
                f += 1
            while low < last and (
                (has_floors and rows[low] <= floor)
                or (has_floors and floor < 0 and low < high)
                or (low < high and times[rows[low]] + within <= t)
            ):
                if low < high:
                    total -= table[min((t - times[rows[low]]) // every, steps)]
                low += 1
            high = max(high, low)
            if high > before or low > gone:
                # If only the latest match counts, the halvings of those before it don't matter.
                least = max(low, high - 1) if latest else low
                for k in range(known + 1, steps + 1):
                    if passed[k] < least or due[k] == FOREVER:
                        passed[k] = max(passed[k], least)
                        due[k] = times[rows[passed[k]]] + k * every if passed[k] < high else FOREVER
            now = total
            if latest:
                now = table[min((t - times[rows[high - 1]]) // every, steps)] if low < high else np.int64(0)
            if now != shown:
                shown = now
                out_times[at] = t
                out_rows[at] = r
                values[at] = now
                at += 1
    out_offsets[len(offsets) - 1] = at


# -- sums ----------------------------------------------------------------------------------------------------------


def total(lines: Sequence[Steps], low: int | None, high: int | None, begins: Points) -> Steps:
    """The sum of the lines, clamped; from the begin of each group on."""
    groups = len(begins.times)
    times, rows, offsets = stacked([TruthChanges(*line[:3]) for line in lines])
    values = np.concatenate([line.values for line in lines])
    out = space(groups, len(times) + groups)
    sums = np.empty(len(times) + groups, np.int64)
    least, most = -FOREVER if low is None else low, FOREVER if high is None else high
    _sum(times, rows, offsets, values, least, most, *begins, np.empty(len(lines), np.int64), *out, sums)
    found = written(out)
    return Steps(*found, sums[: len(found.times)])


@kernel
def _sum(
    times: Whole, rows: Places, offsets: Whole, values: Whole, least: int, most: int, begin_times: Whole,
    begin_rows: Places, places: Whole, out_times: Whole, out_rows: Places, out_offsets: Whole, sums: Whole,
) -> None:  # fmt: skip
    """``places`` is for the next point of each line."""
    lines = len(offsets)
    at = 0
    for g in range(len(begin_times)):
        out_offsets[g] = at
        total = np.int64(0)
        for k in range(lines):
            places[k] = offsets[k, g]
        t, r = begin_times[g], begin_rows[g]
        while t < FOREVER:
            for k in range(lines):
                i = places[k]
                if i < offsets[k, g + 1] and times[i] == t and rows[i] == r:
                    total += values[i]
                    if i > offsets[k, g]:
                        total -= values[i - 1]
                    places[k] = i + 1
            now = clamped(total, least, most)
            if at == out_offsets[g] or sums[at - 1] != now:
                out_times[at] = t
                out_rows[at] = r
                sums[at] = now
                at += 1
            t, r = FOREVER, np.int32(-1)
            for k in range(lines):
                i = places[k]
                if i < offsets[k, g + 1] and (times[i] < t or (times[i] == t and rows[i] < r)):
                    t, r = times[i], rows[i]
    out_offsets[len(begin_times)] = at
