"""A walk of the parser's automaton over a text that may be broken: as what each token is read, and what it belongs to.

Where the automaton gets stuck, the walk supposes that a sign or a word was left out, if that lets it go on; else it
passes over the token. So whatever stands after a mistake is read as well as it can be, and nothing is reported.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import attrs

from mqlrules.syntax.diagnose.signs import foreign_comments
from mqlrules.syntax.grammar import tokenise
from mqlrules.syntax.lalr import Position
from mqlrules.syntax.layout import Piece, blocks
from mqlrules.syntax.lexer import Token
from mqlrules.text.source import Source

Role = Literal[
    "event", "schema event", "event definition", "segment definition", "score definition", "list definition",
    "rule definition", "rule", "list", "column", "stage", "expected", "property", "type",
]  # fmt: skip
"""What a word or a string is part of, as far as the grammar tells. ``event`` stands for segments and scores too, where
a condition can ask for one; ``expected`` is a stage, a segment or a score of a test.
"""

_LEFT_OUT = (
    "WORD", "NAME", "UNSIGNED", "DURATION", "STRING", "_RPAR", "EQUALS", "_COLON", "_COMMA", "_OF", "_LPAR", "DATE",
    "SIGNED", "_ARROW", "_TO", "_PER", "_WHERE",
)  # fmt: skip
_GUESSES = 20
"""How often in one piece something may be supposed to be missing; after that tokens are passed over."""

_STRAYS = {"UNCLOSED": ("STRING",), "STUCK": ("DURATION", "UNSIGNED", "DATE", "CLOCK", "INSTANT")}
_NAMED_BY_RULE: dict[str, Role] = {
    "phrase": "event",
    "label": "rule definition",
    "listed": "list definition",
    "expected": "expected",
    "path": "property",
    "_part": "property",
}
_NAMED_BY_KEYWORD: dict[str, Role] = {
    "_EVENT": "event definition",
    "_SEGMENT": "segment definition",
    "_SCORE": "score definition",
    "_COLUMN": "column",
    "_IN": "list",
}


@attrs.frozen
class Step:
    """A token as the automaton took it. ``terminal`` is None for one that was passed over.

    ``first`` is the index, among the steps, of the first token of the name or phrase that it belongs to.
    """

    token: Token
    terminal: str | None
    role: Role | None
    first: int


@attrs.frozen
class Walk:
    """The steps of a piece, and the parser's position after the last of them."""

    start: str
    steps: tuple[Step, ...]
    position: Position

    def name(self, step: int) -> str:
        """The whole name or phrase that a step belongs to, its words one blank apart; a string with its quotes.

        Of a path the parts with their dots.
        """
        first = self.steps[step].first
        words = []
        for one in self.steps[first:]:
            if one.first != first:
                break
            words.append(one.token.text)
        return ("" if self.steps[step].role == "property" else " ").join(words)


def pieces(text: str) -> tuple[str, list[Piece], list[Token]]:
    """A text with its comments blanked out, cut into pieces that are read alone; and the comments."""
    source = Source("", text)
    start = 1 if text.startswith("\ufeff") else 0
    tokens, comments = tokenise(text, start)
    foreign, _ = foreign_comments(source, tokens)
    blank = list(text) if comments or foreign else []
    for comment in (*comments, *foreign):
        blank[comment.start : comment.end] = [c if c == "\n" else " " for c in text[comment.start : comment.end]]
    read = "".join(blank) if blank else text
    if foreign:
        tokens, _ = tokenise(read, start)
    cut, _ = blocks(source, read, tokens)
    return read, [piece for block in cut for piece in (block.heading, *block.items)], sorted((*comments, *foreign))


def condition_piece(text: str) -> tuple[str, list[Piece], list[Token]]:
    """The same of a text that is a condition alone."""
    tokens, comments = tokenise(text)
    for comment in comments:
        text = text[: comment.start] + " " * (comment.end - comment.start) + text[comment.end :]
    return text, [Piece("bare_condition", tokens)], comments


