"""What each rule finds, and what it leaves alone, where its example does not show it."""

import pytest

from mqlrules.profile.profile import profile_of
from tests.lint.linting import findings, messages


def names(text: str, *select: str) -> list[str]:
    return [found.rule.name for found in findings(text, *select)]


@pytest.mark.parametrize(
    "condition",
    [
        "a >= 3 and a < 2",
        "a and no a",
        "a within 1d older than 2d",
        "a within 1d older than 1d",
        "a before a",
        "a since a",
        "a since b before b",
        "a during 2026-01-01 to 2026-01-31 during 2026-02-01 to 2026-02-28",
        "a then after 3d b within 2d",
        "a then within 1d after 2d b",
        "a then no b for 7d within 7d",
        "a then no c for 3d then within 2d b",
        "a where (n > 3 and n < 2)",
        'a where (plan = "x" and plan = "y")',
        "a where (n is missing and n >= 1)",
        "lead.size >= 200 and lead.size < 100",
        'lead.tier = "gold" and lead.tier = "silver"',
        "days(a) >= 12 within 7d",
        "distinct(sku of a) < 0",
        "(a within 3d and b) older than 3d",
        "a < 0",
        "min(n of a) >= 3 and max(n of a) <= 1",
        "a >= 3 within 7d and a < 2 within 30d",
        "a then b within 7d and no b within 30d",
    ],
)
def test_what_can_never_hold(condition: str) -> None:
    assert ["impossible-condition"] == names(f"rule r: {condition} => MQL\n", "L002")


@pytest.mark.parametrize(
    "condition",
    [
        "a >= 3 and a < 4",
        "a within 2d older than 1d",
        "a since b",
        "a after a",
        "a then after 1d b within 2d",
        "a then no b for 7d within 8d",
        "a where (n >= 3 and n <= 3)",
        'a where (plan = "x" or plan = "y")',
        "a where (n is missing or n >= 1)",
        "days(a) >= 7 within 7d",
        'lead.tier = "gold" or lead.tier = "silver"',
        "min(n of a) <= 3 and max(n of a) >= 1",
        "a within 3d and b older than 3d",
    ],
)
def test_what_may_hold(condition: str) -> None:
    assert [] == names(f"rule r: {condition} => MQL\n", "L002")


def test_a_score_is_as_large_as_its_lines_caps_and_clamps_let_it_be() -> None:
    score = "score s\n    +10 per a up to 30\n    +20 for b\n    -5 per c\n"
    rule = "rule r: s >= {} => MQL\n"
    assert [] == names(score + rule.format(50), "L002")
    assert ["impossible-condition"] == names(score + rule.format(51), "L002")
    assert ["impossible-condition"] == names(score + "    between 0 and 40\n" + rule.format(41), "L002")
    assert [] == names("score s\n    +10 per a\n" + rule.format(5000), "L002")
    assert ["impossible-condition"] == names("score s\n    +10 per a\n" + "rule r: s < 0 => MQL\n", "L002")


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("a >= 0", 1),
        ("b and (a or no a)", 1),
        ("a >= 2 or a >= 3", 1),
        ("a >= 3 within 7d and a >= 2 within 30d", 1),
        ("a >= 3 within 30d and a >= 2 within 7d", 0),
        ("(a or b) and a", 1),
        ("a and a then b", 1),
        ("a or a then b", 1),
        ("a and b then c", 0),
        ("a < 5 and a < 3", 1),
        ("a >= 2 and a < 5", 0),
        ("a >= 2 or b >= 3", 0),
        ("a != 0 and a >= 2", 1),
        ("min(n of a) >= 2 or not min(n of a) >= 2", 1),
        ("min(n of a) >= 2 or min(n of a) < 2", 0),
    ],
)
def test_what_a_simpler_condition_says(condition: str, found: int) -> None:
    assert found == len(names(f"rule r: {condition} => MQL\n", "L003"))


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("no a => MQL", 1),
        ("when anonymous, no a => MQL", 1),
        ("when MEL, no a => MQL", 0),
        ("when anonymous for 3d, no a => MQL", 0),
        ("no a => recycle to MEL", 0),
        ("no activity within 30d => MCL", 0),
        ("a >= 0 => MQL", 1),
        ("no a and lead.size is missing => MQL", 0),
        ("no a or lead.size is missing => MQL", 1),
    ],
)
def test_what_everybody_meets(rule: str, found: int) -> None:
    assert found == len(names(f"rule r: {rule}\n", "L001"))


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("a and b within 30d", 1),
        ("a or b within 30d", 1),
        ("a and not b within 30d", 1),
        ("a >= 2 and b and c within 30d", 1),
        ("(a and b) within 30d", 0),
        ("b within 30d and a", 0),
        ("a and (b within 30d)", 0),
        ("a within 7d and b within 30d", 0),
        ("lead.size >= 3 and b within 30d", 0),
        ("s and b within 30d", 0),
        ("a and b since c", 0),
    ],
)
def test_a_window_on_the_last_condition(condition: str, found: int) -> None:
    text = f"segment s = lead.size >= 3\nrule r: {condition} => MQL\nrule q: s => MEL\n"
    assert found == len(names(text, "L005"))


