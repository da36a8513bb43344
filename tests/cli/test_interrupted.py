"""Ctrl-C at any moment is a plain end: exit status 130, no traceback, no half file."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("polars")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")

# What comes before is Python's own, and that of the script which starts the command.
STARTING = """
import sys
from mqlrules.cli import interrupts, main

first = interrupts.end_at_once

def begun():
    first()
    print("begun", flush=True)

interrupts.end_at_once = begun
sys.exit(main())
"""
COMMANDS = {
    "run": ("run", "rules.mql", "--events", "events.csv", "--engine", "columnar", "--out", "out.parquet"),
    "check": ("check", "rules.mql"),
    "repl": ("repl", "rules.mql", "--events", "events.csv"),
    "init": ("init", "new", "--events", "events.csv"),
}
MOMENTS = [0.0, 0.01, 0.03, 0.07, 0.15, 0.3, 0.5, 0.8, 1.2, 1.5]


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    (tmp_path / "rules.mql").write_text("rule warm: visit >= 2 within 7d => MEL\n")
    rows = [f"{n % 5000},2026-01-{1 + n % 28:02d},visit\n" for n in range(100_000)]
    (tmp_path / "events.csv").write_text("lead,time,event\n" + "".join(rows))
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_an_interruption_at_any_moment_is_a_plain_end(ready: Path, name: str) -> None:
    stopped = 0
    for moment in MOMENTS:
        process = subprocess.Popen(
            [sys.executable, "-c", STARTING, *COMMANDS[name]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ready,
        )  # fmt: skip
        assert process.stdout is not None
        assert "begun\n" == process.stdout.readline()
        time.sleep(moment)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
        assert "Traceback" not in errors, (moment, errors)
        assert "Error" not in errors, (moment, errors)
        # Once Python has put everything away, the system ends what it ends.
        assert process.returncode in (0, 130, -signal.SIGINT), (moment, errors)
        stopped += process.returncode == 130
        left = set(os.listdir(ready)) - {"rules.mql", "events.csv"}
        if process.returncode == 130 and name == "run":
            assert left <= {"out.parquet"}, (moment, left)
        if "out.parquet" in left:
            assert (ready / "out.parquet").read_bytes().endswith(b"PAR1")
            (ready / "out.parquet").unlink()
        shutil.rmtree(ready / "new", ignore_errors=True)
    assert stopped >= 2
