"""The lifecycle: which rule moves which lead when (section 8), by walking the truth changes of all rules together."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mqlrules.engine.columnar.jit import FOREVER, kernel
from mqlrules.engine.columnar.truth_changes import Mask, Places, Points, TruthChanges, Whole, stacked
from mqlrules.engine.lifecycle import Ladder
from mqlrules.plan.nodes import PlannedRule


class RuleTable(NamedTuple):
    """The rules as numbers, in file order. Stages are numbered: the ladder from 0 up, then those outside."""

    targets: Places
    recycles: Mask
    """Whether the outcome is a recycle."""
    whens: Places
    """The stage of ``when``, -1 without one."""
    lastings: Whole
    """How long a lead must have been in it, 0 if the rule doesn't say."""
    precedences: Whole
    """The lowest wins, then file order."""
    outside: int
    """The number of the first stage outside the ladder."""


def stages_of(ladder: Ladder) -> tuple[str, ...]:
    """The stages by number."""
    return (*ladder.lifecycle.ladder, *ladder.lifecycle.outside)


def table_of(rules: Sequence[PlannedRule], ladder: Ladder) -> RuleTable:
    """The rules as numbers."""
    number = {stage: place for place, stage in enumerate(stages_of(ladder))}
    ruled = [planned.rule for planned in rules]
    ranked = sorted({ladder.precedence(rule) for rule in ruled})
    return RuleTable(
        targets=np.array([number[rule.stage] for rule in ruled], np.int32),
        recycles=np.array([rule.recycle for rule in ruled], np.bool_),
        whens=np.array([-1 if rule.when is None else number[rule.when] for rule in ruled], np.int32),
        lastings=np.array([rule.lasting or 0 for rule in ruled], np.int64),
        precedences=np.array([ranked.index(ladder.precedence(rule)) for rule in ruled], np.int64),
        outside=len(ladder.lifecycle.ladder),
    )


class Standing(NamedTuple):
    """Where each lead stands when a pass begins."""

    stages: Places
    entered: Whole
    fresh: Mask
    """Whether the pass begins with a recycle."""

    @classmethod
    def at_begin(cls, begins: Points) -> "Standing":
        """In the first stage since the first event."""
        groups = len(begins.times)
        return cls(np.zeros(groups, np.int32), begins.times.copy(), np.zeros(groups, np.bool_))

    def recycled(self, some: Mask) -> "Standing":
        """Some of the leads, after a recycle."""
        return Standing(self.stages[some], self.entered[some], np.ones(np.count_nonzero(some), np.bool_))

    def followed_by(self, other: "Standing") -> "Standing":
        """These leads, then others."""
        return Standing(
            np.concatenate((self.stages, other.stages)),
            np.concatenate((self.entered, other.entered)),
            np.concatenate((self.fresh, other.fresh)),
        )


class Moves(NamedTuple):
    """Moves, lead after lead and in order. ``also`` says for each move and rule whether it could have moved, too."""

    groups: Places
    times: Whole
    rows: Places
    sources: Places
    targets: Places
    rules: Places
    also: Mask

    def only(self, some: "Mask | slice") -> "Moves":
        """Some of the moves."""
        return Moves._make(column[some] for column in self)


def moves_of(
    table: RuleTable, conditions: Sequence[TruthChanges], begins: Points, used: Points, standing: Standing, end: int
) -> tuple[Moves, Mask]:
    """The moves of a pass, up to each lead's first recycle, and which leads were recycled.

    ``used`` is the first event of each group whose name the rule set uses, with row -1 where there is none: after a
    recycle it allows the next one. ``standing`` is brought up to date.
    """
    rules, groups = len(table.targets), len(begins.times)
    times, rows, offsets = stacked(conditions or [TruthChanges(*begins, np.zeros(groups + 1, np.int64))])
    # Within a pass a lead climbs, each time to another stage, and a recycle ends the pass.
    most = groups * (len(np.unique(table.targets)) + 1)
    columns = [np.empty(most, dtype) for dtype in (np.int32, np.int64, np.int32, np.int32, np.int32, np.int32)]
    moves = Moves._make((*columns, np.zeros((most, rules), np.bool_)))
    recycled = np.zeros(groups, np.bool_)
    made = _moves(
        times, rows, offsets, *begins, *table, *used, *standing, end,
        np.empty(rules, np.int64), np.empty((5, rules), np.bool_), *moves, recycled,
    )  # fmt: skip
    return moves.only(slice(made)), recycled


