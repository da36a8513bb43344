"""The tests of a property or trait, one record each (section 4)."""

from collections.abc import Callable
from typing import Any

import attrs

from mqlrules.language.values import is_missing


@attrs.frozen
class TextTest:
    """A test of text. ``meaning(value, text)`` is asked with two texts, already folded where the test ignores case."""

    words: str
    english: str
    negated_english: str
    meaning: Callable[[str, str], bool]
    member: bool
    """Whether it also asks a list for a member."""
    example: str


def matches(value: str, pattern: str) -> bool:
    """Whether a glob matches the whole of a text, in time proportional to the product of their lengths."""
    at = star = mark = after_star = 0
    seen_star = False
    while at < len(value):
        if star < len(pattern) and pattern[star] == "*":
            seen_star, after_star, mark = True, star + 1, at
            star += 1
        elif star < len(pattern) and pattern[star] in ("?", value[at]):
            at, star = at + 1, star + 1
        elif seen_star:
            mark += 1
            at, star = mark, after_star
        else:
            return False
    return all(c == "*" for c in pattern[star:])


TEXT_TESTS: dict[str, TextTest] = {
    test.words: test
    for test in (
        TextTest(
            "contains", "contains", "does not contain", lambda value, text: text in value, True,
            'page_viewed where (path contains "pricing")',
        ),
        TextTest(
            "starts with", "starts with", "does not start with", lambda value, text: value.startswith(text), False,
            'page_viewed where (path starts with "/docs/")',
        ),
        TextTest(
            "ends with", "ends with", "does not end with", lambda value, text: value.endswith(text), False,
            'lead.email ends with "@example.com" ignoring case',
        ),
        TextTest(
            "matches", "matches", "does not match", matches, False,
            'page_viewed where (path matches "/pricing*")',
        ),
    )
}  # fmt: skip


def text_test(value: Any, words: str, text: str, ignoring_case: bool) -> bool:
    """Whether a text test holds of a value in data: false of what is missing and of what is neither text nor a fitting
    list.
    """
    if is_missing(value):
        return False
    test = TEXT_TESTS[words]
    fold: Callable[[str], str] = str.casefold if ignoring_case else str
    if isinstance(value, str):
        return test.meaning(fold(value), fold(text))
    if test.member and isinstance(value, (list, tuple)):
        return any(isinstance(member, str) and fold(member) == fold(text) for member in value)
    return False
