"""The evaluation tree over whole lists: each node once for all leads of a part."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, assert_never

import attrs
import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar import grouped_rows as listing
from mqlrules.engine.columnar import intervals
from mqlrules.engine.columnar import score_steps as points
from mqlrules.engine.columnar import truth_changes as toggles
from mqlrules.engine.columnar.grouped_rows import Listed
from mqlrules.engine.columnar.match_starts import (
    Starts,
    kept_quiet,
    next_step,
    nth_latest,
    nth_latest_value,
    while_visible,
)
from mqlrules.engine.columnar.plain_scores import PlainLine, while_within
from mqlrules.engine.columnar.ranges import (
    Ranges,
    distinct_in,
    places_of_middles,
    ranges_of,
    rows_of_extremes,
    toggles_of,
)
from mqlrules.engine.columnar.requirements import (
    Hit,
    Mark,
    Single,
    Tells,
    Told,
    Value,
    hit_by,
    hit_of,
    meets_of,
    value_of,
)
from mqlrules.engine.columnar.score_steps import Steps
from mqlrules.engine.columnar.thresholds import bounds_of
from mqlrules.engine.columnar.truth_changes import Begins, Toggles
from mqlrules.engine.columnar.values import LARGEST, TooLarge
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import patterns_of_parts

Whole = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

MOST_VALUES = 64
"""Up to as many different values the latest are kept in a row; beyond, all that are visible are counted."""


@attrs.frozen(eq=False)
class Table:
    """Rows in history order, and what is known of each of them: the same for all groups that are made of them."""

    times: Whole
    marked: Callable[[Mark], Mask]
    """Which rows have a mark."""
    value: Callable[[Value], Whole]
    """A value of each row: in millionths, telling it from others, or in order."""
    days: Callable[[], Whole]
    """The calendar date of each row in the rule set's zone."""
    end: int
    """When evaluation ends (microseconds since 1970 UTC), inclusive."""


