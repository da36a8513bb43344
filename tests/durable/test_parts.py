"""Parts that read the stream at their own pace while names are merged: every event counts once."""

import functools
import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import attrs
import pytest

import mqlrules
from mqlrules import DurableEngine, Event, Transition
from mqlrules.durable.rows import partition_of
from mqlrules.events.encoding import lead_to_text
from tests.durable.conftest import NewAddress
from tests.durable.stores import CASES, address, batches, by_instant, random_inputs

RULES = """
rule warm: visited pricing >= 3 and attended webinar within 30d => MEL
rule hot: visited pricing >= 5 => MQL
"""
HOUR = 3_600_000_000
DAY = 24 * HOUR
START = 1_767_225_600_000_000


def home(name: str) -> int:
    return partition_of(lead_to_text(name), 2)


FIRST, SECOND = (next(name for name in map("lead-{}".format, range(99)) if home(name) == part) for part in (0, 1))
"""Two names, of which each is at home in another of two partitions."""


def visit(lead: str, hour: int, name: str = "visited pricing", id: int | None = None) -> Event:
    return Event(lead, START + hour * HOUR, name, {}, id)


STREAM = [
    visit(FIRST, 1),
    visit(SECOND, 2),
    visit(FIRST, 3),
    visit(SECOND, 4, "attended webinar"),
    visit(FIRST, 5),
    visit(FIRST, 6),
]


@pytest.fixture(params=[None, "0s", "2h"])
def parts(request: pytest.FixtureRequest, new_address: NewAddress) -> Iterator[tuple[DurableEngine, ...]]:
    """The engine of a whole store, and those of its two parts: with late events refused, and with a lateness."""
    whole = mqlrules.loads(RULES).engine(store=new_address(), lateness=request.param)
    found = (whole, whole.partition(0, 2), whole.partition(1, 2))
    yield found
    for engine in reversed(found):
        engine.close()


def of_one(events: Sequence[Event], rules: str = RULES) -> list[tuple[str, str]]:
    """The moves of one lead with all of these events."""
    engine = mqlrules.loads(rules).engine()
    in_order = sorted(events, key=lambda event: event.at)
    return [(t.to_stage, t.at.isoformat()) for e in in_order for t in engine.feed(attrs.evolve(e, lead="one"))]


def moves(transitions: Sequence[Transition]) -> list[tuple[str, str]]:
    return [(t.to_stage, t.at.isoformat()) for t in by_instant(transitions)]


def told(engine: DurableEngine) -> list[Transition]:
    """What a receiver counts on once it has been told of everything."""
    return [pending.transition for pending in engine.pending()]


@pytest.mark.parametrize("ahead", [0, 1])
@pytest.mark.parametrize("target", [FIRST, SECOND])
@pytest.mark.parametrize("read", range(7))
def test_a_merge_while_one_part_is_ahead_loses_and_repeats_nothing(
    parts: tuple[DurableEngine, ...], ahead: int, target: str, read: int
) -> None:
    """One part has read the stream to its end, the other some of it, when two names are merged across them."""
    whole, first, second = parts
    one, other = (first, second) if ahead == 0 else (second, first)
    one.feed_many(STREAM, offset=6)
    other.feed_many(STREAM[:read], offset=read)
    whole.merge(SECOND if target == FIRST else FIRST, target)
    for number in range(read, 6):
        other.feed(STREAM[number], offset=number + 1)
    for engine in (one, other):
        engine.advance(START + 9 * HOUR)
    assert (6, 0, 0, [], []) == (
        whole.stats().events, whole.stats().repeated, whole.stats().held, whole.dead_letters(), whole.verify()
    )  # fmt: skip
    assert STREAM == [attrs.evolve(e, lead=s.lead) for e, s in zip(whole.history(FIRST), STREAM, strict=True)]
    assert of_one(STREAM) == moves(told(whole))


@pytest.mark.parametrize("whole_merges", [True, False])
def test_a_part_that_reads_again_repeats_nothing(new_address: NewAddress, whole_merges: bool) -> None:
    rules = mqlrules.loads(RULES)
    with rules.engine(store=new_address()) as whole:
        parts = [whole.partition(index, 2) for index in range(2)]
        stream = [attrs.evolve(event, id=number) for number, event in enumerate(STREAM)]
        parts[1].feed_many(stream)
        whole.merge(FIRST, SECOND)
        for _ in range(2):
            for part in parts:
                part.feed_many(stream)
        assert (6, 8) == (whole.stats().events, whole.stats().repeated)
        assert of_one(STREAM) == moves(told(whole))
        for part in parts:
            part.close()


