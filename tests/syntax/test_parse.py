"""What the parser makes of rule text: words, layout, literals, trees, places."""

import datetime
from decimal import Decimal

import pytest

from mqlrules.language.aggregates import AGGREGATES
from mqlrules.language.restrictions import RESTRICTIONS
from mqlrules.syntax import tree
from mqlrules.syntax.parse import parse, parse_condition
from mqlrules.syntax.tree import Parsed
from mqlrules.text.source import Source
from mqlrules.text.span import Span

AT = Span(0, 0)
DAY = 86_400_000_000


def read(text: str) -> Parsed:
    return parse(Source("<rules>", text))


def sound(text: str) -> tuple[tree.Statement, ...]:
    parsed = read(text)
    assert () == parsed.diagnostics
    return parsed.tree.statements


def condition(text: str) -> tree.Condition:
    found, diagnostics = parse_condition(Source("<condition>", text))
    assert () == diagnostics
    assert found is not None
    return found


def event(words: str, where: tree.Predicate | None = None) -> tree.EventPattern:
    return tree.EventPattern(tree.Phrase(words, span=AT), where, span=AT)


def happened(words: str) -> tree.Occurrence:
    return tree.Occurrence(event(words), span=AT)


def restriction(name: str, argument: tree.Duration | tree.Pattern) -> tree.Restriction:
    return tree.Restriction(RESTRICTIONS[name], argument, span=AT)


def days(count: int) -> tree.Duration:
    return tree.Duration(count * DAY, span=AT)


def number(value: str) -> tree.Number:
    return tree.Number(Decimal(value), span=AT)


# -- words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "signed up",
        "registered for webinar",
        "became lead",
        "joined waiting list",
        "first purchase",
        "last call",
        "asked to call",
        "in app click",
        "day pass bought",
        "test drive",
        "score shown",
        "matches viewed",
        "list updated",
        "with friends",
        "older brother",
        "halve it",
        "up to date",
        "is known",
        "from ads",
        "e-book v2",
        "Größe gewählt",
        "価格を見た",
        "हिन्दी शब्द",
        "Gro\u0308ße",
        "_private",
        "lead",
        "when asked",
        "sum up",
        "per se",
        "if only",
        "and-more",
    ],
)
def test_keywords_are_words_where_they_can_be_nothing_else(words: str) -> None:
    assert happened(words) == condition(words)
    assert happened(words) == condition(f"({words})")
    rule = sound(f"rule x: ({words}) => MQL")[0]
    assert isinstance(rule, tree.RuleDefinition)
    assert happened(words) == rule.condition


def test_for_before_a_duration_ends_a_phrase() -> None:
    absent = tree.Absence(event("registered for webinar"), span=AT)
    steps = (tree.Step(happened("asked for quote"), span=AT), tree.Step(absent, lasting=days(2), span=AT))
    assert tree.Sequence(steps, span=AT) == condition("asked for quote then no registered for webinar for 2d")


def test_the_aggregate_first_is_told_by_its_parenthesis() -> None:
    found = condition('first(plan of first purchase) = "pro"')
    text = tree.Text("pro", span=AT)
    path = tree.Path(("plan",), span=AT)
    assert tree.Aggregate(AGGREGATES["first"], path, event("first purchase"), "=", text, span=AT) == found


def test_reserved_words_may_name_properties() -> None:
    path = tree.Path(("after", "not"), span=AT)
    where = tree.Comparison(path, "=", number("1"), span=AT)
    assert tree.Occurrence(event("x", where), span=AT) == condition("x where (after.not = 1)")


def test_names_may_have_several_words() -> None:
    rule, segment, score, names = sound(
        'rule very warm lead "and why": when won over for 2d, (x and ideal customer) => handed over\n'
        "segment ideal customer = lead.domain in target accounts\n"
        "score how warm\n"
        '    +1 per x\nlist target accounts from "a.csv" column the domain'
    )
    assert isinstance(rule, tree.RuleDefinition)
    assert tree.Name("very warm lead", span=AT) == rule.name
    assert tree.When(tree.Name("won over", span=AT), days(2), span=AT) == rule.when
    assert tree.Name("handed over", span=AT) == rule.outcome.stage
    assert isinstance(segment, tree.SegmentDefinition)
    assert isinstance(segment.condition, tree.Trait)
    assert (
        tree.OneOf(tree.Path(("domain",), span=AT), tree.Name("target accounts", span=AT), span=AT)
        == segment.condition.test
    )
    assert isinstance(score, tree.ScoreDefinition)
    assert tree.Name("how warm", span=AT) == score.name
    assert isinstance(names, tree.ListDefinition)
    assert (tree.Name("target accounts", span=AT), tree.Name("the domain", span=AT)) == (names.name, names.column)


