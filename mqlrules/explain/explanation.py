"""Explaining one lead: why it qualified, why not, and what is still missing."""

from collections.abc import Iterable, Mapping, Sequence
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
from mqlrules.explain.journey import journey, next_rules
from mqlrules.explain.model import Explanation, Part, RuleExplanation
from mqlrules.explain.phrasing import Saying
from mqlrules.explain.question import Asked, Question, Stand
from mqlrules.explain.tree import Tree, asked_nodes
from mqlrules.explain.verdicts import Lead as Standing
from mqlrules.explain.verdicts import notes, of_condition, of_rule, stage_part
from mqlrules.explain.witnesses import Concrete
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
    """What ``RuleSet.explain`` gives. Raises ``LookupError`` for a lead or a rule that there is not."""
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
    """The same of a lead whose history, in order and without repeated events, is at hand.

    ``now`` is in microseconds since 1970 UTC; ``traits`` are those of a table of leads. Raises ``LookupError`` for a
    rule that there is not.
    """
    program = plan.program
    ladder = Ladder(program.lifecycle)
    history = [event for event in history if event.at <= now]
    way = journey(plan, fingerprint, history, traits, lead, now)
    if rule is None:
        orders = next_rules(plan, ladder, way.stage)
    else:
        orders = [planned.order for planned in plan.rules if normalise(planned.rule.name) == normalise(rule)]
        if not orders:
            raise LookupError(unknown("rule", rule, [planned.rule.name for planned in plan.rules]))
    standing = _standing(plan, ladder, way, history, traits, lead, now)
    questions: dict[int, Question] = {}
    for order in orders:
        questions[order] = _question(program, plan.rules[order].rule.condition)
    rules = tuple(_rule(plan.rules[order], standing, questions) for order in orders)
    return Explanation(
        lead=lead,
        instant=now,
        stage=way.stage,
        stage_since=way.since,
        timezone=program.timezone,
        events=tuple(history),
        begins=way.first,
        traits=known_traits(traits, history),
        transitions=way.transitions,
        rules=rules,
        notes=tuple(_notes(plan, standing, rule)),
    )


@attrs.frozen(eq=False)
class ConditionExplanation:
    """A condition and one lead, the lifecycle ignored: the verdict on it, and its tree."""

    verdict: Any
    tree: Part


def explain_condition(
    plan: n.Plan, condition: Condition, lead: Lead, history: Sequence[Event], traits: Mapping[str, Any], now: int
) -> ConditionExplanation:
    """The verdict on any condition in the words of the rules, and its tree, over the lead's whole history."""
    program = plan.program
    history = [event for event in history if event.at <= now]
    ladder = Ladder(program.lifecycle)
    way = journey(plan, "", history, traits, lead, now)
    whole = attrs.evolve(way, first=0, recycled=None)
    standing = _standing(plan, ladder, whole, history, traits, lead, now)
    question = _question(program, condition)
    asked = question.lead(standing.stand)
    return ConditionExplanation(of_condition(asked, standing), _tree(standing, question, asked, condition))


def unknown(thing: str, name: object, names: Iterable[object]) -> str:
    """What to say of a lead or a rule that there is not, with a close name where there is one."""
    text = str(name)
    # Among a million names only those are compared that look alike at first glance.
    by_text = {
        other: each
        for each in names
        if abs(len(other := str(each)) - len(text)) <= 2 and (other[:2] == text[:2] or other[-2:] == text[-2:])
    }
    close = closest(text, islice(by_text, _NAMES_COMPARED))
    where = "with an event or a trait" if thing == "lead" else "in these rules"
    if close == text:
        # The same to the eye: one of them is a number, the other one text.
        return f"there is no {thing} {name!r} {where}. Did you mean {by_text[close]!r}?"
    meant = f" Did you mean {close}?" if close else ""
    return f"there is no {thing} {name} {where}.{meant}"


def _standing(
    plan: n.Plan, ladder: Ladder, way: Any, history: Sequence[Event], traits: Mapping[str, Any], lead: Lead, now: int
) -> Standing:
    program = plan.program
    clock = Clock(Zone(program.timezone), now)
    stand = Stand(history, traits, now, way.first, way.recycled)
    saying = Saying(clock, lead, frozenset(event.name for event in history[way.first :]))
    return Standing(plan, ladder, stand, way, Concrete(program, history), saying, clock)


def _question(program: Program, condition: Condition) -> Question:
    lower = lowering_of(program)
    return Question(lower(condition, n.EVERYTHING, "history"), program.timezone, asked_nodes(program, lower, condition))


def _tree(standing: Standing, question: Question, asked: Asked, condition: Condition) -> Part:
    program = standing.plan.program
    return Tree(program, lowering_of(program), asked, standing.clock, condition).root()


def _rule(planned: n.PlannedRule, standing: Standing, questions: dict[int, Question]) -> RuleExplanation:
    rule, question = planned.rule, questions[planned.order]
    asked = question.lead(standing.stand)
    verdict = of_rule(rule, asked, standing, questions)
    tree = _tree(standing, question, asked, rule.condition)
    if (stage := stage_part(rule, verdict, standing)) is not None:
        parts = (stage, tree)
        held = sum(part.holds is True for part in parts)
        tree = Part("all", "both of these", f"{held} of 2", held == 2, parts=parts)
    fired = tuple(move for move in standing.journey.transitions if move.rule == rule.name)
    asks = f"{capital(move(rule))} as soon as"
    said = notes(rule, asked, verdict, standing)
    return RuleExplanation(rule.name, rule.description, rule.stage, rule.recycle, asks, verdict, tree, fired, said)


def _notes(plan: n.Plan, standing: Standing, rule: str | None) -> Iterable[str]:
    way, clock = standing.journey, standing.clock
    if not standing.stand.history:
        yield "The lead has had no event up to then: it is judged by its traits alone."
    if way.recycled is not None:
        yield (
            f"A recycle on {clock.instant(way.recycled)} started the lead afresh: "
            "only what it did from then on counts, but for its traits."
        )
    if rule is None and way.stage not in standing.ladder.rank:
        yield f"{way.stage} stands outside of the ladder: no rule moves the lead from there."
    elif rule is None and not any(standing.ladder.can_move(each.rule, way.stage) for each in plan.rules):
        there = any(each.rule.stage == way.stage for each in plan.rules)
        yield f"No rule moves a lead from {way.stage}{'; these are the rules that lead there' if there else ''}."
    if way.ahead:
        first = way.ahead[0]
        rules = listed([first.rule, *first.also], "and") if first.also else first.rule
        yield (f"If nothing happens, the lead becomes {first.to_stage} on {clock.instant(first.instant)}, by {rules}.")
