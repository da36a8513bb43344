"""Truth changes over columns: the points at which a condition changes, of all groups at once.

The engine never asks whether a condition holds at some instant. From the leaves of the evaluation tree upward it lists
the points at which each node changes, and works on whole lists:

- A *group* is a lead's history, the rest of one after a recycle, or a part of one that ``with same`` makes.
- A *point* is an instant and a row: the row of the event that the point comes after, or -1 where time alone brings the
  change. Points are ordered by instant, then row, so at one instant what is due with time comes before the events
  (section 8).
- Before a group's first point nothing holds. The first change is therefore to true, the second to false, and so on: a
  list of points says it all.
- A leaf lists its changes in one pass over the rows that match its patterns. What can change next is one of very few
  things: a row enters, a row of an anchor hides older ones, a row leaves its window. The pass goes to the earliest of
  them each time (``ranges.next_point``), so its cost depends on the number of rows and not on the time between them.
- ``and``, ``or`` and ``not`` merge lists that are in order already.
- A rule's first time is the first point of a list. The lifecycle walks the lists of all rules together (``lifecycle``).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.jit import kernel

Whole = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


class TruthChanges(NamedTuple):
    """The changes of group ``g`` are ``times`` and ``rows`` from ``offsets[g]`` to ``offsets[g + 1]``."""

    times: Whole
    rows: Places
    offsets: Whole

    def first_times(self) -> tuple[Whole, Whole]:
        """The groups for which the condition is ever true, and when it first is."""
        groups = np.flatnonzero(self.offsets[1:] > self.offsets[:-1])
        return groups, self.times[self.offsets[groups]]


class Points(NamedTuple):
    """A point for each group: often its begin, which is its first event or the recycle after which it starts afresh."""

    times: Whole
    rows: Places


def space(groups: int, most: int) -> TruthChanges:
    """Arrays for a kernel to write a list of unknown length into."""
    return TruthChanges(np.empty(most, np.int64), np.empty(most, np.int32), np.empty(groups + 1, np.int64))


def written(given: TruthChanges) -> TruthChanges:
    """What a kernel wrote."""
    used = int(given.offsets[-1])
    return TruthChanges(given.times[:used], given.rows[:used], given.offsets)


def never(groups: int) -> TruthChanges:
    """A condition that never holds."""
    return TruthChanges(np.empty(0, np.int64), np.empty(0, np.int32), np.zeros(groups + 1, np.int64))


def always(begins: Points) -> TruthChanges:
    """A condition that holds from the begin on."""
    return TruthChanges(*begins, np.arange(len(begins.times) + 1, dtype=np.int64))


def of_states(
    times: Whole, rows: Places, offsets: Whole, truth: Mask, before: Mask, begins: Points, first: bool
) -> TruthChanges:
    """The changes of what is ``truth`` from each of the points on, and ``before`` from a group's begin to its first.

    With ``first`` only the first change of each group.
    """
    groups = len(begins.times)
    out = space(groups, groups if first else len(times) + groups)
    _of_states(times, rows, offsets, truth, before, *begins, first, *out)
    return written(out)


@kernel
def _of_states(
    times: Whole, rows: Places, offsets: Whole, truth: Mask, before: Mask, begin_times: Whole, begin_rows: Places,
    first: bool, out_times: Whole, out_rows: Places, out_offsets: Whole,
) -> None:  # fmt: skip
    at = 0
    for g in range(len(offsets) - 1):
        out_offsets[g] = at
        i, end = offsets[g], offsets[g + 1]
        holds = before[g] and not (i < end and times[i] == begin_times[g] and rows[i] == begin_rows[g])
        if holds:
            out_times[at] = begin_times[g]
            out_rows[at] = begin_rows[g]
            at += 1
        while i < end and not (first and at > out_offsets[g]):
            if truth[i] != holds:
                holds = not holds
                out_times[at] = times[i]
                out_rows[at] = rows[i]
                at += 1
            i += 1
    out_offsets[len(offsets) - 1] = at


def inverted(given: TruthChanges, begins: Points) -> TruthChanges:
    """``not``."""
    out = space(len(begins.times), len(given.times) + len(begins.times))
    _invert(*given, *begins, *out)
    return written(out)


@kernel
def _invert(
    times: Whole, rows: Places, offsets: Whole, begin_times: Whole, begin_rows: Places,
    out_times: Whole, out_rows: Places, out_offsets: Whole,
) -> None:  # fmt: skip
    at = 0
    for g in range(len(offsets) - 1):
        out_offsets[g] = at
        i = offsets[g]
        if i < offsets[g + 1] and times[i] == begin_times[g] and rows[i] == begin_rows[g]:
            i += 1
        else:
            out_times[at] = begin_times[g]
            out_rows[at] = begin_rows[g]
            at += 1
        while i < offsets[g + 1]:
            out_times[at] = times[i]
            out_rows[at] = rows[i]
            at += 1
            i += 1
    out_offsets[len(offsets) - 1] = at


def all_of(given: Sequence[TruthChanges], first: bool = False) -> TruthChanges:
    """``and``; with ``first`` only the first change of each group."""
    return _joined(given, 2, first)


def any_of(given: Sequence[TruthChanges], first: bool = False) -> TruthChanges:
    """``or``; with ``first`` only the first change of each group."""
    return _joined(given, 1, first)


def _joined(given: Sequence[TruthChanges], needed: int, first: bool) -> TruthChanges:
    # In pairs, so that no list is walked more often than necessary.
    while len(given) > 1:
        only_first = first and len(given) == 2
        pairs = [_pair(given[i], given[i + 1], needed, only_first) for i in range(0, len(given) - 1, 2)]
        given = [*pairs, *given[2 * len(pairs) :]]
    return given[0]


def _pair(one: TruthChanges, other: TruthChanges, needed: int, first: bool) -> TruthChanges:
    groups = len(one.offsets) - 1
    out = space(groups, groups if first else len(one.times) + len(other.times))
    _join(*one, *other, needed, first, *out)
    return written(out)


@kernel
def _join(
    times: Whole, rows: Places, offsets: Whole, times2: Whole, rows2: Places, offsets2: Whole, needed: int, first: bool,
    out_times: Whole, out_rows: Places, out_offsets: Whole,
) -> None:  # fmt: skip
    """While ``needed`` of the two hold: one or both."""
    at = 0
    for g in range(len(offsets) - 1):
        out_offsets[g] = at
        i, j = offsets[g], offsets2[g]
        end, end2 = offsets[g + 1], offsets2[g + 1]
        holds, holds2, joint = 0, 0, False
        while i < end or j < end2:
            if needed == 2 and ((i == end and holds == 0) or (j == end2 and holds2 == 0)):
                break
            if j == end2 or (i < end and (times[i] < times2[j] or (times[i] == times2[j] and rows[i] <= rows2[j]))):
                t, r = times[i], rows[i]
            else:
                t, r = times2[j], rows2[j]
            if i < end and times[i] == t and rows[i] == r:
                holds = 1 - holds
                i += 1
            if j < end2 and times2[j] == t and rows2[j] == r:
                holds2 = 1 - holds2
                j += 1
            if (holds + holds2 >= needed) != joint:
                joint = not joint
                out_times[at] = t
                out_rows[at] = r
                at += 1
                if first:
                    break
    out_offsets[len(offsets) - 1] = at


def stacked(given: Sequence[TruthChanges]) -> tuple[Whole, Places, Whole]:
    """Several lists as one, with a row of offsets for each."""
    ends = np.cumsum([0, *(len(each.times) for each in given)])
    offsets = np.stack([each.offsets + end for each, end in zip(given, ends, strict=False)])
    return np.concatenate([each.times for each in given]), np.concatenate([each.rows for each in given]), offsets


def clipped(given: TruthChanges, of: Places, begins: Points) -> TruthChanges:
    """For parts of the groups, each from its own begin on; ``of`` is the group of each part."""
    most = int((given.offsets[of + 1] - given.offsets[of]).sum())
    out = space(len(of), most + len(of))
    _clip(*given, of, *begins, *out)
    return written(out)


@kernel
def _clip(
    times: Whole, rows: Places, offsets: Whole, of: Places, begin_times: Whole, begin_rows: Places,
    out_times: Whole, out_rows: Places, out_offsets: Whole,
) -> None:  # fmt: skip
    at = 0
    for g in range(len(of)):
        out_offsets[g] = at
        i, end = offsets[of[g]], offsets[of[g] + 1]
        holds = False
        while i < end and (times[i] < begin_times[g] or (times[i] == begin_times[g] and rows[i] <= begin_rows[g])):
            holds = not holds
            i += 1
        if holds:
            out_times[at] = begin_times[g]
            out_rows[at] = begin_rows[g]
            at += 1
        while i < end:
            out_times[at] = times[i]
            out_rows[at] = rows[i]
            at += 1
            i += 1
    out_offsets[len(of)] = at


def any_part(given: TruthChanges, of: Places, groups: int) -> TruthChanges:
    """While the condition holds in some part of a group; ``of`` is the group of each part."""
    lengths = given.offsets[1:] - given.offsets[:-1]
    part = np.repeat(np.arange(len(of)), lengths)
    rises = (np.arange(len(given.times)) - given.offsets[part]) % 2 == 0
    group = of[part]
    order = np.lexsort((given.rows, given.times, group))
    out = space(groups, len(order))
    change = np.where(rises, 1, -1)[order]
    _any_part(given.times[order], given.rows[order], group[order], change, *out)
    return written(out)


@kernel
def _any_part(
    times: Whole, rows: Places, group: Places, change: Whole, out_times: Whole, out_rows: Places, out_offsets: Whole
) -> None:
    at = i = 0
    for g in range(len(out_offsets) - 1):
        out_offsets[g] = at
        holding, held = 0, False
        while i < len(times) and group[i] == g:
            holding += change[i]
            more = i + 1 < len(times) and group[i + 1] == g and times[i + 1] == times[i] and rows[i + 1] == rows[i]
            if not more and (holding > 0) != held:
                held = holding > 0
                out_times[at] = times[i]
                out_rows[at] = rows[i]
                at += 1
            i += 1
    out_offsets[len(out_offsets) - 1] = at


def holding_at(given: TruthChanges, groups: Places, at: Points) -> Mask:
    """Whether the condition holds for each of some groups at a point of each, the point included."""
    found = np.zeros(len(groups), np.bool_)
    _holding_at(*given, groups, *at, found)
    return found


@kernel
def _holding_at(
    times: Whole, rows: Places, offsets: Whole, groups: Places, at_times: Whole, at_rows: Places, out: Mask
) -> None:
    for k in range(len(groups)):
        low, high = offsets[groups[k]], offsets[groups[k] + 1]
        while low < high:
            middle = (low + high) // 2
            if times[middle] < at_times[k] or (times[middle] == at_times[k] and rows[middle] <= at_rows[k]):
                low = middle + 1
            else:
                high = middle
        out[k] = (low - offsets[groups[k]]) % 2 == 1
