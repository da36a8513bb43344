"""Fixes: what they make of a text, that safe ones change no meaning, and that none leaves rules that are wrong."""

import pytest
from hypothesis import HealthCheck, given, settings

from mqlrules.lint.fixes import Fixed, Rules, fix
from mqlrules.lint.settings import choose
from mqlrules.ruleset import check_text, loads
from mqlrules.text.edit import Edit, applied
from mqlrules.text.source import Source
from mqlrules.text.span import Span
from tests.lint.linting import checked
from tests.strategies import Case, cases, random_case


def fixed(text: str, unsafe: bool = False) -> Fixed:
    def again(texts: dict[str, str]) -> Rules | None:
        new = check_text(texts["rules.mql"], "rules.mql")
        return Rules(new.files, new.program) if new.sound else None

    of = checked(text)
    return fix(Rules(of.files, of.program), again, choose(), unsafe=unsafe)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x >= 1", "x"),
        ("x >= 1 times", "x"),
        ("x = 0 and y", "no x and y"),
        ("(x or y) = 0 and z", "no (x or y) and z"),
        ("x and y and x", "x and y"),
        ("x and (y) and (y)", "x and (y)"),
        ("x within 7d within 30d", "x within 7d"),
        ("(x within 7d) within 30d", "(x within 7d)"),
        ("(x >= 1 within 30d and y and y) within 14d", "(x and y) within 14d"),
        ("x >= 1 then y >= 1 within 3d", "x then y within 3d"),
        ("x  # mql: ignore[exact-count]\n   ", "x\n   "),
    ],
)
def test_safe_fixes(before: str, after: str) -> None:
    text = "rule a: {} => MQL\n"
    assert {"rules.mql": text.format(after)} == fixed(text.format(before)).texts


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 3", "x >= 3"),
        ("x > 0", "x"),
        ("(x or y) >= 1", "(x or y)"),
        ("x < 1 and y", "no x and y"),
        ("not no x", "x"),
        ("not (no x)", "x"),
        ("not not (x and y)", "(x and y)"),
        ("not no (x or y)", "(x or y)"),
        ("not no x within 3d", "x within 3d"),
    ],
)
def test_unsafe_fixes_are_made_when_they_are_asked_for(before: str, after: str) -> None:
    text = "rule a: {} => MQL\n"
    assert {} == fixed(text.format(before)).texts
    assert {"rules.mql": text.format(after)} == fixed(text.format(before), unsafe=True).texts


def test_what_is_written_between_is_kept() -> None:
    text = "rule a: x # why\n    >= 1 => MQL\n"
    assert {} == fixed(text).texts


def test_a_comment_is_taken_out_with_its_line() -> None:
    text = "rule a: x => MQL\n# mql: ignore[exact-count]\nrule b: y => SQL\n"
    assert {"rules.mql": "rule a: x => MQL\nrule b: y => SQL\n"} == fixed(text).texts


def test_edits_are_made_from_the_last_to_the_first() -> None:
    source = Source("x", "abcdef")
    edits = [Edit(source, Span(0, 1), "A"), Edit(source, Span(4, 5), ""), Edit(source, Span(2, 2), "-")]
    assert "Ab-cdf" == applied("abcdef", edits)
    with pytest.raises(ValueError, match="overlap"):
        applied("abcdef", [Edit(source, Span(0, 3), ""), Edit(source, Span(2, 4), "")])


def test_a_fix_that_does_not_keep_its_promise_is_not_made() -> None:
    """And keeps no other one from being made."""
    of = checked("rule a: x >= 1 => MQL\nrule b: y >= 1 => SQL\nrule c: z >= 1 => SQL\n")

    def only_without_b(texts: dict[str, str]) -> Rules | None:
        new = check_text(texts["rules.mql"], "rules.mql")
        return Rules(new.files, new.program) if "y >= 1" in texts["rules.mql"] else None

    after = fix(Rules(of.files, of.program), only_without_b, choose(["L010"]), unsafe=False)
    assert {"rules.mql": "rule a: x => MQL\nrule b: y >= 1 => SQL\nrule c: z => SQL\n"} == after.texts
    assert (2, ["L010"]) == (after.made, [found.rule.code for found in after.found])


FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@FEW
@given(cases())
def test_safe_fixes_keep_the_fingerprint(case: Case) -> None:
    after = fixed(case.rules)
    for text in after.texts.values():
        assert loads(case.rules).fingerprint == loads(text).fingerprint


@FEW
@given(cases())
def test_after_any_fixes_the_rules_are_sound(case: Case) -> None:
    after = fixed(case.rules, unsafe=True)
    for text in after.texts.values():
        assert check_text(text).sound


def test_random_rules_have_much_to_fix() -> None:
    assert 10 <= sum(fixed(random_case(seed).rules).made for seed in range(60))
    assert [] == [
        found.rule.name
        for seed in range(60)
        for found in fixed(random_case(seed).rules).found
        if found.fix is not None and found.fix.grade == "safe"
    ]
