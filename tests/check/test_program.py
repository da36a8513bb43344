"""What a rule set means once it is resolved (sections 2 to 8)."""

import datetime
import json
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from mqlrules.check import check, check_condition, program
from mqlrules.check.program import Alternative, Compare, Count, Pattern
from mqlrules.language.restrictions import RESTRICTIONS
from mqlrules.language.values import DateLiteral, InstantLiteral
from mqlrules.syntax import tree
from mqlrules.syntax.parse import parse
from mqlrules.text.source import Source
from mqlrules.text.span import Span
from tests.check.texts import asked, checked, checked_files, codes, shown, sound

DAY = 86_400_000_000
AT = Span(0, 1)
HERE = Path(__file__).parent


def condition(rules: str) -> program.Condition:
    """The condition of the last rule."""
    return sound(rules).rules[-1].condition


def pattern(rules: str) -> Pattern:
    """The pattern that the last rule counts."""
    found = condition(rules)
    assert isinstance(found, Count)
    return found.pattern


WITHIN_TWO_DAYS = program.Restriction(RESTRICTIONS["within"], 2 * DAY)


def during(start: int, end: int) -> program.Restriction:
    return program.Restriction(RESTRICTIONS["during"], (start, end))


def events(*names: str | None) -> Pattern:
    return Pattern(tuple(Alternative(name) for name in names))


# -- event patterns ------------------------------------------------------------------------------------------------


def test_a_phrase_is_a_raw_event_by_its_normalised_name() -> None:
    assert events("visited pricing") == pattern("rule a: Visited-Pricing => MQL")


def test_a_definition_is_resolved_to_raw_events_each_once() -> None:
    rules = "event touch = warm touch or opened email\nevent warm touch = opened email or called\nrule a: touch => MQL"
    assert events("opened email", "called") == pattern(rules)


def test_a_definition_is_narrowed_further_by_its_own_where() -> None:
    rules = "event seen = viewed where (a = 1) or shown\nrule x: seen where (b = 2 and c = 3) => MQL"
    first, second, third = Compare(("a",), "=", 1), Compare(("b",), "=", 2), Compare(("c",), "=", 3)
    assert (
        Pattern(
            (
                Alternative("viewed", program.And((first, second, third))),
                Alternative("shown", program.And((second, third))),
            )
        )
    ) == pattern(rules)


def test_inside_its_own_definition_a_name_means_the_raw_event() -> None:
    rules = "event opened email = opened email or read email\nrule a: opened email => MQL"
    assert events("opened email", "read email") == pattern(rules)


def test_a_string_means_the_raw_event() -> None:
    assert events("touch") == pattern('event touch = opened email\nrule a: "Touch" => MQL')


def test_inside_a_rule_its_own_name_means_the_raw_event() -> None:
    assert events("attended webinar") == pattern("rule attended_webinar: attended webinar => MQL")


def test_activity_is_every_event() -> None:
    assert events(None) == pattern("rule a: Activity => MQL")


def test_true_and_one_are_two_values() -> None:
    alternatives = pattern("rule a: (x where (n = 1) or x where (n = true)) >= 1 => MQL").alternatives
    assert [1, True] == [found.where.value for found in alternatives if isinstance(found.where, Compare)]


def test_a_pattern_remembers_how_the_author_calls_it() -> None:
    assert 'Opened Email or "x y"' == pattern('rule a: (Opened Email or "x y") >= 2 => MQL').words


# -- values --------------------------------------------------------------------------------------------------------


def test_literals_are_values() -> None:
    rules = """
timezone "Europe/Berlin"
rule a: x where (n in (1, 2.50, "a", true, 90s, 1.5ms, 2026-03-01, 2026-03-01T00:00:00+01:00, 1.0)) => MQL
"""
    start = 1_772_319_600_000_000
    values = [1, Decimal("2.5"), "a", True, 90, Decimal("0.0015"), DateLiteral(datetime.date(2026, 3, 1), start)]
    found = pattern(rules).alternatives[0].where
    assert isinstance(found, program.OneOf)
    assert [*values, InstantLiteral(start)] == list(found.values)


