"""What every command has in common: help that is true, one plain line for what stops it, exit statuses."""

import re
import shlex
import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

import mqlrules
from mqlrules.cli.application import COMMANDS
from tests.cli.conftest import Call

ROOT = Path(__file__).parents[2]


def test_a_bare_call_shows_what_there_is(call: Call) -> None:
    result = call()
    assert 2 == result.exit_code
    assert "" == result.stdout
    for name in COMMANDS:
        assert f"\n  {name} " in result.stderr


def test_the_version_is_that_of_the_package(call: Call) -> None:
    assert f"mqlrules {version('mqlrules')}\n" == call("--version").stdout


def test_a_mistyped_command_is_one_line_with_the_right_one(call: Call) -> None:
    result = call("chekc", "rules.mql")
    assert 2 == result.exit_code
    assert "mqlrules: There is no command chekc. Did you mean check? (see `mqlrules --help`)\n" == result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "--nonsense", "rules.mql"],
        ["check", "nowhere.mql"],
        ["check", "-", "rules.mql"],
        ["run", "rules.mql"],
        ["run", "--events", "events.csv"],
        ["run", "nowhere.mql", "--events", "events.csv"],
        ["run", "rules.mql", "--events", "nowhere.csv"],
        ["run", "rules.mql", "--events", "events.csv", "--leads", "nowhere.csv"],
        ["run", "rules.mql", "--events", "events.csv", "--as-of", "yesterday"],
        ["run", "rules.mql", "--events", "events.csv", "--out", "out.xlsx"],
        ["run", "rules.mql", "--events", "events.csv", "--out", "nowhere/out.csv"],
        ["run", "rules.mql", "--events", "events.csv", "--rejects", "nowhere/rejects.jsonl"],
        ["run", "rules.mql", "--events", "events.csv", "--format", "excel"],
        ["run", "rules.mql", "--events", "events.csv", "--lead-column", "person"],
        ["run", "-", "--events", "-"],
        ["init", "rules.mql"],
        ["init", "."],
        ["init", "new", "--events", "nowhere.csv"],
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_said_in_plain_words(call: Call, folder: Path, arguments: list[str]) -> None:
    before = sorted(folder.rglob("*"))
    result = call(*arguments)
    assert (2, "") == (result.exit_code, result.stdout)
    assert result.stderr.startswith("mqlrules: ")
    assert len(result.stderr.splitlines()) <= 2
    assert before == sorted(folder.rglob("*"))


def test_an_option_that_nobody_has_is_answered_with_the_help_of_the_command(call: Call) -> None:
    assert call("check", "--fix", "rules.mql").stderr.endswith("(see `mqlrules check --help`)\n")


SEES_EVERYTHING = """\
test "a webinar and two visits"
    day 0   attended webinar
    day 1   visited pricing
    day 2   visited pricing
    as of day 40
    expect MQL on day 2 by warm
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_the_examples_in_the_help_run(call: Call, folder: Path, command: str) -> None:
    shutil.copy(folder / "rules.mql", folder / "warm.mql")
    (folder / "cold.mql").write_text("rule cold: no activity within 90d => recycle to anonymous\n")
    (folder / "rules").mkdir()
    shutil.copy(folder / "rules.mql", folder / "rules" / "rules.mql")
    (folder / "rules.mql").unlink()
    if command == "test":
        (folder / "rules" / "tests.mql").write_text(SEES_EVERYTHING)
    (folder / "leads.csv").write_text("lead,employees\nada,300\n")
    (folder / "data").mkdir()
    assert 0 == call("run", "warm.mql", "--events", "events.csv", "--out", "data/moves.parquet").exit_code
    (folder / "questions.txt").write_text("visited pricing >= 2\n:lead ada\n")
    events_as_parquet(folder)
    segment_export(folder)
    mqlrules.load("rules").engine(store="sqlite:///leads.db").close()
    text = call(command, "--help").stdout
    examples = re.findall(r"^ *((?:cat \S+ \| )?mqlrules .*)$", text.partition("Example")[2], re.MULTILINE)
    assert examples, f"{command} --help shows no example"
    for number, example in enumerate(examples):
        stdin = None
        if example.startswith("cat "):
            stdin = (folder / example.split()[1]).read_bytes()
            example = example.partition(" | ")[2]
        arguments = shlex.split(example.partition(" | ")[0])[1:]
        if command == "init":
            shutil.rmtree(folder / "rules", ignore_errors=True)
        spread = [
            str(path.relative_to(folder))
            for a in arguments
            for path in ([*folder.glob(a)] if "*" in a else [folder / a])
        ]
        result = call(*[s if "*" in a else a for a, s in zip(arguments, spread, strict=True)], stdin=stdin)
        assert 0 == result.exit_code, (number, example, result.output)


def events_as_parquet(folder: Path) -> None:
    import polars as pl

    (folder / "data" / "moves.parquet").unlink()
    pl.read_csv(folder / "events.csv").write_parquet(folder / "data" / "events.parquet")


def segment_export(folder: Path) -> None:
    import gzip

    line = '{"type": "track", "userId": "ada", "event": "visited pricing", "timestamp": "2026-01-05T09:00:00Z"}\n'
    (folder / "export.jsonl.gz").write_bytes(gzip.compress(line.encode()))


def test_the_help_of_the_whole_shows_examples(call: Call) -> None:
    assert "mqlrules demo" in call("--help").stdout
