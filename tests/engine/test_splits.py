"""One event at a time: however the input is split into calls, the same comes out (sections 2 and 8)."""

from collections.abc import Sequence
from typing import Any

import attrs
from hypothesis import event as count
from hypothesis import given
from hypothesis import strategies as st

import mqlrules
from mqlrules.engine import reference
from mqlrules.engine.histories import by_lead
from mqlrules.engine.results import Transition
from tests.engine.engines import evaluate, program_of
from tests.engine.test_properties import moves
from tests.strategies import Case, cases


def _ordered(transitions: list[Transition]) -> list[tuple[Any, ...]]:
    return moves(tuple(sorted(transitions, key=lambda one: (one.instant, by_lead(one.lead)))))


def _expected(case: Case, end: int) -> list[tuple[Any, ...]]:
    return moves(evaluate(reference.run, program_of(case.rules), case.events, case.leads, end).transitions)


def _input(case: Case) -> tuple[list[dict[str, Any]], int]:
    """The events up to the end, by time and then by arrival; and the end."""
    end = case.end if case.end is not None else max(event["time"] for event in case.events)
    return [dict(event) for event in sorted(case.events, key=_time) if event["time"] <= end], end


def _time(event: Any) -> int:
    at: int = event["time"]
    return at


@given(case=cases(), waits=st.lists(st.sampled_from([None, None, 0.0, 0.5, 1.0]), min_size=14, max_size=14))
def test_any_split_of_the_input_gives_the_same(case: Case, waits: Sequence[float | None]) -> None:
    """Between two events time may be let pass: up to the first, part of the way, or up to the instant of the next."""
    events, end = _input(case)
    engine = mqlrules.loads(case.rules).engine(case.leads)
    found: list[Transition] = []
    for event, following, part in zip(events, [*events[1:], {"time": end}], waits, strict=False):
        found += engine.feed(event)
        if part is not None:
            found += engine.advance(event["time"] + int((following["time"] - event["time"]) * part))
    found += engine.advance(end)
    count(f"something moves: {bool(found)}")
    assert _expected(case, end) == _ordered(found)


@given(case=cases())
def test_leads_may_come_one_after_the_other(case: Case) -> None:
    events, end = _input(case)
    engine = mqlrules.loads(case.rules).engine(case.leads)
    found = [one for event in sorted(events, key=lambda event: by_lead(event["lead"])) for one in engine.feed(event)]
    found += engine.advance(end)
    assert _expected(case, end) == _ordered(found)


@given(case=cases())
def test_a_late_event_is_refused_and_changes_nothing(case: Case) -> None:
    events, end = _input(case)
    engine = mqlrules.loads(case.rules).engine(case.leads)
    found: list[Transition] = []
    for event in events:
        found += engine.feed(event)
        late = {**event, "time": event["time"] - 1, "event": "visit", "id": "late"}
        try:
            engine.feed(late)
        except mqlrules.LateEvent:
            refused = True
        else:
            refused = False
        assert refused
    found += engine.advance(end)
    assert _expected(case, end) == _ordered(found)


@given(case=cases())
def test_the_end_of_evaluation_is_the_last_event_of_the_input_for_every_lead(case: Case) -> None:
    rules = mqlrules.loads(case.rules)
    last = max(map(_time, case.events))
    open_ended = attrs.evolve(case, end=None)
    found = rules.evaluate(open_ended.events, leads=case.leads).transitions
    assert _expected(case, last) == moves(tuple(found))
