"""Colours of what is typed: every character of a line stands in it once, in its order, whatever is typed."""

import pytest

pytest.importorskip("prompt_toolkit")

from prompt_toolkit.document import Document

from mqlrules.repl.prompt import _STYLE, _Colours
from tests.repl.conftest import Asked
from tests.strategies import random_case


def lines_of(ask: Asked, text: str) -> list[list[tuple[str, str]]]:
    """The pieces of each line, with their styles."""
    document = Document(text)
    of_line = _Colours(lambda: ask.session).lex_document(document)
    return [[(piece[0], piece[1]) for piece in of_line(number)] for number in range(len(document.lines))]


@pytest.mark.parametrize(
    "text",
    [
        "", "visited pricing >= 2 within 7d", "regular and\n    engagement >= 5", ":tree regular and b",
        'a where (x = "y',
        ":lead ada", ":nonsense x", "  :at end", "# a comment\nrule x: a => MQL", "🙂 (", "score x\n\n    +10 per a\n",
        "\x00",
        *(random_case(number).rules for number in range(5)),
    ],
)  # fmt: skip
def test_nothing_of_a_line_is_lost_or_doubled(ask: Asked, text: str) -> None:
    assert text.split("\n") == ["".join(piece for _, piece in line) for line in lines_of(ask, text)]


def test_keywords_names_and_commands_have_styles_of_their_own(ask: Asked) -> None:
    [line] = lines_of(ask, "regular and engagement >= 5 within 7d")
    styles = {piece: style for style, piece in line if style}
    assert "class:segment" == styles["regular"]
    assert "class:score" == styles["engagement"]
    assert "class:keyword" == styles["and"] == styles["within"]
    assert "class:duration" == styles["7d"]
    assert ("class:command", ":tree") == lines_of(ask, ":tree regular")[0][0]
    assert ("class:unknown", ":tere") == lines_of(ask, ":tere regular")[0][0]


def test_every_style_is_one_that_the_prompt_knows(ask: Asked) -> None:
    known = {rule[0] for rule in _STYLE.style_rules}
    used = {
        style.removeprefix("class:")
        for number in range(10)
        for line in lines_of(ask, random_case(number).rules)
        for style, _ in line
        if style
    }
    assert set() == used - known - {"event"}
