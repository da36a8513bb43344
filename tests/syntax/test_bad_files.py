"""Rule files with mistakes: all that is said of them, with places, carets and hints, and what is still read of them."""

import re
from pathlib import Path

import pytest

import mqlrules.syntax
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


def test_every_code_is_said_somewhere() -> None:
    room = Path(mqlrules.syntax.__file__).parent
    made = {code for file in room.glob("*errors.py") for code in CODE.findall(file.read_text(encoding="utf-8"))}
    tests = [*BAD.glob("*.txt"), *Path(__file__).parent.glob("test_*.py")]
    heard = {code for file in tests for code in re.findall(r"\bE\d\d\d\b", file.read_text(encoding="utf-8"))}
    assert set() == made - heard
