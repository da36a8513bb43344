"""The TextMate grammar, read by the engine of VS Code, sees what the parser sees."""

import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.editors.texts import broken_texts, kinds_in, project_texts, tokens, word_texts

# The kind of a scope is that of its longest beginning here.
_KINDS = {
    "comment": "comment",
    "constant.character": "string",
    "constant.language": "boolean",
    "constant.numeric": "number",
    "constant.numeric.duration": "duration",
    "constant.numeric.date": "date",
    "entity.name.function.event": "event",
    "entity.name.function.list": "list",
    "entity.name.function.rule": "rule",
    "entity.name.function.score": "score",
    "entity.name.function.segment": "segment",
    "entity.name.type.stage": "stage",
    "invalid": "unknown",
    "keyword": "keyword",
    "keyword.operator": "operator",
    "punctuation": "punctuation",
    "punctuation.definition.comment": "comment",
    "source": "nothing",
    "storage.type": "keyword",
    "string": "string",
    "string.quoted.double.property": "property",
    "support.function": "function",
    "support.type": "type",
    "variable.language.lead": "keyword",
    "variable.other.event": "event",
    "variable.other.list": "list",
    "variable.other.property": "property",
}

# What expressions on one line can't tell (the grammar says so at its top).
_BEYOND = re.compile(
    r"with same\b.*\bwith same\b|where \((?:not )?(?:and|or)\b|\bin (?:with same|ignoring case)\b|expect expect by"
)


def kind(scope: str) -> str:
    parts = scope.removesuffix(".mql").split(".")
    return next(_KINDS[prefix] for n in range(len(parts), 0, -1) if (prefix := ".".join(parts[:n])) in _KINDS)


def scopes(vscode: Path, texts: Iterable[str]) -> list[list[tuple[str, str]]]:
    """For each text its pieces with their innermost scopes."""
    asked = json.dumps(list(texts))
    command = ["node", str(vscode / "test" / "tokenize.mjs")]
    done = subprocess.run(command, input=asked, capture_output=True, encoding="utf-8", timeout=120, check=True)
    return [[(piece, scope) for piece, scope in pieces] for pieces in json.loads(done.stdout)]


def differences(vscode: Path, texts: Iterable[str]) -> list[str]:
    """The tokens that the grammar takes for something else than the parser does."""
    texts = list(texts)
    found = []
    for text, pieces in zip(texts, scopes(vscode, texts), strict=True):
        assert text == "".join(piece for piece, _ in pieces)
        kinds = [kind(scope) for piece, scope in pieces for _ in piece]
        for token, written in tokens(text):
            # The name of an event in quotes looks like any other string.
            expected = {"string"} if written.startswith('"') and token.kind == "event" else {token.kind}
            got = kinds_in(text, token, kinds)
            if expected != got and not (written.startswith('"') and got == {"string"}):
                found.append(f"{written}: {expected} {got} in {text}")
    return found


def test_in_the_rules_of_examples_and_corpus_every_token_is_what_the_parser_says(vscode: Path) -> None:
    assert len(project_texts()) > 500
    assert [] == differences(vscode, project_texts())


def test_a_word_is_a_keyword_only_where_the_parser_takes_it_for_one(vscode: Path) -> None:
    texts = [text for text in word_texts() if not _BEYOND.search(text)]
    assert len(texts) > 5000
    assert [] == differences(vscode, texts)


@pytest.mark.parametrize("phrase", ["signed up", "registered for webinar", "first purchase", "became lead"])
def test_phrases_of_common_words_hold_no_keyword(vscode: Path, phrase: str) -> None:
    [pieces] = scopes(vscode, [f"rule r: {phrase} >= 2 => MQL"])
    words = [(piece, scope) for piece, scope in pieces if piece in phrase.split()]
    assert [(word, "variable.other.event.mql") for word in phrase.split()] == words


def test_a_mistake_stays_in_its_statement(vscode: Path) -> None:
    after = 'rule last "x": visited pricing where (path = "a") >= 2 within 3d => MQL'
    [alone] = scopes(vscode, [after])
    spoilt = scopes(vscode, [f"{text}\n{after}" for text in broken_texts()])
    assert len(spoilt) > 90
    assert [] == [pieces for pieces in spoilt if pieces[-len(alone) :] != alone]


def test_the_reference_file_has_its_scopes(vscode: Path) -> None:
    command = ["node", "node_modules/vscode-tmgrammar-test/dist/unit.js", "test/reference.mql"]
    done = subprocess.run(command, cwd=vscode, capture_output=True, encoding="utf-8", timeout=60)
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    assert "reference.mql run successfuly" in done.stdout


def test_the_reference_file_has_every_scope_of_the_grammar(vscode: Path) -> None:
    grammar = (vscode / "syntaxes" / "mql.tmLanguage.json").read_text("utf-8")
    named = set(re.findall(r'"name": "([a-z.\-]+\.mql)"', grammar))
    reference = (vscode / "test" / "reference.mql").read_text("utf-8")
    assert set() == {scope for scope in named if f" {scope}\n" not in reference}
