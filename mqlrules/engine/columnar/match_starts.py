"""Counts, distinct values and sequences as *starts*.

``P >= n`` holds while the n-th latest match is visible, ``distinct(…) >= n`` while the latest event of the n-th latest
value is, a sequence while the first event of the choice that starts latest is. So each of them comes down to rows that
complete something, and with each the row at which it started, or -1 where nothing is complete: the condition holds
while the latest start so far is visible.
"""

import attrs
import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.grouped_rows import Listed
from mqlrules.engine.columnar.jit import FOREVER, kernel
from mqlrules.engine.columnar.truth_changes import Room, Toggles

Whole = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]


@attrs.frozen(eq=False)
class Starts:
    """For each row of a list the row at which what it completes started."""

    hits: Listed
    starts: Places


def nth_latest(hits: Listed, number: int) -> Starts:
    """Each match completes ``number`` of them, if there are as many."""
    if number == 1:
        return Starts(hits, hits.rows)
    starts = np.full(len(hits.rows), -1, np.int32)
    if number <= len(hits.rows):
        _nth_latest(hits.rows, hits.starts, number, starts)
    return Starts(hits, starts)


@kernel
def _nth_latest(rows: Places, firsts: Whole, number: int, out: Places) -> None:
    for g in range(len(firsts) - 1):
        for i in range(firsts[g] + number - 1, firsts[g + 1]):
            out[i] = rows[i - number + 1]


def nth_latest_value(hits: Listed, values: npt.NDArray[np.int64], number: int) -> Starts:
    """Each match completes ``number`` different values; ``values`` are those of all rows."""
    starts = np.full(len(hits.rows), -1, np.int32)
    if number <= len(hits.rows):
        _nth_value(
            hits.rows, hits.starts, values, number, np.empty(number, np.int64), np.empty(number, np.int32), starts
        )
    return Starts(hits, starts)


@kernel
def _nth_value(
    rows: Places, firsts: Whole, values: Whole, number: int, latest: Whole, seen: Places, out: Places
) -> None:
    for g in range(len(firsts) - 1):
        known = 0
        for i in range(firsts[g], firsts[g + 1]):
            row = rows[i]
            value = values[row]
            # The latest values come first: those before this one's old place make room for it.
            at = 0
            before, before_row = value, row
            while at < known:
                here, here_row = latest[at], seen[at]
                latest[at], seen[at] = before, before_row
                if here == value:
                    break
                before, before_row = here, here_row
                at += 1
            if at == known and known < number:
                latest[known], seen[known] = before, before_row
                known += 1
            if known == number:
                out[i] = seen[number - 1]


def next_step(
    times: Whole, before: Starts, hits: Listed, number: int, within: int | None, after: int, absent: Listed | None
) -> Starts:
    """The starts of a sequence with one step more (section 6).

    A match completes the step if ``number`` of them came since the step before, which was completed less than
    ``within`` and at least ``after`` ago, with nothing ``absent`` between; of all such choices the latest start counts.
    """
    starts = np.full(len(hits.rows), -1, np.int32)
    if within is None and absent is None and after == 0 and number == 1:
        _any_before(before.hits.rows, before.starts, before.hits.starts, hits.rows, hits.starts, starts)
    else:
        other = hits if absent is None else absent
        most = int((before.hits.starts[1:] - before.hits.starts[:-1]).max(initial=0))
        _next_step(
            times, before.hits.rows, before.starts, before.hits.starts, hits.rows, hits.starts, number,
            FOREVER if within is None else within, after, absent is not None, other.rows, other.starts,
            np.empty(most, np.int64), starts,
        )  # fmt: skip
    return Starts(hits, starts)


@kernel
def _any_before(
    rows_before: Places, starts: Places, firsts_before: Whole, rows: Places, firsts: Whole, out: Places
) -> None:
    for g in range(len(firsts) - 1):
        j, end = firsts_before[g], firsts_before[g + 1]
        if j == end:
            continue
        best = np.int32(-1)
        for i in range(firsts[g], firsts[g + 1]):
            row = rows[i]
            while j < end and rows_before[j] < row:
                best = max(best, starts[j])
                j += 1
            out[i] = best


@kernel
def _next_step(
    times: Whole, rows_before: Places, starts: Places, firsts_before: Whole, rows: Places, firsts: Whole, number: int,
    within: int, after: int, has_absent: bool, absent_rows: Places, absent_firsts: Whole, queue: Whole, out: Places,
) -> None:  # fmt: skip
    for g in range(len(firsts) - 1):
        j, end = firsts_before[g], firsts_before[g + 1]
        # The candidates that may still be wanted, the latest start first: their places among the rows before.
        head = tail = 0
        x = absent_firsts[g]
        barred = -1
        for i in range(firsts[g] + number - 1, firsts[g + 1]):
            row, earliest, time = rows[i], rows[i - number + 1], times[rows[i]]
            while j < end and rows_before[j] < earliest and times[rows_before[j]] + after <= time:
                if starts[j] >= 0:
                    while tail > head and starts[queue[tail - 1]] <= starts[j]:
                        tail -= 1
                    queue[tail] = j
                    tail += 1
                j += 1
            if has_absent:
                while x < absent_firsts[g + 1] and absent_rows[x] < row:
                    barred = absent_rows[x]
                    x += 1
            while head < tail:
                candidate = rows_before[queue[head]]
                if candidate < barred or times[candidate] + within <= time:
                    head += 1
                else:
                    break
            if head < tail:
                out[i] = starts[queue[head]]