def test_during_goes_from_the_first_instant_to_that_after_the_last_date() -> None:
    found = condition('timezone "Europe/Berlin"\nrule a: x during 2026-03-28 to 2026-03-29 => MQL')
    assert isinstance(found, program.Restricted)
    start = 1_774_652_400_000_000
    assert (during(start, start + 2 * DAY - 3_600_000_000),) == found.restrictions


def test_during_may_reach_to_the_ends_of_the_calendar() -> None:
    found = condition('timezone "Asia/Tokyo"\nrule a: x during 0001-01-01 to 9999-12-31 => MQL')
    assert isinstance(found, program.Restricted)
    assert (during(-62_135_630_339_000_000, 253_402_300_800_000_000),) == found.restrictions


# -- conditions ----------------------------------------------------------------------------------------------------


def test_a_count_is_one_or_more_and_no_is_none() -> None:
    x = events("x")
    assert program.And((Count(x, ">=", 1), Count(x, "=", 0), Count(x, "<", 3))) == condition(
        "rule a: x and no x and x < 3 times => MQL"
    )


def test_segments_and_scores_are_told_from_events_by_name() -> None:
    rules = "segment keen = x\nscore warmth\n    +1 per x\nrule a: Keen and warmth >= -2.5 and not keen => MQL"
    keen = program.SegmentTest("keen")
    assert program.And((keen, program.ScoreTest("warmth", ">=", Decimal("-2.5")), program.Not(keen))) == condition(
        rules
    )


def test_no_steps_belong_to_the_step_after_them() -> None:
    rules = "rule a: a1 >= 2 then no b1 for 1d then within 3d after 2d c1 then no d1 for 4d => MQL"
    assert program.Sequence(
        (
            program.Step(events("a1"), 2),
            program.Step(events("c1"), 1, 3 * DAY, 2 * DAY, program.Absent(events("b1"), DAY)),
        ),
        program.Absent(events("d1"), 4 * DAY),
    ) == condition(rules)


def test_points_caps_and_bounds_are_millionths() -> None:
    score = sound(
        "score warmth\n    +2.5 per x up to 30 halve every 1d within 2d"
        "\n    -0.000001 for y\n    +3 if lead.vip\n    between -1 and 99.5"
    ).scores["warmth"]
    assert (
        program.Score(
            "warmth",
            (
                program.EventLine(True, 2_500_000, events("x"), (WITHIN_TWO_DAYS,), 30_000_000, DAY),
                program.EventLine(False, -1, events("y")),
                program.ConditionLine(3_000_000, program.Trait(program.IsTrue(("vip",)))),
            ),
            -1_000_000,
            99_500_000,
        )
        == score
    )


def test_a_rule_knows_its_stages_and_its_wait() -> None:
    found = sound('rule back "Too long": when MQL for 2d, x => recycle to MEL').rules[0]
    assert program.Rule("back", Count(events("x"), ">=", 1), "MEL", True, "MQL", 2 * DAY) == found
    assert (False, "Too long") == (found.bare, found.description)


# -- names over files ----------------------------------------------------------------------------------------------


def test_bare_rules_are_named_after_their_file_and_place() -> None:
    assert ["rule_1", "named", "rule_2"] == [
        rule.name for rule in sound("x => MCL\nrule named: y => MEL\nz => MQL").rules
    ]


def test_bare_rules_of_files_are_named_after_them(tmp_path: Path) -> None:
    found, diagnostics = checked_files(
        tmp_path, warm_leads="x => MCL\ny => MEL", emea__leads="x => MCL", us__leads="x => MCL", the__end="x => MCL"
    )
    assert "" == shown(diagnostics)
    assert ["warm_leads_1", "warm_leads_2", "emea_leads_1", "us_leads_1", "end_1"] == [
        rule.name for rule in found.rules
    ]


def test_all_files_share_one_name_space(tmp_path: Path) -> None:
    found, diagnostics = checked_files(tmp_path, a="rule a: keen => MQL", b="segment keen = x", c="event keen = y")
    assert ["E101"] == codes(diagnostics)
    assert ("c.mql", 1, "b.mql") == (diagnostics[0].file, diagnostics[0].line, diagnostics[0].notes[0].source.name)
    assert program.SegmentTest("keen") == found.rules[0].condition


