"""``mqlrules run``: transitions in a pipe and in files, rejects, and what it does when something is in its way."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

import mqlrules
from tests.cli.conftest import EVENTS, Call
from tests.terminal import BIN

RUN = ("run", "rules.mql", "--events", "events.csv")


def test_a_pipe_gets_one_json_object_a_line(call: Call) -> None:
    result = call(*RUN)
    assert (0, "") == (result.exit_code, result.stderr)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [("ada", "MEL"), ("ben", "MEL"), ("ada", "MQL")] == [(line["lead"], line["to_stage"]) for line in lines]
    last = lines[-1]
    assert 16 == len(last.pop("fingerprint"))
    assert {
        "lead": "ada",
        "from_stage": "MEL",
        "to_stage": "MQL",
        "at": "2026-01-12T14:00:00Z",
        "rule": "warm",
        "also": [],
        "evidence": [
            {"time": "2026-01-05T09:00:00Z", "event": "visited pricing", "id": "e1"},
            {"time": "2026-01-09T09:00:00Z", "event": "visited pricing", "id": "e2"},
            {"time": "2026-01-12T14:00:00Z", "event": "attended webinar", "id": "e4"},
        ],
    } == last


def test_the_command_and_the_api_give_the_same(call: Call) -> None:
    lines = [json.loads(line) for line in call(*RUN).stdout.splitlines()]
    moves = mqlrules.load("rules.mql").evaluate(EVENTS).transitions
    assert [(m.lead, m.from_stage, m.to_stage, m.rule, m.also, m.fingerprint) for m in moves] == [
        (line["lead"], line["from_stage"], line["to_stage"], line["rule"], line["also"], line["fingerprint"])
        for line in lines
    ]


def test_evaluation_ends_where_it_is_told(call: Call) -> None:
    assert 2 == len(call(*RUN, "--as-of", "2026-01-11").stdout.splitlines())


def test_now_is_later_than_the_last_event(call: Call, folder: Path) -> None:
    (folder / "rules.mql").write_text("rule quiet: no activity within 100d => MEL\n")
    assert 0 == len(call(*RUN).stdout.splitlines())
    assert 2 == len(call(*RUN, "--as-of", "now").stdout.splitlines())


def test_each_rule_gives_the_first_time_it_held(call: Call) -> None:
    lines = [json.loads(line) for line in call(*RUN, "--each-rule").stdout.splitlines()]
    assert [
        {"lead": "ada", "rule": "looking", "at": "2026-01-05T09:00:00Z"},
        {"lead": "ben", "rule": "looking", "at": "2026-01-10T10:00:00Z"},
        {"lead": "ada", "rule": "warm", "at": "2026-01-12T14:00:00Z"},
    ] == lines


def test_jsonl_out_is_what_a_pipe_gets(call: Call, folder: Path) -> None:
    result = call(*RUN, "--out", "out.jsonl")
    assert (0, "", "3 results written to out.jsonl\n") == (result.exit_code, result.stdout, result.stderr)
    assert call(*RUN).stdout == (folder / "out.jsonl").read_text()


def test_csv_out_is_readable_in_a_spreadsheet(call: Call, folder: Path) -> None:
    call(*RUN, "--out", "out.csv")
    rows = pl.read_csv(folder / "out.csv")
    assert ["lead", "from_stage", "to_stage", "at", "rule", "also", "evidence", "fingerprint"] == rows.columns
    assert (
        "2026-01-05T09:00:00Z visited pricing; 2026-01-09T09:00:00Z visited pricing; "
        "2026-01-12T14:00:00Z attended webinar"
    ) == rows["evidence"][2]


def test_parquet_out_is_the_table_of_the_api_with_the_evidence(call: Call, folder: Path) -> None:
    call(*RUN, "--out", "out.parquet")
    rows = pl.read_parquet(folder / "out.parquet")
    assert {
        "lead": pl.String,
        "from_stage": pl.String,
        "to_stage": pl.String,
        "at": pl.Datetime("us", "UTC"),
        "rule": pl.String,
        "also": pl.List(pl.String),
        "fingerprint": pl.String,
        "evidence": pl.List(pl.Struct({"time": pl.Datetime("us", "UTC"), "event": pl.String, "id": pl.String})),
    } == dict(rows.schema)
    assert [1, 1, 3] == rows["evidence"].list.len().to_list()


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_no_result_is_a_file_without_rows(call: Call, folder: Path, ending: str) -> None:
    (folder / "rules.mql").write_text("rule never: bought => customer\n")
    assert 0 == call(*RUN, "--out", f"out.{ending}").exit_code
    assert (folder / f"out.{ending}").exists()
    if ending == "parquet":
        assert 0 == pl.read_parquet(folder / "out.parquet").height


def test_events_come_from_several_files_in_a_row(call: Call, folder: Path) -> None:
    lines = (folder / "events.csv").read_text().splitlines(keepends=True)
    (folder / "one.csv").write_text("".join(lines[:3]))
    (folder / "two.csv").write_text("".join([lines[0], *lines[3:]]))
    expected = call(*RUN).stdout
    assert expected == call("run", "rules.mql", "--events", "one.csv", "two.csv").stdout
    assert expected == call("run", "--events", "one.csv", "two.csv", "rules.mql").stdout
    assert expected == call("run", "--events", "one.csv", "two.csv", "--", "rules.mql").stdout
    assert expected == call("run", "rules.mql", "--events", "one.csv", "--events", "two.csv").stdout


def test_events_come_from_standard_input(call: Call, folder: Path) -> None:
    stdin = (folder / "events.jsonl").read_bytes()
    result = call("run", "rules.mql", "--events", "-", "--format", "jsonl", stdin=stdin)
    assert call(*RUN).stdout == result.stdout


def test_rules_come_from_standard_input(call: Call, folder: Path) -> None:
    result = call("run", "-", "--events", "events.csv", stdin=(folder / "rules.mql").read_bytes())
    assert 3 == len(result.stdout.splitlines())


def test_traits_come_from_a_table_of_leads(call: Call, folder: Path) -> None:
    (folder / "rules.mql").write_text("rule big: visited pricing and lead.employees >= 200 => MEL\n")
    (folder / "leads.csv").write_text("lead,employees\nada,300\nben,20\n")
    lines = call(*RUN, "--leads", "leads.csv").stdout.splitlines()
    assert ["ada"] == [json.loads(line)["lead"] for line in lines]


def test_columns_are_named_by_options(call: Call, folder: Path) -> None:
    text = (folder / "events.csv").read_text().replace("lead,time,event,id", "who,ts,what,uid")
    (folder / "events.csv").write_text(text)
    options = ("--lead-column", "who", "--time-column", "ts", "--event-column", "what", "--id-column", "uid")
    assert 3 == len(call(*RUN, *options).stdout.splitlines())


def test_columns_are_named_by_pyproject(call: Call, folder: Path) -> None:
    text = (folder / "events.csv").read_text().replace("lead,time,event,id", "who,ts,what,uid")
    (folder / "events.csv").write_text(text)
    (folder / "pyproject.toml").write_text(
        '[tool.mqlrules.events]\nlead = "who"\ntime = "ts"\nevent = "what"\nid = "uid"\n'
    )
    assert 3 == len(call(*RUN).stdout.splitlines())


def test_rules_with_mistakes_are_not_run(call: Call, folder: Path) -> None:
    (folder / "rules.mql").write_text("rule warm: visited pricing => MLQ\n")
    result = call(*RUN)
    assert (1, "") == (result.exit_code, result.stdout)
    assert "rules.mql:1:31" in result.stderr
    assert "mqlrules: fix the errors above: these rules can't be run" == result.stderr.splitlines()[-1]


BAD_TESTS = [
    'test "wrong"\n    day 0 visited pricing\n    expect MLQ\n',
    'test "unreadable"\n    day three visited pricing\n',
]


@pytest.mark.parametrize("test", BAD_TESTS)
def test_a_test_with_an_error_does_not_keep_rules_from_running(call: Call, folder: Path, test: str) -> None:
    expected = call(*RUN).stdout
    (folder / "rules.mql").write_text((folder / "rules.mql").read_text() + "\n" + test)
    result = call(*RUN)
    assert (0, expected) == (result.exit_code, result.stdout)
    assert "error[E" in result.stderr
    assert "The tests have 1 error; the rules are run without them." == result.stderr.splitlines()[-1]
    assert 1 == call("check", "rules.mql").exit_code
    assert 1 == call("test", "rules.mql").exit_code
    assert 1 == call("lint", "rules.mql").exit_code
    assert 0 == call("explain", "rules.mql", "--events", "events.csv", "--lead", "ada").exit_code


FAULTY = "lead,time,event\nada,2026-01-05,visited pricing\n,2026-01-06,visited pricing\nben,soon,visited pricing\n" + (
    "cleo,,visited pricing\n" * 5
)


def test_rows_that_can_not_be_read_are_counted_and_shown(call: Call, folder: Path) -> None:
    (folder / "events.csv").write_text(FAULTY)
    result = call(*RUN)
    assert 1 == result.exit_code
    assert 1 == len(result.stdout.splitlines())
    first, *shown, more, _, _ = result.stderr.splitlines()
    assert "7 rows can't be read and are left out:" == first
    assert ["  events.csv:3: ", "  events.csv:4: "] == [line[:16] for line in shown[:2]]
    assert "  … and 2 more" == more
    assert "(--rejects FILE keeps them all)" in result.stderr


def test_all_rejects_are_kept(call: Call, folder: Path) -> None:
    (folder / "events.csv").write_text(FAULTY)
    result = call(*RUN, "--rejects", "rejects.jsonl")
    rows = [json.loads(line) for line in (folder / "rejects.jsonl").read_text().splitlines()]
    assert 1 == result.exit_code
    assert [3, 4, 5, 6, 7, 8, 9] == [row["line"] for row in rows]
    assert "all rows that can't be read: rejects.jsonl" in result.stderr.splitlines()


def test_rejects_may_be_allowed(call: Call, folder: Path) -> None:
    (folder / "events.csv").write_text(FAULTY)
    result = call(*RUN, "--allow-rejects")
    assert 0 == result.exit_code
    assert "7 rows can't be read" in result.stderr


# What follows needs a real process: signals, limits, pipes.


def process(*arguments: str, folder: Path, **more: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "mqlrules", *arguments]
    return subprocess.Popen(
        command,
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **more,  # type: ignore[call-overload]
    )


def many_events(folder: Path, leads: int) -> None:
    rows = "".join(f"lead-{lead},2026-01-05,visited pricing\n" for lead in range(leads))
    (folder / "events.csv").write_text("lead,time,event\n" + rows)


def test_a_reader_that_has_seen_enough_is_no_error(folder: Path) -> None:
    many_events(folder, 5_000)
    script = f'"{BIN}/mqlrules" run rules.mql --events events.csv | head -1; echo ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, timeout=60)
    line, status = done.stdout.splitlines()
    assert "lead-0" == json.loads(line)["lead"]
    assert ("141", "") == (status, done.stderr)


def test_a_full_disk_is_one_plain_line(folder: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([BIN / "mqlrules", *RUN], cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (2, "mqlrules: no space left on device\n") == (done.returncode, done.stderr)


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_a_file_that_can_not_be_written_whole_is_not_left_half(folder: Path, ending: str) -> None:
    many_events(folder, 1_000)

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))

    # A limit holds for every file, those of Python's own cache too.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    running = process(*RUN, "--out", f"out.{ending}", folder=folder, preexec_fn=small_files, env=environment)
    _, stderr = running.communicate(timeout=60)
    assert (2, f"mqlrules: out.{ending} can't be written: file too large\n") == (running.returncode, stderr)
    assert ["events.csv", "events.jsonl", "rules.mql"] == sorted(path.name for path in folder.iterdir())


def test_ctrl_c_is_one_plain_line_and_leaves_no_half_file(folder: Path) -> None:
    os.mkfifo(folder / "slow.csv")
    running = process("run", "rules.mql", "--events", "slow.csv", "--format", "csv", "--out", "out.csv", folder=folder)
    with open(folder / "slow.csv", "w") as slow:  # opens when the command has opened it for reading
        slow.write("lead,time,event\n")
        slow.flush()
        time.sleep(0.5)  # until it waits for more; a signal just before a system call begins is seen only after it
        running.send_signal(signal.SIGINT)
        stdout, stderr = running.communicate(timeout=60)
    assert (130, "") == (running.returncode, stdout)
    assert "mqlrules: stopped" == stderr.strip()
    assert not (folder / "out.csv").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("events.parquet", b"PAR1 this is no parquet"),
        ("events.arrow", b"\x00\x01\x02"),
        ("events.csv.gz", b"\x1f\x8b\x08broken"),
        ("events.csv", b""),
        ("events.csv", b"\xff\xfe\x00\x01"),
        ("events.jsonl", b"[1, 2"),
        ("events.xlsx", b"PK"),
    ],
)
def test_no_event_file_makes_a_traceback(call: Call, folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    result = call("run", "rules.mql", "--events", name)
    assert result.exit_code in (0, 1, 2)
    assert "Traceback" not in result.stderr


def test_an_event_file_that_is_a_folder_without_files_is_a_wrong_call(call: Call, folder: Path) -> None:
    (folder / "empty").mkdir()
    assert 2 == call("run", "rules.mql", "--events", "empty").exit_code


def test_every_hint_about_the_column_of_leads_leads_to_a_call_that_works(folder: Path, call: Call) -> None:
    (folder / "leads.csv").write_text("Prospect ID,employees\nada,250\n")
    arguments = ("run", "rules.mql", "--events", "events.csv", "--leads", "leads.csv")
    stopped = call(*arguments)
    assert 2 == stopped.exit_code
    assert 'did you mean --leads-column "Prospect ID"?' in stopped.stderr
    mended = call(*arguments, "--leads-column", "Prospect ID")
    assert (0, "") == (mended.exit_code, mended.stderr)
    other = call(*arguments, "--lead-column", "Prospect ID")
    assert (0, mended.stdout) == (other.exit_code, other.stdout)
    assert 'events.csv:1: there is no column "Prospect ID"; the leads are those of the column "lead"' in other.stderr


def test_events_where_rules_are_needed_are_one_plain_finding(call: Call) -> None:
    checked = call("check", "events.csv")
    assert 1 == checked.exit_code
    assert "error[E007]: `events.csv` isn't a rule file: no statement in it can be read." in checked.stdout
    assert "1 finding in 1 file." == checked.stdout.splitlines()[-1]
    stopped = call("run", "events.csv", "--events", "rules.mql")
    assert 1 == stopped.exit_code
    assert 1 == stopped.stderr.count("error[")


@pytest.mark.parametrize("option", ["--events", "--leads"])
def test_rules_where_data_is_needed_are_one_plain_line(call: Call, option: str) -> None:
    stopped = call("run", "rules.mql", "--events", "events.csv", option, "rules.mql")
    assert 2 == stopped.exit_code
    assert "mqlrules: rules.mql: is a rule file, not a file of events or leads" == stopped.stderr.splitlines()[0]
