"""The grammar: free of conflicts, serialised as it is, and read by our lexer as by Lark's own."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import lark
import pytest

from mqlrules.syntax import grammar
from mqlrules.syntax.build import Builder
from mqlrules.syntax.grammar import tokenise, vocabulary
from mqlrules.syntax.lalr import Position, Stuck, parse_tokens
from mqlrules.syntax.layout import blocks
from mqlrules.syntax.lexer import END, Words
from mqlrules.text.source import Source

KEPT = Path(grammar.__file__).with_name("grammar.json")
CORPUS = Path(__file__).parents[1] / "corpus"


@pytest.fixture(scope="module")
def contextual() -> lark.Lark:
    starts = list(grammar.STARTS)
    return lark.Lark(
        grammar.grammar_text(),
        parser="lalr",
        lexer="contextual",
        start=starts,
        maybe_placeholders=False,
        propagate_positions=True,
    )


@pytest.fixture
def fresh() -> Iterator[None]:
    """Parsers are loaded again in this test, and after it."""
    grammar.parser.cache_clear()
    yield
    grammar.parser.cache_clear()


@pytest.fixture(scope="module")
def pieces() -> dict[tuple[str, str], None]:
    """The start symbol and the text of every statement and item of the corpus."""
    found: dict[tuple[str, str], None] = {}
    for file in sorted(CORPUS.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            if "transitions" in case["expect"] and "#" not in case["rules"]:
                found |= dict.fromkeys(_pieces(case["rules"]))
    assert len(found) > 300
    return found


def _pieces(text: str) -> list[tuple[str, str]]:
    tokens, _ = tokenise(text)
    cut, wrong = blocks(Source("<rules>", text), text, tokens)
    assert [] == wrong
    found = [piece for block in cut for piece in (block.heading, *block.items)]
    return [(piece.start, text[piece.tokens[0].start : piece.tokens[-1].end]) for piece in found]


def test_the_serialised_parser_belongs_to_the_grammar() -> None:
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert grammar.made_from(grammar.grammar_text()) == kept["made_from"], "run `python -m mqlrules.syntax.grammar`"


def test_the_serialised_parser_makes_the_trees_of_one_built_from_the_text(
    contextual: lark.Lark, pieces: dict[tuple[str, str], None]
) -> None:
    for start, text in pieces:
        expected = contextual.parse(text, start)
        tokens, _ = tokenise(text)
        actual = parse_tokens(start, text, tokens)
        assert expected == actual, text
        assert not isinstance(actual, Stuck)
        assert (expected.meta.start_pos, expected.meta.end_pos) == (actual.meta.start_pos, actual.meta.end_pos)


def test_the_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    # Lark prefers shifting to reducing, and reports a conflict only here.
    with caplog.at_level(logging.DEBUG, logger="lark"):
        lark.Lark(grammar.grammar_text(), parser="lalr", start=list(grammar.STARTS), debug=True)
    assert [] == [message for message in caplog.messages if "conflict" in message.lower()]


@pytest.mark.usefixtures("fresh")
def test_a_changed_grammar_is_never_read_by_an_old_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = grammar.grammar_text().replace("timezone: _TIMEZONE STRING", "timezone: _TIMEZONE STRING STRING")
    monkeypatch.setattr(grammar, "grammar_text", lambda: changed)
    tokens, _ = tokenise('timezone "UTC" "UTC"')
    assert not isinstance(parse_tokens("statement", 'timezone "UTC" "UTC"', tokens), Stuck)


@pytest.mark.usefixtures("fresh")
def test_another_series_of_lark_builds_the_parser_from_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = grammar.parser()
    grammar.parser.cache_clear()
    monkeypatch.setattr(lark, "__version__", "1.999.0")
    built = grammar.parser()
    assert "<deserialized>" == kept.source_path != built.source_path
    assert set(kept.rules) == set(built.rules)


def test_every_rule_of_the_grammar_has_its_builder() -> None:
    named = set()
    for rule in grammar.parser().rules:
        kept = [symbol for symbol in rule.expansion if not (symbol.is_term and symbol.filter_out)]
        passes = rule.options.expand1 and not rule.alias and len(kept) == 1 and not kept[0].name.startswith("_")
        if not passes and not rule.origin.name.startswith("_"):
            named.add(str(rule.alias or rule.origin.name))
    assert named
    assert [] == sorted(name for name in named if not callable(getattr(Builder, name, None)))


def test_our_lexer_tells_the_terminals_apart_as_the_one_of_lark_does(
    contextual: lark.Lark, pieces: dict[tuple[str, str], None]
) -> None:
    for start, text in pieces:
        theirs = contextual.parse_interactive(text, start)
        tokens, _ = tokenise(text)
        ours = grammar.parser().parse_interactive(Words(vocabulary(), text, tokens), start)
        assert [token.type for token in theirs.iter_parse()] == [token.type for token in ours.iter_parse()], text
        theirs.feed_eof()
        ours.feed_eof()


def test_a_position_never_changes() -> None:
    first = Position.first("statement")
    before = first.expected
    after = first.after("WORD")
    assert after is not None
    assert before == first.expected != after.expected
    assert None is first.after(END)
    assert "_ARROW" in after.expected
