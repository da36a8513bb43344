"""Completion: what can follow here, in half-written rules; `|` is the cursor."""

import pytest

from mqlrules.ide.completion import Completion, complete, complete_condition
from mqlrules.ide.keywords import keywords
from mqlrules.ide.vocabulary import Vocabulary, spelled_event, spelled_path, vocabulary
from mqlrules.profile.catalogue import Catalogue, EventEntry
from mqlrules.ruleset import check_text
from mqlrules.syntax import grammar

RULES = """
schema page_viewed (path: text, seconds: number)
schema signed up (plan: text)
event visited pricing = page_viewed where (path starts with "/pricing")
segment good fit "Who we sell to" = lead.size >= 200
score warmth
    +10 per visited pricing
rule known: visited pricing and lead.industry = "mining" => MCL
"""
DATA = Catalogue(
    {
        "page viewed": EventEntry("Page Viewed", 12, {"path": ("/", "/pricing")}),
        "$pageview": EventEntry("$pageview", 3, {}),
    },
    {"industry": ("software", 'so "called"')},
)
WORDS: Vocabulary = vocabulary(check_text(RULES).program, DATA)


def completions(text: str) -> list[Completion]:
    offset = text.index("|")
    return complete(text.replace("|", "", 1), offset, WORDS)


def labels(text: str) -> list[str]:
    return [one.label for one in completions(text)]


@pytest.mark.parametrize(
    ("text", "some", "none"),
    [
        ("|", {"rule", "segment", "visited pricing", "not", "days"}, {"and", "=>", "MQL"}),
        ("rule x: visited pricing |", {"=>", "and", "within", "where", "then", ">=", "with same"}, {"MQL", "per"}),
        ("rule x: visited pricing and |", {"visited pricing", "good fit", "warmth", "no", "lead"}, {"and", "=>"}),
        ("rule x: a then |", {"visited pricing", "no", "within"}, {"good fit", "warmth", "not"}),
        ("rule x: a => |", {"MQL", "recycle to", "disqualified"}, {"visited pricing"}),
        ("rule x: a => recycle to |", {"MCL"}, {"disqualified", "recycle to"}),
        ("rule x: when |", {"MQL"}, {"visited pricing"}),
        ("rule x: a within |", {"7d", "30d"}, {"MQL", "and"}),
        ("rule x: a within 3|", {"3d", "3h"}, {"7d"}),
        ("rule x: a then no b for |", {"1d"}, {"and"}),
        ("rule x: page_viewed where (|", {"path", "seconds", "not"}, {"plan", "size"}),
        ("rule x: visited pricing where (|", {"path", "seconds"}, {"plan"}),
        ("rule x: lead.|", {"size", "industry"}, {"path"}),
        ('rule x: lead.industry = "|', {"software", "mining"}, {"/"}),
        ('rule x: visited pricing where (path in ("/", "|")) => MQL', {"/pricing"}, {"mining"}),
        ('rule x: last(path of page_viewed) = "|"', {"/pricing"}, {"mining"}),
        ("rule x: sum(| of signed up) > 3", {"plan"}, {"path"}),
        ("rule x: a where (path starts |", {"starts with"}, {"ends with", "and"}),
        ("rule x: a older th|", {"older than"}, {"within"}),
        ("score s\n    |", {"between"}, {"rule", "expect"}),
        ("score s\n    +10 |", {"per", "for", "if"}, {"and"}),
        ("score s\n    +10 per a |", {"up to", "halve every", "within"}, {"and", "=>"}),
        ('test "t"\n    |', {"day", "expect", "expect no", "as of", "lead"}, {"rule"}),
        ('test "t"\n    expect |', {"MQL", "good fit", "warmth", "expect no"}, {"visited pricing"}),
        ('test "t"\n    expect stage |', {"MQL"}, {"good fit", "warmth"}),
        ('test "t"\n    expect MQL on day 3 by |', {"known"}, {"good fit"}),
        ('test "t"\n    day 0 visited |', {"visited pricing"}, {"good fit"}),
        ('test "t"\n    lead (|', {"size", "industry"}, {"path"}),
        ("schema page_viewed (path: |", {"text", "number"}, {"path"}),
        ('timezone "Europe/Berl|"', {"Europe/Berlin"}, {"Europe/Vienna"}),
        ("rule x: (a and # not here |", set(), {"a", "and"}),
        ("rule x: a and b\nrule y: foo(|", set(), {"rule"}),
    ],
)
def test_what_can_follow_is_offered_and_nothing_else(text: str, some: set[str], none: set[str]) -> None:
    found = set(labels(text))
    assert set() == some - found
    assert set() == none & found


def test_a_rule_with_mistakes_before_the_cursor_is_completed_all_the_same() -> None:
    assert "MQL" in labels("rule x: a and and (b where path => |")
    assert "visited pricing" in labels("rule x a >= many or |\nrule y: b => MQL")


def test_a_phrase_of_several_words_is_replaced_whole() -> None:
    text = "rule x: 🎉 and visited pr"
    [found] = complete(text, len(text), WORDS)
    assert ("visited pricing", "visited pr") == (found.text, text[found.start : found.end])


def test_a_name_that_words_cannot_spell_is_written_as_a_string() -> None:
    [found] = [one for one in completions("rule x: |") if one.label == "$pageview"]
    assert '"$pageview"' == found.text
    assert 'so "called"' in labels('rule x: lead.industry = "so|')
    assert '"no entry"' == spelled_event("no entry")
    assert "registered for webinar" == spelled_event("registered for webinar")
    assert 'address."Zip Code"' == spelled_path("address.Zip Code")


def test_a_value_is_not_closed_twice() -> None:
    assert ['"mining"'] == [one.text for one in completions('rule x: lead.industry = "min|')]
    assert ['"mining'] == [one.text for one in completions('rule x: lead.industry = "min|"')]


def test_a_prompt_completes_conditions() -> None:
    found = [one.label for one in complete_condition("good fit and vis", 16, WORDS)]
    assert ["visited pricing"] == found
    assert "=>" not in [one.label for one in complete_condition("visited pricing ", 16, WORDS)]


def test_any_place_of_any_broken_text_can_be_completed() -> None:
    text = 'rule x: (a where (b = "c" and d in ("e", 3d) or lead."x y".z >= 2 => recycle to MQL\nscore s\n  +5 per § a'
    for offset in range(len(text) + 1):
        for one in complete(text, offset, WORDS):
            assert 0 <= one.start <= one.end == offset
        complete(text[:offset], offset, WORDS)


def test_every_keyword_sign_and_function_of_the_grammar_is_explained() -> None:
    known = grammar.vocabulary()
    said = keywords()
    wanted = {entry.terminal for entries in known.keywords.values() for entry in entries} | {*known.signs.values()}
    assert {"_LPAR", "_RPAR", "_COMMA", "_COLON", "_DOT"} == wanted - said.keys()
    assert all(keyword.says and keyword.example for keyword in said.values())