def kept_quiet(times: Whole, given: Starts, absent: Listed, lasting: int) -> Starts:
    """Only what is followed by no event of ``absent`` for ``lasting``."""
    starts = given.starts.copy()
    _kept_quiet(times, given.hits.rows, given.hits.starts, absent.rows, absent.starts, lasting, starts)
    return Starts(given.hits, starts)


@kernel
def _kept_quiet(
    times: Whole, rows: Places, firsts: Whole, absent_rows: Places, absent_firsts: Whole, lasting: int, starts: Places
) -> None:
    for g in range(len(firsts) - 1):
        x = absent_firsts[g]
        for i in range(firsts[g], firsts[g + 1]):
            while x < absent_firsts[g + 1] and absent_rows[x] <= rows[i]:
                x += 1
            if x < absent_firsts[g + 1] and times[absent_rows[x]] < times[rows[i]] + lasting:
                starts[i] = -1


def while_visible(
    times: Whole, given: Starts, end: int, *, lag: int, within: int | None, floors: Listed | None, first: bool
) -> Toggles:
    """While the latest start is visible: ``lag`` after it was completed, less than ``within`` after it started, and
    after the latest of ``floors`` (if there is such a list, only once there is one).
    """
    firsts = given.hits.starts
    groups = len(firsts) - 1
    hits = int(firsts[-1] - firsts[0])
    most = groups if first else 2 * hits if within is not None or floors is not None else groups
    room = Room(groups, most)
    span = FOREVER if within is None else within
    if lag == 0 and floors is None and (first or within is None):
        _first_visible(times, given.hits.rows, firsts, given.starts, span, room.times, room.rows, room.starts)
    elif lag == 0 and floors is None:
        _while_within(times, given.hits.rows, firsts, given.starts, span, end, room.times, room.rows, room.starts)
    else:
        other = given.hits if floors is None else floors
        _while_visible(
            times, given.hits.rows, firsts, given.starts, lag, span, floors is not None, other.rows, other.starts,
            end, first, room.times, room.rows, room.starts,
        )  # fmt: skip
    return room.filled()


@kernel
def _first_visible(
    times: Whole, rows: Places, firsts: Whole, starts: Places, within: int,
    out_times: Whole, out_rows: Places, out_starts: Whole,
) -> None:  # fmt: skip
    at = 0
    for g in range(len(firsts) - 1):
        out_starts[g] = at
        for i in range(firsts[g], firsts[g + 1]):
            if starts[i] >= 0 and times[rows[i]] < times[starts[i]] + within:
                out_times[at] = times[rows[i]]
                out_rows[at] = rows[i]
                at += 1
                break
    out_starts[len(firsts) - 1] = at


@kernel
def _while_within(
    times: Whole, rows: Places, firsts: Whole, starts: Places, within: int, end: int,
    out_times: Whole, out_rows: Places, out_starts: Whole,
) -> None:  # fmt: skip
    at = 0
    for g in range(len(firsts) - 1):
        out_starts[g] = at
        until = np.int64(0)
        holds = False
        for i in range(firsts[g], firsts[g + 1]):
            if starts[i] < 0:
                continue
            time = times[rows[i]]
            if holds and until <= time:
                out_times[at] = until
                out_rows[at] = -1
                at += 1
                holds = False
            ends = times[starts[i]] + within
            if not holds and time < ends:
                out_times[at] = time
                out_rows[at] = rows[i]
                at += 1
                holds = True
                until = ends
            elif holds and ends > until:
                until = ends
        if holds and until <= end:
            out_times[at] = until
            out_rows[at] = -1
            at += 1
    out_starts[len(firsts) - 1] = at


@kernel
def _while_visible(
    times: Whole, rows: Places, firsts: Whole, starts: Places, lag: int, within: int, has_floors: bool,
    floor_rows: Places, floor_firsts: Whole, end: int, first: bool,
    out_times: Whole, out_rows: Places, out_starts: Whole,
) -> None:  # fmt: skip
    forever = 2**62
    at = 0
    for g in range(len(firsts) - 1):
        out_starts[g] = at
        i, last = firsts[g], firsts[g + 1]
        f = floor_firsts[g]
        f_last = floor_firsts[g + 1] if has_floors else f
        start, floor = -1, -1
        holds = False
        while i < last or f < f_last or holds:
            # The next point: something is complete, a floor rises, or the start leaves its window.
            t, r = forever, -1
            if i < last:
                t = times[rows[i]] + lag
                r = rows[i] if lag == 0 else -1
            if f < f_last:
                ft, fr = times[floor_rows[f]], floor_rows[f]
                if ft < t or (ft == t and fr < r):
                    t, r = ft, fr
            if holds and times[start] + within <= t:
                t, r = times[start] + within, -1
            if t > end:
                break
            while i < last and times[rows[i]] + lag == t and (lag > 0 or rows[i] == r):
                start = max(start, starts[i])
                i += 1
            if f < f_last and times[floor_rows[f]] == t and floor_rows[f] == r:
                floor = floor_rows[f]
                f += 1
            now = start > floor and (floor >= 0 or not has_floors) and times[start] + within > t
            if now != holds:
                holds = now
                out_times[at] = t
                out_rows[at] = r
                at += 1
                if first:
                    break
    out_starts[len(firsts) - 1] = at
