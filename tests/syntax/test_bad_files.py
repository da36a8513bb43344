"""Rule files with mistakes: all that is said of them, with places, carets and hints, and what is still read of them."""

from pathlib import Path

import pytest

from mqlrules.syntax import errors
from mqlrules.syntax.diagnose import recognise
from mqlrules.syntax.parse import parse, parse_condition
from mqlrules.syntax.parse_error import Diagnosis, NearMiss, ParseError, Recogniser
from mqlrules.text.diagnostic import Diagnostic, Message, Place
from mqlrules.text.source import Source
from tests.syntax.expected import BAD, bad_files, reading, said

NEAR_MISSES = [recogniser for recogniser in recognise.RECOGNISERS if isinstance(recogniser, NearMiss)]


@pytest.mark.parametrize("path", bad_files(), ids=lambda path: path.stem)
def test_says_all_that_is_wrong(path: Path) -> None:
    assert path.with_suffix(".txt").read_text(encoding="utf-8") == said(reading(path))


@pytest.mark.parametrize("path", bad_files(), ids=lambda path: path.stem)
def test_points_at_a_place_in_the_file(path: Path) -> None:
    parsed = reading(path)
    for diagnostic in parsed.diagnostics:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(parsed.source.text)
        assert "error" == diagnostic.severity
        assert path.name == diagnostic.file


def test_there_are_bad_files_and_no_text_without_its_file() -> None:
    assert len(bad_files()) >= 90
    assert {path.stem for path in bad_files()} == {path.stem for path in BAD.glob("*.txt")}


def test_every_recogniser_knows_a_bad_file(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: set[int] = set()

    def watched(number: int, recogniser: Recogniser) -> Recogniser:
        def asked(error: ParseError) -> Diagnosis | None:
            diagnosis = recogniser(error)
            if diagnosis is not None:
                heard.add(number)
            return diagnosis

        return asked

    every = recognise.RECOGNISERS
    monkeypatch.setattr(recognise, "RECOGNISERS", tuple(watched(*numbered) for numbered in enumerate(every)))
    for path in bad_files():
        reading(path)
    parse_condition(Source("<condition>", "visited pricing => MQL"))
    silent = [recogniser for number, recogniser in enumerate(every) if number not in heard]
    assert [] == [recogniser for recogniser in silent if not isinstance(recogniser, NearMiss)]


@pytest.mark.parametrize("near_miss", NEAR_MISSES, ids=lambda near_miss: repr(near_miss.example))
def test_every_near_miss_is_what_its_example_shows(near_miss: NearMiss, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Recogniser] = []

    def first_that_knows(error: ParseError) -> Diagnosis:
        for recogniser in recognise.RECOGNISERS:
            diagnosis = recogniser(error)
            if diagnosis is not None:
                found.append(recogniser)
                return diagnosis
        raise AssertionError(error)

    monkeypatch.setattr(recognise, "recognise", first_that_knows)
    diagnostics = parse(Source("<rules>", near_miss.example)).diagnostics
    assert near_miss in found
    assert near_miss.message.code in {diagnostic.code for diagnostic in diagnostics}


def test_every_message_is_shown_by_a_bad_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for those of unreadable files and of limits, which have tests of their own, and of whole conditions."""
    shown: set[Message] = set()
    at = Message.at

    def watched(self: Message, place: Place, **words: str) -> Diagnostic:
        shown.add(self)
        return at(self, place, **words)

    monkeypatch.setattr(Message, "at", watched)
    for path in bad_files():
        reading(path)
    silent = {name for name, value in vars(errors).items() if isinstance(value, Message) and value not in shown}
    assert {
        "NOT_UTF8", "UNREADABLE", "NOT_RULES", "DATA_FILE", "FILE_TOO_LONG", "STATEMENT_TOO_LONG", "NESTED_TOO_DEEP",
        "TOO_MANY_ERRORS", "DOUBTFUL_PHRASE", "OUTCOME_OF_CONDITION",
    } == silent  # fmt: skip
