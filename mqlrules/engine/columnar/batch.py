"""Batches: the histories of some leads, by time, then arrival, without repeated ids (section 2)."""

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.grouped_rows import offsets_of
from mqlrules.engine.columnar.jit import kernel
from mqlrules.engine.columnar.partitions import Rows
from mqlrules.engine.columnar.truth_changes import Mask, Places, Whole

SHORT = 24
"""Histories up to this length are sorted by insertion."""

IN_ORDER = 0.9
"""If this share of rows is no earlier than the row before, the sort within each lead does the rest."""


@attrs.frozen(eq=False)
class Batch:
    """The history of lead ``g`` is the rows from ``offsets[g]`` to before ``offsets[g + 1]``.

    ``leads`` are codes; ``columns`` are those of ``Rows`` without lead and time.
    """

    leads: Places
    offsets: Whole
    times: Whole
    columns: Rows

    def in_pieces(self, most: int) -> "Iterator[Batch]":
        """The same as batches of at most so many leads; at least one."""
        for first in range(0, max(len(self.leads), 1), most):
            offsets = self.offsets[first : first + most + 1]
            rows = slice(offsets[0], offsets[-1])
            columns = {name: column[rows] for name, column in self.columns.items()}
            yield Batch(self.leads[first : first + most], offsets - offsets[0], self.times[rows], columns)


def batch_of(rows: Rows, partitions: int) -> Batch:
    """The batch of one partition: its leads' codes have one remainder by the number of partitions."""
    lead, time = rows["lead"], rows["time"]
    count = int(lead.max()) // partitions + 1 if len(lead) else 0
    offsets = np.zeros(count + 1, np.int64)
    order = np.empty(len(lead), np.int32)
    times = np.empty(len(lead), np.int64)
    longest = int(_by_lead(lead, time, _roughly_by_time(time), partitions, offsets, order, times))
    spare = longest if longest > SHORT else 0
    _by_time(offsets, order, times, np.empty(spare, np.int32), np.empty(spare, np.int64))
    columns = {name: _taken(column, order) for name, column in rows.items() if name not in ("lead", "time")}
    met = np.flatnonzero(offsets[1:] > offsets[:-1])
    leads = (met * partitions + (int(lead[0]) % partitions if len(lead) else 0)).astype(np.int32)
    batch = Batch(leads, np.append(offsets[met], len(lead)), times, columns)
    return _without_repeated_ids(batch) if "id0" in columns else batch


def _taken(column: npt.NDArray[Any], order: Places) -> npt.NDArray[Any]:
    taken = np.empty(len(order), column.dtype)
    _gather(column, order, taken)
    return taken


@kernel
def _gather(column: npt.NDArray[Any], order: Places, out: npt.NDArray[Any]) -> None:
    for at in range(len(order)):
        out[at] = column[order[at]]


def _roughly_by_time(time: Whole) -> Places:
    """The rows by a coarse time, those of one coarse time in order of arrival, so that little is left to sort."""
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
def _by_lead(
    lead: Places, time: Whole, arrival: Places, partitions: int, offsets: Whole, order: Places, times: Whole
) -> int:
    """A counting sort that keeps the order within each lead. Returns the length of the longest history."""
    for i in range(len(lead)):
        offsets[lead[i] // partitions + 1] += 1
    longest = 0
    for g in range(1, len(offsets)):
        longest = max(longest, offsets[g])
        offsets[g] += offsets[g - 1]
    for i in arrival:
        g = lead[i] // partitions
        at = offsets[g]
        order[at] = i
        times[at] = time[i]
        offsets[g] = at + 1
    for back in range(1, len(offsets)):
        offsets[len(offsets) - back] = offsets[len(offsets) - back - 1]
    offsets[0] = 0
    return longest


@kernel
def _by_time(offsets: Whole, order: Places, times: Whole, spare_order: Places, spare_times: Whole) -> None:
    """A stable sort by time within each lead: runs of a few rows by insertion, then by merging."""
    for g in range(len(offsets) - 1):
        first, last = offsets[g], offsets[g + 1]
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
                    spare_times[i] = times[begin + i]
                    spare_order[i] = order[begin + i]
                i, j, at = 0, middle, begin
                while i < left and j < end:
                    if spare_times[i] <= times[j]:
                        times[at] = spare_times[i]
                        order[at] = spare_order[i]
                        i += 1
                    else:
                        times[at] = times[j]
                        order[at] = order[j]
                        j += 1
                    at += 1
                while i < left:
                    times[at] = spare_times[i]
                    order[at] = spare_order[i]
                    i += 1
                    at += 1
            step *= 2


# -- repeated ids --------------------------------------------------------------------------------------------------


def _without_repeated_ids(batch: Batch) -> Batch:
    """Of several events of a lead with one id and one name only the first counts (section 2)."""
    keep = np.ones(len(batch.times), np.bool_)
    slots = 16
    while slots < 2 * len(keep):
        slots *= 2
    columns = batch.columns
    ids = columns["name"], columns["id0"], columns["id1"]
    if not _mark_repeated(batch.offsets, *ids, np.full(slots, -1, np.int32), keep):
        return batch
    kept = {name: column[keep] for name, column in columns.items()}
    return Batch(batch.leads, offsets_of(keep)[batch.offsets], batch.times[keep], kept)


@kernel
def _mark_repeated(offsets: Whole, names: Places, id0: Whole, id1: Whole, slots: Places, keep: Mask) -> int:
    mask = np.uint64(len(slots) - 1)
    dropped = 0
    for g in range(len(offsets) - 1):
        for row in range(offsets[g], offsets[g + 1]):
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
                same = other >= offsets[g] and names[other] == names[row]
                if same and id0[other] == id0[row] and id1[other] == id1[row]:
                    keep[row] = False
                    dropped += 1
                    break
                slot = (slot + np.uint64(1)) & mask
    return dropped
