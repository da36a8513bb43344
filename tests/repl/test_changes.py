"""Statements that join the session, replace others, and leave it."""

from pathlib import Path

import pytest

from mqlrules.repl.data import Given
from mqlrules.ruleset import load
from tests.repl.conftest import RULES, Asked, started


def test_a_rule_joins_and_tells_how_its_condition_stands(ask: Asked) -> None:
    shown = ask("rule demo: opened email\n    and no visited pricing => SQL")
    assert shown.startswith("rule demo: new.\n1 of 3 leads now, 1 ever;")
    assert "cy  SQL since 2026-01-13 08:00 UTC, by demo" in ask(":lead cy")


def test_a_definition_replaces_the_older_one_of_its_name_and_says_so(ask: Asked) -> None:
    assert ask("segment Regular = visited pricing >= 3").startswith(
        "segment Regular: replaces the older one in rules.mql (segment regular).\n0 of 3 leads now"
    )
    assert "ada  MEL" in ask(":lead ada"), "what uses it has changed"


def test_a_name_may_come_to_mean_something_of_another_kind(ask: Asked) -> None:
    assert "event regular: replaces the older one in rules.mql (segment regular)." in ask(
        "event regular = opened email"
    )
    assert not ask.failed


def test_the_place_of_a_rule_among_the_others_stays(ask: Asked) -> None:
    ask("rule looking: visited pricing and no opened email => MEL")
    names = [rule.name for rule in ask.session.checked.program.rules]
    assert ["looking", "warm"] == names


def test_what_is_there_already_changes_nothing(ask: Asked) -> None:
    before = ask.session
    assert "rule looking: already there." == ask("rule looking:\n    visited pricing\n    => MEL")
    assert before.checked is ask.session.checked
    ask("opened email => MEL")
    assert "rule session_1: already there." == ask("opened email => MEL")


def test_rules_without_names_are_numbered_one_after_the_other(ask: Asked) -> None:
    assert ask("opened email => MEL").startswith("rule session_1: new.")
    assert ask("requested demo => SQL").startswith("rule session_2: new.")


def test_several_statements_join_together_or_not_at_all(ask: Asked) -> None:
    shown = ask("event ev = opened email\nrule one: ev => MEL\nrule two: one_more => MQL\n")
    assert "event ev: new.\nrule one: new.\nrule two: new." == shown
    before = ask.session
    ask("event fine = opened email\nrule wrong: fine => MLQ\n")
    assert ask.failed
    assert before.checked is ask.session.checked


def test_statements_may_use_each_other_in_any_order(ask: Asked) -> None:
    ask("segment later = earlier >= 2\nevent earlier = opened email or visited pricing")
    assert ask("later").startswith("1 of 3 leads now")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("rule x: opened email => MLQ", "--> <input>:1:25"),
        ("rule x:\n    warm => MQL", "--> <input>:2:5"),
        ("event a = b\nevent b = a", "--> <input>:1:"),
        ("rule x: visited pricing => MEL\nrule x: opened email => MQL", "--> <input>:2:6"),
        ('list l from "nowhere.csv"', "--> <input>:1:13"),
        ('list l from "../../etc/passwd"', "--> <input>:1:13"),
        ("lifecycle anonymous > SQL", "--> rules.mql:8:"),  # rules of the file move to other stages
    ],
)
def test_a_mistake_is_shown_where_it_was_made_and_nothing_changes(ask: Asked, text: str, place: str) -> None:
    before = ask.session
    shown = ask(text)
    assert place in shown
    assert shown.endswith("Nothing has changed.")
    assert ask.failed
    assert before.checked is ask.session.checked


def test_settings_are_replaced_as_definitions_are(ask: Asked) -> None:
    ask("lifecycle anonymous > MEL > MQL > customer")
    assert "lifecycle: replaces the older one." == ask("lifecycle anonymous > MEL > MQL > SQL, lost").split("\n")[0]
    assert ("lost",) == ask.session.checked.program.lifecycle.outside
    ask('timezone "Europe/Berlin"')
    ask('timezone "Europe/Paris"')
    assert "Europe/Paris" == ask.session.checked.program.timezone


def test_a_list_is_read_beside_the_rules(ask: Asked, folder: Path) -> None:
    (folder / "names.csv").write_text("ada\nben\n")
    assert "list friends: new." == ask('list friends from "names.csv"')
    assert "list      friends      2 values" in ask(":rules")


def test_a_schema_is_held_against_rules_that_are_there_and_says_that_the_events_were_read_before_it(ask: Asked) -> None:
    shown = ask("schema visited pricing (path: text)\nschema requested demo (path: text)")
    assert ask.failed
    assert "No schema and no definition knows an event called `attended webinar`." in shown
    assert """\
schema visited pricing: new.
The events were read before this schema was there: `:reload` reads them with it.""" == ask(
        "schema visited pricing (path: text)"
    )


