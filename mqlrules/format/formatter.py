"""The formatter: a rule file in the one layout, with every comment.

Only the layout is made anew. Words, their order, parentheses, numbers and comments are the author's; what is spelled
anew (durations, escapes in strings) means what it meant. So the tree of the result is the tree of the file, and to
format twice is to format once.

A file is a row of strips: a statement is one, of a score and a test the heading and each item is one. For each strip

1. the tokens are spelled, and the number of blanks between two of them follows from what they are (``spelling``);
2. the tree says where lines may be broken (``joints``);
3. comments inside find a place where a line may end (``comments``).

Then strips that stand below one another are put in columns (``columns``), and each is broken into lines (``wrap``).
Between strips stand the comments that have lines of their own. They are indented as the strip that follows; after the
last line of a statement they stay with it as long as they are indented. What stood apart by blank lines stands apart
by one. Last, comments behind lines that follow one another are put below one another, two blanks behind the longest.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

import attrs

from mqlrules.format.columns import WIDEST, columns, in_columns
from mqlrules.format.comments import put_comments
from mqlrules.format.joints import Node
from mqlrules.format.strip import Strip, strip_of
from mqlrules.format.wrap import INDENT, Line, fits_on_a_line, wrapped
from mqlrules.syntax import tree
from mqlrules.syntax.grammar import tables
from mqlrules.syntax.layout import blocks
from mqlrules.syntax.tokens import Token, tokenise
from mqlrules.syntax.tree import Parsed


def formatted(parsed: Parsed) -> str:
    """The text of a rule file in the one layout. The file must have been read without any diagnostic."""
    assert not parsed.diagnostics, parsed.diagnostics[0].message
    lines = [line for row in _in_tables(list(_rows(parsed))) for line in _lines(row)]
    return "".join(f"{line}\n" for line in _rendered(lines))


@attrs.frozen
class _Row:
    """A strip, or a comment on a line of its own. ``behind`` is the comment behind the end of a strip."""

    content: Strip | Line
    is_apart: bool
    behind: str = ""


def _rows(parsed: Parsed) -> Iterator[_Row]:
    text = parsed.source.text
    comments = list(reversed(parsed.comments))

    def until(offset: int) -> list[tree.Comment]:
        found = []
        while comments and comments[-1].span.start < offset:
            found.append(comments.pop())
        return found

    def is_apart(start: int) -> bool:
        return end is not None and text.count("\n", end, start) > 1

    end: int | None = None  # of what was handed on last
    for node, tokens, is_item in _pieces(parsed):
        start, stop = tokens[0].start, tokens[-1].end
        goes_on = end is not None
        for comment in until(start):
            goes_on = goes_on and _is_indented(comment, text)
            yield _Row(Line(INDENT if is_item or goes_on else 0, "", comment.text), is_apart(comment.span.start))
            end = comment.span.end
        first, strip = put_comments(strip_of(node, tokens, is_item), tokens, until(stop), text)
        apart = is_apart(start)
        for line in first:
            yield _Row(Line(INDENT if is_item else 0, "", line), apart)
            apart = False
        line_end = text.find("\n", stop)
        behind = until(len(text) if line_end < 0 else line_end)
        yield _Row(strip, apart, behind[0].text if behind else "")
        end = behind[0].span.end if behind else stop
    goes_on = end is not None
    for comment in until(len(text)):
        goes_on = goes_on and _is_indented(comment, text)
        yield _Row(Line(INDENT if goes_on else 0, "", comment.text), is_apart(comment.span.start))
        end = comment.span.end


def _pieces(parsed: Parsed) -> Iterator[tuple[Node, Sequence[Token], bool]]:
    """What is read on its own: its node, its tokens, and whether it is an item."""
    text = parsed.source.text
    tokens, _ = tokenise(tables(), text, 1 if text.startswith("\ufeff") else 0)
    cut, _ = blocks(parsed.source, text, tokens)
    for statement, block in zip(parsed.tree.statements, cut, strict=True):
        yield statement, block.heading.tokens, False
        match statement:
            case tree.ScoreDefinition(lines=items) | tree.TestDefinition(lines=items):
                for item, piece in zip(items, block.items, strict=True):
                    yield item, piece.tokens, True


def _is_indented(comment: tree.Comment, text: str) -> bool:
    return comment.span.start > text.rfind("\n", 0, comment.span.start) + 1


def _in_tables(rows: list[_Row]) -> list[_Row]:
    """The rows, with the columns of those that make a table below one another."""
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
                rows[at] = attrs.evolve(rows[at], content=strip)
    return rows


def _lines(row: _Row) -> Iterator[Line]:
    if row.is_apart:
        yield Line(0, "")
    if isinstance(row.content, Line):
        yield row.content
        return
    *first, last = wrapped(row.content)
    yield from first
    yield attrs.evolve(last, comment=row.behind)


def _rendered(lines: list[Line]) -> Iterator[str]:
    for is_commented, group in groupby(lines, lambda line: bool(line.text and line.comment)):
        together = [(" " * line.indent + line.text, line.comment) for line in group]
        width = max(len(text) for text, _ in together) + 2 if is_commented else 0
        for text, comment in together:
            yield (text.ljust(width) + comment).rstrip()
