"""The ladder, and which of several moves wins (section 8)."""

from collections.abc import Iterable

import attrs

from mqlrules.check.program import Lifecycle, Rule


@attrs.frozen
class Ladder:
    """Ranks of stages: 0 for the first, rising; stages outside have no rank and end it."""

    lifecycle: Lifecycle
    rank: dict[str, int] = attrs.field(init=False)

    @rank.default
    def _rank(self) -> dict[str, int]:
        return {stage: rank for rank, stage in enumerate(self.lifecycle.ladder)}

    @property
    def first(self) -> str:
        """The stage in which a lead starts."""
        return self.lifecycle.ladder[0]

    def can_move(self, rule: Rule, stage: str) -> bool:
        """Whether the rule's outcome is a move for a lead in this stage: up or out of the ladder, or down by a recycle.

        What the rule asks of the stage in its ``when`` counts too, how long it has lasted does not.
        """
        here = self.rank.get(stage)
        if here is None or (rule.when is not None and rule.when != stage):
            return False
        there = self.rank.get(rule.stage)
        if there is None:
            return True
        return there < here if rule.recycle else there > here

    def precedence(self, rule: Rule) -> tuple[int, int]:
        """The lower wins: a stage outside the ladder, in lifecycle order; else the highest stage; else a recycle."""
        if rule.recycle:
            return 2, 0
        if rule.stage in self.rank:
            return 1, -self.rank[rule.stage]
        return 0, self.lifecycle.outside.index(rule.stage)

    def winner(self, moves: Iterable[Rule]) -> Rule:
        """Of rules in file order that can all make a move, the one that does."""
        return min(moves, key=self.precedence)
