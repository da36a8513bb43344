"""Scores whose lines only count events in windows, compared with a number: all lines in one pass.

The general way (``score_steps``) lists the values of each line over time and then adds them. This one lists only the
changes of the comparison and skips groups that can't reach the number.
"""

from collections.abc import Sequence

import attrs
import numpy as np

from mqlrules.engine.columnar.grouped_rows import GroupedRows
from mqlrules.engine.columnar.jit import FOREVER, kernel
from mqlrules.engine.columnar.score_steps import clamped
from mqlrules.engine.columnar.thresholds import Bounds
from mqlrules.engine.columnar.truth_changes import Places, Points, TruthChanges, Whole, space, written


@attrs.frozen(eq=False)
class PlainLine:
    """Points for each visible match, in millionths, their sum between -cap and cap; ``within`` in microseconds."""

    hits: GroupedRows
    points: int
    cap: int
    within: int | None


def while_within(
    times: Whole,
    lines: Sequence[PlainLine],
    clamp: tuple[int | None, int | None],
    bounds: Bounds,
    end: int,
    begins: Points,
    first: bool,
) -> TruthChanges:
    """While the clamped sum of the lines is within bounds."""
    ends = np.cumsum([0, *(len(line.hits.rows) for line in lines)])
    rows = np.concatenate([line.hits.rows for line in lines])
    groups = len(begins.times)
    out = space(groups, groups if first else 2 * len(rows) + groups)
    _while_within(
        times, rows, np.stack([line.hits.offsets + at for line, at in zip(lines, ends, strict=False)]),
        np.array([line.points for line in lines], np.int64), np.array([line.cap for line in lines], np.int64),
        np.array([FOREVER if line.within is None else line.within for line in lines], np.int64),
        *_limits(*clamp), *_limits(bounds.low, bounds.high), bounds.negated,
        end, *begins, first, np.empty((3, len(lines)), np.int64), *out,
    )  # fmt: skip
    return written(out)


def _limits(low: int | None, high: int | None) -> tuple[int, int]:
    low, high = -FOREVER if low is None else low, FOREVER if high is None else high
    return max(-FOREVER, min(low, FOREVER)), max(-FOREVER, min(high, FOREVER))


@kernel
def _while_within(
    times: Whole, rows: Places, offsets: Whole, points: Whole, caps: Whole, withins: Whole, least: int, most: int,
    low: int, high: int, negated: bool, end: int, begin_times: Whole, begin_rows: Places, first: bool,
    state: Whole, out_times: Whole, out_rows: Places, out_offsets: Whole,
) -> None:  # fmt: skip
    """``state`` is for each line's next row to enter, next row to leave, and value."""
    lines = len(points)
    entered, left, values = state[0], state[1], state[2]
    at = 0
    for g in range(len(begin_times)):
        out_offsets[g] = at
        reach = depth = np.int64(0)
        for k in range(lines):
            entered[k] = left[k] = offsets[k, g]
            values[k] = 0
            best = min(abs(points[k]) * (offsets[k, g + 1] - offsets[k, g]), caps[k])
            if points[k] > 0:
                reach += best
            else:
                depth -= best
        begun = clamped(np.int64(0), least, most)
        outside = clamped(reach, least, most) < low or clamped(depth, least, most) > high
        if not negated and not low <= begun <= high and outside:
            continue
        total = np.int64(0)
        shown = False
        t, r = begin_times[g], begin_rows[g]
        while True:
            # What is due at this point leaves, and the event of the point enters.
            for k in range(lines):
                changed = False
                while left[k] < entered[k] and times[rows[left[k]]] + withins[k] <= t:
                    left[k] += 1
                    changed = True
                if r >= 0 and entered[k] < offsets[k, g + 1] and rows[entered[k]] == r:
                    entered[k] += 1
                    changed = True
                if changed:
                    value = clamped(points[k] * (entered[k] - left[k]), -caps[k], caps[k])
                    total += value - values[k]
                    values[k] = value
            if ((low <= clamped(total, least, most) <= high) != negated) != shown:
                shown = not shown
                out_times[at] = t
                out_rows[at] = r
                at += 1
                if first:
                    break
            t, r = FOREVER, np.int32(-1)
            nearest = np.int32(2**31 - 1)
            for k in range(lines):
                if left[k] < entered[k]:
                    t = min(t, times[rows[left[k]]] + withins[k])
                if entered[k] < offsets[k, g + 1]:
                    nearest = min(nearest, rows[entered[k]])
            if nearest < 2**31 - 1 and times[nearest] < t:
                t, r = times[nearest], nearest
            if t > end or t >= FOREVER:
                break
    out_offsets[len(begin_times)] = at
