"""What tells the ids of events apart: two numbers for each, 128 bits of a text."""

import os
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mqlrules.engine.columnar.arrow import in_place, raw, there
from mqlrules.engine.columnar.jit import kernel

Whole = npt.NDArray[np.int64]
Told = tuple[Whole, Whole]
"""The second number is 0 where there is no id, and odd where the id is a whole number."""


def told_apart(ids: "pa.Array | pa.ChunkedArray") -> Told:
    """Of a column of ids: whole numbers, or text."""
    if isinstance(ids, pa.ChunkedArray):
        pieces = [told_apart(chunk) for chunk in ids.chunks]
        return _together([first for first, _ in pieces]), _together([second for _, second in pieces])
    if pa.types.is_dictionary(ids.type):
        ids = ids.cast(ids.type.value_type)
    known = there(ids)
    if pa.types.is_integer(ids.type):
        return np.where(known, raw(ids.cast(pa.int64())), 0), known.astype(np.int64)
    texts = ids.cast(pa.large_string())
    told = np.zeros((len(texts), 2), np.uint64)
    if len(texts):
        _, ends, letters = texts.buffers()
        places = in_place(ends, np.int64)[texts.offset : texts.offset + len(texts) + 1]
        known &= places[1:] > places[:-1]
        tell_apart(places, np.frombuffer(letters, np.uint8) if letters is not None else np.empty(0, np.uint8), told)
    first, second = told.view(np.int64).T
    return np.where(known, first, 0), np.where(known, (second & ~3) | 2, 0)


def told_apart_each(ids: Sequence[str | int | None]) -> Told:
    """Of Python values, whole numbers and text among each other."""
    texts = told_apart(pa.array([value if isinstance(value, str) else None for value in ids], pa.large_string()))
    whole = np.array([isinstance(value, int) for value in ids], np.bool_)
    numbers = np.array([value if isinstance(value, int) else 0 for value in ids], object)
    # Beyond 64 bits a number's digits tell it apart, as a text of another kind.
    small = np.array([abs(number) < 2**63 for number in numbers.tolist()], np.bool_)
    digits = told_apart(pa.array([str(number) for number in numbers.tolist()], pa.large_string()))
    first = np.where(whole, np.where(small, np.where(small, numbers, 0).astype(np.int64), digits[0]), texts[0])
    return first, np.where(whole, np.where(small, 1, digits[1] | 1), texts[1])


def _together(columns: list[Whole]) -> Whole:
    return np.concatenate(columns) if columns else np.zeros(0, np.int64)


def tell_apart(places: Whole, text: npt.NDArray[np.uint8], told: npt.NDArray[np.uint64]) -> None:
    """Writes two numbers for each text: 128 bits that differ where the texts do, but for a chance that never comes.

    Text ``i`` is ``text[places[i] : places[i + 1]]``. The numbers are others in each process, so that nobody can make
    up texts that have the same.
    """
    _mix(places, text, _SEEDS[0], _SEEDS[1], told)


_SEEDS = np.frombuffer(os.urandom(16), np.uint64)


@kernel
def _mix(places: Whole, text: npt.NDArray[np.uint8], seed: int, seed2: int, told: npt.NDArray[np.uint64]) -> None:
    for i in range(len(places) - 1):
        begin, end = places[i], places[i + 1]
        first = np.uint64(seed) ^ np.uint64(end - begin)
        second = np.uint64(seed2)
        while begin < end:
            word = np.uint64(0)
            if begin + 8 <= end:
                for j in range(8):
                    word |= np.uint64(text[begin + j]) << np.uint64(8 * j)
            else:
                for j in range(end - begin):
                    word |= np.uint64(text[begin + j]) << np.uint64(8 * j)
            first = (first ^ word) * np.uint64(0x9E3779B97F4A7C15)
            first ^= first >> np.uint64(32)
            second = (second + word) * np.uint64(0xD6E8FEB86659FD93)
            second ^= second >> np.uint64(29)
            begin += 8
        first = (first ^ (first >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        told[i, 0] = first ^ (first >> np.uint64(32))
        second = (second ^ (second >> np.uint64(32))) * np.uint64(0x94D049BB133111EB)
        told[i, 1] = second ^ (second >> np.uint64(29))
