"""A rule that another makes superfluous: what is found, what is not, and that each lead keeps its stages without it."""

import random
import re
from collections.abc import Iterator

import attrs
import pytest
from hypothesis import settings

from mqlrules.check.program import Program, Rule
from mqlrules.check.resolve import check as check_files
from mqlrules.lint import superfluous_rule
from mqlrules.lint.runner import context_of
from mqlrules.syntax.parse import parse
from mqlrules.text.source import Source
from tests.engine.engines import ENGINES, evaluate
from tests.lint.linting import messages
from tests.plan.changing import changed
from tests.strategies import one_lead, some_author

SEEDS = [range(start, start + 30) for start in range(0, settings().max_examples * 2, 30)]


def found(text: str) -> list[str]:
    """The names of the rules that are said to be superfluous, each with the one that makes it so."""
    pairs = [re.findall("`([^`]+)`", message)[:2] for message in messages(text, "superfluous-rule")]
    return [f"{one} by {other}" for one, other in pairs]


def test_more_visits_in_less_time_beside_fewer_in_more() -> None:
    rules = "rule a: visited pricing >= 3 within 7d => MQL\nrule b: visited pricing >= 2 within 30d => MQL\n"
    assert found(rules) == ["a by b"]


def test_a_higher_stage_makes_the_lower_one_superfluous_and_not_the_other_way_round() -> None:
    rules = "rule a: visited pricing => SQL\nrule b: visited pricing >= 2 => MQL\n"
    assert found(rules) == ["b by a"]
    assert found(rules.replace("SQL", "MEL")) == []


def test_of_rules_that_say_the_same_in_other_words_the_later_is_found() -> None:
    rules = (
        "rule a: visited pricing => MQL\nrule b: visited pricing > 0 => MQL\nrule c: not no visited pricing => MQL\n"
    )
    assert found(rules) == ["b by a", "c by a"]


def test_a_chain_leads_to_a_rule_that_stays() -> None:
    rules = "".join(f"rule r{n}: visited pricing >= {n} => MQL\n" for n in (4, 3, 2))
    assert found(rules) == ["r4 by r2", "r3 by r2"]


def test_of_duplicates_nothing_is_said_twice() -> None:
    rules = "rule a: visited pricing => MQL\nrule b: visited pricing => MQL\n"
    assert found(rules) == []
    assert found(rules + "rule c: visited pricing or requested demo => MQL\n") == ["a by c"]


def test_a_condition_that_never_holds_is_left_to_its_own_rule() -> None:
    rules = "rule a: visited pricing >= 3 and visited pricing < 2 => MQL\nrule b: requested demo => MQL\n"
    assert found(rules) == []


def test_segments_scores_and_definitions_are_looked_through() -> None:
    rules = (
        "event looked = visited pricing or visited plans\n"
        "segment warm = looked >= 2 within 30d\n"
        "score heat\n    +10 per looked\n\n"
        "rule a: visited plans >= 3 within 7d and heat >= 50 => MQL\n"
        "rule b: warm and heat >= 20 => MQL\n"
    )
    assert found(rules) == ["a by b"]


@pytest.mark.parametrize(
    ("narrow", "wide", "superfluous"),
    [
        ("when MEL, read", "read", True),
        ("read", "when MEL, read or seen", False),
        ("when MEL for 30d, read", "when MEL for 7d, read or seen", True),
        ("when MEL for 7d, read", "when MEL for 30d, read or seen", False),
        ("when MEL, read", "when MCL, read or seen", False),
    ],
)
def test_what_is_asked_of_the_stage_counts_too(narrow: str, wide: str, superfluous: bool) -> None:
    rules = f"rule one: {narrow} => MQL\nrule other: {wide} => MQL\n"
    assert (found(rules) == ["one by other"]) == superfluous


def test_a_stage_outside_the_ladder_is_as_high_as_itself_alone() -> None:
    rules = "rule a: left >= 2 => disqualified\nrule b: left => disqualified\n"
    assert found(rules) == ["a by b"]
    assert found(rules.replace("left => disqualified", "left => customer")) == []
    assert found(rules.replace("left >= 2 => disqualified", "left >= 2 => MQL")) == []


