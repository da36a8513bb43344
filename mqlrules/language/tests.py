"""The tests of a property or trait, one record each (section 4). Comparisons are in ``mqlrules.language.operators``."""

from collections.abc import Callable
from typing import Any, Literal

import attrs

from mqlrules.language.record import Record
from mqlrules.language.values import is_missing


@attrs.frozen(eq=False, repr=False, kw_only=True)
class TextTestRecord(Record):
    """A test of text. ``meaning(value, text)`` is asked with two texts, both folded where the test ignores case."""

    english: str
    negated_english: str
    meaning: Callable[[str, str], bool]
    end: Literal["start", "end", "any", "glob"]
    """Where in the value the text must be: at its start, its end, anywhere; or the text is a glob for all of it."""
    asks_members: bool = False
    """Whether it also asks a list for a member."""


@attrs.frozen(eq=False, repr=False, kw_only=True)
class PresenceRecord(Record):
    """``is known`` or ``is missing``."""

    known: bool


# -- globs ---------------------------------------------------------------------------------------------------------


def matches(value: str, pattern: str) -> bool:
    """Whether a glob matches the whole of a text, in time that grows with the length of the text alone.

    ``*`` is any run of characters, ``?`` a single one. What lies between two stars is found where it comes first.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return len(value) == len(pattern) and _is_at(value, 0, pattern)
    *middle, last = rest
    at, end = len(first), len(value) - len(last)
    if at > end or not _is_at(value, 0, first) or not _is_at(value, end, last):
        return False
    for piece in middle:
        at = _found(value, piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def _is_at(value: str, at: int, piece: str) -> bool:
    if "?" not in piece:
        return value.startswith(piece, at)
    return all(sign in ("?", character) for sign, character in zip(piece, value[at : at + len(piece)], strict=True))


def _found(value: str, piece: str, start: int, end: int) -> int:
    """Where a piece with no ``*`` comes first within ``value[start:end]``; -1 where it doesn't."""
    if "?" not in piece:
        return value.find(piece, start, end)
    # Bit k of `begun`: the last k + 1 characters read are as the piece begins (Baeza-Yates and Gonnet, 1992).
    anything = sum(1 << k for k, sign in enumerate(piece) if sign == "?")
    fits: dict[str, int] = {}
    for k, sign in enumerate(piece):
        if sign != "?":
            fits[sign] = fits.get(sign, anything) | 1 << k
    whole, begun = 1 << (len(piece) - 1), 0
    for at in range(start, end):
        begun = (begun << 1 | 1) & fits.get(value[at], anything)
        if begun & whole:
            return at + 1 - len(piece)
    return -1


# -- records -------------------------------------------------------------------------------------------------------

TEXT_TESTS: dict[str, TextTestRecord] = {
    record.name: record
    for record in (
        TextTestRecord(
            name="contains",
            terminal="CONTAINS",
            english="contains",
            negated_english="does not contain",
            means="The text has this in it; a list has this member.",
            meaning=lambda value, text: text in value,
            end="any",
            asks_members=True,
            example='page_viewed where (path contains "pricing")',
        ),
        TextTestRecord(
            name="starts with",
            terminal="STARTS_WITH",
            english="starts with",
            negated_english="does not start with",
            means="The text begins with this.",
            meaning=lambda value, text: value.startswith(text),
            end="start",
            example='page_viewed where (path starts with "/docs/")',
        ),
        TextTestRecord(
            name="ends with",
            terminal="ENDS_WITH",
            english="ends with",
            negated_english="does not end with",
            means="The text ends with this.",
            meaning=lambda value, text: value.endswith(text),
            end="end",
            example='lead.email ends with "@example.com" ignoring case',
        ),
        TextTestRecord(
            name="matches",
            terminal="MATCHES",
            english="matches",
            negated_english="does not match",
            means="The whole text is like this: `*` stands for any run of characters, `?` for one.",
            meaning=matches,
            end="glob",
            example='page_viewed where (path matches "/pricing*")',
        ),
    )
}

PRESENCE: dict[bool, PresenceRecord] = {
    record.known: record
    for record in (
        PresenceRecord(
            name="is known",
            terminal="_IS_KNOWN",
            known=True,
            means="There is a value.",
            example="lead.email is known",
        ),
        PresenceRecord(
            name="is missing",
            terminal="_IS_MISSING",
            known=False,
            means="There is no value: the only test that a missing property passes.",
            example="lead.email is missing",
        ),
    )
}


def text_test(value: Any, test: TextTestRecord, text: str, ignoring_case: bool) -> bool:
    """Whether a text test holds of a value in data: false of what is missing and of what is neither text nor a fitting
    list.
    """
    if is_missing(value):
        return False
    fold: Callable[[str], str] = str.casefold if ignoring_case else str
    if isinstance(value, str):
        return test.meaning(fold(value), fold(text))
    if test.asks_members and isinstance(value, (list, tuple)):
        return any(isinstance(member, str) and fold(member) == fold(text) for member in value)
    return False
