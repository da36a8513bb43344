"""Rule files with mistakes: all that is said of them, with places, carets and hints, and what is still read of them."""

import re
from pathlib import Path

import pytest

import mqlrules.syntax
from mqlrules.syntax.diagnose import recognise
from mqlrules.syntax.parse import parse_condition
from mqlrules.syntax.parse_error import Recogniser, Slip, Trouble
from mqlrules.text.source import Source
from tests.syntax.expected import BAD, bad_files, reading, said

CODE = re.compile(r'"(E\d\d\d)"')


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
    heard: set[str] = set()

    def watched(recogniser: Recogniser) -> Recogniser:
        def asked(trouble: Trouble) -> Slip | None:
            slip = recogniser(trouble)
            if slip is not None:
                heard.add(recogniser.__name__)
            return slip

        return asked

    every = recognise.RECOGNISERS
    monkeypatch.setattr(recognise, "RECOGNISERS", tuple(map(watched, every)))
    for path in bad_files():
        reading(path)
    parse_condition(Source("<condition>", "visited pricing => MQL"))
    assert {recogniser.__name__ for recogniser in every} == heard


def test_every_code_is_said_somewhere() -> None:
    room = Path(mqlrules.syntax.__file__).parent
    made = {code for file in room.glob("*errors.py") for code in CODE.findall(file.read_text(encoding="utf-8"))}
    tests = [*BAD.glob("*.txt"), *Path(__file__).parent.glob("test_*.py")]
    heard = {code for file in tests for code in re.findall(r"\bE\d\d\d\b", file.read_text(encoding="utf-8"))}
    assert set() == made - heard