def test_a_recycle_is_superfluous_beside_one_to_the_same_stage() -> None:
    quiet = (
        "rule up: visited pricing => SQL\nrule {}: when SQL for {}d, no visited pricing within {}d => recycle to {}\n"
    )
    first, second = quiet.format("a", 60, 60, "MEL"), quiet.format("b", 30, 30, "MEL").splitlines()[1]
    assert found(f"{first}{second}\n") == ["a by b"]
    assert found(f"{first}{second.replace('to MEL', 'to MCL')}\n") == []


def test_a_rule_that_a_recycle_may_withhold_makes_none_superfluous() -> None:
    rules = "rule a: no left within 30d and read => SQL\nrule b: no left within 7d => SQL\n"
    assert found(rules) == ["a by b"]
    assert found(f"{rules}rule back: when SQL for 9d, no read within 9d => recycle to MEL\n") == []


def test_an_event_that_lets_a_lead_be_recycled_again_is_kept_in_use() -> None:
    rules = "rule a: seen and read => MQL\nrule b: seen => MQL\n"
    back = "rule back: when MQL for 9d, seen older than 9d => recycle to MEL\n"
    assert found(rules) == ["a by b"]
    assert found(rules + back) == []
    assert found(f"{rules}{back}segment readers = read\n") == ["a by b"]


# -- without it ----------------------------------------------------------------------------------------------------


def rule_set(seed: int) -> tuple[list[str], Program, list[str], dict[str, int]]:
    """A random rule set in which rules stand beside changed ones, and what is found superfluous in it."""
    dice = random.Random(seed)
    author = some_author(dice.choice)
    parsed = parse(Source("rules.mql", author.rules()))
    program, errors = check_files([parsed], None)
    assert "error" not in {found.severity for found in errors}
    rules: list[Rule] = []
    for rule in program.rules:
        stages = [other.stage for other in program.rules if other.recycle == rule.recycle]
        beside = attrs.evolve(
            rule, name=f"{rule.name} too", condition=changed(rule.condition, dice), stage=dice.choice(stages)
        )
        rules += [rule, beside] if dice.random() < 0.5 else [beside, rule]
    program = attrs.evolve(program, rules=tuple(rules))
    said = [finding.message for finding in superfluous_rule.check(context_of([parsed], program))]
    return said, program, [re.findall("`([^`]+)`", message)[0] for message in said], author.durations


def without(program: Program, names: list[str]) -> Program:
    """A program without some rules."""
    return attrs.evolve(program, rules=tuple(rule for rule in program.rules if rule.name not in names))


def differences(seed: int, histories: int) -> Iterator[tuple[bool, str]]:
    """For each lead: whether its stages change when rules that are found are taken out, and what to look at then."""
    said, program, names, durations = rule_set(seed)
    dice = random.Random(seed)
    less = [without(program, [name]) for name in names] + ([without(program, names)] if len(names) > 1 else [])
    for _ in range(histories if names else 0):
        events, traits = one_lead(dice.choice, durations, most=14)
        end = max(event["time"] for event in events) + 40 * 86_400_000_000
        stages = []
        for each in (program, *less):
            moves = evaluate(ENGINES["incremental"], each, events, {"a": traits}, end).transitions
            stages.append([(move.instant, move.from_stage, move.to_stage) for move in moves])
        for other in stages[1:]:
            yield stages[0] != other, f"seed {seed}\n{said}\n{events}\n{traits}\n{stages[0]}\n{other}"


@pytest.mark.parametrize("seeds", SEEDS, ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_each_lead_has_the_same_stages_without_what_is_found(seeds: range) -> None:
    asked = 0
    for seed in seeds:
        for different, shown in differences(seed, histories=10):
            assert not different, shown
            asked += 1
    assert asked > 50, "the search asked nothing"
