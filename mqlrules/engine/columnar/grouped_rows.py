"""Grouped rows: the rows that have a mark, group after group."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.jit import inlined, kernel
from mqlrules.engine.columnar.truth_changes import Mask, Places, Points, Whole

LAST = 2**31 - 1
"""After every row."""


class GroupedRows(NamedTuple):
    """The rows of group ``g`` are ``rows[offsets[g] : offsets[g + 1]]``, in history order."""

    rows: Places
    offsets: Whole


def offsets_of(lengths: npt.NDArray[Any]) -> Whole:
    """The offsets of lists of these lengths."""
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)))


def with_marks(word: npt.NDArray[Any], offsets: Whole, bits: int) -> list[GroupedRows]:
    """The rows with each of the lowest ``bits`` marks of a word; ``offsets`` are those of the groups' rows."""
    counts = np.zeros(bits, np.int64)
    _count_marks(word, counts)
    ends = offsets_of(counts)
    rows = np.empty(int(ends[-1]), np.int32)
    firsts = np.empty((bits, len(offsets)), np.int64)
    _list_marks(word, offsets, ends[:-1].copy(), rows, firsts)
    return [GroupedRows(rows[ends[bit] : ends[bit + 1]], firsts[bit] - ends[bit]) for bit in range(bits)]


_PLACES = np.array(
    [
        0, 1, 2, 53, 3, 7, 54, 27, 4, 38, 41, 8, 34, 55, 48, 28, 62, 5, 39, 46, 44, 42, 22, 9, 24, 35, 59, 56, 49, 18,
        29, 11, 63, 52, 6, 26, 37, 40, 33, 47, 61, 45, 43, 21, 23, 58, 17, 10, 51, 25, 36, 32, 60, 20, 57, 16, 50, 31,
        19, 15, 30, 14, 13, 12,
    ],
    np.int64,
)  # fmt: skip
"""The place of the only bit set, by the highest six bits of its product with a de Bruijn sequence."""


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
def _list_marks(word: npt.NDArray[Any], offsets: Whole, ends: Whole, rows: Places, firsts: Whole) -> None:
    for g in range(len(offsets)):
        for bit in range(len(ends)):
            firsts[bit, g] = ends[bit]
        if g + 1 == len(offsets):
            break
        for row in range(offsets[g], offsets[g + 1]):
            left = np.uint64(word[row])
            while left:
                bit = _lowest(left)
                rows[ends[bit]] = row
                ends[bit] += 1
                left &= left - np.uint64(1)


# -- other lists made of lists -------------------------------------------------------------------------------------


def chosen(given: GroupedRows, keep: Mask) -> GroupedRows:
    """The rows that are kept; ``keep`` has an entry for each."""
    return GroupedRows(given.rows[keep], offsets_of(keep)[given.offsets])


def merged(one: GroupedRows, other: GroupedRows) -> GroupedRows:
    """The rows of two lists as one list, each row once."""
    rows = np.empty(len(one.rows) + len(other.rows), np.int32)
    offsets = np.empty(len(one.offsets), np.int64)
    _merge(*one, *other, rows, offsets)
    return GroupedRows(rows[: offsets[-1]], offsets)


@kernel
def _merge(rows: Places, offsets: Whole, rows2: Places, offsets2: Whole, out: Places, out_offsets: Whole) -> None:
    at = 0
    for g in range(len(offsets) - 1):
        out_offsets[g] = at
        i, j = offsets[g], offsets2[g]
        while i < offsets[g + 1] or j < offsets2[g + 1]:
            if j == offsets2[g + 1] or (i < offsets[g + 1] and rows[i] <= rows2[j]):
                row = rows[i]
                i += 1
            else:
                row = rows2[j]
                j += 1
            if at == out_offsets[g] or out[at - 1] != row:
                out[at] = row
                at += 1
    out_offsets[len(offsets) - 1] = at


def repeated(given: GroupedRows, of: Places) -> GroupedRows:
    """The lists of other groups; ``of`` is the group whose list each has."""
    lengths = given.offsets[of + 1] - given.offsets[of]
    offsets = offsets_of(lengths)
    places = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths) + np.repeat(given.offsets[of], lengths)
    return GroupedRows(given.rows[places], offsets)


