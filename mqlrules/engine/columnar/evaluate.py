"""The evaluation tree over groups of rows: each node once for all groups, as a list of truth changes."""

from collections.abc import Callable
from typing import Any, assert_never

import attrs
import numpy as np

from mqlrules.engine.columnar import aggregates, score_steps, truth_changes
from mqlrules.engine.columnar.groups import Groups, remembered
from mqlrules.engine.columnar.match_starts import MatchStarts, kept_quiet, next_step, nth_latest, while_visible
from mqlrules.engine.columnar.plain_scores import PlainLine, while_within
from mqlrules.engine.columnar.requirements import SetsTrait, TraitPasses, matching
from mqlrules.engine.columnar.score_steps import Steps
from mqlrules.engine.columnar.thresholds import bounds_of
from mqlrules.engine.columnar.truth_changes import Mask, Places, TruthChanges
from mqlrules.engine.columnar.values import LARGEST, TooLarge
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import patterns_of_parts


@attrs.frozen(eq=False)
class Evaluation:
    """The conditions and scores of some groups. ``initially`` says for which of them a test of a trait holds at first.

    ``outer`` is the evaluation of the whole leads that the groups are parts of, with the lead of each part.
    """

    groups: Groups
    initially: Callable[[n.Trait], Mask]
    outer: "tuple[Evaluation, Places] | None" = None
    _known: dict[Any, Any] = attrs.field(factory=dict, init=False)

    def around(self, group: int) -> "tuple[Evaluation, int]":
        """The evaluation of whole leads, and the lead in it that a group belongs to."""
        if self.outer is None:
            return self, group
        outer, of = self.outer
        return outer, int(of[group])

    def truth(self, node: n.Node, first: bool = False) -> TruthChanges:
        """When a node holds; with ``first`` only the first change of each group is needed."""
        if first and (node, False) not in self._known:
            return remembered(self._known, (node, True), lambda: self._evaluated(node, True))
        return remembered(self._known, (node, False), lambda: self._evaluated(node, False))

    def _evaluated(self, node: n.Node, first: bool) -> TruthChanges:
        match node:
            case n.And(operands=operands):
                return truth_changes.all_of([self.truth(operand) for operand in operands], first)
            case n.Or(operands=operands):
                return truth_changes.any_of([self.truth(operand, first) for operand in operands], first)
            case n.Not(operand=operand):
                return truth_changes.inverted(self.truth(operand), self.groups.begins)
            case n.Sequence(interval=interval):
                starts = self.sequence(node)
                window = self.groups.window(starts.hits, interval, node.final.lasting if node.final is not None else 0)
                table = self.groups.table
                return while_visible(table.times, starts, table.end, window, first)
            case n.Split(condition=condition):
                parts = self.parts(node)
                if parts is None:
                    return truth_changes.never(len(self.groups))
                inner, of = parts
                return truth_changes.any_part(inner.truth(condition), of, len(self.groups))
            case n.Trait():
                return self._trait(node) if self.outer is None else self._of_lead(node)
            case n.Compare(leaf=leaf):
                if not isinstance(leaf, n.Score):
                    return aggregates.compared(self.groups, node, leaf, first)
                return self._score_compared(node, leaf, first) if self.outer is None else self._of_lead(node)
            case _:
                assert_never(node)

    def _of_lead(self, node: n.Node) -> TruthChanges:
        # Traits and scores are not split (section 3).
        assert self.outer is not None
        outer, of = self.outer
        return truth_changes.clipped(outer.truth(node), of, self.groups.begins)

    def parts(self, split: n.Split) -> "tuple[Evaluation, Places] | None":
        """The evaluation of the parts that ``with same`` makes, and the group of each; None where there are none."""

        def parts() -> tuple[Evaluation, Places] | None:
            inner = self.groups.split(split.path, list(dict.fromkeys(patterns_of_parts(split))))
            if inner is None:
                return None
            assert inner.outer is not None
            _, of = inner.outer
            return Evaluation(inner, self.initially, (self, of)), of

        return remembered(self._known, split, parts)

    def _trait(self, node: n.Trait) -> TruthChanges:
        rows, times = self.groups.rows(SetsTrait(node.test.path[0])), self.groups.table.times
        truth = self.groups.table.marked(TraitPasses(node.test))[rows.rows]
        before = self.initially(node)
        return truth_changes.of_states(times[rows.rows], *rows, truth, before, self.groups.begins, False)

    # -- sequences -------------------------------------------------------------------------------------------------

    def sequence(self, node: n.Sequence) -> MatchStarts:
        """The matches of a sequence: for each match of its last step the start of the choice that starts latest."""
        if node.final is None:
            return self.steps(node)[-1]
        quiet = node.final
        return remembered(self._known, (node, "final"), lambda: self._kept_quiet(self.steps(node)[-1], quiet))

    def steps(self, node: n.Sequence) -> list[MatchStarts]:
        """The matches of each step, the steps up to it taken as a sequence (section 6)."""
        return remembered(self._known, (node, "steps"), lambda: self._steps(node))

    def _steps(self, node: n.Sequence) -> list[MatchStarts]:
        visible, found = self.groups.visible, list[MatchStarts]()
        for step in node.steps:
            rows = visible(matching(step.pattern), node.interval)
            if not found:
                found.append(nth_latest(rows, step.count))
                continue
            before, after = found[-1], step.after
            if step.quiet is not None:
                before, after = self._kept_quiet(before, step.quiet), max(after, step.quiet.lasting)
            absent = None if step.absent is None else visible(matching(step.absent), node.interval)
            found.append(next_step(self.groups.table.times, before, rows, step.count, step.within, after, absent))
        return found

    def _kept_quiet(self, given: MatchStarts, quiet: n.Quiet) -> MatchStarts:
        return kept_quiet(self.groups.table.times, given, self.groups.rows(matching(quiet.pattern)), quiet.lasting)

    # -- scores ----------------------------------------------------------------------------------------------------

    def score(self, score: n.Score) -> Steps:
        """The value of a score over time."""

        def total() -> Steps:
            _check_size(score.low or 0, score.high or 0)
            return score_steps.total(list(map(self._line, score.lines)), score.low, score.high, self.groups.begins)

        return remembered(self._known, score, total)

    def _line(self, line: n.EventPoints | n.ConditionPoints) -> Steps:
        if isinstance(line, n.ConditionPoints):
            _check_size(line.points)
            return score_steps.line_of_truth(self.truth(line.condition), line.points)
        matches, table = matching(line.pattern), self.groups.table
        _check_size(line.points * (max(len(self.groups.rows(matches).rows), 1) if line.every else 1), line.cap or 0)
        if line.halving is not None:
            rows = self.groups.visible(matches, line.interval)
            return score_steps.line_halved(
                table.times, rows, table.end, self.groups.window(rows, line.interval),
                points=line.points, every=line.halving, latest=not line.every, cap=line.cap,
            )  # fmt: skip
        if line.every:
            return score_steps.line_of_each(self.groups.ranges(matches, line.interval), line.points, line.cap)
        latest = aggregates.at_least(self.groups, n.Count(line.pattern, line.interval), 1)
        return score_steps.line_of_truth(latest, line.points, line.cap)

    def _score_compared(self, node: n.Compare, score: n.Score, first: bool) -> TruthChanges:
        bounds = bounds_of(node.operator, node.value)
        begins, table = self.groups.begins, self.groups.table
        if bounds is None:
            return truth_changes.never(len(self.groups))
        plain = None if score in self._known else self._plain_lines(score)
        if plain is not None:
            return while_within(table.times, plain, (score.low, score.high), bounds, table.end, begins, first)
        times, rows, offsets, values = self.score(score)
        before = np.zeros(len(self.groups), np.bool_)
        return truth_changes.of_states(times, rows, offsets, bounds.hold_of(values), before, begins, first)

    def _plain_lines(self, score: n.Score) -> list[PlainLine] | None:
        """The lines, if each only counts events in a window."""
        plain: list[PlainLine] = []
        for line in score.lines:
            if isinstance(line, n.ConditionPoints) or line.halving is not None:
                return None
            interval = line.interval
            if interval.older or interval.since or interval.after:
                return None
            rows = self.groups.visible(matching(line.pattern), interval)
            most = abs(line.points) * (len(rows.rows) if line.every else 1)
            cap = most if line.cap is None else min(line.cap, most)
            _check_size(cap, score.low or 0, score.high or 0, line.points * max(len(rows.rows), 1))
            plain.append(PlainLine(rows, line.points, cap, interval.within))
        return plain


def _check_size(*numbers: int) -> None:
    # A score has hundreds of lines at most, so their sum still fits 64 bits.
    if any(abs(number) > LARGEST // 2**16 for number in numbers):
        raise TooLarge
