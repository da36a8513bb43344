"""The grammar: no conflicts, the kept tables are its own, and lark itself reads rules the same way."""

import json
import logging
from pathlib import Path
from typing import Any

import lark
import pytest

from mqlrules.syntax import automaton, grammar
from mqlrules.syntax.automaton import Stuck
from mqlrules.syntax.build import Builder
from mqlrules.syntax.layout import blocks
from mqlrules.syntax.tables import Tables
from mqlrules.syntax.tokens import tokenise
from mqlrules.text.source import Source

KEPT = Path(grammar.__file__).with_name("tables.json")
CORPUS = Path(__file__).parents[1] / "corpus"


@pytest.fixture(scope="module")
def parser() -> lark.Lark:
    starts = list(grammar.STARTS)
    return lark.Lark(grammar.grammar_text(), parser="lalr", lexer="contextual", start=starts, maybe_placeholders=False)


def test_the_kept_tables_are_those_of_the_grammar() -> None:
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert grammar.build(grammar.grammar_text()) == kept, "run `python -m mqlrules.syntax.grammar`"


def test_the_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    # lark takes a shift where it could reduce, and says so only here.
    with caplog.at_level(logging.DEBUG, logger="lark"):
        lark.Lark(grammar.grammar_text(), parser="lalr", start=list(grammar.STARTS), debug=True)
    assert [] == [message for message in caplog.messages if "conflict" in message.lower()]


def test_changed_grammar_is_never_read_by_old_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = grammar.grammar_text().replace("timezone: _TIMEZONE STRING", "timezone: _TIMEZONE STRING STRING")
    monkeypatch.setattr(grammar, "grammar_text", lambda: changed)
    grammar.tables.cache_clear()
    try:
        assert grammar.fingerprint(changed) == grammar.tables().grammar
    finally:
        monkeypatch.undo()
        grammar.tables.cache_clear()


def test_every_rule_of_the_grammar_has_its_builder() -> None:
    tables = grammar.tables()
    callbacks = Builder(Source("<rules>", "")).callbacks
    named = {rule.callback for rule in tables.rules if rule.callback is not None and not rule.only_passes}
    used = {name for name in named if name in callbacks}
    inlined = {rule.origin for rule in tables.rules if rule.passes}
    assert set() == named - used - inlined


def _pieces(text: str) -> list[tuple[str, str]]:
    """The start symbol and the text of each statement and item of a file without mistakes."""
    tokens, _ = tokenise(grammar.tables(), text)
    cut, wrong = blocks(Source("<rules>", text), text, tokens)
    assert [] == wrong
    pieces = [piece for block in cut for piece in (block.heading, *block.items)]
    return [(piece.start, text[piece.tokens[0].start : piece.tokens[-1].end]) for piece in pieces]


def _terminals(tables: Tables, start: str, text: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []
    terminal_of = automaton.terminal_of

    def watched(*args: Any) -> tuple[str, int]:
        found = terminal_of(*args)
        seen.append(found[0])
        return found

    with monkeypatch.context() as patched:
        patched.setattr(automaton, "terminal_of", watched)
        tokens, _ = tokenise(tables, text)
        outcome = automaton.run(tables, start, text, tokens, Builder(Source("<rules>", text)).callbacks)
    assert not isinstance(outcome, Stuck)
    return seen


def test_lark_tells_the_same_terminals_apart(parser: lark.Lark, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces: dict[tuple[str, str], None] = {}
    for file in sorted(CORPUS.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            if "transitions" in case["expect"] and "#" not in case["rules"]:
                pieces |= dict.fromkeys(_pieces(case["rules"]))
    assert len(pieces) > 300
    tables = grammar.tables()
    for start, text in pieces:
        interactive = parser.parse_interactive(text, start)
        expected = [token.type for token in interactive.iter_parse()]
        interactive.feed_eof()
        assert expected == _terminals(tables, start, text, monkeypatch), text
