"""What a store costs: events a second into SQLite beside bare inserts of the same rows, by one process and by two that
have a part of the leads each; and a store of a million leads.

    python benchmarks/store.py [--events 50000] [--single 1000] [--leads 1000000] [--runs 3]
                               [--part feeding|parts|opening] [--folder DIR] [--data FILE --rules FILE] [--markdown]

The bare inserts are those of mqlrules itself: every statement that writes is noted, with its rows, and run again in the
same transactions by the standard library alone, on a file of its own. Files lie in ``--folder`` (by default a folder
for temporary files): how fast its disk is decides about single events. Where a PostgreSQL server is installed one is
started for the parts, and stopped again.
"""

import argparse
import contextlib
import gc
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from measuring import Seconds, Table, Timing, Watch, interleaved, options, report, stop
from state import resident
from yardstick import events_file, rows, rules_file

import mqlrules

BATCH = 1_000
HOUR = 3_600_000_000

Written = list[tuple[str, Sequence[Sequence[Any]] | None]]
"""Statements in order: with rows of values, or (None) the beginning or the end of a transaction."""


def fresh(folder: Path) -> Path:
    """A file that is not there."""
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".db") as file:
        return Path(file.name)


def address(path: Path, synchronous: str = "full") -> str:
    """The address of a file."""
    return f"sqlite:///{path}?synchronous={synchronous}"


# -- feeding -------------------------------------------------------------------------------------------------------


def fed(rules: mqlrules.RuleSet, where: str, batches: Sequence[Sequence[mqlrules.Event]]) -> Seconds:
    """What the batches take, each a transaction with an offset."""
    engine = rules.engine(store=where)
    gc.collect()
    watch = Watch()
    for number, batch in enumerate(batches):
        engine.feed_many(batch, offset=number)
    taken = watch.read()
    engine.close()
    return taken


def noted(rules: mqlrules.RuleSet, where: str, batches: Sequence[Sequence[mqlrules.Event]]) -> Written:
    """All that is written for the batches."""
    engine = rules.engine(store=where)
    database: Any = engine._store._database
    written: Written = []
    run, run_many = database.run, database.run_many

    def noting_run(statement: str, values: Sequence[Any] = ()) -> Any:
        plain = statement.startswith(("BEGIN", "COMMIT"))
        written.append((statement, None if plain else [tuple(values)]))
        return run(statement, values)

    def noting_run_many(statement: str, rows: Sequence[Sequence[Any]]) -> Any:
        written.append((statement, list(rows)))
        return run_many(statement, rows)

    database.run, database.run_many = noting_run, noting_run_many
    for number, batch in enumerate(batches):
        engine.feed_many(batch, offset=number)
    engine.close()
    return written


def bare(rules: mqlrules.RuleSet, path: Path, written: Written) -> Seconds:
    """The same statements with the same rows, and nothing else."""
    # The tables are made as they are for an engine.
    rules.engine(store=address(path)).close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("PRAGMA synchronous = FULL")
    gc.collect()
    watch = Watch()
    for statement, values in written:
        if values is None:
            connection.execute(statement)
        else:
            connection.executemany(statement, values)
    taken = watch.read()
    connection.close()
    return taken


def in_memory(rules: mqlrules.RuleSet, events: Sequence[mqlrules.Event]) -> Seconds:
    """The same events without a store."""
    engine = rules.engine()
    gc.collect()
    watch = Watch()
    for event in events:
        engine.feed(event)
    return watch.read()


def feeding(rules: mqlrules.RuleSet, events: Sequence[mqlrules.Event], single: int, folder: Path, runs: int) -> Table:
    """Events a second, in batches and one by one."""
    batches = [events[start : start + BATCH] for start in range(0, len(events), BATCH)]
    ones = [[event] for event in events[:single]]
    batches_written = noted(rules, address(fresh(folder)), batches)
    ones_written = noted(rules, address(fresh(folder)), ones)
    many, few = f"batches of {BATCH:,}", "one at a time"
    cases: dict[str, Callable[[], Seconds]] = {
        f"mqlrules, {many}": lambda: fed(rules, address(fresh(folder)), batches),
        f"mqlrules, {many}, synchronous=normal": lambda: fed(rules, address(fresh(folder), "normal"), batches),
        f"bare SQLite, the same rows in {many}": lambda: bare(rules, fresh(folder), batches_written),
        f"mqlrules, {few}": lambda: fed(rules, address(fresh(folder)), ones),
        f"mqlrules, {few}, synchronous=normal": lambda: fed(rules, address(fresh(folder), "normal"), ones),
        f"bare SQLite, the same rows {few}": lambda: bare(rules, fresh(folder), ones_written),
        "mqlrules in memory": lambda: in_memory(rules, events),
    }
    count = {name: len(ones) if few in name else len(events) for name in cases}
    taken = interleaved(cases, runs)

    def a_second(name: str, timing: Timing) -> tuple[str, ...]:
        return tuple(f"{count[name] / seconds:,.0f}" for seconds in (timing.median, timing.least, timing.processor))

    return Table(
        "Events into a store, events a second",
        ("what", "events", "median", "best", "by the processor's time"),
        [(name, f"{count[name]:,}", *a_second(name, timing)) for name, timing in taken.items()],
        (
            f"{len({event.lead for event in events}):,} leads, the twenty rules; {runs} runs of each, in turn, each on",
            "a new file. Each transaction writes events, states, transitions and an offset, and is on the disk when it",
            "ends, but for synchronous=normal.",
        ),
    )


