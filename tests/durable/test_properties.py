"""Random rule sets and histories: a store changes nothing about what comes out."""

import itertools
import random
from pathlib import Path

import attrs
import pytest

from mqlrules import Event, Transition
from mqlrules.engine.incremental import condition_holds
from mqlrules.plan.cost import horizon
from tests.durable.stores import CASES, Input, address, batches, by_instant, in_memory, in_order, outbox, random_inputs

DAY = 86_400_000_000


@pytest.fixture(autouse=True)
def some_states_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """As large as these leads' get, some are small and some are not."""
    monkeypatch.setattr("mqlrules.durable.unit_of_work.LARGE", 300)
    monkeypatch.setattr("mqlrules.durable.unit_of_work.CHARACTERS_PER_EVENT", 100)
    # Some batches are taken in slices, and some are not.
    monkeypatch.setattr("mqlrules.durable.feeding.SLICE", 2)


def shown(given: Input) -> str:
    return f"seed {given.seed}\n{given.case!r}"


def without_ids(given: Input) -> Input:
    """The same, with no event that comes twice: an id that came with a dropped event is forgotten."""
    return attrs.evolve(given, events=tuple(attrs.evolve(event, id=None) for event in given.events))


def test_an_engine_that_is_closed_and_opened_anywhere_gives_what_an_engine_in_memory_gives(tmp_path: Path) -> None:
    moves = 0
    for given in random_inputs():
        choose = random.Random(given.seed)
        where = address(tmp_path, f"{given.seed}.db")
        engine = given.engine(where)
        made: list[Transition] = []
        fed = 0
        for batch in batches(given.events, choose):
            if choose.random() < 0.3:
                engine.close()
                engine = given.engine(where)
                assert fed == (engine.offset or 0)
            if choose.random() < 0.2:
                made += engine.advance(batch[0].at)
            fed += len(batch)
            made += engine.feed_many(batch, offset=fed)
        made += engine.advance(given.end)
        expected = in_memory(given)
        moves += len(expected)
        assert expected == in_order(made), shown(given)
        assert expected == outbox(engine), shown(given)
        assert [] == engine.verify()
        engine.close()
    assert moves > CASES / 3


