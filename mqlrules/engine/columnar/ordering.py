"""Rows of one part in the order of their histories: by lead, by time, those of one time as they arrived (section 2)."""

import attrs
import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.encode import Array, Rows
from mqlrules.engine.columnar.jit import kernel

Whole = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]

SHORT = 24
"""Histories up to this length are put in order by insertion."""


@attrs.frozen(eq=False)
class Sheet:
    """The histories of some leads. Those of lead ``g`` are the rows ``starts[g]`` to ``starts[g + 1]``.

    ``leads`` are codes; ``columns`` are those of ``Rows`` but for lead and time.
    """

    leads: Places
    starts: Whole
    times: Whole
    columns: Rows

    def __len__(self) -> int:
        return len(self.leads)

    def in_pieces(self, most: int) -> "list[Sheet]":
        """The same, as sheets of at most so many leads; one at least."""
        if len(self) <= most:
            return [self]
        found = []
        for first in range(0, len(self), most):
            starts = self.starts[first : first + most + 1]
            rows = slice(starts[0], starts[-1])
            columns = {name: column[rows] for name, column in self.columns.items()}
            found.append(Sheet(self.leads[first : first + most], starts - starts[0], self.times[rows], columns))
        return found


def sheet_of(rows: Rows, parts: int) -> Sheet:
    """The sheet of the rows of one part: leads whose codes have one remainder by the number of parts."""
    lead, time = rows["lead"], rows["time"]
    count = int(lead.max()) // parts + 1 if len(lead) else 0
    starts = np.zeros(count + 1, np.int64)
    order = np.empty(len(lead), np.int32)
    sorted_times = np.empty(len(lead), np.int64)
    arrival = _roughly_by_time(time)
    longest = int(_by_lead(lead, time, arrival, parts, starts, order, sorted_times))
    room = longest if longest > SHORT else 0
    _by_time(starts, order, sorted_times, np.empty(room, np.int32), np.empty(room, np.int64))
    columns = {name: _taken(column, order) for name, column in rows.items() if name not in ("lead", "time")}
    there = np.flatnonzero(starts[1:] > starts[:-1])
    leads = (there * parts + (int(lead[0]) % parts if len(lead) else 0)).astype(np.int32)
    sheet = Sheet(leads, np.append(starts[there], len(lead)), sorted_times, columns)
    return _once(sheet) if "id0" in columns else sheet


def _taken(column: Array, order: Places) -> Array:
    taken = np.empty(len(order), column.dtype)
    _gather(column, order, taken)
    return taken


@kernel
def _gather(column: Array, order: Places, out: Array) -> None:
    for at in range(len(order)):
        out[at] = column[order[at]]


IN_ORDER = 0.9
"""Where so many rows are later than the one before, the few others are left to the sort within each lead."""


def _roughly_by_time(time: Whole) -> Places:
    """The rows in order of a coarse time, those of one time in order of arrival: little is left to sort then."""
    arrival = np.arange(len(time), dtype=np.int32)
    if len(time) < 2 or np.count_nonzero(time[1:] >= time[:-1]) >= IN_ORDER * len(time):
        return arrival
    least, most = int(time.min()), int(time.max())
    shift = max(0, (most - least).bit_length() - max(1, len(time).bit_length() - 2))
    counts = np.zeros(((most - least) >> shift) + 2, np.int64)
    _place_by_time(time, least, shift, counts, arrival)
    return arrival


@kernel
def _place_by_time(time: Whole, least: int, shift: int, counts: Whole, arrival: Places) -> None:
    for i in range(len(time)):
        counts[((time[i] - least) >> shift) + 1] += 1
    for bucket in range(1, len(counts)):
        counts[bucket] += counts[bucket - 1]
    for i in range(len(time)):
        bucket = (time[i] - least) >> shift
        arrival[counts[bucket]] = i
        counts[bucket] += 1