@kernel
def _moves(
    times: Whole, rows: Places, offsets: Whole, begin_times: Whole, begin_rows: Places, targets: Places,
    recycles: Mask, whens: Places, lastings: Whole, precedences: Whole, outside: int, used_times: Whole,
    used_rows: Places, stages: Places, entered: Whole, fresh: Mask, end: int, places: Whole, state: Mask,
    out_groups: Places, out_times: Whole, out_rows: Places, out_sources: Places, out_targets: Places,
    out_rules: Places, out_also: Mask, recycled: Mask,
) -> int:  # fmt: skip
    """``places`` and ``state`` are for what is known of each rule while one lead is followed."""
    rules = len(targets)
    holds, withheld, fired, can, watched = state[0], state[1], state[2], state[3], state[4]
    made = 0
    for g in range(len(begin_times)):
        stage = stages[g]
        since = entered[g]
        shut = fresh[g]
        for k in range(rules):
            places[k] = offsets[k, g]
            holds[k] = False
            withheld[k] = False
            # Only rules that can move a lead from its stage are followed.
            watched[k] = fresh[g] or (targets[k] < stage if recycles[k] else targets[k] > stage)
        t, r = begin_times[g], begin_rows[g]
        begun = False
        while t <= end:
            for k in range(rules):
                i = places[k]
                if watched[k] and i < offsets[k, g + 1] and times[i] == t and rows[i] == r:
                    holds[k] = not holds[k]
                    places[k] = i + 1
            if shut and used_rows[g] >= 0 and r == used_rows[g]:
                shut = False
            if not begun and fresh[g]:
                # A rule that holds of the empty fresh history must have been false once before it may fire.
                for k in range(rules):
                    withheld[k] = holds[k] and (whens[k] < 0 or (whens[k] == stage and t - since >= lastings[k]))
            else:
                for k in range(rules):
                    if withheld[k]:
                        withheld[k] = holds[k] and (whens[k] < 0 or (whens[k] == stage and t - since >= lastings[k]))
                    fired[k] = False
                while stage < outside:
                    winner = -1
                    for k in range(rules):
                        can[k] = (
                            holds[k]
                            and not withheld[k]
                            and not fired[k]
                            and (whens[k] < 0 or (whens[k] == stage and t - since >= lastings[k]))
                            and (targets[k] < stage if recycles[k] else targets[k] > stage)
                            and not (recycles[k] and shut)
                        )
                        if can[k] and (winner < 0 or precedences[k] < precedences[winner]):
                            winner = k
                    if winner < 0:
                        break
                    fired[winner] = True
                    out_groups[made] = g
                    out_times[made] = t
                    out_rows[made] = r
                    out_sources[made] = stage
                    out_targets[made] = targets[winner]
                    out_rules[made] = winner
                    for k in range(rules):
                        out_also[made, k] = can[k] and k != winner
                    made += 1
                    stage = targets[winner]
                    since = t
                    if recycles[winner]:
                        recycled[g] = True
                        break
                    for k in range(rules):
                        if not watched[k] and (targets[k] < stage if recycles[k] else targets[k] > stage):
                            watched[k] = True
                            i = places[k]
                            while i < offsets[k, g + 1] and (times[i] < t or (times[i] == t and rows[i] <= r)):
                                holds[k] = not holds[k]
                                i += 1
                            places[k] = i
                        elif not withheld[k]:
                            watched[k] = targets[k] < stage if recycles[k] else targets[k] > stage
                if recycled[g] or stage >= outside:
                    break
            begun = True
            # The next point: a condition changes, a stage has lasted long enough, or a recycle becomes possible again.
            now = t
            t, r = FOREVER, np.int32(-1)
            for k in range(rules):
                if not watched[k]:
                    continue
                i = places[k]
                if i < offsets[k, g + 1] and (times[i] < t or (times[i] == t and rows[i] < r)):
                    t, r = times[i], rows[i]
                if whens[k] == stage and lastings[k] > 0 and now < since + lastings[k] <= t:
                    t, r = since + lastings[k], np.int32(-1)
            if shut and used_rows[g] >= 0 and (used_times[g] < t or (used_times[g] == t and used_rows[g] < r)):
                t, r = used_times[g], used_rows[g]
        stages[g] = stage
        entered[g] = since
    return made