def walk(text: str, piece: Piece) -> Walk:
    """Read a piece of a text, whatever is wrong with it."""
    tokens = piece.tokens
    position = Position.first(piece.start)
    steps: list[Step] = []
    guesses = index = 0
    while index < len(tokens):
        terminal, width, after = _taken(position, text, tokens, index)
        if after is None and guesses < _GUESSES and tokens[index].kind != "STRAY":
            guesses += 1
            supposed = _with_something_left_out(position, text, tokens, index)
            if supposed is not None:
                position = supposed
                terminal, width, after = _taken(position, text, tokens, index)
        token = tokens[index]
        if after is None or terminal is None:
            steps.append(Step(token, None, None, len(steps)))
            index += 1
            continue
        end = tokens[index + width - 1].end
        role, first = _role(after, terminal, steps)
        steps.append(Step(Token(token.kind, text[token.start : end], token.start, end), terminal, role, first))
        position = after
        index += width
    return Walk(piece.start, tuple(steps), position)


def _taken(
    position: Position, text: str, tokens: Sequence[Token], index: int
) -> tuple[str | None, int, Position | None]:
    """Which terminal a token is read as, how many tokens it takes, and the position after it (None: not accepted)."""
    terminal, width = position.terminal_of(text, tokens, index)
    for meant in _STRAYS.get(terminal, (terminal,)):
        after = position.after(meant)
        if after is not None:
            return meant, width, after
    return None, 1, None


def _with_something_left_out(position: Position, text: str, tokens: Sequence[Token], index: int) -> Position | None:
    """The position after one or two more terminals where the token is accepted; None if nothing helps."""
    seconds = []
    for supposed in _LEFT_OUT:
        after = position.after(supposed)
        if after is None:
            continue
        if _taken(after, text, tokens, index)[2] is not None:
            return after
        seconds.append(after)
    if tokens[index].kind in ("WORD", "NAME"):
        return None  # A word can be taken after almost anything: that two signs are missing is a poor guess.
    for after in seconds:
        for supposed in _LEFT_OUT:
            then = after.after(supposed)
            if then is not None and _taken(then, text, tokens, index)[2] is not None:
                return then
    return None


def next_role(walked: Walk, terminal: str) -> tuple[Role | None, int | None]:
    """What a word, or a string, would be part of after a walk, and the offset where that begins if it goes on with it.

    A word may be read as a name where nothing but names can stand.
    """
    for meant in (terminal,) if terminal == "STRING" else ("WORD", "NAME"):
        after = walked.position.after(meant)
        if after is not None:
            role, first = _role(after, meant, walked.steps)
            return role, walked.steps[first].token.start if first < len(walked.steps) else None
    return None, None


def _role(after: Position, terminal: str, steps: Sequence[Step]) -> tuple[Role | None, int]:
    """What a word or a string is part of, and the step with which that begins."""
    here = len(steps)
    if terminal not in ("WORD", "NAME", "STRING"):
        # The dot of a path is part of it.
        is_part = terminal == "_DOT" and steps and steps[-1].role == "property"
        return ("property", steps[-1].first) if is_part else (None, here)
    gotos = after.choices_before
    role = _role_of_beginning(gotos, terminal, steps)
    if role is not None:
        begins_anew = not (steps and role == steps[-1].role == "property")
        return role, here if begins_anew else steps[-1].first
    if terminal != "STRING" and steps and steps[-1].role is not None and steps[-1].terminal in ("WORD", "NAME"):
        return steps[-1].role, steps[-1].first
    if terminal == "NAME" and steps and steps[-1].terminal == "_COLON":
        return "type", here
    return None, here


def _role_of_beginning(gotos: frozenset[str], terminal: str, steps: Sequence[Step]) -> Role | None:
    """The role that begins with this word, told by what the automaton makes of it."""
    before = steps[-1].terminal if steps else None
    for rule, role in _NAMED_BY_RULE.items():
        if rule in gotos:
            if rule == "label" and before == "_BY":
                return "rule"
            return "schema event" if before == "_SCHEMA" else role
    if before == "_COLUMN" and terminal == "STRING":
        return "column"
    if "words" in gotos and terminal == "WORD":
        return _NAMED_BY_KEYWORD.get(before or "", "stage")
    return None


def walks(text: str, cut: Sequence[Piece]) -> Iterator[Walk]:
    """The walks of pieces, in their order."""
    for piece in cut:
        yield walk(text, piece)
