"""How findings are shown to a person."""

from mqlrules.lint.output import text
from tests.lint.linting import findings


def test_many_hints_of_one_rule_are_shown_as_one() -> None:
    rules = "".join(f"rule r{k}: x >= {k + 2} => MQL\n" for k in range(5))
    shown = text.show(findings(rules, "L019"))
    assert 1 == shown.count("hint[L019]")
    assert "4 more like this: rules.mql lines 2, 3, 4, 5" in shown
    assert "5 hints in 1 file." == shown.splitlines()[-1]


def test_warnings_are_all_shown() -> None:
    rules = "".join(f"rule r{k}: x = {k + 2} => MQL\n" for k in range(5))
    assert 5 == text.show(findings(rules, "L009")).count("warning[L009]")


def test_the_sum_says_what_can_be_fixed() -> None:
    shown = text.summary(findings("rule a: x = 3 and y >= 1 => MQL\n", "L009", "L010"))
    assert (
        "1 warning, 1 hint in 1 file. --fix fixes 1 of them. --fix --unsafe-fixes fixes 2; review the changes."
    ) == shown
    assert "Nothing found." == text.summary([])
