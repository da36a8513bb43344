"""How leads stand to conditions, given only the events that are asked for: what all events together say."""

import random

import pytest

from mqlrules.engine.histories import gather
from mqlrules.engine.incremental import FirstTimes, condition_holds
from mqlrules.engine.incremental.condition_status import Standing, Standings
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import lower
from tests.engine.engines import program_of
from tests.strategies import random_case


@pytest.mark.parametrize("start", range(0, 600, 60))
def test_the_events_that_a_condition_asks_for_decide_it(start: int) -> None:
    for number in range(start, start + 60):
        case = random_case(number)
        program = program_of(case.rules)
        plan = lower(program)
        conditions: list[n.Node] = [*(rule.condition for rule in plan.rules), *plan.segments.values()]
        if not conditions:
            continue
        standings, firsts = Standings(program, conditions), FirstTimes(program, conditions)
        histories, end = gather(case.events, case.end)
        for lead, history in histories.items():
            assert end is not None
            # A journey back in time as well: the end is anywhere.
            for as_of in {end, random.Random(number).randint(history[0].at, max(end, history[0].at))}:
                by_then = [event for event in history if event.at <= as_of]
                traits = case.leads.get(str(lead), {})
                found = standings.of(
                    by_then[0].at,
                    [
                        (event.at, position, event)
                        for position, event in enumerate(by_then, 1)
                        if standings.names is None or event.name in standings.names
                    ],
                    traits,
                    as_of,
                )
                expected = [
                    Standing(first, condition_holds(program, condition, by_then, as_of, traits))
                    for first, condition in zip(firsts.of(by_then, traits, as_of), conditions, strict=True)
                ]
                assert expected == found, case


def test_a_lead_without_these_events_need_not_be_asked() -> None:
    program = program_of("a >= 2 and no b within 3d => MQL\n")
    standings = Standings(program, [lower(program).rules[0].condition])
    assert (frozenset({"a", "b"}), False) == (standings.names, standings.of_nothing)
    assert [Standing(None, False)] == standings.of(0, [], {}, 10)


def test_a_condition_of_absence_holds_from_the_first_event_on() -> None:
    program = program_of("no b => MQL\n")
    standings = Standings(program, [lower(program).rules[0].condition])
    assert standings.of_nothing
    assert [Standing(5, True)] == standings.of(5, [], {}, 10)


def test_activity_asks_for_all_events_and_traits_for_those_that_teach_them() -> None:
    program = program_of("activity >= 2 => MQL\na and lead.size >= 2 => SQL\n")
    by_rule = [Standings(program, [rule.condition]).names for rule in lower(program).rules]
    assert [None, {"a", "identify"}] == by_rule
