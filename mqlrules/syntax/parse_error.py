"""A parse error: where the parser is stuck, what surrounds it, and how a near-miss there is diagnosed."""

from collections.abc import Callable, Sequence

import attrs

from mqlrules.syntax.lexer import END, Token
from mqlrules.syntax.repaired_text import Edit, RepairedText
from mqlrules.text.diagnostic import Diagnostic, Message, Place
from mqlrules.text.source import Source

OPERATORS = frozenset(("EQUALS", "NOT_EQUALS", "LESS", "LESS_OR_EQUAL", "GREATER", "GREATER_OR_EQUAL"))
NUMBERS = frozenset(("UNSIGNED", "SIGNED"))


@attrs.frozen
class Diagnosis:
    """A mistake that was recognised: its diagnostic, and the edits that write what was meant (none if unknown)."""

    diagnostic: Diagnostic
    edits: tuple[Edit, ...] = ()


@attrs.frozen(eq=False)
class ParseError:
    """Reading ``text`` as ``start``, the parser can't take the token at ``index``, but could take ``expected``."""

    source: Source
    text: RepairedText
    start: str
    index: int
    expected: frozenset[str]

    # -- what surrounds it -----------------------------------------------------------------------------------------

    @property
    def tokens(self) -> Sequence[Token]:
        return self.text.tokens

    @property
    def keyword(self) -> str:
        """The first word, which tells the kind of a statement."""
        return self.at(0).text

    def token(self, offset: int = 0) -> Token:
        """The token ``offset`` places after the stuck one."""
        return self.at(self.index + offset)

    def at(self, index: int) -> Token:
        """A token by its index; outside of the text an empty one of kind ``$END``."""
        if 0 <= index < len(self.tokens):
            return self.tokens[index]
        end = self.tokens[-1].end if index > 0 and self.tokens else 0
        return Token(END, "", end, end)

    def written(self, first: int, stop: int) -> str:
        """The text of the tokens from ``first`` up to ``stop``, on one line."""
        if first >= stop:
            return ""
        return " ".join(self.text.text[self.at(first).start : self.at(stop - 1).end].split())

    def words_from(self, index: int) -> int:
        """The index after the run of words that starts at ``index``."""
        while self.at(index).kind == "WORD":
            index += 1
        return index

    def words_to(self, index: int) -> int:
        """The index of the first of the words right before ``index``."""
        while index > 0 and self.at(index - 1).kind == "WORD":
            index -= 1
        return index

    def find(self, kind: str, first: int = 0, stop: int | None = None) -> int | None:
        """The index of the first token of a kind, from ``first`` up to ``stop``."""
        return next((at for at, token in enumerate(self.tokens[first:stop], first) if token.kind == kind), None)

    def opening(self, index: int) -> int:
        """The index of the parenthesis that a ``)`` closes; for any other token its own index."""
        depth = 0
        for at in range(index, -1, -1):
            depth += (self.tokens[at].kind == "_RPAR") - (self.tokens[at].kind == "_LPAR")
            if depth <= 0:
                return at
        return index

    def open_parentheses(self) -> list[int]:
        """The indexes of the parentheses that are open at the stuck token."""
        opened: list[int] = []
        for at, token in enumerate(self.tokens[: self.index]):
            if token.kind == "_LPAR":
                opened.append(at)
            elif token.kind == "_RPAR" and opened:
                opened.pop()
        return opened

    def path(self) -> tuple[int, str]:
        """The property path that ends before the stuck token: the index of its first part, and its text."""
        first = self.index - 1
        while self.at(first - 1).kind == "_DOT":
            first -= 2
        return first, "".join(token.text for token in self.tokens[first : self.index])

    # -- diagnosing it ---------------------------------------------------------------------------------------------

    def place(self, first: int, last: int) -> Place:
        """The place in the file of the tokens from ``first`` to ``last``, which may be the end."""
        return self.source, self.text.place(self.at(first).start, self.at(last).end)

    def replace(self, first: int, last: int, text: str) -> Edit:
        """Put ``text`` in place of the tokens from ``first`` to ``last``."""
        return Edit(self.at(first).start, self.at(last).end, text)

    def insert(self, before: int, text: str) -> Edit:
        """Put ``text`` before a token."""
        at = self.at(before).start
        return Edit(at, at, text)

    def report(self, message: Message, first: int, last: int, /, *edits: Edit, **words: str) -> Diagnosis:
        """The diagnosis of the tokens from ``first`` to ``last``. ``{written}`` is their text unless it is given."""
        words.setdefault("written", self.written(first, last + 1))
        return Diagnosis(message.at(self.place(first, last), **words), edits)

    def fix(self, message: Message, first: int, last: int, new: str, /, **words: str) -> Diagnosis:
        """The diagnosis of the tokens from ``first`` to ``last``, which ``new`` replaces."""
        words.setdefault("instead", new.strip())
        return self.report(message, first, last, self.replace(first, last, new), **words)


Recogniser = Callable[[ParseError], Diagnosis | None]
"""Diagnoses one kind of mistake, or gives None."""


@attrs.frozen(eq=False)
class NearMiss:
    """A mistake that the stuck token and its neighbours tell; ``example`` shows it.

    ``here``, ``before`` and ``after`` list the kinds and lowercase words that the three tokens may have, or after a
    ``!`` may not have. The parser must expect all of ``expects`` (of ``A|B``, one) and none of ``lacks``.

    The tokens from ``first`` to ``last``, counted from the stuck one, are reported and replaced by ``put``; or
    ``insert`` goes before the stuck token. These texts, ``instead`` and the message may use ``{here}``, ``{before}``,
    ``{after}``, ``{words}`` and ``{rest}`` (the words from the stuck token or the next one on), and ``{path}``.
    """

    example: str
    message: Message
    here: str = ""
    before: str = ""
    after: str = ""
    start: str = ""
    keyword: str = ""
    index: int | None = None
    expects: str = ""
    lacks: str = ""
    first: int = 0
    last: int = 0
    put: str | None = None
    insert: str | None = None
    instead: str | None = None

    def __call__(self, error: ParseError) -> Diagnosis | None:
        if not self._fits(error):
            return None
        at = error.index
        first, last = at + self.first, at + self.last
        words = {
            "here": error.token().text,
            "before": error.token(-1).text,
            "after": error.token(1).text,
            "words": error.written(at, max(at + 1, error.words_from(at))),
            "rest": error.written(at + 1, error.words_from(at + 1)),
            "path": error.path()[1],
        }
        new = self.put if self.put is not None else self.insert
        edits = []
        if self.put is not None:
            edits.append(error.replace(first, last, self.put.format_map(words)))
        elif self.insert is not None:
            edits.append(error.insert(at, self.insert.format_map(words)))
        instead = self.instead if self.instead is not None else new
        if instead is not None:
            words["instead"] = instead.format_map(words).strip()
        return error.report(self.message, first, last, *edits, **words)

    def _fits(self, error: ParseError) -> bool:
        return (
            (not self.start or error.start in self.start.split())
            and (not self.keyword or error.keyword in self.keyword.split())
            and (self.index is None or error.index == self.index)
            and _is_one_of(error.token(), self.here)
            and _is_one_of(error.token(-1), self.before)
            and _is_one_of(error.token(1), self.after)
            and all(not error.expected.isdisjoint(kinds.split("|")) for kinds in self.expects.split())
            and error.expected.isdisjoint(self.lacks.split())
        )


def _is_one_of(token: Token, listed: str) -> bool:
    names = listed.removeprefix("!").split()
    if not names:
        return True
    return (token.kind in names or token.text.lower() in names) != listed.startswith("!")