def test_both_readings_of_the_window_are_offered() -> None:
    [found] = findings("visited pricing >= 2 and attended webinar within 30d => MQL\n", "L005")
    assert (
        "For both: `(visited pricing >= 2 and attended webinar) within 30d`.\n"
        "For `attended webinar` only, and clear to every reader: "
        "`attended webinar within 30d and visited pricing >= 2`."
    ) == found.diagnostic.hint


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("(a within 7d) within 30d", 1),
        ("(a within 30d) within 7d", 1),
        ("a within 7d within 30d", 1),
        ("(a within 7d and b) within 30d", 0),
        ("(a within 7d and b within 3d) within 30d", 1),
        ("a within 14d older than 7d", 0),
        ("s within 30d", 1),
        ("s within 3d", 0),
    ],
)
def test_a_window_that_does_nothing(condition: str, found: int) -> None:
    text = f"segment s = x within 7d\nrule r: {condition} => MQL\nrule q: s => MEL\n"
    assert found == len(names(text, "L007"))


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("requested demo", 1),
        ("demo requested >= 2 within 7d", 1),
        ("requested demo and no unsubscribed", 1),
        ("visited pricing or requested demo", 1),
        ("requested demo then requested quote within 7d", 1),
        ("requested demo and visited pricing", 0),
        ("requested demo and lead.size >= 200", 0),
        ("attended demo", 0),
        ("requested demographic data", 0),
        ("no requested demo within 30d", 0),
        ("visited pricing then requested demo", 0),
    ],
)
def test_sales_intent_alone(condition: str, found: int) -> None:
    assert found == len(names(f"rule r: {condition} => MQL\n", "L021"))


def test_a_recycle_in_the_moment_of_arrival() -> None:
    up = "rule up: a => MQL\n"
    assert ["recycle-loop"] == names(up + "rule back: when MQL, a => recycle to MEL\n", "L014")
    assert ["recycle-loop"] == names(up + "rule back: no b within 30d => recycle to MEL\n", "L014")
    assert [] == names(up + "rule back: when MQL for 1d, no b within 30d => recycle to MEL\n", "L014")
    assert [] == names(up + "rule back: when MQL, no a within 30d => recycle to MEL\n", "L014")
    assert [] == names(up + "rule back: when MQL, b => recycle to MEL\n", "L014")


def test_a_rule_that_waits_where_nobody_comes() -> None:
    text = "rule a: when SQL, x => customer\nrule b: y => MQL\n"
    assert ["The rule `a` waits for leads in SQL, and no rule leads there."] == messages(text, "L015")


def test_a_use_in_a_test_is_a_use() -> None:
    text = (
        'event x = y where (n = 1)\nsegment s = z\nrule r: q => MQL\n\ntest "t"\n    day 0  x\n    expect s on day 0\n'
    )
    assert [] == names(text, "L016", "L023")


def test_an_event_does_not_use_itself() -> None:
    text = "event x = x where (n = 1)\nrule r: q => MQL\n"
    assert ["Nothing uses the event `x`."] == messages(text, "L016")
    assert ["hidden-event-name"] == names(text, "L017")


def test_the_data_knows_raw_events_too() -> None:
    data = profile_of([("X", 0, {})])
    text = "event x = y where (n = 1)\nrule r: x => MQL\n"
    assert ["hidden-event-name"] == [found.rule.name for found in findings(text, "L017", data=data)]
    assert [] == names(text, "L017")


def test_state_that_grows_says_why() -> None:
    [found] = messages("rule r: sum(amount of bought) >= 10 => MQL\n", "L020")
    assert "grows with the length of its history: all events that are counted are its evidence" in found
    assert [] == names("rule r: a >= 3 and (b then c) and no d => MQL\n", "L020")


def test_a_rule_without_test_is_told_by_its_stage_or_its_name() -> None:
    rules = "rule a: x => MQL\nrule b: y => SQL\n\n"
    assert ["These rules have no test."] == messages(rules, "L018")
    test = 'test "t"\n    day 0  x\n    expect MQL on day 0 by a\n'
    assert ["No test expects the rule `b` to move a lead."] == messages(rules + test, "L018")
    assert [] == messages(rules + test + "    expect SQL\n", "L018")
    assert 1 == len(messages(rules + test + "    expect no SQL\n", "L018"))
