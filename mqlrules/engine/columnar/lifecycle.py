"""The lifecycle, the last loop: which rule moves which lead when (section 8)."""

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from mqlrules.engine.columnar.jit import kernel
from mqlrules.engine.columnar.truth_changes import Begins, Toggles
from mqlrules.engine.lifecycle import Ladder
from mqlrules.plan.nodes import PlannedRule

Whole = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


@attrs.frozen(eq=False)
class RuleTable:
    """The rules in numbers, in file order. Stages are numbered: the ladder from 0 up, then those outside."""

    stages: tuple[str, ...]
    targets: Places
    recycles: Mask
    """Whether the outcome is a recycle."""
    whens: Places
    """The stage of ``when``, -1 where there is none."""
    lastings: Whole
    """How long a lead must have been in it, 0 where it is not said."""
    precedences: Whole
    """The lower wins, then file order."""
    outside: int
    """The number of the first stage outside the ladder."""


def table_of(rules: Sequence[PlannedRule], ladder: Ladder) -> RuleTable:
    """The rules in numbers."""
    inside, outside = ladder.lifecycle.ladder, ladder.lifecycle.outside
    stages = (*inside, *outside)
    number = {stage: place for place, stage in enumerate(stages)}
    ruled = [planned.rule for planned in rules]
    ranked = sorted({ladder.precedence(rule) for rule in ruled})
    return RuleTable(
        stages=stages,
        targets=np.array([number[rule.stage] for rule in ruled], np.int32),
        recycles=np.array([rule.recycle for rule in ruled], np.bool_),
        whens=np.array([-1 if rule.when is None else number[rule.when] for rule in ruled], np.int32),
        lastings=np.array([rule.lasting or 0 for rule in ruled], np.int64),
        precedences=np.array([ranked.index(ladder.precedence(rule)) for rule in ruled], np.int64),
        outside=len(inside),
    )


@attrs.define(eq=False)
class Standing:
    """Where each lead of a pass stands when the pass begins."""

    stages: Places
    entered: Whole
    recycled: Mask
    """Whether the history begins anew with this pass."""

    @classmethod
    def at_begin(cls, begins: Begins) -> "Standing":
        """In the first stage since the first event."""
        groups = len(begins)
        return cls(np.zeros(groups, np.int32), begins.times.copy(), np.zeros(groups, np.bool_))

    def recycled_of(self, some: Mask) -> "Standing":
        """Some of the leads, their histories beginning anew."""
        return Standing(self.stages[some], self.entered[some], np.ones(np.count_nonzero(some), np.bool_))

    def and_also(self, other: "Standing") -> "Standing":
        """These leads, then others."""
        return Standing(
            np.concatenate((self.stages, other.stages)),
            np.concatenate((self.entered, other.entered)),
            np.concatenate((self.recycled, other.recycled)),
        )


@attrs.frozen(eq=False)
class Moves:
    """Moves, lead after lead and in order. ``also`` says for each move and rule whether it could have moved, too."""

    groups: Places
    times: Whole
    rows: Places
    sources: Places
    targets: Places
    rules: Places
    also: Mask

    def only(self, some: Mask) -> "Moves":
        """Some of the moves."""
        return Moves(*(getattr(self, field.name)[some] for field in attrs.fields(Moves)))


