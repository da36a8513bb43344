"""The benchmarks run, at sizes that measure nothing: each ends with 0 and prints its tables."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
YARDSTICK = ROOT.parent / "shared" / "bench"


def output(script: str, *arguments: str, status: int = 0) -> str:
    """What a script prints; it is run as a user runs it, on this checkout."""
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, f"benchmarks/{script}", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert status == done.returncode, done.stdout + done.stderr
    return done.stdout if status == 0 else done.stderr


def first_cells(printed: str, title: str) -> list[str]:
    """The first cell of each row of the Markdown table below a title."""
    lines = printed.split(f"### {title}", 1)[1].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(line.split("|")[1].strip())
    return rows[2:]


needs_yardstick = pytest.mark.skipif(
    not (YARDSTICK / "make_events.py").is_file(), reason="the yardstick is not here: ../shared/bench"
)


def test_start_up_is_measured_beside_python_and_the_packages_it_stands_on() -> None:
    printed = output("startup.py", "--runs", "1", "--markdown")
    measured = ["pass", "import attrs", "import click", "import lark", "import mqlrules", "mqlrules check"]
    assert [True] * 6 == [
        name in cell for name, cell in zip(measured, first_cells(printed, "Whole processes"), strict=True)
    ]


def test_formatting_is_measured_step_by_step_and_as_a_process() -> None:
    cells = first_cells(output("formatting.py", "--rules", "20", "--runs", "1", "--markdown"), "A file of 20 rules")
    assert ["parse", "format", "mqlrules fmt, whole process"] == [cells[0], cells[1], cells[-1]]


def test_a_table_is_aligned_and_says_which_machine_and_command() -> None:
    lines = output("many_rules.py", "--rules", "20", "--runs", "1").splitlines()
    assert ["command", "date", "machine", "platform", "python", "mqlrules"] == [line.split()[0] for line in lines[2:8]]
    assert "command  python benchmarks/many_rules.py --rules 20 --runs 1" == lines[2]
    head, *rows = lines[11], *lines[13:18]
    end = head.index("processor") + len("processor")
    assert [True] * 5 == [len(row) == end and row[-1].isdigit() for row in rows]


def test_linting_is_measured_as_a_whole_and_rule_by_rule() -> None:
    printed = output("linting.py", "--rules", "20", "--runs", "1", "--slowest", "2", "--markdown")
    cells = first_cells(printed, "A file of 20 rules")
    assert ("all rules", "mqlrules lint, whole process") == (cells[0], cells[-1])
    assert 4 == len(cells)


def test_many_rules_are_measured_stage_by_stage_and_as_a_process() -> None:
    printed = output("many_rules.py", "--rules", "60", "--runs", "1", "--markdown")
    stages = ["parse", "check", "lower", "build an engine", "mqlrules check, whole process"]
    assert stages == first_cells(printed, "A file of 60 rules")


@needs_yardstick
def test_the_session_is_measured_by_what_is_typed() -> None:
    printed = output("asking.py", "--events", "2000", "--leads", "100", "--runs", "1", "--markdown")
    cells = first_cells(printed, "A session with ")
    assert "reading the events" == cells[0]
    assert "a count in a window: `visited pricing >= 2 within 7d`" in cells


@needs_yardstick
def test_feeding_is_measured_beside_peers_by_name_and_among_other_rules() -> None:
    printed = output("feed.py", "--events", "2000", "--eql-events", "100", "--runs", "1", "--markdown")
    by_form = first_cells(printed, "One event at a time")
    assert "mqlrules, the 20 rules, Event objects" == by_form[0]
    assert "the same two by hand, plain Python" in by_form
    assert 14 == len(first_cells(printed, "By name of the event"))
    assert ["0", "100", "1,000"] == first_cells(printed, "The 20 rules among others")


@needs_yardstick
def test_memory_is_measured_beside_a_list_of_all_events() -> None:
    printed = output(
        "state.py", "--part", "memory", "--events", "2000", "--leads", "100", "--runs", "1", "--markdown"
    )  # fmt: skip
    assert 3 == len(first_cells(printed, "Memory of "))


def test_what_the_plan_bounds_does_not_grow_with_the_history() -> None:
    printed = output("state.py", "--part", "growth", "--histories", "600,2400", "--runs", "1")
    table = printed.split("State of one lead", 1)[1]
    assert table.count(" history ") == table.count(" grows\n") == 2


@needs_yardstick
def test_a_store_is_measured_beside_bare_inserts_and_opened() -> None:
    printed = output(
        "store.py", "--events", "600", "--single", "20", "--leads", "90", "--runs", "1", "--markdown"
    )  # fmt: skip
    cells = first_cells(printed, "Events into a store")
    assert "bare SQLite, the same rows in batches of 1,000" in cells
    assert "bare SQLite, the same rows one at a time" in cells
    assert "open it" == first_cells(printed, "A store of 90 leads")[0]


def test_without_events_the_reason_is_said_and_the_status_is_2() -> None:
    said = output("feed.py", "--rules", "no/such.mql", status=2)
    assert (
        "such.mql is not here: it is looked for in ../shared/bench, beside the repository; or give --rules FILE\n"
        == said
    )


def test_edits_are_measured_over_the_protocol_kind_by_kind() -> None:
    printed = output("editing.py", "--lines", "60", "--edits", "1", "--lints", "1", "--markdown")
    for title in ("as in practice", "nothing but rules"):
        [heading] = [line for line in printed.splitlines() if line.startswith("### ") and title in line]
        cells = first_cells(printed, heading.removeprefix("### "))
        assert ("a sign in a condition", "all of them") == (cells[0], cells[5])
        assert "from an edit to the linter's findings" == cells[-1]
