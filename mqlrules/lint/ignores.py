"""``# mql: ignore[name]``: findings that an author has looked at and wants to keep.

The comment goes at the end of the line on which a finding begins, or on a line of its own before it (other such
comments may come between). It lists rules by name or code, separated by commas.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

import attrs

from mqlrules.syntax.tree import Parsed
from mqlrules.text.source import Source
from mqlrules.text.span import Span

_COMMENT = re.compile(r"#\s*mql:\s*ignore\s*\[([^\]]*)\]")
_WORD = re.compile(r"[^\s,]+")


@attrs.frozen
class Ignore:
    """One word of an ignore comment: a rule's name or code, its place, and the line that it applies to."""

    source: Source
    span: Span
    word: str
    line: int
    comment: Span
    alone: bool


def ignores(files: Sequence[Parsed]) -> Iterator[Ignore]:
    """Every word of every ignore comment."""
    for file in files:
        source = file.source
        for comment in file.comments:
            found = _COMMENT.match(comment.text)
            if found is None:
                continue
            start = comment.span.start + found.start(1)
            line = _line_meant(source, comment.span.start)
            for word in _WORD.finditer(found[1]):
                span = Span(start + word.start(), start + word.end())
                yield Ignore(source, span, word[0], line, comment.span, len(_WORD.findall(found[1])) == 1)


def _line_meant(source: Source, offset: int) -> int:
    """The comment's own line if anything comes before it there; otherwise the next line with content."""
    line, column = source.position(offset)
    if source.line(line)[: column - 1].strip("\ufeff \t"):
        return line
    lines = len(source.line_starts)
    after = line + 1
    while after < lines and _says_nothing(source.line(after)):
        after += 1
    return after


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def lines_silenced(found: Iterable[Ignore]) -> dict[tuple[str, int], list[Ignore]]:
    """Ignores by the file and the line that they apply to."""
    by_line: dict[tuple[str, int], list[Ignore]] = {}
    for ignore in found:
        by_line.setdefault((ignore.source.name, ignore.line), []).append(ignore)
    return by_line