def moves_of(
    table: RuleTable, conditions: Sequence[Toggles], begins: Begins, used: Begins, standing: Standing, end: int
) -> tuple[Moves, Mask]:
    """The moves of a pass, up to each lead's first recycle, and which leads were recycled.

    ``used`` is the first row of each group whose event's name the rule set uses, -1 where there is none: after a
    recycle it opens the way to the next. ``standing`` is brought up to where the leads stand in the end.
    """
    rules, groups = len(table.targets), len(begins)
    ends = np.cumsum([0, *(len(each.times) for each in conditions)])
    times = np.concatenate([np.empty(0, np.int64), *(each.times for each in conditions)])
    rows = np.concatenate([np.empty(0, np.int32), *(each.rows for each in conditions)])
    starts = (
        np.stack([each.starts + at for each, at in zip(conditions, ends, strict=False)])
        if rules
        else np.zeros((0, groups + 1), np.int64)
    )
    # Within a pass a lead only climbs, each time to another stage, but for the recycle that ends it.
    most = groups * (min(len(table.stages), rules) + 1)
    out = Moves(
        np.empty(most, np.int32), np.empty(most, np.int64), np.empty(most, np.int32), np.empty(most, np.int32),
        np.empty(most, np.int32), np.empty(most, np.int32), np.zeros((most, rules), np.bool_),
    )  # fmt: skip
    recycled = np.zeros(groups, np.bool_)
    made = _moves(
        times, rows, starts, begins.times, begins.rows, table.targets, table.recycles, table.whens, table.lastings,
        table.precedences, table.outside, used.times, used.rows, standing.stages, standing.entered, standing.recycled,
        end, np.empty(rules, np.int64), np.empty((5, rules), np.bool_),
        out.groups, out.times, out.rows, out.sources, out.targets, out.rules, out.also, recycled,
    )  # fmt: skip
    return Moves(*(getattr(out, field.name)[:made] for field in attrs.fields(Moves))), recycled


@kernel
def _moves(
    times: Whole, rows: Places, starts: Whole, begin_times: Whole, begin_rows: Places, targets: Places,
    recycles: Mask, whens: Places, lastings: Whole, precedences: Whole, outside: int, used_times: Whole,
    used_rows: Places, stages: Places, entered: Whole, afresh: Mask, end: int, places: Whole, room: Mask,
    out_groups: Places, out_times: Whole, out_rows: Places, out_sources: Places, out_targets: Places,
    out_rules: Places, out_also: Mask, recycled: Mask,
) -> int:  # fmt: skip
    """``places`` and ``room`` are for what is known of each rule while a lead is gone through."""
    forever = 2**62
    rules = len(targets)
    holds, withheld, fired, can, watched = room[0], room[1], room[2], room[3], room[4]
    made = 0
    for g in range(len(begin_times)):
        stage = stages[g]
        since = entered[g]
        shut = afresh[g]
        for k in range(rules):
            places[k] = starts[k, g]
            holds[k] = False
            withheld[k] = False
            # Only rules that can move a lead from where it stands are followed.
            watched[k] = afresh[g] or (targets[k] < stage if recycles[k] else targets[k] > stage)
        t, r = begin_times[g], begin_rows[g]
        begun = False
        while t <= end:
            for k in range(rules):
                i = places[k]
                if watched[k] and i < starts[k, g + 1] and times[i] == t and rows[i] == r:
                    holds[k] = not holds[k]
                    places[k] = i + 1
            if shut and used_rows[g] >= 0 and r == used_rows[g]:
                shut = False
            if not begun and afresh[g]:
                # What holds of the empty fresh history must have been false once before it may fire.
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
                            while i < starts[k, g + 1] and (times[i] < t or (times[i] == t and rows[i] <= r)):
                                holds[k] = not holds[k]
                                i += 1
                            places[k] = i
                        elif not withheld[k]:
                            watched[k] = targets[k] < stage if recycles[k] else targets[k] > stage
                if recycled[g] or stage >= outside:
                    break
            begun = True
            # The next point: a condition changes, a stage has lasted long enough, or the way to a recycle opens.
            now = t
            t, r = forever, np.int32(-1)
            for k in range(rules):
                if not watched[k]:
                    continue
                i = places[k]
                if i < starts[k, g + 1] and (times[i] < t or (times[i] == t and rows[i] < r)):
                    t, r = times[i], rows[i]
                if whens[k] == stage and lastings[k] > 0 and now < since + lastings[k] <= t:
                    t, r = since + lastings[k], np.int32(-1)
            if shut and used_rows[g] >= 0 and (used_times[g] < t or (used_times[g] == t and used_rows[g] < r)):
                t, r = used_times[g], used_rows[g]
        stages[g] = stage
        entered[g] = since
    return made
