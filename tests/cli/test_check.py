"""``mqlrules check``: everything that is wrong, where, and what to write instead."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Call

WRONG = "rule warm: visited pricing => MLQ\n"


def test_a_sound_file_is_said_to_be_sound(call: Call) -> None:
    result = call("check", "rules.mql")
    assert (0, "1 file, 2 rules: nothing wrong.\n") == (result.exit_code, result.stdout)


def test_a_mistake_is_shown_with_its_place_and_a_hint(call: Call, folder: Path) -> None:
    (folder / "rules.mql").write_text(WRONG)
    result = call("check", "rules.mql")
    assert (1, "") == (result.exit_code, result.stderr)
    assert "rules.mql:1:31" in result.stdout
    assert "Did you mean `MQL`?" in result.stdout
    assert "1 finding in 1 file." == result.stdout.splitlines()[-1]


def test_all_files_of_a_folder_are_one_rule_set(call: Call, folder: Path) -> None:
    (folder / "other.mql").write_text("rule warm: visited pricing => MQL\n")
    result = call("check", ".")
    assert 1 == result.exit_code
    assert "`warm` is defined twice" in result.stdout


def test_json_has_every_finding(call: Call, folder: Path) -> None:
    (folder / "rules.mql").write_text(WRONG)
    result = call("check", "rules.mql", "--output-format", "json")
    [found] = json.loads(result.stdout)
    assert 1 == result.exit_code
    assert {"file": "rules.mql", "line": 1, "column": 31, "end_line": 1, "end_column": 34} == {
        key: found[key] for key in ("file", "line", "column", "end_line", "end_column")
    }
    assert "error" == found["severity"]


def test_json_of_a_sound_file_is_an_empty_list(call: Call) -> None:
    assert [] == json.loads(call("check", "rules.mql", "--output-format", "json").stdout)


def test_rules_come_from_standard_input_too(call: Call) -> None:
    result = call("check", "-", stdin=WRONG)
    assert 1 == result.exit_code
    assert "<standard input>:1:31" in result.stdout


def test_a_missing_file_is_a_wrong_call(call: Call) -> None:
    result = call("check", "nowhere.mql")
    assert (2, "mqlrules: there is no file or folder nowhere.mql\n") == (result.exit_code, result.stderr)


def test_a_folder_without_rules_is_a_wrong_call(call: Call, folder: Path) -> None:
    (folder / "empty").mkdir()
    result = call("check", "empty")
    assert (2, "mqlrules: there is no .mql file in empty\n") == (result.exit_code, result.stderr)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"# only a comment\r\n"])
def test_an_empty_file_is_no_mistake(call: Call, folder: Path, content: bytes) -> None:
    (folder / "rules.mql").write_bytes(content)
    assert (0, "1 file: nothing wrong.\n") == ((result := call("check", "rules.mql")).exit_code, result.stdout)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"visited \xff => MQL", bytes(range(256)), b"(" * 10_000])
def test_no_content_makes_a_traceback(call: Call, folder: Path, content: bytes) -> None:
    (folder / "rules.mql").write_bytes(content)
    assert 1 == call("check", "rules.mql").exit_code
