"""Parsing: from a source to its syntax tree, its comments and all its diagnostics. Nothing here raises."""

from typing import Any, cast

import attrs

from mqlrules.syntax import errors, tree
from mqlrules.syntax.automaton import Stuck, run
from mqlrules.syntax.build import Builder
from mqlrules.syntax.grammar import tables
from mqlrules.syntax.layout import Block, Piece, blocks
from mqlrules.syntax.tokens import Token, tokenise
from mqlrules.syntax.tree import Parsed
from mqlrules.text.diagnostic import Diagnostic, in_order
from mqlrules.text.source import Source
from mqlrules.text.span import Span


def parse(source: Source) -> Parsed:
    """The tree of a rule file (statements that can't be read are left out), its comments, and all its diagnostics."""
    text = source.text
    tokens, comments = tokenise(tables(), text, 1 if text.startswith("\ufeff") else 0)
    text = _without(comments, text)
    builder = Builder(source)
    statements = []
    for block in blocks(text, tokens):
        statement = _statement(builder, text, block)
        if statement is not None:
            statements.append(statement)
    return Parsed(
        source,
        tree.File(tuple(statements), span=Span(0, len(text))),
        tuple(tree.Comment(comment.text, span=Span(comment.start, comment.end)) for comment in comments),
        in_order(builder.diagnostics),
    )


def parse_condition(source: Source) -> tuple[tree.Condition | None, tuple[Diagnostic, ...]]:
    """A condition alone, without an outcome: None if it can't be read."""
    tokens, comments = tokenise(tables(), source.text)
    builder = Builder(source)
    condition = _piece(builder, _without(comments, source.text), Piece("bare_condition", tokens))
    return cast("tree.Condition | None", condition), in_order(builder.diagnostics)


def _without(comments: list[Token], text: str) -> str:
    parts = []
    before = 0
    for comment in comments:
        parts += text[before : comment.start], " " * (comment.end - comment.start)
        before = comment.end
    return "".join([*parts, text[before:]])


def _statement(builder: Builder, text: str, block: Block) -> tree.Statement | None:
    statement = _piece(builder, text, block.heading)
    items = [item for item in (_piece(builder, text, piece) for piece in block.items) if item is not None]
    if items and statement is not None:
        span = statement.span.to(items[-1].span)
        statement = attrs.evolve(statement, lines=tuple(items), span=span)
    return cast("tree.Statement | None", statement)


def _piece(builder: Builder, text: str, piece: Piece) -> Any:
    value = run(tables(), piece.start, text, piece.tokens, builder.callbacks)
    if isinstance(value, Stuck):
        if value.index < len(piece.tokens):
            token = piece.tokens[value.index]
            span = Span(token.start, token.end)
            found = token.text
        else:
            end = piece.tokens[-1].end if piece.tokens else 0
            span, found = Span(end, end), "end"
        builder.diagnostics.append(errors.unexpected(builder.source, span, found, sorted(value.expected)))
        return None
    return value
