"""``mqlrules lint`` and ``explain-code``: findings, fixes, events, exit statuses, and what stops them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

import mqlrules
from mqlrules.cli.codes import error_codes
from mqlrules.lint.catalogue import rules
from mqlrules.lint.record import LintRule
from mqlrules.ruleset import check_text
from tests.cli.conftest import Call
from tests.cli.sarif_schema import SCHEMA

WARNING = "rule warm: visited pricing = 2 => MQL\n"
MENDABLE = 'rule warm "w": (visited pricing >= 2 within 30d) within 7d => MQL\n'
ROOT = Path(__file__).parents[2]


def test_hints_alone_are_shown_and_fine(call: Call) -> None:
    result = call("lint", "rules.mql")
    assert (0, "") == (result.exit_code, result.stderr)
    assert "hint[L005]" in result.stdout
    assert result.stdout.endswith("hints in 1 file.\n")


def test_a_warning_is_a_finding(call: Call, folder: Path) -> None:
    (folder / "rules.mql").write_text(WARNING)
    result = call("lint", "rules.mql", "--select", "exact-count")
    assert 1 == result.exit_code
    assert "warning[L009]: `visited pricing = 2` holds for exactly 2" in result.stdout
    result = call("lint", "rules.mql", "--ignore", "L01,L02", "--ignore", "exact-count")
    assert (0, "Nothing found.\n") == (result.exit_code, result.stdout)


def test_rules_that_are_wrong_are_not_linted(call: Call, folder: Path) -> None:
    (folder / "rules.mql").write_text("rule warm: visited pricing => MLQ\n")
    result = call("lint", "rules.mql")
    assert (1, "") == (result.exit_code, result.stdout)
    assert "Did you mean `MQL`?" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["rules.mql", "--select", "exact-cuont"], "unknown lint rule exact-cuont; did you mean exact-count?"),
        (["rules.mql", "--unsafe-fixes"], "--unsafe-fixes says which fixes to make: add --fix or --diff"),
        (["nowhere.mql"], "there is no file or folder nowhere.mql"),
        (["-", "--events", "-"], "rules and events can't both come from standard input"),
        (["rules.mql", "--events", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_a_wrong_call_is_said_in_one_line(call: Call, arguments: list[str], says: str) -> None:
    result = call("lint", *arguments)
    assert (2, "") == (result.exit_code, result.stdout)
    assert says in result.stderr
    assert 1 == result.stderr.count("\n")


def test_the_project_file_is_heard(call: Call, folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.mqlrules.lint]\nselect = ["L009"]\n')
    assert "Nothing found.\n" == call("lint", "rules.mql").stdout
    (folder / "pyproject.toml").write_text('[tool.mqlrules.lint]\nselect = ["L999"]\n')
    result = call("lint", "rules.mql")
    assert (2, "mqlrules: unknown lint rule L999\n") == (result.exit_code, result.stderr)


def test_fix_writes_the_file(call: Call, folder: Path) -> None:
    (folder / "rules.mql").write_bytes(MENDABLE.replace("\n", "\r\n").encode())
    before = mqlrules.load(folder / "rules.mql").fingerprint
    result = call("lint", "rules.mql", "--fix", "--ignore", "untested-rule")
    assert (0, "1 finding fixed in 1 file.\n", "Nothing found.\n") == (result.exit_code, result.stderr, result.stdout)
    assert b'rule warm "w": (visited pricing >= 2) within 7d => MQL\r\n' == (folder / "rules.mql").read_bytes()
    assert before == mqlrules.load(folder / "rules.mql").fingerprint


def test_unsafe_fixes_are_made_only_when_asked_for(call: Call, folder: Path) -> None:
    (folder / "rules.mql").write_text(WARNING)
    assert 1 == call("lint", "rules.mql", "--fix").exit_code
    assert WARNING == (folder / "rules.mql").read_text()
    assert 0 == call("lint", "rules.mql", "--fix", "--unsafe-fixes").exit_code
    assert WARNING.replace("=", ">=", 1) == (folder / "rules.mql").read_text()


def test_diff_changes_nothing(call: Call, folder: Path) -> None:
    (folder / "rules.mql").write_text(MENDABLE)
    result = call("lint", "rules.mql", "--diff")
    assert (1, "1 finding would be fixed in 1 file.\n") == (result.exit_code, result.stderr)
    assert "+" + MENDABLE.replace("(visited pricing >= 2 within 30d)", "(visited pricing >= 2)") in result.stdout
    assert MENDABLE == (folder / "rules.mql").read_text()


def test_diff_of_rules_that_need_no_fix(call: Call) -> None:
    result = call("lint", "rules.mql", "--diff")
    assert (0, "", "Nothing can be fixed in 1 file.\n") == (result.exit_code, result.stdout, result.stderr)


def test_standard_input_is_fixed_on_standard_output(call: Call) -> None:
    result = call("lint", "-", "--fix", "--select", "idle-window", stdin=MENDABLE)
    assert (0, MENDABLE.replace(" within 30d", ""), "Nothing found.\n") == (
        result.exit_code,
        result.stdout,
        result.stderr,
    )


def test_fixes_of_a_folder_with_a_list(call: Call, folder: Path) -> None:
    (folder / "rules.mql").unlink()
    rules = folder / "rules"
    rules.mkdir()
    (rules / "names.csv").write_text("name\nada\n")
    (rules / "a.mql").write_text('list names from "names.csv"\n')
    (rules / "b.mql").write_text(MENDABLE + "rule n: lead.name in names and x => MEL\n")
    assert 0 == call("lint", "rules", "--fix").exit_code
    assert "within 30d" not in (rules / "b.mql").read_text()


def test_events_are_compared(call: Call, folder: Path) -> None:
    (folder / "rules.mql").write_text("rule warm: visitd pricing >= 2 within 90d => MQL\n")
    for file in ("events.csv", "events.jsonl"):
        result = call("lint", "rules.mql", "--select", "L024,L027", "--events", file)
        assert 1 == result.exit_code
        assert "Did you mean `visited pricing`?" in result.stdout
        assert "`within 90d` is longer than the data, which covers 7 days." in result.stdout


def test_properties_and_values_are_compared(call: Call, folder: Path) -> None:
    (folder / "e.jsonl").write_text(
        '{"lead": "a", "time": "2026-01-01", "event": "Started Trial", "plan": "pro", "seats": 3, "mixed": "x"}\n'
        '{"lead": "a", "time": "2026-01-02", "event": "started_trial", "plan": "team", "mixed": 3}\n'
    )
    tests = {
        'plan = "pro"': None,
        'plan in ("pro", "tema")': 'Did you mean "team"?',
        'plan = "Pro"': "L028",
        'plan = "PRO" ignoring case': None,
        "seats >= 3": None,
        "Seats >= 3": "write `seats`",
        "seat >= 3": "Did you mean `seats`?",
        'mixed = "x"': None,
        'plan starts with "zz"': None,
    }
    for test, says in tests.items():
        (folder / "rules.mql").write_text(f"rule r: started trial where ({test}) => MEL\n")
        result = call("lint", "rules.mql", "--select", "L025,L026,L028", "--events", "e.jsonl")
        assert (0 if says is None else 1) == result.exit_code, test
        assert (says or "Nothing found.") in result.stdout


def test_json_and_sarif_can_be_read(call: Call, folder: Path) -> None:
    (folder / "rules.mql").write_text(WARNING)
    assert "exact-count" in {f["name"] for f in json.loads(call("lint", "rules.mql", "--output-format", "json").stdout)}
    log = json.loads(call("lint", "rules.mql", "--output-format", "sarif").stdout)
    jsonschema.validate(log, SCHEMA)
    assert mqlrules.__version__ == log["runs"][0]["tool"]["driver"]["version"]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_explain_code_says_what_a_rule_is(call: Call, rule: LintRule) -> None:
    by_code, by_name = call("explain-code", rule.code.lower()), call("explain-code", rule.name)
    assert by_code.stdout == by_name.stdout
    assert f"{rule.code} {rule.name} ({rule.severity})" == by_code.stdout.splitlines()[0]


def test_explain_code_of_an_error_shows_one(call: Call) -> None:
    result = call("explain-code", "e107")
    assert 0 == result.exit_code
    assert "error[E107]: There is no stage called" in result.stdout
    assert "50 levels deep" in call("explain-code", "E492").stdout


def test_explain_code_knows_every_code_of_an_error() -> None:
    made = {
        code
        for file in (ROOT / "mqlrules").rglob("*.py")
        for code in re.findall(r'"(E\d{3})"', file.read_text(encoding="utf-8"))
    }
    assert made == set(error_codes()), "each code needs a rule text (or a message) in mqlrules/cli/code_examples.json"


def test_the_examples_of_errors_have_these_errors() -> None:
    wrong = [
        code
        for code, example in error_codes().items()
        if example.rules is not None and code not in [d.code for d in check_text(example.rules).diagnostics]
    ]
    assert [] == wrong


def test_a_code_that_is_none_is_said(call: Call) -> None:
    for code in ("L999", "E999", "nonsense"):
        result = call("explain-code", code)
        assert (2, "") == (result.exit_code, result.stdout)
        assert f"there is no code {code}" in result.stderr


def test_check_does_not_load_the_linter(folder: Path) -> None:
    code = (
        "import sys\nfrom mqlrules.cli.application import application\n"
        "application.main(['check', 'rules.mql'], standalone_mode=False)\n"
        "print([name for name in sys.modules if name.startswith('mqlrules.lint')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=folder)
    assert "[]" == done.stdout.splitlines()[-1]


@pytest.mark.parametrize("example", ["agency_events/rules", "b2b_saas/rules", "ecommerce_cart/rules", "lead_scoring"])
def test_the_examples_lint_with_hints_alone(call: Call, example: str) -> None:
    result = call("lint", ROOT / "examples" / example)
    assert 0 == result.exit_code, result.stdout


def test_the_rules_of_the_demo_lint_with_hints_alone(call: Call) -> None:
    result = call("lint", ROOT / "mqlrules" / "cli" / "example")
    assert 0 == result.exit_code, result.stdout
