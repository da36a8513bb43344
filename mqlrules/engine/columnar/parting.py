"""Rows of a chunk, part after part: a lead's part is its code's remainder by the number of parts."""

from typing import Any

import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.compiled import kernel
from mqlrules.engine.columnar.encode import Rows

Whole = npt.NDArray[np.int64]


def parted(rows: Rows, parts: int) -> tuple[Rows, Whole]:
    """The rows, those of one part together and in order of arrival, and where each part begins, and the end."""
    lead = rows["lead"]
    bounds = np.zeros(parts + 1, np.int64)
    places = np.empty(len(lead), np.int32)
    _place(lead, parts, bounds, places)
    found: Rows = {}
    for name, column in rows.items():
        found[name] = np.empty_like(column)
        _scatter(column, places, found[name])
    return found, bounds


@kernel
def _place(lead: npt.NDArray[np.int32], parts: int, bounds: Whole, places: npt.NDArray[np.int32]) -> None:
    for i in range(len(lead)):
        bounds[lead[i] % parts + 1] += 1
    for part in range(parts):
        bounds[part + 1] += bounds[part]
    at = bounds[:-1].copy()
    for i in range(len(lead)):
        part = lead[i] % parts
        places[i] = at[part]
        at[part] += 1


@kernel
def _scatter(column: npt.NDArray[Any], places: npt.NDArray[np.int32], out: npt.NDArray[Any]) -> None:
    for i in range(len(column)):
        out[places[i]] = column[i]
