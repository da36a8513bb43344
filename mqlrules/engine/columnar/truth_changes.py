"""Truth over time: for each group the points at which a condition changes, and how such lists are joined.

A *point* is an instant and a row: the row of the event after which it lies, or ``DUE`` where no event marks it; at one
instant what falls due comes before the events. Before the begin of a group nothing holds, so the first change is
always to true, the second to false, and so on.
"""

import attrs
import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.jit import kernel

Whole = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]


@attrs.frozen(eq=False)
class Toggles:
    """The changes of group ``g``: ``times`` and ``rows`` from ``starts[g]`` to ``starts[g + 1]``."""

    times: Whole
    rows: Places
    starts: Whole

    def first_times(self) -> tuple[Whole, Whole]:
        """The groups of which the condition is ever true, and when it first is."""
        groups = np.flatnonzero(self.starts[1:] > self.starts[:-1])
        return groups, self.times[self.starts[groups]]


@attrs.frozen(eq=False)
class Begins:
    """The point at which each group begins: its first event, or the recycle after which a lead starts afresh."""

    times: Whole
    rows: Places

    def __len__(self) -> int:
        return len(self.times)


class Room:
    """Arrays that a kernel writes a list of unknown length into."""

    def __init__(self, groups: int, most: int) -> None:
        self.times = np.empty(most, np.int64)
        self.rows = np.empty(most, np.int32)
        self.starts = np.empty(groups + 1, np.int64)

    def filled(self) -> Toggles:
        """What was written."""
        used = int(self.starts[-1])
        return Toggles(self.times[:used], self.rows[:used], self.starts)


def never(groups: int) -> Toggles:
    """Of what never holds."""
    return Toggles(np.empty(0, np.int64), np.empty(0, np.int32), np.zeros(groups + 1, np.int64))


def always(begins: Begins) -> Toggles:
    """Of what holds from the begin on."""
    return Toggles(begins.times, begins.rows, np.arange(len(begins) + 1, dtype=np.int64))


def inverted(given: Toggles, begins: Begins) -> Toggles:
    """Of what holds where the other doesn't."""
    room = Room(len(begins), len(given.times) + len(begins))
    _invert(given.times, given.rows, given.starts, begins.times, begins.rows, room.times, room.rows, room.starts)
    return room.filled()


@kernel
def _invert(
    times: Whole, rows: Places, starts: Whole, begin_times: Whole, begin_rows: Places,
    out_times: Whole, out_rows: Places, out_starts: Whole,
) -> None:  # fmt: skip
    at = 0
    for g in range(len(starts) - 1):
        out_starts[g] = at
        i = starts[g]
        if i < starts[g + 1] and times[i] == begin_times[g] and rows[i] == begin_rows[g]:
            i += 1
        else:
            out_times[at] = begin_times[g]
            out_rows[at] = begin_rows[g]
            at += 1
        while i < starts[g + 1]:
            out_times[at] = times[i]
            out_rows[at] = rows[i]
            at += 1
            i += 1
    out_starts[len(starts) - 1] = at


def joined(one: Toggles, other: Toggles, both: bool, first: bool = False) -> Toggles:
    """Of what holds where both do, or where one of them does; with ``first`` only the first change of each group."""
    groups = len(one.starts) - 1
    room = Room(groups, groups if first else len(one.times) + len(other.times))
    _join(
        one.times, one.rows, one.starts, other.times, other.rows, other.starts, 2 if both else 1, first,
        room.times, room.rows, room.starts,
    )  # fmt: skip
    return room.filled()


@kernel
def _join(
    times: Whole, rows: Places, starts: Whole, times2: Whole, rows2: Places, starts2: Whole, needed: int, first: bool,
    out_times: Whole, out_rows: Places, out_starts: Whole,
) -> None:  # fmt: skip
    at = 0
    for g in range(len(starts) - 1):
        out_starts[g] = at
        i, j = starts[g], starts2[g]
        end, end2 = starts[g + 1], starts2[g + 1]
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
            now = holds + holds2 >= needed
            if now != joint:
                joint = now
                out_times[at] = t
                out_rows[at] = r
                at += 1
                if first:
                    break
    out_starts[len(starts) - 1] = at


def all_joined(given: list[Toggles], both: bool, first: bool = False) -> Toggles:
    """``joined`` of any number, two and two, so that no list is gone through more often than needed."""
    while len(given) > 2:
        pairs = [joined(given[i], given[i + 1], both) for i in range(0, len(given) - 1, 2)]
        given = pairs + ([given[-1]] if len(given) % 2 else [])
    return given[0] if len(given) == 1 else joined(given[0], given[1], both, first)


