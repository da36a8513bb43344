"""Groups of rows: leads, or the parts of leads that ``with same`` makes, and which rows of them are visible."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import attrs
import numpy as np

from mqlrules.check.program import Pattern
from mqlrules.engine.columnar import grouped_rows
from mqlrules.engine.columnar.grouped_rows import GroupedRows
from mqlrules.engine.columnar.ranges import Ranges, Window, ranges_of, window
from mqlrules.engine.columnar.requirements import Divides, Mark, Matches, Value, matching, value_of
from mqlrules.engine.columnar.truth_changes import Mask, Places, Points, Whole
from mqlrules.plan import nodes as n

T = TypeVar("T")


def remembered(known: dict[Any, Any], key: object, make: Callable[[], T]) -> T:
    """What was made for a key before, or is made now."""
    if key not in known:
        known[key] = make()
    found: T = known[key]
    return found


@attrs.frozen(eq=False)
class Table:
    """Rows in history order and what is known of each."""

    times: Whole
    marked: Callable[[Mark], Mask]
    """Which rows have a mark."""
    value: Callable[[Value], Whole]
    """A value of each row."""
    dates: Callable[[Whole], Whole]
    """The calendar dates of instants in the rule set's zone."""
    end: int
    """When evaluation ends (microseconds since 1970 UTC), inclusive."""


class Groups:
    """``begins`` is the point at which each group begins; ``outer`` are whole leads, with the lead of each group."""

    def __init__(
        self,
        table: Table,
        begins: Points,
        marked: Callable[[Mark], GroupedRows],
        outer: "tuple[Groups, Places] | None" = None,
    ) -> None:
        self.table = table
        self.begins = begins
        self.outer = outer
        self._marked = marked
        self._known: dict[Any, Any] = {}

    def __len__(self) -> int:
        return len(self.begins.times)

    def rows(self, mark: Mark) -> GroupedRows:
        """The rows with a mark."""
        return remembered(self._known, mark, lambda: self._marked(mark))

    def visible(self, matches: Matches, interval: n.Interval) -> GroupedRows:
        """The matching rows without those that an interval always hides."""
        if interval.during is None and not interval.before:
            return self.rows(matches)
        only = n.Interval(before=interval.before, during=interval.during)

        def restricted() -> GroupedRows:
            before = [self.anchor(anchor) for anchor in only.before]
            return grouped_rows.restricted(self.rows(matches), self.table.times, only.during, before)

        return remembered(self._known, (matches, only), restricted)

    def floors(self, interval: n.Interval) -> GroupedRows | None:
        """The floors that the anchors of an interval make; None where there are no such anchors."""
        if not interval.since and not interval.after:
            return None
        only = n.Interval(since=interval.since, after=interval.after)

        def floors() -> GroupedRows | None:
            since, after = ([self.anchor(anchor) for anchor in anchors] for anchors in (only.since, only.after))
            return grouped_rows.floors(since, after)

        return remembered(self._known, only, floors)

    def anchor(self, anchor: n.Anchor) -> GroupedRows:
        """The rows of an anchor, from the lead's whole history or from the part."""
        if self.outer is not None and anchor.scope == "history":
            groups, of = self.outer
            return grouped_rows.repeated(groups.anchor(anchor), of)
        return self.rows(matching(anchor.pattern))

    def window(self, rows: GroupedRows, interval: n.Interval, lag: int = 0) -> Window:
        """How an interval shows rows over time, at least ``lag`` after their time."""
        return window(rows, max(interval.older, lag), interval.within, self.floors(interval))

    def ranges(self, matches: Matches, interval: n.Interval) -> Ranges:
        """The matching rows that are visible over time."""

        def ranges() -> Ranges:
            rows = self.visible(matches, interval)
            return ranges_of(self.table.times, rows, self.table.end, self.window(rows, interval))

        return remembered(self._known, ("ranges", matches, interval), ranges)

    def values(self, leaf: n.Aggregate, rows: GroupedRows) -> Whole:
        """For each row of the table the value that an aggregate needs, at least where its rows are."""
        value = value_of(leaf)
        if value is not None:
            return self.table.value(value)
        dates = np.zeros(len(self.table.times), np.int64)
        dates[rows.rows] = self.table.dates(self.table.times[rows.rows])
        return dates

    def split(self, path: tuple[str, ...], patterns: Sequence[Pattern]) -> "Groups | None":
        """The parts that ``with same`` makes, of rows that match one of the patterns; None where there are none."""
        rows = self.rows(matching(patterns[0]))
        for pattern in patterns[1:]:
            rows = grouped_rows.merged(rows, self.rows(matching(pattern)))
        rows = grouped_rows.chosen(rows, self.table.marked(Divides(path))[rows.rows])
        if not len(rows.rows):
            return None
        groups = np.repeat(np.arange(len(self)), rows.offsets[1:] - rows.offsets[:-1])
        values = self.table.value(Value("identity", path))[rows.rows]
        order = np.lexsort((rows.rows, values, groups))
        new = np.ones(len(order), np.bool_)
        new[1:] = (np.diff(groups[order]) != 0) | (np.diff(values[order]) != 0)
        part_of_row = np.full(len(self.table.times), -1, np.int64)
        part_of_row[rows.rows[order]] = np.cumsum(new) - 1
        begun = rows.rows[order[new]]
        of = groups[order[new]].astype(np.int32)

        def marked(mark: Mark) -> GroupedRows:
            return grouped_rows.regrouped(self.rows(mark), part_of_row, len(of))

        return Groups(self.table, Points(self.table.times[begun], begun), marked, (self, of))
