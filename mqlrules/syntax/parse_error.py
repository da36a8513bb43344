"""Trouble: a place where the parser got stuck, and what stands around it. From it slips are told."""

from collections.abc import Callable, Sequence

import attrs

from mqlrules.syntax.lexer import END, Token
from mqlrules.syntax.repaired_text import Draft, Edit
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source
from mqlrules.text.span import Span

OPERATORS = frozenset(("EQUALS", "NOT_EQUALS", "LESS", "LESS_OR_EQUAL", "GREATER", "GREATER_OR_EQUAL"))
NUMBERS = frozenset(("UNSIGNED", "SIGNED"))

Place = tuple[Source, Span]


@attrs.frozen
class Slip:
    """A mistake that was recognised: what to say, and the edits that say what was meant (none, if nobody knows)."""

    diagnostic: Diagnostic
    edits: tuple[Edit, ...] = ()


@attrs.frozen(eq=False)
class Trouble:
    """Reading ``draft`` as ``start`` the parser can't take the token at ``index``; ``expected`` could stand there."""

    source: Source
    draft: Draft
    start: str
    index: int
    expected: frozenset[str]

    @property
    def tokens(self) -> Sequence[Token]:
        return self.draft.tokens

    def token(self, offset: int = 0) -> Token:
        """The token so many after the stuck one; outside of the draft an empty one of kind ``$END``."""
        return self.at(self.index + offset)

    def at(self, index: int) -> Token:
        if 0 <= index < len(self.tokens):
            return self.tokens[index]
        end = self.tokens[-1].end if index > 0 and self.tokens else 0
        return Token(END, "", end, end)

    def place(self, first: int, last: int) -> Place:
        """The place in the file of the tokens from ``first`` to ``last``, which may be the end."""
        return self.source, self.draft.place(self.at(first).start, self.at(last).end)

    def written(self, first: int, stop: int) -> str:
        """What is written in the tokens from ``first`` up to ``stop``, in one line."""
        if first >= stop:
            return ""
        return " ".join(self.draft.text[self.at(first).start : self.at(stop - 1).end].split())

    def words_from(self, index: int) -> int:
        """The index after the run of words that starts at ``index``."""
        while self.at(index).kind == "WORD":
            index += 1
        return index

    def words_to(self, index: int) -> int:
        """The index of the first of the words that stand right before ``index``."""
        while index > 0 and self.at(index - 1).kind == "WORD":
            index -= 1
        return index

    def find(self, kind: str, first: int = 0, stop: int | None = None) -> int | None:
        """The index of the first token of a kind, from ``first`` up to ``stop``."""
        return next((at for at, token in enumerate(self.tokens[first:stop], first) if token.kind == kind), None)

    def opening(self, index: int) -> int:
        """The index of the parenthesis that one closes; of any other token the index itself."""
        depth = 0
        for at in range(index, -1, -1):
            depth += (self.tokens[at].kind == "_RPAR") - (self.tokens[at].kind == "_LPAR")
            if depth <= 0:
                return at
        return index

    def depth(self) -> int:
        """How many parentheses are open before the stuck token."""
        depth = 0
        for token in self.tokens[: self.index]:
            depth += (token.kind == "_LPAR") - (token.kind == "_RPAR" and depth > 0)
        return depth

    def replace(self, first: int, last: int, text: str) -> Edit:
        """Put ``text`` in place of the tokens from ``first`` to ``last``."""
        return Edit(self.at(first).start, self.at(last).end, text)

    def insert(self, before: int, text: str) -> Edit:
        """Put ``text`` before a token."""
        at = self.at(before).start
        return Edit(at, at, text)


Recogniser = Callable[[Trouble], Slip | None]
