"""Rows of a chunk, part after part: a lead's part is its code's remainder by the number of parts."""

from typing import Any

import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.encode import Rows
from mqlrules.engine.columnar.jit import kernel

Whole = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def parted(rows: Rows, keep: Mask | None, parts: int) -> tuple[Rows, Whole]:
    """The rows that are kept, those of one part together and in order of arrival, and where each part begins, and the
    end.
    """
    lead = rows["lead"]
    bounds = np.zeros(parts + 1, np.int64)
    places = np.empty(len(lead), np.int32)
    at = np.empty(parts, np.int64)
    _place(lead, np.ones(len(lead), np.bool_) if keep is None else keep, parts, bounds, at, places)
    found: Rows = {}
    for name, column in rows.items():
        found[name] = np.empty(bounds[-1], column.dtype)
        _scatter(column, places, found[name])
    return found, bounds


@kernel
def _place(
    lead: npt.NDArray[np.int32], keep: Mask, parts: int, bounds: Whole, at: Whole, places: npt.NDArray[np.int32]
) -> None:
    """``at`` is room for the place of the next row of each part."""
    for i in range(len(lead)):
        if keep[i]:
            bounds[lead[i] % parts + 1] += 1
    for part in range(parts):
        bounds[part + 1] += bounds[part]
        at[part] = bounds[part]
    for i in range(len(lead)):
        if keep[i]:
            part = lead[i] % parts
            places[i] = at[part]
            at[part] += 1
        else:
            places[i] = -1


@kernel
def _scatter(column: npt.NDArray[Any], places: npt.NDArray[np.int32], out: npt.NDArray[Any]) -> None:
    for i in range(len(column)):
        if places[i] >= 0:
            out[places[i]] = column[i]
