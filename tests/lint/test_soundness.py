"""No false reports: what is said to hold always, never, or of everybody does so, of random rules and histories."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mqlrules.check import program as p
from mqlrules.engine.histories import gather, in_history_order
from mqlrules.engine.incremental import condition_holds
from mqlrules.lint import condition_met_by_everybody, impossible_condition, roundabout_condition
from mqlrules.lint.conditions import Part, conditions
from mqlrules.lint.runner import context_of
from mqlrules.plan import nodes as n
from mqlrules.proof.implication import Implication
from mqlrules.proof.truth import Truth, negated
from mqlrules.ruleset import RuleSet, check_text, loads
from tests.strategies import Case, cases, random_case

FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def instants(case: Case) -> list[int]:
    times = sorted({event["time"] for event in case.events})
    edges = [time + more for time in times for more in (0, 86_400_000_000, 3 * 86_400_000_000 - 1)]
    return sorted({*edges, *([case.end] if case.end is not None else [])})[:12]


def sometimes(rules: RuleSet, node: n.Node, case: Case) -> set[bool]:
    """What a condition comes to, of every lead of a case and at several instants."""
    histories, _ = gather(case.events, None)
    found = set()
    for lead, history in histories.items():
        ordered = in_history_order(history)
        for at in instants(case):
            by_then = [event for event in ordered if event.at <= at]
            if by_then:
                found.add(condition_holds(rules.program, node, by_then, at, case.leads.get(lead, {})))
    return found


def decided(rules: RuleSet) -> list[tuple[Part, bool]]:
    """The parts of which something is said: that they always hold, or never. Inside `with same` none is asked."""
    truth, implication = Truth(), Implication()
    found = []
    for root in conditions(rules.program):
        stack = [root]
        while stack:
            part = stack.pop()
            stack += [] if isinstance(part.condition, p.WithSame) else part.parts
            if truth.of(part.node) is not None:
                found.append((part, truth.of(part.node) is True))
            if implication.never_holds(part.node):
                found.append((part, False))
    return found


def no_false_report(case: Case) -> int:
    rules = loads(case.rules)
    found = decided(rules)
    for part, value in found:
        assert sometimes(rules, part.node, case) <= {value}, part.text
    return len(found)


@FEW
@given(cases())
def test_what_is_said_to_hold_always_or_never_does(case: Case) -> None:
    no_false_report(case)


@FEW
@given(st.integers(0, 10**9))
def test_the_same_of_cases_by_number(seed: int) -> None:
    no_false_report(random_case(seed))


def test_random_cases_have_much_that_is_decided() -> None:
    assert sum(no_false_report(random_case(seed)) for seed in range(200)) >= 50


@FEW
@given(cases())
def test_a_negated_node_is_the_negation(case: Case) -> None:
    rules = loads(case.rules)
    for root in conditions(rules.program):
        at = instants(case)[-1]
        histories, _ = gather(case.events, None)
        for lead, history in histories.items():
            by_then = [event for event in in_history_order(history) if event.at <= at]
            if by_then:
                traits = case.leads.get(lead, {})
                holds = [
                    condition_holds(rules.program, x, by_then, at, traits) for x in (root.node, negated(root.node))
                ]
                assert holds[0] is not holds[1]


@FEW
@given(cases())
def test_everybody_meets_what_everybody_is_said_to_meet(case: Case) -> None:
    checked = check_text(case.rules)
    context = context_of(checked.files, checked.program)
    found = {f.span for f in condition_met_by_everybody.check(context)}
    for move in context.moves:
        if move.written.condition.span in found:
            histories, _ = gather([{"lead": "new", "time": 0, "event": "never heard of"}], None)
            for traits in ({}, {"vip": True, "size": 2, "tier": "gold"}, {"size": 1, "tier": "silver"}):
                assert condition_holds(checked.program, move.planned.condition, histories["new"], 0, traits)


@FEW
@given(st.integers(0, 10**9))
def test_an_idle_operand_is_idle(seed: int) -> None:
    """Leaving it out makes the same of the whole condition."""
    case = random_case(seed)
    checked = check_text(case.rules)
    context = context_of(checked.files, checked.program)
    list(impossible_condition.check(context))
    idle = {f.span for f in roundabout_condition.check(context) if "decides nothing" in f.message}
    rules = RuleSet(checked.program, checked.files, ())
    for root in conditions(checked.program):
        for part in root.walk():
            kept = [inner.node for inner in part.parts if inner.condition.span not in idle]
            if len(kept) < len(part.parts):
                join = n.And if isinstance(part.node, n.And) else n.Or
                same = n.Or((n.And((part.node, join(tuple(kept)))), n.Not(n.Or((part.node, join(tuple(kept)))))))
                assert sometimes(rules, same, case) <= {True}, part.text
