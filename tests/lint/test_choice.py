"""Which rules are asked, with which settings, and what ignore comments silence."""

import pytest

from mqlrules.lint.catalogue import rules
from mqlrules.lint.runner import lint
from mqlrules.lint.settings import choose
from mqlrules.text.configuration import SettingsError
from tests.lint.linting import checked, findings

EXACT = "rule a: x = 3 => MQL"


def chosen(*select: str, ignore: tuple[str, ...] = ()) -> list[str]:
    return [rule.code for rule in choose(select, ignore).rules]


def test_rules_are_named_by_code_beginning_and_name() -> None:
    assert ["L009"] == chosen("L009") == chosen("exact-count")
    assert [rule.code for rule in rules()] == chosen("L") == chosen()
    assert [code for code in chosen() if code.startswith("L01")] == chosen("L01")
    assert "L009" not in chosen(ignore=("L00",))


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"select": ["exact-cuont"]}, "unknown lint rule exact-cuont; did you mean exact-count?"),
        ({"select": "L001"}, "must be a list"),
        ({"selct": ["L001"]}, "has no setting selct; did you mean select?"),
        ({"exact-count": {"a": 1}}, "the rule exact-count has no settings"),
        ({"sales-intent-alone": {"stages": "MQL"}}, "has no setting stages; the settings are events, stage"),
        ({"sales-intent-alone": {"stage": 3}}, "stage must be text"),
        ({"sales-intent-alone": {"events": "demo"}}, "events must be a list of texts"),
        ({"sales-intent-alone": 1}, "must be a table"),
    ],
)
def test_a_wrong_setting_is_said_in_words(table: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        choose(table=table)


def test_settings_of_a_rule_are_used() -> None:
    of = checked("rule a: bought => warm\nlifecycle cold > warm\n")
    table = {"sales-intent-alone": {"events": ["bought"], "stage": "warm"}}
    assert ["L021"] == [f.rule.code for f in lint(of.files, of.program, choose(["L021"], (), table))]


def test_options_go_over_the_table_and_ignores_add_up() -> None:
    table = {"select": ["L001", "L002"], "ignore": ["L009"]}
    assert ["L001", "L002"] == [rule.code for rule in choose(table=table).rules]
    assert ["L010"] == [rule.code for rule in choose(["L009", "L010"], (), table).rules]


@pytest.mark.parametrize(
    "text",
    [
        f"{EXACT}  # mql: ignore[exact-count]\n",
        f"{EXACT}  # mql: ignore[L009] as agreed\n",
        f"# mql: ignore[exact-count]\n{EXACT}\n",
        f"# mql: ignore[exact-count]\n# why: it is so\n\n{EXACT}\n",
        f"{EXACT}  # mql:ignore[needless-count, exact-count]\n",
        "rule a:\n    # mql: ignore[exact-count]\n    x = 3 => MQL\n",
    ],
)
def test_an_ignore_comment_silences_its_line(text: str) -> None:
    assert [] == findings(text, "L009")


@pytest.mark.parametrize(
    "text",
    [
        f"{EXACT}  # mql: ignore[needless-count]\n",
        f"{EXACT}\n# mql: ignore[exact-count]\n",
        f"# mql: ignore[exact-count]\nrule b: y => MQL\n{EXACT}\n",
        f"{EXACT}  # ignore[exact-count]\n",
    ],
)
def test_it_silences_no_other_line_and_no_other_rule(text: str) -> None:
    assert ["L009"] == [found.rule.code for found in findings(text, "L009")]


def test_what_silences_nothing_is_said() -> None:
    text = f"{EXACT}  # mql: ignore[exact-count, needless-count, exact-cont]\n"
    words = [found.diagnostic.message for found in findings(text) if found.rule.code == "L029"]
    assert [
        "`# mql: ignore[needless-count]` silences nothing on line 1.",
        "`# mql: ignore[exact-cont]` silences nothing on line 1.",
    ] == words


def test_a_rule_that_is_not_asked_may_have_something_to_silence() -> None:
    assert [] == findings(f"{EXACT}  # mql: ignore[exact-count]\n", "L029")
    assert [] == findings("rule a: x => MQL  # mql: ignore[unknown-event]\n", "L029", "L024")