def test_of_two_events_with_one_id_the_earlier_counts_whichever_part_was_ahead(new_address: NewAddress) -> None:
    with mqlrules.loads(RULES).engine(store=new_address()) as whole:
        parts = [whole.partition(index, 2) for index in range(2)]
        stream = [visit(FIRST, 1, id=7), visit(FIRST, 2), visit(SECOND, 3, id=7), visit(SECOND, 4)]
        whole.merge(FIRST, SECOND)
        for part in reversed(parts):
            part.feed_many(stream)
            part.close()
        assert [1, 2, 4] == [(event.at - START) // HOUR for event in whole.history(SECOND)]
        assert (3, 1, []) == (whole.stats().events, whole.stats().repeated, whole.verify())


def test_an_event_that_is_late_by_its_own_part_is_late(new_address: NewAddress) -> None:
    with mqlrules.loads(RULES).engine(store=new_address()) as whole:
        first, second = (whole.partition(index, 2) for index in range(2))
        first.feed(visit(FIRST, 5))
        second.feed(visit(SECOND, 9))
        whole.merge(FIRST, SECOND)
        first.feed(visit(FIRST, 6))
        for late in (visit(FIRST, 5), visit(SECOND, 8)):
            with pytest.raises(mqlrules.LateEvent):
                whole.feed(late)
        first.advance(START + 20 * HOUR)
        with pytest.raises(mqlrules.LateEvent):
            first.feed(visit(FIRST, 19))
        assert [] == second.feed(visit(SECOND, 10))
        assert 4 == whole.stats().events
        first.close(), second.close()


def test_what_comes_behind_events_that_were_dropped_is_a_dead_letter(new_address: NewAddress) -> None:
    with mqlrules.loads(RULES).engine(store=new_address()) as whole:
        first, second = (whole.partition(index, 2) for index in range(2))
        second.feed_many([visit(SECOND, 1), visit(SECOND, 2), visit(SECOND, 9)])
        whole.merge(FIRST, SECOND)
        second.prune(START + 5 * HOUR)
        assert [] == first.feed_many([visit(FIRST, 2), visit(FIRST, 6)])
        (letter,) = whole.dead_letters()
        assert "were dropped" in letter.reason
        assert (4, 1, []) == (whole.stats().events, whole.stats().late, whole.verify())
        assert [6, 9] == [(event.at - START) // HOUR for event in whole.history(SECOND)]
        first.close(), second.close()


def segment_call(event: Event, user: str | None, anonymous: str | None, kind: str = "track") -> dict[str, object]:
    named = {"event": event.event} if kind == "track" else {}
    return {"type": kind, "userId": user, "anonymousId": anonymous, "timestamp": event.time.isoformat(), **named}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_parts_take_segment_calls_together(new_address: NewAddress, order: tuple[int, int]) -> None:
    cookie, user = FIRST, SECOND
    calls = [
        segment_call(visit("x", 1), None, cookie),
        segment_call(visit("x", 2), None, cookie),
        segment_call(visit("x", 3, "attended webinar"), user, None),
        segment_call(visit("x", 4), user, cookie, "identify"),
        segment_call(visit("x", 5), user, cookie),
        # Somebody else at the same browser stays somebody else.
        segment_call(visit("x", 6), "other", cookie),
        segment_call(visit("x", 7), None, cookie),
    ]
    with mqlrules.loads(RULES).engine(store=new_address()) as whole:
        for index in order:
            with whole.partition(index, 2) as part:
                part.feed_segment(calls, offset=7)
        assert 6 == len(whole.history(user))
        assert 1 == len(whole.history("other"))
        counted = [visit("x", hour) for hour in (1, 2, 5, 7)] + [visit("x", 3, "attended webinar")]
        assert of_one(counted) == moves(told(whole))
        assert [] == whole.verify()


def receiver(engine: DurableEngine, known: dict[int, Transition]) -> None:
    """Tells a receiver what it doesn't know yet."""
    for pending in engine.pending():
        known[pending.id] = pending.transition
    engine.acknowledge(engine.pending())
    for pending in engine.withdrawn():
        del known[pending.id]
    engine.acknowledge(engine.withdrawn())


@pytest.mark.parametrize("count", [2, 3])
def test_random_parts_and_merges_come_to_what_one_engine_makes(tmp_path: Path, count: int) -> None:
    """Whatever the paces of the parts, the moments of the merges, and the moments at which time passes."""
    merged = behind = 0
    for given in random_inputs(CASES, first=12_000 + 1_000 * count):
        choose = random.Random(given.seed)
        names = ["a", "b", "c", "d"]
        # One instant each: between parts nobody can say which of two events of one instant came first.
        events = [
            attrs.evolve(event, time=event.at + number, lead=choose.choice(names))
            for number, event in enumerate(given.events)
        ]
        end = max(given.end, events[-1].at)
        whole = given.rules.engine(max_ahead=None, store=address(tmp_path, f"{given.seed}-{count}.db"))
        parts = [whole.partition(index, count) for index in range(count)]
        actions: list[list[Callable[[], object]]] = [
            [functools.partial(part.feed_many, batch) for batch in batches(events, choose)] for part in parts
        ]
        merges = [choose.sample(names, 2) for _ in range(choose.randrange(3))]
        actions.append([functools.partial(whole.merge, *pair) for pair in merges])
        meaning = {name: name for name in names}
        for one, other in merges:
            old, new = meaning[one], meaning[other]
            meaning = {name: new if to == old else to for name, to in meaning.items()}
        known: dict[int, Transition] = {}
        while any(actions):
            choose.choice([todo for todo in actions if todo]).pop(0)()
            if choose.random() < 0.3:
                receiver(whole, known)
        for part in parts:
            part.advance(end)
        receiver(whole, known)
        alone = given.rules.engine(max_ahead=None)
        expected = [t for e in events for t in alone.feed(attrs.evolve(e, lead=meaning[str(e.lead)]))]
        expected += alone.advance(end)
        found = [attrs.evolve(t, lead=meaning[str(t.lead)]) for t in known.values()]
        assert keys(expected) == keys(found), (given.seed, given.case, merges)
        assert [] == whole.dead_letters()
        assert [] == whole.verify()
        merged += bool(merges)
        behind += any(len({home_of(name, count) for name in group}) > 1 for group in groups(meaning))
        for engine in (*parts, whole):
            engine.close()
    assert merged > CASES / 4
    assert behind > CASES / 8


def home_of(name: str, count: int) -> int:
    return partition_of(lead_to_text(name), count)


def groups(meaning: dict[str, str]) -> list[list[str]]:
    found = sorted(meaning, key=lambda name: meaning[name])
    return [list(group) for _, group in itertools.groupby(found, key=lambda name: meaning[name])]


def keys(transitions: Sequence[Transition]) -> list[tuple[object, ...]]:
    return [(t.lead, t.instant, t.from_stage, t.to_stage, t.rule) for t in by_instant(transitions)]
