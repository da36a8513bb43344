"""Columns: what stands in lines below one another is put below one another.

- `event … =`, `list … from`, `segment … =`, `rule …:` of definitions that take one line each and follow one another,
  with no blank line and no comment between. With a text (`rule known "We know who it is":`) and without are two kinds.
  Columns may make lines longer than they otherwise are, up to ``WIDEST``; else these definitions stay as they are.
- What follows the points in a score, and the time in a test.
"""

from collections.abc import Sequence

from mqlrules.format.strip import Strip
from mqlrules.syntax import tree

WIDEST = 120
"""Columns (of characters) that a line of a table may take."""
BLANKS = {"time": 2}
"""How far columns stand apart where it isn't one blank."""


def columns(strip: Strip) -> tuple[str, tuple[int, ...]]:
    """The kind of table that a strip belongs in, and the tokens before which its columns start.

    Of most there is none.
    """
    match strip.node:
        case tree.EventDefinition():
            return "event", (strip.body - 1,)
        case tree.SegmentDefinition(description=None):
            return "segment", (strip.body - 1,)
        case tree.SegmentDefinition():
            return "described segment", (strip.body - 2, strip.body - 1)
        case tree.ListDefinition():
            file = next(at for at, word in enumerate(strip.words) if word.startswith('"'))
            return "list", (file - 1,)
        case tree.RuleDefinition(name=tree.Name(), description=None):
            return "rule", (strip.body,)
        case tree.RuleDefinition(name=tree.Name()):
            return "described rule", (strip.body - 2, strip.body)
        case tree.PerLine() | tree.ForLine() | tree.IfLine():
            return "points", (1,)
        case tree.TestEvent(moment=moment):
            words = 2 if isinstance(moment.day, tree.Number) else 1
            return "time", (words if moment.clock is None else words + 1,)
    return "", ()


def in_columns(strips: Sequence[Strip]) -> list[Strip]:
    """Strips of one kind, their columns below one another."""
    kind, _ = columns(strips[0])
    between = BLANKS.get(kind, 1)
    blanks: list[dict[int, int]] = [{} for _ in strips]
    begun = [0] * len(strips)
    for places in zip(*(columns(strip)[1] for strip in strips), strict=True):
        widths = [strip.width(*cell) for strip, cell in zip(strips, zip(begun, places, strict=True), strict=True)]
        widest = max(widths)
        for before, place, width in zip(blanks, places, widths, strict=True):
            before[place] = widest - width + between
        begun = list(places)
    return [strip.spread(before) for strip, before in zip(strips, blanks, strict=True)]
