"""Explaining one lead: why it qualified, why not, and what is still missing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import attrs

from mqlrules.check.program import Condition, Program
from mqlrules.engine.histories import in_history_order
from mqlrules.engine.lifecycle import Ladder
from mqlrules.engine.reference import known_traits
from mqlrules.events.model import Event, Lead, as_event
from mqlrules.events.traits import LeadTable, as_traits
from mqlrules.explain.clock import Clock
from mqlrules.explain.describe import move
from mqlrules.explain.journey import Journey, journey, next_rules
from mqlrules.explain.model import Part, RuleExplanation, Verdict
from mqlrules.explain.pages import Explanation
from mqlrules.explain.phrasing import Phrasing
from mqlrules.explain.question import Asked, Question, Stand
from mqlrules.explain.tree import Tree, asked_nodes
from mqlrules.explain.verdicts import Subject, notes, of_condition, of_rule, stage_part
from mqlrules.explain.witnesses import Witnesses
from mqlrules.explain.wording import capital, listed
from mqlrules.language.calendar import Zone
from mqlrules.language.names import normalise
from mqlrules.language.suggest import closest
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import lowering_of

_NAMES_COMPARED = 20_000


def explain(
    plan: n.Plan,
    fingerprint: str,
    events: Iterable[Event | Mapping[str, Any]],
    lead: Lead,
    rule: str | None,
    at: int | None,
    leads: LeadTable | None,
) -> Explanation:
    """What ``RuleSet.explain`` returns. Raises ``LookupError`` for an unknown lead or rule."""
    traits = as_traits(leads)
    mine: list[Event] = []
    others: dict[Lead, None] = {}
    latest: int | None = None
    for value in events:
        event = as_event(value)
        latest = event.at if latest is None else max(latest, event.at)
        if event.lead == lead:
            mine.append(event)
        else:
            others[event.lead] = None
    if not mine and lead not in traits:
        raise LookupError(unknown("lead", lead, [*others, *traits]))
    now = at if at is not None else latest or 0
    history = in_history_order([event for event in mine if event.at <= now])
    return explain_lead(plan, fingerprint, lead, history, traits.get(lead, {}), now, rule)


def explain_lead(
    plan: n.Plan,
    fingerprint: str,
    lead: Lead,
    history: Sequence[Event],
    traits: Mapping[str, Any],
    now: int,
    rule: str | None = None,
) -> Explanation:
    """The same for a lead whose history is given in order and without repeated events.

    ``now`` is in microseconds since 1970 UTC; ``traits`` are those of a table of leads. Raises ``LookupError`` for an
    unknown rule.
    """
    program = plan.program
    history = [event for event in history if event.at <= now]
    way = journey(plan, fingerprint, history, traits, lead, now)
    subject = _subject(plan, way, lead)
    if rule is None:
        orders = next_rules(plan, subject.ladder, way.stage)
    else:
        orders = [planned.order for planned in plan.rules if normalise(planned.rule.name) == normalise(rule)]
        if not orders:
            raise LookupError(unknown("rule", rule, [planned.rule.name for planned in plan.rules]))
    questions = {order: _question(program, plan.rules[order].rule.condition) for order in orders}
    return Explanation(
        lead=lead,
        instant=now,
        stage=way.stage,
        stage_since=way.since,
        timezone=program.timezone,
        events=tuple(history),
        begins=way.stand.first,
        traits=known_traits(traits, history),
        transitions=way.transitions,
        rules=tuple(_rule(plan.rules[order], subject, questions) for order in orders),
        notes=tuple(_notes(subject, rule)),
    )


@attrs.frozen(eq=False)
class ConditionExplanation:
    """A condition and one lead without the lifecycle: the verdict on it, and its tree."""

    verdict: Verdict
    tree: Part


def explain_condition(
    plan: n.Plan, condition: Condition, lead: Lead, history: Sequence[Event], traits: Mapping[str, Any], now: int
) -> ConditionExplanation:
    """The verdict on any condition that uses the rules' definitions, and its tree, over the lead's whole history."""
    history = [event for event in history if event.at <= now]
    way = journey(plan, "", history, traits, lead, now)
    subject = _subject(plan, attrs.evolve(way, stand=Stand(history, traits, now)), lead)
    asked = _question(plan.program, condition).lead(subject.journey.stand)
    return ConditionExplanation(of_condition(asked, subject), _tree(subject, asked, condition))


def unknown(thing: str, name: object, names: Iterable[object]) -> str:
    """The message for an unknown lead or rule, with a close name if there is one."""
    text = str(name)
    # Of a million names only those that look alike are compared.
    alike = (
        (other, each)
        for each in names
        if abs(len(other := str(each)) - len(text)) <= 2 and (other[:2] == text[:2] or other[-2:] == text[-2:])
    )
    by_text = dict(islice(alike, _NAMES_COMPARED))
    close = closest(text, by_text)
    what = f"lead {name!r} has no events and no traits" if thing == "lead" else f"unknown {thing} {name!r}"
    # The number 1 and the text "1" look the same unless they are quoted like this.
    return what if close is None else f"{what}. Did you mean {by_text[close]!r}?"


def _subject(plan: n.Plan, way: Journey, lead: Lead) -> Subject:
    program, stand = plan.program, way.stand
    clock = Clock(Zone(program.timezone), stand.now)
    phrasing = Phrasing(clock, lead, frozenset(event.name for event in stand.history[stand.first :]))
    return Subject(plan, Ladder(program.lifecycle), lead, way, Witnesses(program, stand.history), phrasing, clock)


def _question(program: Program, condition: Condition) -> Question:
    lower = lowering_of(program)
    return Question(lower(condition, n.EVERYTHING, "history"), program.timezone, asked_nodes(condition, program, lower))


def _tree(subject: Subject, asked: Asked, condition: Condition) -> Part:
    program = subject.plan.program
    return Tree(program, lowering_of(program), asked, subject.clock).root(condition)


def _rule(planned: n.PlannedRule, subject: Subject, questions: dict[int, Question]) -> RuleExplanation:
    rule = planned.rule
    asked = questions[planned.order].lead(subject.journey.stand)
    verdict = of_rule(rule, asked, subject, questions)
    tree = _tree(subject, asked, rule.condition)
    if (stage := stage_part(rule, verdict, subject)) is not None:
        parts = (stage, tree)
        held = sum(part.holds is True for part in parts)
        tree = Part("all", "both of these", f"{held} of 2", held == 2, parts=parts)
    fired = tuple(move for move in subject.journey.transitions if move.rule == rule.name)
    asks = f"{capital(move(rule))} as soon as"
    said = notes(rule, verdict, subject)
    return RuleExplanation(rule.name, rule.description, rule.stage, rule.recycle, asks, verdict, tree, fired, said)


def _notes(subject: Subject, rule: str | None) -> Iterator[str]:
    way, clock, rules = subject.journey, subject.clock, subject.plan.program.rules
    if not way.stand.history:
        yield "The lead had no event by then, so only its traits count."
    if (began := way.stand.began) is not None:
        yield f"A recycle on {clock.instant(began)} reset the lead: apart from traits, only later events count."
    if rule is None and way.stage not in subject.ladder.rank:
        yield f"{way.stage} is outside the ladder, and no rule moves the lead from there."
    elif rule is None and not any(subject.ladder.can_move(each, way.stage) for each in rules):
        there = any(each.stage == way.stage for each in rules)
        yield f"No rule moves a lead on from {way.stage}." + (" These are the rules that lead to it." if there else "")
    for first in way.ahead[:1]:
        by = first.rule + (f" (and {listed(first.also, 'and')})" if first.also else "")
        yield f"If nothing happens, {by} moves the lead to {first.to_stage} on {clock.instant(first.instant)}."
