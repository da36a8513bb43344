"""``mqlrules describe``: rules in plain English."""

from pathlib import Path

from tests.cli.conftest import Call


def test_the_rules_are_said_as_text(call: Call) -> None:
    result = call("describe", "rules.mql")
    assert (0, "") == (result.exit_code, result.stderr)
    assert "\nlooking\n    A lead becomes MEL as soon as “visited pricing” has happened.\n" in result.stdout


def test_the_rules_are_said_as_markdown(call: Call) -> None:
    result = call("describe", "rules.mql", "--output-format", "markdown")
    assert 0 == result.exit_code
    assert "\n### looking\n\nA lead becomes MEL as soon as “visited pricing” has happened.\n" in result.stdout


def test_one_rule_is_said_alone(call: Call) -> None:
    result = call("describe", "rules.mql", "--rule", "Warm")
    assert 0 == result.exit_code
    assert (True, False) == ("\nwarm\n" in result.stdout, "\nlooking\n" in result.stdout)


def test_a_rule_that_is_not_there_is_a_wrong_call(call: Call) -> None:
    result = call("describe", "rules.mql", "--rule", "wram")
    assert (2, "mqlrules: there is no rule wram. Did you mean warm?\n") == (result.exit_code, result.stderr)


def test_rules_with_mistakes_are_not_described(call: Call, folder: Path) -> None:
    (folder / "rules.mql").write_text("rule warm: visited pricing => MLQ\n")
    result = call("describe", "rules.mql")
    assert (1, "") == (result.exit_code, result.stdout)
    assert "Did you mean `MQL`?" in result.stderr


def test_rules_come_from_standard_input_too(call: Call) -> None:
    assert "“a” has happened" in call("describe", "-", stdin="a => MQL\n").stdout


def test_a_missing_file_is_a_wrong_call(call: Call) -> None:
    result = call("describe", "nowhere.mql")
    assert (2, "mqlrules: there is no file or folder nowhere.mql\n") == (result.exit_code, result.stderr)
