"""A sheet: what was parsed of a file that is being edited. A statement keeps its place on it while others change.

Each part of a file (see ``mqlrules.ide.sections``) is written on the sheet once and parsed there. An edited part
is wiped off and written again at the end; all others stay where they are. So trees, and whatever was made of them, stay
as they are too, and an edit costs what its statement costs. Spans of a sheet are made spans of the text, and the other
way round, where something is shown.
"""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path
from typing import TypeVar

import attrs

from mqlrules.ide.sections import cuts
from mqlrules.syntax import limits, tree
from mqlrules.syntax.parse import parse, parse_from
from mqlrules.syntax.tree import Parsed
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source
from mqlrules.text.span import Span

_ROOM = 3
"""How many times as long as its text a sheet may become before it is written anew."""


@attrs.frozen(eq=False)
class Part:
    """A part of the text: where it starts on the sheet, and what was parsed there."""

    text: str
    at: int
    parsed: Parsed


@attrs.frozen(eq=False)
class Sheet:
    """``text`` is the file as it is; ``parts`` are in its order, ``starts`` says where in it each begins. ``parsed``
    is all of it, with spans of the sheet. ``generation`` counts how often the sheet has been written anew: places of
    another generation mean nothing.
    """

    name: str
    path: Path | None
    text: str
    parts: tuple[Part, ...]
    starts: list[int]
    parsed: Parsed
    generation: int = 0
    _by_place: list[tuple[int, int]] = attrs.field(init=False, factory=list)

    def __attrs_post_init__(self) -> None:
        self._by_place.extend(sorted((part.at, index) for index, part in enumerate(self.parts)))

    def in_text(self, span: Span) -> Span | None:
        """The span of the text that a span of the sheet stands for; None if what stood there is gone."""
        place = bisect_right(self._by_place, (span.start, len(self.parts))) - 1
        if place < 0:
            return None
        at, index = self._by_place[place]
        part = self.parts[index]
        # A file's end may be meant, just after its last part.
        if span.start > at + len(part.text):
            return None
        moved = self.starts[index] - at
        end = min(span.end, at + len(part.text))
        return Span(span.start + moved, max(end, span.start) + moved)

    def part_of(self, offset: int) -> int:
        """The index of the part in which an offset of the text lies."""
        return max(0, bisect_right(self.starts, offset) - 1)

    def on_sheet(self, offset: int) -> int:
        """The place on the sheet of an offset of the text."""
        index = self.part_of(offset)
        return offset - self.starts[index] + self.parts[index].at


def write(name: str, path: Path | None, text: str, before: Sheet | None = None) -> Sheet:
    """The sheet of a text; ``before`` is that of the same file before an edit."""
    readable = _readable(text)
    if len(text) > limits.FILE_CHARACTERS:
        parsed = parse(Source(name, readable, path))
        made = 0 if before is None else before.generation + 1
        return Sheet(name, path, text, (Part(readable, 0, parsed),), [0], parsed, made)
    starts = cuts(readable)
    generation = 0 if before is None else before.generation
    texts = [readable[start:end] for start, end in zip(starts, [*starts[1:], len(readable)], strict=True)]
    if before is None or len(before.parsed.source.text) > _ROOM * len(text) + 10_000:
        parts, on_sheet = _written(name, path, texts, "")
        generation += before is not None
    else:
        parts, on_sheet = _rewritten(name, path, texts, before)
    source = Source(name, on_sheet, path)
    statements: list[tree.Statement] = []
    comments: list[tree.Comment] = []
    diagnostics: list[Diagnostic] = []
    for part in parts:
        statements += part.parsed.tree.statements
        comments += part.parsed.comments
        diagnostics += part.parsed.diagnostics
    whole = tree.File(tuple(statements), span=Span(0, len(on_sheet)))
    parsed = Parsed(source, whole, tuple(comments), tuple(diagnostics))
    return Sheet(name, path, text, tuple(parts), starts, parsed, generation)


def _readable(text: str) -> str:
    """The text as a file of it would be read, sign for sign: lone carriage returns end lines, a mark is no sign."""
    if text.startswith("\ufeff"):
        text = "\n" + text[1:]
    return text.replace("\r", "\n") if "\r" in text and "\n" not in text else text


def _written(name: str, path: Path | None, texts: list[str], on_sheet: str) -> tuple[list[Part], str]:
    """Parts for texts that follow each other, put at the end of a sheet and parsed together; and the sheet's text."""
    if not texts:
        return [], on_sheet
    if on_sheet and not on_sheet.endswith("\n"):
        on_sheet += "\n"
    begins = len(on_sheet)
    on_sheet += "".join(texts)
    source = Source(name, on_sheet, path)
    parsed = parse_from(source, begins)
    places = list(accumulate((len(text) for text in texts[:-1]), initial=begins))
    statements = _shared_out(parsed.tree.statements, places)
    comments = _shared_out(parsed.comments, places)
    diagnostics = _shared_out(parsed.diagnostics, places)
    parts = []
    for index, (text, at) in enumerate(zip(texts, places, strict=True)):
        file = tree.File(tuple(statements[index]), span=Span(at, at + len(text)))
        parts.append(Part(text, at, Parsed(source, file, tuple(comments[index]), tuple(diagnostics[index]))))
    return parts, on_sheet


_Spanned = TypeVar("_Spanned", tree.Statement, tree.Comment, Diagnostic)


def _shared_out(found: Iterable[_Spanned], places: list[int]) -> list[list[_Spanned]]:
    """What was found, by the part in which it begins."""
    shared: list[list[_Spanned]] = [[] for _ in places]
    for one in found:
        shared[max(0, bisect_right(places, one.span.start) - 1)].append(one)
    return shared


def _rewritten(name: str, path: Path | None, texts: list[str], before: Sheet) -> tuple[list[Part], str]:
    old = [part.text for part in before.parts]
    same = 0
    while same < min(len(old), len(texts)) and old[same] == texts[same]:
        same += 1
    tail = 0
    while tail < min(len(old), len(texts)) - same and old[-1 - tail] == texts[-1 - tail]:
        tail += 1
    on_sheet = before.parsed.source.text
    for part in before.parts[same : len(old) - tail]:
        wiped = "".join("\n" if sign == "\n" else " " for sign in part.text)
        on_sheet = on_sheet[: part.at] + wiped + on_sheet[part.at + len(part.text) :]
    made, on_sheet = _written(name, path, texts[same : len(texts) - tail], on_sheet)
    kept = before.parts[len(old) - tail :] if tail else ()
    return [*before.parts[:same], *made, *kept], on_sheet
