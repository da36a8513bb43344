"""Engines in memory and single leads: snapshots, lateness, ids, clocks; and what an event costs."""

import json
import random
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mqlrules
from mqlrules.engine.histories import by_lead
from mqlrules.engine.results import Transition
from mqlrules.language.instants import moment
from tests.engine.test_properties import moves
from tests.engine.test_splits import _expected, _input
from tests.strategies import DAY, START, Case, cases

RULES = mqlrules.loads("added cart then no checked out for 2d => MQL\nscore warm\n    +10 per visited within 3d\n")
OTHER = mqlrules.loads("visited => MQL\n")


def _event(lead: str, day: float, name: str, **more: Any) -> mqlrules.Event:
    return mqlrules.Event(lead, START + int(day * DAY), name, **more)


def _ordered(transitions: list[Transition]) -> list[tuple[Any, ...]]:
    return moves(tuple(sorted(transitions, key=lambda one: (one.instant, by_lead(one.lead)))))


# -- snapshots -----------------------------------------------------------------------------------------------------


@given(case=cases(), cuts=st.lists(st.booleans(), min_size=14, max_size=14))
def test_an_engine_restored_at_any_event_gives_what_one_run_gives(case: Case, cuts: list[bool]) -> None:
    events, end = _input(case)
    rules = mqlrules.loads(case.rules)
    engine = rules.engine(case.leads, max_ahead=None)
    found: list[Transition] = []
    for event, cut in zip(events, cuts, strict=False):
        found += engine.feed(event)
        if cut:
            engine = rules.engine(case.leads, snapshot=engine.snapshot(), max_ahead=None)
    found += engine.advance(moment(end))
    assert _expected(case, end) == _ordered(found)


@given(case=cases(), cuts=st.lists(st.booleans(), min_size=14, max_size=14))
def test_a_lead_restored_at_any_event_gives_what_one_run_gives(case: Case, cuts: list[bool]) -> None:
    events, end = _input(case)
    rules = mqlrules.loads(case.rules)
    found: list[Transition] = []
    for lead in {event["lead"] for event in events}:
        state = rules.lead(lead, case.leads.get(lead))
        whole = rules.lead(lead, case.leads.get(lead))
        for event, cut in zip([one for one in events if one["lead"] == lead], cuts, strict=False):
            found += state.feed(event)
            whole.feed(event)
            if cut:
                state = rules.lead(lead, snapshot=state.snapshot(), max_ahead=None)
            assert (whole.stage, whole.since) == (state.stage, state.since)
            # A state that was never written may also wait for instants at which nothing changes any more.
            if state.next_due is not None:
                assert whole.next_due is not None
                assert whole.next_due <= state.next_due
            for name in rules.program.scores:
                assert whole.score(name) == state.score(name)
        found += rules.lead(lead, snapshot=state.snapshot(), max_ahead=None).advance(moment(end))
    assert _expected(case, end) == _ordered(found)


def test_a_snapshot_is_versioned_json() -> None:
    state = RULES.lead("ada")
    state.feed(_event("ada", 0, "added cart"))
    version, kind, fingerprint, *_ = json.loads(state.snapshot())
    assert (2, "lead", RULES.fingerprint) == (version, kind, fingerprint)


def test_other_rules_refuse_a_snapshot_unless_it_is_migrated() -> None:
    with RULES.engine() as engine:
        engine.feed_many([_event("ada", 0, "added cart"), _event("ada", 9, "visited"), _event("bob", 0, "visited")])
        assert (2, "MQL") == (len(engine), engine.stage("ada"))
        snapshot = engine.snapshot()
    with pytest.raises(mqlrules.OtherRules, match="fingerprint"):
        OTHER.engine(snapshot=snapshot)
    moved = OTHER.engine(snapshot=snapshot, migrate=True)
    assert (2, "MQL", "anonymous") == (len(moved), moved.stage("ada"), moved.stage("bob"))


@pytest.mark.parametrize("damage", [b"", b"{}", b"[2]", b"\xff", b'[3,"lead","","",[]]', b"[" * 100_000])
def test_a_damaged_snapshot_is_refused(damage: bytes) -> None:
    with pytest.raises(mqlrules.SnapshotError):
        RULES.lead("ada", snapshot=damage)


def test_a_snapshot_cut_short_or_changed_is_refused_or_read() -> None:
    state = RULES.lead("ada")
    for day, name in enumerate(("added cart", "visited", "added cart")):
        state.feed(_event("ada", day, name))
    snapshot = state.snapshot()
    dice = random.Random(1)
    for _ in range(300):
        damaged = bytearray(snapshot)
        damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        try:
            RULES.lead("ada", snapshot=bytes(damaged))
        except (mqlrules.SnapshotError, mqlrules.OtherRules):
            continue


# -- time ----------------------------------------------------------------------------------------------------------


