"""Each construct of the language in words: what a rule, a segment or a score says of it."""

import pytest

import mqlrules
from mqlrules.explain.conditions import condition
from mqlrules.explain.document import Clause

DEFINITIONS = """\
lifecycle cold > warm > hot, lost
timezone "Europe/Berlin"
event looked = page where (path matches "/pricing*")
segment big "Many people" = lead.employees >= 200
segment lively = visit >= 3
score heat
    +1 per visit
"""


def lines(clause: Clause, margin: str = "") -> list[str]:
    return [margin + clause.text, *(line for item in clause.items for line in lines(item, margin + "- "))]


def words(text: str) -> list[str]:
    rules = mqlrules.loads(DEFINITIONS)
    return lines(condition(rules.condition(text), rules.program))


def entry(rules: str, name: str) -> str:
    """What the description says under a name."""
    text = mqlrules.loads(rules).describe()
    [body] = [part for part in text.split("\n\n") if part.strip().partition("\n")[0].partition(":")[0] == name]
    return " ".join(line.strip() for line in body.strip().splitlines()[1:])


ONE_LINE = {
    "visit": "“visit” has happened",
    "visit >= 2": "“visit” has happened at least 2 times",
    "visit = 1": "“visit” has happened exactly 1 time",
    "visit != 3 times": "“visit” has happened any number of times except 3",
    "visit < 2": "“visit” has happened fewer than 2 times (or not at all)",
    "visit <= 2": "“visit” has happened at most 2 times (or not at all)",
    "visit > 2": "“visit” has happened more than 2 times",
    "visit > 0": "“visit” has happened",
    "visit >= 0": "“visit” has happened at least 0 times (which is always true)",
    "no visit": "“visit” has never happened",
    "visit < 1": "“visit” has never happened",
    "not visit": "“visit” has never happened",
    "not not visit": "“visit” has happened",
    "not visit >= 2": "“visit” has happened fewer than 2 times (or not at all)",
    "no visit within 30d": "“visit” has not happened in the last 30 days",
    "not visit within 30d": "“visit” has not happened in the last 30 days",
    "no (visit or mail)": "neither “visit” nor “mail” has ever happened",
    "no (visit or mail or demo) within 1d": "none of “visit”, “mail” and “demo” has happened in the last 24 hours",
    "(visit or mail) >= 2": "“visit” or “mail” has happened at least 2 times (counted together)",
    "activity": "there has been activity of any kind",
    "no activity within 30d": "there has been no activity of any kind in the last 30 days",
    '"$pageview"': "“$pageview” has happened",
    "Looked": "“looked” has happened",
    '"looked"': "“looked” has happened",
    "looked where (n = 1)": "“looked” (where n is 1) has happened",
    # restrictions
    "visit within 1h": "“visit” has happened in the last hour",
    "visit within 90m": "“visit” has happened in the last 90 minutes",
    "visit within 1.5h": "“visit” has happened in the last 90 minutes",
    "visit within 2w": "“visit” has happened in the last 14 days",
    "visit within 1d": "“visit” has happened in the last 24 hours",
    "visit older than 7d": "“visit” has happened at least 7 days ago",
    "visit within 14d older than 7d": "“visit” has happened between 7 days and 14 days ago",
    "(visit within 30d) within 7d": "“visit” has happened in the last 7 days",
    "a within 7d older than 7d": "“a” has happened in the last 7 days, and at least 7 days ago (which is impossible)",
    "visit since mail": "“visit” has happened since the latest “mail”",
    "no visit since mail": "“visit” has not happened since the latest “mail” (also true if there has been no “mail”)",
    "visit after mail within 7d": "“visit” has happened in the last 7 days and after the first “mail”",
    "visit before mail": "“visit” has happened before the first “mail” (or at any time if there has been none)",
    "visit during 2026-03-10 to 2026-03-12": "“visit” has happened from 10 March 2026 to 12 March 2026",
    "visit during 2026-03-10 to 2026-03-10": "“visit” has happened on 10 March 2026",
    # aggregates
    "sum(amount of buy) >= 500 within 90d": "the total amount of “buy” events in the last 90 days is at least 500",
    "avg(time of page) >= 30s": "the average time of “page” events so far is at least 30 seconds",
    "min(amount of buy) < 2.5": "the smallest amount of “buy” events so far is less than 2.5",
    "max(amount of buy) > 1": "the largest amount of “buy” events so far is more than 1",
    'first(channel of activity) = "ads"': "the first channel of activity of any kind so far is “ads”",
    'not last(plan of buy) = "pro"': "the latest plan of “buy” events so far is not “pro” (or there is none)",
    "distinct(path of page) = 5": "the number of different values of path of “page” events so far is 5",
    "not distinct(path of page) >= 5": "the number of different values of path of “page” events so far is less than 5",
    "days(visit) >= 3 within 14d": "“visit” has happened on at least 3 different days in the last 14 days",
    "not days(visit) >= 3": "“visit” has happened on fewer than 3 different days",
    # traits, segments, scores
    "lead.employees >= 200": "the lead's “employees” is at least 200",
    "lead.vip": "the lead's “vip” is true",
    "not lead.vip": "the lead's “vip” is missing or is not true",
    "lead.plan is known": "the lead's “plan” is known",
    "not lead.plan is known": "the lead's “plan” is missing",
    'lead.plan != "pro"': "the lead's “plan” is known and is not “pro”",
    'not lead.plan = "pro"': "the lead's “plan” is missing or is not “pro”",
    'not lead.plan in ("pro", "team")': "the lead's “plan” is missing or is neither “pro” nor “team”",
    'lead.mail ends with "@X.com" ignoring case': "the lead's “mail” ends with “@X.com” (ignoring case)",
    'not lead."Lead Source" contains "ad"': "the lead's “Lead Source” is missing or does not contain “ad”",
    "lead.since <= 2026-01-31": "the lead's “since” is no later than the start of 31 January 2026",
    "lead.since > 2026-01-31T08:30:00Z": "the lead's “since” is after 31 January 2026, 08:30 UTC",
    'lead.name >= "m"': "the lead's “name” is “m” or after it in character order",
    "big": "the lead is in the segment “big” (“Many people”)",
    "not big": "the lead is not in the segment “big” (“Many people”)",
    "lively within 7d": "the lead is in the segment “lively”, counting only events in the last 7 days",
    "heat >= 50": "the score “heat” is at least 50",
    "not heat >= 50": "the score “heat” is less than 50",
    # sequences
    "visit then mail": "these events have happened in this order: “visit”, then “mail”",
    "visit then mail within 7d": (
        "these events have happened in this order, both in the last 7 days: “visit”, then “mail”"
    ),
    "visit >= 2 then within 1d mail": (
        "these events have happened in this order: “visit” at least 2 times, then “mail” less than 24 hours later"
    ),
    "visit then after 1h within 1d mail": (
        "these events have happened in this order: “visit”, then “mail” at least 1 hour and less than 24 hours later"
    ),
    "visit then no demo then mail": (
        "these events have happened in this order: “visit”, then “mail” without “demo” in between"
    ),
    "visit then no demo for 2d then mail": (
        "these events have happened in this order: “visit”, then “mail” after 2 days without “demo”"
    ),
    "cart then no buy for 2d": "“cart” has been followed by 2 days without “buy”",
    "cart then no buy for 2d within 9d": "“cart” in the last 9 days has been followed by 2 days without “buy”",
    "not (cart then no buy for 2d)": "it is not true that “cart” has been followed by 2 days without “buy”",
    "(a then b then no c for 2d) within 9d": (
        "these events have happened in this order: “a”, then “b”, both in the last 9 days, then 2 days without “c”"
    ),
    "not (a then b)": "these events have never happened in this order: “a”, then “b”",
    "not (a then b) within 1w": "these events have not happened in this order, both in the last 7 days: “a”, then “b”",
    # with same
    "visit >= 3 since buy with same sku": (
        "for the same sku, “visit” has happened at least 3 times since the latest “buy”"
    ),
    "(visit with same sku) since buy": (
        "for the same sku, “visit” has happened since the latest “buy” of any sku"
    ),
    "not (visit >= 2 with same sku)": "there is no sku for which “visit” has happened at least 2 times",
    # joined
    "visit and mail": "“visit” has happened, and “mail” has happened",
    "visit or not mail": "“visit” has happened, or “mail” has never happened",
    "visit and mail within 30d": "“visit” has happened (at any time), and “mail” has happened in the last 30 days",
}  # fmt: skip

