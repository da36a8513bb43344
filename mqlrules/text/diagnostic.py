"""Diagnostics: the findings about a rule file, in the author's words, and the messages that they are made from."""

from typing import Literal

import attrs

from mqlrules.text.source import Source
from mqlrules.text.span import Span

Severity = Literal["error", "warning", "hint"]

Place = tuple[Source, Span]
"""A span of a source."""


@attrs.frozen
class Note:
    """A second place that a diagnostic points at, such as ``first defined here``."""

    source: Source
    span: Span
    message: str


@attrs.frozen
class Diagnostic:
    """A finding. ``code`` is stable (section 10), ``message`` says what is wrong, ``hint`` what to write."""

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
        """Line of the position after the last character."""
        return self.source.position(self.span.end)[0]

    @property
    def end_column(self) -> int:
        """Column of the position after the last character."""
        return self.source.position(self.span.end)[1]


_WIDTHS = {"instead": 100, "expected": 400}
"""How many characters of some words of messages are shown, where it isn't 60."""


@attrs.frozen
class Message:
    """The text of one kind of error. Words in braces are the author's, filled in for each diagnostic."""

    code: str
    text: str
    hint: str | None = None

    def at(self, place: Place, **words: str) -> Diagnostic:
        """The diagnostic at a place. Long words are shortened; ``instead`` is what the author should write."""
        shown = {name: shortened(word, _WIDTHS.get(name, 60)) for name, word in words.items()}
        hint = self.hint and self.hint.format_map(shown)
        return Diagnostic(self.code, "error", self.text.format_map(shown), hint, *place)


def shortened(written: str, most: int) -> str:
    """The author's words on one line, shortened, with code points in place of characters that a terminal can't show."""
    text = "".join(c if c.isprintable() else f"<U+{ord(c):04X}>" for c in " ".join(written.split()))
    return text if len(text) <= most else text[: most - 1] + "…"


def in_order(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Diagnostics by file, place and code, each finding once."""
    unique = {(d.file, d.span.start, d.span.end, d.code, d.message): d for d in diagnostics}
    return tuple(unique[key] for key in sorted(unique))
