"""Calendar dates of many instants in the rule set's zone."""

from threading import Lock

import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.jit import kernel
from mqlrules.language.calendar import Zone

Whole = npt.NDArray[np.int64]

QUARTER = 900_000_000
"""Within a quarter of an hour since 1970 no zone has two dates."""

LONGEST = 20_000_000
"""A table of so many quarters: nearly 600 years."""

AT_ONCE = 400_000
"""Dates of so many quarters, more than ten years, are looked up at once."""


class Days:
    """Dates as proleptic ordinals. What has been looked up is kept, for all parts of an input."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._known = (0, np.zeros(0, np.int64))
        self._growing = Lock()

    def of(self, times: Whole) -> Whole:
        """The date of each instant (microseconds since 1970 UTC)."""
        if not len(times):
            return times
        least, most = int(times.min()), int(times.max())
        if least < 0 or (most - least) // QUARTER >= LONGEST:
            different, places = np.unique(times, return_inverse=True)
            return np.array([self._zone.date_of(at) for at in different.tolist()], np.int64)[places]
        first, table = self._reach(least // QUARTER, most // QUARTER)
        found = np.empty(len(times), np.int64)
        if _look_up(times, table, first, found):
            quarters = np.unique(times // QUARTER)
            unknown = quarters[table[quarters - first] == 0]
            table[unknown - first] = self._zone.dates_of_quarters(unknown.tolist())
            _look_up(times, table, first, found)
        return found

    def _reach(self, first: int, last: int) -> tuple[int, Whole]:
        """A table with room for the quarters up to ``last``, and its first quarter."""
        with self._growing:
            begin, table = self._known
            end = begin + len(table)
            if not len(table):
                begin = end = first
            if first < begin or last >= end:
                reach, until = min(first, begin), max(last + 1, end)
                longer = np.zeros(until - reach, np.int64)
                longer[begin - reach : end - reach] = table
                if until - reach <= AT_ONCE:
                    unknown = np.flatnonzero(longer == 0)
                    longer[unknown] = self._zone.dates_of_quarters((reach + unknown).tolist())
                self._known = reach, longer
            return self._known


@kernel
def _look_up(times: Whole, table: Whole, first: int, out: Whole) -> bool:
    unknown = False
    for i in range(len(times)):
        date = table[times[i] // 900_000_000 - first]
        out[i] = date
        unknown |= date == 0
    return unknown
