"""A fork of a lead goes on as the lead itself would have."""

import random

import pytest
from hypothesis import settings

from mqlrules.engine.histories import gather
from mqlrules.engine.incremental.what_if import Trial, Trials
from mqlrules.events.model import Event
from mqlrules.plan.lower import lower
from tests.engine.engines import program_of
from tests.strategies import DAY, random_case

BATCHES = [range(start, start + 30) for start in range(0, settings().max_examples * 2, 30)]


def answers(trials: Trials, trial: Trial, now: int) -> list[object]:
    """What each node is at an instant, and its evidence where it holds."""
    found: list[object] = []
    for k, _ in enumerate(trials.nodes):
        holds = trial.holds(k, now)
        found += [holds, [event.at for event in trial.evidence(k, now)] if holds else []]
    return found


@pytest.mark.parametrize("numbers", BATCHES, ids=lambda numbers: f"{numbers.start}-{numbers.stop - 1}")
def test_a_fork_says_what_a_lead_with_the_same_history_says(numbers: range) -> None:
    for number in numbers:
        case = random_case(number)
        plan = lower(program_of(case.rules))
        trials = Trials([planned.condition for planned in plan.rules], plan.program.timezone)
        rng = random.Random(number)
        for lead, history in gather(case.events, None)[0].items():
            traits = case.leads.get(lead, {})
            stem, forks = trials.begin(traits), []
            for k, event in enumerate(history):
                stem.feed(event)
                forks.append((k + 1, stem.fork()))
            for count, fork in forks:
                # The stem and the other forks have gone on: it must not have been moved by that.
                more = [Event(lead, history[count - 1].at + rng.choice([0, DAY]), "visit", {"n": 1, "sku": "x"})]
                alone = trials.begin(traits)
                for event in history[:count]:
                    alone.feed(event)
                for event in more:
                    fork.feed(event)
                    alone.feed(event)
                now = more[-1].at + rng.choice([0, 1, DAY, 2 * DAY])
                assert answers(trials, alone, now) == answers(trials, fork, now), f"case {number}"


def test_the_future_of_a_fork_leaves_the_lead_where_it_is() -> None:
    program = program_of("rule r: added cart then no checked out for 2d => MQL\n")
    trials = Trials([lower(program).rules[0].condition], "UTC")
    lead = trials.begin({})
    lead.feed(Event("ada", 0, "added cart"))
    assert [2 * DAY] == list(lead.fork().future(5))
    assert 2 * DAY == lead.due
    fork = lead.fork()
    fork.feed(Event("ada", DAY, "checked out"))
    assert (False, True) == (fork.holds(0, 2 * DAY), lead.holds(0, 2 * DAY))
