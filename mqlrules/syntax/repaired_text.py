"""A draft: the text of one statement or item while it is being read, with the repairs made to it so far.

What an author meant is put in place of what is written, and the piece is read again: that is how several mistakes in
one statement are all found, and how a statement with mistakes still has a tree. Every offset of the draft leads back to
the place in the file that it stands for.
"""

from collections.abc import Sequence

import attrs

from mqlrules.syntax.grammar import tokenise
from mqlrules.syntax.lexer import Token
from mqlrules.text.span import Span


@attrs.frozen
class Edit:
    """Put ``text`` in place of the range ``[start, end)`` of a draft."""

    start: int
    end: int
    text: str


@attrs.frozen(eq=False)
class Draft:
    """``text`` with its tokens, and for each character the range of the file that it stands for.

    ``begins`` and ``ends`` are None as long as nothing was repaired: then ``text`` is that of the whole file.
    ``origin`` is where in the file a repaired draft began: all that is known of one that repairs have left nothing of.
    """

    text: str
    tokens: Sequence[Token]
    begins: list[int] | None = None
    ends: list[int] | None = None
    origin: int = 0

    def place(self, start: int, end: int) -> Span:
        """The place in the file of a range of the draft."""
        if self.begins is None or self.ends is None:
            return Span(start, end)
        if not self.begins:
            return Span(self.origin, self.origin)
        if start >= end:
            at = self.begins[start] if start < len(self.begins) else self.ends[-1]
            return Span(at, at)
        return Span(self.begins[start], max(self.begins[start], self.ends[end - 1]))

    def repaired(self, edits: Sequence[Edit]) -> "Draft":
        """The draft with edits made, none of which overlap."""
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
        return Draft(text, tokens, begins, ends, origin)
