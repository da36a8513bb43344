"""Reading files: encodings, marks, line ends, and files that can't be read."""

from pathlib import Path

import pytest

from mqlrules.syntax.limits import FILE_CHARACTERS
from mqlrules.syntax.read import decode, parse_file, read

RULES = "rule größe: a => MQL\n"


@pytest.mark.parametrize("data", [RULES.encode(), RULES.encode("utf-8-sig")])
def test_utf8_with_or_without_a_mark(data: bytes) -> None:
    source, wrong = decode(data, "rules.mql")
    assert (RULES, ()) == (source.text, wrong)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_read_and_told(encoding: str) -> None:
    source, (diagnostic,) = decode(RULES.encode(encoding), "rules.mql")
    assert RULES == source.text
    assert ("E001", 1, 1) == (diagnostic.code, diagnostic.line, diagnostic.column)


def test_other_bytes_are_told_at_the_first_and_read_as_windows_would() -> None:
    source, (diagnostic,) = decode(RULES.encode("cp1252"), "rules.mql")
    assert RULES == source.text
    assert ("E001", 1, 8) == (diagnostic.code, diagnostic.line, diagnostic.column)
    assert diagnostic.message.startswith("2 bytes")


def test_line_ends_stay_as_they_are_but_for_those_of_old() -> None:
    assert "a\r\nb\n" == decode(b"a\r\nb\n", "rules.mql")[0].text
    assert "a\nb\n" == decode(b"a\rb\r", "rules.mql")[0].text


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    source, (diagnostic,) = read(tmp_path / "missing.mql", "missing.mql")
    assert "" == source.text
    assert ("E002", "missing.mql") == (diagnostic.code, diagnostic.file)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    parsed = parse_file(tmp_path)
    assert ["E002"] == [diagnostic.code for diagnostic in parsed.diagnostics]
    assert () == parsed.tree.statements


def test_no_more_is_read_than_a_file_may_have(tmp_path: Path) -> None:
    path = tmp_path / "long.mql"
    path.write_bytes(b"a " * 3_000_000)
    source, _ = read(path)
    assert FILE_CHARACTERS < len(source.text) < 5 * FILE_CHARACTERS
    assert ["E490"] == [diagnostic.code for diagnostic in parse_file(path).diagnostics]


def test_what_is_wrong_with_bytes_stands_among_the_diagnostics(tmp_path: Path) -> None:
    path = tmp_path / "rules.mql"
    path.write_bytes(b"a AND b => MQL\nGr\xf6\xdfe => MQL\nc AND d => MQL\n")
    parsed = parse_file(path, "rules.mql")
    assert [("E030", 1), ("E001", 2), ("E030", 3)] == [(found.code, found.line) for found in parsed.diagnostics]


ROWS = "lead,time,event\n" + "ada,2026-01-05T09:00:00Z,visited pricing\n" * 50


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("events.csv", ROWS.encode()),
        ("events.csv", ROWS.encode("utf-16")),
        ("short.csv", b"lead,time,event\n"),
        ("events.csv.gz", b"\x1f\x8b\x08\x00\xfd\x12"),
        ("events.jsonl", b'{"lead": 1, "time": 0, "event": "e"}\n' * 3),
        ("events.parquet", b"PAR1\x15\x04\x15 PAR1"),
        ("EVENTS.CSV", ROWS.encode()),
        ("export.txt", ROWS.encode()),
        ("export", ROWS.encode()),
    ],
)
def test_a_file_of_another_kind_is_told_in_one_finding(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    (diagnostic,) = parse_file(tmp_path / name, name).diagnostics
    message = f"`{name}` isn't a rule file: no statement in it can be read."
    assert ("E007", message) == (diagnostic.code, diagnostic.message)
    assert diagnostic.hint is not None
    assert ("--events" in diagnostic.hint) == (not name.startswith("export"))


@pytest.mark.parametrize(
    ("name", "text", "codes"),
    [
        ("rules.txt", "visited pricing => MQL\n", []),
        ("rules.txt", "visited pricing =>\n", ["E024"]),
        ("rules.txt", "visited pricing\n\nopened email\n", ["E024", "E024"]),
        ("rules.csv", "visited pricing => MQL\n\nopened email\n", ["E024"]),
        ("events.mql", "lead,time,event\na,b,c\na,b,c\n", ["E013", "E013", "E024"] * 3),
    ],
)
def test_rules_with_mistakes_are_rules_whatever_the_file_is_called(
    tmp_path: Path, name: str, text: str, codes: list[str]
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert codes == [diagnostic.code for diagnostic in parse_file(tmp_path / name).diagnostics]
