"""``mqlrules fmt``: files in the one layout, written whole and only where something changes."""

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Call

LOOSE = "rule  looking:visited pricing=>MEL\nrule warm:\n  visited pricing>=2 => MQL # hot\n"
NEAT = "rule looking: visited pricing => MEL\nrule warm:    visited pricing >= 2 => MQL  # hot\n"
BAD = "rule warm: visited  pricing >= => MQL\n"


@pytest.fixture
def loose(folder: Path) -> Path:
    path = folder / "rules.mql"
    path.write_bytes(LOOSE.encode())
    return path


def test_a_file_is_put_in_the_one_layout(call: Call, loose: Path) -> None:
    result = call("fmt", "rules.mql")
    assert (0, "rules.mql changed\n1 file changed.\n", "") == (result.exit_code, result.stdout, result.stderr)
    assert NEAT == loose.read_text()


def test_a_file_in_the_one_layout_is_not_written(call: Call, loose: Path) -> None:
    loose.write_bytes(NEAT.encode())
    os.utime(loose, (1, 1))
    result = call("fmt", ".")
    assert (0, "1 file already formatted.\n") == (result.exit_code, result.stdout)
    assert 1 == loose.stat().st_mtime


def test_check_changes_nothing_and_says_what_would_change(call: Call, loose: Path) -> None:
    result = call("fmt", ".", "--check")
    assert (1, "rules.mql would change\n1 file would change.\n") == (result.exit_code, result.stdout)
    assert LOOSE == loose.read_text()
    loose.write_text(NEAT)
    assert 0 == call("fmt", ".", "--check").exit_code


def test_diff_changes_nothing_and_shows_what_would_change(call: Call, loose: Path) -> None:
    result = call("fmt", ".", "--diff")
    assert (0, "1 file would change.\n") == (result.exit_code, result.stderr)
    removed = "".join(f"-{line}\n" for line in LOOSE.splitlines())
    added = "".join(f"+{line}\n" for line in NEAT.splitlines())
    assert f"--- rules.mql\n+++ rules.mql\n@@ -1,3 +1,2 @@\n{removed}{added}" == result.stdout
    assert LOOSE == loose.read_text()
    assert 1 == call("fmt", ".", "--diff", "--check").exit_code


def test_a_diff_says_where_the_last_line_has_no_end(call: Call, loose: Path) -> None:
    loose.write_text("a => MQL")
    assert "-a => MQL\n\\ No newline at end of file\n+a => MQL\n" in call("fmt", ".", "--diff").stdout


def test_a_file_that_cannot_be_read_is_left_alone(call: Call, loose: Path, folder: Path) -> None:
    (folder / "bad.mql").write_text(BAD)
    result = call("fmt", ".")
    assert (1, "rules.mql changed\n1 file changed, 1 file can't be parsed.\n") == (result.exit_code, result.stdout)
    assert "bad.mql:1:29" in result.stderr
    assert (BAD, NEAT) == ((folder / "bad.mql").read_text(), loose.read_text())


def test_what_a_windows_editor_leaves_is_put_right(call: Call, loose: Path) -> None:
    loose.write_bytes(b"\xef\xbb\xbf" + NEAT.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    assert 0 == call("fmt", "rules.mql").exit_code
    assert NEAT.encode() == loose.read_bytes()


def test_standard_input_goes_to_standard_output(call: Call) -> None:
    result = call("fmt", "-", stdin=LOOSE)
    assert (0, NEAT, "") == (result.exit_code, result.stdout, result.stderr)


def test_input_that_cannot_be_read_comes_out_as_it_went_in(call: Call) -> None:
    result = call("fmt", "-", stdin=BAD)
    assert (1, BAD) == (result.exit_code, result.stdout)
    assert "<standard input>:1:29" in result.stderr


def test_standard_input_can_be_checked_and_compared(call: Call) -> None:
    assert (1, "") == ((result := call("fmt", "-", "--check", stdin=LOOSE)).exit_code, result.stdout)
    assert (0, "") == ((result := call("fmt", "-", "--check", stdin=NEAT)).exit_code, result.stdout)
    assert "+rule looking: visited pricing => MEL\n" in call("fmt", "-", "--diff", stdin=LOOSE).stdout


def test_a_link_still_leads_to_its_file(call: Call, loose: Path, folder: Path) -> None:
    loose.chmod(0o640)
    (folder / "link.mql").symlink_to(loose)
    assert 0 == call("fmt", "link.mql").exit_code
    assert (folder / "link.mql").is_symlink()
    assert (NEAT, 0o640) == (loose.read_text(), loose.stat().st_mode & 0o777)
    assert [] == list(folder.glob(".*"))


@pytest.mark.parametrize("arguments", [("nowhere.mql",), ("-", "rules.mql"), ("empty",), ()])
def test_a_wrong_call_changes_nothing(call: Call, loose: Path, folder: Path, arguments: tuple[str, ...]) -> None:
    (folder / "empty").mkdir()
    assert 2 == call("fmt", *arguments).exit_code
    assert LOOSE == loose.read_text()
