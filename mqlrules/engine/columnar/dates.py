"""Calendar dates of many instants in the rule set's zone."""

import datetime
from threading import Lock

import numpy as np

from mqlrules.engine.columnar.jit import kernel
from mqlrules.engine.columnar.truth_changes import Whole
from mqlrules.language.calendar import Zone

DAY = 86_400_000_000
EPOCH = datetime.date(1970, 1, 1).toordinal()

LONGEST = 200_000
"""The most days in the table: more than 500 years."""

UNKNOWN = 2**62
CHANGING = UNKNOWN + 1
"""In place of an offset: the zone has two offsets on this day."""


class Dates:
    """Dates as proleptic ordinals. The zone's offset from UTC is kept in a table by days of UTC."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._known = (0, np.zeros(0, np.int64))
        self._growing = Lock()

    def of(self, times: Whole) -> Whole:
        """The date of each instant (microseconds since 1970 UTC)."""
        found = np.zeros(len(times), np.int64)
        if not len(times):
            return found
        first, last = int(times.min()) // DAY, int(times.max()) // DAY
        if last - first < LONGEST:
            begin, table = self._table(first, last)
            if not _look_up(times, table, begin, found):
                days = np.unique(times[found == 0] // DAY)
                table[days - begin] = [self._offset(day) for day in days.tolist()]
                _look_up(times, table, begin, found)
        rest = np.flatnonzero(found == 0)
        if len(rest):
            different, places = np.unique(times[rest], return_inverse=True)
            found[rest] = np.array([self._zone.date_of(at) for at in different.tolist()], np.int64)[places]
        return found

    def _offset(self, day: int) -> int:
        begin, end = (self._zone.datetime_of((day + more) * DAY).utcoffset() for more in (0, 1))
        assert begin is not None
        return begin // datetime.timedelta(microseconds=1) if begin == end else CHANGING

    def _table(self, first: int, last: int) -> tuple[int, Whole]:
        """A table that has entries for the days from ``first`` to ``last``, and its first day."""
        with self._growing:
            begin, table = self._known
            end = begin + len(table)
            if not len(table) or max(last + 1, end) - min(first, begin) > 2 * LONGEST:
                begin, end, table = first, first, table[:0]
            if first < begin or last >= end:
                new_begin, new_end = min(first, begin), max(last + 1, end)
                longer = np.full(new_end - new_begin, UNKNOWN, np.int64)
                longer[begin - new_begin : end - new_begin] = table
                self._known = new_begin, longer
            return self._known


@kernel
def _look_up(times: Whole, table: Whole, first: int, out: Whole) -> bool:
    known = True
    for i in range(len(times)):
        offset = table[times[i] // DAY - first]
        if offset < UNKNOWN:
            out[i] = (times[i] + offset) // DAY + EPOCH
        elif offset == UNKNOWN:
            known = False
    return known
