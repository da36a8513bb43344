"""The short form of fuzzing: the first inputs of each target, always the same ones. ``fuzz`` has the long form."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzzing.fuzz import input_of, problem
from tests.fuzzing.seeds import ROOT
from tests.fuzzing.targets import TARGETS

INPUTS = {
    "rules": 250, "condition": 300, "csv": 80, "jsonl": 150, "parquet": 250, "arrow": 250, "segment": 150, "leads": 60,
    "csv_blocks": 25, "jsonl_blocks": 25, "parquet_scan": 100, "arrow_scan": 100,
    "parquet_run": 40, "arrow_run": 40, "calls": 2_000, "times": 2_000,
    "store": 60,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _an_end_to_slow_inputs() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError("an input takes more than its processor time")

    before = signal.signal(signal.SIGPROF, stop)
    yield
    signal.signal(signal.SIGPROF, before)


@pytest.mark.parametrize("name", TARGETS)
def test_hostile_input_is_told_in_plain_words(name: str) -> None:
    target = TARGETS[name]
    for number in range(INPUTS[name]):
        found = problem(target, f"{name}:0:{number}", input_of(target, 0, number))
        assert None is found, f"{found.name}: {found.place}\n{found.text}"


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_not_damaged_is_taken(name: str) -> None:
    for data in TARGETS[name].seeds()[:20]:
        TARGETS[name].play(data)


def test_coverage_leads_the_inputs_of_a_target(tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    ended = subprocess.run(
        [sys.executable, "-m", "tests.fuzzing.fuzz", "--guided", "--seconds", "3", "times"],
        capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=200,
    )  # fmt: skip
    assert 0 == ended.returncode, ended.stderr[-2_000:]
    found = re.search(r"number_of_executed_units: (\d+)\n(?:.*\n)*?stat::new_units_added: *(\d+)", ended.stderr)
    assert found is not None, ended.stderr[-2_000:]
    # Without coverage no input is ever worth keeping.
    assert min(int(found[1]), int(found[2])) > 0