IN_ITEMS = {
    "(visit and mail and demo) within 30d": [
        "all of these are true",
        "- “visit” has happened in the last 30 days",
        "- “mail” has happened in the last 30 days",
        "- “demo” has happened in the last 30 days",
    ],
    "a and (b and (c or d or e))": [
        "all of these are true",
        "- “a” has happened",
        "- “b” has happened",
        "- at least one of these is true",
        "- - “c” has happened",
        "- - “d” has happened",
        "- - “e” has happened",
    ],
    "not (a or not b or c >= 2)": [
        "all of these are true",
        "- “a” has never happened",
        "- “b” has happened",
        "- “c” has happened fewer than 2 times (or not at all)",
    ],
    "a or b and c": ["at least one of these is true", "- “a” has happened", "- “b” has happened, and “c” has happened"],
    "((view or cart) and no buy) within 2d with same sku": [
        "for the same sku, both of these are true",
        "- “view” has happened in the last 2 days, or “cart” has happened in the last 2 days",
        "- “buy” has not happened in the last 2 days",
    ],
    'not lead.a = 1 and lead.b': [
        "both of these are true",
        "- the lead's “a” is missing or is not 1",
        "- the lead's “b” is true",
    ],
}  # fmt: skip

PREDICATES = {
    "n >= 10s": "n is at least 10 seconds",
    "n >= 10": "n is at least 10",
    "n in (1, 90s)": "n is 1 or 90 seconds",
    "n = 1 and m = 2 or p": "(n is 1 and m is 2) or p is true",
    "n = 1 and not m = 2": "n is 1 and (m is missing or is not 2)",
    "not (n = 1 or m is known)": "not (n is 1 or m is known)",
    'path matches "/a*"': "path starts with “/a”",
    'path matches "*.pdf"': "path ends with “.pdf”",
    'path matches "*price*"': "path contains “price”",
    'path matches "/v?/a*"': "path matches “/v?/a*” (* is any run of characters and ? is one character)",
    '"Page Name" = "a\\nb"': "“Page Name” is “a\\nb”",
}