def test_a_test_is_run_when_it_joins(ask: Asked) -> None:
    text = 'test "two visits"\n    day 0 visited pricing\n    day 1 visited pricing\n    expect {} on day 0'
    assert 'test "two visits": new.\n1 test, all passed.' == ask(text.format("MEL"))
    shown = ask(text.format("MQL"))
    assert shown.startswith('test "two visits": replaces the older one.\nFAILED  two visits  (<session>:1)')
    assert "1 test, 1 failed." in ask(":test")
    assert ask.failed


def test_an_event_definition_tells_how_many_leads_have_one(ask: Asked) -> None:
    assert ask("event interest = opened email or visited pricing").startswith(
        "event interest: new.\n3 of 3 leads now, 3 ever;"
    )


# -- taking out ----------------------------------------------------------------------------------------------------


def test_a_definition_is_taken_out_by_its_name(ask: Asked) -> None:
    assert "rule looking: removed." == ask(":drop looking")
    assert "ben  anonymous" in ask(":lead ben")
    assert "event keen sign: removed." == ask(":drop keen_sign")
    assert "error: There is no `keen sign`." in ask(":drop keen sign")


def test_a_rule_without_a_name_is_taken_out_by_the_one_it_was_given(ask: Asked) -> None:
    ask("opened email => MEL")
    ask(":drop session_1")
    assert ["looking", "warm"] == [rule.name for rule in ask.session.checked.program.rules]


def test_a_name_that_is_still_asked_for_means_an_event_then_and_that_is_said(ask: Asked) -> None:
    ask("rule scored: engagement >= 20 => SQL")
    assert """\
score engagement: removed.
`engagement` is still used, and now means the event of that name. `:undo` takes this back.""" == ask(":drop engagement")


def test_what_can_only_be_asked_of_a_definition_keeps_it(ask: Asked, folder: Path) -> None:
    (folder / "names.csv").write_text("software\n")
    ask('list sectors from "names.csv"')
    ask("rule listed: lead.industry in sectors => SQL")
    assert ask(":drop sectors").endswith("Nothing has changed.")
    assert ask.failed
    assert "sectors" in ask.session.checked.program.lists


def test_the_last_change_is_taken_back_and_the_one_before_it(ask: Asked) -> None:
    start = ask.session.checked
    ask("rule one: opened email => MEL")
    ask(":at 2026-01-09")
    ask(":drop looking")
    ask(":undo")
    assert ["looking", "warm", "one"] == [rule.name for rule in ask.session.checked.program.rules]
    assert ask(":at").startswith("As it was at 2026-01-09"), "where the session looks stays"
    ask(":undo")
    assert start is ask.session.checked
    ask(":undo")
    assert ask.failed


# -- the difference ------------------------------------------------------------------------------------------------


def test_the_difference_shows_the_changes_alone(ask: Asked) -> None:
    assert "Nothing has changed since the rules were loaded." == ask(":diff")
    ask("rule looking: visited pricing>=2=>MEL")
    ask("requested demo => SQL")
    assert """\
--- rules.mql
+++ rules.mql (session)
@@ -5,5 +5,5 @@
     +10 per visited pricing up to 30
     +25 for attended webinar within 90d

-rule looking: visited pricing => MEL
+rule looking: visited pricing >= 2 => MEL
 rule warm:    regular and attended webinar within 30d => MQL  # for sales
--- /dev/null
+++ <session>
@@ -0,0 +1 @@
+requested demo => SQL""" == ask(":diff")


def test_what_is_taken_out_is_missing_in_the_difference(ask: Asked) -> None:
    ask(":drop engagement")
    shown = ask(":diff")
    assert (
        "-score engagement\n-    +10 per visited pricing up to 30\n-    +25 for attended webinar within 90d\n" in shown
    )
    assert [] == [line for line in shown.splitlines()[2:] if line.startswith("+")]


# -- rules that were wrong when they were loaded -------------------------------------------------------------------


def test_rules_with_mistakes_are_loaded_without_them(folder: Path) -> None:
    (folder / "rules.mql").write_text(RULES + "rule broken: visited pricing => MLQ\n")
    ask = started(("rules.mql",), Given(("events.jsonl",)))
    assert ask("warm").startswith("0 of 3 leads now, 1 ever")
    ask("rule fine: opened email => MEL")
    assert not ask.failed, "it is not the fault of what was typed"
    assert (
        "rule broken: replaces the older one in rules.mql." == ask("rule broken: visited pricing => MQL").split("\n")[0]
    )


def test_what_was_typed_is_a_rule_set_of_its_own(bare: Asked, folder: Path) -> None:
    for text in RULES.split("\n\n"):
        bare(text)
        assert not bare.failed
    assert load("rules.mql").fingerprint == bare.session.rules.fingerprint


def test_the_plan_of_rules_that_did_not_change_is_made_once(ask: Asked) -> None:
    ask("visited pricing")
    plan = ask.session.rules.plan
    ask("opened email")
    ask(":at 2026-01-09")
    assert plan is ask.session.rules.plan
    ask("rule new: opened email => SQL")
    assert plan is not ask.session.rules.plan
    ask(":undo")
    assert plan is ask.session.rules.plan
