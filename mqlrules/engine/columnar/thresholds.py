"""Comparisons of whole numbers with any number, as bounds."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

Number = int | Decimal | Fraction


@attrs.frozen
class Bounds:
    """Whole numbers from ``low`` to ``high`` (None: no bound), or, ``negated``, all others."""

    low: int | None
    high: int | None
    negated: bool = False

    def hold(self, number: int) -> bool:
        """Whether a number is within the bounds."""
        inside = (self.low is None or number >= self.low) and (self.high is None or number <= self.high)
        return inside != self.negated

    def hold_of(self, numbers: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which numbers are within the bounds. The array is of 64 bits, or of Python's whole numbers."""
        inside = np.ones(len(numbers), np.bool_)
        if self.low is not None:
            inside &= _compared(numbers, self.low, np.greater_equal)
        if self.high is not None:
            inside &= _compared(numbers, self.high, np.less_equal)
        return ~inside if self.negated else inside


def bounds_of(operator: str, value: object) -> Bounds | None:
    """The whole numbers that compare as asked with a value; None if nothing does: the value is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, Fraction)):
        return None
    match operator:
        case ">=":
            return Bounds(ceil(value), None)
        case ">":
            return Bounds(floor(value) + 1, None)
        case "<":
            return Bounds(None, ceil(value) - 1)
        case "<=":
            return Bounds(None, floor(value))
    if value != floor(value):
        return Bounds(1, 0, operator == "!=")
    return Bounds(int(value), int(value), operator == "!=")


def _compared(numbers: npt.NDArray[Any], bound: int, compare: Callable[[Any, Any], Any]) -> npt.NDArray[np.bool_]:
    if numbers.dtype != object:
        bound = max(-(2**63), min(2**63 - 1, bound))
    return compare(numbers, bound).astype(np.bool_)  # type: ignore[no-any-return]
