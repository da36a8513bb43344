"""The session in a pipe: a script of statements and commands, answered line by line; and where it can't begin."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mqlrules.events.errors import MissingExtra
from tests.cli.conftest import Call

MQLRULES = [sys.executable, "-m", "mqlrules"]


def repl(*arguments: str, script: str | bytes = "", **more: object) -> subprocess.CompletedProcess[bytes]:
    """The command with its input and output in pipes."""
    data = script.encode() if isinstance(script, str) else script
    return subprocess.run([*MQLRULES, "repl", *arguments], input=data, capture_output=True, timeout=120, **more)  # type: ignore[call-overload,no-any-return]


def test_a_script_is_answered_without_prompt_or_colour(folder: Path) -> None:
    script = """\
visited pricing >= 2
rule three:
    opened email
    => SQL

:lead cy
:quit
this is not read any more => nowhere
"""
    done = repl("rules.mql", "--events", "events.jsonl", script=script)
    assert (0, b"") == (done.returncode, done.stderr)
    shown = [line.rstrip() for line in done.stdout.decode().splitlines()]
    assert "1 of 3 leads now, 1 ever; as of 2026-02-20 08:00 UTC" == shown[0]
    assert "rule three: new." == shown[shown.index("") + 1]
    assert "cy  SQL since 2026-01-13 08:00 UTC, by three" in shown
    assert b"\x1b" not in done.stdout


FAILURES = "visited pricing >= and\n\nrule x: a =>\n    MLQ\n:nonsense\n:lead nobody\nvisited pricing\n"


def test_what_fails_is_said_by_its_line_the_rest_is_answered_and_the_status_is_1(call: Call) -> None:
    result = call("repl", "rules.mql", "--events", "events.jsonl", stdin=FAILURES)
    assert 1 == result.exit_code
    assert "--> <line 1>:1:17" in result.stderr
    assert "--> <line 3>:2:5" in result.stderr
    assert "error: <line 5>: There is no command `:nonsense`." in result.stderr
    assert "error: <line 6>: There is no lead `nobody`." in result.stderr
    assert result.stdout.startswith("\n2 of 3 leads now")


def test_rules_that_are_wrong_are_said_and_the_others_asked(call: Call, folder: Path) -> None:
    (folder / "rules.mql").write_text("rule a: visited pricing => MEL\nrule b: visited pricing => MLQ\n")
    result = call("repl", "rules.mql", "--events", "events.jsonl", stdin="a\n")
    assert 1 == result.exit_code
    assert "rules.mql:2:28" in result.stderr
    assert result.stdout.startswith("2 of 3 leads now")


def test_rows_that_cant_be_read_make_the_status_1(call: Call, folder: Path) -> None:
    (folder / "bad.csv").write_text("lead,time,event\nzoe,2026-01-01,a\n,2026-01-01,a\n")
    result = call("repl", "--events", "bad.csv", stdin="a\n")
    assert 1 == result.exit_code
    assert "1 row can't be read and is left out:\n  bad.csv:3: no lead" in result.stderr
    assert result.stdout.startswith("1 of 1 lead now")


def test_nothing_at_all_is_a_session_too(call: Call) -> None:
    result = call("repl", stdin="")
    assert (0, "", "") == (result.exit_code, result.stdout, result.stderr)


def test_whatever_is_typed_is_answered_in_words(call: Call) -> None:
    script = b"\n".join([
        b"\xff\xfe\x00", b"visited \xc3 pricing", b"\x00", "\N{PILE OF POO} >= 2".encode(), b"(" * 5000,
        b"a " * 50_000, b"not " * 3000 + b"a", b":", b": ", b":\xff", b":lead \x1b[31m", b":at \x00",
        b":tree " + b"(" * 3000, b":describe \x00", b":events \x00", b":save \x00.mql", b":load \x00", b":load 'a",
        b":help \xff", b":drop \x00", b":time \xff", b":why \x00", b"score \x00\n    +1 per \x00", b"visited pricing",
    ])  # fmt: skip
    result = call("repl", "rules.mql", "--events", "events.jsonl", stdin=script)
    assert 1 == result.exit_code
    assert "Traceback" not in result.stderr
    assert "\x1b" not in result.stderr
    assert "2 of 3 leads now" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.mql"], "there is no file or folder nowhere.mql"),
        (["--events", "nowhere.csv"], "nowhere.csv: there is no such file or folder"),
        (["--events", "-"], "standard input is what you type: rules and events come from files"),
        (["-"], "standard input is what you type: rules and events come from files"),
        (["--leads", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_a_wrong_call_is_said_in_one_line(call: Call, arguments: list[str], message: str) -> None:
    result = call("repl", *arguments, stdin="a\n")
    assert (2, 1) == (result.exit_code, len(result.stderr.splitlines()))
    assert message in result.stderr


def test_a_stream_that_knows_ascii_alone_is_no_obstacle(folder: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = repl("rules.mql", "--events", "events.jsonl", script=":tree warm\n", env=environment)
    assert 0 == done.returncode, done.stderr
    assert b"regular" in done.stdout


def test_whoever_stops_listening_stops_the_script(folder: Path) -> None:
    command = f"yes 'visited pricing' | {' '.join(MQLRULES)} repl --events events.jsonl | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60, cwd=folder)
    assert b"2 of 3 leads now" in done.stdout
    assert b"" == done.stderr


def test_what_a_terminal_needs_is_asked_for_only_there(monkeypatch: pytest.MonkeyPatch, call: Call) -> None:
    monkeypatch.setitem(sys.modules, "prompt_toolkit", None)
    monkeypatch.delitem(sys.modules, "mqlrules.repl.prompt", raising=False)
    assert "2 of 3 leads now" in call("repl", "--events", "events.jsonl", stdin="visited pricing\n").stdout
    with pytest.raises(MissingExtra, match=r"install it with: .*\[repl\]"):
        importlib.import_module("mqlrules.repl.prompt")
