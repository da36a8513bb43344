"""Whole histories through the incremental engine: one lead with its timeline, and conditions outside the lifecycle."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from mqlrules.check.program import Program
from mqlrules.engine.incremental.compile import Asked, Machine, Root
from mqlrules.engine.incremental.engine import Engine, LeadState
from mqlrules.engine.incremental.joining import joined
from mqlrules.engine.incremental.probe import Asking, Questions
from mqlrules.engine.results import Change, LeadRun, points
from mqlrules.events.model import Event, Lead
from mqlrules.events.traits import learn
from mqlrules.language.names import IDENTIFY
from mqlrules.plan import nodes as n


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
        self._questions = Questions(program, conditions)

    def of(self, history: Sequence[Event], traits: Mapping[str, Any], as_of: int) -> list[int | None]:
        """The first instants for one lead, in the order of the conditions."""
        questions = self._questions
        first: list[int | None] = [None] * len(questions.asked)
        lead = questions.lead(traits)
        left = len(first)
        for position, event in enumerate(history, start=1):
            at = event.at
            while lead.timers.due <= at:
                left -= questions.fall_due(lead, first)
            if event.name == IDENTIFY:
                learn(lead.traits, event)
            update, concerned = questions.handler(event.name)
            update(lead.cells, (at, position, event))
            left -= questions.look(concerned, lead, at, first)
            if position == 1:
                left -= questions.look(questions.of_nothing, lead, at, first)
            if not left:
                return first
        while lead.timers.due <= as_of:
            questions.fall_due(lead, first)
        return first


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
