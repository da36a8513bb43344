"""The test blocks of the examples pass, and every engine gives the same of them."""

import pytest

from mqlrules.testing.coverage import coverage
from mqlrules.testing.scenarios import scenarios
from tests.examples.folders import ALL, Example


@pytest.mark.parametrize("example", ALL, ids=lambda example: example.name)
def test_all_blocks_pass_on_every_engine(example: Example) -> None:
    rules = example.load()
    results = rules.test()
    assert results
    assert [] == [(result.name, result.unmet) for result in results if not result.passed]
    assert results == rules.test(engine="reference")


@pytest.mark.parametrize("example", ALL, ids=lambda example: example.name)
def test_watching_for_coverage_moves_no_lead_otherwise(example: Example) -> None:
    rules = example.load()
    tests = scenarios(rules.program)
    seen = {item.owner for item in coverage(rules.plan, tests).items if item.kind == "rule" and item.seen_true}
    moved = set()
    for test in tests:
        traits = {test.lead: test.traits}
        for move in rules.evaluate(test.events, as_of=test.as_of, leads=traits, engine="reference").transitions:
            moved |= {move.rule, *move.also}
    assert moved == seen
