"""A tree as text, read again, is the same tree."""

import json
from pathlib import Path

import pytest
from hypothesis import given

from mqlrules.syntax import tree
from mqlrules.syntax.parse import parse, parse_condition
from mqlrules.syntax.unparse import unparse
from mqlrules.text.source import Source
from tests.syntax.expected import bad_files, reading
from tests.syntax.trees import conditions, files

CORPUS = Path(__file__).parents[1] / "corpus"


def _rules() -> list[str]:
    """The rules of every case of the corpus that something comes out of."""
    texts = []
    for file in sorted(CORPUS.glob("*.jsonl")):
        cases = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        texts += [case["rules"] for case in cases if "transitions" in case["expect"]]
    return list(dict.fromkeys(texts))


def _sound(text: str) -> tree.File:
    parsed = parse(Source("<rules>", text))
    assert () == parsed.diagnostics
    return parsed.tree


def test_the_corpus_is_there() -> None:
    assert len(_rules()) > 300


def test_rules_of_the_corpus_are_read_and_come_back() -> None:
    for text in _rules():
        read = _sound(text)
        assert read == _sound(unparse(read))


@given(files)
def test_any_tree_comes_back(file: tree.File) -> None:
    assert file == _sound(unparse(file))


@given(conditions)
def test_any_condition_comes_back(condition: tree.Condition) -> None:
    assert (condition, ()) == parse_condition(Source("<condition>", unparse(condition)))


@given(files)
def test_the_text_of_a_tree_is_settled(file: tree.File) -> None:
    text = unparse(file)
    assert text == unparse(_sound(text))


@pytest.mark.parametrize("path", bad_files(), ids=lambda path: path.stem)
def test_what_is_read_of_bad_files_comes_back(path: Path) -> None:
    parsed = reading(path)
    text = unparse(parsed.tree)
    again = parse(Source(path.name, text))
    assert parsed.tree == again.tree
