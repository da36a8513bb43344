"""Whatever a rule file says, checking it ends, and the error names the limit (section 10)."""

import time

import pytest

from mqlrules.check import check, limits
from mqlrules.syntax import tree
from mqlrules.syntax.parse import parse
from mqlrules.text.source import Source
from mqlrules.text.span import Span
from tests.check.texts import checked, codes, shown


def test_segments_that_double_do_not_explode() -> None:
    segments = ["segment s0 = opened email"] + [f"segment s{n} = s{n - 1} and s{n - 1}" for n in range(1, 60)]
    program, diagnostics = checked("\n".join([*segments, "rule a: s59 => MQL", "rule b: s5 => MQL"]))
    assert (
        "E403 error: With its segments and scores in place this segment has more than 10,000 parts.\n"
        "    hint: Use each segment fewer times."
    ) == shown(diagnostics)
    assert ["b"] == [rule.name for rule in program.rules]


def test_event_definitions_that_double_do_not_explode() -> None:
    events = ["event e0 = bought or returned"] + [
        f"event e{n} = e{n - 1} where (a = {n}) or e{n - 1} where (b = {n})" for n in range(1, 60)
    ]
    program, diagnostics = checked("\n".join([*events, "rule a: e59 => MQL", "rule b: e3 => MQL"]))
    assert (
        "E402 error: This event comes to more than 1,000 raw events, or 10,000 tests of them.\n"
        "    hint: Use fewer definitions in one another."
    ) == shown(diagnostics)
    assert ["b"] == [rule.name for rule in program.rules]


def test_equal_alternatives_count_once() -> None:
    events = ["event e0 = bought"] + [f"event e{n} = e{n - 1} or e{n - 1}" for n in range(1, 60)]
    program, diagnostics = checked("\n".join([*events, "rule a: e59 => MQL"]))
    assert "" == shown(diagnostics)
    assert 1 == len(program.events["e59"].pattern.alternatives)


@pytest.mark.parametrize("turn", [1, -1], ids=["in order", "last first"])
def test_definitions_on_definitions_have_a_depth(turn: int) -> None:
    events = [f"event e{n} = e{n - 1}" for n in range(1, 2_000)][::turn]
    segments = [f"segment s{n} = not s{n - 1}" for n in range(1, 2_000)][::turn]
    _, diagnostics = checked("\n".join(["event e0 = bought", "segment s0 = bought", *events, *segments]))
    assert {
        "This event definition is nested more than 100 levels deep.",
        "This segment is nested more than 100 levels deep.",
    } == {found.message for found in diagnostics}
    assert {"E401"} == set(codes(diagnostics))


def test_a_tree_of_any_depth_is_checked() -> None:
    at = Span(0, 1)
    condition: tree.Condition = tree.Occurrence(tree.EventPattern(tree.Phrase("x", span=at), span=at), span=at)
    where: tree.Predicate = tree.Bare(tree.Path(("x",), span=at), span=at)
    for _ in range(5_000):
        condition, where = tree.Not(condition, span=at), tree.Not(where, span=at)
    narrowed = tree.Occurrence(tree.EventPattern(tree.Phrase("x", span=at), where, span=at), span=at)
    outcome = tree.Outcome(tree.Name("MQL", span=at), span=at)
    rules = [tree.RuleDefinition(None, None, None, asked, outcome, span=at) for asked in (condition, narrowed)]
    _, diagnostics = check([tree.Parsed(Source("<rules>", " "), tree.File(tuple(rules), span=at), (), ())], None)
    assert {
        "This `where` is nested more than 100 levels deep.",
        "This condition is nested more than 100 levels deep.",
    } == {found.message for found in diagnostics}


def test_a_rule_set_has_so_many_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STATEMENTS", 3)
    program, diagnostics = checked("".join(f"rule r{n}: bought => MQL\n" for n in range(9)))
    assert (
        "E404 error: This rule set has more than 3 statements; from here on they are not checked.\n"
        "    hint: Split it into rule sets that are run one by one."
    ) == shown(diagnostics)
    assert 4 == diagnostics[0].line
    assert 3 == len(program.rules)


def test_counts_and_steps_have_a_size() -> None:
    steps = " then ".join(["bought"] * 101)
    _, diagnostics = checked(
        f"rule a: bought >= 1000001 => MQL\nrule b: bought >= 1000001 then paid => MQL\nrule c: {steps} => MQL"
    )
    count = "E407 error: A count is compared with 1,000,000 at most.\n    hint: Write a smaller number.\n"
    assert (
        f"{count}{count}E408 error: This sequence has more than 100 steps.\n    hint: Leave some of them out."
    ) == shown(diagnostics)


def test_all_definitions_together_have_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "EXPANSION", 50)
    rules = "".join(f"rule r{n}: (bought or returned) >= 2 => MQL\n" for n in range(30))
    _, diagnostics = checked(rules)
    assert (
        "E409 error: The event definitions of this rule set come to more than 50 raw events and tests.\n"
        "    hint: Use fewer definitions in one another."
    ) == shown(diagnostics[:1])


def test_values_in_place_have_a_number_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIST_VALUES", 3)
    _, diagnostics = checked("rule a: lead.n in (1, 2, 3, 4) => MQL")
    assert ["E406"] == codes(diagnostics)


def test_ten_thousand_wrong_names_are_told_in_time() -> None:
    schemas = [f"schema event_number_{n} (name: text)" for n in range(3_000)]
    rules = [f"rule r{n}: event_nmuber_{n} and lead.x in list_{n} => MQLL" for n in range(3_000)]
    parsed = parse(Source("<rules>", "\n".join([*schemas, *rules])))
    began = time.perf_counter()
    _, diagnostics = check([parsed], None)
    assert 9_000 == len(diagnostics)
    assert time.perf_counter() - began < 10


def test_a_thousand_rules_are_checked_in_time() -> None:
    rules = [f"rule r{n}: event number{n % 90}x >= 2 and other{n % 70}x within 30d => MQL" for n in range(1_000)]
    parsed = parse(Source("<rules>", "\n".join(rules)))
    began = time.perf_counter()
    program, diagnostics = check([parsed], None)
    assert "" == shown(diagnostics)
    assert 1_000 == len(program.rules)
    assert time.perf_counter() - began < 10
