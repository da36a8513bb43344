"""Findings as JSON: a list of objects, lines and columns from 1."""

import json
from collections.abc import Sequence

from mqlrules.lint.runner import Found
from mqlrules.text.edit import Edit, Fix


def show(found: Sequence[Found]) -> str:
    """One JSON array."""
    return json.dumps([record(one) for one in found], indent=2) + "\n"


def record(found: Found) -> dict[str, object]:
    """A finding; ``fix`` is null where there is none."""
    d = found.diagnostic
    return {
        "code": d.code,
        "name": found.rule.name,
        "severity": d.severity,
        "message": d.message,
        "hint": d.hint,
        "file": d.file,
        "line": d.line,
        "column": d.column,
        "end_line": d.end_line,
        "end_column": d.end_column,
        "fix": None if found.fix is None else _fix(found.fix),
    }


def _fix(fix: Fix) -> dict[str, object]:
    return {"words": fix.words, "safe": fix.grade == "safe", "edits": [_edit(edit) for edit in fix.edits]}


def _edit(edit: Edit) -> dict[str, object]:
    line, column = edit.source.position(edit.span.start)
    end_line, end_column = edit.source.position(edit.span.end)
    return {
        "file": edit.source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "text": edit.text,
    }
