"""One lead's way through its lifecycle: where it is, how it got there, and where it goes if nothing happens."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from mqlrules.engine.incremental import Engine
from mqlrules.engine.lifecycle import Ladder
from mqlrules.engine.results import Transition
from mqlrules.events.model import Event, Lead
from mqlrules.explain.question import Stand
from mqlrules.language.instants import LATEST
from mqlrules.plan.nodes import Plan


@attrs.frozen(eq=False)
class Journey:
    """A lead after everything at an instant. ``ahead`` are the moves that time alone will bring."""

    stage: str
    since: int | None
    transitions: tuple[Transition, ...]
    ahead: tuple[Transition, ...]
    stand: Stand
    """The history, and where it begins to count after the latest recycle."""

    def leaves(self) -> list[int]:
        """When time alone moves the lead to another stage, if it does."""
        return [move.instant for move in self.ahead[:1]]


def journey(
    plan: Plan, fingerprint: str, history: Sequence[Event], traits: Mapping[str, Any], lead: Lead, now: int
) -> Journey:
    """``history`` holds nothing after ``now``."""
    engine = Engine(plan, {lead: traits}, fingerprint, max_ahead=None)
    recycling = {rule.name for rule in plan.program.rules if rule.recycle}
    found: list[Transition] = []
    first, recycled = 0, None

    def note(moves: Sequence[Transition], position: int) -> None:
        nonlocal first, recycled
        for move in moves:
            found.append(move)
            if move.rule in recycling:
                first, recycled = position, move.instant

    for position, event in enumerate(history):
        # Time first, then the event, to know on which side of an event a recycle was.
        if recycling and position:
            note(engine.advance(event.at), position)
        note(engine.feed(event), position + 1)
    note(engine.advance(now), len(history))
    stage = engine.stage(lead)
    since = found[-1].instant if found else history[0].at if history else None
    ahead = tuple(engine.advance(LATEST))
    return Journey(stage, since, tuple(found), ahead, Stand(history, traits, now, first, recycled))


def next_rules(plan: Plan, ladder: Ladder, stage: str) -> list[int]:
    """The rules, by their place, that lead to the next stage: the lowest one above that any rule can move the lead to.

    If none leads up, those that lead elsewhere; if none can move it, those that lead to its stage.
    """
    rank = ladder.rank
    can = [planned for planned in plan.rules if ladder.can_move(planned.rule, stage)]
    up = [planned for planned in can if not planned.rule.recycle and planned.rule.stage in rank]
    here = rank.get(stage)
    if not up and here is not None:
        # A rule whose `when` names a stage above may be the only way on.
        up = [
            planned
            for planned in plan.rules
            if not planned.rule.recycle and rank.get(planned.rule.stage, -1) > here
            and rank.get(planned.rule.when or "", -1) >= here
        ]  # fmt: skip
    if up:
        lowest = min(rank[planned.rule.stage] for planned in up)
        return [planned.order for planned in up if rank[planned.rule.stage] == lowest]
    return [planned.order for planned in can or plan.rules if can or planned.rule.stage == stage]
