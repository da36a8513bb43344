"""Conditions asked outside the lifecycle: of a lead with some of its events, of all events, of forks."""

import random

import pytest
from hypothesis import settings

from mqlrules.engine.histories import gather
from mqlrules.engine.incremental import Probe, Trial, condition_holds, entries_of
from mqlrules.engine.incremental.probe import Status
from mqlrules.events.model import Event
from mqlrules.plan import nodes as n
from mqlrules.plan.dependencies import RISES
from mqlrules.plan.lower import lower
from tests.engine.engines import program_of
from tests.strategies import DAY, random_case

BATCHES = [range(start, start + 30) for start in range(0, settings().max_examples * 2, 30)]


def answers(probe: Probe, trial: Trial, now: int) -> list[object]:
    """What each node is at an instant, and its evidence where it holds."""
    found: list[object] = []
    for k, _ in enumerate(probe.nodes):
        holds = trial.holds(k, now)
        found += [holds, [event.at for event in trial.evidence(k, now)] if holds else []]
    return found


@pytest.mark.parametrize("numbers", BATCHES, ids=lambda numbers: f"{numbers.start}-{numbers.stop - 1}")
def test_a_fork_says_what_a_lead_with_the_same_history_says(numbers: range) -> None:
    for number in numbers:
        case = random_case(number)
        plan = lower(program_of(case.rules))
        probe = Probe([planned.condition for planned in plan.rules], plan.program.timezone)
        rng = random.Random(number)
        for lead, history in gather(case.events, None)[0].items():
            traits = case.leads.get(lead, {})
            stem, forks = probe.begin(traits), []
            for k, event in enumerate(history):
                stem.feed(event)
                forks.append((k + 1, stem.fork()))
            for count, fork in forks:
                # The stem and the other forks have gone on: it must not have been moved by that.
                more = [Event(lead, history[count - 1].at + rng.choice([0, DAY]), "visit", {"n": 1, "sku": "x"})]
                alone = probe.begin(traits)
                for event in history[:count]:
                    alone.feed(event)
                for event in more:
                    fork.feed(event)
                    alone.feed(event)
                now = more[-1].at + rng.choice([0, 1, DAY, 2 * DAY])
                assert answers(probe, alone, now) == answers(probe, fork, now), f"case {number}"


def test_the_future_of_a_fork_leaves_the_lead_where_it_is() -> None:
    program = program_of("rule r: added cart then no checked out for 2d => MQL\n")
    probe = Probe([lower(program).rules[0].condition], "UTC")
    lead = probe.begin({})
    lead.feed(Event("ada", 0, "added cart"))
    assert [2 * DAY] == list(lead.fork().future(5))
    assert 2 * DAY == lead.due
    fork = lead.fork()
    fork.feed(Event("ada", DAY, "checked out"))
    assert (False, True) == (fork.holds(0, 2 * DAY), lead.holds(0, 2 * DAY))


@pytest.mark.parametrize("start", range(0, 600, 60))
def test_the_events_that_a_condition_asks_for_decide_it(start: int) -> None:
    for number in range(start, start + 60):
        case = random_case(number)
        program = program_of(case.rules)
        plan = lower(program)
        conditions: list[n.Node] = [*(rule.condition for rule in plan.rules), *plan.segments.values()]
        if not conditions:
            continue
        probe = Probe(conditions, program.timezone, (RISES,))
        histories, end = gather(case.events, case.end)
        for lead, history in histories.items():
            assert end is not None
            # A journey back in time as well: the end is anywhere.
            for as_of in {end, random.Random(number).randint(history[0].at, max(end, history[0].at))}:
                by_then = [event for event in history if event.at <= as_of]
                traits = case.leads.get(str(lead), {})
                some = [entry for entry in entries_of(by_then) if probe.names is None or entry[2].name in probe.names]
                found = probe.status(some, traits, as_of, begins=by_then[0].at)
                expected = [
                    Status(first, condition_holds(program, condition, by_then, as_of, traits))
                    for first, condition in zip(
                        probe.first_times(entries_of(by_then), traits, as_of), conditions, strict=True
                    )
                ]
                assert expected == found, case


def test_a_lead_without_these_events_need_not_be_asked() -> None:
    program = program_of("a >= 2 and no b within 3d => MQL\n")
    probe = Probe([lower(program).rules[0].condition], "UTC")
    assert (frozenset({"a", "b"}), False) == (probe.names, probe.holds_of_nothing)
    assert [Status(None, False)] == probe.status([], {}, 10, begins=0)


def test_a_condition_of_absence_holds_from_the_first_event_on() -> None:
    program = program_of("no b => MQL\n")
    probe = Probe([lower(program).rules[0].condition], "UTC")
    assert probe.holds_of_nothing
    assert [Status(5, True)] == probe.status([], {}, 10, begins=5)


def test_activity_asks_for_all_events_and_traits_for_those_that_teach_them() -> None:
    program = program_of("activity >= 2 => MQL\na and lead.size >= 2 => SQL\n")
    by_rule = [Probe([rule.condition], "UTC").names for rule in lower(program).rules]
    assert [None, {"a", "identify"}] == by_rule
