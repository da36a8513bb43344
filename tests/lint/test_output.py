"""How findings are shown: for a person, for GitHub, as JSON and as SARIF."""

import json

import jsonschema
from sarif_pydantic import Sarif

from mqlrules.lint.catalogue import rules
from mqlrules.lint.output import github, json_records, sarif, text
from tests.lint.linting import findings, profile
from tests.lint.sarif_schema import SCHEMA

MANY = "".join(rule.example for rule in rules() if rule.name in ("idle-window", "duplicate-rule", "exact-count"))


def all_found() -> list:
    return [found for rule in rules() for found in findings(rule.example, data=profile(rule))]


def test_sarif_is_sarif() -> None:
    log = json.loads(sarif.show(all_found(), "1.2.3"))
    jsonschema.validate(log, SCHEMA)
    assert 25 < len(log["runs"][0]["results"])


def test_sarif_is_read_by_a_model_of_the_standard_that_is_not_ours() -> None:
    log = sarif.show(all_found(), "1.2.3")
    read = Sarif.model_validate_json(log)
    assert len(json.loads(log)["runs"][0]["results"]) == len(read.runs[0].results or ())
    assert ["error", "note", "warning"] == sorted({str(result.level.value) for result in read.runs[0].results or ()})


def test_sarif_has_the_places_the_rules_and_the_fixes() -> None:
    log = sarif.log(findings("rule a: x within 7d\n    within 30d => MQL\n", "L007"), "1.2.3")
    [run] = log["runs"]
    [result] = run["results"]
    assert "idle-window" == run["tool"]["driver"]["rules"][result["ruleIndex"]]["name"]
    region = {"startLine": 2, "startColumn": 5, "endLine": 2, "endColumn": 15}
    assert {"artifactLocation": {"uri": "rules.mql"}, "region": region} == result["locations"][0]["physicalLocation"]
    [replacement] = result["fixes"][0]["artifactChanges"][0]["replacements"]
    assert {"startLine": 1, "startColumn": 20, "endLine": 2, "endColumn": 15} == replacement["deletedRegion"]


def test_json_has_the_names_and_the_fixes() -> None:
    [found] = json.loads(json_records.show(findings("rule a: x = 3 => MQL\n", "L009")))
    assert ("L009", "exact-count", "warning", 1, 9) == tuple(
        found[key] for key in ("code", "name", "severity", "line", "column")
    )
    edit = {"file": "rules.mql", "line": 1, "column": 11, "end_line": 1, "end_column": 12, "text": ">="}
    assert {"words": "write `x >= 3`", "safe": False, "edits": [edit]} == found["fix"]


def test_github_gets_one_line_a_finding_with_signs_escaped() -> None:
    shown = github.show(findings("rule a: x and y within 30d => MQL\n", "L005"))
    [line] = shown.splitlines()
    start = "::notice file=rules.mql,line=1,endLine=1,col=17,endColumn=27,title=L005 window-on-last-condition::"
    assert line.startswith(start)
    assert "%0A" in line


def test_many_hints_of_one_rule_are_shown_as_one() -> None:
    rules = "".join(f"rule r{k}: x >= {k + 2} => MQL\n" for k in range(5))
    shown = text.show(findings(rules, "L019"))
    assert 1 == shown.count("hint[L019]")
    assert "4 more like this: rules.mql lines 2, 3, 4, 5" in shown
    assert "5 hints in 1 file." == shown.splitlines()[-1]


def test_warnings_are_all_shown() -> None:
    rules = "".join(f"rule r{k}: x = {k + 2} => MQL\n" for k in range(5))
    assert 5 == text.show(findings(rules, "L009")).count("warning[L009]")


def test_the_sum_says_what_can_be_mended() -> None:
    shown = text.summary(findings("rule a: x = 3 and y >= 1 => MQL\n", "L009", "L010"))
    assert (
        "1 warning, 1 hint in 1 file. --fix mends 1 of them. --fix --unsafe-fixes mends 2; look at what it changes."
    ) == shown
    assert "Nothing found." == text.summary([])
