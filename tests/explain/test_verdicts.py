"""What is said of a rule and a lead is so: on random rules and histories, judged by the reference."""

import random
from collections import Counter

import attrs
import pytest
from hypothesis import settings

from mqlrules.events.model import Event
from tests.explain.asking import Said, futures, said_of
from tests.strategies import DAY, random_case

BATCHES = [range(start, start + 15) for start in range(0, settings().max_examples, 15)]

each_batch = pytest.mark.parametrize("numbers", BATCHES, ids=lambda numbers: f"{numbers.start}-{numbers.stop - 1}")


def later(events: tuple[Event, ...], by: int) -> list[Event]:
    return [Event(event.lead, event.at + by, event.event, event.properties) for event in events]


def look(said: Said, rng: random.Random) -> str:
    """Judges one verdict; gives its kind."""
    verdict = said.verdict
    assert (verdict.kind == "holds") == said.told.tree.holds
    if said.asks_no_stage:
        assert (verdict.kind == "holds") == said.holds(said.now)
    match verdict.kind:
        case "holds":
            _holds(said)
        case "pending" if said.asks_no_stage:
            _pending(said)
        case "pending":
            assert verdict.decided_at is not None
            assert said.arrives(verdict.decided_at)
        case "would hold":
            _would_hold(said)
        case "cannot" if said.asks_no_stage and "outside the ladder" not in verdict.sentence:
            _cannot(said, rng)
    return verdict.kind


def _holds(said: Said) -> None:
    verdict = said.verdict
    assert said.holds(said.now)
    if not said.asks_no_stage:
        return
    begins = said.explanation.begins
    if verdict.since is not None:
        assert [] == [e for e in said.history[begins:] if e.at >= verdict.since and not said.holds(e.at)]
    if verdict.until is not None:
        assert said.now < verdict.until
        assert (True, False) == (said.holds(verdict.until - 1), said.holds(verdict.until))


def _pending(said: Said) -> None:
    at = said.verdict.decided_at
    assert at is not None
    assert said.now < at
    assert (False, True) == (said.holds(at - 1), said.holds(at))
    assert [] == [step.words for step in said.verdict.unless if said.holds(at, [step.event])]


def _would_hold(said: Said) -> None:
    verdict = said.verdict
    assert verdict.suggestions or verdict.reasons
    sizes = [len(way.events) for way in verdict.suggestions]
    assert sorted(sizes) == sizes
    for way in verdict.suggestions:
        assert said.now <= way.events[0].at == way.earliest
        if not said.asks_no_stage:
            assert said.arrives(way.holds_at, way.events), way.sentence
            continue
        assert said.holds(way.holds_at, way.events)
        spare = 365 * DAY if way.before is None else way.before - way.earliest
        for by in (1, spare // 2, spare - 1):
            if by < spare:
                assert said.comes_to_hold(later(way.events, by)), (by, way.sentence)
        if way.before is not None:
            assert not said.holds(way.holds_at + spare, later(way.events, spare)), way.sentence


def _cannot(said: Said, rng: random.Random) -> None:
    assert said.verdict.reasons
    for events, now in futures(said, rng, 25):
        assert not said.holds(now, events), events


@each_batch
def test_every_verdict_is_so(numbers: range) -> None:
    kinds: Counter[str] = Counter()
    for number in numbers:
        rng = random.Random(number)
        for said in said_of(random_case(number), number):
            try:
                kinds[look(said, rng)] += 1
            except AssertionError as error:
                raise AssertionError(f"case {number}: {said.shown()}\n{error}") from error
    assert {"holds", "would hold", "cannot"} <= set(kinds)


def test_most_of_what_does_not_hold_has_a_way_to_hold() -> None:
    found = [
        bool(said.verdict.suggestions)
        for number in range(40)
        for said in said_of(random_case(number), number)
        if said.asks_no_stage and said.verdict.kind == "would hold"
    ]
    assert sum(found) > 0.9 * len(found)


def test_no_rules_are_no_verdicts() -> None:
    case = attrs.evolve(random_case(1), rules="lifecycle cold > warm\n")
    assert [] == list(said_of(case, 1))