@pytest.mark.parametrize("text", ONE_LINE)
def test_a_condition_in_one_line(text: str) -> None:
    assert [ONE_LINE[text]] == words(text)


@pytest.mark.parametrize("text", IN_ITEMS)
def test_what_is_long_or_could_be_misread_is_a_list(text: str) -> None:
    assert IN_ITEMS[text] == words(text)


@pytest.mark.parametrize("text", PREDICATES)
def test_what_is_asked_of_an_event(text: str) -> None:
    assert [f"“page” (where {PREDICATES[text]}) has happened"] == words(f"page where ({text})")


def test_a_definition_is_called_as_it_was_defined_and_a_string_by_its_text() -> None:
    rules = mqlrules.loads('event Looked-At = page where (n = 1)\nlooked at and "LOOKED AT" => MQL\n')
    assert "“Looked-At” has happened, and “LOOKED AT” has happened" in rules.describe()
    assert "“Looked-At” means “page” (where n is 1)." in rules.describe()


OUTCOMES = {
    "visit => warm": "A lead becomes warm as soon as “visit” has happened.",
    "when warm, visit => hot": "A lead that is warm becomes hot as soon as “visit” has happened.",
    "when warm for 12h, visit => lost": (
        "A lead that has been warm for at least 12 hours becomes lost as soon as “visit” has happened."
    ),
    "when hot, visit => recycle to warm": (
        "A lead that is hot goes back to warm and starts over as soon as “visit” has happened."
    ),
    "visit => recycle to cold": (
        "A lead in any higher stage goes back to cold and starts over as soon as “visit” has happened."
    ),
    "visit => cold": (
        "A lead becomes cold as soon as “visit” has happened. "
        "Note: This rule moves no lead, because every lead starts as cold."
    ),
    "when hot, visit => warm": (
        "A lead that is hot becomes warm as soon as “visit” has happened. "
        "Note: This rule moves no lead, because warm is not above hot."
    ),
    "when lost, visit => hot": (
        "A lead that is lost becomes hot as soon as “visit” has happened. "
        "Note: This rule moves no lead, because lost is outside the order."
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", OUTCOMES)
def test_what_a_rule_does(rule: str) -> None:
    assert OUTCOMES[rule] == entry(f"lifecycle cold > warm > hot, lost\nrule asked: {rule}\n", "asked")


SCORE_LINES = {
    "+1 per visit": "+1 point for each “visit”",
    "+10 per visit within 7d up to 30": "+10 points for each “visit” in the last 7 days, at most 30 points in total",
    "-2.5 for visit up to 4": "-2.5 points once, for the latest “visit”, at most 4 points off in total",
    "+8 per visit halve every 1w": "+8 points for each “visit”, each halved every 7 days after it happened",
    "+15 if visit and mail": "+15 points while “visit” has happened, and “mail” has happened",
}


@pytest.mark.parametrize("line", SCORE_LINES)
def test_what_a_line_of_a_score_adds(line: str) -> None:
    said = entry(f"score heat\n    {line}\n    between 0 and 20\n", "heat")
    assert f"The score is the sum of: - {SCORE_LINES[line]} It stays between 0 and 20." == said


MISREAD = {
    "visit and mail within 30d": "“in the last 30 days” applies only to “mail”; “visit” counts at any time.",
    "visit and demo and not mail within 30d": (
        "“in the last 30 days” applies only to “mail”; “visit” and “demo” count at any time."
    ),
    "no visit": "“Never” has no time limit: one “visit”, however long ago, rules it out.",
    "not visit": "“Never” has no time limit: one “visit”, however long ago, rules it out.",
    "visit then mail": "There is no time limit between the steps.",
    "visit then within 1d mail then demo": "Steps without a time limit may be any time apart.",
    "visit with same sku": "Each sku is considered separately; events without a sku don't count.",
}
PLAIN = [
    "visit",
    "visit and no visit within 60d",
    "visit and not visit >= 2 within 60d",
    "visit within 2d and mail within 30d",
    "(visit and mail) within 30d",
    "visit then within 1d mail",
    "no visit within 1d",
    "(visit then mail) within 7d",
    "lead.vip and visit within 7d",
]


@pytest.mark.parametrize("text", MISREAD)
def test_what_is_easily_misread_is_noted(text: str) -> None:
    assert entry(f"rule asked: {text} => MQL\n", "asked").endswith(f" Note: {MISREAD[text]}")


@pytest.mark.parametrize("text", PLAIN)
def test_what_reads_as_it_means_has_no_note(text: str) -> None:
    assert "Note" not in entry(f"rule asked: {text} => MQL\n", "asked")


def test_a_segment_says_that_a_silence_once_kept_stays_kept() -> None:
    said = entry("segment left = cart then no buy for 2d\n", "left")
    assert said.endswith("Note: Once the 2 days have passed, it stays true whatever happens later.")


def test_one_rule_is_described_with_all_that_it_is_built_on() -> None:
    rules = mqlrules.loads("""
event looked = page where (path = "/pricing")
event peeped = page where (path = "/")
segment keen = looked >= 2
segment idle = no peeped
score heat
    +10 if keen
rule one: heat >= 10 => MQL
rule two: idle => MEL
""")
    text = rules.describe(rule="ONE")
    assert [True] * 4 == [f"\n{name}" in text for name in ("one", "keen", "heat", "“looked” means")]
    assert [False] * 3 == [name in text for name in ("two", "idle", "peeped")]


def test_there_is_no_description_of_a_rule_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        mqlrules.loads("visit => MQL").describe(rule="two")


def test_markdown_takes_nothing_in_a_name_for_its_own() -> None:
    rules = mqlrules.loads('rule _a_b_ "1. *Really* <b>": page where (path matches "*_x?`") => MQL\n')
    text = rules.describe(markdown=True)
    assert "### \\_a_b\\_\n\n*“1. \\*Really\\* \\<b\\>”*" in text
    assert "(where path matches “\\*\\_x?\\`” (\\* is any run of characters and ? is one character))" in text


def test_lines_of_text_are_short() -> None:
    rules = mqlrules.loads("rule long: " + " and ".join(f"thing_number_{n}" for n in range(30)) + " => MQL\n")
    assert max(map(len, rules.describe().splitlines())) <= 100


def test_an_empty_rule_set_says_its_stages() -> None:
    text = mqlrules.loads("").describe()
    assert text.startswith(
        "What these rules say\n====================\n\nStages\n------\n  - A lead starts as anonymous.\n"
    )
    assert "How to read this" not in text