class Evaluation:
    """The conditions and scores of some groups of rows: leads, or parts of leads that ``with same`` makes."""

    def __init__(
        self,
        table: Table,
        begins: Begins,
        hits: Callable[[Mark], Listed],
        initially: Callable[[n.Trait], Mask],
        outer: "tuple[Evaluation, Places] | None" = None,
    ) -> None:
        self.table = table
        self.begins = begins
        self._hits = hits
        self._initially = initially
        self._outer = outer
        self._known: dict[Mark, Listed] = {}
        self._truth: dict[tuple[n.Node, bool], Toggles] = {}
        self._kept: dict[tuple[Mark, n.Interval], Listed] = {}
        self._floors: dict[n.Interval, Listed | None] = {}
        self._starts: dict[object, Starts] = {}
        self._ranges: dict[tuple[Hit, n.Interval], Ranges] = {}
        self._scores: dict[n.Score, Steps] = {}
        self._levels: dict[n.Sequence, list[Starts]] = {}
        self._parts: dict[n.Split, tuple[Evaluation, Places] | None] = {}

    def around(self, group: int) -> "tuple[Evaluation, int]":
        """The evaluation of whole leads, and in it the lead to which a group, or a part, belongs."""
        if self._outer is None:
            return self, group
        outer, of = self._outer
        return outer, int(of[group])

    # -- lists of rows ---------------------------------------------------------------------------------------------

    def hits(self, mark: Mark) -> Listed:
        """The rows with a mark."""
        found = self._known.get(mark)
        if found is None:
            found = self._known[mark] = self._hits(mark)
        return found

    def visible(self, hit: Hit, interval: n.Interval) -> Listed:
        """The hits that an interval does not leave out for good."""
        if interval.during is None and not interval.before:
            return self.hits(hit)
        only = n.Interval(before=interval.before, during=interval.during)
        found = self._kept.get((hit, only))
        if found is None:
            before = [self.anchor(anchor) for anchor in only.before]
            found = self._kept[hit, only] = intervals.kept(self.hits(hit), self.table.times, only.during, before)
        return found

    def floors(self, interval: n.Interval) -> Listed | None:
        """The rows after which alone events are visible."""
        if not interval.since and not interval.after:
            return None
        only = n.Interval(since=interval.since, after=interval.after)
        if only not in self._floors:
            since, after = ([self.anchor(anchor) for anchor in anchors] for anchors in (only.since, only.after))
            self._floors[only] = intervals.floors(since, after)
        return self._floors[only]

    def anchor(self, anchor: n.Anchor) -> Listed:
        """The rows of an anchor: of the lead's whole history, or of the part."""
        if self._outer is not None and anchor.scope == "history":
            outer, of = self._outer
            return listing.repeated(outer.anchor(anchor), of)
        return self.hits(hit_by(anchor.pattern))

    # -- conditions ------------------------------------------------------------------------------------------------

    def truth(self, node: n.Node, first: bool = False) -> Toggles:
        """When a node holds; with ``first`` it is enough to know when it first does."""
        found = self._truth.get((node, False))
        if found is None and first:
            found = self._truth.get((node, True))
        if found is None:
            found = self._truth[node, first] = self._evaluated(node, first)
        return found

    def _evaluated(self, node: n.Node, first: bool) -> Toggles:
        match node:
            case n.And(operands=operands):
                return toggles.all_joined([self.truth(operand) for operand in operands], True, first)
            case n.Or(operands=operands):
                return toggles.all_joined([self.truth(operand, first) for operand in operands], False, first)
            case n.Not(operand=operand):
                return toggles.inverted(self.truth(operand), self.begins)
            case n.Sequence(interval=interval):
                starts = self.sequence(node)
                lag = max(interval.older, node.final.lasting if node.final is not None else 0)
                return self._while_visible(starts, interval, lag, first)
            case n.Trait():
                return self._of_lead(node) if self._outer is not None else self._trait(node)
            case n.Split():
                return self._split(node)
            case n.Compare():
                return self._compared(node, first)
            case _:
                assert_never(node)

    def _compared(self, node: n.Compare, first: bool) -> Toggles:
        match node.leaf:
            case n.Score() as score:
                return self._of_lead(node) if self._outer is not None else self._compared_score(node, score, first)
            case n.Count() as leaf:
                return self._compared_number(leaf, node.operator, node.value, first)
            case n.Aggregate() as leaf:
                return KERNELS[leaf.record.columnar](self, node, leaf, first)
            case _:
                assert_never(node.leaf)

    def _of_lead(self, node: n.Node) -> Toggles:
        # Traits and scores are not split (section 3).
        assert self._outer is not None
        outer, of = self._outer
        return toggles.clipped(outer.truth(node), of, self.begins)

    def _while_visible(self, starts: Starts, interval: n.Interval, lag: int, first: bool) -> Toggles:
        return while_visible(
            self.table.times, starts, self.table.end,
            lag=lag, within=interval.within, floors=self.floors(interval), first=first,
        )  # fmt: skip

    # -- counts, distinct values, days -----------------------------------------------------------------------------

    def _compared_number(self, leaf: n.Count | n.Aggregate, operator: str, value: object, first: bool) -> Toggles:
        bounds = bounds_of(operator, value)
        if bounds is None:
            return toggles.never(len(self.begins))
        if isinstance(leaf, n.Aggregate) and max(bounds.low or 0, bounds.high or 0) > MOST_VALUES:
            ranges = self.ranges(hit_of(leaf), leaf.interval)
            numbers = distinct_in(ranges, self.visible(hit_of(leaf), leaf.interval), self._values(leaf))
            return self._from(ranges, bounds.hold_of(numbers), bounds.hold(0), first)
        single = not bounds.negated and bounds.high is None
        parts = [] if bounds.low is None else [self._at_least(leaf, bounds.low, first and single)]
        if bounds.high is not None:
            parts.append(toggles.inverted(self._at_least(leaf, bounds.high + 1, False), self.begins))
        found = parts[0] if len(parts) == 1 else toggles.joined(parts[0], parts[1], True, first and not bounds.negated)
        return toggles.inverted(found, self.begins) if bounds.negated else found

    def _at_least(self, leaf: n.Count | n.Aggregate, number: int, first: bool) -> Toggles:
        if number <= 0:
            return toggles.always(self.begins)
        return self._while_visible(self.nth(leaf, number), leaf.interval, leaf.interval.older, first)

    def nth(self, leaf: n.Count | n.Aggregate, number: int) -> Starts:
        """For each match where the ``number`` latest matches, or different values, start."""
        key = (leaf, number)
        found = self._starts.get(key)
        if found is None:
            rows = self.visible(hit_of(leaf), leaf.interval)
            if isinstance(leaf, n.Count):
                found = nth_latest(rows, number)
            else:
                found = nth_latest_value(rows, self._values(leaf), number)
            self._starts[key] = found
        return found

    def _values(self, leaf: n.Aggregate) -> Whole:
        value = value_of(leaf)
        return self.table.days() if value is None else self.table.value(value)

    # -- sums, averages, least, greatest, first and latest values --------------------------------------------------

    def ranges(self, hit: Hit, interval: n.Interval) -> Ranges:
        """What is visible of the hits over time."""
        found = self._ranges.get((hit, interval))
        if found is None:
            found = self._ranges[hit, interval] = ranges_of(
                self.table.times, self.visible(hit, interval), self.table.end,
                lag=interval.older, within=interval.within, floors=self.floors(interval),
            )  # fmt: skip
        return found

    def _from(self, ranges: Ranges, truth: Mask, nothing: bool, first: bool) -> Toggles:
        return toggles_of(ranges.times, ranges.rows, ranges.starts, truth, nothing, self.begins, first)

    def _different(self, node: n.Compare, leaf: n.Aggregate, first: bool) -> Toggles:
        return self._compared_number(leaf, node.operator, node.value, first)

    def _picked(self, node: n.Compare, leaf: n.Aggregate, first: bool) -> Toggles:
        rows, ranges = self.visible(hit_of(leaf), leaf.interval), self.ranges(hit_of(leaf), leaf.interval)
        if not len(rows.rows):
            return toggles.never(len(self.begins))
        places = ranges.highs - 1 if leaf.record.picks == "latest" else ranges.lows
        chosen = np.where(ranges.lows < ranges.highs, rows.rows[np.minimum(places, len(rows.rows) - 1)], -1)
        return self._where_met(node, ranges, chosen, first)

    def _extreme(self, node: n.Compare, leaf: n.Aggregate, first: bool) -> Toggles:
        rows, ranges = self.visible(hit_of(leaf), leaf.interval), self.ranges(hit_of(leaf), leaf.interval)
        chosen = rows_of_extremes(ranges, rows, self._values(leaf), leaf.record.picks == "least")
        return self._where_met(node, ranges, chosen, first)

    def _where_met(self, node: n.Compare, ranges: Ranges, chosen: Places, first: bool) -> Toggles:
        """When the value of one row compares as asked; -1 stands for none."""
        meets = meets_of(node)
        assert meets is not None
        marked = self.table.marked(meets)
        truth = (chosen >= 0) & (marked[chosen] if len(marked) else False)
        return self._from(ranges, truth, False, first)

    def _total(self, node: n.Compare, leaf: n.Aggregate, first: bool) -> Toggles:
        rows, ranges = self.visible(hit_of(leaf), leaf.interval), self.ranges(hit_of(leaf), leaf.interval)
        sums = summed(self._values(leaf)[rows.rows], ranges)
        bounds = bounds_of(node.operator, node.value)
        if bounds is None:
            return self._from(ranges, np.zeros(len(sums), np.bool_), False, first)
        return self._from(ranges, bounds.hold_of(sums), bounds.hold(0), first)

    def _average(self, node: n.Compare, leaf: n.Aggregate, first: bool) -> Toggles:
        rows, ranges = self.visible(hit_of(leaf), leaf.interval), self.ranges(hit_of(leaf), leaf.interval)
        sums = summed(self._values(leaf)[rows.rows], ranges)
        return self._from(ranges, _mean_compares(node, sums, ranges.highs.astype(np.int64) - ranges.lows), False, first)

    def _median(self, node: n.Compare, leaf: n.Aggregate, first: bool) -> Toggles:
        rows, ranges = self.visible(hit_of(leaf), leaf.interval), self.ranges(hit_of(leaf), leaf.interval)
        values = self._values(leaf)[rows.rows]
        if int(abs(values).max(initial=0)) > LARGEST // 2:
            values = values.astype(object)
        low, high = places_of_middles(ranges, rows, values)
        there = low >= 0
        sums = np.zeros(len(low), values.dtype)
        sums[there] = values[low[there]] + values[high[there]]
        # Of an odd number of values both are the middle one: the mean of two, always.
        return self._from(ranges, _mean_compares(node, sums, 2 * there.astype(np.int64)), False, first)

    # -- sequences -------------------------------------------------------------------------------------------------

    def sequence(self, node: n.Sequence) -> Starts:
        """For each match of the last step where the choice starts that starts latest (section 6)."""
        found = self._starts.get(node)
        if found is None:
            found = self.levels(node)[-1]
            if node.final is not None:
                found = kept_quiet(self.table.times, found, self.hits(hit_by(node.final.pattern)), node.final.lasting)
            self._starts[node] = found
        return found

    def levels(self, node: n.Sequence) -> list[Starts]:
        """The same for each of its steps, the steps up to it taken as a sequence."""
        if node not in self._levels:
            self._levels[node] = self._make_levels(node)
        return self._levels[node]

    def _make_levels(self, node: n.Sequence) -> list[Starts]:
        levels: list[Starts] = []
        for k, step in enumerate(node.steps):
            rows = self.visible(hit_by(step.pattern), node.interval)
            if k == 0:
                levels.append(nth_latest(rows, step.count))
                continue
            before, after = levels[-1], step.after
            if step.quiet is not None:
                before = kept_quiet(self.table.times, before, self.hits(hit_by(step.quiet.pattern)), step.quiet.lasting)
                after = max(after, step.quiet.lasting)
            absent = None if step.absent is None else self.visible(hit_by(step.absent), node.interval)
            levels.append(next_step(self.table.times, before, rows, step.count, step.within, after, absent))
        return levels

    # -- traits ----------------------------------------------------------------------------------------------------

    def _trait(self, node: n.Trait) -> Toggles:
        told = self.hits(Tells(node.test.path[0]))
        truth = self.table.marked(Told(node.test))[told.rows]
        initially = self._initially(node)
        held = toggles_of(
            self.table.times[told.rows], told.rows, told.starts, truth, False, self.begins, False
        ) if len(told.rows) else toggles.never(len(self.begins))  # fmt: skip
        if not initially.any():
            return held
        others = toggles_of(
            self.table.times[told.rows], told.rows, told.starts, truth, True, self.begins, False
        ) if len(told.rows) else toggles.always(self.begins)  # fmt: skip
        return toggles.either(held, others, initially)

    # -- scores ----------------------------------------------------------------------------------------------------

    def score(self, score: n.Score) -> Steps:
        """The value of a score over time."""
        found = self._scores.get(score)
        if found is None:
            lines = [self._line(line) for line in score.lines]
            _small_enough(score.low or 0)
            _small_enough(score.high or 0)
            found = self._scores[score] = points.total(lines, score.low, score.high, self.begins)
        return found

    def _line(self, line: n.EventPoints | n.ConditionPoints) -> Steps:
        if isinstance(line, n.ConditionPoints):
            _small_enough(line.points)
            return points.line_of_truth(self.truth(line.condition), line.points)
        hit, interval = hit_by(line.pattern), line.interval
        _small_enough(line.points * (max(len(self.hits(hit).rows), 1) if line.every else 1))
        _small_enough(line.cap or 0)
        if line.halving is not None:
            return points.line_halved(
                self.table.times, self.visible(hit, interval), self.table.end,
                lag=interval.older, within=interval.within, floors=self.floors(interval),
                points=line.points, every=line.halving, latest=not line.every, cap=line.cap,
            )  # fmt: skip
        if line.every:
            return points.line_of_each(self.ranges(hit, interval), line.points, line.cap)
        latest = n.Count(line.pattern, interval)
        return points.line_of_truth(self._at_least(latest, 1, False), line.points, line.cap)

    def _compared_score(self, node: n.Compare, score: n.Score, first: bool) -> Toggles:
        bounds = bounds_of(node.operator, node.value)
        if bounds is None:
            return toggles.never(len(self.begins))
        plain = None if score in self._scores else self._plain_lines(score)
        if plain:
            clamp = score.low, score.high
            return while_within(self.table.times, plain, clamp, bounds, self.table.end, self.begins, first)
        steps = self.score(score)
        return toggles_of(
            steps.times, steps.rows, steps.starts, bounds.hold_of(steps.values), False, self.begins, first
        )

    def _plain_lines(self, score: n.Score) -> list[PlainLine] | None:
        """The lines, if each of them counts events in a window and nothing more."""
        plain: list[PlainLine] = []
        for line in score.lines:
            if isinstance(line, n.ConditionPoints) or line.halving is not None:
                return None
            interval = line.interval
            if interval.older or interval.since or interval.after:
                return None
            rows = self.visible(hit_by(line.pattern), interval)
            most = abs(line.points) * (len(rows.rows) if line.every else 1)
            cap = most if line.cap is None else min(line.cap, most)
            for number in (cap, score.low or 0, score.high or 0, abs(line.points) * max(len(rows.rows), 1)):
                _small_enough(number)
            plain.append(PlainLine(rows, line.points, cap, interval.within))
        return plain

    # -- parts -----------------------------------------------------------------------------------------------------

    def _split(self, node: n.Split) -> Toggles:
        parts = self.parts(node)
        if parts is None:
            return toggles.never(len(self.begins))
        inner, of = parts
        return toggles.any_part(inner.truth(node.condition), of, len(self.begins))

    def parts(self, node: n.Split) -> "tuple[Evaluation, Places] | None":
        """The evaluation of the parts that ``with same`` makes, and the group of each; None where there are none."""
        if node not in self._parts:
            self._parts[node] = self._make_parts(node)
        return self._parts[node]

    def _make_parts(self, node: n.Split) -> "tuple[Evaluation, Places] | None":
        patterns = dict.fromkeys(map(hit_by, patterns_of_parts(node)))
        lists = [self.hits(hit) for hit in patterns]
        matching = lists[0]
        for one in lists[1:]:
            matching = listing.merged(matching, one)
        matching = listing.chosen(matching, self.table.marked(Single(node.path))[matching.rows])
        if not len(matching.rows):
            return None
        groups = np.repeat(np.arange(len(self.begins)), matching.starts[1:] - matching.starts[:-1])
        values = self.table.value(Value("identity", node.path))[matching.rows]
        order = np.lexsort((matching.rows, values, groups))
        new = np.ones(len(order), np.bool_)
        new[1:] = (np.diff(groups[order]) != 0) | (np.diff(values[order]) != 0)
        part_of_row = np.full(len(self.table.times), -1, np.int64)
        part_of_row[matching.rows[order]] = np.cumsum(new) - 1
        begun = matching.rows[order[new]]
        of = groups[order[new]].astype(np.int32)
        begins = Begins(self.table.times[begun], begun)

        def hits(mark: Mark) -> Listed:
            return listing.regrouped(self.hits(mark), part_of_row, len(of))

        return Evaluation(self.table, begins, hits, self._initially, (self, of)), of


