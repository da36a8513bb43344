"""Where a text can be cut so that each part reads as it does in the whole: before lines that start a statement."""

import re

_STARTS = re.compile(
    r"^(?!(?:and|or|then|within|since|after|before|during|where|with|older|up|halve|ignoring|expect|between|day|as|lead)"
    r'(?![\w-]))(?=[^\W\d]|"|\()',
    re.MULTILINE,
)
"""A line that begins in column 1 with what may only begin a statement: not with a word that goes on with the statement
before it, nor with what is plainly an item of a score or a test.
"""


def cuts(text: str) -> list[int]:
    """The offsets at which parts begin; the first one is 0. A text of which that can't be said is one part."""
    start = 1 if text.startswith("\ufeff") else 0
    first = re.compile(r"(?:\s|#[^\n]*\n)*").match(text, start)
    begins = first.end() if first is not None else 0
    if "/*" in text or (begins > start and text[begins - 1] != "\n"):
        return [0]
    found = [match.start() for match in _STARTS.finditer(text, start) if match.start() > begins]
    return [0, *found]


def part_at(text: str, offset: int) -> tuple[int, int]:
    """The part ``[start, end)`` in which an offset lies; at a border the one that begins there."""
    start, end = 0, len(text)
    for cut in cuts(text):
        if cut <= offset:
            start = cut
        else:
            end = cut
            break
    return start, end
