"""Tokens: the text of a file cut into words, values and signs, before the grammar is asked what they mean."""

from typing import NamedTuple

from mqlrules.syntax.tables import Tables


class Token(NamedTuple):
    """``kind`` is a terminal of the grammar, or one of ``UNCLOSED STUCK STRAY`` for what no terminal takes.

    A word is ``WORD`` or, if it is reserved, ``NAME``; which keyword it is depends on where it stands.
    """

    kind: str
    text: str
    start: int
    end: int


def tokenise(tables: Tables, text: str, start: int = 0) -> tuple[list[Token], list[Token]]:
    """All tokens of a text from an offset on, and its comments."""
    tokens: list[Token] = []
    comments: list[Token] = []
    signs = tables.signs
    is_word = tables.word.fullmatch
    kinds: dict[str, str] = {}
    found = tables.shapes.match(text, start)
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
        found = tables.shapes.match(text, end)
    return tokens, comments
