"""One configuration: commands without arguments, and names of events that the configured data never has."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Call

CONFIGURATION = 'rules = "rules.mql"\nevents = "events.csv"\nleads = "leads.csv"\n'


@pytest.fixture
def project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with a configuration, and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    (folder / "mqlrules.toml").write_text(CONFIGURATION)
    (folder / "leads.csv").write_text("lead,employees\nada,300\n")
    return folder


def test_commands_need_no_arguments(call: Call, project: Path) -> None:
    (project / "rules.mql").write_text(
        (project / "rules.mql").read_text() + 'test "one look"\n    day 0 visited pricing\n    expect MEL on day 0\n'
    )
    for command in ("check", "lint", "test", "run", "describe", "fmt"):
        result = call(command)
        assert 0 == result.exit_code, (command, result.output)
    assert 3 == len(call("run").stdout.splitlines())
    assert 0 == call("explain", "--lead", "ada").exit_code


def test_a_folder_below_has_the_same_configuration(call: Call, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "deep").mkdir()
    monkeypatch.chdir(project / "deep")
    assert 3 == len(call("run").stdout.splitlines())


def test_what_is_named_on_the_command_line_comes_first(call: Call, project: Path) -> None:
    (project / "other.mql").write_text("rule other: attended webinar => SQL\n")
    assert ["SQL"] == [json.loads(line)["to_stage"] for line in call("run", "other.mql").stdout.splitlines()]


@pytest.mark.parametrize(("command", "says"), [("check", "Name rule files"), ("run", "Name rule files")])
def test_without_rules_the_call_says_what_to_write(call: Call, folder: Path, command: str, says: str) -> None:
    result = call(command)
    assert (2, True) == (result.exit_code, says in result.stderr)
    assert "mqlrules.toml" in result.stderr


def test_without_events_the_call_says_what_to_write(call: Call, folder: Path) -> None:
    result = call("run", "rules.mql")
    assert (2, True) == (result.exit_code, "Name event files with --events, or set `events`" in result.stderr)


def test_a_wrong_configuration_is_one_plain_line(call: Call, project: Path) -> None:
    (project / "mqlrules.toml").write_text('evnts = "events.csv"\n')
    result = call("check", "rules.mql")
    assert (2, 1) == (result.exit_code, len(result.stderr.splitlines()))
    assert "there is no setting evnts" in result.stderr


def test_check_and_lint_know_which_events_exist(call: Call, project: Path) -> None:
    (project / "rules.mql").write_text("rule a: visted pricing => MEL\n")
    for command in ("check", "lint"):
        result = call(command)
        assert (1, True) == (result.exit_code, "visted pricing" in result.stdout), (command, result.output)
        assert "Did you mean `visited pricing`?" in result.stdout
    (project / "rules.mql").write_text("rule a: visted pricing => MEL  # mql: ignore[unknown-event]\n")
    assert 0 == call("check").exit_code


def test_the_events_are_read_once_until_they_change(call: Call, project: Path) -> None:
    code = (
        "import sys\nfrom mqlrules.cli.application import application\n"
        "application.main(['check'], standalone_mode=False)\nprint('polars' in sys.modules)"
    )

    def read() -> str:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
        assert "" == done.stderr
        return done.stdout.splitlines()[-1]

    assert ["True", "False"] == [read(), read()]
    with (project / "events.csv").open("a") as file:
        file.write("cy,2026-01-20T09:00:00Z,opened email,e5\n")
    assert ["True", "False"] == [read(), read()]
    [kept] = {path.stat().st_mode & 0o777 for path in (project / "cache").rglob("*.json")}
    assert 0o600 == kept


def test_a_damaged_cache_is_read_again(call: Call, project: Path) -> None:
    assert 0 == call("check").exit_code
    for path in (project / "cache").rglob("*.json"):
        path.write_text("{}")
    assert 0 == call("check").exit_code


def test_rows_that_can_not_be_read_are_reported_from_the_cache_too(call: Call, project: Path) -> None:
    with (project / "events.csv").open("a") as file:
        file.write(",2026-01-20T09:00:00Z,opened email,e5\n")
    said = [call("lint").stderr for _ in range(2)]
    assert said[0] == said[1]
    assert "1 row can't be read" in said[0]


def test_events_that_can_not_be_read_do_not_stop_check(call: Call, project: Path) -> None:
    (project / "events.csv").unlink()
    result = call("check")
    assert (0, True) == (result.exit_code, "were not compared" in result.stderr)
