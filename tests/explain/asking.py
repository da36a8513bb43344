"""Random leads and rules with what is said of them, and the reference to judge it by."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from mqlrules.check.program import Pattern, Program, Rule
from mqlrules.engine import reference
from mqlrules.engine.histories import gather
from mqlrules.engine.reference.walk import dues, nodes
from mqlrules.events.model import Event
from mqlrules.explain.explanation import explain_lead
from mqlrules.explain.model import RuleExplanation, Verdict
from mqlrules.explain.pages import Explanation
from mqlrules.explain.witnesses import Witnesses
from mqlrules.plan.lower import lower
from tests.engine.engines import program_of
from tests.strategies import DAY, Case


@attrs.frozen(eq=False)
class Said:
    """One rule and one lead at one instant: what was said, and what is so."""

    program: Program
    rule: Rule
    explanation: Explanation
    told: RuleExplanation
    history: Sequence[Event]
    traits: dict[str, Any]

    @property
    def verdict(self) -> Verdict:
        return self.told.verdict

    @property
    def now(self) -> int:
        return self.explanation.instant

    @property
    def asks_no_stage(self) -> bool:
        return self.rule.when is None

    def holds(self, now: int, more: Sequence[Event] = ()) -> bool:
        """Whether the condition holds of what has happened since the latest recycle, and of more events."""
        begins = self.explanation.begins
        traits = reference.known_traits(self.traits, self.history[:begins])
        history = sorted([*self.history[begins:], *more], key=lambda event: event.at)
        return reference.holds(self.program, self.rule.condition, history, now, traits)

    def comes_to_hold(self, events: Sequence[Event]) -> bool:
        """Whether the condition holds at the last of these events, or with time alone after it."""
        last = events[-1].at
        begins = self.explanation.begins
        happened = [*self.history[begins:], *events]
        due = dues(self.program, happened, self.rule.condition)
        return any(self.holds(now, events) for now in sorted({last, *(instant for instant in due if instant > last)}))

    def arrives(self, now: int, more: Sequence[Event] = ()) -> bool:
        """Whether, with more events and through the whole lifecycle, the rule has moved the lead from now on, or the
        lead is in its stage for long enough and the condition holds.
        """
        history = sorted([*self.history, *more], key=lambda event: event.at)
        moves = reference.run(self.program, history, self.traits, now, self.explanation.lead).transitions
        if any(move.rule == self.rule.name and move.instant >= self.now for move in moves):
            return True
        stage, since = self.program.lifecycle.ladder[0], history[0].at
        if moves:
            stage, since = moves[-1].to_stage, moves[-1].instant
        return stage == self.rule.when and now - since >= (self.rule.lasting or 0)

    def shown(self) -> tuple[object, ...]:
        """What to look at when it is wrong."""
        return self.rule.name, self.explanation.lead, self.now, self.verdict.sentence


def said_of(case: Case, number: int) -> Iterator[Said]:
    """Every rule and every lead of a case, at its end and at some other instant."""
    program = program_of(case.rules)
    plan = lower(program)
    histories, end = gather(case.events, case.end)
    rng = random.Random(number)
    assert end is not None
    for lead in sorted(histories, key=str):
        traits = dict(case.leads.get(lead, {}))
        for now in {end, min(end, rng.choice(histories[lead]).at + rng.choice([0, 0, DAY, -1]))}:
            history = [event for event in histories[lead] if event.at <= now]
            for rule in program.rules:
                explanation = explain_lead(plan, "", lead, history, traits, now, rule.name)
                [told] = explanation.rules
                yield Said(program, rule, explanation, told, history, traits)


def futures(said: Said, rng: random.Random, many: int) -> Iterator[tuple[list[Event], int]]:
    """Short random futures of events that a rule speaks of, each with an instant after them."""
    witnesses = Witnesses(said.program)
    tree = (said.rule.condition, said.program.segments, said.program.scores)
    patterns = [node for node in nodes(tree) if isinstance(node, Pattern)]
    specs = [spec for pattern in dict.fromkeys(patterns) for spec in witnesses.specs(pattern)[:2]]
    for _ in range(many if specs else 0):
        at, events = said.now, []
        for _ in range(rng.choice([1, 1, 2, 3])):
            at += rng.choice([0, 0, 1, DAY, 2 * DAY, 7 * DAY])
            spec = rng.choice(specs)
            more = {"sku": rng.choice(["x", "y"]), "n": rng.choice([1, 2, 0, 5])} if rng.random() < 0.5 else {}
            events.append(Event(said.explanation.lead, at, spec.name, {**more, **spec.properties}))
        if rng.random() < 0.3:
            traits = {
                "vip": rng.choice([True, False]),
                "size": rng.choice([1, 2, 5]),
                "tier": rng.choice(["gold", None]),
            }
            events.append(Event(said.explanation.lead, at, "identify", traits))
        yield events, at + rng.choice([0, 1, DAY, 10 * DAY])