# -- by parts ------------------------------------------------------------------------------------------------------


def fed_by_parts(
    rules: mqlrules.RuleSet, place: Callable[[], str], batches: Sequence[Sequence[mqlrules.Event]], parts: int
) -> Seconds:
    """What it takes until so many processes have fed their part, each going through all of the batches."""
    where = place()
    whole = rules.engine(store=where)
    if parts > 1:
        whole.partition(0, parts).close()
    whole.close()
    ready, go = os.pipe(), os.pipe()
    children = []
    for part in range(parts):
        child = os.fork()
        if child == 0:
            status = 1
            with contextlib.suppress(Exception):
                engine = rules.engine(store=where)
                engine = engine.partition(part, parts) if parts > 1 else engine
                gc.collect()
                os.write(ready[1], b".")
                os.read(go[0], 1)
                for number, batch in enumerate(batches):
                    engine.feed_many(batch, offset=number)
                status = 0
            os._exit(status)
        children.append(child)
    for _ in children:
        os.read(ready[0], 1)
    before = os.times()
    watch = Watch()
    os.write(go[1], b"." * parts)
    ended = [os.waitpid(child, 0)[1] for child in children]
    wall, after = watch.read().wall, os.times()
    for end in (*ready, *go):
        os.close(end)
    if any(ended):
        stop("a process that feeds its part has failed")
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return Seconds(wall, spent)


