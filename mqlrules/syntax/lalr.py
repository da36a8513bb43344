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
        # The parser may have reduced before it found that the token doesn't fit: the states before that tell what does.
        return Stuck(index, Position.at(start, words.stack).expected)


@attrs.frozen(eq=False)
class Position:
    """A state that the parser can be in. Nothing changes it: going on gives another position."""

    _parser: InteractiveParser

    @staticmethod
    def first(start: str) -> "Position":
        """Where parsing from a start symbol begins."""
        made = parser().parse_interactive(None, start)
        made.parser_state.parse_conf.callbacks = {}  # it builds no tree
        return Position(made)

    @staticmethod
    def at(start: str, stack: list[int]) -> "Position":
        """The position with a stack of states."""
        position = Position.first(start)
        position._parser.parser_state.state_stack = stack
        position._parser.parser_state.value_stack = [None] * (len(stack) - 1)
        return position

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
