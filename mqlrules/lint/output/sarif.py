"""Findings as SARIF 2.1.0, the exchange format of the results of static analysis (OASIS)."""

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from mqlrules.lint.catalogue import rules
from mqlrules.lint.record import LintRule
from mqlrules.lint.runner import Found
from mqlrules.text.diagnostic import Severity
from mqlrules.text.edit import Fix
from mqlrules.text.source import Source
from mqlrules.text.span import Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "hint": "note"}


def show(found: Sequence[Found], version: str) -> str:
    """One run with all results; ``version`` is that of the tool."""
    return json.dumps(log(found, version), indent=2) + "\n"


def log(found: Sequence[Found], version: str) -> dict[str, Any]:
    """The log as an object."""
    known = rules()
    driver = {"name": "mqlrules", "version": version, "rules": [_rule(rule) for rule in known]}
    index = {rule.code: number for number, rule in enumerate(known)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                # Columns count code points, as they do wherever a place is shown.
                "columnKind": "unicodeCodePoints",
                "results": [_result(one, index) for one in found],
            }
        ],
    }


def _rule(rule: LintRule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.what},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.mend},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(found: Found, index: dict[str, int]) -> dict[str, Any]:
    d = found.diagnostic
    said = d.message if d.hint is None else f"{d.message}\n{d.hint}"
    result: dict[str, Any] = {
        "ruleId": d.code,
        "ruleIndex": index[d.code],
        "level": _LEVELS[d.severity],
        "message": {"text": said},
        "locations": [{"physicalLocation": _place(d.source, d.span)}],
    }
    if d.notes:
        result["relatedLocations"] = [
            {"physicalLocation": _place(note.source, note.span), "message": {"text": note.message}} for note in d.notes
        ]
    if found.fix is not None:
        result["fixes"] = [_fix(found.fix)]
    return result


def _place(source: Source, span: Span) -> dict[str, Any]:
    return {"artifactLocation": {"uri": _uri(source)}, "region": _region(source, span)}


def _region(source: Source, span: Span) -> dict[str, int]:
    line, column = source.position(span.start)
    end_line, end_column = source.position(span.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _uri(source: Source) -> str:
    return quote(PurePath(source.name).as_posix())


def _fix(fix: Fix) -> dict[str, Any]:
    sources = {edit.source.name: edit.source for edit in fix.edits}
    return {
        "description": {"text": fix.words},
        "artifactChanges": [
            {
                "artifactLocation": {"uri": _uri(source)},
                "replacements": [
                    {
                        "deletedRegion": _region(source, edit.span),
                        "insertedContent": {"text": edit.text},
                    }
                    for edit in fix.edits
                    if edit.source is source
                ],
            }
            for source in sources.values()
        ],
    }