def regrouped(given: GroupedRows, group_of_row: Whole, groups: int) -> GroupedRows:
    """The rows in other groups, without those whose group is -1."""
    groups_of = group_of_row[given.rows]
    rows, groups_of = given.rows[groups_of >= 0], groups_of[groups_of >= 0]
    order = np.argsort(groups_of, kind="stable")
    return GroupedRows(rows[order], np.searchsorted(groups_of[order], np.arange(groups + 1)).astype(np.int64))


def first_rows(given: GroupedRows, never: int) -> Places:
    """The first row of each group, ``never`` where it has none."""
    found = np.full(len(given.offsets) - 1, never, np.int32)
    some = given.offsets[1:] > given.offsets[:-1]
    found[some] = given.rows[given.offsets[:-1][some]]
    return found


# -- rows between points -------------------------------------------------------------------------------------------


def rows_after(times: Whole, firsts: Whole, lasts: Whole, points: Points) -> Whole:
    """The first row after a point of each group, whose rows go from ``firsts`` to before ``lasts``."""
    found = np.empty(len(firsts), np.int64)
    _rows_after(times, firsts, lasts, *points, found)
    return found


@kernel
def _rows_after(
    times: Whole, firsts: Whole, lasts: Whole, point_times: Whole, point_rows: Places, found: Whole
) -> None:  # fmt: skip
    for k in range(len(firsts)):
        if point_rows[k] >= 0:
            found[k] = point_rows[k] + 1
            continue
        # A point without an event comes before the events of its time.
        low, high = firsts[k], lasts[k]
        while low < high:
            middle = (low + high) // 2
            if times[middle] >= point_times[k]:
                high = middle
            else:
                low = middle + 1
        found[k] = low


def between(given: GroupedRows, groups: Places, firsts: Whole, limits: Whole) -> GroupedRows:
    """The lists of some groups, each from a row on to before another."""
    begins, ends = np.empty(len(groups), np.int64), np.empty(len(groups), np.int64)
    _first_from(*given, groups, firsts, begins)
    _first_from(*given, groups, limits, ends)
    offsets = offsets_of(ends - begins)
    rows = np.empty(int(offsets[-1]), np.int32)
    _take(given.rows, begins, offsets, rows)
    return GroupedRows(rows, offsets)


@kernel
def _first_from(rows: Places, offsets: Whole, groups: Places, wanted: Whole, out: Whole) -> None:
    for k in range(len(groups)):
        low, high = offsets[groups[k]], offsets[groups[k] + 1]
        while low < high:
            middle = (low + high) // 2
            if rows[middle] >= wanted[k]:
                high = middle
            else:
                low = middle + 1
        out[k] = low


@kernel
def _take(rows: Places, begins: Whole, offsets: Whole, out: Places) -> None:
    for k in range(len(begins)):
        for i in range(offsets[k + 1] - offsets[k]):
            out[offsets[k] + i] = rows[begins[k] + i]


# -- restrictions that are rows ------------------------------------------------------------------------------------


def restricted(
    given: GroupedRows, times: Whole, during: tuple[int, int] | None, before: list[GroupedRows]
) -> GroupedRows:
    """The rows at times inside ``during`` and before the first row of each of the lists ``before``."""
    if not given.rows.size or (during is None and not before):
        return given
    keep = np.ones(len(given.rows), np.bool_)
    if during is not None:
        at = times[given.rows]
        keep &= (at >= during[0]) & (at < during[1])
    if before:
        cut = np.minimum.reduce([first_rows(anchor, LAST) for anchor in before])
        keep &= given.rows < np.repeat(cut, given.offsets[1:] - given.offsets[:-1])
    return chosen(given, keep)


def floors(since: list[GroupedRows], after: list[GroupedRows]) -> GroupedRows | None:
    """Floors: only rows after the latest floor so far are visible, and none before the first floor. None: all are.

    There is a floor once every anchor has been met. From then on each row of ``since`` is one.
    """
    if not since and not after:
        return None
    if len(since) == 1 and not after:
        return since[0]
    met = np.maximum.reduce([first_rows(anchor, LAST) for anchor in (*since, *after)])
    some = met < LAST
    once = GroupedRows(met[some], offsets_of(some))
    if not since:
        return once
    rising = since[0]
    for anchor in since[1:]:
        rising = merged(rising, anchor)
    above = rising.rows > np.repeat(met, rising.offsets[1:] - rising.offsets[:-1])
    return merged(once, chosen(rising, above))
