"""`mqlrules engine`: looking after a store."""

import json
import re
import shlex
import sqlite3
from pathlib import Path

import pytest

import mqlrules
from tests.cli.conftest import EVENTS, Call

STORE = "sqlite:///leads.db"


@pytest.fixture
def store(folder: Path) -> str:
    with mqlrules.load("rules.mql").engine(store=STORE) as engine:
        engine.feed_many(EVENTS)
    return STORE


def test_tick_prints_what_fell_due_and_leaves_it_in_the_outbox(folder: Path, call: Call) -> None:
    (folder / "rules.mql").write_text("rule quiet: visited pricing then no attended webinar for 2d => MQL\n")
    rules = mqlrules.load("rules.mql")
    with rules.engine(store=STORE) as engine:
        engine.feed_many(EVENTS)
    first = call("engine", "tick", STORE, "rules.mql", "--until", "2026-01-12T10:00:00Z")
    assert [("ben", "MQL", "2026-01-12T10:00:00Z")] == [
        (t["lead"], t["to_stage"], t["at"]) for t in map(json.loads, first.stdout.splitlines())
    ]
    assert (0, "") == (first.exit_code, first.stderr)
    # By now, by the clock, nothing more falls due.
    assert (0, "") == ((now := call("engine", "tick", STORE, "rules.mql")).exit_code, now.stdout)
    with rules.engine(store=STORE) as engine:
        assert {"ada", "ben"} == {pending.transition.lead for pending in engine.pending()}


def test_migrate_lists_who_would_stand_elsewhere_and_then_does_it(folder: Path, call: Call, store: str) -> None:
    (folder / "other.mql").write_text("rule warm: visited pricing => MQL\n")
    dry = call("engine", "migrate", store, "other.mql", "--dry-run")
    assert [{"lead": "ben", "from_stage": "MEL", "to_stage": "MQL", "at": "2026-01-10T10:00:00Z", "rule": "warm"}] == [
        json.loads(line) for line in dry.stdout.splitlines()
    ]
    assert "1 lead of 2 would stand in another stage\n" == dry.stderr
    assert "other.mql" not in call("engine", "status", store, "rules.mql").stderr
    assert dry.stdout == call("engine", "migrate", store, "other.mql").stdout
    assert 0 == call("engine", "status", store, "other.mql").exit_code


def test_a_store_of_other_rules_is_refused_in_one_line(folder: Path, call: Call, store: str) -> None:
    (folder / "other.mql").write_text("rule warm: visited pricing => MQL\n")
    for command in ("tick", "status"):
        result = call("engine", command, store, "other.mql")
        assert (2, "") == (result.exit_code, result.stdout)
        assert "Preview the change with rules.migrate(store, dry_run=True)" in result.stderr


@pytest.mark.parametrize("command", ["tick", "migrate", "status"])
def test_a_store_that_is_not_there_is_not_made(folder: Path, call: Call, command: str) -> None:
    result = call("engine", command, "sqlite:///nowhere.db", "rules.mql")
    assert (2, "mqlrules: no store found at nowhere.db\n") == (result.exit_code, result.stderr)
    assert not (folder / "nowhere.db").exists()
    (folder / "nowhere.db").write_bytes(b"")
    assert "nowhere.db has been cut off" in call("engine", command, "sqlite:///nowhere.db", "rules.mql").stderr


def test_prune_drops_what_is_older(call: Call, store: str) -> None:
    result = call("engine", "prune", store, "rules.mql", "--before", "2026-01-10")
    assert (0, "") == (result.exit_code, result.stdout)
    assert "2 events dropped\nthese rules look back without end" in result.stderr
    assert 0 == call("engine", "status", store, "rules.mql", "--verify").exit_code
    assert 2 == call("engine", "prune", store, "rules.mql").exit_code


@pytest.mark.parametrize("command", ["tick", "migrate", "prune", "status"])
def test_the_examples_in_the_help_run(folder: Path, call: Call, store: str, command: str) -> None:
    (folder / "rules").mkdir()
    (folder / "rules.mql").rename(folder / "rules" / "rules.mql")
    examples = re.findall(r"^ *mqlrules (engine .*)$", call("engine", command, "--help").stdout, re.MULTILINE)
    assert examples
    for example in examples:
        result = call(*shlex.split(example))
        assert 0 == result.exit_code, result.stderr


def test_status_with_verify_finds_what_is_damaged(folder: Path, call: Call, store: str) -> None:
    sound = call("engine", "status", store, "rules.mql", "--verify")
    assert (0, "") == (sound.exit_code, sound.stderr)
    assert "leads         2\nevents        4\n" in sound.stdout
    with sqlite3.connect(folder / "leads.db") as connection:
        connection.execute(
            "UPDATE mqlrules_history SET at = at + 1 WHERE seq = (SELECT min(seq) FROM mqlrules_history)"
        )
    damaged = call("engine", "status", store, "rules.mql", "--verify")
    assert 1 == damaged.exit_code
    assert "damaged: mqlrules_history: 1 rows fail their checksums\n" == damaged.stderr
