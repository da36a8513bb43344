"""Wrapping: breaks a strip into lines.

A strip that fits on one line stays on it. Otherwise it breaks at all of its loosest joints, and so does each part:

1. A definition with a head (`rule warm "…":`, `event visited pricing =`) continues on the next line, indented.
2. A body that is still too long breaks before each of its loosest connectives, which start the new lines: the left edge
   shows how the parts are joined. `when …,` and `=> MQL` are parts of a rule of their own.
3. A part that is too long breaks in the same way at its own loosest connectives, indented one level more.
4. A part without connectives has its parentheses opened: their contents go on lines of their own, indented, and break
   by the same rules. Parentheses stay closed if the text up to the next ones fits on the line.
5. As many items between commas go on a line as fit, but each property of a schema gets its own line.

A comment ends its line, so the part around it breaks until the comment is at the end. A part without joints is never
broken, whatever its length.
"""

from collections.abc import Iterator
from itertools import pairwise

import attrs

from mqlrules.format.joints import Joint
from mqlrules.format.strip import Strip
from mqlrules.syntax import tree

WIDTH = 100
"""The longest line, without the comment at its end."""
INDENT = 4


@attrs.frozen
class Line:
    """``text`` is empty for a comment on its own line and for a blank line."""

    indent: int
    text: str
    comment: str = ""


def wrapped(strip: Strip) -> Iterator[Line]:
    """The lines of a statement, a heading or an item, without the comments above it."""
    count = len(strip.words)
    if strip.is_item:
        yield from _part(strip, 0, count, INDENT, INDENT)
    elif not fits_on_a_line(strip) and strip.body > 0:
        yield from _line(strip, 0, strip.body, 0)
        yield from _comments_above(strip, strip.body, INDENT)
        yield from _part(strip, strip.body, count, INDENT, INDENT)
    else:
        yield from _part(strip, 0, count, 0, INDENT)


def fits_on_a_line(strip: Strip) -> bool:
    """Whether the strip is one line."""
    return _fits(strip, 0, len(strip.words), INDENT if strip.is_item else 0)


def _part(strip: Strip, start: int, stop: int, indent: int, further: int) -> Iterator[Line]:
    """The lines of a slice: the first indented by ``indent``, the lines at joints by ``further``."""
    if _fits(strip, start, stop, indent):
        yield from _line(strip, start, stop, indent)
        return
    cuts = [at for at in range(start + 1, stop) if at in strip.joints and strip.outer[at] == strip.outer[start]]
    if not cuts or (strip.is_item and strip.outer[start] == 0):
        yield from _opened(strip, start, stop, indent)
        return
    loosest = min(strip.joints[at] for at in cuts)
    cuts = [start, *(at for at in cuts if strip.joints[at] == loosest), stop]
    if loosest == Joint.ITEM:
        cuts = _filled(strip, cuts, indent, further)
    deeper = further if loosest == Joint.RULE else further + INDENT
    for first, last in pairwise(cuts):
        if first > start:
            yield from _comments_above(strip, first, further)
        yield from _part(strip, first, last, indent if first == start else further, deeper)


def _filled(strip: Strip, cuts: list[int], indent: int, further: int) -> list[int]:
    """The cuts that remain when each line takes as many parts as fit."""
    if isinstance(strip.node, tree.Schema) or not strip.is_free_of_comments(cuts[0], cuts[-1]):
        return cuts
    kept = [cuts[0]]
    for at, following in pairwise(cuts[1:]):
        if not _fits(strip, kept[-1], following, indent if kept == cuts[:1] else further):
            kept.append(at)
    return [*kept, cuts[-1]]


def _opened(strip: Strip, start: int, stop: int, indent: int) -> Iterator[Line]:
    """The lines of a slice without joints of its own, its parentheses opened as far as necessary."""
    begun = start
    groups = list(_groups(strip, start, stop))
    for (opening, closing), (following, _) in pairwise([*groups, (stop - 1, stop)]):
        if _fits(strip, begun, following + 1, indent):
            continue
        yield from _line(strip, begun, opening + 1, indent)
        yield from _comments_above(strip, opening + 1, indent + INDENT)
        yield from _part(strip, opening + 1, closing, indent + INDENT, indent + INDENT)
        yield from _comments_above(strip, closing, indent + INDENT)
        begun = closing
    yield from _line(strip, begun, stop, indent)


def _groups(strip: Strip, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The outermost parentheses of a slice that can be opened."""
    at = start
    while at < stop:
        closing = strip.closing.get(at)
        if closing is not None:
            yield at, closing
            at = closing
        at += 1


def _fits(strip: Strip, start: int, stop: int, indent: int) -> bool:
    return indent + strip.width(start, stop) <= WIDTH and strip.is_free_of_comments(start, stop)


def _line(strip: Strip, start: int, stop: int, indent: int) -> Iterator[Line]:
    yield Line(indent, strip.text(start, stop), strip.behind.get(stop - 1, ""))


def _comments_above(strip: Strip, at: int, indent: int) -> Iterator[Line]:
    return (Line(indent, "", comment) for comment in strip.above.get(at, ()))
