"""The engine from asyncio: the event loop never waits, calls keep their order, single feeds share a transaction."""

import asyncio
import gc
import inspect
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import mqlrules
from mqlrules import AsyncEngine, DurableEngine, Event
from mqlrules.durable import group_commit
from mqlrules.durable.opening import open_engine
from mqlrules.engine.incremental.runner import LeadState
from tests.durable.conftest import NewAddress

RULES = """
rule warm: visited pricing >= 2 and attended webinar within 30d => MQL
rule cold: when MQL for 5d, no visited pricing within 5d => recycle to MEL
"""
START = 1_767_225_600_000_000
HOUR = 3_600_000_000


@pytest.fixture
def rules() -> mqlrules.RuleSet:
    return mqlrules.loads(RULES)


def visit(lead: str, hour: int, name: str = "visited pricing", id: str | None = None) -> Event:
    return Event(lead, START + hour * HOUR, name, {}, id)


def test_every_method_has_its_coroutine() -> None:
    """With the same parameters."""
    from_asyncio = {"afeed", "afeed_many", "afeed_segment", "aadvance"}
    public = {name for name in dir(DurableEngine) if not name.startswith("_")} - from_asyncio
    assert public == {name for name in dir(AsyncEngine) if not name.startswith("_")}
    for name in public:
        one, other = getattr(DurableEngine, name), getattr(AsyncEngine, name)
        if isinstance(one, property):
            # Those that ask the store are methods.
            assert isinstance(other, property) or inspect.iscoroutinefunction(other)
            continue
        assert inspect.iscoroutinefunction(other), name
        parameters = [
            {n: (p.kind, p.default) for n, p in inspect.signature(f).parameters.items()} for f in (one, other)
        ]
        assert parameters[0] == parameters[1], name


