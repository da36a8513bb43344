"""What holds of every rule set and every history, whichever engine evaluates them."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import assume, given, settings
from hypothesis import event as count
from hypothesis import strategies as st

from mqlrules.check.program import Condition, EventLine, Program, Restricted, Restriction, Step
from mqlrules.engine import reference
from mqlrules.engine.histories import gather
from mqlrules.engine.reference.walk import uses
from mqlrules.engine.results import Transition
from mqlrules.events.model import Event, as_event
from mqlrules.language.record import Record
from tests.engine.engines import ENGINES, Run, evaluate, program_of
from tests.strategies import DAY, START, Case, cases, growing_conditions, random_case, single_conditions

each_engine = pytest.mark.parametrize("run", ENGINES.values(), ids=ENGINES)
each_other_engine = pytest.mark.parametrize(
    "run",
    [run for run in ENGINES.values() if run is not reference.run],
    ids=[name for name in ENGINES if name != "reference"],
)

CASES_BY_NUMBER = [range(start, start + 40) for start in range(0, settings().max_examples * 5, 40)]


def moves(transitions: tuple[Transition, ...]) -> list[tuple[Any, ...]]:
    """Transitions as they are compared, in a form that reads well when they differ."""
    return [
        (t.lead, t.from_stage, t.to_stage, t.instant, t.rule, tuple(t.also), tuple((e.at, e.event) for e in t.evidence))
        for t in transitions
    ]


def _answer(run: Run, program: Program, case: Case) -> list[tuple[Any, ...]]:
    return moves(evaluate(run, program, case.events, case.leads, case.end).transitions)


def _rewritten(tree: Any, change: Callable[[Any], Any]) -> Any:
    """A tree with ``change`` applied to each of its nodes, from the leaves up."""
    if isinstance(tree, tuple):
        return tuple(_rewritten(item, change) for item in tree)
    if isinstance(tree, dict):
        return {key: _rewritten(item, change) for key, item in tree.items()}
    if not attrs.has(type(tree)) or isinstance(tree, Record):
        return tree
    fields = [field.name for field in attrs.fields(type(tree)) if field.eq is not False]
    return change(attrs.evolve(tree, **{name: _rewritten(getattr(tree, name), change) for name in fields}))


def _rewritten_program(program: Program, change: Callable[[Any], Any]) -> Program:
    parts = {name: _rewritten(getattr(program, name), change) for name in ("segments", "scores", "rules")}
    return attrs.evolve(program, **parts)


@each_other_engine
@given(case=cases())
def test_every_engine_gives_what_the_reference_gives(run: Run, case: Case) -> None:
    program = program_of(case.rules)
    expected = evaluate(reference.run, program, case.events, case.leads, case.end)
    found = evaluate(run, program, case.events, case.leads, case.end)
    recycles = {rule.name for rule in program.rules if rule.recycle}
    times = {event["time"] for event in case.events}
    count(f"a lead moves: {bool(expected.transitions)}")
    count(f"one is recycled: {any(move.rule in recycles for move in expected.transitions)}")
    count(f"one moves with no event: {any(move.instant not in times for move in expected.transitions)}")
    assert moves(expected.transitions) == moves(found.transitions)
    assert expected == found


@pytest.mark.parametrize("numbers", CASES_BY_NUMBER, ids=lambda numbers: f"{numbers.start}-{numbers.stop - 1}")
@each_other_engine
def test_every_engine_gives_what_the_reference_gives_on_cases_by_number(run: Run, numbers: range) -> None:
    for number in numbers:
        case = random_case(number)
        program = program_of(case.rules)
        expected = evaluate(reference.run, program, case.events, case.leads, case.end)
        found = evaluate(run, program, case.events, case.leads, case.end)
        assert (expected, case) == (found, case), f"case {number}"


@each_engine
@given(case=cases())
def test_the_order_of_restrictions_never_matters(run: Run, case: Case) -> None:
    def reverse(node: Any) -> Any:
        if isinstance(node, Restricted | EventLine):
            return attrs.evolve(node, restrictions=node.restrictions[::-1])
        return node

    program = program_of(case.rules)
    turned = _rewritten_program(program, reverse)
    count(f"there are several restrictions: {turned != program}")
    assert _answer(run, program, case) == _answer(run, turned, case)


@each_engine
@given(case=cases(dates=False), shift=st.sampled_from([DAY, 1, -12345, 400 * DAY + 7]))
def test_shifting_all_times_shifts_all_results(run: Run, case: Case, shift: int) -> None:
    program = program_of(case.rules)
    later = attrs.evolve(
        case,
        events=tuple({**event, "time": event["time"] + shift} for event in case.events),
        end=None if case.end is None else case.end + shift,
    )
    expected = evaluate(run, program, case.events, case.leads, case.end).transitions
    shifted = evaluate(run, program, later.events, later.leads, later.end).transitions
    assert moves(expected) == [
        (lead, old, new, at - shift, rule, also, tuple((at - shift, name) for at, name in evidence))
        for lead, old, new, at, rule, also, evidence in moves(shifted)
    ]


@each_engine
@given(
    case=cases(),
    noise=st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 20), st.sampled_from([0, 1, DAY // 2]))),
)
def test_events_that_no_rule_mentions_change_nothing(run: Run, case: Case, noise: list[tuple[str, int, int]]) -> None:
    program = program_of(case.rules)
    assume(not uses(program).event("a letter"))
    end = case.end if case.end is not None else max(event["time"] for event in case.events)
    begins = {lead: history[0].at for lead, history in gather(case.events, None)[0].items()}
    letters = [
        # A lead's timeline begins at its first event, whatever it is: none before that.
        {"lead": lead, "time": max(START + days * DAY + more, begins[lead]), "event": "a letter", "sku": "x", "n": 1}
        for lead, days, more in noise
        if lead in begins
    ]
    count(f"there are letters: {bool(letters)}")
    quiet = attrs.evolve(case, end=end)
    noisy = attrs.evolve(case, events=(*case.events, *letters), end=end)
    assert _answer(run, program, quiet) == _answer(run, program, noisy)


@each_engine
@given(case=cases(), back=st.sampled_from([DAY, 1, 2 * DAY, DAY // 2, 0]))
def test_what_comes_later_changes_nothing_before(run: Run, case: Case, back: int) -> None:
    program = program_of(case.rules)
    earlier = max(event["time"] for event in case.events) - back
    known = [move for move in _answer(run, program, case) if move[3] <= earlier]
    assume(case.end is None or earlier <= case.end)
    assert known == _answer(run, program, attrs.evolve(case, end=earlier))


@each_engine
@given(case=single_conditions())
def test_a_lone_rule_fires_when_its_condition_is_first_true(run: Run, case: Case) -> None:
    program = program_of(case.rules)
    assert case.end is not None
    history = gather(case.events, case.end)[0]["a"]
    first = reference.first_true(program, program.rules[0].condition, history, {}, case.end)
    count(f"it is true at some time: {first is not None}")
    moved = [move[3] for move in _answer(run, program, case)]
    assert moved == ([] if first is None else [first])


@given(case=growing_conditions(), factor=st.sampled_from([2, 3, 1000]))
def test_widening_a_window_never_loses_a_result_of_a_condition_without_negation(case: Case, factor: int) -> None:
    def widen(node: Any) -> Any:
        if isinstance(node, Restriction) and node.record.leaves is not None:
            return attrs.evolve(node, argument=node.argument * factor)
        if isinstance(node, Step) and node.within is not None:
            return attrs.evolve(node, within=node.within * factor)
        return node

    program = program_of(case.rules)
    condition = program.rules[0].condition
    wide = _rewritten(condition, widen)
    count(f"there is a window: {wide != condition}")
    assert case.end is not None
    history = gather(case.events, case.end)[0]["a"]
    for now in sorted({event.at for event in history} | {case.end}):
        if reference.holds(program, condition, history, now, {}):
            assert reference.holds(program, wide, history, now, {})


@given(case=growing_conditions(evident=True))
def test_evidence_alone_makes_a_condition_without_negation_hold(case: Case) -> None:
    program = program_of(case.rules)
    condition: Condition = program.rules[0].condition
    assert case.end is not None
    history = gather(case.events, case.end)[0]["a"]
    for now in sorted({event.at for event in history} | {case.end}):
        if reference.holds(program, condition, history, now, {}):
            found = reference.evidence(program, condition, history, now, {})
            count("it holds")
            assert found == [one for one in history if any(one is other for other in found)]
            assert reference.holds(program, condition, found, now, {})


@given(case=cases())
def test_leads_do_not_see_each_other(case: Case) -> None:
    events: list[Event] = [as_event(one) for one in case.events]
    program = program_of(case.rules)
    end = case.end if case.end is not None else max(one.at for one in events)
    together = evaluate(reference.run, program, events, case.leads, end).transitions
    alone: list[Transition] = []
    for lead in ("a", "b", "c"):
        mine = [one for one in events if one.lead == lead]
        alone += evaluate(reference.run, program, mine, case.leads, end).transitions
    assert sorted(moves(together)) == sorted(moves(tuple(alone)))
