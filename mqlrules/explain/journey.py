"""One lead's way through its lifecycle: where it stands, how it got there, and where it goes if nothing happens."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from mqlrules.engine.incremental import Engine
from mqlrules.engine.lifecycle import Ladder
from mqlrules.engine.results import Transition
from mqlrules.events.model import Event, Lead
from mqlrules.language.instants import LATEST
from mqlrules.plan.nodes import Plan


@attrs.frozen(eq=False)
class Journey:
    """Where a lead stands after everything at an instant.

    ``first`` is the position from which events count, ``recycled`` the instant at which the latest recycle took those
    before it away. ``ahead`` are the moves that time alone will bring.
    """

    stage: str
    since: int | None
    transitions: tuple[Transition, ...]
    first: int
    recycled: int | None
    ahead: tuple[Transition, ...]

    @property
    def last(self) -> Transition | None:
        """The latest move."""
        return self.transitions[-1] if self.transitions else None


def journey(
    plan: Plan, fingerprint: str, history: Sequence[Event], traits: Mapping[str, Any], lead: Lead, now: int
) -> Journey:
    """``history`` holds nothing after ``now``."""
    engine = Engine(plan, {lead: traits}, fingerprint)
    recycling = {rule.name for rule in plan.program.rules if rule.recycle}
    found: list[Transition] = []
    first, recycled = 0, None
    for position, event in enumerate(history):
        # Time first, then the event: so it is known on which side of an event a recycle fell.
        if recycling and position:
            for move in engine.advance(event.at):
                found.append(move)
                if move.rule in recycling:
                    first, recycled = position, move.instant
        for move in engine.feed(event):
            found.append(move)
            if move.rule in recycling:
                first, recycled = position + 1, move.instant
    for move in engine.advance(now):
        found.append(move)
        if move.rule in recycling:
            first, recycled = len(history), move.instant
    stage = engine.stage(lead)
    since = found[-1].instant if found else history[0].at if history else None
    ahead = tuple(engine.advance(LATEST))
    return Journey(stage, since, tuple(found), first, recycled, ahead)


def next_rules(plan: Plan, ladder: Ladder, stage: str) -> list[int]:
    """The rules, by their place, that lead to the next stage: the lowest above to which any rule can move the lead.

    Where none leads up, those that lead elsewhere; where none can move it, those that lead to where it stands.
    """
    rank = ladder.rank
    can = [planned for planned in plan.rules if ladder.can_move(planned.rule, stage)]
    up = [planned for planned in can if not planned.rule.recycle and planned.rule.stage in rank]
    if up:
        lowest = min(rank[planned.rule.stage] for planned in up)
        return [planned.order for planned in up if rank[planned.rule.stage] == lowest]
    # A rule whose `when` names a stage that is still to come may be the only way on.
    here = rank.get(stage)
    later = [
        planned
        for planned in plan.rules
        if here is not None and not planned.rule.recycle and rank.get(planned.rule.stage, -1) > here
        and rank.get(planned.rule.when or "", -1) >= here
    ]  # fmt: skip
    if later:
        lowest = min(rank[planned.rule.stage] for planned in later)
        return [planned.order for planned in later if rank[planned.rule.stage] == lowest]
    if can:
        return [planned.order for planned in can]
    return [planned.order for planned in plan.rules if planned.rule.stage == stage]
