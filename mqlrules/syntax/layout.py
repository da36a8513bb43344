"""Layout: cuts tokens into statements, and scores and tests into items, as the top of the grammar describes.

A line without its indentation, or an item that continues on a further line, is reported and joined to its statement.
"""

from collections.abc import Sequence

import attrs

from mqlrules.syntax import errors
from mqlrules.syntax.lexer import Token
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source
from mqlrules.text.span import Span

ITEMS = {"score": "score_line", "test": "test_line"}
"""The statements whose further lines are items, and the start symbol of these items."""

_JOINING = frozenset(("and", "or", "then", "within", "since", "after", "before", "during", "where"))
_JOINING_PAIRS = frozenset(
    (("with", "same"), ("older", "than"), ("up", "to"), ("halve", "every"), ("ignoring", "case"))
)
_JOINING_SIGNS = frozenset(("_ARROW", "_COMMA", "EQUALS", "GREATER", "GREATER_OR_EQUAL", "LESS", "LESS_OR_EQUAL"))


@attrs.frozen
class Piece:
    """Tokens that are read together, from one start symbol."""

    start: str
    tokens: Sequence[Token]


@attrs.frozen
class Block:
    """A statement: its piece and the items of a score or a test."""

    heading: Piece
    items: tuple[Piece, ...] = ()


def blocks(source: Source, text: str, tokens: Sequence[Token]) -> tuple[list[Block], list[Diagnostic]]:
    """The statements of a file's tokens. ``text`` is that of the source with its comments blanked out."""
    lines = _lines(text, tokens)
    wrong: list[Diagnostic] = []
    margin = lines[0].column if lines else 0
    if margin > 0:
        wrong.append(errors.INDENTED_STATEMENT.at((source, lines[0].place)))
    found: list[Block] = []
    at = 0
    while at < len(lines):
        keyword = _kind(lines, at)
        stop = at + 1
        depth = max(0, _depth(lines[at].tokens))
        while stop < len(lines):
            line = lines[stop]
            if line.column <= margin and not (depth > 0 and line.tokens[0].kind == "_RPAR"):
                if not (_goes_on(line) or (keyword in ITEMS and _is_item(keyword, line))):
                    break
                what = keyword if keyword in ITEMS else "statement"
                place = source, line.place
                wrong.append(errors.FORGOTTEN_INDENTATION.at(place, word=line.tokens[0].text, keyword=what))
            depth = max(0, depth + _depth(line.tokens))
            stop += 1
        found.append(_block(source, keyword, lines[at:stop], wrong))
        at = stop
    return found, wrong


@attrs.frozen
class _Line:
    column: int
    tokens: list[Token]

    @property
    def place(self) -> Span:
        return Span(self.tokens[0].start, self.tokens[0].end)

    def starts(self, *words: str) -> bool:
        return tuple(token.text for token in self.tokens[: len(words)]) == words


def _lines(text: str, tokens: Sequence[Token]) -> list[_Line]:
    lines: list[_Line] = []
    before = 0
    for token in tokens:
        gap = token.start - before
        if not lines or (gap > 1 and text.find("\n", before, token.start) >= 0) or (gap == 1 and text[before] == "\n"):
            start = text.rfind("\n", 0, token.start) + 1
            start += start == 0 and text.startswith("\ufeff")
            lines.append(_Line(token.start - start, [token]))
        else:
            lines[-1].tokens.append(token)
        before = token.end
    return lines


def _depth(tokens: Sequence[Token]) -> int:
    return sum((token.kind == "_LPAR") - (token.kind == "_RPAR") for token in tokens)


def _goes_on(line: _Line) -> bool:
    """Whether a line can only continue the one above."""
    first = line.tokens[0]
    second = line.tokens[1].text if len(line.tokens) > 1 else ""
    return first.text in _JOINING or first.kind in _JOINING_SIGNS or (first.text, second) in _JOINING_PAIRS


def _is_item(keyword: str, line: _Line) -> bool:
    """Whether a line is clearly an item of a score or a test."""
    first = line.tokens[0]
    second = line.tokens[1] if len(line.tokens) > 1 else first
    if keyword == "score":
        return (first.kind == "SIGNED" and second.text in ("per", "for", "if")) or line.starts("between")
    return (
        first.text == "expect"
        or first.kind in ("DATE", "INSTANT")
        or (first.text == "day" and second.kind == "UNSIGNED")
    )


def _kind(lines: list[_Line], at: int) -> str:
    """The keyword of the statement at a line. The first item tells a misspelled ``score`` or ``test``."""
    word = lines[at].tokens[0].text
    if (
        word not in ITEMS
        and lines[at].tokens[0].kind == "WORD"
        and at + 1 < len(lines)
        and lines[at + 1].column > lines[at].column
    ):
        heading = {token.kind for token in lines[at].tokens}
        if heading <= {"WORD", "STRING"}:
            return next((keyword for keyword in ITEMS if _is_item(keyword, lines[at + 1])), word)
    return word


def _block(source: Source, keyword: str, lines: list[_Line], wrong: list[Diagnostic]) -> Block:
    if keyword not in ITEMS:
        return Block(Piece("statement", [token for line in lines for token in line.tokens]))
    items: list[list[Token]] = []
    depth = 0
    for line in lines[1:]:
        goes_on = items and depth == 0 and _goes_on(line)
        if goes_on:
            place = source, line.place
            wrong.append(errors.ITEM_GOES_ON.at(place, word=line.tokens[0].text, keyword=keyword))
        if goes_on or (items and depth > 0 and not _is_item(keyword, line)):
            items[-1].extend(line.tokens)
        else:
            items.append(list(line.tokens))
            depth = 0
        depth = max(0, depth + _depth(line.tokens))
    return Block(Piece("statement", lines[0].tokens), tuple(Piece(ITEMS[keyword], tokens) for tokens in items))
