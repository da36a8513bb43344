"""What an explanation says: the parts with their values, the verdicts in words, the lifecycle."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import mqlrules
from mqlrules import Explanation, Part, RuleExplanation
from mqlrules.explain.document import as_markdown
from mqlrules.explain.explanation import explain_condition
from mqlrules.explain.pages import page
from mqlrules.explain.records import record

JANUARY = "2026-01-{:02}T{}:00Z"


def events(*lines: str, lead: str = "ada", **properties: Any) -> list[dict[str, Any]]:
    """``"5 09:12 visited pricing"``: on that day of January 2026."""
    made = []
    for line in lines:
        day, clock, name = line.split(" ", 2)
        made.append({"lead": lead, "time": JANUARY.format(int(day), clock), "event": name, **properties})
    return made


def told(rules: str, happened: list[dict[str, Any]], **asked: Any) -> RuleExplanation:
    explanation = mqlrules.loads(rules).explain(happened, lead="ada", **asked)
    return explanation.rules[0]


def lines(part: Part) -> list[tuple[str, str, bool | None]]:
    return [(part.kind, part.value, part.holds), *(line for inner in part.parts for line in lines(inner))]


# -- parts ---------------------------------------------------------------------------------------------------------


def test_a_count_says_how_many_of_how_many_and_when() -> None:
    rule = told("rule r: visited >= 3 within 7d => MQL", events("5 09:00 visited", "6 10:00 visited"))
    assert [("count", "2 of 3: 5 Jan, 6 Jan", False)] == lines(rule.tree)
    assert "“visited” has happened at least 3 times in the last 7 days" == rule.tree.asks


def test_events_of_one_day_are_told_apart_by_the_clock() -> None:
    rule = told("rule r: visited >= 3 => MQL", events("5 09:00 visited", "5 10:30 visited"))
    assert "2 of 3: 5 Jan 09:00, 5 Jan 10:30" == rule.tree.value


def test_more_events_than_needed_are_not_a_fraction() -> None:
    happened = events(*(f"{day} 09:00 visited" for day in range(1, 7)))
    assert "6 (needs 1): 2 earlier, 3 Jan, 4 Jan, 5 Jan, 6 Jan" == told("rule r: visited => MQL", happened).tree.value
    days = told("rule r: days(visited) > 3 => MQL", happened).tree.value
    assert "6 (needs 4): 2 earlier, 3 Jan, 4 Jan, 5 Jan, 6 Jan" == days


def test_of_many_events_the_latest_are_named() -> None:
    rule = told("rule r: visited >= 9 => MQL", events(*(f"{day} 09:00 visited" for day in range(1, 8))))
    assert "7 of 9: 3 earlier, 4 Jan, 5 Jan, 6 Jan, 7 Jan" == rule.tree.value


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("sum(n of bought) >= 500", "300, of 2 events: 5 Jan, 6 Jan"),
        ("avg(n of bought) >= 500", "150, of 2 events: 5 Jan, 6 Jan"),
        ("max(n of bought) >= 500", "200, of 2 events: 5 Jan, 6 Jan"),
        ('last(plan of bought) = "pro"', "“basic”, of 2 events: 5 Jan, 6 Jan"),
        ("distinct(plan of bought) >= 3", "1, of 2 events: 5 Jan, 6 Jan"),
        ("days(bought) >= 3", "2 of 3: 5 Jan, 6 Jan"),
        ("min(other of bought) < 5", "none"),
        ("lead.size >= 5", "unknown"),
    ],
)
def test_a_part_shows_its_value(condition: str, value: str) -> None:
    happened = [
        *events("5 09:00 bought", n=100, plan="basic"),
        *events("6 09:00 bought", n=200, plan="basic"),
    ]
    rule = told(f"rule r: {condition} and never => MQL", happened)
    assert value == rule.tree.parts[0].value


def test_a_score_shows_each_line_with_its_points() -> None:
    rules = """\
score warmth
    +10 per visited up to 15
    +5 for mailed
    +7 if lead.vip
    between 0 and 12
