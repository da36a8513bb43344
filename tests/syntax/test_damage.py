"""Good files with random damage: whatever is cut, doubled or put in, nothing raises, and places stay in the file."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqlrules.syntax.parse import parse, parse_condition
from mqlrules.syntax.read import decode
from mqlrules.syntax.unparse import unparse
from mqlrules.text.render import render
from mqlrules.text.source import Source
from tests.syntax.expected import bad_files

CORPUS = Path(__file__).parents[1] / "corpus"
_BITS = (
    "(", ")", '"', "'", "“", "=>", "=", ">=", "!", "&&", ",", ":", ".", "#", "\n", "\n    ", "\t", " and ", " AND ",
    " or ", " not ", " no ", " then ", " within ", " 30 ", " 30 days ", "30d", " where ", " (", " is ", " like ",
    " when ", " for ", " up to 3 ", "\\", "\x00", "\ud800", "é", "価", "+10 per ", "rule ", "score x\n", 'test "x"\n',
    "2026-1-5", " since ", " with same ", " in the last ",
    " at least 2 ", "%", "-", "->", "//", "/*", "*/", "[", "{", " of ",
    " lead.", " between ",
)  # fmt: skip


def _good() -> list[str]:
    texts = []
    for file in sorted(CORPUS.glob("*.jsonl")):
        texts += [json.loads(line)["rules"] for line in file.read_text(encoding="utf-8").splitlines()]
    return list(dict.fromkeys(texts))


GOOD = _good()


def survives(text: str) -> None:
    parsed = parse(Source("<rules>", text))
    for diagnostic in parsed.diagnostics:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
        assert diagnostic.message
        assert render(diagnostic)
    assert isinstance(unparse(parsed.tree), str)


def _damaged(text: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) + 1)
        to = min(len(text), at + chance.randint(0, 8))
        bit = chance.choice(_BITS) if chance.random() < 0.6 else ""
        text = text[:at] + bit + (text[to:] if chance.random() < 0.5 else text[at:])
    return text


@pytest.mark.parametrize("seed", range(8))
def test_damaged_files_are_read(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(250):
        survives(_damaged(chance.choice(GOOD), chance))


@pytest.mark.parametrize("path", bad_files(), ids=lambda path: path.stem)
def test_damaged_bad_files_are_read(path: Path) -> None:
    chance = random.Random(path.stem)
    source, _ = decode(path.read_bytes(), path.name)
    for _ in range(20):
        survives(_damaged(source.text, chance))


def test_every_beginning_of_a_file_is_read() -> None:
    text = max(GOOD, key=len)
    for end in range(0, len(text), 3):
        survives(text[:end])


@given(st.lists(st.sampled_from((*_BITS, "a", "b ", "MQL", " => MQL\n"))).map("".join))
def test_heaps_of_signs_are_read(text: str) -> None:
    survives(text)
    parse_condition(Source("<condition>", text))


@given(st.binary(max_size=60))
def test_any_bytes_are_read(data: bytes) -> None:
    source, _ = decode(data, "any.mql")
    survives(source.text)


@pytest.mark.parametrize(
    ("first", "second"), [("up", "to"), ("halve", "every"), ("older", "than"), ("with", "same"), ("ignoring", "case")]
)
@pytest.mark.parametrize("indent", ["    ", ""])
def test_two_words_of_one_keyword_in_two_items_are_two_words(first: str, second: str, indent: str) -> None:
    survives(f"score s\n    +5 per a {first}\n{indent}{second} 5\n")


def test_a_where_that_ends_at_once_is_told_where_it_ends() -> None:
    survives("rule r: visit where \t)) < 2 => MQL\n")
