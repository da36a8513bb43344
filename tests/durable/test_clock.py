"""Clocks that jump: what lies too far ahead is refused, and what a mistaken clock did can be undone."""

import random
from pathlib import Path

import attrs
import pytest

import mqlrules
from mqlrules import Event, Transition
from mqlrules.durable.feeding import wall_clock
from tests.durable.conftest import NewAddress
from tests.durable.stores import address, batches, by_instant, in_memory, random_inputs
from tests.durable.test_parts import keys, receiver

RULES = """
rule warm: visited pricing >= 2 and attended webinar within 30d => MQL
rule cold: when MQL for 5d, no visited pricing within 5d => recycle to MEL
"""
SECOND, HOUR = 1_000_000, 3_600_000_000
DAY = 24 * HOUR
START = 1_767_225_600_000_000
FAR = "2999-01-01T00:00:00Z"


@pytest.fixture
def rules() -> mqlrules.RuleSet:
    return mqlrules.loads(RULES)


def visit(lead: str, at: int, name: str = "visited pricing", id: int | None = None) -> Event:
    return Event(lead, at, name, {}, id)


def test_a_time_too_far_ahead_is_refused(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    with rules.engine(store=new_address()) as engine:
        engine.feed(visit("anna", wall_clock() + HOUR - 60 * SECOND))
        before = engine.stats()
        for mistaken in (
            lambda: engine.advance(FAR),
            lambda: engine.prune(FAR),
            lambda: engine.rewind(to=FAR),
            lambda: engine.feed_many([visit("ben", 5), visit("ben", wall_clock() + HOUR + 60 * SECOND)]),
            lambda: engine.feed_segment(
                [{"type": "track", "event": "x", "userId": "ben", "originalTimestamp": "2099-01-01T00:00:00Z"}]
            ),
        ):
            with pytest.raises(mqlrules.EventError, match=r"more than 1:00:00 ahead of the clock.*max_ahead"):
                mistaken()
        assert before == engine.stats()
        # Asking what would fall due changes nothing.
        assert ["anna"] == [due.lead for due in engine.due(FAR)]


@pytest.mark.parametrize(("given", "ahead"), [("2d", 2 * DAY - 60 * SECOND), (None, 300 * 365 * DAY)])
def test_how_far_ahead_is_the_callers_choice(
    rules: mqlrules.RuleSet, new_address: NewAddress, given: str | None, ahead: int
) -> None:
    with rules.engine(store=new_address(), max_ahead=given) as engine:
        engine.feed(visit("anna", wall_clock() + ahead))
        engine.advance(wall_clock() + ahead)
        assert 1 == engine.stats().events
        with engine.partition(0, 1) as part:
            part.advance(wall_clock() + ahead)


@pytest.mark.parametrize("wrong", ["soon", "-1h", "99999999d", 5])
def test_an_invalid_max_ahead_is_refused(rules: mqlrules.RuleSet, wrong: str) -> None:
    with pytest.raises(ValueError, match="max_ahead"):
        rules.engine(store="sqlite:///:memory:", max_ahead=wrong)


def test_a_mistaken_advance_can_be_undone(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    """Also for leads that were never seen before, and for what was a dead letter because of it."""
    events = [visit("anna", START), visit("anna", START + HOUR), visit("anna", START + 2 * HOUR, "attended webinar")]
    with rules.engine(store=new_address(), max_ahead=None, lateness="0s") as engine:
        known: dict[int, Transition] = {}
        engine.feed_many(events)
        assert ["MEL"] == [t.to_stage for t in engine.advance("2062-01-01")]
        receiver(engine, known)
        engine.feed_many([visit("new", START + 3 * HOUR), visit("anna", START + 3 * HOUR)])
        assert 2 == len(engine.dead_letters())
        found = engine.rewind(to=START + 4 * HOUR)
        assert (2, 0, 2, 0, 1, ()) == (
            found.leads, found.undone, found.taken, found.new, found.withdrawn, found.incomplete
        )  # fmt: skip
        assert ("MQL", [], [], 5) == (
            engine.stage("anna"), engine.pending(), engine.dead_letters(), engine.stats().events
        )  # fmt: skip
        assert ["MEL"] == [pending.transition.to_stage for pending in engine.withdrawn()]
        receiver(engine, known)
        assert [] == engine.feed(visit("new", START + 5 * HOUR))
        engine.advance(START + 10 * DAY)
        receiver(engine, known)
        alone = rules.engine()
        expected = [t for e in [*events, visit("anna", START + 3 * HOUR)] for t in alone.feed(e)]
        assert keys(expected + alone.advance(START + 10 * DAY)) == keys([*known.values()])
        assert [] == engine.verify()


def test_an_event_from_the_future_can_be_undone(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    with rules.engine(store=new_address(), max_ahead=None, lateness="1h") as engine:
        future = START + 90 * 365 * DAY
        engine.feed_many(
            [visit("anna", START), visit("anna", future), visit("ben", future), visit("ben", future + DAY)]
        )
        engine.feed(visit("anna", START + DAY))
        assert (["anna"], 1) == ([letter.event and letter.event.lead for letter in engine.dead_letters()], 1)
        found = engine.rewind(to=START + 2 * DAY)
        assert (3, 1) == (found.undone, found.taken)
        assert [START, START + DAY] == [event.at for event in engine.history("anna")]
        assert [] == engine.history("ben")
        assert "undone: the store was rewound to 2026-01-03T00:00:00+00:00" == engine.dead_letters()[0].reason
        assert (3, 2, 0) == (engine.stats().dead_letters, engine.stats().events, engine.stats().held)
        engine.feed_many([visit("ben", START + 2 * DAY), visit("ben", START + 3 * DAY)])
        assert 1 == len(engine.history("ben"))
        assert [] == engine.verify()


def test_a_rebuild_does_not_take_in_what_lies_ahead(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    where = new_address()
    with rules.engine(store=where, max_ahead=None, lateness="0s") as engine:
        engine.feed_many([visit("anna", START), visit("anna", wall_clock() + 900 * DAY)])
        engine.rewind(to=START)
    with rules.engine(store=where) as engine:
        engine.rebuild("anna")
        assert (1, 1) == (len(engine.history("anna")), len(engine.dead_letters()))


def test_one_lead_alone_can_be_rewound(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    with rules.engine(store=new_address(), max_ahead=None) as engine:
        for lead in ("anna", "ben"):
            engine.feed_many([visit(lead, START), visit(lead, START + HOUR), visit(lead, START + 5 * 365 * DAY)])
        found = engine.rewind("anna", to=START + DAY)
        assert (1, 1) == (found.leads, found.undone)
        assert [] == engine.feed(visit("anna", START + DAY))
        with pytest.raises(mqlrules.LateEvent):
            engine.feed(visit("ben", START + DAY))


def test_rewinding_stops_at_events_that_were_dropped(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    with rules.engine(store=new_address(), max_ahead=None) as engine:
        engine.feed_many(visit("anna", START + day * DAY) for day in range(9))
        engine.prune(START + 5 * DAY)
        found = engine.rewind(to=START + 2 * DAY)
        assert (("anna",), 4) == (found.incomplete, found.undone)
        assert [] == engine.history("anna")
        assert [] == engine.verify()


def test_a_store_that_was_rewound_is_as_if_the_mistake_had_never_been_made(tmp_path: Path) -> None:
    undone = taken = 0
    for given in random_inputs(first=16_000):
        choose = random.Random(given.seed)
        engine = given.rules.engine(
            leads=given.case.leads, store=address(tmp_path, f"{given.seed}.db"), max_ahead=None, lateness="0s"
        )
        # Ids would make a mistaken event of the right one that comes later.
        events = [attrs.evolve(event, id=None) for event in given.events]
        known: dict[int, Transition] = {}
        some = batches(events, choose)
        when = choose.randrange(len(some))
        for number, batch in enumerate(some):
            if number == when:
                far = given.end + 4000 * DAY
                if choose.random() < 0.5:
                    engine.advance(far)
                else:
                    engine.feed_many(attrs.evolve(event, time=far) for event in batch)
                receiver(engine, known)
                engine.feed_many(batch)
                result = engine.rewind(to=batch[-1].at)
                undone += result.undone
                taken += result.taken
            else:
                engine.feed_many(batch)
            receiver(engine, known)
        engine.advance(given.end)
        receiver(engine, known)
        assert keys(in_memory(given, events)) == keys(by_instant([*known.values()])), (given.seed, given.case)
        assert [] == engine.verify()
        engine.close()
    assert undone > 5
    assert taken > 5
