"""What a node keeps, and when time can change it; and that the engine's state keeps to it."""

import pytest

import mqlrules
from mqlrules.events.model import Event
from mqlrules.plan.cost import Bound, bound, instants
from mqlrules.plan.nodes import Node

DAY = 86_400_000_000
HOUR = 3_600_000_000
START = 1_767_225_600_000_000

FIXED = {
    "visit": 1,
    "visit >= 3": 3,
    "visit > 3 within 7d": 4,
    "visit = 2 within 7d": 3,
    "no visit within 7d": 1,
    "visit >= 3 since mail": 3,
    "visit >= 2 and mail within 3d": 3,
    "lead.vip": 0,
    "visit then mail": None,
    "visit then no demo then within 2d mail within 7d": None,
    "visit >= 3 then mail >= 2 then demo": None,
    "visit before demo after mail": 1,
}

GROWING = {
    "visit != 3": "history",
    "sum(n of visit) >= 10": "history",
    "sum(n of visit) >= 10 within 7d": "window",
    "distinct(sku of visit) >= 10 within 7d": "window",
    "days(visit) >= 10 within 7d": "window",
    "visit >= 2 older than 1d": "rate",
    "visit then after 1d mail": "rate",
    "visit then no mail for 1d": "rate",
    "visit then no mail for 1d then demo": "rate",
    "visit >= 2 with same sku": "values",
    "points >= 5": "history",
    "fading >= 5": "window",
    "latest >= 5": "fixed",
}

SCORES = """
score points
    +1 per visit
score fading
    +1 per visit halve every 1d
score latest
    +1 for visit within 9d
"""


def rules(condition: str) -> mqlrules.RuleSet:
    return mqlrules.loads(f"{SCORES}rule r: demo >= 1000000 and {condition} => MQL")


def of(condition: str) -> Node:
    return mqlrules.loads(f"{SCORES}rule r: {condition} => MQL").plan.rules[0].condition


@pytest.mark.parametrize("condition", FIXED)
def test_what_the_latest_events_decide_has_a_fixed_bound(condition: str) -> None:
    found = bound(of(condition))
    assert found.growth == "fixed"
    assert FIXED[condition] in (None, found.events)


@pytest.mark.parametrize("condition", GROWING)
def test_what_grows_says_with_what(condition: str) -> None:
    assert GROWING[condition] == bound(of(condition)).growth


@pytest.mark.parametrize("condition", [*FIXED, *(c for c in GROWING if GROWING[c] == "fixed")])
def test_a_fixed_bound_is_kept_however_long_the_history(condition: str) -> None:
    found = bound(of(condition))
    assert found.events is not None
    assert events_kept(condition, 400) <= found.events


@pytest.mark.parametrize("condition", [c for c in GROWING if GROWING[c] in ("window", "rate")])
def test_a_window_is_kept_and_no_more(condition: str) -> None:
    found = bound(of(condition))
    assert found.span is not None
    # An event an hour; a sequence keeps a start and what came of it.
    within = 2 * (found.span // HOUR + 3)
    assert events_kept(condition, 100 + 4 * within) <= within


def test_the_bound_of_a_condition_is_that_of_its_worst_leaf() -> None:
    assert Bound("history", bound(of("sum(n of visit) >= 1")).reason) == bound(
        of("visit and sum(n of visit) >= 1 and visit >= 3 older than 1d")
    )


def test_instants_are_those_of_windows_delays_deadlines_and_halvings() -> None:
    text = "no visit within 7d and visit older than 2d or mail then no demo for 3d or fading < 1"
    found = instants(of(text))
    assert {7 * DAY, 2 * DAY, 3 * DAY} == found.after
    assert {DAY} == found.again


def test_a_count_of_everything_changes_with_events_alone() -> None:
    assert frozenset() == instants(of("visit >= 2 and mail then demo")).after


def events_kept(condition: str, hours: int) -> int:
    """How many events a lead's state holds on to, an event an hour of each of three kinds, the most at any time."""
    engine = rules(condition).engine()
    most = 0
    for hour in range(hours):
        for minute, name in enumerate(("visit", "mail", "order")):
            at = START + hour * HOUR + minute * 60_000_000
            engine.feed(Event("a", at, name, {"n": 1, "sku": f"s{hour % 40}"}))
        if hour % 10 == 0 or hour > hours - 5:
            most = max(most, engine.events_kept("a"))
    return most
