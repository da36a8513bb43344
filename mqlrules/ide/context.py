"""The situation at an offset of a text that is being written: what stands before it, and what could stand there."""

from collections.abc import Callable

import attrs

from mqlrules.ide.sections import part_at
from mqlrules.ide.walk import Role, Walk, condition_piece, next_role, pieces, walk
from mqlrules.syntax import literals
from mqlrules.syntax.layout import Piece
from mqlrules.syntax.lexer import Token

Read = Callable[[str], tuple[str, list[Piece], list[Token]]]

_NEEDED_AFTER = {"1d": frozenset(("_FOR", "_UP_TO", "_ON", "_DAY")), '"': frozenset(("_FROM",))}
"""Keywords that are keywords only before a number, or a string: that is put at the place to see how it is read."""

_BEGINNINGS = frozenset((
    "as", "ends", "expect", "halve", "ignoring", "is", "older", "recycle", "starts", "up", "with",
))  # fmt: skip
"""The first words of keywords that have two."""


@attrs.frozen
class Situation:
    """``start`` is where the word begins that is being written (or the string, its quote included), ``offset`` where
    the cursor is, ``typed`` what stands between. ``walked`` is what stands before in the same piece, ``expected`` the
    terminals that can follow it, ``gotos`` what the automaton could make there. ``role`` is what a word here would
    be part of, and ``begins`` where the name or phrase starts that it would go on with. ``after`` is the rest of the
    line.
    """

    start: int
    offset: int
    typed: str
    in_string: bool
    walked: Walk
    expected: frozenset[str]
    gotos: frozenset[str]
    role: Role | None
    begins: int
    column: int
    after: str

    @property
    def before(self) -> str | None:
        """The terminal before the place."""
        return self.walked.steps[-1].terminal if self.walked.steps else None


def situations(text: str, offset: int) -> list[Situation]:
    """How a place in a rule file's text can be read: not at all in a comment, mostly one way, at times two."""
    start, end = part_at(text, offset)
    return [_moved(found, start) for found in _situations(text[start:end], offset - start, pieces)]


def condition_situations(text: str, offset: int) -> list[Situation]:
    """The same of the text of a condition alone."""
    return _situations(text, offset, condition_piece)


def _moved(situation: Situation, by: int) -> Situation:
    steps = tuple(
        attrs.evolve(step, token=step.token._replace(start=step.token.start + by, end=step.token.end + by))
        for step in situation.walked.steps
    )
    return attrs.evolve(
        situation,
        start=situation.start + by,
        offset=situation.offset + by,
        begins=situation.begins + by,
        walked=attrs.evolve(situation.walked, steps=steps),
    )


def _situations(text: str, offset: int, read: Read) -> list[Situation]:
    line = text.rfind("\n", 0, offset) + 1
    stop = text.find("\n", offset)
    after = text[offset : stop if stop >= 0 else len(text)]
    start = _string_start(text, line, offset)
    if start is not None:
        inside = _situation(text, start, offset, after, line, '"', read)
        return [] if inside is None else [inside]
    if "#" in _outside_strings(text[line:offset]):
        return []
    start = offset
    while start > line and (text[start - 1].isalnum() or text[start - 1] in "_-." or not text[start - 1].isascii()):
        start -= 1
    written = text[start:offset]
    if written[:1].isalpha() or written[:1] == "_":
        # A dot ends a word; in a number it does not.
        start += written.rfind(".") + 1
    elif written[:1] == ".":
        start += written.rfind(".") + 1
    elif written[:1] == "-":
        start = offset
    if not text[start:offset] or text[start].isdigit():
        for stand_in, before in _NEEDED_AFTER.items():
            way = _situation(text, start, offset, after, line, stand_in, read)
            if way is not None and way.before in before:
                return [way]
    begun = _keyword_begun(text, line, start)
    ways = [_situation(text, at, offset, after, line, "x", read) for at in (*begun, start)]
    found = [way for way in ways if way is not None]
    if len(found) > 1 and found[-1].walked.steps[-1].terminal is None:
        found.pop()  # The first word of the keyword means nothing else.
    return found


def _keyword_begun(text: str, line: int, start: int) -> list[int]:
    """Where a keyword of two words may have been begun, with the word before the one that is being written."""
    words = text[line:start]
    word = words.rstrip()
    begun = len(word) - len(word.split()[-1]) if word and word != words else None
    return [line + begun] if begun is not None and word[begun:] in _BEGINNINGS else []


def _string_start(text: str, line: int, offset: int) -> int | None:
    """Where the string starts in which an offset lies, or None."""
    at = line
    opened: int | None = None
    while at < offset:
        character = text[at]
        if opened is None and character == "#":
            return None
        if character == '"':
            opened = at if opened is None else None
        elif character == "\\" and opened is not None:
            at += 1
        at += 1
    return opened


def _outside_strings(text: str) -> str:
    kept = []
    within = False
    escaped = False
    for character in text:
        if within:
            within = character != '"' or escaped
            escaped = character == "\\" and not escaped
        elif character == '"':
            within = True
        else:
            kept.append(character)
    return "".join(kept)


def _situation(
    text: str, start: int, offset: int, after: str, line: int, stand_in: str, read: Read
) -> Situation | None:
    # A blank goes before the word: a sign may stand right before it.
    filled = text[:start] + ('""' if stand_in == '"' else stand_in)
    clean, cut, _ = read(filled)
    if not cut or not cut[-1].tokens or cut[-1].tokens[-1].start != start:
        return None
    piece = cut[-1]
    walked = walk(clean, Piece(piece.start, piece.tokens[:-1]))
    if walked.steps and walked.steps[-1].token.end > start:
        return None
    role, begins = next_role(walked, "STRING" if stand_in == '"' else "WORD")
    return Situation(
        start=start,
        offset=offset,
        typed=_string_text(text[start:offset]) if stand_in == '"' and text[start:offset] else text[start:offset],
        in_string=stand_in == '"' and text[start : start + 1] == '"',
        walked=walked,
        expected=walked.position.expected,
        gotos=walked.position.choices,
        role=role,
        begins=start if begins is None else begins,
        column=start - line,
        after=after,
    )


def _string_text(written: str) -> str:
    text, _ = literals.string(f'{written}"' if not written.endswith("\\") else f'{written}\\"')
    return text
