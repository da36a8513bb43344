"""Edits: how a text is changed, and what an automatic change promises."""

from collections.abc import Iterable
from typing import Literal

import attrs

from mqlrules.text.source import Source
from mqlrules.text.span import Span

Grade = Literal["safe", "unsafe"]


@attrs.frozen
class Edit:
    """Puts ``text`` in the place of what a span of a source covers; an empty span inserts."""

    source: Source
    span: Span
    text: str


@attrs.frozen
class Fix:
    """A change that mends a finding: all of its edits, or none of them.

    ``words`` says what it does. ``safe``: the rule set means the same afterwards (its fingerprint stays). ``unsafe``:
    it means something else, most likely what its author had in mind.
    """

    words: str
    edits: tuple[Edit, ...]
    grade: Grade = "safe"


def applied(text: str, edits: Iterable[Edit]) -> str:
    """A text with edits of it made, from the last to the first; they may touch but not overlap.

    Raises ``ValueError`` if two of them overlap.
    """
    end = len(text)
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end), reverse=True):
        if edit.span.end > end:
            raise ValueError("edits overlap")
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
        end = edit.span.start
    return text
