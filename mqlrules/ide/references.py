"""Mentions: every place of a file where something is named, and what it is that is named there.

They are read off the automaton's walk, so a statement with mistakes has them too. The walks of a part are kept as long
as the part is, that is until it is edited.
"""

from collections.abc import Iterator
from typing import Literal
from weakref import WeakKeyDictionary

import attrs

from mqlrules.ide.analysis import Analysis, Place
from mqlrules.ide.document import Part, Sheet
from mqlrules.ide.owners import owner_of_path
from mqlrules.ide.walk import Walk, pieces, walk
from mqlrules.language.names import ACTIVITY, normalise
from mqlrules.syntax import literals
from mqlrules.syntax.layout import Piece
from mqlrules.text.span import Span

Space = Literal["definition", "raw event", "stage", "trait", "property"]
"""``definition``: events, segments, scores, lists and rules, which share one name space."""


@attrs.frozen
class Thing:
    """What can be named: by its normalised name, or a property by its path, of the event or definition ``owner``."""

    space: Space
    key: str
    owner: str = ""


@attrs.frozen
class Mention:
    """A name in a text. ``written`` is how it stands there, in one line; ``defines``: it is defined (of a raw event and
    of properties: declared) here.
    """

    thing: Thing
    place: Place
    written: str
    defines: bool


@attrs.frozen(eq=False)
class Read:
    """A part of a file as it is read: its pieces and their walks, with offsets from the beginning of the part."""

    text: str
    pieces: tuple[Piece, ...]
    walks: tuple[Walk, ...]
    comments: tuple[Span, ...]


_read: "WeakKeyDictionary[Part, Read]" = WeakKeyDictionary()


def read(part: Part) -> Read:
    """The walks of a part, made once."""
    found = _read.get(part)
    if found is None:
        text, cut, comments = pieces(part.text)
        walked = tuple(walk(text, piece) for piece in cut)
        found = Read(text, tuple(cut), walked, tuple(Span(c.start, c.end) for c in comments))
        _read[part] = found
    return found


def mentions(analysis: Analysis, sheet: Sheet) -> Iterator[Mention]:
    """Everything that a file names, in its order."""
    for start, part in zip(sheet.starts, sheet.parts, strict=True):
        for walked in read(part).walks:
            yield from _of_walk(analysis, sheet.name, start, walked)


def mention_at(analysis: Analysis, sheet: Sheet, offset: int) -> Mention | None:
    """What is named at an offset, or just before it."""
    index = sheet.part_of(offset)
    found = None
    for walked in read(sheet.parts[index]).walks:
        for mention in _of_walk(analysis, sheet.name, sheet.starts[index], walked):
            if mention.place.span.start <= offset <= mention.place.span.end and (
                found is None or mention.place.span.start == offset
            ):
                found = mention
    return found


def all_mentions(analysis: Analysis, thing: Thing) -> list[Mention]:
    """Everywhere in the rule set where a thing is named."""
    return [
        mention for sheet in analysis.sheets.values() for mention in mentions(analysis, sheet) if mention.thing == thing
    ]


def _of_walk(analysis: Analysis, file: str, start: int, walked: Walk) -> Iterator[Mention]:
    steps = walked.steps
    for at, step in enumerate(steps):
        if step.role is None or step.first != at:
            continue
        last = at
        while last + 1 < len(steps) and steps[last + 1].first == at:
            last += 1
        written = walked.name(at)
        thing = _thing(analysis, walked, at, written)
        if thing is None:
            continue
        span = Span(start + step.token.start, start + steps[last].token.end)
        defines = step.role.endswith("definition") or step.role == "schema event"
        if steps[0].terminal == "_LIFECYCLE" or (step.role == "property" and steps[0].terminal == "_SCHEMA"):
            defines = True
        yield Mention(thing, Place(file, span), written, defines)


def _thing(analysis: Analysis, walked: Walk, at: int, written: str) -> Thing | None:
    step = walked.steps[at]
    quoted = written.startswith('"')
    name = literals.string(written)[0] if quoted and written.endswith('"') else written.strip('"')
    key = normalise(name)
    match step.role:
        case "event":
            if not quoted and key == ACTIVITY:
                return None
            if not quoted and key in analysis.names and key != _defined_here(walked):
                return Thing("definition", key)
            return Thing("raw event", key)
        case "schema event":
            return None if name == "lead" and not quoted else Thing("raw event", key)
        case "expected":
            asks_for_stage = at > 0 and walked.steps[at - 1].terminal == "_EXPECT_STAGE"
            if analysis.names.get(key) in ("segment", "score") and not asks_for_stage:
                return Thing("definition", key)
            return Thing("stage", key)
        case "stage":
            return Thing("stage", key)
        case "property":
            owner = owner_of_path(walked, "", at)
            if owner.lead:
                return Thing("trait", written)
            if len(owner.phrases) != 1:
                return None
            raw = analysis.words.raw_events_of(owner.phrases[0])
            return Thing("property", written, normalise(raw[0].name)) if len(raw) == 1 else None
        case "column" | "type" | None:
            return None
        case _:
            return Thing("definition", key)


def _defined_here(walked: Walk) -> str | None:
    """The event that a statement defines: in it that name is the raw event."""
    if not walked.steps or walked.steps[0].terminal != "_EVENT" or len(walked.steps) < 2:
        return None
    return normalise(walked.name(1)) if walked.steps[1].role == "event definition" else None
