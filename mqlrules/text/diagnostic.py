"""Diagnostics: what is wrong with a rule file, in the author's words."""

from typing import Literal

import attrs

from mqlrules.text.source import Source
from mqlrules.text.span import Span

Severity = Literal["error", "warning", "hint"]


@attrs.frozen
class Note:
    """A second place that a diagnostic points at: ``first defined here``."""

    source: Source
    span: Span
    message: str


@attrs.frozen
class Diagnostic:
    """One finding. ``code`` is stable (section 10); ``message`` says what is wrong, ``hint`` what to write instead."""

    code: str
    severity: Severity
    message: str
    hint: str | None
    source: Source
    span: Span
    notes: tuple[Note, ...] = ()

    @property
    def file(self) -> str:
        """The name of the source."""
        return self.source.name

    @property
    def line(self) -> int:
        """Line of the first character, from 1."""
        return self.source.position(self.span.start)[0]

    @property
    def column(self) -> int:
        """Column of the first character, from 1, in code points."""
        return self.source.position(self.span.start)[1]

    @property
    def end_line(self) -> int:
        """Line of the place just after the last character."""
        return self.source.position(self.span.end)[0]

    @property
    def end_column(self) -> int:
        """Column of the place just after the last character."""
        return self.source.position(self.span.end)[1]


def in_order(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By file, place and code; the same finding twice is one."""
    unique = {(d.file, d.span.start, d.span.end, d.code, d.message): d for d in diagnostics}
    return tuple(unique[key] for key in sorted(unique))
