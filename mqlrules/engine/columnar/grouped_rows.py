"""Which rows have a mark: for each mark a list of rows, lead after lead."""

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.jit import inlined, kernel

Whole = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]


@attrs.frozen(eq=False)
class Listed:
    """Rows, group after group: those of group ``g`` are ``rows[starts[g] : starts[g + 1]]``, in history order.

    ``starts`` begins with 0 and ends with the number of rows.
    """

    rows: Places
    starts: Whole


def listed(word: npt.NDArray[Any], starts: Whole, bits: int) -> list[Listed]:
    """The rows of each of the lowest ``bits`` marks of a word."""
    counts = np.zeros(bits, np.int64)
    _count_marks(word, counts)
    ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    rows = np.empty(int(ends[-1]), np.int32)
    firsts = np.empty((bits, len(starts)), np.int64)
    _list_marks(word, starts, ends[:-1].copy(), rows, firsts)
    return [Listed(rows[ends[bit] : ends[bit + 1]], firsts[bit] - ends[bit]) for bit in range(bits)]


_PLACES = np.array(
    [
        0, 1, 2, 53, 3, 7, 54, 27, 4, 38, 41, 8, 34, 55, 48, 28, 62, 5, 39, 46, 44, 42, 22, 9, 24, 35, 59, 56, 49, 18,
        29, 11, 63, 52, 6, 26, 37, 40, 33, 47, 61, 45, 43, 21, 23, 58, 17, 10, 51, 25, 36, 32, 60, 20, 57, 16, 50, 31,
        19, 15, 30, 14, 13, 12,
    ],
    np.int64,
)  # fmt: skip
"""The place of a lone bit, by the highest six bits of its product with a de Bruijn sequence."""


@inlined
def _lowest(bits: Any) -> Any:
    lone = bits & (~bits + np.uint64(1))
    return _PLACES[(lone * np.uint64(0x022FDD63CC95386D)) >> np.uint64(58)]


@kernel
def _count_marks(word: npt.NDArray[Any], counts: Whole) -> None:
    for row in range(len(word)):
        left = np.uint64(word[row])
        while left:
            counts[_lowest(left)] += 1
            left &= left - np.uint64(1)


@kernel
def _list_marks(word: npt.NDArray[Any], starts: Whole, ends: Whole, rows: Places, firsts: Whole) -> None:
    for g in range(len(starts)):
        for bit in range(len(ends)):
            firsts[bit, g] = ends[bit]
        if g + 1 == len(starts):
            break
        for row in range(starts[g], starts[g + 1]):
            left = np.uint64(word[row])
            while left:
                bit = _lowest(left)
                rows[ends[bit]] = row
                ends[bit] += 1
                left &= left - np.uint64(1)


def chosen(hits: Listed, keep: npt.NDArray[np.bool_]) -> Listed:
    """Those of the listed rows that are kept; ``keep`` has an entry for each of them."""
    before = np.concatenate((np.zeros(1, np.int64), np.cumsum(keep, dtype=np.int64)))
    return Listed(hits.rows[keep], before[hits.starts])


def merged(one: Listed, other: Listed) -> Listed:
    """The rows of two lists as one list, each row once."""
    rows = np.empty(len(one.rows) + len(other.rows), np.int32)
    starts = np.empty(len(one.starts), np.int64)
    _merge(one.rows, one.starts, other.rows, other.starts, rows, starts)
    return Listed(rows[: starts[-1]], starts)


@kernel
def _merge(rows: Places, starts: Whole, rows2: Places, starts2: Whole, out: Places, out_starts: Whole) -> None:
    at = 0
    for g in range(len(starts) - 1):
        out_starts[g] = at
        i, j = starts[g], starts2[g]
        while i < starts[g + 1] or j < starts2[g + 1]:
            if j == starts2[g + 1] or (i < starts[g + 1] and rows[i] <= rows2[j]):
                row = rows[i]
                i += 1
            else:
                row = rows2[j]
                j += 1
            if at == out_starts[g] or out[at - 1] != row:
                out[at] = row
                at += 1
    out_starts[len(starts) - 1] = at


def rows_after(times: Whole, firsts: Whole, lasts: Whole, begin_times: Whole, begin_rows: Places) -> Whole:
    """Of some leads, whose rows go from ``firsts`` to before ``lasts``, the first row after a point of each."""
    found = np.empty(len(firsts), np.int64)
    _rows_after(times, firsts, lasts, begin_times, begin_rows, found)
    return found


@kernel
def _rows_after(
    times: Whole, firsts: Whole, lasts: Whole, begin_times: Whole, begin_rows: Places, found: Whole
) -> None:  # fmt: skip
    for k in range(len(firsts)):
        if begin_rows[k] >= 0:
            found[k] = begin_rows[k] + 1
            continue
        # A point that no event marks comes before the events of its time.
        low, high = firsts[k], lasts[k]
        while low < high:
            middle = (low + high) // 2
            if times[middle] >= begin_times[k]:
                high = middle
            else:
                low = middle + 1
        found[k] = low


def between(hits: Listed, groups: Places, befores: Whole, limits: Whole) -> Listed:
    """The lists of some of the groups, of each the rows from one on to before another."""
    begins, ends = np.empty(len(groups), np.int64), np.empty(len(groups), np.int64)
    _cut(hits.rows, hits.starts, groups, befores, limits, begins, ends)
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(ends - begins)))
    rows = np.empty(int(starts[-1]), np.int32)
    _take(hits.rows, begins, starts, rows)
    return Listed(rows, starts)


@kernel
def _cut(
    rows: Places, starts: Whole, groups: Places, befores: Whole, limits: Whole, begins: Whole, ends: Whole
) -> None:  # fmt: skip
    for k in range(len(groups)):
        for last in range(2):
            wanted = limits[k] if last else befores[k]
            low, high = starts[groups[k]], starts[groups[k] + 1]
            while low < high:
                middle = (low + high) // 2
                if rows[middle] >= wanted:
                    high = middle
                else:
                    low = middle + 1
            if last:
                ends[k] = low
            else:
                begins[k] = low


@kernel
def _take(rows: Places, begins: Whole, starts: Whole, out: Places) -> None:
    for k in range(len(begins)):
        for i in range(starts[k + 1] - starts[k]):
            out[starts[k] + i] = rows[begins[k] + i]


def repeated(hits: Listed, of: Places) -> Listed:
    """The lists of other groups: each is that of the group that ``of`` names."""
    lengths = hits.starts[of + 1] - hits.starts[of]
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    places = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths) + np.repeat(hits.starts[of], lengths)
    return Listed(hits.rows[places], starts)


def regrouped(hits: Listed, group_of_row: Whole, groups: int) -> Listed:
    """The listed rows in other groups; a row that is in none of them (-1) is left out."""
    groups_of = group_of_row[hits.rows]
    rows, groups_of = hits.rows[groups_of >= 0], groups_of[groups_of >= 0]
    order = np.argsort(groups_of, kind="stable")
    starts = np.searchsorted(groups_of[order], np.arange(groups + 1)).astype(np.int64)
    return Listed(rows[order], starts)


def first_rows(hits: Listed, never: int) -> Places:
    """The first row of each group's list; ``never`` where it is empty."""
    found = np.full(len(hits.starts) - 1, never, np.int32)
    some = hits.starts[1:] > hits.starts[:-1]
    found[some] = hits.rows[hits.starts[:-1][some]]
    return found
