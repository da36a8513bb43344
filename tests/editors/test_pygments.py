"""The lexer for Pygments gives each token the class that the parser's reading implies."""

import re

import lark
import pygments
import pytest
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Comment, Error, Keyword, Literal, Name, Number, Operator, Punctuation, String, Whitespace

from mqlrules.ide.pygments_lexer import RulesLexer
from mqlrules.language.by_terminal import AGGREGATE_TERMINALS
from mqlrules.syntax import grammar
from mqlrules.syntax.layout import blocks
from mqlrules.text.source import Source
from tests.editors.texts import broken_texts, project_texts, word_texts

_VALUES = {
    "STRING": String,
    "INSTANT": Literal.Date,
    "DATE": Literal.Date,
    "CLOCK": Literal.Date,
    "DURATION": Number,
    "SIGNED": Number,
    "UNSIGNED": Number,
    "TRUE": Keyword.Constant,
    "FALSE": Keyword.Constant,
    **dict.fromkeys(AGGREGATE_TERMINALS, Name.Builtin),
    **dict.fromkeys(("_LPAR", "_RPAR", "_COMMA", "_COLON", "_DOT"), Punctuation),
}


@pytest.fixture(scope="module")
def parser() -> lark.Lark:
    text, starts = grammar.grammar_text(), list(grammar.STARTS)
    return lark.Lark(text, parser="lalr", lexer="contextual", start=starts, maybe_placeholders=False)


def terminals(parser: lark.Lark, text: str) -> list[tuple[int, str, str]]:
    """Where each token of a text begins, its terminal and its text, as lark itself reads them."""
    tokens, _ = grammar.tokenise(text)
    cut, _ = blocks(Source("", text), text, tokens)
    found = []
    for piece in (piece for block in cut for piece in (block.heading, *block.items)):
        start = piece.tokens[0].start
        reading = parser.parse_interactive(text[start : piece.tokens[-1].end], start=piece.start)
        found += [(start + (token.start_pos or 0), token.type, str(token)) for token in reading.iter_parse()]
    return found


def implied(terminal: str, text: str, before: str) -> tuple[object, ...]:
    """The classes that fit a terminal of the grammar, after another."""
    if before == "_SCHEMA" and text == "lead":
        return (Keyword,)
    if terminal in _VALUES:
        # A quoted name of an event or a property is a name, too.
        return (_VALUES[terminal], Name.Attribute) if text.startswith('"') else (_VALUES[terminal],)
    if terminal in ("WORD", "NAME"):
        return (Name, Keyword.Type)
    if terminal in grammar.vocabulary().signs.values():
        return (Operator,)
    return (Keyword,)


def differences(parser: lark.Lark, texts: tuple[str, ...]) -> list[str]:
    found = []
    for text in texts:
        pieces = {start: (kind, piece) for start, kind, piece in RulesLexer().get_tokens_unprocessed(text)}
        before = ""
        for start, terminal, written in terminals(parser, text):
            kind, piece = pieces[start]
            if piece != written or not any(kind in fitting for fitting in implied(terminal, written, before)):
                found.append(f"{written} ({terminal}) is {kind} {piece!r} in {text}")
            before = terminal
    return found


def test_in_the_rules_of_examples_and_corpus_every_token_has_the_class_of_its_terminal(parser: lark.Lark) -> None:
    assert [] == differences(parser, project_texts())


def test_a_word_is_a_keyword_only_where_the_parser_takes_it_for_one(parser: lark.Lark) -> None:
    assert [] == differences(parser, word_texts()[::12])


def test_names_are_told_apart_by_what_the_text_defines() -> None:
    text = 'segment big = lead.size > 9\nscore warm\n    +1 per a\nrule r "x": big and warm > 3 and a => MQL\n'
    kinds = [(kind, piece) for _, kind, piece in RulesLexer().get_tokens_unprocessed(text) if piece.strip()]
    condition = kinds[kinds.index((Punctuation, ":")) :]
    assert [(Name.Variable, "big"), (Name.Variable, "warm"), (Name, "a")] == [
        (kind, piece) for kind, piece in condition if piece in ("big", "warm", "a")
    ]
    assert (Name.Function, "r") in kinds
    assert (Name.Class, "MQL") in kinds
    assert (Name.Attribute, "size") in kinds


@pytest.mark.parametrize("text", ["", "\n\n", "   ", "\ufeffa => MQL", '"', "#", "🦜 => MQL", "rule", "\x00", "a\r\nb"])
def test_nothing_is_left_out_of_odd_texts(text: str) -> None:
    assert text == "".join(piece for _, _, piece in RulesLexer().get_tokens_unprocessed(text))


def test_nothing_is_left_out_of_broken_texts() -> None:
    for text in broken_texts():
        pieces = list(RulesLexer().get_tokens_unprocessed(text))
        assert text == "".join(piece for _, _, piece in pieces)
        assert [start for start, _, _ in pieces] == sorted({start for start, _, _ in pieces})


def test_a_comment_between_the_words_of_a_keyword_stays_a_comment() -> None:
    pieces = [
        (kind, piece.strip()) for _, kind, piece in RulesLexer().get_tokens_unprocessed("a older # c\n  than 3d => MQL")
    ]
    assert [(Keyword, "older"), (Comment.Single, "# c"), (Keyword, "than")] == pieces[2:5]


def test_what_the_language_has_not_is_an_error() -> None:
    assert (Error, "$") in [(kind, piece) for _, kind, piece in RulesLexer().get_tokens_unprocessed("a $ => MQL")]
    assert Whitespace == next(kind for _, kind, piece in RulesLexer().get_tokens_unprocessed("a b") if piece == " ")


def test_pygments_finds_the_lexer_by_name_and_by_ending() -> None:
    assert "RulesLexer" == type(get_lexer_by_name("mqlrules")).__name__
    assert "RulesLexer" == type(get_lexer_for_filename("rules/warm.mql")).__name__
    shown = pygments.highlight("a within 3d => MQL\n", get_lexer_by_name("mqlrules"), HtmlFormatter())
    assert '<span class="k">within</span>' in shown


def test_rich_shows_rules_in_colour() -> None:
    from rich.console import Console
    from rich.syntax import Syntax

    console = Console(force_terminal=True, color_system="truecolor", width=80)
    with console.capture() as shown:
        console.print(Syntax("a within 3d => MQL", "mqlrules", theme="monokai"))
    coloured = re.findall(r"\x1b\[38;2;[0-9;]+m(\w+)", shown.get())
    assert ["a", "within", "3d", "MQL"] == [word for word in coloured if word.strip()]
