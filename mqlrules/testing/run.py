"""Running the test blocks of a rule set: each is one lead, evaluated up to the end of its own time (section 9)."""

import time
from collections.abc import Iterator, Sequence

from mqlrules.language.calendar import Zone
from mqlrules.plan.nodes import Plan
from mqlrules.run.evaluation import Alone, evaluate_alone
from mqlrules.run.result import Result
from mqlrules.testing.expectations import instead
from mqlrules.testing.results import TestResult, Unmet
from mqlrules.testing.scenarios import Scenario
from mqlrules.testing.story import story


def run(plan: Plan, tests: Sequence[Scenario], engine: str = "incremental") -> list[TestResult]:
    """The results of the tests, in order. Every engine gives the same."""
    zone = Zone(plan.program.timezone)
    found = []
    begun = time.perf_counter()
    for scenario, result in played(plan, tests, engine):
        failed = []
        for expected in scenario.expected:
            happened = instead(expected, scenario, result, plan.program, zone)
            if happened is not None:
                line = scenario.source.position(expected.span.start)[0]
                said = " ".join(scenario.source.text[expected.span.start : expected.span.end].split())
                failed.append((expected, Unmet(scenario.source.name, line, said, happened)))
        lines = story(scenario, result, failed, plan.program, zone) if failed else ()
        ended = time.perf_counter()
        begins = scenario.source.position(scenario.span.start)[0]
        unmet = tuple(each for _, each in failed)
        found.append(TestResult(scenario.name, scenario.source.name, begins, unmet, lines, ended - begun))
        begun = ended
    return found


def notices(plan: Plan, tests: Sequence[Scenario]) -> Scenario | None:
    """The first of the tests that fails, or None. The tests after it are not looked at."""
    zone = Zone(plan.program.timezone)
    for scenario, result in played(plan, tests):
        if any(instead(expected, scenario, result, plan.program, zone) is not None for expected in scenario.expected):
            return scenario
    return None


def played(plan: Plan, tests: Sequence[Scenario], engine: str = "incremental") -> Iterator[tuple[Scenario, Result]]:
    """Each test with what came out of it, one after the other."""
    leads = [Alone(scenario.lead, scenario.events, scenario.traits, scenario.as_of) for scenario in tests]
    return zip(tests, evaluate_alone(plan, leads, engine), strict=True)