# -- binding -------------------------------------------------------------------------------------------------------


def test_restrictions_bind_closer_than_not_and_not_closer_than_and() -> None:
    narrowed = tree.Restricted(happened("a"), (restriction("within", days(3)),), span=AT)
    expected = tree.And((tree.Not(narrowed, span=AT), happened("b")), span=AT)
    assert expected == condition("not a within 3d and b")


def test_a_sequence_is_narrowed_as_a_whole() -> None:
    steps = (tree.Step(happened("a"), span=AT), tree.Step(happened("b"), span=AT))
    expected = tree.Restricted(tree.Sequence(steps, span=AT), (restriction("within", days(3)),), span=AT)
    assert expected == condition("a then b within 3d")


def test_with_same_comes_after_restrictions() -> None:
    narrowed = tree.Restricted(happened("a"), (restriction("since", event("b")),), span=AT)
    assert tree.WithSame(narrowed, tree.Path(("p", "q"), span=AT), span=AT) == condition("a since b with same p.q")


def test_a_group_of_events_is_a_pattern_only_where_it_is_counted_or_a_step() -> None:
    either = tree.AnyPattern((event("a"), event("b")), span=AT)
    assert tree.Or((happened("a"), happened("b")), span=AT) == condition("(a or b)")
    assert tree.Occurrence(either, ">=", number("2"), True, span=AT) == condition("(a or b) >= 2 times")
    assert tree.Absence(either, span=AT) == condition("no (a or b)")
    step = tree.Step(tree.Occurrence(either, span=AT), span=AT)
    assert tree.Sequence((step, tree.Step(happened("c"), span=AT)), span=AT) == condition("(a or b) then c")


def test_gaps_stand_in_either_order() -> None:
    step = tree.Step(happened("b"), within=days(7), after=days(1), span=AT)
    expected = tree.Sequence((tree.Step(happened("a"), span=AT), step), span=AT)
    assert expected == condition("a then after 1d within 7d b") == condition("a then within 7d after 1d b")


def test_what_a_sequence_forbids_is_still_read() -> None:
    for text in ("no a then b", "a then no b", "a then within 1d no b", "a then no b then no c", "a then no b for 2d"):
        assert isinstance(condition(text), tree.Sequence)


# -- literals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "microseconds"),
    [
        ("1us", 1),
        ("0.001ms", 1),
        ("1.5s", 1_500_000),
        ("90m", 5_400_000_000),
        ("1.5h", 5_400_000_000),
        ("2d", 2 * DAY),
        ("1w", 7 * DAY),
        ("36500d", 36_500 * DAY),
        ("10000000.001ms", 10_000_000_001),
    ],
)
def test_durations_are_whole_microseconds(written: str, microseconds: int) -> None:
    found = condition(f"a within {written}")
    within = restriction("within", tree.Duration(microseconds, span=AT))
    assert tree.Restricted(happened("a"), (within,), span=AT) == found


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("-1.50", number("-1.5")),
        ("+3", number("3")),
        (r'"a \"b\" \\ \n\t # no comment"', tree.Text('a "b" \\ \n\t # no comment', span=AT)),
        ("true", tree.Boolean(True, span=AT)),
        ("2024-02-29", tree.Date(datetime.date(2024, 2, 29), span=AT)),
        ("1970-01-01T01:00:00.000001+01:00", tree.Instant(1, span=AT)),
        ("1970-01-01T00:00Z", tree.Instant(0, span=AT)),
        ("90s", tree.Duration(90_000_000, span=AT)),
    ],
)
def test_values(written: str, value: tree.Value) -> None:
    where = tree.Comparison(tree.Path(("p",), span=AT), "=", value, span=AT)
    assert tree.Occurrence(event("x", where), span=AT) == condition(f"x where (p = {written})")


# -- layout --------------------------------------------------------------------------------------------------------


def test_further_lines_are_indented_and_comments_stand_anywhere() -> None:
    rules = sound(
        "# first\nrule x: # a\n    a # b\n# in column 1\n\n    for # c\n\tb\n  within # d\n 3d => # e\n\tMQL\n"
    )
    assert 1 == len(rules)
    narrowed = tree.Restricted(happened("a for b"), (restriction("within", days(3)),), span=AT)
    assert isinstance(rules[0], tree.RuleDefinition)
    assert narrowed == rules[0].condition


def test_comments_are_kept_with_their_places() -> None:
    text = 'rule x: a => MQL   # one "quoted" \r\n# two\n"#" => MQL'
    comments = read(text).comments
    assert ['# one "quoted"', "# two"] == [comment.text for comment in comments]
    assert ['# one "quoted"', "# two"] == [text[c.span.start : c.span.end] for c in comments]


