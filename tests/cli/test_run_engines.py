"""``mqlrules run --engine … --memory …``."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from mqlrules.run import spilled_results as pieces
from tests.cli.conftest import Call

pytest.importorskip("numba")
pytest.importorskip("pyarrow")

COLUMNAR = ("--engine", "columnar", "--memory", "1GB")


def many_events(folder: Path, leads: int = 300) -> Path:
    file = folder / "many.jsonl"
    with file.open("w") as out:
        for lead in range(leads):
            for day, event in ((5, "visited pricing"), (9, "visited pricing"), (12, "attended webinar")):
                time_ = f"2026-01-{day:02}T{lead % 24:02}:{lead % 60:02}:00Z"
                out.write(json.dumps({"lead": lead, "time": time_, "event": event, "id": f"{lead}/{day}"}) + "\n")
    return file


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("each_rule", [False, True])
def test_files_are_the_same_whichever_engine_and_in_how_many_pieces(
    ending: str, each_rule: bool, call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "PIECE", 100)
    options = ["--events", many_events(folder), *(["--each-rule"] if each_rule else [])]
    for name, engine in (("a", ("--engine", "incremental")), ("b", COLUMNAR)):
        result = call("run", "rules.mql", *options, *engine, "--out", f"{name}.{ending}")
        assert (0, "600 results written to") == (result.exit_code, result.stderr[:22])
    if ending == "parquet":
        one, other = (pl.read_parquet(folder / f"{name}.parquet") for name in "ab")
        assert one.equals(other)
        assert one.schema == other.schema
    else:
        assert (folder / f"a.{ending}").read_bytes() == (folder / f"b.{ending}").read_bytes()


def test_a_pipe_gets_the_same_whichever_engine(call: Call) -> None:
    one, other = (call("run", "rules.mql", "--events", "events.csv", *engine) for engine in ((), COLUMNAR))
    assert one.stdout == other.stdout
    assert 3 == len(other.stdout.splitlines())


def test_rejects_are_the_same_whichever_engine(call: Call, folder: Path) -> None:
    (folder / "bad.csv").write_text("lead,time,event\n1,2026-01-01,visited pricing\n,2026-01-01,a\n1,never,a\n")
    said = []
    for engine in (("--engine", "incremental"), COLUMNAR):
        result = call("run", "rules.mql", "--events", "bad.csv", *engine, "--rejects", "rejects.jsonl")
        said.append((result.exit_code, result.stderr, (folder / "rejects.jsonl").read_text()))
    assert said[0] == said[1]
    assert 1 == said[0][0]


@pytest.mark.parametrize("size", ["lots", "5", "-1GB"])
def test_an_amount_of_memory_that_is_none_is_a_wrong_call(size: str, call: Call) -> None:
    result = call("run", "rules.mql", "--events", "events.csv", "--memory", size)
    assert 2 == result.exit_code
    assert "--memory" in result.stderr


def test_ctrl_c_leaves_no_half_file_and_nothing_temporary(folder: Path) -> None:
    many_events(folder, 20_000)
    waiting = folder / "waiting"
    waiting.mkdir()
    command = [sys.executable, "-m", "mqlrules", "run", "rules.mql", "--events", "many.jsonl", *COLUMNAR]
    running = subprocess.Popen(
        [*command, "--out", "out.csv"],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(waiting), "PYTHONPATH": str(Path(__file__).parents[2])},
        stderr=subprocess.PIPE,
        text=True,
    )
    begun = time.monotonic()
    while not list(folder.glob(".out.csv*")) and running.poll() is None and time.monotonic() - begun < 60:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    # Before it, that loops are compiled, if they are.
    assert (130, "mqlrules: stopped") == (running.returncode, said.splitlines()[-1])
    assert [] == [path.name for path in folder.iterdir() if "out.csv" in path.name]
    assert [] == list(waiting.iterdir())
