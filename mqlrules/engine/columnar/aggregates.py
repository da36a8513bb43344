"""Counts and aggregates compared with a number or a literal: when the comparison holds."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar import truth_changes
from mqlrules.engine.columnar.groups import Groups
from mqlrules.engine.columnar.match_starts import nth_latest, nth_latest_value, while_visible
from mqlrules.engine.columnar.ranges import (
    Ranges,
    distinct_in,
    places_of_middles,
    rows_of_extremes,
    sums_of,
)
from mqlrules.engine.columnar.requirements import comparing, counted_by
from mqlrules.engine.columnar.thresholds import bounds_of
from mqlrules.engine.columnar.truth_changes import Mask, Places, TruthChanges, Whole
from mqlrules.engine.columnar.values import LARGEST
from mqlrules.plan import nodes as n

MOST_VALUES = 64
"""Thresholds up to this keep the latest different values in a row; beyond, all visible ones are counted."""


def compared(groups: Groups, node: n.Compare, leaf: n.Count | n.Aggregate, first: bool) -> TruthChanges:
    """When a comparison holds; with ``first`` only the first change of each group."""
    if isinstance(leaf, n.Count):
        return _number(groups, node, leaf, first)
    return KERNELS[leaf.record.columnar](groups, node, leaf, first)


def at_least(groups: Groups, leaf: n.Count | n.Aggregate, number: int, first: bool = False) -> TruthChanges:
    """While there are at least so many matches, or different values of matches."""
    if number <= 0:
        return truth_changes.always(groups.begins)
    rows = groups.visible(counted_by(leaf), leaf.interval)
    if isinstance(leaf, n.Count):
        starts = nth_latest(rows, number)
    else:
        starts = nth_latest_value(rows, groups.values(leaf, rows), number)
    return while_visible(groups.table.times, starts, groups.table.end, groups.window(rows, leaf.interval), first)


def _number(groups: Groups, node: n.Compare, leaf: n.Count | n.Aggregate, first: bool) -> TruthChanges:
    bounds = bounds_of(node.operator, node.value)
    if bounds is None:
        return truth_changes.never(len(groups))
    if isinstance(leaf, n.Aggregate) and max(bounds.low or 0, bounds.high or 0) > MOST_VALUES:
        rows, ranges = groups.visible(counted_by(leaf), leaf.interval), groups.ranges(counted_by(leaf), leaf.interval)
        numbers = distinct_in(ranges, rows, groups.values(leaf, rows))
        return _of_ranges(groups, ranges, bounds.hold_of(numbers), bounds.hold(0), first)
    above = bounds.high is None and not bounds.negated
    parts = [] if bounds.low is None else [at_least(groups, leaf, bounds.low, first and above)]
    if bounds.high is not None:
        parts.append(truth_changes.inverted(at_least(groups, leaf, bounds.high + 1), groups.begins))
    found = parts[0] if len(parts) == 1 else truth_changes.all_of(parts, first and not bounds.negated)
    return truth_changes.inverted(found, groups.begins) if bounds.negated else found


def _of_ranges(groups: Groups, ranges: Ranges, truth: Mask, nothing: bool, first: bool) -> TruthChanges:
    """What holds of each range; ``nothing``: whether it holds where no row is visible yet."""
    before = np.full(len(groups), nothing)
    return truth_changes.of_states(ranges.times, ranges.rows, ranges.offsets, truth, before, groups.begins, first)


# -- aggregates whose result is one of the values ------------------------------------------------------------------


def _picked(groups: Groups, node: n.Compare, leaf: n.Aggregate, first: bool) -> TruthChanges:
    rows, ranges = groups.visible(counted_by(leaf), leaf.interval), groups.ranges(counted_by(leaf), leaf.interval)
    if not len(rows.rows):
        return truth_changes.never(len(groups))
    places = ranges.highs - 1 if leaf.record.picks == "latest" else ranges.lows
    chosen = np.where(ranges.lows < ranges.highs, rows.rows[np.minimum(places, len(rows.rows) - 1)], -1)
    return _where_it_compares(groups, node, ranges, chosen, first)


def _extreme(groups: Groups, node: n.Compare, leaf: n.Aggregate, first: bool) -> TruthChanges:
    rows, ranges = groups.visible(counted_by(leaf), leaf.interval), groups.ranges(counted_by(leaf), leaf.interval)
    chosen = rows_of_extremes(ranges, rows, groups.values(leaf, rows), leaf.record.picks == "least")
    return _where_it_compares(groups, node, ranges, chosen, first)


def _where_it_compares(
    groups: Groups, node: n.Compare, ranges: Ranges, chosen: Places, first: bool
) -> TruthChanges:  # fmt: skip
    """While the value of the row chosen for each range compares as asked; -1 stands for no row."""
    compares = comparing(node)
    assert compares is not None
    marked = groups.table.marked(compares)
    truth = (chosen >= 0) & (marked[chosen] if len(marked) else False)
    return _of_ranges(groups, ranges, truth, False, first)


# -- amounts -------------------------------------------------------------------------------------------------------


def _total(groups: Groups, node: n.Compare, leaf: n.Aggregate, first: bool) -> TruthChanges:
    sums, ranges = _sums(groups, leaf)
    bounds = bounds_of(node.operator, node.value)
    if bounds is None:
        return truth_changes.never(len(groups))
    return _of_ranges(groups, ranges, bounds.hold_of(sums), bounds.hold(0), first)


def _average(groups: Groups, node: n.Compare, leaf: n.Aggregate, first: bool) -> TruthChanges:
    sums, ranges = _sums(groups, leaf)
    return _of_ranges(groups, ranges, _mean_compares(node, sums, ranges.counts), False, first)


def _sums(groups: Groups, leaf: n.Aggregate) -> tuple[npt.NDArray[Any], Ranges]:
    rows, ranges = groups.visible(counted_by(leaf), leaf.interval), groups.ranges(counted_by(leaf), leaf.interval)
    return sums_of(groups.values(leaf, rows)[rows.rows], ranges, LARGEST), ranges


def _median(groups: Groups, node: n.Compare, leaf: n.Aggregate, first: bool) -> TruthChanges:
    rows, ranges = groups.visible(counted_by(leaf), leaf.interval), groups.ranges(counted_by(leaf), leaf.interval)
    values = groups.values(leaf, rows)[rows.rows]
    if int(abs(values).max(initial=0)) > LARGEST // 2:
        values = values.astype(object)
    low, high = places_of_middles(ranges, rows, values)
    some = low >= 0
    sums = np.zeros(len(low), values.dtype)
    sums[some] = values[low[some]] + values[high[some]]
    # Of an odd number of values both places are the middle one, so it is always the mean of two.
    return _of_ranges(groups, ranges, _mean_compares(node, sums, 2 * some.astype(np.int64)), False, first)


def _mean_compares(node: n.Compare, sums: npt.NDArray[Any], counts: Whole) -> Mask:
    """Where sum / count compares as asked with a number of millionths; a mean of nothing never does."""
    value = Fraction(node.value)  # type: ignore[arg-type]
    against = bounds_of(node.operator, 0)
    assert against is not None
    # sum / count compares with n / d as sum * d - n * count with 0.
    largest = max(abs(int(sums.max(initial=0))), abs(int(sums.min(initial=0))), 1)
    if max(largest * value.denominator, abs(value.numerator) * int(counts.max(initial=1))) > LARGEST:
        sums, counts = sums.astype(object), counts.astype(object)
    return against.hold_of(sums * value.denominator - value.numerator * counts) & (counts > 0)


KERNELS: dict[str, Callable[[Groups, n.Compare, n.Aggregate, bool], TruthChanges]] = {
    "total": _total,
    "average": _average,
    "median": _median,
    "extreme": _extreme,
    "picked": _picked,
    "different": _number,
}
"""What evaluates a comparison of an aggregate, by the name of the kernel in its record."""
