"""What surrounds a command: encodings that are not UTF-8, quiet output, versions, and completion in shells."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.terminal import in_a_terminal

LEAD = "žofie 🚀"
RULES = 'rule looking "Poprvé": visited pricing => MEL\nrule warm: visited pricing = 2 => MQL\n'


@pytest.fixture
def foreign(folder: Path) -> Path:
    """A folder whose rules and leads have letters that few encodings know."""
    (folder / "rules.mql").write_text(RULES, encoding="utf-8")
    (folder / "events.csv").write_text(f"lead,time,event\n{LEAD},2026-01-05,visited pricing\n", encoding="utf-8")
    return folder


COMMANDS = [
    ("check", "rules.mql"),
    ("lint", "rules.mql"),
    ("describe", "rules.mql"),
    ("demo",),
    ("run", "rules.mql", "--events", "events.csv"),
    ("run", "rules.mql", "--events", "events.csv", "--output-format", "text"),
    ("explain", "rules.mql", "--events", "events.csv", "--lead", LEAD),
    ("explain", "rules.mql", "--events", "events.csv", "--lead", LEAD, "--timeline"),
    ("explain", "rules.mql", "--events", "events.csv", "--batch"),
    ("debug", "tree", "rules.mql"),
    ("nonsense-ž",),
]


def run(encoding: str, *arguments: str, folder: Path, stdin: str = "") -> "subprocess.CompletedProcess[bytes]":
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "mqlrules", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, input=stdin.encode(), capture_output=True, timeout=120)


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii"])
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_encoding_of_the_output_is_a_traceback(foreign: Path, encoding: str, arguments: tuple[str, ...]) -> None:
    done = run(encoding, *arguments, folder=foreign)
    assert b"Traceback" not in done.stderr
    assert b"UnicodeEncodeError" not in done.stderr
    assert done.returncode in (0, 1, 2)
    done.stdout.decode(encoding)


def test_json_is_the_same_in_every_encoding(foreign: Path) -> None:
    asked = ("run", "rules.mql", "--events", "events.csv")
    found = [json.loads(run(encoding, *asked, folder=foreign).stdout) for encoding in ("utf-8", "cp1252", "ascii")]
    assert LEAD == found[0]["lead"]
    assert found[0] == found[1] == found[2]
    explained = ("explain", *asked[1:], "--lead", LEAD, "--output-format", "json")
    assert LEAD == json.loads(run("ascii", *explained, folder=foreign).stdout)["lead"]


def test_the_session_takes_any_encoding(foreign: Path) -> None:
    done = run(
        "ascii", "repl", "rules.mql", "--events", "events.csv", folder=foreign, stdin="visited pricing\n:stages\n"
    )
    assert (0, b"") == (done.returncode, done.stderr)
    assert b"\\u017eofie" in done.stdout


def test_characters_of_ours_are_spelled_in_ascii(foreign: Path) -> None:
    shown = run("ascii", "explain", "rules.mql", "--events", "events.csv", "--lead", LEAD, folder=foreign).stdout
    assert b"\\u2713" not in shown
    assert b'"visited pricing"' in shown


def test_quiet_leaves_results_and_warnings(call: Call, folder: Path) -> None:
    with (folder / "events.csv").open("a") as file:
        file.write(",2026-01-20,visited pricing,e9\n")
    result = call("run", "rules.mql", "--events", "events.csv", "--out", "out.jsonl")
    assert "3 results written to out.jsonl" in result.stderr
    for arguments in (("-q", "run"), ("run", "-q"), ("run", "--quiet")):
        result = call(*arguments, "rules.mql", "--events", "events.csv", "--out", "out.jsonl")
        assert "written to" not in result.stderr
        assert "1 row can't be read" in result.stderr
    assert "3 results written to" in call("run", "rules.mql", "--events", "events.csv", "--out", "out.jsonl").stderr


def test_version_and_module(call: Call) -> None:
    assert call("--version").stdout == call("-V").stdout
    done = subprocess.run([sys.executable, "-m", "mqlrules", "-V"], capture_output=True, text=True, timeout=60)
    assert (0, call("-V").stdout) == (done.returncode, done.stdout)


def test_colour_of_one_call_is_not_that_of_the_next(call: Call, folder: Path) -> None:
    (folder / "wrong.mql").write_text("rule warm: visited pricing => MLQ\n")
    assert "\x1b[" in call("check", "wrong.mql", "--color", "always").stdout
    assert "\x1b[" not in call("check", "wrong.mql").stdout


# -- completion ----------------------------------------------------------------------------------------------------


def completed(line: str, folder: Path) -> list[str]:
    """What bash is offered for the last word of a line."""
    words = line.split(" ")
    variables = {"_MQLRULES_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    shown = subprocess.run(
        [Path(sys.executable).parent / "mqlrules"],
        cwd=folder,
        env=os.environ | variables,
        capture_output=True,
        text=True,
    )
    assert "" == shown.stderr
    return [each.partition(",")[2] for each in shown.stdout.splitlines()]


def test_commands_are_completed(folder: Path) -> None:
    assert ["explain", "explain-code"] == sorted(completed("mqlrules expl", folder))


def test_options_and_their_choices_are_completed(folder: Path) -> None:
    assert ["--as-of", "--allow-rejects"][::-1] == sorted(completed("mqlrules run --a", folder))
    assert ["sarif"] == completed("mqlrules lint --output-format s", folder)


def test_names_of_rules_are_completed(folder: Path) -> None:
    assert ["warm"] == completed("mqlrules describe rules.mql --rule w", folder)
    (folder / "mqlrules.toml").write_text('rules = "rules.mql"\n')
    assert ["looking", "warm"] == sorted(completed("mqlrules describe --rule ", folder))


def test_codes_are_completed(folder: Path) -> None:
    assert ["E107"] == completed("mqlrules explain-code E107", folder)
    assert ["idle-window"] == completed("mqlrules lint --select idle", folder)
    assert ["L001,idle-window"] == completed("mqlrules lint --select L001,idle", folder)


def test_files_are_left_to_the_shell(folder: Path) -> None:
    shown = in_a_terminal(
        "_MQLRULES_COMPLETE=bash_complete COMP_WORDS='mqlrules check ru' COMP_CWORD=2 mqlrules", folder
    ).text
    assert "file,ru" == shown.strip()
