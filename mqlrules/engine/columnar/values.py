"""The values that rows carry into the loops: as whole numbers that can be summed, told apart, or put in order."""

from collections.abc import Iterable
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.columns import Coded, Column, Numbers
from mqlrules.language.values import Literal, as_number, at_path, difference, identity, millionths

Whole = npt.NDArray[np.int64]

MILLION = 1_000_000
LARGEST = 2**62
"""Sums are kept in 64 bits; a value beyond this would not leave room for a second one."""


class TooLarge(ArithmeticError):
    """Points that 64 bits can't hold the sum of."""


class Dictionary:
    """Values and their places, in the order in which they are first met."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._places: dict[object, int] = {}
        self._adding = Lock()

    def place(self, value: Any) -> int:
        """The place of a value that has a hash."""
        key = (type(value), value)
        place = self._places.get(key)
        if place is None:
            # Chunks are encoded side by side.
            with self._adding:
                place = self._places.get(key)
                if place is None:
                    place = len(self.values)
                    self.values.append(value)
                    self._places[key] = place
        return place


def millionths_of(column: Column, path: tuple[str, ...], large: Dictionary) -> Whole:
    """Numbers in whole millionths, half to even; 0 where there is none.

    What 64 bits don't hold is a place in ``large``, counted from above ``LARGEST``; ``opened`` turns it back.
    """

    def kept(number: int) -> int:
        return number if abs(number) <= LARGEST else LARGEST + 1 + large.place(number)

    if isinstance(column, Coded):
        exact = (millionths(at_path({path[0]: value}, path)) or 0 for value in column.values)
        return column.looked_up(map(kept, exact), 0, np.int64)
    values = column.values
    if values.dtype == np.int64:
        unsure = np.abs(values + (values == -(2**63))) > LARGEST // MILLION
        found = np.where(unsure, 0, values) * MILLION
        rows = np.flatnonzero(unsure)
    else:
        found = np.zeros(len(values), np.int64)
        there = np.flatnonzero(column.known() & np.isfinite(values))
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = values[there] * 1e6
            # Near a half the product may have been rounded over it; beyond 2^51 a double has no room for a half at all.
            near = np.maximum(1e-3, np.abs(scaled) * 2.0**-50)
            doubtful = (np.abs(scaled) >= 2.0**51) | (np.abs(scaled - np.floor(scaled) - 0.5) < near)
        found[there[~doubtful]] = np.rint(scaled[~doubtful]).astype(np.int64)
        rows = there[doubtful]
    for row in rows.tolist():
        found[row] = kept(millionths(values[row].item()) or 0)
    return found


def opened(numbers: Whole, large: Dictionary) -> npt.NDArray[Any]:
    """Numbers in millionths, as Python's whole numbers where some are too large for 64 bits."""
    if not large.values:
        return numbers
    found = numbers.astype(object)
    for row in np.flatnonzero(numbers > LARGEST).tolist():
        found[row] = large.values[int(numbers[row]) - LARGEST - 1]
    return found


def identities(column: Column, path: tuple[str, ...], dictionary: Dictionary) -> Whole:
    """What tells values apart; -1 for one that is in no part."""
    if isinstance(column, Numbers):
        return _as_whole(column.values)
    return column.looked_up(
        (_place(identity(at_path({path[0]: v}, path)), dictionary) for v in column.values), -1, np.int32
    )


def _place(key: object | None, dictionary: Dictionary) -> int:
    return -1 if key is None else dictionary.place(key)


def orders(column: Column, path: tuple[str, ...], dictionary: Dictionary, literal: Literal | None = None) -> Whole:
    """Numbers that are in the order of the values; of values that are coded, their places, which ``ranks`` orders.

    Times are put in order by how they compare with ``literal``.
    """
    if isinstance(column, Numbers):
        return _as_whole(column.values)

    def order(of: Any) -> object | None:
        found = at_path({path[0]: of}, path)
        return as_number(found) if literal is None or found is None else difference(found, literal)

    return column.looked_up((_place(order(of), dictionary) for of in column.values), -1, np.int32)


def _as_whole(values: npt.NDArray[Any]) -> Whole:
    """Whole numbers in the order of the numbers given; equal ones for equal ones."""
    if values.dtype == np.int64:
        return values
    bits = (values + 0.0).view(np.int64)
    return np.where(bits >= 0, bits, np.int64(-(2**63)) - bits)


def ranks(values: Iterable[Any]) -> Whole:
    """For each value of a dictionary its rank among them."""
    given = list(values)
    order = sorted(range(len(given)), key=given.__getitem__)
    found = np.empty(len(given), np.int64)
    found[order] = np.arange(len(given))
    return found