def test_the_whole_life_of_a_store_from_asyncio(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    async def live(where: str) -> None:
        async with await rules.aengine(store=where) as engine:
            await engine.feed(visit("anna", 0), offset=1)
            made = await engine.feed_many([visit("anna", 1), visit("anna", 2, "attended webinar")], offset=3)
            assert ["MQL"] == [t.to_stage for t in made]
            assert (3, "MQL") == (await engine.offset(), await engine.stage("anna"))
            claimed = await engine.pending(lease="60s")
            assert [] == await engine.pending(lease="60s")
            assert 1 == await engine.acknowledge(claimed)
            assert ["anna"] == [due.lead for due in await engine.due("2026-02-01")]
            assert ["MEL"] == [t.to_stage for t in await engine.advance("2026-02-01")]
            with pytest.raises(mqlrules.LateEvent):
                await engine.feed(visit("anna", 1))
            with pytest.raises(mqlrules.EventError):
                await engine.feed_segment([{"type": "track"}])
            assert (3, []) == ((await engine.stats()).events, await engine.verify())
            async with await engine.partition(0, 1) as part:
                assert None is await part.offset()
        await engine.close()
        with pytest.raises(mqlrules.StoreError, match="the engine is closed"):
            await engine.stats()

    asyncio.run(live(new_address()))


@pytest.mark.parametrize("ask", ["feed", "feed_many", "feed_segment", "advance", "pending", "stats", "merge"])
def test_the_loop_goes_on_while_a_call_waits_for_the_store(rules: mqlrules.RuleSet, tmp_path: Path, ask: str) -> None:
    """Somebody else has locked the file, and unlocks it only once the loop has seen both calls wait."""
    calls: dict[str, Callable[[AsyncEngine], Awaitable[Any]]] = {
        "feed": lambda engine: engine.feed(visit("anna", 1)),
        "feed_many": lambda engine: engine.feed_many([visit("anna", 1)]),
        "feed_segment": lambda engine: engine.feed_segment(
            [{"type": "track", "event": "x", "userId": "anna", "timestamp": "2026-01-01T01:00:00Z"}]
        ),
        "advance": lambda engine: engine.advance(START),
        "pending": lambda engine: engine.pending(),
        "stats": lambda engine: engine.stats(),
        "merge": lambda engine: engine.merge("anna", "ben"),
    }

    async def stall() -> None:
        async with await rules.aengine(store=f"sqlite:///{tmp_path}/leads.db?timeout=60") as engine:
            other = sqlite3.connect(tmp_path / "leads.db", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            waiting = [asyncio.ensure_future(engine.feed(visit("anna", 0)))]
            await asyncio.sleep(0.05)
            waiting.append(asyncio.ensure_future(calls[ask](engine)))
            for _ in range(20):
                await asyncio.sleep(0.001)
            assert not any(each.done() for each in waiting)
            other.execute("ROLLBACK")
            other.close()
            await asyncio.gather(*waiting)

    asyncio.run(asyncio.wait_for(stall(), 30))


def test_afeed_takes_no_lock_that_a_transaction_holds(rules: mqlrules.RuleSet, tmp_path: Path) -> None:
    async def stall() -> None:
        with rules.engine(store=f"sqlite:///{tmp_path}/leads.db?timeout=60") as engine:
            held, done = threading.Event(), threading.Event()

            def hold() -> None:
                with engine._lock:
                    held.set()
                    done.wait(30)

            thread = threading.Thread(target=hold)
            thread.start()
            held.wait(30)
            waiting = [asyncio.ensure_future(engine.afeed(visit("anna", hour))) for hour in range(3)]
            waiting.append(asyncio.ensure_future(engine.aadvance(START + 3 * HOUR)))
            await asyncio.sleep(0.02)
            assert not any(each.done() for each in waiting)
            done.set()
            await asyncio.gather(*waiting)
            thread.join()
            assert 3 == engine.stats().events

    asyncio.run(asyncio.wait_for(stall(), 30))


def test_calls_are_carried_out_in_their_order(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    async def feed(where: str) -> None:
        async with await rules.aengine(store=where) as engine:
            calls: list[Awaitable[Any]] = []
            for hour in range(0, 300, 3):
                calls += [engine.feed(visit("anna", hour)), engine.feed(visit("ben", hour), offset=hour)]
                if hour % 30 == 0:
                    calls.append(engine.advance(START + hour * HOUR))
            made = await asyncio.gather(*calls)
            assert (200, 297) == ((await engine.stats()).events, await engine.offset())
            assert [] == [t for some in made for t in some]

    asyncio.run(feed(new_address()))


def test_single_feeds_that_wait_together_share_a_transaction(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    async def feed(where: str) -> int:
        async with await rules.aengine(store=where) as engine:
            store = engine._engine._store
            begun, begin = [0], store._database.begin

            def counted(partitions: Any) -> None:
                begun[0] += 1
                begin(partitions)

            store._database.begin = counted  # type: ignore[method-assign]
            await asyncio.gather(*(engine.feed(visit(f"lead-{number}", 0)) for number in range(400)))
            assert 400 == (await engine.stats()).events
            return begun[0]

    assert asyncio.run(feed(new_address())) < 20


def test_threads_that_feed_at_once_share_a_transaction(
    rules: mqlrules.RuleSet, new_address: NewAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "PATIENCE", 5.0)
    with rules.engine(store=new_address()) as engine:
        database, sizes = engine._store._database, list[int]()
        carry_out, begin = engine._carry_out_together, database.begin

        def slow(partitions: Any) -> None:
            # Long enough for the others to come.
            threading.Event().wait(0.02)
            begin(partitions)

        def noted(requests: Any) -> None:
            sizes.append(len(requests))
            carry_out(requests)

        database.begin = slow  # type: ignore[method-assign]
        engine._carry_out_together = noted  # type: ignore[method-assign]

        def feed(number: int) -> None:
            for hour in range(10):
                assert [] == engine.feed(visit(f"lead-{number}", hour))

        threads = [threading.Thread(target=feed, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (80, 80) == (sum(sizes), engine.stats().events)
        assert len(sizes) < 30


def test_each_call_of_a_shared_transaction_gets_its_own_transitions_and_errors(
    rules: mqlrules.RuleSet, new_address: NewAddress
) -> None:
    async def feed(where: str) -> None:
        async with await rules.aengine(store=where) as engine:
            await engine.feed_many(visit(f"lead-{number}", number % 2) for number in range(20) for _ in range(2))
            calls = [engine.feed(visit(f"lead-{number}", 5, "attended webinar")) for number in range(20)]
            found = await asyncio.gather(*calls)
            assert [[(f"lead-{number}", "MQL")] for number in range(20)] == [
                [(t.lead, t.to_stage) for t in some] for some in found
            ]
            wrong = [
                engine.feed(visit("lead-1", 6)),
                engine.feed(visit("lead-2", 3)),
                engine.feed({"lead": "x"}),
                engine.feed(visit("lead-3", 6), offset={1, 2}),  # type: ignore[arg-type]
                engine.feed(visit("lead-4", 6), offset="there"),
            ]
            results = await asyncio.gather(*wrong, return_exceptions=True)
            assert [list, mqlrules.LateEvent, mqlrules.EventError, mqlrules.StoreError, list] == [
                type(result) for result in results
            ]
            assert (62, "there") == ((await engine.stats()).events, await engine.offset())

    asyncio.run(feed(new_address()))


def test_segment_calls_share_a_transaction_with_feeds(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    def call(kind: str, hour: int, user: str | None, cookie: str | None) -> dict[str, object]:
        time = visit("x", hour).time.isoformat()
        return {"type": kind, "userId": user, "anonymousId": cookie, "timestamp": time, "event": "visited pricing"}

    async def feed(where: str) -> None:
        async with await rules.aengine(store=where) as engine:
            found = await asyncio.gather(
                engine.feed_segment([call("track", 1, None, "cookie"), call("track", 2, None, "cookie")]),
                engine.feed(visit("anna", 3, "attended webinar")),
                engine.feed_segment([call("identify", 4, "anna", "cookie")]),
                engine.feed_segment([{"type": "wrong"}]),
                engine.feed(visit("ben", 5)),
                return_exceptions=True,
            )
            assert ["MQL"] == [t.to_stage for t in found[2]]  # type: ignore[union-attr]
            assert [[], [], []] == [found[0], found[1], found[4]]
            assert isinstance(found[3], mqlrules.EventError)
            assert 4 == len(await engine.history("cookie"))

    asyncio.run(feed(new_address()))


def test_a_large_batch_causes_no_full_garbage_collection(rules: mqlrules.RuleSet, tmp_path: Path) -> None:
    """Which would hold up the loop for as long as it takes to look at everything."""
    full: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"] == 2:
            full.append(len(gc.get_objects()))

    async def feed() -> None:
        async with await rules.aengine(store=f"sqlite:///{tmp_path}/leads.db?synchronous=normal") as engine:
            gc.collect()
            gc.callbacks.append(note)
            await engine.feed_many(visit(f"lead-{number % 6_000}", number // 60) for number in range(12_000))
            gc.callbacks.remove(note)
            assert (12_000, 2_000) == ((stats := await engine.stats()).events, stats.states_in_memory)

    assert gc.isenabled()
    asyncio.run(feed())
    assert [] == full
    assert gc.isenabled()


def test_states_that_leave_memory_need_no_garbage_collection(rules: mqlrules.RuleSet, tmp_path: Path) -> None:
    gc.collect()
    gc.disable()
    try:
        store = f"sqlite:///{tmp_path}/leads.db?synchronous=normal"
        with open_engine(rules.plan, rules.fingerprint, store, None, states_kept=10) as engine:
            for hour in range(3):
                engine.feed_many(visit(f"lead-{number}", hour) for number in range(200))
            assert 10 == sum(isinstance(each, LeadState) for each in gc.get_objects())
    finally:
        gc.enable()


def test_a_cancelled_caller_stops_nobody_else(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    async def feed(where: str) -> None:
        async with await rules.aengine(store=where) as engine:
            tasks = [asyncio.create_task(engine.feed(visit("anna", hour))) for hour in range(20)]
            await asyncio.sleep(0)
            for task in tasks[::3]:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert 13 <= (await engine.stats()).events <= 20

    asyncio.run(feed(new_address()))


def test_several_loops_may_use_one_engine(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    with rules.engine(store=new_address()) as engine:

        def feed(number: int) -> None:
            async def some() -> None:
                await asyncio.gather(*(engine.afeed(visit(f"lead-{number}", hour)) for hour in range(50)))

            asyncio.run(some())

        threads = [threading.Thread(target=feed, args=[number]) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (200, 4) == (engine.stats().events, engine.stats().leads)
