"""Leads as whole numbers from 0 on, in the order in which they are first met."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mqlrules.engine.columnar.arrow import as_type, in_place, numbers, raw
from mqlrules.engine.columnar.ids import tell_apart
from mqlrules.engine.columnar.jit import kernel
from mqlrules.events.model import Lead

Codes = npt.NDArray[np.int32]
Whole = npt.NDArray[np.int64]

Hashes = npt.NDArray[np.uint64]
Letters = npt.NDArray[np.uint8]

SMALL = 1 << 26
"""Numbers below this are looked up in a table as long as the largest of them."""

AT_ONCE = 1 << 16
"""So many texts are told apart before they are looked up."""


class LeadCodes:
    """The leads met so far. All are whole numbers, or all are text."""

    def __init__(self) -> None:
        self.met = 0
        self._small = np.full(1024, -1, np.int32)
        self._numbers = np.empty(1024, np.int64)
        self._slots = np.full(1024, -1, np.int32)
        self._told: Hashes = np.zeros((1024, 2), np.uint64)
        self._known: tuple[int, pa.Array] | None = None
        self._bytes = np.empty(1 << 16, np.uint8)
        self._ends = np.zeros(1025, np.int64)
        self._texts: bool | None = None

    def of(self, leads: "pa.Array | pa.ChunkedArray") -> Codes:
        """The codes of a column of leads without nulls: int64, text, or a dictionary of text."""
        if isinstance(leads, pa.ChunkedArray):
            leads = leads.chunk(0) if leads.num_chunks == 1 else leads.combine_chunks()
            if isinstance(leads, pa.ChunkedArray):
                return np.concatenate([self.of(chunk) for chunk in leads.chunks] or [np.empty(0, np.int32)])
        if pa.types.is_dictionary(leads.type):
            places = raw(leads.indices)
            codes: Codes = self.of(leads.dictionary)[places]
            return codes
        if pa.types.is_integer(leads.type):
            self._are(texts=False)
            return self._of_numbers(raw(as_type(leads, pa.int64())))
        self._are(texts=True)
        return self._of_texts(as_type(leads, pa.large_string()))

    def of_each(self, leads: Iterable[Lead]) -> Codes:
        """The codes of Python values: all whole numbers or all text."""
        given = list(leads)
        return self.of(pa.array(given, pa.int64() if given and type(given[0]) is int else pa.large_string()))

    def names(self, codes: npt.NDArray[Any]) -> pa.Array:
        """The leads that codes stand for."""
        if not self._texts:
            return numbers(self._numbers[codes])
        if self._known is None or self._known[0] != self.met:
            ends = pa.py_buffer(self._ends[: self.met + 1].copy())
            letters = pa.py_buffer(self._bytes[: self._ends[self.met]].copy())
            self._known = self.met, pa.LargeStringArray.from_buffers(self.met, ends, letters)
        return self._known[1].take(numbers(codes))

    def _are(self, texts: bool) -> None:
        if self._texts is None:
            self._texts = texts
        elif self._texts is not texts:
            raise TypeError("some leads are whole numbers and some are text: a scan makes them of one type")

    def _of_numbers(self, leads: Whole) -> Codes:
        codes = np.empty(len(leads), np.int32)
        if not len(leads):
            return codes
        self._numbers = _room(self._numbers, self.met + len(leads))
        least, most = int(leads.min()), int(leads.max())
        if least >= 0 and most < SMALL:
            if most >= len(self._small):
                longer = np.full(max(2 * len(self._small), most + 1), -1, np.int32)
                longer[: len(self._small)] = self._small
                self._small = longer
            self.met = int(_code_small(leads, self._small, self._numbers, self.met, codes))
        else:
            # Negative and very large numbers; small ones among them have their place in the table all the same.
            self._grow(self.met + len(leads))
            self.met = int(_code_numbers(leads, self._small, self._slots, self._numbers, self.met, codes))
        return codes

    def _of_texts(self, leads: pa.Array) -> Codes:
        codes = np.empty(len(leads), np.int32)
        if not len(leads):
            return codes
        _, ends, letters = leads.buffers()
        places = in_place(ends, np.int64)[leads.offset : leads.offset + len(leads) + 1]
        text = np.frombuffer(letters, np.uint8) if letters is not None else np.empty(0, np.uint8)
        told = np.empty((min(len(leads), AT_ONCE), 2), np.uint64)
        self._bytes = _room(self._bytes, int(self._ends[self.met] + places[-1] - places[0]))
        self._ends = _room(self._ends, self.met + len(leads) + 1)
        for start in range(0, len(leads), AT_ONCE):
            some = places[start : start + AT_ONCE + 1]
            # First what tells them apart, then where they are known: so that many look-ups are under way at a time.
            tell_apart(some, text, told)
            self._told = _with_room(self._told, self.met, self.met + len(some) - 1)
            self.met = int(
                _code_told(
                    told, self._told, some, text, self._bytes, self._ends, self.met, codes[start : start + AT_ONCE]
                )
            )
        return codes

    def _grow(self, most: int) -> None:
        """Room for as many numbers, with half of the slots left free."""
        size = len(self._slots)
        if most * 2 <= size:
            return
        while size < most * 2:
            size *= 2
        self._slots = np.full(size, -1, np.int32)
        _place_numbers(self._slots, self._numbers, self.met)


def _with_room(told: Hashes, met: int, most: int) -> Hashes:
    """Slots for as many texts, a good third of them left free."""
    size = len(told)
    if most * 3 <= size * 2:
        return told
    while most * 3 > size * 2:
        size *= 2
    wider = np.zeros((size, 2), np.uint64)
    _place_told(told, wider)
    return wider


def _room(array: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    if size <= len(array):
        return array
    longer = np.empty(max(size, 2 * len(array)), array.dtype)
    longer[: len(array)] = array
    return longer


@kernel
def _code_small(leads: Whole, small: Codes, numbers: Whole, met: int, codes: Codes) -> int:
    for i in range(len(leads)):
        code = small[leads[i]]
        if code < 0:
            code = met
            small[leads[i]] = code
            numbers[met] = leads[i]
            met += 1
        codes[i] = code
    return met


@kernel
def _code_numbers(leads: Whole, small: Codes, slots: Codes, numbers: Whole, met: int, codes: Codes) -> int:
    mask = np.uint64(len(slots) - 1)
    for i in range(len(leads)):
        lead = leads[i]
        if 0 <= lead < len(small):
            if small[lead] < 0:
                small[lead] = met
                numbers[met] = lead
                met += 1
            codes[i] = small[lead]
            continue
        key = np.uint64(lead) * np.uint64(0x9E3779B97F4A7C15)
        slot = (key ^ (key >> np.uint64(29))) & mask
        while slots[slot] >= 0 and numbers[slots[slot]] != lead:
            slot = (slot + np.uint64(1)) & mask
        if slots[slot] < 0:
            slots[slot] = met
            numbers[met] = lead
            met += 1
        codes[i] = slots[slot]
    return met


@kernel
def _place_numbers(slots: Codes, numbers: Whole, met: int) -> None:
    mask = np.uint64(len(slots) - 1)
    for code in range(met):
        key = np.uint64(numbers[code]) * np.uint64(0x9E3779B97F4A7C15)
        slot = (key ^ (key >> np.uint64(29))) & mask
        while slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = code


@kernel
def _code_told(
    told: Hashes, slots: Hashes, places: Whole, text: Letters, letters: Letters, ends: Whole, met: int, codes: Codes
) -> int:
    """A slot is the first number that tells a text from others, and above the code (from 1 on) half of the second."""
    mask = np.uint64(len(slots) - 1)
    low = np.uint64(0xFFFFFFFF)
    for i in range(len(codes)):
        first, second = told[i, 0], told[i, 1] & ~low
        slot = first & mask
        while True:
            here = slots[slot, 1]
            if here == 0:
                slots[slot, 0] = first
                slots[slot, 1] = second | np.uint64(met + 1)
                size = places[i + 1] - places[i]
                for j in range(size):
                    letters[ends[met] + j] = text[places[i] + j]
                ends[met + 1] = ends[met] + size
                codes[i] = met
                met += 1
                break
            if slots[slot, 0] == first and (here & ~low) == second:
                codes[i] = np.int32((here & low) - np.uint64(1))
                break
            slot = (slot + np.uint64(1)) & mask
    return met


@kernel
def _place_told(told: Hashes, wider: Hashes) -> None:
    mask = np.uint64(len(wider) - 1)
    for at in range(len(told)):
        if told[at, 1] == 0:
            continue
        slot = told[at, 0] & mask
        while wider[slot, 1] != 0:
            slot = (slot + np.uint64(1)) & mask
        wider[slot, 0] = told[at, 0]
        wider[slot, 1] = told[at, 1]
