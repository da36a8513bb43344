"""Exact comparisons of columns of numbers with a number of any size."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.truth_changes import Mask

Number = int | Decimal | Fraction


@attrs.frozen
class Bounds:
    """The whole numbers from ``low`` to ``high`` (None: no bound); if ``negated``, all others."""

    low: int | None
    high: int | None
    negated: bool = False

    def hold(self, number: int) -> bool:
        """Whether a number is within the bounds."""
        inside = (self.low is None or number >= self.low) and (self.high is None or number <= self.high)
        return inside != self.negated

    def hold_of(self, numbers: npt.NDArray[Any]) -> Mask:
        """Which numbers are within the bounds. The array has 64-bit numbers or Python integers."""
        inside = np.ones(len(numbers), np.bool_)
        for bound, compare in ((self.low, np.greater_equal), (self.high, np.less_equal)):
            if bound is not None:
                limit = bound if numbers.dtype == object else max(-(2**63), min(2**63 - 1, bound))
                inside &= compare(numbers, limit).astype(np.bool_)
        return ~inside if self.negated else inside


def bounds_of(operator: str, value: object) -> Bounds | None:
    """The whole numbers for which a comparison with a value is true; None if the value is not a number."""
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


# -- columns of properties -----------------------------------------------------------------------------------------

_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "=": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip


def compared(values: npt.NDArray[Any], operator: str, literal: object) -> Mask:
    """Which numbers (float64 or int64) compare as asked with a literal. A double stands for its shortest decimal."""
    if isinstance(literal, bool) or not isinstance(literal, (int, Decimal)):
        return np.zeros(len(values), np.bool_)
    near, side = (_near_double if values.dtype == np.float64 else _near_whole)(literal)
    if side == 0:
        return _COMPARED[operator](values, near)  # type: ignore[no-any-return]
    # The literal lies between two numbers of the column's type: above ``near`` or below it.
    if operator in ("=", "!="):
        return np.full(len(values), operator == "!=")
    if operator in (">", ">="):
        return values > near if side > 0 else values >= near
    return values <= near if side > 0 else values < near


def _near_double(literal: int | Decimal) -> tuple[float, int]:
    """A double next to a literal, and whether the literal is above it (1), below it (-1) or the same number (0)."""
    try:
        near = float(literal)
    except OverflowError:
        near = float("inf") if literal > 0 else float("-inf")
    exact = Decimal(repr(near))
    return near, (literal > exact) - (literal < exact)


def _near_whole(literal: int | Decimal) -> tuple[int, int]:
    whole = max(-(2**63), min(2**63 - 1, int(literal)))
    return whole, (literal > whole) - (literal < whole)
