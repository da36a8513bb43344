"""Scores whose lines are nothing but counts in windows, compared with a number: all lines in one go.

The general way (``points``) writes down how each line changes and then adds; here nothing is written but the changes of
the comparison, and leads that can't come up to it are passed over.
"""

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.grouped_rows import Listed
from mqlrules.engine.columnar.jit import FOREVER, kernel
from mqlrules.engine.columnar.thresholds import Bounds
from mqlrules.engine.columnar.truth_changes import Begins, Room, Toggles

Whole = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]


@attrs.frozen(eq=False)
class PlainLine:
    """Points for each visible match, their sum between -cap and cap, in millionths; ``within`` in microseconds."""

    hits: Listed
    points: int
    cap: int
    within: int | None


def while_within(
    times: Whole, lines: Sequence[PlainLine], clamp: tuple[int | None, int | None], bounds: Bounds, end: int,
    begins: Begins, first: bool,
) -> Toggles:  # fmt: skip
    """While the clamped sum of the lines is within bounds."""
    ends = np.cumsum([0, *(len(line.hits.rows) for line in lines)])
    rows = np.concatenate([line.hits.rows for line in lines])
    firsts = np.stack([line.hits.starts + at for line, at in zip(lines, ends, strict=False)])
    groups = len(begins)
    room = Room(groups, groups if first else 2 * len(rows) + groups)
    _while_within(
        times, rows, firsts,
        np.array([line.points for line in lines], np.int64),
        np.array([line.cap for line in lines], np.int64),
        np.array([FOREVER if line.within is None else line.within for line in lines], np.int64),
        -FOREVER if clamp[0] is None else clamp[0], FOREVER if clamp[1] is None else clamp[1],
        -FOREVER if bounds.low is None else max(-FOREVER, min(FOREVER, bounds.low)),
        FOREVER if bounds.high is None else max(-FOREVER, min(FOREVER, bounds.high)), bounds.negated,
        end, begins.times, begins.rows, first, np.empty((3, len(lines)), np.int64), room.times, room.rows, room.starts,
    )  # fmt: skip
    return room.filled()


@kernel
def _while_within(
    times: Whole, rows: Places, firsts: Whole, points: Whole, caps: Whole, withins: Whole, least: int, most: int,
    low: int, high: int, negated: bool, end: int, begin_times: Whole, begin_rows: Places, first: bool,
    room: Whole, out_times: Whole, out_rows: Places, out_starts: Whole,
) -> None:  # fmt: skip
    """``room`` is for what is known of each line while a lead is gone through."""
    forever = 2**62
    lines = len(points)
    entered, left, values = room[0], room[1], room[2]
    nothing = least if least > 0 else most if most < 0 else 0
    at = 0
    for g in range(len(begin_times)):
        out_starts[g] = at
        reach = depth = np.int64(0)
        for k in range(lines):
            entered[k] = left[k] = firsts[k, g]
            values[k] = 0
            best = min(abs(points[k]) * (firsts[k, g + 1] - firsts[k, g]), caps[k])
            if points[k] > 0:
                reach += best
            else:
                depth -= best
        holds = (low <= nothing <= high) != negated
        top = least if reach < least else most if reach > most else reach
        bottom = least if depth < least else most if depth > most else depth
        if not negated and not holds and (top < low or bottom > high):
            continue
        total = np.int64(0)
        shown = False
        t, r = begin_times[g], begin_rows[g]
        while True:
            # What falls due at this point leaves, what comes at it enters.
            for k in range(lines):
                changed = False
                while left[k] < entered[k] and times[rows[left[k]]] + withins[k] <= t:
                    left[k] += 1
                    changed = True
                if r >= 0 and entered[k] < firsts[k, g + 1] and rows[entered[k]] == r:
                    entered[k] += 1
                    changed = True
                if changed:
                    value = points[k] * (entered[k] - left[k])
                    value = caps[k] if value > caps[k] else -caps[k] if value < -caps[k] else value
                    total += value - values[k]
                    values[k] = value
            now = least if total < least else most if total > most else total
            if ((low <= now <= high) != negated) != shown:
                shown = not shown
                out_times[at] = t
                out_rows[at] = r
                at += 1
                if first:
                    break
            t, r = forever, np.int32(-1)
            nearest = np.int32(2**31 - 1)
            for k in range(lines):
                if left[k] < entered[k]:
                    t = min(t, times[rows[left[k]]] + withins[k])
                if entered[k] < firsts[k, g + 1]:
                    nearest = min(nearest, rows[entered[k]])
            if nearest < 2**31 - 1 and times[nearest] < t:
                t, r = times[nearest], nearest
            if t > end or t >= forever:
                break
    out_starts[len(begin_times)] = at
