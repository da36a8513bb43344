"""``mqlrules test``: what it prints, writes, and what its exit status says."""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.project.test_imports import output
from tests.terminal import in_a_terminal

GOOD = """\
test "two looks and a webinar"
    day 0 visited pricing
    day 1 visited pricing
    day 2 attended webinar
    expect MQL on day 2
"""
BAD = 'test "one look is enough"\n    day 0 visited pricing\n    expect MQL\n'


@pytest.fixture
def tests(folder: Path) -> Path:
    (folder / "tests.mql").write_text(GOOD)
    return folder


def test_tests_that_pass_are_0(call: Call, tests: Path) -> None:
    result = call("test", ".")
    assert (0, "tests.mql\n  ok      two looks and a webinar\n\n1 test, all passed.\n") == (
        result.exit_code,
        result.stdout,
    )


def test_a_test_that_fails_is_1_with_its_story(call: Call, tests: Path) -> None:
    (tests / "more.mql").write_text(BAD)
    result = call("test", ".")
    assert 1 == result.exit_code
    assert "> day 0 12:00  expect MQL\n                   more.mql:3: the lead never came to MQL\n" in result.stdout
    assert "2 tests, 1 failed." == result.stdout.splitlines()[-1]


def test_rules_without_tests_are_1_and_it_is_said(call: Call) -> None:
    result = call("test", "rules.mql")
    words = 'These rules have no tests. A test begins with `test "what you agreed on"`.\n'
    assert (1, words) == (result.exit_code, result.stdout)


def test_k_chooses_by_name_and_a_name_that_is_not_there_is_2(call: Call, tests: Path) -> None:
    (tests / "more.mql").write_text(BAD)
    assert 0 == call("test", ".", "-k", "WEBINAR").exit_code
    result = call("test", ".", "-k", "nothing")
    assert (2, "mqlrules: no test has 'nothing' in its name; these rules have 2 tests\n") == (
        result.exit_code,
        result.stderr,
    )


def test_rules_that_are_wrong_are_1_and_files_that_are_not_there_2(call: Call, folder: Path) -> None:
    (folder / "wrong.mql").write_text("rule a: b => NOWHERE\n")
    assert 1 == call("test", "wrong.mql").exit_code
    assert 2 == call("test", "nowhere.mql").exit_code


def test_coverage_below_the_threshold_is_1(call: Call, tests: Path) -> None:
    result = call("test", ".", "--coverage")
    assert 0 == result.exit_code
    assert "Coverage: 7 of 8 outcomes seen, 87.5 %." == result.stdout.splitlines()[-1]
    assert 0 == call("test", ".", "--fail-under", "87.5").exit_code
    result = call("test", ".", "--fail-under", "87.6")
    assert (1, "The coverage is below 87.6 %.") == (result.exit_code, result.stdout.splitlines()[-1])
    assert 2 == call("test", ".", "--fail-under", "101").exit_code


def test_changes_that_no_test_notices_do_not_fail(call: Call, tests: Path) -> None:
    result = call("test", ".", "--mutate")
    assert 0 == result.exit_code
    assert "rule looking: visited pricing => MEL\n  No test needs this rule" in result.stdout
    assert "Only 2 of" in call("test", ".", "--mutate", "--most", "2").stdout


def test_mutate_needs_tests_that_pass(call: Call, tests: Path) -> None:
    (tests / "more.mql").write_text(BAD)
    result = call("test", ".", "--mutate")
    assert 1 == result.exit_code
    assert "The rules were not changed: --mutate needs tests that pass." == result.stdout.splitlines()[-1]


def test_junit_is_written_whatever_the_result(call: Call, tests: Path) -> None:
    (tests / "more.mql").write_text(BAD)
    assert 1 == call("test", ".", "--junit", "report.xml").exit_code
    root = ET.parse(tests / "report.xml").getroot()
    assert ("2", "1") == (root.get("tests"), root.get("failures"))
    assert ["more.mql", "tests.mql"] == [suite.get("name") for suite in root]
    assert 2 == call("test", ".", "--junit", "nowhere/report.xml").exit_code


def test_rules_come_from_standard_input_too(call: Call) -> None:
    assert 0 == call("test", "-", stdin='a => MQL\ntest "t"\n    day 0 a\n    expect MQL\n').exit_code


def test_a_terminal_has_colours_and_no_rest_of_the_progress(tests: Path) -> None:
    shown = in_a_terminal("mqlrules test . --mutate", tests)
    assert 0 == shown.status
    assert "\x1b[32mok    \x1b[0m  two looks and a webinar\n" in shown.text
    assert "\x1b[" not in in_a_terminal("mqlrules test .", tests, {"NO_COLOR": "1"}).text


LOADED = """
import sys
from mqlrules.cli.application import application

application.main(["test", sys.argv[1]], standalone_mode=False)
ours = {"mqlrules.testing.mutation", "mqlrules.testing.coverage", "mqlrules.testing.junit"}
print(sorted(({"polars", "rich", "pandas", "numpy", "pyarrow", "xml"} | ours) & set(sys.modules)))
"""


def test_running_tests_imports_nothing_heavy(tests: Path) -> None:
    (tests / "both.mql").write_text((tests / "rules.mql").read_text() + GOOD)
    assert "[]" == output(LOADED, tests / "both.mql")[-1], sys.version
