"""A result file is there whole, or it is not there."""

import os
import stat
from pathlib import Path

import pytest

from mqlrules.cli.command import Failure
from mqlrules.cli.writing import check_writable, whole_file


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    with whole_file(target) as part:
        part.write_text("all of it")
        assert not target.exists()
    assert "all of it" == target.read_text()
    assert [target] == list(tmp_path.iterdir())


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError, BrokenPipeError])
def test_what_was_there_stays_if_the_writing_is_stopped(tmp_path: Path, stop: type[BaseException]) -> None:
    target = tmp_path / "out.csv"
    target.write_text("before")
    with pytest.raises(stop), whole_file(target) as part:  # noqa: PT012 - the writing stops half-way
        part.write_text("half")
        raise stop
    assert "before" == target.read_text()
    assert [target] == list(tmp_path.iterdir())


def test_a_full_disk_is_said_in_one_line(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.symlink_to("/dev/full")
    with (
        pytest.raises(Failure, match=r"^.*out.csv can't be written: no space left on device$"),
        whole_file(target) as part,
    ):
        part.write_text("too much")


def test_a_new_file_gets_the_usual_permissions(tmp_path: Path) -> None:
    plain, written = tmp_path / "plain", tmp_path / "written"
    plain.touch()
    with whole_file(written) as part:
        part.write_text("")
    assert stat.S_IMODE(plain.stat().st_mode) == stat.S_IMODE(written.stat().st_mode)


def test_a_replaced_file_keeps_its_permissions_and_its_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.touch(mode=0o640)
    link.symlink_to(real)
    with whole_file(link) as part:
        part.write_text("new")
    assert "new" == real.read_text()
    assert link.is_symlink()
    assert 0o640 == stat.S_IMODE(real.stat().st_mode)


def test_a_folder_is_no_file_to_write(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="it is a folder"):
        check_writable(tmp_path)


def test_a_missing_folder_is_found_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="there is no folder"):
        check_writable(tmp_path / "nowhere" / "out.csv")


def test_a_locked_folder_is_found_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(Failure, match="permission denied"):
        check_writable(tmp_path / "out.csv")
