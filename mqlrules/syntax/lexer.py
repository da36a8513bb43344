"""The lexer: cuts text into tokens, and decides with the parser's state which words are keywords.

Tokens are cut first, since layout needs them before the parser runs. A word becomes a keyword only while Lark parses:
where the parser can use one, and only before what the keyword's lookahead asks for.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import attrs
import lark
from lark.lexer import Lexer, TerminalDef

END = "$END"
"""The terminal that Lark puts after the last token."""

_KEYWORD = re.compile(r"(?P<word>[a-z]+)(?P<rest>.*)", re.DOTALL)
_WORD_ENDS = r"(?![\w\-])"

# What matches no terminal of the grammar, in three kinds for better messages: a string without its end, digits with
# letters attached, and any other character.
_STRAYS = (("UNCLOSED", r'"[^\r\n]*'), ("STUCK", r"[0-9][\w.\-:]*"), ("STRAY", r"\S"))


class Token(NamedTuple):
    """``kind`` is a terminal of the grammar, or ``UNCLOSED``, ``STUCK`` or ``STRAY`` for text that matches none.

    A word is ``WORD`` or, if it is reserved, ``NAME``; the parser's state decides which keyword it is.
    """

    kind: str
    text: str
    start: int
    end: int


class Terminal(lark.Token):
    """A token as Lark parses it; its ``type`` is a terminal of the grammar."""

    __slots__ = ()
    start_pos: int
    end_pos: int


@attrs.define(eq=False)
class Keyword:
    """A terminal that starts with a certain word. ``pattern`` is None for a word alone, whatever follows it."""

    terminal: str
    pattern: str | None
    _compiled: re.Pattern[str] | None = None

    def match_end(self, text: str, start: int) -> int | None:
        """Where the keyword at ``start`` ends; None if what follows doesn't match."""
        if self.pattern is None:
            return start
        if self._compiled is None:
            self._compiled = re.compile(self.pattern)
        found = self._compiled.match(text, start)
        return found.end() if found else None


@attrs.frozen(eq=False)
class Vocabulary:
    """The terminals of the grammar, arranged for cutting text into tokens.

    ``keywords`` are listed under their first word, in order of precedence. ``word`` matches the words that phrases
    may contain (not the reserved ones). ``shapes`` matches any token; its groups are named after terminals.
    """

    keywords: Mapping[str, list[Keyword]]
    signs: Mapping[str, str]
    word: re.Pattern[str]
    shapes: re.Pattern[str]

    @staticmethod
    def of(terminals: Iterable[TerminalDef]) -> "Vocabulary":
        """The vocabulary of a grammar's terminals."""
        by_rank = sorted(terminals, key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name))
        keywords: dict[str, list[Keyword]] = {}
        signs: dict[str, str] = {}
        shapes: list[tuple[str, str]] = []
        word = ""
        for terminal in by_rank:
            pattern = terminal.pattern.value
            keyword = _KEYWORD.fullmatch(pattern)
            if terminal.pattern.type == "str":
                signs[pattern] = terminal.name
            elif keyword:
                alone = keyword["rest"] == _WORD_ENDS
                keywords.setdefault(keyword["word"], []).append(Keyword(terminal.name, None if alone else pattern))
            elif terminal.name == "WORD":
                word = pattern
            elif terminal.name != "BLANK":
                shapes.append((terminal.name, pattern))
        shapes.append(("SIGN", "|".join(map(re.escape, signs))))
        groups = "|".join(f"(?P<{name}>{pattern})" for name, pattern in (*shapes, *_STRAYS))
        return Vocabulary(keywords, signs, re.compile(word), re.compile(rf"\s*(?:{groups})"))

    def tokenise(self, text: str, start: int = 0) -> tuple[list[Token], list[Token]]:
        """All tokens of a text from an offset on, and its comments."""
        tokens: list[Token] = []
        comments: list[Token] = []
        signs = self.signs
        is_word = self.word.fullmatch
        kinds: dict[str, str] = {}
        found = self.shapes.match(text, start)
        while found is not None:
            kind = found.lastgroup or ""
            begin, end = found.span(kind)
            piece = text[begin:end]
            if kind == "NAME":
                known = kinds.get(piece)
                if known is None:
                    known = kinds[piece] = "WORD" if is_word(piece) else "NAME"
                tokens.append(Token(known, piece, begin, end))
            elif kind == "SIGN":
                tokens.append(Token(signs[piece], piece, begin, end))
            elif kind == "COMMENT":
                comments.append(Token(kind, piece.rstrip(), begin, begin + len(piece.rstrip())))
            else:
                tokens.append(Token(kind, piece, begin, end))
            found = self.shapes.match(text, end)
        return tokens, comments

    def terminal_of(self, accepted: Collection[str], text: str, tokens: Sequence[Token], index: int) -> tuple[str, int]:
        """Which terminal a token is where the parser accepts these, and how many tokens it takes (``up to`` takes two).

        Words that follow in the text but not in ``tokens`` belong to another item and are never part of a keyword.
        """
        kind, word, start, end = tokens[index]
        if kind != "WORD" and kind != "NAME":
            return kind, 1
        for keyword in self.keywords.get(word, ()):
            if keyword.terminal in accepted:
                stop = keyword.match_end(text, start)
                if stop is not None and stop <= tokens[-1].end:
                    width = 1
                    while stop > end:
                        end = tokens[index + width].end
                        width += 1
                    return keyword.terminal, width
        return ("NAME" if kind == "WORD" and "WORD" not in accepted else kind), 1


@attrs.define(eq=False)
class Words:
    """The input of Lark: tokens of a text. ``stack`` holds the states of the parser before the last token it read."""

    vocabulary: Vocabulary
    text: str
    tokens: Sequence[Token]
    stack: list[int] = attrs.field(factory=list)


class KeywordLexer(Lexer):
    """Hands a piece's tokens to Lark, each as the terminal that it is in the parser's state."""

    __future_interface__ = 2

    def __init__(self, conf: Any) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Terminal]:
        words: Words = lexer_state.text
        terminal_of, text, tokens = words.vocabulary.terminal_of, words.text, words.tokens
        states = parser_state.parse_conf.states
        index, count = 0, len(tokens)
        while index < count:
            terminal, width = terminal_of(states[parser_state.position], text, tokens, index)
            _, written, start, end = tokens[index]
            if width > 1:
                end = tokens[index + width - 1].end
                written = text[start:end]
            words.stack = parser_state.state_stack.copy()
            yield Terminal(terminal, written, start, end_pos=end)
            index += width
        words.stack = parser_state.state_stack.copy()
