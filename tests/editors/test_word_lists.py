"""Words in editors' files: they are the grammar's, all of them."""

import pytest

from editors import word_lists
from mqlrules.syntax.grammar import grammar_text, vocabulary

WORDS = word_lists.terminals(grammar_text())


class Watched(dict[str, str]):
    """Remembers what was asked for."""

    def __init__(self, words: dict[str, str]) -> None:
        super().__init__(words)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return super().__getitem__(name)


def test_the_files_hold_the_words_of_the_grammar() -> None:
    stale = [str(path) for path, text in word_lists.files(WORDS).items() if path.read_text("utf-8") != text]
    assert [] == stale, "run `python -m editors.word_lists`"


def test_every_terminal_is_found() -> None:
    known = vocabulary()
    keywords = {keyword.terminal.removeprefix("_") for entries in known.keywords.values() for keyword in entries}
    signs = {terminal.removeprefix("_") for terminal in known.signs.values()}
    values = {"STRING", "INSTANT", "DATE", "CLOCK", "DURATION", "SIGNED", "UNSIGNED", "COMMENT"}
    assert keywords | signs | values | {"RESERVED"} == set(WORDS)


@pytest.mark.parametrize("file", ["mql.tmLanguage.json", "syntax/mql.vim"])
def test_every_keyword_is_used(file: str) -> None:
    signs = {terminal.removeprefix("_") for terminal in vocabulary().signs.values()}
    watched = Watched(WORDS)
    made = next(make for path, make in word_lists.MAKERS.items() if str(path).endswith(file))
    made(watched)
    assert set() == set(WORDS) - watched.asked - signs - {"COMMENT"}


def test_a_changed_word_changes_the_files() -> None:
    changed = word_lists.terminals(grammar_text().replace("/halve\\s+every", "/fade\\s+every"))
    files = word_lists.files(changed)
    assert 2 == sum("fade" in text and "halve" not in text for text in files.values())