def _small_enough(number: int) -> None:
    # A score has hundreds of lines at most: their sum still fits 64 bits.
    if abs(number) > LARGEST // 2**16:
        raise TooLarge


def summed(values: Whole, ranges: Ranges) -> npt.NDArray[Any]:
    """The sum of each range, in Python's whole numbers where 64 bits would not do."""
    largest = max(abs(int(values.max(initial=0))), abs(int(values.min(initial=0))))
    exact: Any = values.astype(object) if largest * max(len(values), 1) > LARGEST else values
    before = np.concatenate((np.zeros(1, exact.dtype), np.cumsum(exact)))
    return before[ranges.highs] - before[ranges.lows]  # type: ignore[no-any-return]


def _mean_compares(node: n.Compare, sums: npt.NDArray[Any], counts: Whole) -> Mask:
    """Where sum / count compares as asked with a number of millionths; of no values it never does."""
    value = Fraction(node.value)  # type: ignore[arg-type]
    against = bounds_of(node.operator, 0)
    assert against is not None
    # sum / count compares with n / d as sum * d - n * count with 0.
    largest = max(abs(int(sums.max(initial=0))), abs(int(sums.min(initial=0))), 1)
    if max(largest * value.denominator, abs(value.numerator) * int(counts.max(initial=1))) > LARGEST:
        sums, counts = sums.astype(object), counts.astype(object)
    return against.hold_of(sums * value.denominator - value.numerator * counts) & (counts > 0)


KERNELS: dict[str, Callable[[Evaluation, n.Compare, n.Aggregate, bool], Toggles]] = {
    "total": Evaluation._total,
    "average": Evaluation._average,
    "median": Evaluation._median,
    "extreme": Evaluation._extreme,
    "picked": Evaluation._picked,
    "different": Evaluation._different,
}
"""What evaluates a comparison of an aggregate, by the name of the kernel in its record."""
