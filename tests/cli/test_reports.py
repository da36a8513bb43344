"""Findings for programs: JSON, annotations of GitHub, SARIF and JUnit, whatever went wrong."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from sarif_pydantic import Sarif

from mqlrules.cli.reports import finding, report
from mqlrules.lint.catalogue import rules
from mqlrules.lint.runner import Found
from tests.cli.conftest import Call
from tests.cli.sarif_schema import SCHEMA
from tests.lint.linting import findings, profile


def shown(format: str, found: list[Found]) -> str:
    return report(format, [finding(each.diagnostic, each.rule.name, each.fix) for each in found])


def all_found() -> list[Found]:
    return [found for rule in rules() for found in findings(rule.example, data=profile(rule))]


def test_sarif_is_sarif() -> None:
    log = json.loads(shown("sarif", all_found()))
    jsonschema.validate(log, SCHEMA)
    assert 25 < len(log["runs"][0]["results"])


def test_sarif_is_read_by_a_model_of_the_standard_that_is_not_ours() -> None:
    log = shown("sarif", all_found())
    read = Sarif.model_validate_json(log)
    assert len(json.loads(log)["runs"][0]["results"]) == len(read.runs[0].results or ())
    assert ["error", "note", "warning"] == sorted({str(result.level.value) for result in read.runs[0].results or ()})


def test_sarif_has_the_places_the_rules_and_the_fixes() -> None:
    log = json.loads(shown("sarif", findings("rule a: x within 7d\n    within 30d => MQL\n", "L007")))
    [run] = log["runs"]
    [result] = run["results"]
    assert "idle-window" == run["tool"]["driver"]["rules"][result["ruleIndex"]]["name"]
    region = {"startLine": 2, "startColumn": 5, "endLine": 2, "endColumn": 15}
    assert {"artifactLocation": {"uri": "rules.mql"}, "region": region} == result["locations"][0]["physicalLocation"]
    [replacement] = result["fixes"][0]["artifactChanges"][0]["replacements"]
    assert {"startLine": 1, "startColumn": 20, "endLine": 2, "endColumn": 15} == replacement["deletedRegion"]


def test_json_has_the_names_and_the_fixes() -> None:
    [found] = json.loads(shown("json", findings("rule a: x = 3 => MQL\n", "L009")))
    assert ("L009", "exact-count", "warning", 1, 9) == tuple(
        found[key] for key in ("code", "name", "severity", "line", "column")
    )
    edit = {"file": "rules.mql", "line": 1, "column": 11, "end_line": 1, "end_column": 12, "text": ">="}
    assert {"words": "write `x >= 3`", "safe": False, "edits": [edit]} == found["fix"]


def test_github_gets_one_line_a_finding_with_signs_escaped() -> None:
    [line] = shown("github", findings("rule a: x and y within 30d => MQL\n", "L005")).splitlines()
    start = "::notice file=rules.mql,line=1,endLine=1,col=17,endColumn=27,title=L005 window-on-last-condition::"
    assert line.startswith(start)
    assert "%0A" in line


# -- whatever stops a command --------------------------------------------------------------------------------------

WRONG = "rule warm: visited pricing >= => MQL\nrule hot: visited => MLQ\n"
COMMANDS = ("check", "lint", "test")


@pytest.fixture
def wrong(folder: Path) -> Path:
    """A folder whose rules have a syntax error and an unknown stage."""
    (folder / "rules.mql").write_text(WRONG)
    return folder


def document(format: str, text: str) -> Any:
    """The parsed document; fails if it isn't valid."""
    if format == "junit":
        return ET.fromstring(text)
    parsed = json.loads(text)
    if format == "sarif":
        jsonschema.validate(parsed, SCHEMA)
    return parsed


@pytest.mark.parametrize("command", COMMANDS)
def test_rules_with_errors_give_valid_documents_with_every_error(call: Call, wrong: Path, command: str) -> None:
    result = call(command, "rules.mql", "--output-format", "json")
    assert 1 == result.exit_code
    records = document("json", result.stdout)
    assert ["E066", "E107"] == [record["code"] for record in records]
    assert ("rules.mql", 1, "error") == (records[0]["file"], records[0]["line"], records[0]["severity"])
    result = call(command, "rules.mql", "--output-format", "sarif")
    [run] = document("sarif", result.stdout)["runs"]
    assert ["E066", "E107"] == [found["ruleId"] for found in run["results"]]
    lines = call(command, "rules.mql", "--output-format", "github").stdout.splitlines()
    assert ["::error file=rules.mql,line=1,", "::error file=rules.mql,line=2,"] == [line[:30] for line in lines]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("format", ["json", "sarif", "github"])
def test_a_call_that_is_wrong_gives_a_valid_document_with_the_reason(call: Call, command: str, format: str) -> None:
    result = call(command, "nowhere.mql", "--output-format", format)
    assert 2 == result.exit_code
    assert "there is no file or folder nowhere.mql" in result.stdout
    if format == "github":
        assert result.stdout.startswith("::error::")
    else:
        document(format, result.stdout)


def test_junit_says_why_no_test_could_run(call: Call, wrong: Path) -> None:
    result = call("test", "rules.mql", "--output-format", "junit", "--junit", "report.xml")
    assert 1 == result.exit_code
    for root in (document("junit", result.stdout), ET.parse(wrong / "report.xml").getroot()):
        [error] = root.iter("error")
        assert "error[E066]" in error.attrib["message"]
        assert "1" == root.get("errors")


def test_expectations_that_fail_are_annotations(call: Call, folder: Path) -> None:
    (folder / "more.mql").write_text('test "one look"\n    day 0 visited pricing\n    expect MQL\n')
    result = call("test", ".", "--output-format", "github")
    assert (1, "::error file=more.mql,line=3,") == (result.exit_code, result.stdout[:29])
    [record] = json.loads(call("test", ".", "--output-format", "json").stdout)
    assert (False, 3) == (record["passed"], record["unmet"][0]["line"])
    [run] = document("sarif", call("test", ".", "--output-format", "sarif").stdout)["runs"]
    assert ["failed-test"] == [found["ruleId"] for found in run["results"]]
    document("junit", call("test", ".", "--output-format", "junit", "--coverage").stdout)
