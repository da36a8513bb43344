"""Findings as workflow commands of GitHub, which shows them beside the lines of a change."""

from collections.abc import Sequence

from mqlrules.lint.runner import Found
from mqlrules.text.diagnostic import Severity

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "hint": "notice"}


def show(found: Sequence[Found]) -> str:
    """One line a finding."""
    return "".join(f"{_command(one)}\n" for one in found)


def _command(found: Found) -> str:
    d = found.diagnostic
    properties = {
        "file": d.file,
        "line": d.line,
        "endLine": d.end_line,
        "col": d.column,
        "endColumn": d.end_column,
        "title": f"{d.code} {found.rule.name}",
    }
    where = ",".join(f"{key}={_in_property(str(value))}" for key, value in properties.items())
    said = d.message if d.hint is None else f"{d.message}\n{d.hint}"
    return f"::{_COMMANDS[d.severity]} {where}::{_in_message(said)}"


def _in_message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _in_property(text: str) -> str:
    return _in_message(text).replace(":", "%3A").replace(",", "%2C")
