"""Scores over time: the points of each line, halved and capped, and their sum (section 7). All are whole millionths."""

from fractions import Fraction

import attrs
import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.grouped_rows import Listed
from mqlrules.engine.columnar.jit import FOREVER, kernel
from mqlrules.engine.columnar.ranges import Ranges
from mqlrules.engine.columnar.truth_changes import Begins, Room, Toggles

Whole = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]


@attrs.frozen(eq=False)
class Steps:
    """A number over time: what it is from each of the points of a group on. Before the first of them it is 0."""

    times: Whole
    rows: Places
    values: Whole
    starts: Whole


def line_of_each(ranges: Ranges, points: int, cap: int | None) -> Steps:
    """``+N per P``: points for each visible match, capped."""
    values = (ranges.highs.astype(np.int64) - ranges.lows) * points
    return Steps(ranges.times, ranges.rows, _capped(values, cap), ranges.starts)


def line_of_truth(toggles: Toggles, points: int, cap: int | None = None) -> Steps:
    """Points while something holds."""
    lengths = toggles.starts[1:] - toggles.starts[:-1]
    place = np.arange(len(toggles.times)) - np.repeat(toggles.starts[:-1], lengths)
    values = np.where(place % 2 == 0, np.int64(points), np.int64(0))
    return Steps(toggles.times, toggles.rows, _capped(values, cap), toggles.starts)


def _capped(values: Whole, cap: int | None) -> Whole:
    return values if cap is None else np.clip(values, -cap, cap)


def halvings(points: int) -> Whole:
    """The points of an event after 0, 1, 2 … halvings, until nothing is left; each rounded half to even."""
    found: list[int] = []
    while (left := round(Fraction(points, 2 ** len(found)))) != 0:
        found.append(left)
    return np.array([*found, 0], np.int64)


def line_halved(
    times: Whole, hits: Listed, end: int, *, lag: int, within: int | None, floors: Listed | None,
    points: int, every: int, latest: bool, cap: int | None,
) -> Steps:  # fmt: skip
    """A line whose points are halved ``every`` so many microseconds; ``latest``: those of the latest match alone."""
    table = halvings(points)
    most = len(hits.rows) * (len(table) + 1)
    room = Room(len(hits.starts) - 1, most)
    values = np.empty(most, np.int64)
    other = hits if floors is None else floors
    _halved(
        times, hits.rows, hits.starts, lag, FOREVER if within is None else within, floors is not None, other.rows,
        other.starts, end, table, every, latest, np.empty(len(table), np.int64), np.empty(len(table), np.int64),
        room.times, room.rows, values, room.starts,
    )  # fmt: skip
    used = int(room.starts[-1])
    return Steps(room.times[:used], room.rows[:used], _capped(values[:used], cap), room.starts)


@kernel
def _halved(
    times: Whole, rows: Places, firsts: Whole, lag: int, within: int, has_floors: bool, floor_rows: Places,
    floor_firsts: Whole, end: int, table: Whole, every: int, latest: bool, passed: Whole, due: Whole,
    out_times: Whole, out_rows: Places, values: Whole, out_starts: Whole,
) -> None:  # fmt: skip
    forever = 2**62
    steps = len(table) - 1
    # So often an event's points have been halved before it comes into view.
    known = min(lag // every, steps)
    at = 0
    for g in range(len(firsts) - 1):
        out_starts[g] = at
        low = high = firsts[g]
        last = firsts[g + 1]
        f = floor_firsts[g]
        f_last = floor_firsts[g + 1] if has_floors else f
        floor = -1
        total = shown = np.int64(0)
        # How far each halving has come: the place of the next match that it will reach, and when, if that is in view.
        for k in range(steps + 1):
            passed[k] = low
            due[k] = forever
        while True:
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
            soonest = forever
            for k in range(steps + 1):
                soonest = min(soonest, due[k])
            if soonest <= t:
                t, r = soonest, -1
            if t > end or t == forever:
                break
            if soonest == t:
                for k in range(known + 1, steps + 1):
                    while due[k] == t:
                        total += table[k] - table[k - 1]
                        passed[k] += 1
                        due[k] = times[rows[passed[k]]] + k * every if passed[k] < high else forever
            before, gone = high, low
            while high < last and times[rows[high]] + lag == t and (lag > 0 or rows[high] == r):
                total += table[known]
                high += 1
            if f < f_last and times[floor_rows[f]] == t and floor_rows[f] == r:
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
                # Of the latest match alone nobody asks what becomes of those before it.
                least = max(low, high - 1) if latest else low
                for k in range(known + 1, steps + 1):
                    if passed[k] < least or due[k] == forever:
                        passed[k] = max(passed[k], least)
                        due[k] = times[rows[passed[k]]] + k * every if passed[k] < high else forever
            now = total
            if latest:
                now = table[min((t - times[rows[high - 1]]) // every, steps)] if low < high else np.int64(0)
            if now != shown:
                shown = now
                out_times[at] = t
                out_rows[at] = r
                values[at] = now
                at += 1
    out_starts[len(firsts) - 1] = at


# -- sums ----------------------------------------------------------------------------------------------------------


def total(lines: list[Steps], low: int | None, high: int | None, begins: Begins) -> Steps:
    """The sum of the lines, clamped; from the begin of each group on."""
    times, rows, values, starts = _together(lines, len(begins))
    room = Room(len(begins), len(times) + len(begins))
    sums = np.empty(len(times) + len(begins), np.int64)
    _sum(
        times, rows, values, starts, -FOREVER if low is None else low, FOREVER if high is None else high,
        begins.times, begins.rows, np.empty(len(lines), np.int64), room.times, room.rows, sums, room.starts,
    )  # fmt: skip
    used = int(room.starts[-1])
    return Steps(room.times[:used], room.rows[:used], sums[:used], room.starts)


def _together(lines: list[Steps], groups: int) -> tuple[Whole, Places, Whole, Whole]:
    if not lines:
        return np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int64), np.zeros((0, groups + 1), np.int64)
    ends = np.cumsum([0, *(len(line.times) for line in lines)])
    return (
        np.concatenate([line.times for line in lines]),
        np.concatenate([line.rows for line in lines]),
        np.concatenate([line.values for line in lines]),
        np.stack([line.starts + end for line, end in zip(lines, ends, strict=False)]),
    )


@kernel
def _sum(
    times: Whole, rows: Places, values: Whole, starts: Whole, low: int, high: int, begin_times: Whole,
    begin_rows: Places, places: Whole, out_times: Whole, out_rows: Places, out_values: Whole, out_starts: Whole,
) -> None:  # fmt: skip
    """``places`` is room for how far each line has been gone through."""
    forever = 2**62
    lines = len(starts)
    at = 0
    for g in range(len(begin_times)):
        out_starts[g] = at
        total = np.int64(0)
        for k in range(lines):
            places[k] = starts[k, g]
        t, r = begin_times[g], begin_rows[g]
        while t < forever:
            for k in range(lines):
                i = places[k]
                if i < starts[k, g + 1] and times[i] == t and rows[i] == r:
                    total += values[i]
                    if i > starts[k, g]:
                        total -= values[i - 1]
                    places[k] = i + 1
            now = low if total < low else high if total > high else total
            if at == out_starts[g] or out_values[at - 1] != now:
                out_times[at] = t
                out_rows[at] = r
                out_values[at] = now
                at += 1
            t, r = forever, np.int32(-1)
            for k in range(lines):
                i = places[k]
                if i < starts[k, g + 1] and (times[i] < t or (times[i] == t and rows[i] < r)):
                    t, r = times[i], rows[i]
    out_starts[len(begin_times)] = at