def test_a_name_of_a_statement_that_cannot_be_read_is_not_called_unknown() -> None:
    rules = """
lifecycle cold >> warm
list targets
segment keen
rule a: lead.domain in targets and keen then x => warm
"""
    parsed = parse(Source("<rules>", rules))
    assert parsed.diagnostics
    _, diagnostics = check([parsed], None)
    assert parsed.diagnostics == diagnostics


def test_a_program_is_whole_in_itself() -> None:
    rules = """
event wrong = x where (n = 1 ignoring case)
segment bad = wrong or y
segment worse = not bad
score warmth
    +1 if worse
rule a: warmth >= 3 => MQL
rule b: y => MQL
"""
    found, diagnostics = checked(rules)
    assert ["E204"] == codes(diagnostics)
    assert ({}, {}, {}, ["b"]) == (found.events, found.segments, found.scores, [rule.name for rule in found.rules])


def test_settings_and_tests_are_in_the_program() -> None:
    found = sound(
        'lifecycle cold > warm, lost\ntimezone "Asia/Tokyo"\nrule a: x => warm\ntest "t"\n    day 0 x\n    expect warm'
    )
    assert program.Lifecycle(("cold", "warm"), ("lost",)) == found.lifecycle
    assert ("Asia/Tokyo", 1) == (found.timezone, len(found.tests))
    assert (program.DEFAULT_LIFECYCLE, "UTC") == (sound("").lifecycle, sound("").timezone)


# -- schemas -------------------------------------------------------------------------------------------------------

FITTING = [
    'page_viewed where (path = "/" and path >= 2026-01-01 and path contains "a" and path in ("a", "b"))',
    "page_viewed where (n = 1 and n > 30s and took >= 5 and took < 1d and at >= 2026-01-01 and ok and ok >= true)",
    'page_viewed where (tags contains "x" and tags is known and company is known and company.size > 3)',
    "identify where (employees > 3) and lead.employees >= 3",
    "activity where (anything = 1) and sum(anything of activity) > 3",
    'sum(n of page_viewed) > 3s and distinct(path of page_viewed) >= 2.5 and last(path of page_viewed) = "x"',
    "page_viewed >= 2 with same path",
    'seen where (path = "/" and amount > 3)',
    "bought where (amount > 3)",
]


@pytest.mark.parametrize("asks", FITTING)
def test_what_fits_the_schemas_is_fine(asks: str) -> None:
    sound(f"""
schema page_viewed (path: text, n: number, took: duration, at: time, ok: boolean, tags: list, company.size: number)
schema bought (amount: number)
schema lead (employees: number)
event seen = page_viewed or bought
rule a: {asks} => MQL
""")


def test_a_schema_may_describe_the_raw_event_that_a_definition_of_its_name_is_made_of() -> None:
    sound(
        "event opened email = opened email where (not bot)\n"
        "schema opened email (bot: boolean)\nrule a: opened email => MQL"
    )
    sound(
        'event seen = page_viewed\nschema "seen" (bot: boolean)\nschema page_viewed ()\nrule a: seen and "seen" => MQL'
    )


def test_while_most_events_have_no_schema_only_near_misses_are_errors() -> None:
    rules = "schema page_viewed (path: text)\nrule a: opened email and called and page_viewed => MQL\n"
    sound(rules)
    _, diagnostics = checked(f"{rules}rule b: page_viewd => SQL")
    assert ["E109"] == codes(diagnostics)


# -- what is asked later -------------------------------------------------------------------------------------------


