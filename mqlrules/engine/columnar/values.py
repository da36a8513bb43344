"""Values that rows carry into the loops, as whole numbers that can be summed, compared for equality, or ordered."""

from collections.abc import Iterable
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.columns import Coded, Column, Numbers
from mqlrules.engine.columnar.truth_changes import Whole
from mqlrules.language.values import Literal, as_number, at_path, difference, identity, millionths

MILLION = 1_000_000
LARGEST = 2**62
"""Sums have 64 bits; with a larger value, adding a second one could overflow."""


class TooLarge(ArithmeticError):
    """Points whose sum may not fit 64 bits."""


class Dictionary:
    """Values and their codes, in the order in which they are first met. Several threads may ask at once."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._codes: dict[object, int] = {}
        self._adding = Lock()

    def code(self, value: Any) -> int:
        """The code of a hashable value."""
        key = (type(value), value)
        code = self._codes.get(key)
        if code is None:
            with self._adding:
                code = self._codes.get(key)
                if code is None:
                    code = len(self.values)
                    self.values.append(value)
                    self._codes[key] = code
        return code


def millionths_of(column: Column, path: tuple[str, ...], large: Dictionary) -> Whole:
    """Numbers in whole millionths, half to even; 0 where there is none.

    A number too large for 64 bits is a code of ``large``, counted from above ``LARGEST``; ``opened`` reverses this.
    """

    def kept(number: int) -> int:
        return number if abs(number) <= LARGEST else LARGEST + 1 + large.code(number)

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
        finite = np.flatnonzero(column.known() & np.isfinite(values))
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = values[finite] * 1e6
            # Near a half the product may have been rounded across it. From 2^51 on a double can't hold a half.
            near = np.maximum(1e-3, np.abs(scaled) * 2.0**-50)
            doubtful = (np.abs(scaled) >= 2.0**51) | (np.abs(scaled - np.floor(scaled) - 0.5) < near)
        found[finite[~doubtful]] = np.rint(scaled[~doubtful]).astype(np.int64)
        rows = finite[doubtful]
    for row in rows.tolist():
        found[row] = kept(millionths(values[row].item()) or 0)
    return found


def opened(numbers: Whole, large: Dictionary) -> npt.NDArray[Any]:
    """Numbers in millionths, as Python integers if some are too large for 64 bits."""
    if not large.values:
        return numbers
    found = numbers.astype(object)
    for row in np.flatnonzero(numbers > LARGEST).tolist():
        found[row] = large.values[int(numbers[row]) - LARGEST - 1]
    return found


def identities(column: Column, path: tuple[str, ...], dictionary: Dictionary) -> Whole:
    """Whole numbers that are equal for equal values; -1 for a value that ``with same`` doesn't split by."""
    if isinstance(column, Numbers):
        return _as_whole(column.values)
    return column.looked_up(
        (_code(identity(at_path({path[0]: v}, path)), dictionary) for v in column.values), -1, np.int32
    )


def _code(key: object | None, dictionary: Dictionary) -> int:
    return -1 if key is None else dictionary.code(key)


def orders(column: Column, path: tuple[str, ...], dictionary: Dictionary, literal: Literal | None = None) -> Whole:
    """Whole numbers in the order of the values. Of coded values they are codes, which ``ranks`` orders.

    Times are ordered by how they compare with ``literal``.
    """
    if isinstance(column, Numbers):
        return _as_whole(column.values)

    def order(of: Any) -> object | None:
        found = at_path({path[0]: of}, path)
        return as_number(found) if literal is None or found is None else difference(found, literal)

    return column.looked_up((_code(order(of), dictionary) for of in column.values), -1, np.int32)


def _as_whole(values: npt.NDArray[Any]) -> Whole:
    """Whole numbers in the order of the given numbers, equal for equal ones."""
    if values.dtype == np.int64:
        return values
    bits = (values + 0.0).view(np.int64)
    return np.where(bits >= 0, bits, np.int64(-(2**63)) - bits)


def ranks(values: Iterable[Any]) -> Whole:
    """The rank of each value of a dictionary."""
    given = list(values)
    order = sorted(range(len(given)), key=given.__getitem__)
    found = np.empty(len(given), np.int64)
    found[order] = np.arange(len(given))
    return found
