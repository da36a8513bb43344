"""Any store: the same transitions, several processes at once, and no question that reads everything."""

import os
import random
import sqlite3
import threading
import traceback
from pathlib import Path

import pytest

import mqlrules
from mqlrules.durable.rows import partition_of
from mqlrules.events.encoding import lead_to_text
from tests.durable import server
from tests.durable.conftest import NewAddress
from tests.durable.killing import RULES, opened, steps, work
from tests.durable.stores import batches, by_instant, in_memory, in_order, outbox, random_inputs


def test_every_store_gives_what_an_engine_in_memory_gives(new_address: NewAddress) -> None:
    moves = 0
    for given in random_inputs(15, first=8000):
        choose = random.Random(given.seed)
        where = new_address()
        engine = given.engine(where)
        for batch in batches(given.events, choose):
            if choose.random() < 0.3:
                engine.close()
                engine = given.engine(where)
            engine.feed_many(batch)
        engine.advance(given.end)
        expected = in_memory(given)
        moves += len(expected)
        assert expected == outbox(engine), given.case
        assert [] == engine.verify()
        engine.close()
    assert moves > 10


@pytest.mark.parametrize("parts", [1, 3])
def test_processes_that_feed_advance_and_deliver_at_once_give_what_one_gives(
    new_address: NewAddress, parts: int
) -> None:
    """Each process feeds leads of its own, lets time pass for all, and takes what is pending before the others do."""
    rules = mqlrules.loads(RULES)
    where = new_address()
    workers = 3
    events = [event for step in steps(11, 40) for event in step.events]
    events.sort(key=lambda event: event["time"])
    whole = rules.engine(store=where)
    if parts > 1:
        whole.partition(0, parts).close()
    whole.close()
    children = []
    for number in range(workers):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                engine = rules.engine(store=where)
                mine = [event for event in events if hash_of(event["lead"]) % workers == number]
                if parts > 1:
                    engine = engine.partition(number, parts)
                    mine = events
                for start in range(0, len(mine), 20):
                    engine.feed_many(mine[start : start + 20], offset=start)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        children.append(pid)
    assert [0] * workers == [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    engine = rules.engine(store=where)
    end = events[-1]["time"] + 60 * 86_400_000_000
    engine.advance(end)
    alone = rules.engine()
    expected = [t for event in events for t in alone.feed(event)] + alone.advance(end)
    assert by_instant(in_order(expected)) == by_instant(outbox(engine))
    assert [] == engine.verify()
    engine.close()


def hash_of(lead: str) -> int:
    return int(lead.partition("-")[2])


def test_parts_in_postgresql_do_not_wait_for_each_other(postgres: server.Server) -> None:
    whole = mqlrules.loads(RULES).engine(store=postgres.address())
    first, second = whole.partition(0, 2), whole.partition(1, 2)
    lead = next(n for n in range(10) if partition_of(lead_to_text(n), 2) == 1)
    waited = threading.Event()
    with first._store.transaction([0]):
        second.feed({"lead": lead, "time": 1, "event": "visited pricing"})
        # Who needs the part that is held waits for it.
        feeding = threading.Thread(
            target=lambda: (whole.feed({"lead": lead, "time": 2, "event": "visited pricing"}), waited.set())
        )
        feeding.start()
        assert not waited.wait(0.3)
    feeding.join(10)
    assert (True, 2) == (waited.is_set(), len(second.history(lead)))
    for engine in (first, second, whole):
        engine.close()


def test_time_may_pass_in_one_process_while_another_feeds(new_address: NewAddress) -> None:
    """Whatever the order in which they come to it, nobody fires twice and nothing is lost."""
    rules = mqlrules.loads("rule quiet: visited pricing then no visited pricing for 1d => MQL")
    where = new_address()
    rules.engine(store=where).close()
    start, day = 1_767_225_600_000_000, 86_400_000_000
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            with rules.engine(store=where) as engine:
                for moment in range(start, start + 40 * day, day):
                    engine.advance(moment)
            status = 0
        finally:
            os._exit(status)
    late = 0
    with rules.engine(store=where) as engine:
        for number in range(60):
            try:
                engine.feed({"lead": number, "time": start + number * day // 2, "event": "visited pricing"})
            except mqlrules.LateEvent:
                late += 1
        assert 0 == os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        engine.advance(start + 100 * day)
        assert 60 - late == len(engine.pending()) == len({pending.transition.lead for pending in engine.pending()})
        assert 60 - late == engine.stats().events


def test_a_lead_with_many_rules_is_kept_too(new_address: NewAddress) -> None:
    """Beyond some hundred cells a lead is kept in another way."""
    names = [f"e{number}" for number in range(200)]
    text = "\n".join(f"rule r{n}: {name} >= 2 within 30d => MQL" for n, name in enumerate(names))
    rules = mqlrules.loads(text)
    where = new_address()
    with rules.engine(store=where) as engine:
        engine.feed_many({"lead": "anna", "time": n, "event": name} for n, name in enumerate(names))
    with rules.engine(store=where) as again:
        (made,) = again.feed({"lead": "anna", "time": 500, "event": "E7"})
        assert ("r7", 2) == (made.rule, len(made.evidence))


def test_a_lead_with_a_long_history_costs_no_more_an_event_than_others(tmp_path: Path) -> None:
    """What its rules keep of it may grow without end; what is written for an event does not."""
    rules = mqlrules.loads("score warmth\n    +0.001 per opened email\nrule hot: warmth >= 3 => MQL")
    path = tmp_path / "leads.db"
    with rules.engine(store=f"sqlite:///{path}?synchronous=normal") as engine:
        connection = engine._store._database._connection
        connection.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
        written = []
        for start in range(0, 3000, 10):
            engine.feed_many({"lead": "bot", "time": n, "event": "opened email"} for n in range(start, start + 10))
            written.append((tmp_path / "leads.db-wal").stat().st_size)
        first, last = written[99] - written[49], written[-1] - written[-51]
        assert ["MQL"] == [pending.transition.to_stage for pending in engine.pending()]
        assert 3000 == engine.events_kept("bot")
    assert last < 3 * first
    with rules.engine(store=f"sqlite:///{path}") as again:
        assert [] == again.feed({"lead": "bot", "time": 3000, "event": "opened email"})
        # It stands where the rule leads to: nothing more is kept for it.
        assert 3000 == again.events_kept("bot")
        result = again.rebuild("bot")
        assert (1, (), ()) == (len(result.announced), result.new, result.withdrawn)
        assert [] == again.verify()


def test_no_question_reads_a_whole_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is asked while an application runs; figures, dead letters and `verify` count for themselves."""
    asked: dict[str, None] = {}
    engine = opened(mqlrules.loads(RULES), f"sqlite:///{tmp_path}/leads.db")
    database = engine._store._database
    ask, run_many = database.rows, database.run_many

    def noted_rows(statement: str, values: object = ()) -> object:
        asked[statement] = None
        return ask(statement, values)

    def noted_run_many(statement: str, values: object) -> object:
        asked[statement] = None
        return run_many(statement, values)

    monkeypatch.setattr(database, "rows", noted_rows)
    monkeypatch.setattr(database, "run_many", noted_run_many)
    work(engine, steps(3, 15), lambda number, text: None)
    engine.due("2030-01-01")
    engine.stage("lead-1")
    engine.history("lead-1")
    engine.prune("2026-01-20")
    engine.withdrawn()
    connection = sqlite3.connect(tmp_path / "leads.db")
    scans = []
    for statement in asked:
        if statement.startswith(("SELECT", "WITH", "DELETE", "UPDATE")):
            count = statement.count("?")
            for *_, detail in connection.execute(f"EXPLAIN QUERY PLAN {statement}", [0] * count):
                # Partitions, offsets and what the store says of itself are a few rows.
                small = ("mqlrules_partitions", "mqlrules_offsets", "mqlrules_meta", "CONSTANT ROW", "asked")
                if (
                    "SCAN" in detail
                    and "FROM mqlrules_dead_letters ORDER BY seq" not in statement
                    and not any(name in detail for name in small)
                ):
                    scans.append((detail, statement))
    assert len(asked) > 15
    assert [] == scans
