"""Close names: what an author may have meant (section 10)."""

import pytest

from mqlrules.language.suggest import Suggestions, TypoIndex, closest, is_typo


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("mql", "MQL"), ("MQLL", "MQL"), ("SLQ", "SQL"), ("ideal-customer", "ideal_customer"),
        ("idael_customr", "ideal_customer"), ("customer_ideal", "ideal_customer"),
        ("churned", None), ("", None), ("X", None),
    ],
)  # fmt: skip
def test_the_nearest_name_is_meant(name: str, meant: str | None) -> None:
    assert meant == closest(name, ["MQL", "SQL", "ideal_customer"])


@pytest.mark.parametrize(
    ("one", "other", "slip"),
    [
        ("opened email", "opend email", True), ("opened email", "opened emial", True),
        ("opened email", "openedemail", True), ("opened email", "opened e mail", True),
        ("opened email", "opened emaill", True), ("opened email", "open email", False),
        ("opened email", "opened email", False), ("step 1", "step 2", False), ("bought plan a", "bought plan b", False),
        ("level10", "level11", False), ("signed in", "signed on", False),
    ],
)  # fmt: skip
def test_a_slip_is_one_letter_or_two_that_are_swapped(one: str, other: str, slip: bool) -> None:
    assert (slip, slip) == (is_typo(one, other), is_typo(other, one))
    assert (other if slip else None) == TypoIndex(["unlike", other]).find(one)


def test_names_are_not_searched_without_end() -> None:
    suggestions = Suggestions(left=3)
    assert "MQL" == suggestions.closest("MQLL", ["MCL", "MQL"])
    assert None is suggestions.closest("MQLL", ["MCL", "MQL"])
    assert 0 == suggestions.left
