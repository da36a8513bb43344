"""Findings as text: each with its place, name and hint, and a summary at the end.

If a rule gives many hints, the first is shown in full and the others by place, so that errors and warnings stand out.
"""

import textwrap
from collections.abc import Sequence

import attrs

from mqlrules.lint.runner import Found
from mqlrules.text.diagnostic import Severity
from mqlrules.text.render import render
from mqlrules.text.words import counted

_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "hint")


MOST_HINTS = 3
"""How many hints of one rule are shown in full."""


def show(found: Sequence[Found], *, colour: bool = False) -> str:
    """Several lines, the last of them the sum."""
    hints: dict[str, list[Found]] = {}
    for one in found:
        if one.diagnostic.severity == "hint":
            hints.setdefault(one.rule.code, []).append(one)
    shown = []
    for one in found:
        alike = hints.get(one.rule.code, [])
        if len(alike) <= MOST_HINTS:
            shown.append(_one(one, colour))
        elif one is alike[0]:
            shown.append(_one(one, colour) + "\n" + _elsewhere(alike[1:]))
    return "\n\n".join([*shown, summary(found)]) + "\n"


def _elsewhere(found: Sequence[Found]) -> str:
    """Where the other hints of a rule are: their lines, file by file."""
    lines: dict[str, list[str]] = {}
    for one in found:
        lines.setdefault(one.diagnostic.file, []).append(str(one.diagnostic.line))
    places = "; ".join(
        f"{file} line{'' if len(numbers) == 1 else 's'} {', '.join(numbers)}" for file, numbers in lines.items()
    )
    return textwrap.fill(f"{len(found)} more like this: {places}", 100, initial_indent="  = ", subsequent_indent="    ")


def _one(found: Found, colour: bool) -> str:
    diagnostic = found.diagnostic
    named = attrs.evolve(diagnostic, message=f"{diagnostic.message} ({found.rule.name})")
    return render(named, colour=colour)


def summary(found: Sequence[Found]) -> str:
    """``1 warning, 2 hints in 1 file. --fix fixes 1 of them.``"""
    if not found:
        return "Nothing found."
    counts = [
        counted(sum(f.diagnostic.severity == severity for f in found), severity)
        for severity in _SEVERITIES
        if any(f.diagnostic.severity == severity for f in found)
    ]
    files = len({f.diagnostic.file for f in found})
    line = f"{', '.join(counts)} in {counted(files, 'file')}."
    safe = sum(f.fix is not None and f.fix.grade == "safe" for f in found)
    unsafe = sum(f.fix is not None and f.fix.grade == "unsafe" for f in found)
    if safe:
        line += f" --fix fixes {safe} of them."
    if unsafe:
        line += f" --fix --unsafe-fixes fixes {safe + unsafe if safe else unsafe}; review the changes."
    return line