def clipped(given: Toggles, of: Places, begins: Begins) -> Toggles:
    """For other groups, each inside one of those given (``of`` says in which), from their own begin on."""
    most = int((given.starts[of + 1] - given.starts[of]).sum())
    room = Room(len(of), most + len(of))
    _clip(given.times, given.rows, given.starts, of, begins.times, begins.rows, room.times, room.rows, room.starts)
    return room.filled()


@kernel
def _clip(
    times: Whole, rows: Places, starts: Whole, of: Places, begin_times: Whole, begin_rows: Places,
    out_times: Whole, out_rows: Places, out_starts: Whole,
) -> None:  # fmt: skip
    at = 0
    for g in range(len(of)):
        out_starts[g] = at
        holds = False
        begun = False
        for i in range(starts[of[g]], starts[of[g] + 1]):
            t, r = times[i], rows[i]
            later = t > begin_times[g] or (t == begin_times[g] and r > begin_rows[g])
            if later and not begun:
                begun = True
                if holds:
                    out_times[at] = begin_times[g]
                    out_rows[at] = begin_rows[g]
                    at += 1
            holds = not holds
            if later:
                out_times[at] = t
                out_rows[at] = r
                at += 1
        if holds and not begun:
            out_times[at] = begin_times[g]
            out_rows[at] = begin_rows[g]
            at += 1
    out_starts[len(of)] = at


def any_part(given: Toggles, of: Places, groups: int) -> Toggles:
    """Of what holds of a group where it holds of one of its parts; ``of`` says to which group each part belongs."""
    lengths = given.starts[1:] - given.starts[:-1]
    part = np.repeat(np.arange(len(of)), lengths)
    rises = (np.arange(len(given.times)) - given.starts[part]) % 2 == 0
    group = of[part]
    order = np.lexsort((given.rows, given.times, group))
    room = Room(groups, len(order))
    _any_part(
        given.times[order], given.rows[order], group[order], np.where(rises, 1, -1)[order],
        room.times, room.rows, room.starts,
    )  # fmt: skip
    return room.filled()


@kernel
def _any_part(
    times: Whole, rows: Places, group: Places, change: Whole, out_times: Whole, out_rows: Places, out_starts: Whole
) -> None:
    at = i = 0
    for g in range(len(out_starts) - 1):
        out_starts[g] = at
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
    out_starts[len(out_starts) - 1] = at


def either(one: Toggles, other: Toggles, use_other: npt.NDArray[np.bool_]) -> Toggles:
    """Group by group one list or the other."""
    room = Room(len(use_other), len(one.times) + len(other.times))
    _either(
        one.times, one.rows, one.starts, other.times, other.rows, other.starts, use_other,
        room.times, room.rows, room.starts,
    )  # fmt: skip
    return room.filled()


@kernel
def _either(
    times: Whole, rows: Places, starts: Whole, times2: Whole, rows2: Places, starts2: Whole,
    use_other: npt.NDArray[np.bool_], out_times: Whole, out_rows: Places, out_starts: Whole,
) -> None:  # fmt: skip
    at = 0
    for g in range(len(use_other)):
        out_starts[g] = at
        if use_other[g]:
            for i in range(starts2[g], starts2[g + 1]):
                out_times[at] = times2[i]
                out_rows[at] = rows2[i]
                at += 1
        else:
            for i in range(starts[g], starts[g + 1]):
                out_times[at] = times[i]
                out_rows[at] = rows[i]
                at += 1
    out_starts[len(use_other)] = at


def holding_at(given: Toggles, groups: Places, times: Whole, rows: Places) -> npt.NDArray[np.bool_]:
    """Whether it holds of each of some groups at a point of each, the point included."""
    found = np.zeros(len(groups), np.bool_)
    _holding_at(given.times, given.rows, given.starts, groups, times, rows, found)
    return found


@kernel
def _holding_at(
    times: Whole, rows: Places, starts: Whole, groups: Places, at_times: Whole, at_rows: Places,
    out: npt.NDArray[np.bool_],
) -> None:  # fmt: skip
    for k in range(len(groups)):
        low, high = starts[groups[k]], starts[groups[k] + 1]
        while low < high:
            middle = (low + high) // 2
            if times[middle] < at_times[k] or (times[middle] == at_times[k] and rows[middle] <= at_rows[k]):
                low = middle + 1
            else:
                high = middle
        out[k] = (low - starts[groups[k]]) % 2 == 1
