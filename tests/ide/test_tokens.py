"""The kinds of tokens: what the parser reads, in broken texts too."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqlrules.ide.tokens import KINDS, classify, classify_condition, names_of
from mqlrules.ruleset import check_paths

ROOT = Path(__file__).parents[2] / "examples"


def kinds(text: str, **names: str) -> list[tuple[str, str]]:
    found = classify(text, {name.replace("_", " "): kind for name, kind in names.items()})  # type: ignore[misc]
    return [(text[token.start : token.end], token.kind) for token in found]


def test_a_rule_has_the_kinds_that_the_parser_reads() -> None:
    assert [
        ("rule", "keyword"), ("warm", "rule"), ('"Two visits"', "string"), (":", "punctuation"), ("when", "keyword"),
        ("MEL", "stage"), (",", "punctuation"), ("visited", "event"), ("pricing", "event"), ("where", "keyword"),
        ("(", "punctuation"), ("path", "property"), ("starts with", "keyword"), ('"/a"', "string"),
        (")", "punctuation"), (">=", "operator"), ("2", "number"), ("within", "keyword"), ("30d", "duration"),
        ("=>", "operator"), ("recycle to", "keyword"), ("MCL", "stage"), ("# so", "comment"),
    ] == kinds(
        'rule warm "Two visits": when MEL, visited pricing where (path starts with "/a") >= 2 within 30d'
        " => recycle to MCL # so"
    )  # fmt: skip


def test_a_word_is_a_keyword_only_where_it_is_one() -> None:
    assert [
        ("registered", "event"), ("for", "event"), ("first", "event"), ("list", "event"), ("=>", "operator"),
        ("MQL", "stage"),
    ] == kinds("registered for first list => MQL")  # fmt: skip
    assert ("first", "function") in kinds("first(x of a) = 1 => MQL")


def test_names_in_conditions_are_what_the_rules_define() -> None:
    found = kinds("rule r: warm and good fit and seen => MQL", warm="score", good_fit="segment", seen="event")
    assert [("warm", "score"), ("good", "segment"), ("fit", "segment"), ("seen", "event")] == [
        token for token in found if token[1] in ("score", "segment", "event")
    ]


def test_the_names_of_a_program_are_of_their_kinds() -> None:
    names = names_of(check_paths([ROOT / "b2b_saas" / "rules"]).program)
    assert ("score", "segment", "event", "list", "rule") == tuple(
        names[name] for name in ("engagement", "ideal customer", "visited pricing", "target accounts", "won")
    )


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ("rule x: a and => MQL", ("MQL", "stage")),
        ("rule x: a then within 3 b => MQL", ("b", "event")),
        ("rule x: a where path = 1 => MQL", ("MQL", "stage")),
        ("rule x: a where (path = => MQL", ("MQL", "stage")),
        ("rule x: a >= => MQL", ("MQL", "stage")),
        ("rule x: a within 30d and b >= 2", ("2", "number")),
        ('rule x: a where (path = "unclosed', ('"unclosed', "string")),
        ("rule x a => MQL § b", ("§", "unknown")),
    ],
)
def test_what_stands_after_a_mistake_is_read_all_the_same(broken: str, expected: tuple[str, str]) -> None:
    assert expected in kinds(broken)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from('ab 1d"().,:=>#\n\t§é🎉-_+'), max_size=60) | st.text(max_size=40))
def test_no_sign_is_left_out_of_any_text_and_none_is_told_twice(text: str) -> None:
    for found in (classify(text), classify_condition(text)):
        at = 0
        for token in found:
            assert at <= token.start < token.end
            assert not text[at : token.start].replace("\ufeff", "").strip()
            assert token.kind in KINDS
            at = token.end
        assert not text[at:].replace("\ufeff", "").strip()


def test_half_a_file_is_classified_at_any_place_where_it_is_cut() -> None:
    text = (ROOT / "b2b_saas" / "rules" / "rules.mql").read_text("utf-8")
    for end in range(0, len(text), 7):
        found = classify(text[:end])
        assert end == 0 or found
        assert text[:end].split() == "".join(
            (" " if text[token.start - 1 : token.start].isspace() else "") + text[token.start : token.end]
            for token in found
        ).split()  # fmt: skip
