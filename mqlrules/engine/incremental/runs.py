"""Whole histories through the incremental engine: one lead with its timeline, and conditions outside the lifecycle."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from mqlrules.check.program import Program
from mqlrules.engine.incremental.cells import Cells
from mqlrules.engine.incremental.engine import Engine, LeadState
from mqlrules.engine.incremental.joining import joined
from mqlrules.engine.incremental.machine import Asked, Machine, Root
from mqlrules.engine.incremental.timers import NOTHING_DUE, Timed, Timers
from mqlrules.engine.results import Change, LeadRun, points
from mqlrules.events.model import Event, Lead
from mqlrules.events.names import IDENTIFY
from mqlrules.events.traits import known, learn
from mqlrules.plan import nodes as n
from mqlrules.plan.change import RISES, can_hold_of_nothing


def run(
    plan: n.Plan,
    history: Sequence[Event],
    traits: Mapping[str, Any],
    as_of: int,
    lead: Lead,
    fingerprint: str = "",
    timeline: bool = False,
) -> LeadRun:
    """One lead, evaluated to the end; the arguments are those of the reference, the plan in place of the program.

    Events after ``as_of`` must not be in ``history``.
    """
    if not history:
        return LeadRun(())
    if not timeline:
        return LeadRun(tuple(Engine(plan, {lead: traits}, fingerprint).run(history, as_of)))
    watch = Watch(plan)
    return watch.run(Engine(plan, {lead: traits}, fingerprint, watch), history, as_of)


class Watch:
    """Notes each change of the stage, the segments and the scores of one lead, point by point."""

    def __init__(self, plan: n.Plan) -> None:
        program = plan.program
        self.nodes: Sequence[n.Node | n.Score] = (*plan.segments.values(), *plan.scores.values())
        self.watched: list[Asked] = []
        self.changes: list[Change] = []
        self._segments = [program.segments[name].name for name in plan.segments]
        self._scores = [program.scores[name].name for name in plan.scores]
        self._known: dict[tuple[str, str], str | bool | Decimal] = {}

    def run(self, engine: Engine, history: Sequence[Event], as_of: int) -> LeadRun:
        """One lead through an engine that this watches; leads may follow one another."""
        self.changes, self._known = [], {}
        transitions = engine.run(history, as_of)
        return LeadRun(tuple(transitions), tuple(self.changes))

    def point(self, state: LeadState, now: int) -> None:
        """Notes what has changed since it was noted last; in the beginning no segment holds and every score is 0."""
        if not self.changes:
            self.moved(state, now)
        values = [asked.condition(state.cells, now) for asked in self.watched]
        for name, holds in zip(self._segments, values, strict=False):
            self._note(Change(now, "segment", name, bool(holds)), False)
        for name, value in zip(self._scores, values[len(self._segments) :], strict=True):
            self._note(Change(now, "score", name, points(int(value))), Decimal(0))

    def moved(self, state: LeadState, now: int) -> None:
        """Notes the stage that the lead has come to."""
        self.changes.append(Change(now, "stage", "stage", state.stage.name))

    def _note(self, change: Change, nothing: bool | Decimal) -> None:
        key = change.kind, change.name
        if self._known.get(key, nothing) != change.value:
            self._known[key] = change.value
            self.changes.append(change)


class FirstTimes:
    """Asks conditions of one lead after another: when did each hold first?"""

    def __init__(self, program: Program, conditions: Sequence[n.Node]) -> None:
        self._machine = Machine([Root(condition, (RISES,)) for condition in conditions], program.timezone)
        self._of_nothing = [k for k, c in enumerate(conditions) if can_hold_of_nothing(c) is not False]
        self._waiting: dict[Timed, list[int]] = {}
        for k, asked in enumerate(self._machine.asked):
            for kernel in asked.timed:
                self._waiting.setdefault(kernel, []).append(k)
        self._handlers: dict[str, tuple[Any, list[int]]] = {}

    def of(self, history: Sequence[Event], traits: Mapping[str, Any], as_of: int) -> list[int | None]:
        """The first instants for one lead, in the order of the conditions."""
        found: list[int | None] = [None] * len(self._machine.asked)
        lead = Asking(traits)
        lead.cells = cells = self._machine.fresh(lead)
        asked = self._machine.asked
        left = len(found)
        for position, event in enumerate(history, start=1):
            at = event.at
            while lead.timers.due <= at:
                left -= self._fall_due(lead, found)
            handler = self._handlers.get(event.name)
            if handler is None:
                handler = self._handler(event.name)
            if event.name == IDENTIFY:
                learn(lead.traits, event)
            update, concerned = handler
            update(cells, (at, position, event))
            for k in concerned if position > 1 else {*concerned, *self._of_nothing}:
                if found[k] is None and asked[k].condition(cells, at):
                    found[k] = at
                    left -= 1
            if not left:
                return found
        while lead.timers.due <= as_of:
            self._fall_due(lead, found)
        return found

    def _fall_due(self, lead: "Asking", found: list[int | None]) -> int:
        """Settles one instant; gives how many conditions held first then."""
        now = lead.timers.due
        asked = self._machine.asked
        concerned = {k for kernel in lead.timers.pop() for k in self._waiting.get(kernel, ())}
        new = 0
        for k in concerned:
            if found[k] is None and asked[k].condition(lead.cells, now):
                found[k] = now
                new += 1
        return new

    def _handler(self, name: str) -> tuple[Any, list[int]]:
        concerned = [k for k, _ in self._machine.looks(name)]
        handler = joined(self._machine.scope.updates(name)), concerned
        if self._machine.mentions(name) or len(self._handlers) < 10_000:
            self._handlers[name] = handler
        return handler


class Asking:
    """A lead of whom conditions are asked, outside the lifecycle. Cell 0 of its cells is this."""

    def __init__(self, traits: Mapping[str, Any]) -> None:
        self.traits = known(traits)
        self.cells: Cells = []
        self.timers: Timers = NOTHING_DUE


def condition_holds(
    program: Program, condition: n.Node, history: Sequence[Event], now: int, traits: Mapping[str, Any]
) -> bool:
    """Whether a condition holds after everything at ``now``; the lifecycle is ignored."""
    machine = Machine([Root(condition, ())], program.timezone)
    lead = Asking(traits)
    lead.cells = machine.fresh(lead)
    for position, event in enumerate(history, start=1):
        if event.at > now:
            break
        if event.name == IDENTIFY:
            learn(lead.traits, event)
        joined(machine.scope.updates(event.name))(lead.cells, (event.at, position, event))
    return bool(machine.asked[0].condition(lead.cells, now))
