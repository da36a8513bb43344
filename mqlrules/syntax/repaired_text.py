"""The text of one statement or item while it is read, with the repairs made to it so far.

What the author meant replaces what is written, and the piece is read again: so every mistake in a statement is found,
and a statement with mistakes still has a tree. Each offset of the repaired text leads back to its place in the file.
"""

from collections.abc import Sequence

import attrs

from mqlrules.syntax.grammar import tokenise
from mqlrules.syntax.lexer import Token
from mqlrules.text.span import Span


@attrs.frozen
class Edit:
    """Put ``text`` in place of the range ``[start, end)`` of a text."""

    start: int
    end: int
    text: str


@attrs.frozen(eq=False)
class RepairedText:
    """A text with its tokens, and the range in the file of each of its characters.

    ``begins`` and ``ends`` are None before the first repair, when ``text`` is that of the whole file. ``origin`` is the
    offset in the file where the first repair was made, the place of a text that repairs have left empty.
    """

    text: str
    tokens: Sequence[Token]
    begins: list[int] | None = None
    ends: list[int] | None = None
    origin: int = 0

    def place(self, start: int, end: int) -> Span:
        """The place in the file of a range of the text."""
        if self.begins is None or self.ends is None:
            return Span(start, end)
        if not self.begins:
            return Span(self.origin, self.origin)
        if start >= end:
            at = self.begins[start] if start < len(self.begins) else self.ends[-1]
            return Span(at, at)
        return Span(self.begins[start], max(self.begins[start], self.ends[end - 1]))

    def repaired(self, edits: Sequence[Edit]) -> "RepairedText":
        """The text after edits, none of which overlap."""
        text, begins, ends, shift, origin = self.text, self.begins, self.ends, 0, self.origin
        if begins is None or ends is None:
            first, last = self.tokens[0].start, self.tokens[-1].end
            text = text[first:last]
            begins, ends = list(range(first, last)), list(range(first + 1, last + 1))
            shift = origin = first
        else:
            begins, ends = list(begins), list(ends)
        for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
            start, end = edit.start - shift, edit.end - shift
            span = self.place(edit.start, edit.end)
            text = text[:start] + edit.text + text[end:]
            begins[start:end] = [span.start] * len(edit.text)
            ends[start:end] = [span.end] * len(edit.text)
        tokens, _ = tokenise(text)
        return RepairedText(text, tokens, begins, ends, origin)

    def left_from(self, index: int) -> int:
        """How many characters are left to read from a token on, or -1 at the end: each repair has to reduce it."""
        return self.tokens[-1].end - self.tokens[index].start if index < len(self.tokens) else -1