def test_late_events_within_the_lateness_count_as_if_they_had_come_in_order(tmp_path: Path) -> None:
    for given in random_inputs(first=1000):
        choose = random.Random(given.seed)
        # Each event comes up to a day late; those of one instant keep their order.
        comes: dict[int, int] = {}
        for event in given.events:
            comes.setdefault(event.at, event.at + choose.choice((0, 0, DAY // 3, DAY)))
        order = sorted(given.events, key=lambda event: comes[event.at])
        where = address(tmp_path, f"{given.seed}.db")
        engine = given.engine(where, lateness="1d")
        for batch in batches(order, choose):
            engine.feed_many(batch)
            if choose.random() < 0.3:
                engine.close()
                engine = given.engine(where)
        engine.advance(given.end + DAY)
        assert in_memory(given) == outbox(engine), shown(given)
        assert (0, 0) == (engine.stats().dead_letters, engine.stats().held)
        engine.close()


def test_what_came_too_late_counts_as_if_in_time_once_its_lead_is_rebuilt(tmp_path: Path) -> None:
    late = 0
    for given in random_inputs(first=2000):
        choose = random.Random(given.seed)
        order = sorted(given.events, key=lambda event: event.at + choose.choice((0, 0, 0, 2 * DAY, 5 * DAY)))
        engine = given.engine(address(tmp_path, f"{given.seed}.db"), lateness="0s")
        for batch in batches(order, choose):
            engine.feed_many(batch)
        engine.advance(given.end)
        late += engine.stats().dead_letters
        for lead in {letter.event.lead for letter in engine.dead_letters()}:
            engine.rebuild(lead)
        # Events of one instant stand in the order in which they came.
        as_if = sorted(order, key=lambda event: event.at)
        assert by_instant(in_memory(given, as_if)) == by_instant(outbox(engine)), shown(given)
        assert 0 == engine.stats().dead_letters
        assert [] == engine.verify()
        engine.close()
    assert late > 0


def test_two_leads_that_are_merged_are_as_one_from_the_start(tmp_path: Path) -> None:
    withdrawn = 0
    for given in random_inputs(first=3000):
        choose = random.Random(given.seed)
        lead = given.events[0].lead
        events = [event for event in given.events if event.lead == lead]
        # One name or the other, and the same ids under both.
        named = [attrs.evolve(event, lead="anonymous") if choose.random() < 0.5 else event for event in events]
        traits = {lead: given.case.leads.get(str(lead), {})}
        engine = given.rules.engine(leads=traits, max_ahead=None, store=address(tmp_path, f"{given.seed}.db"))
        standing: list[Transition] = []
        gone: list[Transition] = []
        merge_at = choose.randrange(len(named) + 1)
        for place, event in enumerate([*named, None]):
            if place == merge_at:
                told = [pending.transition for pending in engine.pending()]
                engine.acknowledge(engine.pending())
                result = engine.merge("anonymous", lead)
                standing, gone = list(result.announced), list(result.withdrawn)
                assert len(told) == len(standing) + len(gone), shown(given)
                withdrawn += len(gone)
            if event is not None:
                engine.feed(event)
        engine.advance(given.end)
        one = given.rules.engine(leads=traits, max_ahead=None)
        expected = [t for event in named for t in one.feed(attrs.evolve(event, lead=lead))] + one.advance(given.end)
        assert by_instant(expected) == by_instant([*standing, *outbox(engine)]), shown(given)
        assert one.stage(lead) == engine.stage("anonymous") == engine.stage(lead), shown(given)
        assert [] == engine.verify()
        engine.close()
    assert withdrawn > 0


def test_a_store_that_is_taken_over_is_as_if_the_new_rules_had_always_stood(tmp_path: Path) -> None:
    moved = 0
    inputs = random_inputs(first=4000)
    for given, other in itertools.pairwise(inputs):
        where = address(tmp_path, f"{given.seed}.db")
        before = given.engine(where)
        half = len(given.events) // 2
        before.feed_many(given.events[:half])
        before.acknowledge(before.pending())
        stages = {event.lead: before.stage(event.lead) for event in given.events}
        before.close()
        dry = other.rules.migrate(where, dry_run=True)
        done = other.rules.migrate(where)
        assert (dry.moved, False, True) == (done.moved, dry.done, done.done)
        after = other.rules.engine(leads=given.case.leads, max_ahead=None, store=where)
        assert {**stages, **{m.lead: m.after for m in done.moved}} == {lead: after.stage(lead) for lead in stages}
        moved += len(done.moved)
        # Nobody is told of the past, not even when a lead is made anew.
        remade = [after.rebuild(lead) for lead in stages if after.history(lead)]
        assert [] == [found for found in remade if found.new or found.withdrawn], shown(given) + shown(other)
        assert ([], []) == (after.pending(), after.withdrawn())
        always = other.rules.engine(leads=given.case.leads, max_ahead=None)
        for event in given.events[:half]:
            always.feed(event)
        expected = [t for event in given.events[half:] for t in always.feed(event)] + always.advance(given.end)
        got = after.feed_many(given.events[half:]) + after.advance(given.end)
        assert in_order(expected) == in_order(got), shown(given) + shown(other)
        after.close()
    assert moved > 0


def test_dropping_old_events_changes_nothing_about_what_comes_out(tmp_path: Path) -> None:
    dropped = 0
    for given in random_inputs(first=6000):
        given = without_ids(given)
        choose = random.Random(given.seed)
        engine = given.engine(address(tmp_path, f"{given.seed}.db"), lateness="0s")
        late: list[Event] = []
        for batch in batches(given.events, choose):
            engine.feed_many(batch)
            if choose.random() < 0.4:
                dropped += engine.prune(batch[-1].at - choose.choice((-1, 0, 1, DAY // 2, DAY)))
            if choose.random() < 0.2:
                late.append(choose.choice(batch))
                engine.rebuild(late[-1].lead)
        engine.advance(given.end)
        expected = in_memory(given)
        assert expected == outbox(engine), shown(given)
        for lead in {event.lead for event in given.events}:
            result = engine.rebuild(lead)
            assert ((), ()) == (result.new, result.withdrawn), shown(given)
        assert expected == outbox(engine), shown(given)
        assert [] == engine.verify()
        engine.close()
    assert dropped > CASES


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_a_limit_on_what_is_kept_of_a_lead_changes_nothing_about_what_comes_out(tmp_path: Path, limit: int) -> None:
    dropped = 0
    for given in random_inputs(CASES // 2, first=9000 + 100 * limit):
        given = without_ids(given)
        choose = random.Random(given.seed)
        where = address(tmp_path, f"{given.seed}.db")
        engine = given.engine(where, history=limit)
        leads = {event.lead for event in given.events}
        for batch in batches(given.events, choose):
            engine.feed_many(batch)
            assert max(len(engine.history(lead)) for lead in leads) <= limit, shown(given)
            if choose.random() < 0.2:
                engine.rebuild(batch[0].lead)
            if choose.random() < 0.2:
                engine.advance(batch[-1].at)
            if choose.random() < 0.2:
                engine.close()
                engine = given.engine(where)
        engine.advance(given.end)
        expected = in_memory(given)
        assert expected == outbox(engine), shown(given)
        for lead in leads:
            result = engine.rebuild(lead)
            assert ((), ()) == (result.new, result.withdrawn), shown(given)
        assert expected == outbox(engine), shown(given)
        stats = engine.stats()
        assert stats.events == stats.dropped + sum(len(engine.history(lead)) for lead in leads)
        assert [] == engine.verify()
        dropped += stats.dropped
        engine.close()
    assert dropped > CASES


def test_no_condition_depends_on_events_beyond_its_horizon() -> None:
    """What is older can be left out, but for what has been learned of a lead."""
    tried = 0
    for given in random_inputs(6 * CASES, first=7000):
        for rule in given.rules.plan.rules:
            found = horizon([rule.condition])
            if found is None:
                continue
            for event in given.events:
                now = event.at + random.Random(given.seed).choice((0, 1, DAY))
                history = [each for each in given.events if each.lead == event.lead and each.at <= now]
                recent = [each for each in history if each.at > now - found or each.name == "identify"]
                tried += len(recent) < len(history)
                ask = (given.rules.program, rule.condition)
                traits = given.case.leads.get(str(event.lead), {})
                assert condition_holds(*ask, history, now, traits) == condition_holds(*ask, recent, now, traits), shown(
                    given
                )
    assert tried > CASES


@pytest.mark.parametrize("parts", [2, 3])
def test_parts_of_the_leads_together_give_what_one_engine_gives(tmp_path: Path, parts: int) -> None:
    for given in random_inputs(CASES // 3, first=5000):
        where = address(tmp_path, f"{given.seed}-{parts}.db")
        whole = given.engine(where)
        engines = [whole.partition(index, parts) for index in range(parts)]
        for engine in engines:
            for batch in batches(given.events, random.Random(given.seed)):
                engine.feed_many(batch)
            engine.advance(given.end)
        assert in_memory(given) == outbox(whole), shown(given)
        for engine in (*engines, whole):
            engine.close()