rule r: warmth >= 50 => MQL
"""
    rule = told(rules, events("5 09:00 visited", "6 09:00 visited", "7 09:00 mailed"))
    assert [
        ("score", "12 points (the lines add up to 20)", False),
        ("line", "15 (capped, from 20): 5 Jan, 6 Jan", None),
        ("line", "5: 7 Jan", None),
        ("line", "0", None),
        ("trait", "unknown", False),
    ] == lines(rule.tree)


def test_a_sequence_shows_how_far_the_best_attempt_came_and_when_it_runs_out() -> None:
    rule = told(
        "rule r: (a then b then c) within 14d => MQL", events("5 09:00 a", "6 09:00 b", "7 09:00 a", "8 09:00 other")
    )
    assert [
        ("sequence", "2 of 3 steps", False),
        ("step", "5 Jan", True),
        ("step", "6 Jan", True),
        ("step", "not yet; it must come before 19 Jan 2026, 09:00", False),
    ] == lines(rule.tree)


def test_a_sequence_that_ran_out_says_since_when() -> None:
    rule = told("rule r: a then within 2d b => MQL", events("5 09:00 a", "9 09:00 other"))
    assert "not yet; too late since 7 Jan 2026, 09:00" == rule.tree.parts[1].value


def test_a_silence_says_what_broke_it() -> None:
    rule = told("rule r: added then no bought for 2d => MQL", events("5 09:00 added", "6 09:00 bought"))
    assert "broken by “bought” on 6 Jan 2026, 09:00" == rule.tree.parts[1].value


def test_with_same_shows_the_values_that_come_nearest() -> None:
    happened = [
        *events("5 09:00 viewed", "6 09:00 viewed", sku="A"),
        *events("7 09:00 viewed", sku="B"),
        *events("8 09:00 viewed"),
    ]
    rule = told("rule r: viewed >= 3 with same sku => MQL", happened)
    assert [
        ("same", "0 of 2 values", False),
        ("value", "", False),
        ("count", "1 of 3: 7 Jan", False),
        ("value", "", False),
        ("count", "2 of 3: 5 Jan, 6 Jan", False),
    ] == lines(rule.tree)
    assert ["sku “B”", "sku “A”"] == [part.asks for part in rule.tree.parts]
    assert "with one more “viewed” with sku “A”" in [way.sentence for way in rule.verdict.suggestions]


def test_what_is_denied_is_said_and_judged_the_other_way_round() -> None:
    rule = told("rule r: not (a and b) and not c within 3d => MQL", events("5 09:00 a", "6 09:00 c"))
    assert ("all", "1 of 2", False) == lines(rule.tree)[0]
    either, denied = rule.tree.parts
    assert ("any", True, [False, True]) == (either.kind, either.holds, [part.holds for part in either.parts])
    assert ("“c” has not happened in the last 3 days", False) == (denied.asks, denied.holds)


def test_a_part_knows_since_when_and_until_when_and_when_it_was_true_before() -> None:
    happened = events("1 00:00 a", "10 00:00 a", "11 00:00 other")
    part = told("rule r: a within 3d and never => MQL", happened).tree.parts[0]
    day = 86_400_000_000
    start = 1_767_225_600_000_000
    assert (True, start + 9 * day, start + 12 * day) == (part.holds, part.since, part.until)
    assert [(start, start + 3 * day), (start + 9 * day, None)] == [(span.start, span.end) for span in part.spans]
    assert part.since_at is not None
    assert "2026-01-10T00:00:00+00:00" == part.since_at.isoformat()


# -- verdicts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "kind", "sentence"),
    [
        (
            "rule r: visited => MQL",
            "holds",
            "Has held since 5 Jan 2026, 09:00, and stays that way if nothing happens. Based on “visited” (5 Jan).",
        ),
        (
            "rule r: visited within 3d => MQL",
            "holds",
            "Has held since 5 Jan 2026, 09:00, and will hold until 8 Jan 2026, 09:00 if nothing happens. "
            "Based on “visited” (5 Jan).",
        ),
        (
            "rule r: visited then no bought for 2d => MQL",
            "pending",
            "Pending: it will hold on 7 Jan 2026, 09:00 unless “bought” happens first.",
        ),
        (
            "rule r: visited >= 2 within 7d => MQL",
            "would hold",
            "Would hold with one more “visited” before 12 Jan 2026, 09:00.",
        ),
        ("rule r: visited then bought => MQL", "would hold", "Would hold with one “bought”."),
        (
            "rule r: lead.employees >= 200 and visited => MQL",
            "would hold",
            "Would hold if lead.employees were at least 200 (now unknown).",
        ),
        (
            "rule r: sum(amount of bought) >= 500 => MQL",
            "would hold",
            "Would hold with one “bought” with amount at least 500.",
        ),
        (
            "rule r: visited during 2026-02-01 to 2026-02-28 => MQL",
            "would hold",
            "Would hold with one more “visited” no earlier than 1 Feb 2026, 00:00 and before 1 Mar 2026, 00:00.",
        ),
        (
            "rule r: bought before visited => MQL",
            "cannot",
            "Can no longer hold: “bought”: only events before the first “visited” count, "
            "which was on 5 Jan 2026, 09:00.",
        ),
        (
            "rule r: bought during 2025-12-01 to 2025-12-31 => MQL",
            "cannot",
            "Can no longer hold: “bought”: its dates ended on 1 Jan 2026, 00:00.",
        ),
        (
            "rule r: no visited => MQL",
            "cannot",
            "Can no longer hold: “visited” has already happened once.",
        ),
        (
            "rule r: first(plan of visited) = 2 => MQL",
            "cannot",
            "Can no longer hold: the first plan of “visited” is 1, from 5 Jan 2026, 09:00, and can't change.",
        ),
        (
            "score s\n    +10 per visited up to 15\nrule r: s >= 20 => MQL",
            "cannot",
            "Can no longer hold: no lead can ever meet it.",
        ),
    ],
)
def test_a_verdict_is_one_sentence(rules: str, kind: str, sentence: str) -> None:
    verdict = told(rules, events("5 09:00 visited", plan=1)).verdict
    assert (kind, sentence) == (verdict.kind, verdict.sentence)


def test_the_way_with_the_fewest_events_comes_first() -> None:
    rule = told("rule r: (a and b and c) or (visited >= 2) => MQL", events("5 09:00 visited"))
    assert [1, 3] == [len(way.events) for way in rule.verdict.suggestions]


def test_a_suggestion_can_be_fed_as_it_stands() -> None:
    rules = mqlrules.loads(
        'event pricing = page_viewed where (path starts with "/pricing" and duration >= 10s)\n'
        "rule r: pricing >= 2 => MQL\n"
    )
    happened = [{**one, "path": "/pricing", "duration": 30} for one in events("5 09:00 page_viewed")]
    [way] = rules.explain(happened, lead="ada").rules[0].verdict.suggestions
    assert ("page_viewed", {"path": "/pricing", "duration": 10}) == (way.events[0].event, way.events[0].properties)
    assert ["MQL"] == [move.to_stage for move in rules.evaluate([*happened, *way.events]).transitions]


def test_where_no_way_is_found_that_is_no_proof() -> None:
    verdict = told("rule r: visited >= 5000 => MQL", events("5 09:00 visited")).verdict
    assert ("would hold", ()) == (verdict.kind, verdict.suggestions)
    assert verdict.sentence.startswith("Does not hold. No combination of up to 3 more events was found")


# -- the lifecycle -------------------------------------------------------------------------------------------------

LADDER = "lifecycle cold > warm > hot, lost\n"


def test_without_a_name_the_rules_of_the_next_stage_are_explained() -> None:
    rules = mqlrules.loads(f"{LADDER}rule a: x => warm\nrule b: y => warm\nrule c: z => hot\n")
    assert ["a", "b"] == [rule.name for rule in rules.explain(events("5 09:00 q"), lead="ada").rules]
    assert ["c"] == [rule.name for rule in rules.explain(events("5 09:00 x"), lead="ada").rules]
    top = rules.explain(events("5 09:00 z"), lead="ada")
    assert (["c"], ("No rule moves a lead on from hot. These are the rules that lead to it.",)) == (
        [rule.name for rule in top.rules],
        top.notes,
    )


def test_a_rule_that_fired_says_when_and_on_what() -> None:
    rule = told(f"{LADDER}rule a: x => warm\n", events("5 09:00 x"), rule="a")
    assert ("It moved the lead from cold to warm on 5 Jan 2026, 09:00, based on “x” (5 Jan).",) == rule.notes
    assert ["warm"] == [move.to_stage for move in rule.fired]


def test_a_rule_that_held_and_moved_nobody_says_why() -> None:
    rule = told(f"{LADDER}rule a: x => warm\nrule b: x => hot\n", events("5 09:00 x"), rule="a")
    assert (
        "On 5 Jan 2026, 09:00 it could have moved the lead too, but b won and moved it to hot.",
        "It doesn't move the lead: the lead has been in hot since 5 Jan 2026, 09:00 (moved by b), "
        "and a rule never moves a lead down.",
    ) == rule.notes


def test_a_rule_for_another_stage_is_reached_through_it() -> None:
    rules = f"{LADDER}rule a: x => warm\nrule b: when warm for 2d, y => hot\n"
    rule = told(rules, events("5 09:00 q"), rule="b")
    assert ("stage", "cold, since 5 Jan 2026, 09:00", False) == lines(rule.tree)[1]
    assert "with one “x”, then one “y”" in rule.verdict.sentence
    way = rule.verdict.suggestions[0]
    played = mqlrules.loads(rules).evaluate([*events("5 09:00 q"), *way.events], as_of=way.holds_at)
    assert "hot" == played.stage("ada")


def test_a_rule_that_moved_the_lead_out_of_its_stage_holds_while_its_condition_does() -> None:
    rules = f"{LADDER}rule a: x => warm\nrule b: when warm, y within 3d => hot\n"
    happened = [*events("5 09:00 x", "6 09:00 y")]
    rule = told(rules, happened, rule="b")
    assert ("holds", True) == (rule.verdict.kind, rule.tree.holds)
    assert "it was, until this rule moved it to hot on 6 Jan 2026, 09:00" == rule.tree.parts[0].value
    later = told(rules, happened, rule="b", at="2026-01-20")
    assert ("cannot", False) == (later.verdict.kind, later.tree.holds)


def test_before_its_first_event_no_time_passes_for_a_lead() -> None:
    rules = mqlrules.loads(f"{LADDER}rule b: when cold for 2d, no y => hot\n")
    verdict = rules.explain(events("5 09:00 x"), lead="ada", at="2026-01-01").rules[0].verdict
    assert "would hold" == verdict.kind


def test_a_stage_that_is_passed_is_too_late() -> None:
    rule = told(f"{LADDER}rule a: x => hot\nrule b: when warm, y => hot\n", events("5 09:00 x"), rule="b")
    assert ("cannot", ("it needs a lead in warm; this lead is in hot, and no rule leads back",)) == (
        rule.verdict.kind,
        rule.verdict.reasons,
    )


def test_a_lead_outside_of_the_ladder_is_moved_by_nothing() -> None:
    explanation = mqlrules.loads(f"{LADDER}rule a: x => lost\nrule b: y => hot\n").explain(
        events("5 09:00 x"), lead="ada", rule="b"
    )
    assert "cannot" == explanation.rules[0].verdict.kind
    assert "outside the ladder" in explanation.rules[0].verdict.sentence


def test_time_in_a_stage_is_waited_for() -> None:
    rules = f"{LADDER}rule a: x => warm\nrule b: when warm for 3d, no y within 2d => hot\n"
    rule = told(rules, events("5 09:00 x"), rule="b")
    assert "Pending: it will hold on 8 Jan 2026, 09:00 unless “y” happens first." == rule.verdict.sentence


def test_after_a_recycle_the_history_is_fresh() -> None:
    rules = f"{LADDER}rule up: x >= 2 => hot\nrule back: when hot for 2d, no x within 2d => recycle to warm\n"
    explanation = mqlrules.loads(rules).explain(events("1 00:00 x", "2 00:00 x", "9 00:00 x"), lead="ada", rule="up")
    assert ("warm", 2) == (explanation.stage, explanation.begins)
    assert "1 of 2: 9 Jan" == explanation.rules[0].tree.value
    assert explanation.notes[0].startswith("A recycle on 4 Jan 2026, 00:00 reset the lead")


def test_what_time_will_do_is_announced() -> None:
    explanation = mqlrules.loads("rule cart: added then no bought for 2d => MQL").explain(
        events("5 09:00 added"), lead="ada"
    )
    assert ("If nothing happens, cart moves the lead to MQL on 7 Jan 2026, 09:00.",) == explanation.notes


# -- asking --------------------------------------------------------------------------------------------------------


def test_an_unknown_lead_or_rule_is_a_lookup_error_with_a_close_name() -> None:
    rules = mqlrules.loads("rule warm: x => MQL")
    with pytest.raises(LookupError, match=r"lead 'adda' has no events and no traits. Did you mean 'ada'\?"):
        rules.explain(events("5 09:00 x"), lead="adda")
    with pytest.raises(LookupError, match=r"unknown rule 'worm'. Did you mean 'warm'\?"):
        rules.explain(events("5 09:00 x"), lead="ada", rule="worm")
    with pytest.raises(LookupError, match=r"lead '7' has no events and no traits. Did you mean 7\?"):
        rules.explain([{"lead": 7, "time": 0, "event": "x"}], lead="7")


def test_a_lead_may_be_asked_for_before_its_first_event() -> None:
    explanation = mqlrules.loads("rule warm: x => MQL").explain(events("5 09:00 x"), lead="ada", at="2026-01-01")
    assert ("anonymous", None, ()) == (explanation.stage, explanation.stage_since, explanation.events)
    assert "Would hold with one “x”." == explanation.rules[0].verdict.sentence


def test_the_default_instant_is_the_last_event_of_all_leads() -> None:
    happened = [*events("5 09:00 x"), *events("9 09:00 y", lead="ben")]
    explanation = mqlrules.loads("rule warm: x within 2d => MQL").explain(happened, lead="ada", rule="warm")
    assert "2026-01-09T09:00:00+00:00" == explanation.at.isoformat()
    assert "would hold" == explanation.rules[0].verdict.kind


def test_traits_of_a_table_and_of_events_are_both_known() -> None:
    rules = mqlrules.loads("rule r: lead.size >= 5 and lead.vip => MQL")
    happened = [{"lead": "ada", "time": 0, "event": "identify", "size": 7}]
    explanation = rules.explain(happened, lead="ada", leads={"ada": {"vip": True, "size": 1}})
    assert {"vip": True, "size": 7} == explanation.traits


def test_a_condition_is_explained_without_a_lifecycle() -> None:
    rules = mqlrules.loads("rule r: x => MQL")
    history = [mqlrules.Event("ada", 0, "x")]
    asked = explain_condition(rules.plan, rules.condition("x >= 2"), "ada", history, {}, 0)
    assert ("would hold", "1 of 2: 1 Jan") == (asked.verdict.kind, asked.tree.value)


def test_the_record_is_plain_json_at_the_ends_of_the_calendar() -> None:
    rules = mqlrules.loads('timezone "Asia/Tokyo"\nrule r: x >= 2 within 36500d and days(x) >= 2 => MQL')
    for time in ("0001-01-01", "9999-12-31T23:59:59Z"):
        happened = [
            {"lead": "ada", "time": time, "event": "x", "n": float("inf"), "at": mqlrules.Event("a", 0, "b").time}
        ]
        explanation = rules.explain(happened, lead="ada")
        assert explanation.lead == json.loads(json.dumps(record(explanation), allow_nan=False))["lead"]
        assert str(explanation)


def test_the_page_names_every_key_of_the_record() -> None:
    rules = mqlrules.loads("rule a: x => MEL\nrule r: (x >= 2 or lead.vip) and y => MQL")
    whole = record(rules.explain(events("5 09:00 x"), lead="ada"))
    [rule] = whole["rules"]
    way = rule["verdict"]["suggestions"][0]
    shapes = {
        "the whole": whole,
        "a transition": whole["transitions"][0],
        "a rule": rule,
        "a verdict": rule["verdict"],
        "a suggestion": way,
        "a step": way["steps"][0],
        "a part": rule["tree"],
    }
    page = (Path(__file__).parents[2] / "docs" / "explain.md").read_text("utf-8")
    for name, shape in shapes.items():
        [row] = re.findall(rf"^\| {name} \| (.*) \|$", page, re.MULTILINE)
        assert list(shape) == re.findall(r"`(\w+)`", row.replace("(with `properties`)", ""))


def test_a_lead_among_very_many_gets_a_close_name_at_once() -> None:
    happened = [{"lead": f"lead-{number}", "time": 0, "event": "x"} for number in range(50_000)]
    with pytest.raises(LookupError, match=r"Did you mean 'lead-49999'\?"):
        mqlrules.loads("rule r: x => MQL").explain(happened, lead="laed-49999")


def test_names_from_data_cannot_steer_markdown() -> None:
    explanation: Explanation = mqlrules.loads('rule r: "*x*" >= 2 => MQL').explain(events("5 09:00 *x*"), lead="ada")
    assert r"“\*x\*”" in as_markdown(page(explanation))


@pytest.mark.parametrize(
    ("condition", "way"),
    [
        ("sum(amount of bought) >= 40", "with one more “bought” with amount at least 31"),
        ("sum(amount of bought) > 40", "with one more “bought” with amount at least 32"),
        ("max(amount of bought) >= 40", "with one more “bought” with amount at least 40"),
        ("min(amount of bought) <= 5", "with one more “bought” with amount at most 5"),
        ("sum(amount of bought) = 40", "with one more “bought” with amount 31"),
        ("sum(amount of bought) >= 40 and max(amount of bought) <= 31", "with one more “bought” with amount 31"),
    ],
)
def test_an_amount_is_a_bound_only_if_other_amounts_work_too(condition: str, way: str) -> None:
    found = told(f"rule r: {condition} => MQL", events("5 09:00 bought", amount=9)).verdict
    assert way in [suggestion.sentence for suggestion in found.suggestions]
