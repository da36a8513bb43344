"""Coverage: what tests have seen true and seen false, counted by hand."""

import mqlrules
from mqlrules.testing.coverage import Coverage, coverage
from mqlrules.testing.coverage_report import coverage_report, total
from mqlrules.testing.scenarios import scenarios

RULES = """\
segment big = lead.employees >= 100
score heat
    +5 per a
    +10 if e and not big
rule look: a => MEL
rule warm: (a >= 2 or b) and big => MQL
rule same: (c >= 2 and no d) with same sku => SQL
a => MCL

test "one"
    lead (employees: 150)
    day 0 a
    day 1 c (sku: "x")
    day 2 a
    expect MQL on day 2
"""


def covered(text: str, named: str | None = None) -> Coverage:
    rules = mqlrules.loads(text)
    return coverage(rules.plan, scenarios(rules.program, named))


def seen(text: str) -> dict[tuple[str, str], str]:
    """Of each item its owner and text, and which outcomes were seen."""
    return {
        (item.owner, item.source.text[item.span.start : item.span.end]): "T" * item.seen_true + "F" * item.seen_false
        for item in covered(text).items
    }


def test_each_rule_and_each_condition_inside_is_seen_true_or_false() -> None:
    assert {
        ("big", "segment big"): "T",
        ("heat", "e"): "F",
        ("heat", "big"): "T",
        ("look", "rule look"): "T",
        ("warm", "rule warm"): "TF",
        ("warm", "a >= 2"): "TF",
        ("warm", "b"): "F",
        ("warm", "big"): "T",
        ("same", "rule same"): "F",
        ("same", "c >= 2"): "F",
        ("same", "no d"): "T",
        ("rule_1", "a => MCL"): "T",
    } == seen(RULES)


def test_the_total_is_a_share_of_outcomes_rounded_down() -> None:
    found = covered(RULES)
    assert (14, 24) == (found.seen, found.total)
    assert "Coverage: 14 of 24 outcomes seen, 58.3 %." == total(found)
    assert "Coverage: these rules have no conditions to see." == total(covered('test "t"\n    expect no MQL\n'))


def test_the_report_marks_what_was_not_seen_in_the_rule() -> None:
    text = RULES.replace("a => MCL\n", "")
    assert """\
big  (<rules>:1): 1 of 2 outcomes seen
1 | segment big = lead.employees >= 100
  | ^^^^^^^^^^^ never false

heat  (<rules>:4): 2 of 4 outcomes seen
4 |     +10 if e and not big
  |            ^ never true
  |                      ^^^ never false

look  (<rules>:5): 1 of 2 outcomes seen
5 | rule look: a => MEL
  | ^^^^^^^^^ always held

warm  (<rules>:6): 6 of 8 outcomes seen
6 | rule warm: (a >= 2 or b) and big => MQL
  |                       ^ never true
  |                              ^^^ never false

same  (<rules>:7): 3 of 6 outcomes seen
7 | rule same: (c >= 2 and no d) with same sku => SQL
  | ^^^^^^^^^ never moved a lead
  |             ^^^^^^ never true
  |                        ^^^^ never false

Coverage: 13 of 22 outcomes seen, 59.0 %.""" == coverage_report(covered(text))


def test_everything_seen_needs_no_words_but_the_total() -> None:
    text = 'rule look: a => MEL\ntest "t"\n    day 0 b\n    day 1 a\n    expect MEL on day 1\n'
    assert "Coverage: 2 of 2 outcomes seen, 100.0 %." == coverage_report(covered(text))


def test_a_rule_is_seen_true_when_another_won_the_step() -> None:
    text = 'rule low: a => MCL\nrule high: a => SQL\ntest "t"\n    day 0 b\n    day 1 a\n    expect SQL\n'
    assert {("low", "rule low"): "TF", ("high", "rule high"): "TF"} == seen(text)


def test_a_rule_that_comes_too_late_has_moved_no_lead() -> None:
    text = 'rule low: a => MCL\nrule high: b => SQL\ntest "t"\n    day 0 b\n    day 1 a\n    expect SQL\n'
    assert {("low", "rule low"): "F", ("high", "rule high"): "T"} == seen(text)


def test_when_is_part_of_the_rule_and_its_condition_is_seen_by_itself() -> None:
    text = 'rule up: when MQL for 2d, a => SQL\nrule in: b => MQL\ntest "t"\n    day 0 a\n    expect no SQL\n'
    assert {("up", "rule up"): "F", ("up", "a"): "T", ("in", "rule in"): "F"} == seen(text)
    text = text.replace("expect no SQL", "day 1 b\n    as of day 4\n    expect SQL on day 3")
    assert {("up", "rule up"): "TF", ("up", "a"): "T", ("in", "rule in"): "TF"} == seen(text)


def test_a_condition_is_seen_with_the_restrictions_around_it() -> None:
    text = (
        'rule r: (a and b) within 2d => MQL\ntest "t"\n    day 0 a\n    day 5 b\n    as of day 9\n    expect no MQL\n'
    )
    assert {("r", "rule r"): "F", ("r", "a"): "TF", ("r", "b"): "TF"} == seen(text)


def test_what_becomes_false_with_time_is_seen() -> None:
    text = 'segment s = a within 2d\ntest "t"\n    day 0 a\n    as of day {}\n    expect s on day 0\n'
    assert {("s", "segment s"): "T"} == seen(text.format(1))
    assert {("s", "segment s"): "TF"} == seen(text.format(2))


def test_tests_that_are_not_chosen_see_nothing() -> None:
    rules = mqlrules.loads(RULES)
    nothing = coverage(rules.plan, scenarios(rules.program, "another"))
    assert (0, 0.0) == (nothing.seen, nothing.percent)
    assert """\
6 | rule warm: (a >= 2 or b) and big => MQL
  | ^^^^^^^^^ moved no lead, and was not seen false
  |             ^^^^^^ never looked at
""" in coverage_report(nothing)
