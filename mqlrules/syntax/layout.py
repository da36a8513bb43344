"""Layout: which tokens belong to one statement, and to one item of a score or a test (the top of the grammar says how)."""

from collections.abc import Sequence

import attrs

from mqlrules.syntax.tokens import Token

ITEMS = {"score": "score_line", "test": "test_line"}
"""The statements whose further lines are items, and the start symbol of those."""


@attrs.frozen
class Piece:
    """Tokens that are read together, from one start symbol."""

    start: str
    tokens: Sequence[Token]


@attrs.frozen
class Block:
    """A statement: its piece and, of a score or a test, its items."""

    heading: Piece
    items: tuple[Piece, ...] = ()


def blocks(text: str, tokens: Sequence[Token]) -> list[Block]:
    """Cut the tokens of a file into statements and items."""
    found: list[Block] = []
    lines = _lines(text, tokens)
    at = 0
    while at < len(lines):
        stop = at + 1
        depth = _depth(lines[at].tokens)
        while stop < len(lines) and not _starts_statement(lines[stop], depth):
            depth = max(0, depth + _depth(lines[stop].tokens))
            stop += 1
        found.append(_block(lines[at:stop]))
        at = stop
    return found


@attrs.frozen
class _Line:
    column: int
    tokens: list[Token]


def _lines(text: str, tokens: Sequence[Token]) -> list[_Line]:
    lines: list[_Line] = []
    before = 0
    for token in tokens:
        if not lines or text.find("\n", before, token.start) >= 0:
            lines.append(_Line(token.start - (text.rfind("\n", 0, token.start) + 1), [token]))
        else:
            lines[-1].tokens.append(token)
        before = token.end
    return lines


def _depth(tokens: Sequence[Token]) -> int:
    return sum((token.kind == "_LPAR") - (token.kind == "_RPAR") for token in tokens)


def _starts_statement(line: _Line, depth: int) -> bool:
    return line.column == 0 and not (depth > 0 and line.tokens[0].kind == "_RPAR")


def _block(lines: list[_Line]) -> Block:
    first = lines[0].tokens[0].text
    if first not in ITEMS or len(lines) == 1:
        return Block(Piece("statement", [token for line in lines for token in line.tokens]))
    items: list[list[Token]] = []
    depth = 0
    for line in lines[1:]:
        if depth > 0:
            items[-1].extend(line.tokens)
        else:
            items.append(list(line.tokens))
        depth = max(0, depth + _depth(line.tokens))
    return Block(Piece("statement", lines[0].tokens), tuple(Piece(ITEMS[first], tokens) for tokens in items))