def test_a_closing_parenthesis_may_stand_in_column_1() -> None:
    schema = sound("schema page_viewed (\n    path: text,\n    duration: number\n)\nrule x: a => MQL")[0]
    assert isinstance(schema, tree.Schema)
    assert 2 == len(schema.properties)


def test_items_of_scores_end_with_their_line_unless_a_parenthesis_is_open() -> None:
    score = sound("score s\n    +1 per (a or\n        b)\n    -2.5 for c up to 3 within 2d\n\n    between -1 and 5\n")[
        0
    ]
    assert isinstance(score, tree.ScoreDefinition)
    either = tree.AnyPattern((event("a"), event("b")), span=AT)
    latest = tree.ForLine(number("-2.5"), event("c"), (restriction("within", days(2)),), number("3"), span=AT)
    between = tree.BetweenLine(number("-1"), number("5"), span=AT)
    assert (tree.PerLine(number("1"), either, span=AT), latest, between) == score.lines


@pytest.mark.parametrize("text", ["", "\n", "  \n\t\n", "# nothing\n", "\ufeff", "\ufeff# nothing"])
def test_a_file_may_be_empty(text: str) -> None:
    assert () == sound(text)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_of_windows_mean_the_same(end: str) -> None:
    text = "score s\n    +1 per a\n    +2 for b\nrule x: a\n    => MQL\n"
    assert sound(text) == sound(text.replace("\n", end))


def test_a_mark_at_the_start_is_passed_over() -> None:
    assert sound("a => MQL\nb => MQL") == sound("\ufeffa => MQL\nb => MQL")


def test_every_node_says_where_it_stands() -> None:
    text = "rule x: (a where (p = 1) or b) >= 2\n    within 3d => MQL"
    rule = sound(text)[0]
    assert isinstance(rule, tree.RuleDefinition)
    shown = lambda node: text[node.span.start : node.span.end]  # noqa: E731
    assert text == shown(rule)
    assert isinstance(rule.condition, tree.Restricted)
    counted = rule.condition.condition
    assert "(a where (p = 1) or b) >= 2" == shown(counted)
    assert isinstance(counted, tree.Occurrence)
    assert "a where (p = 1) or b" == shown(counted.pattern)
    assert "within 3d" == shown(rule.condition.restrictions[0])
    assert "MQL" == shown(rule.outcome)


# -- tests in rule files -------------------------------------------------------------------------------------------


def test_tests_are_read() -> None:
    (found,) = sound(
        'test "two visits"\n'
        '    lead (employees: 250, "Lead Source": "ads")\n'
        "    day 0        page_viewed (path: true, duration: 40s)\n"
        "    day 3 10:30  attended webinar\n"
        "    2026-01-09 9:05:07 first purchase\n"
        "    2026-01-09T10:00:00Z lead\n"
        "    expect MQL on day 10 by rule_1\n"
        "    expect no SQL\n"
        "    expect stage MQL on 2026-02-01\n"
        "    expect how warm >= 45 on day 3\n"
        "    as of day 20"
    )
    assert isinstance(found, tree.TestDefinition)
    kinds = ["TestLead", *["TestEvent"] * 4, "ExpectReached", "ExpectReached", "ExpectStage", "ExpectScore", "TestEnd"]
    assert kinds == [type(line).__name__ for line in found.lines]
    clock = (9 * 3600 + 5 * 60 + 7) * 1_000_000
    date = tree.Date(datetime.date(2026, 1, 9), span=AT)
    assert (
        tree.TestEvent(tree.Moment(date, clock, span=AT), tree.Phrase("first purchase", span=AT), span=AT)
        == found.lines[3]
    )
    on = tree.Moment(number("10"), span=AT)
    reached = tree.ExpectReached(tree.Name("MQL", span=AT), False, on, tree.Name("rule_1", span=AT), span=AT)
    assert reached == found.lines[5]


# -- a condition alone ---------------------------------------------------------------------------------------------


def test_a_condition_alone_has_no_outcome() -> None:
    found, (diagnostic,) = parse_condition(Source("<condition>", "a >= 2 => MQL"))
    assert isinstance(found, tree.Occurrence)
    assert "E025" == diagnostic.code


def test_a_condition_alone_may_be_indented_and_commented() -> None:
    assert happened("a") == condition("\n    a  # yes\n")


def test_no_condition_is_none() -> None:
    found, (diagnostic,) = parse_condition(Source("<condition>", ""))
    assert found is None
    assert "E090" == diagnostic.code