def test_a_new_lead_is_not_late_because_of_the_clock_of_others() -> None:
    engine = RULES.engine()
    engine.feed(_event("ada", 0, "visited"))
    engine.advance(moment(START + 100 * DAY))
    assert [] == engine.feed(_event("bob", 10, "added cart"))
    with pytest.raises(mqlrules.LateEvent):
        engine.feed(_event("ada", 99, "visited"))
    assert [] == engine.feed(_event("bob", 11, "visited"))
    assert [12 * DAY] == [move.instant - START for move in engine.advance(moment(START + 100 * DAY))]
    with pytest.raises(mqlrules.LateEvent):
        engine.feed(_event("bob", 50, "visited"))


def test_time_may_not_pass_absurdly_far() -> None:
    engine, state = RULES.engine(), RULES.lead("ada")
    engine.feed(_event("ada", 0, "visited"))
    state.feed(_event("ada", 0, "visited"))
    for one in (engine, state):
        with pytest.raises(mqlrules.EventError, match="max_ahead"):
            one.advance("2999-01-01")
        one.advance("2030-01-01")
    anyone = RULES.engine(max_ahead=None)
    anyone.feed(_event("ada", 0, "visited"))
    assert [] == anyone.advance("2999-01-01")


def test_many_events_are_taken_or_none() -> None:
    engine = RULES.engine()
    with pytest.raises(mqlrules.LateEvent):
        engine.feed_many([_event("ada", 1, "added cart"), _event("bob", 0, "visited"), _event("ada", 0, "visited")])
    assert 0 == len(engine)


def test_with_a_lateness_events_count_in_order_of_time() -> None:
    engine = RULES.engine(lateness="1d")
    engine.feed(_event("ada", 1, "checked out"))
    engine.feed(_event("ada", 0.5, "added cart"))
    engine = RULES.engine(lateness="1d", snapshot=engine.snapshot())
    assert [] == engine.advance(moment(START + 9 * DAY))
    engine = RULES.engine(lateness="1d")
    engine.feed_many([_event("ada", 0.5, "added cart"), _event("ada", 0.2, "checked out")])
    assert [2.5 * DAY] == [move.instant - START for move in engine.advance(moment(START + 9 * DAY))]


def test_with_a_lateness_old_ids_are_forgotten() -> None:
    forgets, remembers = RULES.lead("ada", lateness="2d"), RULES.lead("ada")
    sizes = []
    for day in range(400):
        for state in (forgets, remembers):
            state.feed(_event("ada", day, "other", id=f"id {day}"))
        sizes.append((len(forgets.snapshot()), len(remembers.snapshot())))
    assert sizes[-1][0] < sizes[20][0] + 60
    assert sizes[-1][1] > sizes[20][1] + 3_000
    before = remembers.score("warm")
    remembers.feed(_event("ada", 400, "other", id="id 3"))
    assert before == remembers.score("warm")


# -- what the rules need -------------------------------------------------------------------------------------------


def test_what_rules_need() -> None:
    needs = mqlrules.loads('visited where (path = "/") >= 2 and lead.size >= 3 => MQL\n').needs
    assert ({"visited", "identify"}, {"path"}, {"size"}) == (needs.events, needs.properties, needs.traits)
    assert not mqlrules.loads("visited >= 2 => MQL\n").needs.every_row
    assert mqlrules.loads("no visited within 3d => MQL\n").needs.every_row
    assert mqlrules.loads("activity >= 2 => MQL\n").needs.events is None


# -- cost ----------------------------------------------------------------------------------------------------------

DENSE = [
    "opened then after 1d hot",
    "opened then after 1d within 9d clicked >= 3",
    "opened then clicked >= 3",
    "opened then no bounced for 1d then clicked",
    "opened then clicked then no bounced for 1d",
    "(opened then no bounced for 1d then clicked) older than 1d",
    "opened >= 2 then after 1d clicked then hot",
    "max(n of opened) >= 100000 within 30d",
    "min(n of opened) < -1 within 30d",
    "distinct(n of opened) >= 100000 within 30d",
    "opened != 7 within 30d and hot",
    "(opened then no bounced for 1d) with same n",
    "(opened >= 2 and lead.size >= 3) with same n",
]


def _calls(rules: mqlrules.RuleSet, count: int) -> int:
    """How many lines run for a lead with this many events: they come a second apart, so windows hold all of them."""
    dice = random.Random(1)
    names = ("opened", "opened", "opened", "clicked", "bounced")
    engine = rules.engine()
    lines = 0

    def trace(frame: Any, kind: str, argument: Any) -> Callable[..., Any]:
        nonlocal lines
        lines += kind == "line"
        return trace

    events = [mqlrules.Event("ada", START + k * 1_000_000, dice.choice(names), {"n": count - k}) for k in range(count)]
    engine.feed(events[0])
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for event in events[1:]:
            engine.feed(event)
    finally:
        sys.settrace(before)
    return lines


@pytest.mark.parametrize("condition", DENSE)
def test_an_event_costs_the_same_however_many_came_before_it(condition: str) -> None:
    rules = mqlrules.loads(f"rule r: {condition} => MQL\n")
    few, many = _calls(rules, 200), _calls(rules, 1_600)
    assert many < 2 * 8 * few
