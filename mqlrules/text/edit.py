"""Edits of a text, and fixes that are made of them."""

from collections.abc import Iterable
from typing import Literal

import attrs

from mqlrules.text.source import Source
from mqlrules.text.span import Span

Grade = Literal["safe", "unsafe"]


@attrs.frozen
class Edit:
    """Replaces a span of a source with ``text``; an empty span inserts."""

    source: Source
    span: Span
    text: str


@attrs.frozen
class Fix:
    """A change that fixes a finding; its edits are made together or not at all.

    ``words`` describes it. A ``safe`` fix keeps the meaning of the rule set, and so its fingerprint. An ``unsafe`` fix
    changes the meaning, most likely to what the author intended.
    """

    words: str
    edits: tuple[Edit, ...]
    grade: Grade = "safe"


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits, which may touch but not overlap.

    Raises ``ValueError`` if two of them overlap.
    """
    end = len(text)
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end), reverse=True):
        if edit.span.end > end:
            raise ValueError("edits overlap")
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
        end = edit.span.start
    return text
