"""What tells the ids of events apart: two numbers for each, 128 bits of a text."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mqlrules.engine.columnar.compiled import kernel

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
    there = ids.is_valid().to_numpy(zero_copy_only=False)
    if pa.types.is_integer(ids.type):
        numbers = ids.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
        return numbers, there.astype(np.int64)
    texts = ids.cast(pa.large_string())
    one, other = np.zeros(len(texts), np.int64), np.zeros(len(texts), np.int64)
    if len(texts):
        _, ends, letters = texts.buffers()
        places = np.frombuffer(ends, np.int64)[texts.offset : texts.offset + len(texts) + 1]
        text = np.frombuffer(letters, np.uint8) if letters is not None else np.empty(0, np.uint8)
        _mix(places, text, there, one, other)
    return one, other


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


@kernel
def _mix(places: Whole, text: npt.NDArray[np.uint8], there: npt.NDArray[np.bool_], one: Whole, other: Whole) -> None:
    for i in range(len(one)):
        if not there[i]:
            continue
        first = np.uint64(places[i + 1] - places[i])
        second = ~first
        for j in range(places[i], places[i + 1]):
            letter = np.uint64(text[j])
            first = (first ^ letter) * np.uint64(0x9E3779B97F4A7C15)
            first ^= first >> np.uint64(32)
            second = (second + letter) * np.uint64(0xD6E8FEB86659FD93)
            second ^= second >> np.uint64(29)
        one[i] = np.int64(first)
        other[i] = np.int64((second & ~np.uint64(3)) | np.uint64(2))