@contextlib.contextmanager
def postgres() -> Iterator[Callable[[], str] | None]:
    """Gives addresses in a PostgreSQL server that forces what it has written to the disk; None if there can be none."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from tests.durable import server

    reason = server.why_not()
    if reason is not None:
        print(f"no parts in PostgreSQL: {reason}", file=sys.stderr)
        yield None
        return
    with server.running("-c fsync=on -c synchronous_commit=on") as found:
        yield found.address


def in_parts(rules: mqlrules.RuleSet, events: Sequence[mqlrules.Event], folder: Path, runs: int) -> Table:
    """Events a second of one process and of two."""
    batches = [events[start : start + BATCH] for start in range(0, len(events), BATCH)]
    with postgres() as server:
        cases: dict[str, Callable[[], Seconds]] = {}
        stores: dict[str, Callable[[], str]] = {"SQLite": lambda: address(fresh(folder))}
        if server is not None:
            stores["PostgreSQL"] = server
        for name, place in stores.items():
            cases[f"{name}, one process"] = partial(fed_by_parts, rules, place, batches, 1)
            cases[f"{name}, two processes, a part each"] = partial(fed_by_parts, rules, place, batches, 2)
        taken = interleaved(cases, runs)
    return Table(
        f"Parts of the leads: events a second, in batches of {BATCH:,}",
        ("what", "events", "median", "best", "processor, seconds"),
        [
            (name, f"{len(events):,}", f"{len(events) / timing.median:,.0f}", f"{len(events) / timing.least:,.0f}",
             f"{timing.processor:.2f}")
            for name, timing in taken.items()
        ],
        (
            "Until the last process is done. Each goes through the whole stream and takes the events of its own",
            "leads. An SQLite file has one writer at a time. The processor's time is without that of PostgreSQL.",
        ),
    )  # fmt: skip


# -- a store of many leads -----------------------------------------------------------------------------------------

FEW_RULES = """
rule warm: visited pricing >= 2 and attended webinar within 30d => MQL
rule quiet: when MQL for 30d, no requested demo within 30d => recycle to MEL
"""
START = 1_767_225_600_000_000


def many_leads(leads: int) -> Iterator[mqlrules.Event]:
    """Three events of each lead: an MQL each in thirty, who then waits to be recycled."""
    for number in range(leads):
        name = f"lead-{number:07}"
        yield mqlrules.Event(name, START + number, "visited pricing", {"path": "/pricing"}, f"{number}-1")
        yield mqlrules.Event(name, START + leads + number, "visited pricing", {"path": "/pricing"}, f"{number}-2")
        last = "attended webinar" if number % 30 == 0 else "opened email"
        yield mqlrules.Event(name, START + 2 * leads + number, last, {}, f"{number}-3")


def questions(engine: mqlrules.DurableEngine, event: mqlrules.Event, pending: int) -> dict[str, Callable[[], Any]]:
    """What is asked of a store that was just opened."""
    return {
        "feed the first event of a lead that is there": lambda: engine.feed(event),
        "a hundred pending transitions": lambda: engine.pending(limit=100),
        "who is due within a day: nobody": lambda: engine.due(START + 24 * HOUR),
        f"who is due within 31 days: {pending:,} leads": lambda: engine.due(START + 31 * 24 * HOUR),
        "the figures of `stats`, counted": engine.stats,
    }


def opening(leads: int, folder: Path, runs: int) -> Table:
    """What it takes to open a store of many leads, and to ask the first things of it."""
    rules = mqlrules.loads(FEW_RULES)
    path = fresh(folder)
    batch: list[mqlrules.Event] = []
    # How long this takes is not measured.
    gc.disable()
    with rules.engine(store=address(path, "normal")) as engine:
        for event in many_leads(leads):
            batch.append(event)
            if len(batch) == 10_000:
                engine.feed_many(batch)
                batch.clear()
        engine.feed_many(batch)
        pending = len(engine.pending())
    gc.enable()
    choose = random.Random(1)
    asked: dict[str, list[Seconds]] = {}
    later = START + 3 * leads

    def timed(name: str, ask: Callable[[], Any]) -> Any:
        watch = Watch()
        found = ask()
        asked.setdefault(name, []).append(watch.read())
        return found

    for run in range(runs):
        engine = timed("open it", lambda: rules.engine(store=address(path)))
        lead = f"lead-{choose.randrange(leads):07}"
        event = mqlrules.Event(lead, later + run, "opened email", {}, f"again-{run}")
        for name, ask in questions(engine, event, pending).items():
            timed(name, ask)
        engine.close()
    opened, fed, states = in_a_process_of_its_own(path, leads)
    size = sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))
    return Table(
        f"A store of {leads:,} leads with three events each, milliseconds",
        ("what", "median", "least", "processor"),
        [(name, *Timing(tuple(taken)).figures(1e-3, 2)) for name, taken in asked.items()],
        (
            f"The file has {size / 2**20:,.0f} MiB. To a process that has the rules, opening it adds",
            f"{opened / 2**20:.1f} MiB; with 20,000 events in batches, and {states:,} states in memory, it is",
            f"{fed / 2**20:.0f} MiB.",
        ),
    )


def in_a_process_of_its_own(path: Path, leads: int) -> tuple[int, int, int]:
    """By how many bytes a process grows that opens the store, and that then feeds; and the states that it keeps."""
    done = subprocess.run(
        [sys.executable, __file__, "--grow", str(path), "--leads", str(leads)], capture_output=True, text=True
    )
    if done.returncode:
        stop(done.stderr)
    opened, fed, states = map(int, done.stdout.split())
    return opened, fed, states


def grow(path: Path, leads: int) -> None:
    """Opens the store and feeds it, and prints by how much this process has grown."""
    choose = random.Random(2)
    rules = mqlrules.loads(FEW_RULES)
    # What the first engine loads is no growth.
    rules.engine(store="sqlite:///:memory:").close()
    gc.collect()
    before = resident()
    with rules.engine(store=address(path, "normal")) as engine:
        opened = resident() - before
        for number in range(20):
            some = [f"lead-{choose.randrange(leads):07}" for _ in range(BATCH)]
            at = START + 4 * leads + HOUR + number
            engine.feed_many(mqlrules.Event(name, at, "opened email") for name in some)
        gc.collect()
        print(opened, resident() - before, engine.stats().states_in_memory)


def main() -> None:
    parser = options(__doc__, runs=3)
    parser.add_argument("--events", type=int, default=50_000, help="events in batches (default 50000)")
    parser.add_argument("--single", type=int, default=1_000, help="events one at a time (default 1000)")
    parser.add_argument("--leads", type=int, default=1_000_000, help="leads of the large store (default 1000000)")
    parser.add_argument("--part", choices=("feeding", "parts", "opening"), help="measure one part alone")
    parser.add_argument("--folder", type=Path, help="where the files lie")
    parser.add_argument("--data", type=Path, help="a Parquet file with lead, time, event and properties")
    parser.add_argument("--rules", type=Path, help="the rules to feed them to")
    parser.add_argument("--grow", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.grow is not None:
        grow(given.grow, given.leads)
        return
    tables = []
    with tempfile.TemporaryDirectory(dir=given.folder) as made:
        folder = Path(made)
        if given.part != "opening":
            rules = mqlrules.load(rules_file(given.rules))
            file = events_file(given.data, given.events, max(given.events // 4, 1), folder)
            found = sorted((row for some in rows(file) for row in some), key=lambda row: row[1])
            events = [mqlrules.Event(*row, f"id-{n}") for n, row in enumerate(found[: given.events])]
            if given.part != "parts":
                tables.append(feeding(rules, events, given.single, folder, given.runs))
            if given.part != "feeding":
                tables.append(in_parts(rules, events, folder, given.runs))
        if given.part in (None, "opening"):
            tables.append(opening(given.leads, folder, given.runs))
    report("What a store costs", tables, markdown=given.markdown)


if __name__ == "__main__":
    main()
