"""Faults under the store: processes that are killed, full disks, locked files, damaged files, lost connections."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

import mqlrules
from mqlrules import DurableEngine, Event
from mqlrules.durable.rows import FORMAT, PartitionRow, Table
from tests.durable import broken_line, server
from tests.durable.killing import RULES, Step, kill, opened, steps, work

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("MQLRULES_KILLS", "40"))
"""How many processes are killed."""

HARMED = int(os.environ.get("MQLRULES_HARMED", "20"))
"""How many files are damaged."""

SMALL = "rule warm: visited pricing >= 2 => MQL"


def event(lead: str, at: int, id: int | None = None) -> Event:
    return Event(lead, at, "visited pricing", {"path": "/pricing"}, id)


def done(engine: DurableEngine, todo: list[Step]) -> list[str]:
    """What is delivered by an application that goes on to the end."""
    found: list[str] = []
    work(engine, todo, lambda number, text: found.append(text))
    return sorted(found)


# -- killed ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [[], ["--parts"]])
def test_a_process_that_is_killed_anywhere_loses_nothing_and_repeats_nothing(parts: list[str]) -> None:
    """While it feeds, merges, rewinds, erases, claims and delivers, and while parts share the stream."""
    command = [sys.executable, "-m", "tests.durable.killing", "--kills", str(KILLS), *parts]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert (0, "") == (found.returncode, found.stderr)
    assert "nothing lost, nothing twice" in found.stdout


@pytest.mark.parametrize("parts", [1, 2])
def test_the_same_with_postgresql(postgres: server.Server, tmp_path: Path, parts: int) -> None:
    most = max(KILLS // 2, 10)
    killed, _ = kill(most, lambda number: postgres.address(f"killed{number}"), tmp_path, 900 + 100 * parts, parts)
    assert killed >= 10


# -- full ------------------------------------------------------------------------------------------------------------


def test_a_full_disk_loses_nothing_that_was_fed(tmp_path: Path) -> None:
    rules = mqlrules.loads(RULES)
    todo = steps(5, 12)
    expected = done(opened(rules, f"sqlite:///{tmp_path}/whole.db"), todo)
    engine = opened(rules, f"sqlite:///{tmp_path}/leads.db")
    connection = engine._store._database._connection
    delivered: list[str] = []
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    refused = 0
    while True:
        connection.execute(f"PRAGMA max_page_count = {pages}")
        try:
            work(engine, todo, lambda number, text: delivered.append(text))
            break
        except mqlrules.StoreError as error:
            if "can't grow: database or disk is full" not in str(error):
                raise
            refused += 1
            pages += 2
    assert refused > 3
    assert expected == sorted(set(delivered))
    assert [] == engine.verify()


def fill(engine: DurableEngine) -> int:
    """Feeds until the disk is full; gives how many events were taken."""
    for fed in range(100_000):
        try:
            engine.feed(event(f"lead-{fed}", fed), offset=fed)
        except mqlrules.StoreError as error:
            if "can't grow" in str(error) or "disk I/O error" in str(error):
                return fed
            raise
    raise AssertionError("the disk was never full")


def test_a_disk_that_is_really_full_is_said_so(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(small)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be made here: {mounted.stderr.strip()}")
    try:
        with mqlrules.loads(SMALL).engine(store=f"sqlite:///{small}/leads.db") as engine:
            fed = fill(engine)
            assert fed - 1 == engine.offset
        # Where there was no room to put the log into the file, it is still beside it.
        for path in small.iterdir():
            shutil.move(path, tmp_path / path.name)
        with mqlrules.loads(SMALL).engine(store=f"sqlite:///{tmp_path}/leads.db") as moved:
            assert (fed - 1, fed, []) == (moved.offset, moved.stats().events, moved.verify())
            moved.feed(event("lead-0", fed))
            assert 1 == len(moved.pending())
    finally:
        subprocess.run(["umount", str(small)], check=True)


# -- locked ----------------------------------------------------------------------------------------------------------


def test_a_locked_file_is_waited_for_and_then_said_to_be_locked(tmp_path: Path) -> None:
    rules = mqlrules.loads(SMALL)
    with rules.engine(store=f"sqlite:///{tmp_path}/leads.db?timeout=0.2") as engine:
        engine.feed(event("anna", 1), offset=1)
        other = sqlite3.connect(tmp_path / "leads.db", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(mqlrules.StoreError, match=r"is locked by another process, and still was after 0\.2 s"):
            engine.feed(event("anna", 2), offset=2)
        assert 1 == engine.offset
        threading.Timer(0.05, lambda: other.execute("ROLLBACK")).start()
        assert ["MQL"] == [t.to_stage for t in engine.feed(event("anna", 2), offset=2)]
        other.close()


def test_a_program_may_go_to_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    with mqlrules.loads(SMALL).engine(store="sqlite:///leads.db") as engine:
        monkeypatch.chdir(tmp_path / "other")
        with engine.partition(0, 2) as part:
            part.feed_many([event(f"lead-{number}", 1) for number in range(9)])
        assert engine.stats().leads > 0
    assert [] == list((tmp_path / "other").iterdir())


def test_nothing_is_written_to_a_file_that_is_not_there_any_more(tmp_path: Path) -> None:
    rules = mqlrules.loads(SMALL)
    where = f"sqlite:///{tmp_path}/leads.db"
    with rules.engine(store=where) as engine:
        engine.feed(event("anna", 1), offset=1)
        for path in tmp_path.glob("leads.db*"):
            path.rename(tmp_path / path.name.replace("leads", "moved"))
        for _ in range(2):
            with pytest.raises(mqlrules.StoreError, match=r"moved or replaced since it was opened\. Open a new engine"):
                engine.feed(event("anna", 2), offset=2)
            rules.engine(store=where).close()
    with rules.engine(store=f"sqlite:///{tmp_path}/moved.db") as moved:
        assert 1 == moved.stats().events


# -- damaged ---------------------------------------------------------------------------------------------------------


def copies(folder: Path, rules: mqlrules.RuleSet, todo: list[Step], cut: int) -> Path:
    """A store that a process left without closing it: the file, and a WAL with much in it."""
    made = folder / "made"
    made.mkdir()
    engine = opened(rules, f"sqlite:///{made}/leads.db")
    work(engine, todo[: cut // 2], lambda number, text: None)
    connection = engine._store._database._connection
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
    for number in range(cut // 2, cut):
        work(engine, todo[: number + 1], lambda number, text: None)
    left = folder / "left"
    shutil.copytree(made, left)
    engine.close()
    return left


@pytest.mark.parametrize("harm", ["cut short", "torn"])
def test_a_torn_write_ahead_log_gives_an_earlier_state_with_its_own_offset(tmp_path: Path, harm: str) -> None:
    """What a machine that fails leaves may be shorter or torn. What counts still hangs together: feeding from the
    offset comes to the same end. What was acknowledged since is pending again."""
    rules = mqlrules.loads(RULES)
    todo = [step for step in steps(6, 14) if step.merge is None]
    whole = opened(rules, f"sqlite:///{tmp_path}/whole.db")
    done(whole, todo)
    left = copies(tmp_path, rules, todo, 8)
    choose = random.Random(harm)
    offsets = set()
    for trial in range(12):
        folder = tmp_path / f"trial-{trial}"
        shutil.copytree(left, folder)
        log = folder / "leads.db-wal"
        data = bytearray(log.read_bytes())
        assert len(data) > 100_000
        at = choose.randrange(len(data))
        if harm == "torn":
            data[at : at + 600] = choose.randbytes(len(data[at : at + 600]))
        else:
            del data[at:]
        log.write_bytes(data)
        (folder / "leads.db-shm").unlink(missing_ok=True)
        engine = opened(rules, f"sqlite:///{folder}/leads.db")
        offsets.add(engine.offset)
        done(engine, todo)
        assert [] == engine.verify()
        assert all_transitions(folder / "leads.db") == all_transitions(tmp_path / "whole.db")
        engine.close()
    assert len(offsets) > 1


def all_transitions(path: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as connection:
        return sorted(connection.execute("SELECT instant, body FROM mqlrules_transitions").fetchall())


def test_a_damaged_file_is_refused_or_found_by_verify_and_never_silently_wrong(tmp_path: Path) -> None:
    rules = mqlrules.loads(RULES)
    todo = steps(7, 16)
    engine = opened(rules, f"sqlite:///{tmp_path}/whole.db")
    done(engine, todo[:12])
    engine.close()
    shutil.copy(tmp_path / "whole.db", tmp_path / "half.db")
    engine = opened(rules, f"sqlite:///{tmp_path}/whole.db")
    done(engine, todo)
    engine.close()
    expected = all_transitions(tmp_path / "whole.db")
    choose = random.Random(8)
    outcomes = {"refused": 0, "found": 0, "harmless": 0}
    for trial in range(HARMED):
        path = tmp_path / f"trial-{trial}.db"
        data = bytearray((tmp_path / "half.db").read_bytes())
        at = choose.randrange(len(data))
        size = choose.choice((1, 64))
        data[at : at + size] = choose.randbytes(len(data[at : at + size]))
        path.write_bytes(data)
        try:
            engine = opened(rules, f"sqlite:///{path}")
        except mqlrules.StoreError:
            outcomes["refused"] += 1
            continue
        try:
            if engine.verify():
                outcomes["found"] += 1
                continue
            done(engine, todo)
            assert expected == all_transitions(path)
            outcomes["harmless"] += 1
        except mqlrules.StoreError:
            outcomes["refused"] += 1
        finally:
            engine.close()
    assert outcomes["found"] + outcomes["refused"] > 0, outcomes


def test_a_row_that_is_not_as_it_was_written_is_not_believed(tmp_path: Path) -> None:
    rules = mqlrules.loads(SMALL)
    tampering = (
        "UPDATE mqlrules_leads SET stage = 'MQL'",
        "UPDATE mqlrules_leads SET state = replace(state, 'anonymous', 'MQL')",
        "UPDATE mqlrules_partitions SET settled = 5",
        "UPDATE mqlrules_offsets SET value = '9'",
    )
    for number, statement in enumerate(tampering):
        path = tmp_path / f"{number}.db"
        with rules.engine(store=f"sqlite:///{path}") as engine:
            engine.feed(event("anna", 1), offset=1)
        with sqlite3.connect(path) as connection:
            connection.execute(statement)
        with pytest.raises(mqlrules.StoreError, match="damaged"), rules.engine(store=f"sqlite:///{path}") as engine:
            engine.feed(event("anna", 2), offset=(engine.offset, 2)[1])
    with rules.engine(store=f"sqlite:///{tmp_path}/0.db") as engine:
        assert ["mqlrules_leads: 1 rows fail their checksums"] == engine.verify()


@pytest.mark.parametrize("size", [0, 1, 100, 511])
@pytest.mark.parametrize("with_log", [True, False])
def test_a_file_that_was_cut_off_is_not_taken_for_a_new_store(tmp_path: Path, size: int, with_log: bool) -> None:
    rules, path = mqlrules.loads(SMALL), tmp_path / "leads.db"
    engine = rules.engine(store=path)
    engine.feed(event("anna", 1), offset=1)
    if not with_log:
        engine.close()
    with path.open("r+b") as file:
        file.truncate(size)
    for _ in range(2):
        with pytest.raises(mqlrules.StoreError, match=r"leads\.db has been cut off.*Restore it from a backup"):
            rules.engine(store=path)
        assert size == path.stat().st_size
    engine.close()
    path.unlink()
    with rules.engine(store=path) as new:
        assert new.offset is None


@pytest.mark.parametrize("pages", [0.25, 1, 3])
def test_a_file_that_lacks_pages_is_refused_or_found_damaged(tmp_path: Path, pages: float) -> None:
    rules, path = mqlrules.loads(SMALL), tmp_path / "leads.db"
    with rules.engine(store=path) as engine:
        engine.feed_many([event(f"lead-{number}", number) for number in range(500)], offset=1)
    with path.open("r+b") as file:
        file.truncate(int(pages * 4096))
    try:
        with rules.engine(store=path) as engine:
            found = engine.verify()
    except mqlrules.StoreError as error:
        found = [str(error)]
    assert any("damaged" in line or "SQLite: " in line for line in found)


def test_a_process_that_is_killed_while_it_makes_a_store_leaves_none_or_a_whole_one(tmp_path: Path) -> None:
    rules, path = mqlrules.loads(SMALL), tmp_path / "leads.db"
    for delay in range(40):
        pid = os.fork()
        if pid == 0:
            rules.engine(store=path).close()
            os._exit(0)
        time.sleep(delay / 4000)
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        with rules.engine(store=path) as engine:
            assert ([], None) == (engine.verify(), engine.offset)
        for left in tmp_path.glob("leads.db*"):
            left.unlink()


# -- what is no store ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "is not a valid store URL"),
        ("leads.db", "'leads.db' is not a valid store URL; use sqlite:///leads.db"),
        ("mysql://localhost/leads", "a store can't be kept in 'mysql'"),
        ("sqlite:///", "names no file"),
        ("sqlite:///leads%00.db", "names no file"),
        ("sqlite:///{folder}/leads.db?speed=9", "has an invalid option"),
        ("sqlite:///{folder}/leads.db?timeout=soon", "has an invalid option"),
        ("sqlite:///{folder}/nowhere/leads.db", "can't be opened; does the folder exist, and is it writable?"),
        ("sqlite:///{folder}", "can't be opened"),
        ("sqlite:///{folder}/picture.png", "is damaged or not an SQLite file"),
        ("postgresql://postgres@/leads?host={folder}", "PostgreSQL:"),
    ],
)
def test_what_is_no_store_is_said_to_be_none(tmp_path: Path, address: str, said: str) -> None:
    if address.startswith("postgresql"):
        pytest.importorskip("psycopg", reason="psycopg is not installed")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG" * 400)
    with pytest.raises(mqlrules.StoreError) as refused:
        mqlrules.loads(SMALL).engine(store=address.format(folder=tmp_path))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_store_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    where = f"sqlite:///{tmp_path}/leads.db"
    engine = mqlrules.loads(SMALL).engine(store=where)
    engine._store.set_meta("format", "99")
    engine.close()
    with pytest.raises(mqlrules.StoreError, match="has format 99, from a newer version of mqlrules"):
        mqlrules.loads(SMALL).engine(store=where)


OLDER = {
    # Format 3 had no floors and no claims.
    3: (
        "DROP TABLE mqlrules_floors",
        "DROP TABLE mqlrules_claims",
        "DROP INDEX mqlrules_transitions_undeliverable",
    ),
    # Format 2 did not count what is dropped.
    2: (
        "ALTER TABLE mqlrules_partitions DROP COLUMN dropped",
        "ALTER TABLE mqlrules_partitions DROP COLUMN unmerged",
    ),
    # Format 1 had no place for what dropped events led to.
    1: (
        "DROP TABLE mqlrules_bases",
        "DROP INDEX mqlrules_transitions_withdrawn",
        "DROP INDEX mqlrules_leads_begun",
        "DROP TABLE mqlrules_checkpoints",
    ),
}


def make_older(engine: DurableEngine, to: int) -> None:
    """Turns a store into one of an older format."""
    database = engine._store._database
    for number, statements in OLDER.items():
        for statement in statements if number >= to else ():
            database.run(statement)
    if to < 3:
        old = Table("mqlrules_partitions", PartitionRow, without=("dropped", "unmerged"))
        rows = database.rows(old.select)
        database.run_many(old.upsert, [old.values(old.kind(*row[:-1])) for row in rows])
    engine._store.set_meta("format", str(to))


@pytest.mark.parametrize("format", OLDER)
def test_a_store_of_an_older_format_is_taken_over(new_address: Callable[[], str], format: int) -> None:
    where = new_address()
    rules = mqlrules.loads(SMALL)
    with rules.engine(store=where) as engine:
        engine.feed(event("anna", 1), offset=1)
        make_older(engine, format)
    with rules.engine(store=where) as taken_over:
        stats = taken_over.stats()
        assert (1, FORMAT, 1, 0) == (taken_over.offset, stats.format, stats.events, stats.dropped)
        assert [] == taken_over.verify()
        assert ["MQL"] == [t.to_stage for t in taken_over.feed(event("anna", 2))]
        assert 1 == taken_over.prune(2)


def test_a_database_of_the_application_may_hold_the_store(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "app.db") as connection:
        connection.execute("CREATE TABLE leads (name TEXT)")
    with mqlrules.loads(SMALL).engine(store=f"sqlite:///{tmp_path}/app.db") as engine:
        engine.feed(event("anna", 1))
    with sqlite3.connect(tmp_path / "app.db") as connection:
        assert [] == connection.execute("SELECT * FROM leads").fetchall()


def test_an_engine_that_is_closed_says_so(tmp_path: Path) -> None:
    engine = mqlrules.loads(SMALL).engine(store=f"sqlite:///{tmp_path}/leads.db")
    engine.close()
    engine.close()
    with pytest.raises(mqlrules.StoreError, match="is closed"):
        engine.feed(event("anna", 1))


def test_an_engine_does_not_go_with_a_fork(tmp_path: Path) -> None:
    with mqlrules.loads(SMALL).engine(store=f"sqlite:///{tmp_path}/leads.db") as engine:
        pid = os.fork()
        if pid == 0:
            try:
                engine.feed(event("anna", 1))
            except mqlrules.StoreError as error:
                os._exit(7 if "open a new one after a fork" in str(error) else 1)
            os._exit(1)
        assert 7 == os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_many_may_open_a_store_that_is_not_there_yet(new_address: Callable[[], str]) -> None:
    where = new_address()
    failed: list[BaseException] = []

    def open_and_feed(number: int) -> None:
        try:
            with mqlrules.loads(SMALL).engine(store=where) as engine:
                engine.feed(event(f"lead-{number}", 1))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=open_and_feed, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == failed
    with mqlrules.loads(SMALL).engine(store=where) as engine:
        assert 6 == engine.stats().leads


def test_a_connection_that_is_lost_is_made_anew(postgres: server.Server) -> None:
    import psycopg

    with mqlrules.loads(SMALL).engine(store=postgres.address()) as engine:
        engine.feed(event("anna", 1), offset=1)
        with psycopg.connect(postgres.plain_address(), autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        time.sleep(0.05)
        assert ["MQL"] == [t.to_stage for t in engine.feed(event("anna", 2), offset=2)]
        assert 2 == engine.offset


def test_a_connection_that_is_lost_within_a_transaction_changes_nothing(postgres: server.Server) -> None:
    with broken_line.line(postgres.folder, 1) as line:
        engine = mqlrules.loads(SMALL).engine(store=line.address(postgres.address()))
        engine.feed(event("anna", 1), offset=1)
        ask = engine._store._database.run_many

        def lost(*given: object) -> None:
            line.one_in = 1
            ask(*given)

        engine._store._database.run_many = lost
        with pytest.raises(mqlrules.StoreError, match="PostgreSQL:"):
            engine.feed(event("anna", 2), offset=2)
        line.one_in, engine._store._database.run_many = None, ask
        assert (1, 1) == (engine.offset, engine.stats().events)
        assert ["MQL"] == [t.to_stage for t in engine.feed(event("anna", 2), offset=2)]
        engine.close()


def unnamed(todo: list[Step]) -> list[Step]:
    """The same with events that nobody can tell from their like: fed twice they would count twice."""
    return [attrs.evolve(step, events=tuple({**event, "id": None} for event in step.events)) for step in todo]


def test_a_line_that_breaks_anywhere_loses_nothing_and_repeats_nothing(postgres: server.Server) -> None:
    """The application goes on from the offset, whatever it is told."""
    rules = mqlrules.loads(RULES)
    swallowed = broken = 0
    delivered: list[str] = []
    said: set[bool] = set()

    def deliver(number: int, text: str) -> None:
        delivered.append(f"{number} {text}")

    for seed in range(3):
        todo = unnamed(steps(20 + seed, 25))
        with opened(rules, "sqlite:///:memory:") as whole:
            expected, figures = done(whole, todo), whole.stats()
        with broken_line.line(postgres.folder, seed) as line:
            engine = opened(rules, line.address(postgres.address()))
            line.one_in = 60
            delivered.clear()
            for attempt in range(500):
                line.swallow = attempt % 2 == 0
                try:
                    work(engine, todo, deliver)
                    break
                except mqlrules.StoreError as error:
                    said.add("PostgreSQL" in str(error))
            line.one_in, line.swallow = None, False
            assert expected == sorted(text.partition(" ")[2] for text in set(delivered))
            stats = engine.stats()
            assert (figures.events, figures.repeated, figures.late) == (stats.events, stats.repeated, stats.late)
            assert [] == engine.verify()
            engine.close()
            broken, swallowed = broken + line.broken, swallowed + line.swallowed
    assert {True} == said
    assert broken > 5
    assert swallowed > 5


def test_a_transaction_of_which_the_line_breaks_as_it_ends_has_ended(postgres: server.Server) -> None:
    rules = mqlrules.loads(SMALL)
    with broken_line.line(postgres.folder, 0) as line, rules.engine(store=line.address(postgres.address())) as engine:
        engine.feed(event("anna", 1), offset=1)
        line.swallow = True
        assert ["MQL"] == [t.to_stage for t in engine.feed(event("anna", 2), offset=2)]
        assert (1, 2, 2) == (line.swallowed, engine.offset, engine.stats().events)


def test_where_nobody_can_say_whether_a_transaction_has_ended_that_is_said(
    postgres: server.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mqlrules.durable.postgres.PATIENCE", 0.3)
    rules = mqlrules.loads(SMALL)
    with broken_line.line(postgres.folder, 0) as line, rules.engine(store=line.address(postgres.address())) as engine:
        engine.feed(event("anna", 1), offset=1)
        line.swallow = line.is_down = True
        with pytest.raises(mqlrules.UnknownOutcome, match="go on from the engine's offset"):
            engine.feed(event("anna", 2), offset=2)
        line.is_down = False
        assert 2 == engine.offset
        assert ["MQL"] == [each.transition.to_stage for each in engine.pending()]
