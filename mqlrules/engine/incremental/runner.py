"""Leads that somebody else keeps: the engine moves one lead at a time, and forgets it."""

from collections.abc import Mapping, Sequence
from typing import Any

from mqlrules.engine.incremental.engine import Engine, LeadState
from mqlrules.engine.incremental.snapshot import Standing
from mqlrules.engine.incremental.state import NEVER
from mqlrules.engine.incremental.timers import NOTHING_DUE, timers_of
from mqlrules.engine.results import Transition
from mqlrules.events.model import Event, Lead
from mqlrules.plan import nodes as n


class Host:
    """Moves the states of leads as ``Engine`` does. Who keeps them sees to it that events come in order, and that none
    comes twice.
    """

    def __init__(self, plan: n.Plan, fingerprint: str) -> None:
        self.engine = Engine(plan, fingerprint=fingerprint)

    def begin(self, event: Event, traits: Mapping[str, Any]) -> tuple[LeadState, list[Transition]]:
        """The first event of a lead, of whom ``traits`` were known before."""
        engine = self.engine
        engine._traits = {event.lead: traits}
        transitions = engine.feed(event)
        state = engine._leads.pop(event.lead)
        engine._heap.clear()
        state.seen = None
        # Whoever keeps the lead knows when it is due: the engine's heap need not.
        state.registered = -NEVER
        return state, transitions

    def feed(self, state: LeadState, event: Event) -> list[Transition]:
        """An event that is not older than what the lead is settled to."""
        engine = self.engine
        engine._leads[event.lead] = state
        try:
            return engine.feed(event)
        finally:
            del engine._leads[event.lead]
            state.seen = None

    def settle(self, state: LeadState, until: int) -> list[Transition]:
        """What falls due for a lead up to and including ``until``."""
        out: list[Transition] = []
        if state.timers.due <= until:
            self.engine._settle(state, until, out)
        state.settled = max(state.settled, until)
        return out

    def replay(
        self, events: Sequence[Event], traits: Mapping[str, Any], until: int
    ) -> tuple[LeadState, list[Transition]]:
        """A whole history, in order and without repeated events, settled up to ``until``."""
        state, transitions = self.begin(events[0], traits)
        return state, transitions + self.go_on(state, events[1:], until)

    def go_on(self, state: LeadState, events: Sequence[Event], until: int) -> list[Transition]:
        """More of a history, settled up to ``until``."""
        transitions = [transition for event in events for transition in self.feed(state, event)]
        return transitions + self.settle(state, until)

    def afresh(self, lead: Lead, old: Standing) -> LeadState:
        """A lead that stands where a state under other rules had it, with an empty history.

        A stage that there is not any more is the first.
        """
        engine = self.engine
        stage = engine._stages.get(old.stage, engine._stages[engine._ladder.first])
        state = LeadState(lead, stage, old.settled, dict(old.traits))
        state.since, state.position, state.registered = old.since, old.position, -NEVER
        state.cells = engine._machine.fresh(state)
        for rule in stage.waiting:
            timers_of(state).call(rule, max(old.since + rule.lasting, old.settled))
        return state

    def due(self, state: LeadState) -> int | None:
        """The first instant at which something may change for the lead with no event."""
        return None if state.timers is NOTHING_DUE or state.timers.due >= NEVER else state.timers.due
