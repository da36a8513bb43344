"""Codes of leads: whole numbers from 0 on, in the order in which leads are first met."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mqlrules.engine.columnar.arrow import as_type, numbers, raw
from mqlrules.engine.columnar.ids import hash_texts, letters_of
from mqlrules.engine.columnar.jit import kernel
from mqlrules.engine.columnar.truth_changes import Places, Whole

Hashes = npt.NDArray[np.uint64]

SMALL = 1 << 26
"""As long as all leads are whole numbers below this, codes are looked up by number in a table."""

AT_ONCE = 1 << 16
"""Hashes are made for so many texts and then looked up, so that many look-ups are under way at once."""


class LeadCodes:
    """The leads met so far: all are whole numbers, or all are text."""

    def __init__(self) -> None:
        self.met = 0
        self._small: Places | None = np.full(1024, -1, np.int32)
        self._slots: Hashes = np.zeros((1024, 2), np.uint64)
        self._numbers: list[Whole] = []
        self._texts: list[pa.Array] = []

    def of(self, leads: "pa.Array | pa.ChunkedArray") -> Places:
        """The codes of a column of leads without nulls: integers, text, or a dictionary of text."""
        if isinstance(leads, pa.ChunkedArray):
            return np.concatenate([np.empty(0, np.int32), *map(self.of, leads.chunks)])
        if pa.types.is_dictionary(leads.type):
            codes: Places = self.of(leads.dictionary)[raw(leads.indices)]
            return codes
        whole = pa.types.is_integer(leads.type)
        if len(leads) and (self._texts if whole else self._numbers):
            raise TypeError("some leads are whole numbers and some are text: a scan makes them of one type")
        return self._of_numbers(raw(as_type(leads, pa.int64()))) if whole else self._of_texts(leads)

    def names(self, codes: npt.NDArray[Any]) -> pa.Array:
        """The leads with these codes."""
        if not self._texts:
            return numbers(np.concatenate([np.empty(0, np.int64), *self._numbers])[codes])
        if len(self._texts) > 1:
            self._texts = [pa.concat_arrays(self._texts)]
        return self._texts[0].take(numbers(codes))

    def _of_numbers(self, leads: Whole) -> Places:
        codes, new = np.empty(len(leads), np.int32), np.empty(len(leads), np.int64)
        if not len(leads):
            return codes
        most = int(leads.max())
        if self._small is not None and int(leads.min()) >= 0 and most < SMALL:
            if most >= len(self._small):
                longer = np.full(max(2 * len(self._small), most + 1), -1, np.int32)
                longer[: len(self._small)] = self._small
                self._small = longer
            before, self.met = self.met, int(_code_small(leads, self._small, self.met, codes, new))
        else:
            if self._small is not None:
                known, self._small, self.met = np.concatenate([np.empty(0, np.int64), *self._numbers]), None, 0
                self._code(_hashes(known), np.empty(len(known), np.int32), np.empty(len(known), np.int64))
            before = self.met
            self._code(_hashes(leads), codes, new)
        self._numbers.append(leads[new[: self.met - before]])
        return codes

    def _of_texts(self, leads: pa.Array) -> Places:
        leads = as_type(leads, pa.large_string())
        codes, new = np.empty(len(leads), np.int32), np.empty(len(leads), np.int64)
        offsets, text = letters_of(leads)
        hashes = np.empty((min(len(leads), AT_ONCE), 2), np.uint64)
        first = self.met
        for start in range(0, len(leads), AT_ONCE):
            some = offsets[start : start + AT_ONCE + 1]
            hash_texts(some, text, hashes)
            before = self.met
            self._code(hashes[: len(some) - 1], codes[start : start + AT_ONCE], new[before - first :])
            new[before - first : self.met - first] += start
        if self.met > first:
            self._texts.append(leads.take(numbers(new[: self.met - first])))
        return codes

    def _code(self, hashes: Hashes, codes: Places, new: Whole) -> None:
        self._slots = _with_room(self._slots, self.met, self.met + len(hashes))
        self.met = int(_code_hashes(hashes, self._slots, self.met, codes, new))


def _hashes(leads: Whole) -> Hashes:
    """Different for different numbers."""
    mixed = np.ascontiguousarray(leads).view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    return np.stack((mixed, mixed), axis=1)


def _with_room(slots: Hashes, met: int, most: int) -> Hashes:
    """Slots for so many leads, a third of them free."""
    size = len(slots)
    if most * 3 <= size * 2:
        return slots
    while most * 3 > size * 2:
        size *= 2
    wider = np.zeros((size, 2), np.uint64)
    _move(slots, wider)
    return wider


@kernel
def _code_small(leads: Whole, small: Places, met: int, codes: Places, new: Whole) -> int:
    before = met
    for i in range(len(leads)):
        code = small[leads[i]]
        if code < 0:
            code = met
            small[leads[i]] = code
            new[met - before] = i
            met += 1
        codes[i] = code
    return met


@kernel
def _code_hashes(hashes: Hashes, slots: Hashes, met: int, codes: Places, new: Whole) -> int:
    """A slot is the first number of a hash and the upper half of the second, with the code from 1 on below it.

    ``new`` is for the place of each lead that was not met before.
    """
    mask = np.uint64(len(slots) - 1)
    low = np.uint64(0xFFFFFFFF)
    before = met
    for i in range(len(codes)):
        first, second = hashes[i, 0], hashes[i, 1] & ~low
        slot = first & mask
        while slots[slot, 1] != 0 and (slots[slot, 0] != first or (slots[slot, 1] & ~low) != second):
            slot = (slot + np.uint64(1)) & mask
        if slots[slot, 1] == 0:
            slots[slot, 0] = first
            slots[slot, 1] = second | np.uint64(met + 1)
            new[met - before] = i
            met += 1
        codes[i] = np.int32((slots[slot, 1] & low) - np.uint64(1))
    return met


@kernel
def _move(slots: Hashes, wider: Hashes) -> None:
    mask = np.uint64(len(wider) - 1)
    for at in range(len(slots)):
        if slots[at, 1] == 0:
            continue
        slot = slots[at, 0] & mask
        while wider[slot, 1] != 0:
            slot = (slot + np.uint64(1)) & mask
        wider[slot, 0] = slots[at, 0]
        wider[slot, 1] = slots[at, 1]
