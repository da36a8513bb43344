"""Findings for programs: JSON, annotations of GitHub, SARIF 2.1.0, JUnit; errors of any kind are findings, too."""

import json
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

import attrs

from mqlrules import __version__
from mqlrules.lint.catalogue import rules
from mqlrules.lint.record import LintRule
from mqlrules.testing.results import TestResult
from mqlrules.text.diagnostic import Diagnostic, Severity
from mqlrules.text.edit import Edit, Fix
from mqlrules.text.render import render_all
from mqlrules.text.source import Source
from mqlrules.text.span import Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "hint": "note"}
_ANNOTATIONS: dict[Severity, str] = {"error": "error", "warning": "warning", "hint": "notice"}


@attrs.frozen
class Finding:
    """What is wrong, where; lines and columns count from 1. Lint rules have a ``name``, and perhaps a ``fix``.

    ``notes`` are other places that matter, with what to say of them.
    """

    code: str
    severity: Severity
    message: str
    hint: str | None
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    name: str | None = None
    fix: Fix | None = None
    notes: tuple[tuple[Source, Span, str], ...] = ()

    @property
    def said(self) -> str:
        """The message with its hint."""
        return self.message if self.hint is None else f"{self.message}\n{self.hint}"


def finding(d: Diagnostic, name: str | None = None, fix: Fix | None = None) -> Finding:
    """A diagnostic as a finding."""
    place = (d.file, d.line, d.column, d.end_line, d.end_column)
    notes = tuple((note.source, note.span, note.message) for note in d.notes)
    return Finding(d.code, d.severity, d.message, d.hint, *place, name, fix, notes)


def failed_expectations(results: Iterable[TestResult]) -> list[Finding]:
    """Each expectation of a test that was not met, as a finding."""
    return [
        Finding("failed-test", "error", f"{unmet.expected}: {unmet.instead}", None, unmet.file, unmet.line, 1,
                unmet.line, 1, result.name)
        for result in results
        for unmet in result.unmet
    ]  # fmt: skip


def report(format: str, findings: Sequence[Finding]) -> str:
    """Findings in ``json``, ``github`` or ``sarif``."""
    match format:
        case "github":
            return "".join(f"{_annotation(finding)}\n" for finding in findings)
        case "sarif":
            return json.dumps(_sarif(findings), indent=2) + "\n"
        case _:
            return json.dumps([_record(finding) for finding in findings], indent=2) + "\n"


def failure_report(format: str, message: str, diagnostics: Sequence[Diagnostic] = ()) -> str:
    """The document of a command that was stopped: by errors in rules, or by what the message says."""
    if format == "junit":
        from mqlrules.testing.junit import error_document

        return error_document(render_all(diagnostics) if diagnostics else message).decode()
    if diagnostics:
        return report(format, [finding(each) for each in diagnostics])
    match format:
        case "github":
            return f"::error::{_escaped(message)}\n"
        case "sarif":
            said = {"level": "error", "message": {"text": message}}
            invocation = {"executionSuccessful": False, "toolExecutionNotifications": [said]}
            log = _sarif([])
            log["runs"][0]["invocations"] = [invocation]
            return json.dumps(log, indent=2) + "\n"
        case _:
            keys = ("hint", "file", "line", "column", "end_line", "end_column", "name", "fix")
            record = {"code": None, "severity": "error", "message": message, **dict.fromkeys(keys)}
            return json.dumps([record], indent=2) + "\n"


# -- JSON ----------------------------------------------------------------------------------------------------------


def _record(of: Finding) -> dict[str, object]:
    fix = of.fix
    edits = None if fix is None else [_edit(edit) for edit in fix.edits]
    return {
        "code": of.code,
        "name": of.name,
        "severity": of.severity,
        "message": of.message,
        "hint": of.hint,
        "file": of.file,
        "line": of.line,
        "column": of.column,
        "end_line": of.end_line,
        "end_column": of.end_column,
        "fix": None if fix is None else {"words": fix.words, "safe": fix.grade == "safe", "edits": edits},
    }


def _edit(edit: Edit) -> dict[str, object]:
    line, column = edit.source.position(edit.span.start)
    end_line, end_column = edit.source.position(edit.span.end)
    place = {"line": line, "column": column, "end_line": end_line, "end_column": end_column}
    return {"file": edit.source.name, **place, "text": edit.text}


# -- GitHub --------------------------------------------------------------------------------------------------------


def _annotation(of: Finding) -> str:
    """A workflow command of GitHub, which shows a message next to the lines of a change."""
    properties = {
        "file": of.file,
        "line": of.line,
        "endLine": of.end_line,
        "col": of.column,
        "endColumn": of.end_column,
        "title": of.code if of.name is None else f"{of.code} {of.name}",
    }
    where = ",".join(
        f"{key}={_escaped(str(value)).replace(':', '%3A').replace(',', '%2C')}" for key, value in properties.items()
    )
    return f"::{_ANNOTATIONS[of.severity]} {where}::{_escaped(of.said)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


# -- SARIF ---------------------------------------------------------------------------------------------------------


def _sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    known = rules()
    described = [_rule(rule) for rule in known]
    codes = {finding.code for finding in findings} - {rule.code for rule in known}
    described += [{"id": code} for code in sorted(codes)]
    index = {rule["id"]: number for number, rule in enumerate(described)}
    driver = {"name": "mqlrules", "version": __version__, "rules": described}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                # Columns count code points, as they do wherever a place is shown.
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, index) for finding in findings],
            }
        ],
    }


def _rule(rule: LintRule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.what},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.remedy},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(of: Finding, index: dict[str, int]) -> dict[str, Any]:
    region = {"startLine": of.line, "startColumn": of.column, "endLine": of.end_line, "endColumn": of.end_column}
    result: dict[str, Any] = {
        "ruleId": of.code,
        "ruleIndex": index[of.code],
        "level": _LEVELS[of.severity],
        "message": {"text": of.said},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(of.file)}, "region": region}}],
    }
    if of.notes:
        result["relatedLocations"] = [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(source.name)},
                    "region": _region(source, span),
                },
                "message": {"text": message},
            }
            for source, span, message in of.notes
        ]
    if of.fix is not None:
        result["fixes"] = [_fix(of.fix)]
    return result


def _region(source: Source, span: Span) -> dict[str, int]:
    line, column = source.position(span.start)
    end_line, end_column = source.position(span.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _uri(file: str) -> str:
    return quote(PurePath(file).as_posix())


def _fix(fix: Fix) -> dict[str, Any]:
    sources = {edit.source.name: edit.source for edit in fix.edits}
    return {
        "description": {"text": fix.words},
        "artifactChanges": [
            {
                "artifactLocation": {"uri": _uri(source.name)},
                "replacements": [
                    {"deletedRegion": _region(source, edit.span), "insertedContent": {"text": edit.text}}
                    for edit in fix.edits
                    if edit.source is source
                ],
            }
            for source in sources.values()
        ],
    }
