"""Where what was typed is remembered: in the folder for state, for its owner alone, and not without end."""

from pathlib import Path

import pytest

from mqlrules.repl.prompt import MOST_BYTES, history_file, made_ready


def test_the_folder_is_the_one_that_xdg_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/some/state")
    assert Path("/some/state/mqlrules/repl_history") == history_file()


@pytest.mark.parametrize("given", ["", "relative/state"])
def test_without_one_it_is_that_of_the_home_folder(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", given)
    monkeypatch.setenv("HOME", "/home/ada")
    assert Path("/home/ada/.local/state/mqlrules/repl_history") == history_file()


def test_the_file_is_for_its_owner_alone_and_what_is_in_it_stays(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "down" / "repl_history"
    made_ready(file)
    assert 0o600 == file.stat().st_mode & 0o777
    file.write_text("\n# a date\n+a\n")
    made_ready(file)
    assert "\n# a date\n+a\n" == file.read_text()


def test_a_file_that_has_grown_too_long_keeps_its_later_entries_whole(tmp_path: Path) -> None:
    file = tmp_path / "repl_history"
    entries = [f"\n# 2026-01-01\n+visited pricing >= {number}\n" for number in range(40_000)]
    file.write_text("".join(entries))
    assert file.stat().st_size > MOST_BYTES
    made_ready(file)
    text = file.read_text()
    assert MOST_BYTES // 2 - 100 < len(text) <= MOST_BYTES // 2
    assert "".join(entries).endswith(text)
    assert text.startswith("\n# 2026-01-01\n+visited pricing >= ")


def test_a_long_file_without_entries_is_emptied(tmp_path: Path) -> None:
    file = tmp_path / "repl_history"
    file.write_bytes(b"x" * (MOST_BYTES + 1))
    made_ready(file)
    assert b"" == file.read_bytes()
