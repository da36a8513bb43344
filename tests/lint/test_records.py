"""Every lint rule is a file with a record, documentation, an example of the mistake, and that example corrected."""

import ast
import re
from pathlib import Path

import pytest

import mqlrules.lint
from mqlrules.lint.catalogue import rules
from mqlrules.lint.record import LintRule
from tests.lint.linting import findings, profile

FOLDER = Path(mqlrules.lint.__path__[0])


def records(path: Path) -> int:
    """How many names a module gives to a record."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return sum(
        isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("LintRule(") for node in ast.walk(tree)
    )


def test_every_module_that_makes_a_record_is_one_rule() -> None:
    modules = {path.stem: records(path) for path in FOLDER.glob("*.py") if records(path)}
    assert {rule.name.replace("-", "_"): 1 for rule in rules()} == modules


def test_codes_are_l_and_three_digits_each_once() -> None:
    codes = [rule.code for rule in rules()]
    assert sorted(set(codes)) == codes
    assert [] == [code for code in codes if not re.fullmatch(r"L\d{3}", code)]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_a_rule_says_what_why_and_how_to_fix_it(rule: LintRule) -> None:
    for said in (rule.what, rule.why, rule.remedy):
        assert said
        assert said.endswith((".", ")"))


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_a_rule_finds_fault_with_its_example(rule: LintRule) -> None:
    found = findings(rule.example, data=profile(rule))
    assert rule.name in [f.rule.name for f in found]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_a_rule_finds_no_fault_with_the_corrected_example(rule: LintRule) -> None:
    found = findings(rule.corrected, data=profile(rule))
    assert rule.name not in [f.rule.name for f in found]
