"""Every sentence of the language, sections 2 to 8, is pinned by a case, or by a test where a case can't say it."""

import ast
import tomllib
from pathlib import Path

import pytest

from tests.engine.test_corpus import CORPUS, EVERY_CASE

ROOT = Path(__file__).parents[2]
SENTENCES: dict[str, dict[str, list[str]]] = tomllib.loads((CORPUS / "sentences.toml").read_text("utf-8"))
IDS = {case["id"] for case in EVERY_CASE}


def _exists(named: str) -> bool:
    path, separator, function = named.partition("::")
    if not separator:
        return named in IDS
    defined = ast.parse((ROOT / path).read_text("utf-8")).body
    return function in {node.name for node in defined if isinstance(node, ast.FunctionDef)}


def test_sections_2_to_8_are_there() -> None:
    assert list("2345678") == list(SENTENCES)


@pytest.mark.parametrize("section", SENTENCES)
def test_every_sentence_is_pinned(section: str) -> None:
    unpinned = [sentence for sentence, named in SENTENCES[section].items() if not named]
    assert not unpinned


@pytest.mark.parametrize("section", SENTENCES)
def test_what_pins_a_sentence_exists(section: str) -> None:
    missing = [name for named in SENTENCES[section].values() for name in named if not _exists(name)]
    assert not missing
