"""Leads as whole numbers from 0 on, in the order in which they are first met."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mqlrules.engine.columnar.compiled import kernel
from mqlrules.events.model import Lead

Codes = npt.NDArray[np.int32]
Whole = npt.NDArray[np.int64]

SMALL = 1 << 26
"""Numbers below this are looked up in a table as long as the largest of them."""


class LeadCodes:
    """The leads met so far. All are whole numbers, or all are text."""

    def __init__(self) -> None:
        self.met = 0
        self._small = np.full(1024, -1, np.int32)
        self._numbers = np.empty(1024, np.int64)
        self._slots = np.full(1024, -1, np.int32)
        self._hashes = np.empty(1024, np.uint64)
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
            places = leads.indices.to_numpy(zero_copy_only=False)
            codes: Codes = self.of(leads.dictionary)[places]
            return codes
        if pa.types.is_integer(leads.type):
            self._are(texts=False)
            return self._of_numbers(leads.cast(pa.int64()).to_numpy(zero_copy_only=False))
        self._are(texts=True)
        return self._of_texts(leads.cast(pa.large_string()))

    def of_each(self, leads: Iterable[Lead]) -> Codes:
        """The codes of Python values: all whole numbers or all text."""
        given = list(leads)
        return self.of(pa.array(given, pa.int64() if given and type(given[0]) is int else pa.large_string()))

    def names(self, codes: npt.NDArray[Any]) -> pa.Array:
        """The leads that codes stand for."""
        if not self._texts:
            return pa.array(self._numbers[: self.met][codes])
        ends = pa.py_buffer(self._ends[: self.met + 1].copy())
        letters = pa.py_buffer(self._bytes[: self._ends[self.met]].copy())
        known = pa.LargeStringArray.from_buffers(self.met, ends, letters)
        return known.take(pa.array(codes, pa.int64()))

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
            self._grow(self.met + len(leads), texts=False)
            self.met = int(_code_numbers(leads, self._small, self._slots, self._numbers, self.met, codes))
        return codes

    def _of_texts(self, leads: pa.Array) -> Codes:
        codes = np.empty(len(leads), np.int32)
        if not len(leads):
            return codes
        _, ends, letters = leads.buffers()
        places = np.frombuffer(ends, np.int64)[leads.offset : leads.offset + len(leads) + 1]
        text = np.frombuffer(letters, np.uint8) if letters is not None else np.empty(0, np.uint8)
        self._grow(self.met + len(leads), texts=True)
        self._bytes = _room(self._bytes, int(self._ends[self.met] + places[-1] - places[0]))
        self._ends = _room(self._ends, self.met + len(leads) + 1)
        self.met = int(_code_texts(places, text, self._slots, self._hashes, self._bytes, self._ends, self.met, codes))
        return codes

    def _grow(self, most: int, texts: bool) -> None:
        """Room for as many leads, with half of the slots left free."""
        self._hashes = _room(self._hashes, most) if texts else self._hashes
        size = len(self._slots)
        if most * 2 <= size:
            return
        while size < most * 2:
            size *= 2
        self._slots = np.full(size, -1, np.int32)
        if texts:
            _place_texts(self._slots, self._hashes, self.met)
        else:
            _place_numbers(self._slots, self._numbers, self.met)


def _room(array: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    if size <= len(array):
        return array
    longer = np.empty(max(size, 2 * len(array)), array.dtype)
    longer[: len(array)] = array
    return longer


_MIX = np.uint64(0x9E3779B97F4A7C15)


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
def _code_texts(
    places: Whole,
    text: npt.NDArray[np.uint8],
    slots: Codes,
    hashes: npt.NDArray[np.uint64],
    letters: npt.NDArray[np.uint8],
    ends: Whole,
    met: int,
    codes: Codes,
) -> int:
    mask = np.uint64(len(slots) - 1)
    for i in range(len(places) - 1):
        first = places[i]
        size = places[i + 1] - first
        key = np.uint64(size)
        for j in range(first, first + size):
            key = (key ^ np.uint64(text[j])) * np.uint64(0x9E3779B97F4A7C15)
            key ^= key >> np.uint64(32)
        slot = key & mask
        while True:
            code = slots[slot]
            if code < 0:
                slots[slot] = met
                hashes[met] = key
                for j in range(size):
                    letters[ends[met] + j] = text[first + j]
                ends[met + 1] = ends[met] + size
                codes[i] = met
                met += 1
                break
            if hashes[code] == key and ends[code + 1] - ends[code] == size:
                start = ends[code]
                same = True
                for j in range(size):
                    if letters[start + j] != text[first + j]:
                        same = False
                        break
                if same:
                    codes[i] = code
                    break
            slot = (slot + np.uint64(1)) & mask
    return met


@kernel
def _place_texts(slots: Codes, hashes: npt.NDArray[np.uint64], met: int) -> None:
    mask = np.uint64(len(slots) - 1)
    for code in range(met):
        slot = hashes[code] & mask
        while slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = code
