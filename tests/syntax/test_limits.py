"""Whatever a rule file holds, reading it ends soon, raises nothing, and names the limit that was passed."""

import time

import pytest

from mqlrules.syntax import limits
from mqlrules.syntax.parse import parse, parse_condition
from mqlrules.syntax.unparse import unparse
from mqlrules.text.render import render_all
from mqlrules.text.source import Source

MOST_SECONDS = 20
"""Far more than any of these takes: what is told apart is time that grows with the square of the text."""


def codes(text: str) -> list[str]:
    started = time.process_time()
    parsed = parse(Source("<rules>", text))
    assert render_all(parsed.diagnostics[:3]) is not None
    assert time.process_time() - started < MOST_SECONDS
    return [diagnostic.code for diagnostic in parsed.diagnostics]


def test_parentheses_by_the_thousand() -> None:
    assert ["E492"] == codes("(" * 10_000 + "a" + ")" * 10_000 + " => MQL")
    assert ["E492"] == codes("x where (" + "(" * 10_000 + "p" + ")" * 10_001 + " => MQL")


def test_nots_by_the_thousand() -> None:
    assert ["E492"] == codes("not " * 10_000 + "a => MQL")
    assert ["E492"] == codes("not (not not " * 5_000 + "a" + ")" * 5_000 + " => MQL")


def test_the_deepest_that_may_be_can_be_compared_shown_and_unparsed() -> None:
    deep = "not (b or " * (limits.NESTING // 2) + "a" + ")" * (limits.NESTING // 2)
    found, diagnostics = parse_condition(Source("<condition>", deep))
    assert () == diagnostics
    assert found is not None
    assert parse_condition(Source("<condition>", unparse(found)))[0] == found
    assert repr(found)
    assert isinstance(hash(found), int)


def test_the_limit_is_named() -> None:
    (diagnostic,) = parse(Source("<rules>", "(" * 60 + "a" + ")" * 60 + " => MQL")).diagnostics
    assert f"more than {limits.NESTING} levels" in diagnostic.message


def test_a_line_of_five_megabytes() -> None:
    assert ["E490"] == codes("a " * 2_500_000)


def test_a_long_statement() -> None:
    assert ["E491"] == codes(" and ".join(["a"] * 50_000) + " => MQL")
    assert [] == codes(" and ".join(["a"] * 10_000) + " => MQL")


def test_a_long_condition() -> None:
    found, (diagnostic,) = parse_condition(Source("<condition>", "a or " * 60_000 + "a"))
    assert found is None
    assert "E491" == diagnostic.code


def test_many_mistakes() -> None:
    found = codes("a && b || c -> MQL\n" * 2_000)
    assert "E493" == found[-1]
    assert limits.MISTAKES <= len(found) <= limits.MISTAKES + 10


def test_many_digits() -> None:
    assert ["E494"] == codes("a >= " + "1" * 100_000 + " => MQL")
    assert ["E494"] == codes("a within " + "1" * 26 + "d => MQL")


@pytest.mark.parametrize(
    "text",
    [
        '"' * 50_000,
        '"\n' * 20_000,
        "“" * 50_000,
        "for " * 40_000,
        "up to " * 30_000,
        "up" + " " * 150_000,
        "a " + "$ " * 90_000 + " => MQL",
        "a where " * 20_000,
        "a then " * 20_000,
        "a in the last 30 days " * 8_000,
        "2 a " * 20_000,
        "rule x: when " + "a " * 60_000 + "=> b",
        "a >= " + "2026-" * 30_000,
        "segmnt x = y\n" * 5_000,
        "( \n" * 100_000,
        "/* " * 50_000,
        "rule x: a\nand b\n" * 3_000,
        "\x00" * 50_000,
        "score s\n" + "    +1 per a &&\n" * 5_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_nothing_takes_long(text: str) -> None:
    assert codes(text)
