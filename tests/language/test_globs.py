"""Globs: what they match, and that no text makes them slow."""

import random

import pytest

from mqlrules.language.tests import matches


def by_definition(value: str, pattern: str) -> bool:
    """Section 4, word for word: `*` any run, `?` one character, the whole value."""
    if not pattern:
        return not value
    if pattern[0] == "*":
        return any(by_definition(value[at:], pattern[1:]) for at in range(len(value) + 1))
    return bool(value) and pattern[0] in ("?", value[0]) and by_definition(value[1:], pattern[1:])


def test_a_glob_matches_as_the_language_defines_it() -> None:
    dice = random.Random(7)
    for _ in range(20_000):
        value = "".join(dice.choices("ab", k=dice.randrange(8)))
        pattern = "".join(dice.choices("ab?*", k=dice.randrange(7)))
        assert by_definition(value, pattern) == matches(value, pattern), (value, pattern)


class Counted(str):
    """A text that counts how often one of its characters is looked at."""

    looks = 0

    def __getitem__(self, at: object) -> str:
        Counted.looks += 1
        return str.__getitem__(self, at)  # type: ignore[index]


@pytest.mark.parametrize("pattern", ["*a*a*a*b", "*" + "a" * 500 + "b*", "*" + "a?" * 250 + "b*", "*a?a*a?b*?b"])
def test_a_long_text_is_looked_at_once_for_each_piece(pattern: str) -> None:
    Counted.looks = 0
    assert not matches(Counted("a" * 20_000), pattern)
    assert Counted.looks <= 20_000 * (pattern.count("*") + 1)
