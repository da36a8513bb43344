"""Match starts: counts, numbers of different values and sequences, all as "while the start of a match is visible".

``P >= n`` holds while the n-th latest match is visible, ``distinct(…) >= n`` while the latest event of the n-th latest
value is, and a sequence while the first event of the choice that starts latest is. Each comes down to rows that
complete a match, each with the row at which the match starts. The condition holds while the latest start so far is
visible.
"""

from typing import NamedTuple

import numpy as np

from mqlrules.engine.columnar.grouped_rows import GroupedRows
from mqlrules.engine.columnar.jit import FOREVER, kernel
from mqlrules.engine.columnar.ranges import Window, next_point
from mqlrules.engine.columnar.truth_changes import Places, TruthChanges, Whole, space, written


class MatchStarts(NamedTuple):
    """For each row of a list the row at which its match starts, -1 where it completes none."""

    rows: Places
    offsets: Whole
    starts: Places

    @property
    def hits(self) -> GroupedRows:
        """The rows without their starts."""
        return GroupedRows(self.rows, self.offsets)


def nth_latest(hits: GroupedRows, number: int) -> MatchStarts:
    """Each row completes ``number`` of them, if there are as many."""
    if number == 1:
        return MatchStarts(*hits, hits.rows)
    starts = np.full(len(hits.rows), -1, np.int32)
    if number <= len(hits.rows):
        _nth_latest(*hits, number, starts)
    return MatchStarts(*hits, starts)


@kernel
def _nth_latest(rows: Places, offsets: Whole, number: int, out: Places) -> None:
    for g in range(len(offsets) - 1):
        for i in range(offsets[g] + number - 1, offsets[g + 1]):
            out[i] = rows[i - number + 1]


def nth_latest_value(hits: GroupedRows, values: Whole, number: int) -> MatchStarts:
    """Each row completes ``number`` different values; ``values`` are those of all rows."""
    starts = np.full(len(hits.rows), -1, np.int32)
    if number <= len(hits.rows):
        _nth_value(*hits, values, number, np.empty(number, np.int64), np.empty(number, np.int32), starts)
    return MatchStarts(*hits, starts)


@kernel
def _nth_value(
    rows: Places, offsets: Whole, values: Whole, number: int, latest: Whole, seen: Places, out: Places
) -> None:
    """``latest`` and ``seen`` are for the latest values, the latest first, and the rows that had them last."""
    for g in range(len(offsets) - 1):
        known = 0
        for i in range(offsets[g], offsets[g + 1]):
            row = rows[i]
            value = values[row]
            # The value moves to the front; those before its old place each move back by one.
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


# -- sequences -----------------------------------------------------------------------------------------------------


def next_step(
    times: Whole,
    before: MatchStarts,
    hits: GroupedRows,
    number: int,
    within: int | None,
    after: int,
    absent: GroupedRows | None,
) -> MatchStarts:
    """The matches of a sequence with one more step (section 6).

    A row completes the step if ``number`` rows came since the step before, which was completed less than ``within`` and
    at least ``after`` ago, with no row of ``absent`` between. Of all such choices the latest start counts.
    """
    starts = np.full(len(hits.rows), -1, np.int32)
    most = int((before.offsets[1:] - before.offsets[:-1]).max(initial=0))
    _next_step(
        times, *before, *hits, number, FOREVER if within is None else within, after, absent is not None,
        *(hits if absent is None else absent), np.empty(most, np.int64), starts,
    )  # fmt: skip
    return MatchStarts(*hits, starts)


@kernel
def _next_step(
    times: Whole, rows_before: Places, offsets_before: Whole, starts: Places, rows: Places, offsets: Whole, number: int,
    within: int, after: int, has_absent: bool, absent_rows: Places, absent_offsets: Whole, queue: Whole, out: Places,
) -> None:  # fmt: skip
    """``queue`` is for the places before that may still be wanted: each starts earlier than the one before it."""
    for g in range(len(offsets) - 1):
        j, end = offsets_before[g], offsets_before[g + 1]
        head = tail = 0
        x = absent_offsets[g]
        barred = -1
        for i in range(offsets[g] + number - 1, offsets[g + 1]):
            row, earliest, time = rows[i], rows[i - number + 1], times[rows[i]]
            while j < end and rows_before[j] < earliest and times[rows_before[j]] + after <= time:
                if starts[j] >= 0:
                    while tail > head and starts[queue[tail - 1]] <= starts[j]:
                        tail -= 1
                    queue[tail] = j
                    tail += 1
                j += 1
            if has_absent:
                while x < absent_offsets[g + 1] and absent_rows[x] < row:
                    barred = absent_rows[x]
                    x += 1
            while head < tail and (
                rows_before[queue[head]] < barred or times[rows_before[queue[head]]] + within <= time
            ):
                head += 1
            if head < tail:
                out[i] = starts[queue[head]]


def kept_quiet(times: Whole, given: MatchStarts, absent: GroupedRows, lasting: int) -> MatchStarts:
    """Only the matches that no row of ``absent`` follows for ``lasting``."""
    starts = given.starts.copy()
    _kept_quiet(times, *given.hits, *absent, lasting, starts)
    return MatchStarts(*given.hits, starts)


@kernel
def _kept_quiet(
    times: Whole, rows: Places, offsets: Whole, absent_rows: Places, absent_offsets: Whole, lasting: int, starts: Places
) -> None:
    for g in range(len(offsets) - 1):
        x = absent_offsets[g]
        for i in range(offsets[g], offsets[g + 1]):
            while x < absent_offsets[g + 1] and absent_rows[x] <= rows[i]:
                x += 1
            if x < absent_offsets[g + 1] and times[absent_rows[x]] < times[rows[i]] + lasting:
                starts[i] = -1


# -- truth ---------------------------------------------------------------------------------------------------------


def while_visible(times: Whole, given: MatchStarts, end: int, window: Window, first: bool) -> TruthChanges:
    """While the latest start so far is visible: from ``lag`` after its match is complete, until ``within`` after it."""
    groups, rows = len(given.offsets) - 1, len(given.rows)
    once = first or (window.within == FOREVER and not window.has_floors)
    out = space(groups, groups if once else 2 * rows)
    _while_visible(times, *given, *window, end, first, *out)
    return written(out)


@kernel
def _while_visible(
    times: Whole, rows: Places, offsets: Whole, starts: Places, lag: int, within: int, has_floors: bool,
    floor_rows: Places, floor_offsets: Whole, end: int, first: bool,
    out_times: Whole, out_rows: Places, out_offsets: Whole,
) -> None:  # fmt: skip
    at = 0
    for g in range(len(offsets) - 1):
        out_offsets[g] = at
        i, last = offsets[g], offsets[g + 1]
        f = floor_offsets[g]
        last_floor = floor_offsets[g + 1] if has_floors else f
        start, floor = -1, -1
        holds = False
        while i < last or f < last_floor or holds:
            t, r = next_point(
                times, rows[i] if i < last else -1, lag, floor_rows[f] if f < last_floor else -1,
                start if holds else -1, within,
            )  # fmt: skip
            if t > end:
                break
            while i < last and times[rows[i]] + lag == t and (lag > 0 or rows[i] == r):
                start = max(start, starts[i])
                i += 1
            if f < last_floor and times[floor_rows[f]] == t and floor_rows[f] == r:
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
    out_offsets[len(offsets) - 1] = at
