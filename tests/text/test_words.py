"""Counted nouns and lists in messages."""

import pytest

from mqlrules.text.words import counted, listed


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "0 leads"), (1, "1 lead"), (2, "2 leads"), (12_345, "12,345 leads"),
        ("+1", "+1 lead"), ("-1", "-1 lead"), ("0.5", "0.5 leads"),
    ],
)  # fmt: skip
def test_a_counted_noun_is_plural_unless_there_is_one(number: int | str, expected: str) -> None:
    assert expected == counted(number, "lead")


def test_the_last_two_things_of_a_list_are_joined_by_a_word() -> None:
    assert ["a", "a and b", "a, b or c"] == [listed("a"), listed("ab"), listed("abc", "or")]
