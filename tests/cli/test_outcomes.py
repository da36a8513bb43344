"""``mqlrules report``, ``backtest``, ``diff`` and ``tune``: what they print, write and refuse."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Call

pytest.importorskip("scipy")


@pytest.mark.parametrize("form", ["text", "markdown", "json", "html"])
def test_a_report_is_printed_in_every_format(call: Call, form: str) -> None:
    result = call("report", "rules.mql", "--events", "events.csv", "--output-format", form)
    assert 0 == result.exit_code
    assert "MQL" in result.stdout


def test_a_report_is_written_to_a_file(call: Call, folder: Path) -> None:
    result = call("report", "rules.mql", "--events", "events.csv", "--out", "report.html")
    assert 0 == result.exit_code
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_json_has_no_numbers_that_json_does_not_know(call: Call) -> None:
    result = call(
        "backtest", "rules.mql", "--events", "events.csv", "--outcome", "attended webinar", "--output-format", "json"
    )
    found = json.loads(result.stdout, parse_constant=lambda name: pytest.fail(name))
    assert 1 == found["outcomes"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["report", "--within", "soon"], "soon"),
        (["report", "--from", "MLQ"], "there is no stage MLQ. Did you mean MQL?"),
        (["report", "--benchmark", "13%"], "invalid benchmark"),
        (["report", "--split", "no x and y"], "can't be measured"),
        (["backtest", "--outcome", "won deal"], "no lead ever had the outcome won deal"),
        (["backtest", "--outcome", "visited >"], "error[E"),
        (["tune", "--rule", "wram", "--outcome", "attended webinar", "--for", "f1"], "Did you mean warm?"),
        (["tune", "--rule", "warm", "--outcome", "attended webinar", "--for", "luck"], "invalid goal"),
        (
            ["tune", "--rule", "warm", "--outcome", "attended webinar", "--for", "f1", "--counts", "two"],
            "whole numbers",
        ),
    ],
)
def test_what_cannot_be_read_is_a_plain_line(call: Call, arguments: list[str], says: str) -> None:
    command, *options = arguments
    result = call(command, "rules.mql", "--events", "events.csv", *options)
    assert 2 == result.exit_code
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_a_diff_takes_a_version_from_git(call: Call, folder: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments],
            cwd=folder,
            check=True,
            capture_output=True,
        )

    git("init", "-q")
    git("add", "rules.mql")
    git("commit", "-qm", "one")
    rules = (folder / "rules.mql").read_text()
    (folder / "rules.mql").write_text(rules.replace(">= 2", ">= 3"))
    result = call("diff", "git:HEAD:rules.mql", "rules.mql", "--events", "events.csv", "--out", "pr.md")
    assert 0 == result.exit_code
    assert (folder / "pr.md").read_text(encoding="utf-8").startswith("<!-- mqlrules diff -->\n# Rule changes")
    assert (
        1
        == call(
            "diff", "git:HEAD:rules.mql", "rules.mql", "--events", "events.csv", "--fail-if", "moved > 5%"
        ).exit_code
    )
    assert 2 == call("diff", "git:nowhere:rules.mql", "rules.mql", "--events", "events.csv").exit_code


def test_a_diff_of_equal_rules_reads_no_events(call: Call) -> None:
    result = call("diff", "rules.mql", "rules.mql", "--events", "there is no such file.csv")
    assert (0, True) == (result.exit_code, "no lead can move" in result.stdout)
