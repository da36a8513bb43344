"""Erasing a person, and giving a person what is stored: under all names, down to the bytes in the files."""

import json
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mqlrules
from mqlrules import DurableEngine, Event
from tests.durable import server
from tests.durable.conftest import NewAddress

RULES = """
score interest
    +10 per visited pricing within 30d
rule warm: visited pricing >= 2 => MEL
rule keen: interest >= 30 => MQL
rule sold: bought => customer
"""
START = 1_767_225_600_000_000
HOUR = 3_600_000_000
MARK = "erase-me-7f3a"
"""In everything that belongs to the person: names, ids, properties, traits."""


@pytest.fixture
def rules() -> mqlrules.RuleSet:
    return mqlrules.loads(RULES)


def visit(lead: str | int, hour: int, name: str = "visited pricing", **more: object) -> Event:
    return Event(lead, START + hour * HOUR, name, more)


def fill(engine: DurableEngine, choose: random.Random, others: int = 300) -> None:
    """A store of many leads, among them a person with two names, late events, withdrawn transitions, dropped events."""
    person = [f"cookie-{MARK}", f"anna-{MARK}@example.com"]
    for hour in range(12):
        batch = [
            visit(f"lead-{choose.randrange(others)}", hour, path="/" + "x" * choose.randrange(60))
            for _ in range(others // 3)
        ]
        for name in person:
            batch.insert(
                choose.randrange(len(batch)), visit(name, hour, text=MARK * choose.choice((1, 5, 900)), mail=name)
            )
        engine.feed_many(batch)
        if hour == 4:
            engine.acknowledge(engine.pending())
            engine.merge(*person)
        if hour == 6:
            engine.feed_many(
                [visit(person[0], 1, note=MARK), visit(f"new-{MARK}", 1), {"lead": person[0], "time": "soon"}]
            )
            engine.pending(limit=3, lease="60s")
    engine.feed(visit(person[1], 13))


def left(folder: Path) -> list[str]:
    """The files in which something of the person is left."""
    return [str(path) for path in sorted(folder.rglob("*")) if path.is_file() and MARK.encode() in path.read_bytes()]


def options(folder: Path) -> Any:
    leads = {f"cookie-{MARK}": {"mail": MARK}, f"anna-{MARK}@example.com": {"plan": MARK}}
    return {"leads": leads, "lateness": "2h", "dead_letters": True, "store": folder / "leads.db", "history": 40}


@pytest.mark.parametrize("seed", range(4))
def test_no_byte_of_a_forgotten_person_is_left_in_the_files(rules: mqlrules.RuleSet, tmp_path: Path, seed: int) -> None:
    """Not in the database, its free pages, or its write-ahead log."""
    with rules.engine(**options(tmp_path)) as engine:
        fill(engine, random.Random(seed))
        assert left(tmp_path)
        found = engine.forget(f"cookie-{MARK}")
        other = engine.forget(f"new-{MARK}")
        assert (2, True, True) == (found.names, found.scrubbed, other.scrubbed)
        assert min(found.events, found.held, found.dead_letters, found.transitions) > 0
        # The connection is still open, and so is the log.
        assert [] == left(tmp_path)
        assert [] == engine.verify()
        assert {"names": [f"anna-{MARK}@example.com"], "events": [], "stage": None} == {
            key: value
            for key, value in engine.export(f"anna-{MARK}@example.com").items()
            if key in ("names", "events", "stage")
        }
        assert "anonymous" == engine.stage(f"cookie-{MARK}")
        assert not any(MARK in str(each.transition.lead) for each in engine.pending())
        engine.feed(visit("lead-1", 20))
    assert [] == left(tmp_path)


def test_deleting_alone_would_leave_bytes(rules: mqlrules.RuleSet, tmp_path: Path) -> None:
    """So the search above finds what there is to find."""
    with rules.engine(**options(tmp_path)) as engine:
        fill(engine, random.Random(1))
        assert not engine.forget(f"cookie-{MARK}", scrub=False).scrubbed
        engine.forget(f"new-{MARK}", scrub=False)
        assert left(tmp_path)
        assert engine.scrub()
        assert [] == left(tmp_path)


def test_files_that_are_busy_are_scrubbed_later(rules: mqlrules.RuleSet, tmp_path: Path) -> None:
    with rules.engine(**{**options(tmp_path), "store": f"sqlite:///{tmp_path}/leads.db?timeout=0.1"}) as engine:
        fill(engine, random.Random(2), 30)
        reader = sqlite3.connect(tmp_path / "leads.db", isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM mqlrules_leads").fetchall()
        found = engine.forget(f"cookie-{MARK}")
        assert (False, True) == (found.scrubbed, found.events > 0)
        engine.forget(f"new-{MARK}")
        reader.close()
        assert engine.scrub()
        assert [] == left(tmp_path)


def test_no_byte_is_left_in_the_files_of_postgresql(rules: mqlrules.RuleSet, postgres: server.Server) -> None:
    """In the tables, their indexes, and what the planner has sampled; the write-ahead log is the administrator's."""
    psycopg = pytest.importorskip("psycopg")
    files = postgres.folder / "data" / "base"
    with rules.engine(**{**options(postgres.folder), "store": postgres.address()}) as engine:
        fill(engine, random.Random(3))
        engine._store._database.run("ANALYZE")
        with psycopg.connect(postgres.plain_address(), autocommit=True) as admin:
            admin.execute("CHECKPOINT")
        assert left(files)
        assert engine.forget(f"cookie-{MARK}").scrubbed
        assert engine.forget(f"new-{MARK}").scrubbed
        assert [] == left(files)
        assert [] == engine.verify()


@pytest.fixture(params=[1, 3])
def engines(request: pytest.FixtureRequest, new_address: NewAddress) -> Callable[[], DurableEngine]:
    where, rules = new_address(), mqlrules.loads(RULES)
    with rules.engine(store=where) as engine:
        if request.param > 1:
            engine.partition(0, request.param).close()
    return lambda: rules.engine(store=where)


def test_others_stay_as_they_were(engines: Callable[[], DurableEngine]) -> None:
    with engines() as engine:
        for hour in range(5):
            engine.feed_many([visit(lead, hour) for lead in ("anna", "ben", 17, "17")])
        engine.merge("17", "anna")
        before = {lead: (engine.stage(lead), engine.history(lead)) for lead in ("ben", 17)}
        pending = [each for each in engine.pending() if each.transition.lead in ("ben", 17)]
        assert (2, 10) == ((found := engine.forget("17", scrub=False)).names, found.events)
        assert before == {lead: (engine.stage(lead), engine.history(lead)) for lead in ("ben", 17)}
        assert pending == engine.pending()
        # Whoever comes again is somebody new.
        assert [[], ["MEL"]] == [[t.to_stage for t in engine.feed(visit("anna", hour))] for hour in (6, 7)]
        assert (2, []) == (len(engine.history("anna")), engine.verify())
        assert [] == engine.history("17")
        assert (0, 0) == ((none := engine.forget("nobody", scrub=False)).names, none.events)


def test_an_export_has_everything_of_a_person(engines: Callable[[], DurableEngine]) -> None:
    with engines() as engine:
        engine.feed_many([visit("cookie", 0, path="/a"), visit("anna", 1), visit("ben", 1)])
        engine.merge("cookie", "anna")
        found = engine.export("cookie")
        assert found == engine.export("anna") == json.loads(json.dumps(found))
        assert ("anna", ["anna", "cookie"]) == (found["lead"], found["names"])
        assert [("2026-01-01T00:00:00+00:00", {"path": "/a"}), ("2026-01-01T01:00:00+00:00", {})] == [
            (event["time"], event["properties"]) for event in found["events"]
        ]
        (made,) = found["transitions"]
        assert ("MEL", "warm", True, 2) == (made["to_stage"], made["rule"], made["stands"], len(made["evidence"]))


def test_an_export_says_what_dropped_events_led_to(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    with rules.engine(store=new_address(), lateness="0s", dead_letters=True) as engine:
        engine.feed_many([visit("anna", hour) for hour in (1, 2, 9, 3)])
        engine.feed({"lead": "anna", "time": "soon", "event": "x"})
        engine.prune(START + 5 * HOUR)
        found = engine.export("anna")
        assert ("2026-01-01T04:59:59.999999+00:00", "MEL") == (
            found["before_events_kept"]["until"], found["before_events_kept"]["stage"]
        )  # fmt: skip
        assert (1, 1) == (len(found["events"]), len(found["dead_letters"]))
        assert "anna" == found["dead_letters"][0]["value"]["lead"]


def test_only_an_engine_of_the_whole_store_erases(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    with (
        rules.engine(store=new_address()) as engine,
        engine.partition(0, 2) as part,
        pytest.raises(mqlrules.StoreError, match="use an engine of the whole store"),
    ):
        part.forget("anna")
