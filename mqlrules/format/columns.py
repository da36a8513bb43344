"""Columns: parts of adjacent lines that are aligned.

- `event … =`, `list … from`, `segment … =` and `rule …:` of adjacent one-line definitions, with no blank line and no
  comment between them. Definitions with and without a description (`rule known "We know this lead":`) are aligned
  separately. Aligned lines may be up to ``WIDEST`` long; where one would be longer, nothing is aligned.
- The part after the points in a score, and after the time in a test.
"""

from collections.abc import Sequence

from mqlrules.format.strip import Strip
from mqlrules.syntax import tree

WIDEST = 120
"""The longest line, in characters, that aligning may produce."""
_BLANKS = {"time": 2}
"""The blanks between columns, where there is more than one."""


def columns(strip: Strip) -> tuple[str, tuple[int, ...]]:
    """The kind of table a strip belongs to, empty for none, and the tokens at which its further columns start."""
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
    """Strips of one kind with their columns aligned."""
    kind, _ = columns(strips[0])
    between = _BLANKS.get(kind, 1)
    blanks: list[dict[int, int]] = [{} for _ in strips]
    begun = [0] * len(strips)
    for places in zip(*(columns(strip)[1] for strip in strips), strict=True):
        widths = [strip.width(*cell) for strip, cell in zip(strips, zip(begun, places, strict=True), strict=True)]
        for before, place, width in zip(blanks, places, widths, strict=True):
            before[place] = max(widths) - width + between
        begun = list(places)
    return [strip.spread(before) for strip, before in zip(strips, blanks, strict=True)]