def test_a_condition_may_be_asked_of_a_checked_rule_set() -> None:
    rules = "event seen = x where (n = 1)\nsegment keen = seen\nscore warmth\n    +1 per seen\nrule a: keen => MQL"
    found, diagnostics = asked(rules, "keen and seen and warmth >= 3")
    assert "" == shown(diagnostics)
    seen = Pattern((Alternative("x", Compare(("n",), "=", 1)),))
    keen, warmth = program.SegmentTest("keen"), program.ScoreTest("warmth", ">=", 3)
    assert program.And((keen, Count(seen, ">=", 1), warmth)) == found


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("warmth", "E301"), ("a", "E111"), ("keen then x", "E110"), ("lead.domain in targets", "E105"),
        ("keen within 3d", "E305"), ("split with same plan", "E306"),
    ],
)  # fmt: skip
def test_a_condition_that_is_asked_is_checked_like_any(condition: str, code: str) -> None:
    rules = "segment keen = lead.vip\nsegment split = x with same sku\nscore warmth\n    +1 per x\nrule a: keen => MQL"
    found, diagnostics = asked(rules, condition)
    assert (None, [code]) == (found, codes(diagnostics))


def test_a_condition_that_is_asked_may_use_lists(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a.com\n")
    of, _ = checked_files(tmp_path, r='list targets from "t.csv"\n')
    source = Source("<condition>", "lead.domain in targets")
    node = tree.Trait(tree.OneOf(tree.Path(("domain",), span=AT), tree.Name("targets", span=AT), span=AT), span=AT)
    found, diagnostics = check_condition(node, source, of)
    assert (program.Trait(program.OneOf(("domain",), ("a.com",))), ()) == (found, diagnostics)


# -- what parsing does not let through -----------------------------------------------------------------------------


def test_a_cap_is_not_negative() -> None:
    parsed = parse(Source("<rules>", "score warmth\n    +1 per x up to 3\nrule a: warmth >= 1 => MQL"))
    score = parsed.tree.statements[0]
    assert isinstance(score, tree.ScoreDefinition)
    line = attrs.evolve(score.lines[0], cap=tree.Number(Decimal(-3), span=AT))
    changed = attrs.evolve(parsed, tree=tree.File((attrs.evolve(score, lines=(line,)),), span=AT))
    assert (
        "E211 error: `up to` is the size of a line, and a size is not negative.\n"
        "    hint: Write `up to 3`; it holds for lines with minus too."
    ) == shown(check([changed], None)[1])


def test_for_is_no_part_of_a_step_that_happens() -> None:
    parsed = parse(Source("<rules>", "rule a: x then y => MQL"))
    rule = parsed.tree.statements[0]
    assert isinstance(rule, tree.RuleDefinition)
    assert isinstance(rule.condition, tree.Sequence)
    first, second = rule.condition.steps
    steps = (first, attrs.evolve(second, lasting=tree.Duration(2 * DAY, span=AT)))
    changed_rule = attrs.evolve(rule, condition=attrs.evolve(rule.condition, steps=steps))
    changed = attrs.evolve(parsed, tree=tree.File((changed_rule,), span=AT))
    assert (
        "E315 error: `for 2d` is for a step that does not happen: `then no y for 2d`.\n"
        "    hint: For a time limit write `then within 2d y`."
    ) == shown(check([changed], None)[1])


# -- whole rule sets -----------------------------------------------------------------------------------------------


def test_nothing_is_wrong_with_the_corpus(tmp_path: Path) -> None:
    files = sorted((HERE.parent / "corpus").glob("*.jsonl"))
    assert files
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            if "error" not in case["expect"]:
                folder = tmp_path / case["id"]
                for name, text in case.get("files", {}).items():
                    (folder / name).parent.mkdir(parents=True)
                    (folder / name).write_text(text, encoding="utf-8")
                folder.mkdir(exist_ok=True)
                _, diagnostics = checked_files(folder, rules=case["rules"])
                assert (case["id"], "") == (case["id"], shown(diagnostics))


def test_nothing_is_wrong_with_the_first_page_of_the_language(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "target_accounts.csv").write_text("company,domain\nAcme,acme.com\n")
    page = (HERE / "page.mql").read_text(encoding="utf-8")
    found, diagnostics = checked_files(tmp_path, page=page)
    assert "" == shown(diagnostics)
    assert ["page_1", "fast_track", "nurture", "cart", "scored", "recycle"] == [rule.name for rule in found.rules]
