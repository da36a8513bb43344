"""Parsing a piece with Lark: its tree, or the token where the parser is stuck and the terminals it expects there."""

from collections.abc import Sequence

import attrs
from lark import ParseTree, UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from mqlrules.syntax.grammar import parser, vocabulary
from mqlrules.syntax.lexer import END, Terminal, Token, Words


@attrs.frozen
class Stuck:
    """The index of the token that the parser can't take (or of the end), and the terminals that it expects there."""

    index: int
    expected: frozenset[str]


def parse_tokens(start: str, text: str, tokens: Sequence[Token]) -> ParseTree | Stuck:
    """Lark's tree of tokens (of ``text``) read as the symbol ``start``, or where its parser got stuck."""
    words = Words(vocabulary(), text, tokens)
    try:
        return parser().parse(words, start)
    except UnexpectedToken as error:
        at = error.token
        index = len(tokens) if at.type == END else next(i for i, t in enumerate(tokens) if t.start == at.start_pos)
        return Stuck(index, _before(words, start, index).expected)


@attrs.frozen(eq=False)
class Position:
    """A state that the parser can be in. Nothing changes it: going on gives another position."""

    _parser: InteractiveParser

    @staticmethod
    def first(start: str) -> "Position":
        """Where parsing from a start symbol begins."""
        return Position(_recogniser(start))

    def after(self, terminal: str) -> "Position | None":
        """The position after one more terminal; None if the parser can't take it here."""
        moved = self._parser.copy(deepcopy_values=False)
        try:
            moved.feed_token(Terminal(terminal, ""))
        except UnexpectedToken:
            return None
        return Position(moved)

    @property
    def choices(self) -> frozenset[str]:
        """The terminals and rules that the parser's state has an entry for, among them some that lead nowhere."""
        return frozenset(self._parser.choices())

    @property
    def choices_before(self) -> frozenset[str]:
        """The choices of the state in which the last terminal was taken."""
        state = self._parser.parser_state
        return frozenset(state.parse_conf.states[state.state_stack[-2]])

    @property
    def expected(self) -> frozenset[str]:
        """The terminals that the parser can take here."""
        return frozenset(self._parser.accepts())

    def terminal_of(self, text: str, tokens: Sequence[Token], index: int) -> tuple[str, int]:
        """Which terminal a token is at this position, and how many tokens it takes."""
        return vocabulary().terminal_of(self._parser.choices(), text, tokens, index)


def _recogniser(start: str, words: Words | None = None) -> InteractiveParser:
    """A parser that builds no tree, at the start of its input."""
    made = parser().parse_interactive(words, start)
    made.parser_state.parse_conf.callbacks = {}
    return made


def _before(words: Words, start: str, index: int) -> Position:
    """The position before a token.

    Read from the start again: a parser that is stuck may have reduced more than the token before allows, since an LALR
    parser learns only on the next shift that a token doesn't fit.
    """
    stop = words.tokens[index].start if index < len(words.tokens) else None
    made = _recogniser(start, words)
    for token in made.iter_parse():
        if token.start_pos == stop:
            break
    return Position(made)
