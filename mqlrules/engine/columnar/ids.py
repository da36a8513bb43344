"""Hashes of 128 bits that stand for texts: equal for equal texts and, in practice, for no others.

Their seeds differ from process to process, so nobody can make up texts that have the same hash.
"""

import os
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mqlrules.engine.columnar.arrow import in_place, present, raw
from mqlrules.engine.columnar.jit import kernel
from mqlrules.engine.columnar.truth_changes import Whole

Ids = tuple[Whole, Whole]
"""Two numbers for each id. The second is 0 where there is no id."""


def ids_of(column: "pa.Array | pa.ChunkedArray") -> Ids:
    """The ids in a column of integers or text. An empty text is no id."""
    if isinstance(column, pa.ChunkedArray):
        pieces = [ids_of(chunk) for chunk in column.chunks] or [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
        return np.concatenate([first for first, _ in pieces]), np.concatenate([second for _, second in pieces])
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    known = present(column)
    if pa.types.is_integer(column.type):
        return np.where(known, raw(column.cast(pa.int64())), 0), known.astype(np.int64)
    offsets, text = letters_of(column.cast(pa.large_string()))
    known &= offsets[1:] > offsets[:-1]
    hashes = np.zeros((len(column), 2), np.uint64)
    hash_texts(offsets, text, hashes)
    first, second = hashes.view(np.int64).T
    return np.where(known, first, 0), np.where(known, second | 1, 0)


def ids_of_each(ids: Sequence[str | int | None]) -> Ids:
    """The same for Python values. An integer and its digits are one id."""
    return ids_of(pa.array([None if value is None else str(value) for value in ids], pa.large_string()))


def letters_of(texts: "pa.LargeStringArray") -> tuple[Whole, npt.NDArray[np.uint8]]:
    """The offsets of texts and the bytes they point into."""
    _, offsets, letters = texts.buffers()
    if offsets is None or not len(texts):
        return np.zeros(len(texts) + 1, np.int64), np.empty(0, np.uint8)
    found = in_place(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return found, np.empty(0, np.uint8) if letters is None else np.frombuffer(letters, np.uint8)


_SEEDS = np.frombuffer(os.urandom(16), np.uint64)


def hash_texts(offsets: Whole, text: npt.NDArray[np.uint8], out: npt.NDArray[np.uint64]) -> None:
    """Writes two numbers for each text; text ``i`` is ``text[offsets[i] : offsets[i + 1]]``."""
    _hash_texts(offsets, text, _SEEDS[0], _SEEDS[1], out)


@kernel
def _hash_texts(
    offsets: Whole, text: npt.NDArray[np.uint8], seed: int, seed2: int, out: npt.NDArray[np.uint64]
) -> None:  # fmt: skip
    for i in range(len(offsets) - 1):
        begin, end = offsets[i], offsets[i + 1]
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
        out[i, 0] = first ^ (first >> np.uint64(32))
        second = (second ^ (second >> np.uint64(32))) * np.uint64(0x94D049BB133111EB)
        out[i, 1] = second ^ (second >> np.uint64(29))