@kernel
def _by_lead(lead: Places, time: Whole, arrival: Places, parts: int, starts: Whole, order: Places, times: Whole) -> int:
    """Counts, then places each row: within a lead they stay in the order given. Returns the longest history."""
    for i in range(len(lead)):
        starts[lead[i] // parts + 1] += 1
    longest = 0
    for g in range(1, len(starts)):
        longest = max(longest, starts[g])
        starts[g] += starts[g - 1]
    for i in arrival:
        g = lead[i] // parts
        at = starts[g]
        order[at] = i
        times[at] = time[i]
        starts[g] = at + 1
    for back in range(1, len(starts)):
        starts[len(starts) - back] = starts[len(starts) - back - 1]
    starts[0] = 0
    return longest


@kernel
def _by_time(starts: Whole, order: Places, times: Whole, order2: Places, times2: Whole) -> None:
    """A stable sort by time within each lead: runs of a few rows by insertion, longer ones by merging."""
    for g in range(len(starts) - 1):
        first, last = starts[g], starts[g + 1]
        size = last - first
        step = size if size <= SHORT else 16
        end = first
        while end < last:
            begin = end
            end = min(begin + step, last)
            for i in range(begin + 1, end):
                t = times[i]
                if times[i - 1] <= t:
                    continue
                o = order[i]
                j = i - 1
                while j >= begin and times[j] > t:
                    times[j + 1] = times[j]
                    order[j + 1] = order[j]
                    j -= 1
                times[j + 1] = t
                order[j + 1] = o
        while step < size:
            end = first
            while end < last:
                begin = end
                middle = min(begin + step, last)
                end = min(begin + 2 * step, last)
                if middle >= end or times[middle - 1] <= times[middle]:
                    continue
                left = middle - begin
                for i in range(left):
                    times2[i] = times[begin + i]
                    order2[i] = order[begin + i]
                i, j, at = 0, middle, begin
                while i < left and j < end:
                    if times2[i] <= times[j]:
                        times[at] = times2[i]
                        order[at] = order2[i]
                        i += 1
                    else:
                        times[at] = times[j]
                        order[at] = order[j]
                        j += 1
                    at += 1
                while i < left:
                    times[at] = times2[i]
                    order[at] = order2[i]
                    i += 1
                    at += 1
            step *= 2


# -- repeated ids --------------------------------------------------------------------------------------------------


def _once(sheet: Sheet) -> Sheet:
    """Of several events of one lead with one id and one name the first counts, the others don't exist (section 2)."""
    keep = np.ones(len(sheet.times), np.bool_)
    slots = 16
    while slots < 2 * len(keep):
        slots *= 2
    columns = sheet.columns
    dropped = _mark_repeated(
        sheet.starts, columns["name"], columns["id0"], columns["id1"], np.full(slots, -1, np.int32), keep
    )
    if not dropped:
        return sheet
    before = np.concatenate((np.zeros(1, np.int64), np.cumsum(keep, dtype=np.int64)))
    return Sheet(
        sheet.leads,
        before[sheet.starts],
        sheet.times[keep],
        {name: column[keep] for name, column in columns.items()},
    )


@kernel
def _mark_repeated(
    starts: Whole, names: Places, id0: Whole, id1: Whole, slots: Places, keep: npt.NDArray[np.bool_]
) -> int:
    mask = np.uint64(len(slots) - 1)
    dropped = 0
    for g in range(len(starts) - 1):
        for row in range(starts[g], starts[g + 1]):
            if id1[row] == 0:
                continue
            key = np.uint64(id0[row]) * np.uint64(0x9E3779B97F4A7C15)
            key ^= np.uint64(g) * np.uint64(0xC2B2AE3D27D4EB4F) + np.uint64(names[row])
            key = (key ^ (key >> np.uint64(31))) * np.uint64(0xD6E8FEB86659FD93)
            slot = (key ^ (key >> np.uint64(32))) & mask
            while True:
                other = slots[slot]
                if other < 0:
                    slots[slot] = row
                    break
                same = other >= starts[g] and names[other] == names[row]
                if same and id0[other] == id0[row] and id1[other] == id1[row]:
                    keep[row] = False
                    dropped += 1
                    break
                slot = (slot + np.uint64(1)) & mask
    return dropped
