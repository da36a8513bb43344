"""Parsing: a source becomes its syntax tree, its comments and all its diagnostics. Nothing here raises."""

import re
from collections.abc import Iterable
from typing import Any, cast

from mqlrules.syntax import errors, limits, tree
from mqlrules.syntax.diagnose.signs import foreign_comments, invisible_name
from mqlrules.syntax.grammar import tokenise
from mqlrules.syntax.layout import Block, Piece, blocks
from mqlrules.syntax.lexer import Token
from mqlrules.syntax.recover import Reader
from mqlrules.syntax.repaired_text import RepairedText
from mqlrules.syntax.tree import Parsed
from mqlrules.text.diagnostic import Diagnostic, in_order
from mqlrules.text.source import Source
from mqlrules.text.span import Span

_NO_LINE_END = re.compile(r"[^\n]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]|\r(?!\n)")


def parse(source: Source) -> Parsed:
    """The tree of a rule file without the statements that can't be read, its comments, and all its diagnostics."""
    if len(source.text) > limits.FILE_CHARACTERS:
        return _nothing(source, errors.FILE_TOO_LONG.at((source, Span(0, 0))))
    return parse_from(source, 0)


def parse_from(source: Source, offset: int) -> Parsed:
    """The same for the part of a rule file from an offset on, at which a line starts."""
    text, tokens, comments, reader = _prepare(source, offset)
    cut, wrong = blocks(source, text, tokens)
    reader.diagnostics += wrong
    statements = []
    for block in cut:
        statement = _statement(reader, text, block)
        if statement is not None:
            statements.append(statement)
        if reader.stopped is not None:
            reader.diagnostics.append(errors.TOO_MANY_ERRORS.at((source, reader.stopped)))
            break
    return Parsed(
        source,
        tree.File(tuple(statements), span=Span(offset, len(text))),
        tuple(tree.Comment(comment.text, span=Span(comment.start, comment.end)) for comment in comments),
        in_order(reader.diagnostics),
    )


def parse_condition(source: Source) -> tuple[tree.Condition | None, tuple[Diagnostic, ...]]:
    """A condition alone, without an outcome; None if it can't be read."""
    if len(source.text) > limits.STATEMENT_CHARACTERS:
        return None, (errors.STATEMENT_TOO_LONG.at((source, Span(0, 0))),)
    text, tokens, _, reader = _prepare(source)
    condition = _piece(reader, text, Piece("bare_condition", tokens))
    return cast("tree.Condition | None", condition), in_order(reader.diagnostics)


def _prepare(source: Source, offset: int = 0) -> tuple[str, list[Token], list[Token], Reader]:
    """The text with its comments blanked out, its tokens from an offset on, its comments, and the reader."""
    start = 1 if offset == 0 and source.text.startswith("\ufeff") else offset
    tokens, comments = tokenise(source.text, start)
    reader = Reader(source, limits.REREAD_TOKENS)
    for found in _CONTROL.finditer(source.text, offset):
        if len(reader.diagnostics) >= limits.MISTAKES:
            break
        place = source, Span(*found.span())
        reader.diagnostics.append(errors.CONTROL_CHARACTER.at(place, character=invisible_name(found[0])))
    text = _without(comments, source.text)
    foreign, wrong = foreign_comments(source, tokens)
    if foreign:
        reader.diagnostics += wrong
        text = _without(foreign, text)
        tokens, _ = tokenise(text, start)
    return text, tokens, comments, reader


def _nothing(source: Source, diagnostic: Diagnostic) -> Parsed:
    return Parsed(source, tree.File((), span=Span(0, 0)), (), (diagnostic,))


def _without(comments: Iterable[Token], text: str) -> str:
    parts: list[str] = []
    before = 0
    for comment in comments:
        parts += text[before : comment.start], _NO_LINE_END.sub(" ", text[comment.start : comment.end])
        before = comment.end
    return "".join([*parts, text[before:]])


def _statement(reader: Reader, text: str, block: Block) -> tree.Statement | None:
    statement = _piece(reader, text, block.heading)
    items = tuple(item for item in (_piece(reader, text, piece) for piece in block.items) if item is not None)
    if not items:
        return cast("tree.Statement | None", statement)
    match statement:
        case tree.ScoreDefinition(name=score, description=description, span=span):
            return tree.ScoreDefinition(score, description, items, span=span.to(items[-1].span))
        case tree.TestDefinition(name=test, span=span):
            return tree.TestDefinition(test, items, span=span.to(items[-1].span))
    return cast("tree.Statement | None", statement)


def _piece(reader: Reader, text: str, piece: Piece) -> Any:
    tokens = piece.tokens
    if tokens and tokens[-1].end - tokens[0].start > limits.STATEMENT_CHARACTERS:
        place = reader.source, Span(tokens[0].start, tokens[0].end)
        reader.diagnostics.append(errors.STATEMENT_TOO_LONG.at(place))
        return None
    deep = _too_deep(tokens)
    if deep is not None:
        reader.diagnostics.append(errors.NESTED_TOO_DEEP.at((reader.source, Span(deep.start, deep.end))))
        return None
    return reader.read(piece.start, RepairedText(text, tokens))


def _too_deep(tokens: Iterable[Token]) -> Token | None:
    """The first token at which parentheses and ``not`` are nested too deep."""
    outer: list[int] = []
    base = negations = 0
    for token in tokens:
        if token.kind == "_LPAR":
            outer.append(base)
            base += negations + 1
            negations = 0
        elif token.kind == "_RPAR":
            base = outer.pop() if outer else 0
            negations = 0
        elif token.text == "not":
            negations += 1
        else:
            negations = 0
            continue
        if base + negations > limits.NESTING:
            return token
    return None
