"""Quick fixes: for a finding the changes that say what its author most likely meant.

Where the parser recognised a slip it repaired it, to read on: those repairs are offered. Of what checking finds, the
name that the hint suggests is.
"""

import re
from collections.abc import Iterator

import attrs

from mqlrules.ide.analysis import Change, Finding, Mending, Place
from mqlrules.ide.document import Sheet
from mqlrules.ide.references import read
from mqlrules.syntax.parse_error import Diagnosis
from mqlrules.syntax.recover import readings
from mqlrules.syntax.repaired_text import RepairedText
from mqlrules.syntax.unparse import quoted
from mqlrules.text.source import Source
from mqlrules.text.span import Span


def mendings(sheet: Sheet, finding: Finding) -> list[Mending]:
    """Ways to mend a finding of parsing or checking, the likeliest first."""
    found = list(_by_layout(sheet, finding)) + list(_by_repair(sheet, finding)) + list(_by_hint(sheet, finding))
    unique: dict[tuple[Change, ...], Mending] = {}
    for one in found:
        unique.setdefault(one.changes, one)
    return list(unique.values())


def _by_layout(sheet: Sheet, finding: Finding) -> Iterator[Mending]:
    """What is wrong with the layout, and signs that mean nothing at all."""
    span = finding.place.span
    match finding.code:
        case "E005":
            yield _one(finding, Span(span.start, span.start), "    ", "Indent this line")
        case "E004":
            line = sheet.text.rfind("\n", 0, span.start) + 1
            yield _one(finding, Span(line, span.start), "", "Move it to column 1")
        case "E003":
            yield _one(finding, span, "", "Delete it")
        case "E012" if sheet.text[span.start : span.end] in ("//", "--"):
            yield _one(finding, span, "#", "Write `#`")
        case "E015" if sheet.text[span.start : span.start + 1] == "\\":
            yield _one(finding, Span(span.start, span.start), "\\", "Write the backslash twice")


# -- repairs of the parser -----------------------------------------------------------------------------------------


def _by_repair(sheet: Sheet, finding: Finding) -> Iterator[Mending]:
    index = sheet.part_of(finding.place.span.start)
    start = sheet.starts[index]
    part = read(sheet.parts[index])
    for piece in part.pieces:
        if not piece.tokens or not (piece.tokens[0].start <= finding.place.span.start - start <= piece.tokens[-1].end):
            continue
        for text, found in readings(Source("", part.text), piece.start, RepairedText(part.text, piece.tokens)):
            if not isinstance(found, Diagnosis) or not found.edits:
                continue
            if (found.diagnostic.code, found.diagnostic.message) != (finding.code, finding.message):
                continue
            changes = []
            for edit in found.edits:
                span = text.place(edit.start, edit.end)
                span = Span(span.start + start, span.end + start)
                changes.append(_spaced(sheet.text, Place(finding.place.file, span), edit.text))
            yield Mending(_in_words(sheet.text, changes, finding), tuple(changes))


def _spaced(text: str, place: Place, new: str) -> Change:
    """A change without blanks that would stand twice, or before a sign that stands close to what is before it."""
    start, end = place.span.start, place.span.end
    if start == end and new.strip() in (":", ",", ")"):
        start = end = len(text[:start].rstrip())
        new = new.strip()
    if new.startswith(" ") and text[:start].endswith((" ", "\n")):
        new = new.lstrip(" ")
    if new.endswith(" ") and text[end : end + 1] in (" ", "\n", ""):
        new = new.rstrip(" ")
    return Change(Place(place.file, Span(start, end)), new)


def _in_words(text: str, changes: list[Change], finding: Finding) -> str:
    if len(changes) != 1:
        return (finding.hint or "Write what is meant").rstrip(".")
    [change] = changes
    old = text[change.place.span.start : change.place.span.end].strip()
    new = change.text.strip()
    if not new:
        return f"Delete `{old}`"
    return f"Insert `{new}`" if not old else f"Write `{new}` instead of `{old}`"


# -- hints of the checker ------------------------------------------------------------------------------------------

_DID_YOU_MEAN = re.compile(r"Did you mean `([^`]+)`\?")
_WRITE_IT = re.compile(r"Write it (?:without|in) quotes: `([^`]+)`\.")
_AS_A_STRING = re.compile(r"write it as a string: `(\"[^`]*\")`")


def _by_hint(sheet: Sheet, finding: Finding) -> Iterator[Mending]:
    span, hint = finding.place.span, finding.hint or ""
    written = sheet.text[span.start : span.end]
    if "\n" in written:
        return
    for found in _DID_YOU_MEAN.finditer(hint):
        meant = found[1]
        if written.startswith('"') and not meant.startswith('"'):
            meant = quoted(meant)
        yield _one(finding, span, meant, f"Write `{meant}`")
    for found in _WRITE_IT.finditer(hint):
        yield _one(finding, span, found[1], f"Write `{found[1]}`")
    if not written.startswith('"'):
        for found in _AS_A_STRING.finditer(hint):
            yield _one(finding, span, found[1], f"Write `{found[1]}`: it is meant as the event of that name")


def _one(finding: Finding, span: Span, text: str, words: str) -> Mending:
    return Mending(words, (Change(Place(finding.place.file, span), text),))


def applied(text: str, mending: Mending, file: str) -> str:
    """A file's text with a mending made."""
    changes = [change for change in mending.changes if change.place.file == file]
    for change in sorted(changes, key=lambda c: (c.place.span.start, c.place.span.end), reverse=True):
        text = text[: change.place.span.start] + change.text + text[change.place.span.end :]
    return text


def with_mendings(sheet: Sheet, finding: Finding) -> Finding:
    """A finding with its quick fixes."""
    return attrs.evolve(finding, mendings=(*finding.mendings, *mendings(sheet, finding)))
