"""The formatter: a rule file in the standard format, with every comment.

Only the layout changes. Words, their order, parentheses, numbers and comments stay; durations and escape sequences in
strings are respelled with the same meaning. So the result has the same tree, and formatting it again changes nothing.

A file is a series of strips: one for a statement, or for the heading and each item of a score or a test. A strip has
its tokens spelled and spaced, the places where its lines may break (``joints``) and its comments (``strip``). Adjacent
strips are aligned (``columns``), and each is broken into lines (``wrap``).

Comments on their own lines stay between strips, with the indentation of the next strip; after the last line of a
statement, indented comments stay with it. Blank lines between strips are reduced to one. Finally, comments at the ends
of adjacent lines with the same indentation are aligned.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain, groupby

import attrs

from mqlrules.format.columns import WIDEST, columns, in_columns
from mqlrules.format.joints import Node
from mqlrules.format.strip import Strip, put_comments, strip_of
from mqlrules.format.wrap import INDENT, Line, fits_on_a_line, wrapped
from mqlrules.syntax import tree
from mqlrules.syntax.grammar import tokenise
from mqlrules.syntax.layout import blocks
from mqlrules.syntax.lexer import Token
from mqlrules.syntax.limits import STATEMENT_CHARACTERS
from mqlrules.syntax.parse import parse
from mqlrules.syntax.tree import Parsed
from mqlrules.text.source import Source


def formatted(parsed: Parsed) -> str:
    """The text of a rule file in the standard format. The file must be free of diagnostics.

    A file stays as it is if indentation would make it or a statement exceed the limits.
    """
    assert not parsed.diagnostics, parsed.diagnostics[0].message
    lines = [line for row in _in_tables(list(_rows(parsed))) for line in _lines(row)]
    text = "".join(f"{line}\n" for line in _rendered(lines))
    if len(text) > STATEMENT_CHARACTERS and parse(Source(parsed.source.name, text)).diagnostics:
        return parsed.source.text
    return text


@attrs.frozen
class _Piece:
    """A statement, a heading or an item, with its tokens."""

    node: Node
    tokens: Sequence[Token]
    is_item: bool


@attrs.frozen
class _Row:
    """A strip or a finished line. ``is_apart``: a blank line comes before it; ``behind``: the comment after it."""

    content: Strip | Line
    is_apart: bool
    behind: str = ""


def _rows(parsed: Parsed) -> Iterator[_Row]:
    text = parsed.source.text
    comments = deque(parsed.comments)
    end: int | None = None  # of the last row

    def until(offset: int) -> Iterator[tree.Comment]:
        while comments and comments[0].span.start < offset:
            yield comments.popleft()

    def is_apart(start: int) -> bool:
        return end is not None and text.count("\n", end, start) > 1

    for piece in chain(_pieces(parsed), (None,)):
        is_item = piece is not None and piece.is_item
        stays = end is not None  # with the row before
        for comment in until(len(text) if piece is None else piece.tokens[0].start):
            stays = stays and _is_indented(comment, text)
            yield _Row(Line(INDENT if stays or is_item else 0, "", comment.text), is_apart(comment.span.start))
            end = comment.span.end
        if piece is None:
            return
        start, stop = piece.tokens[0].start, piece.tokens[-1].end
        strip = strip_of(piece.node, piece.tokens, is_item)
        above, strip = put_comments(strip, piece.tokens, list(until(stop)), text)
        apart = is_apart(start)
        for line in above:
            yield _Row(Line(INDENT if is_item else 0, "", line), apart)
            apart = False
        line_end = text.find("\n", stop)
        behind = next(until(len(text) if line_end < 0 else line_end), None)
        yield _Row(strip, apart, "" if behind is None else behind.text)
        end = stop if behind is None else behind.span.end


def _pieces(parsed: Parsed) -> Iterator[_Piece]:
    text = parsed.source.text
    tokens, _ = tokenise(text, 1 if text.startswith("\ufeff") else 0)
    cut, _ = blocks(parsed.source, text, tokens)
    for statement, block in zip(parsed.tree.statements, cut, strict=True):
        yield _Piece(statement, block.heading.tokens, is_item=False)
        match statement:
            case tree.ScoreDefinition(lines=items) | tree.TestDefinition(lines=items):
                for item, piece in zip(items, block.items, strict=True):
                    yield _Piece(item, piece.tokens, is_item=True)


def _is_indented(comment: tree.Comment, text: str) -> bool:
    return comment.span.start > text.rfind("\n", 0, comment.span.start) + 1


def _in_tables(rows: list[_Row]) -> list[_Row]:
    """The rows, with the columns of tables aligned."""
    members: dict[tuple[int, str], list[int]] = {}
    number, before = 0, ""
    for at, row in enumerate(rows):
        kind = ""
        match row.content:
            case Strip(is_item=True):
                kind, _ = columns(row.content)
            case Strip():
                if fits_on_a_line(row.content):
                    kind, _ = columns(row.content)
                if kind != before or row.is_apart:
                    number += 1
                before = kind
            case _:
                before = ""
        if kind:
            members.setdefault((number, kind), []).append(at)
    rows = list(rows)
    for table in members.values():
        strips = in_columns([strip for at in table if isinstance(strip := rows[at].content, Strip)])
        if all(strip.is_item or strip.width(0, len(strip.words)) <= WIDEST for strip in strips):
            for at, strip in zip(table, strips, strict=True):
                line = Line(0, strip.text(0, len(strip.words)))
                rows[at] = attrs.evolve(rows[at], content=strip if strip.is_item else line)
    return rows


def _lines(row: _Row) -> Iterator[Line]:
    if row.is_apart:
        yield Line(0, "")
    *first, last = wrapped(row.content) if isinstance(row.content, Strip) else (row.content,)
    yield from first
    yield attrs.evolve(last, comment=row.behind or last.comment)


def _rendered(lines: list[Line]) -> Iterator[str]:
    for (is_commented, indent), group in groupby(lines, lambda line: (bool(line.text and line.comment), line.indent)):
        together = list(group)
        width = max(len(line.text) for line in together) + 2 if is_commented else 0
        for line in together:
            yield (" " * indent + line.text.ljust(width) + line.comment).rstrip()
