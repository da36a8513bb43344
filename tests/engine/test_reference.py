"""What the corpus can't say of the reference evaluator: values that JSON has not, and questions outside a run."""

import pytest

from mqlrules.engine import reference
from mqlrules.engine.reference.scores import halved
from mqlrules.events.model import Event, checked_event
from tests.engine.engines import condition_of

HOUR = 3_600_000_000


def _holds(condition: str, *history: Event, now: int = 0) -> bool:
    program, asked = condition_of("", condition)
    return reference.holds(program, asked, history, now, {})


@pytest.mark.parametrize("number", [float("nan"), None])
def test_nan_is_missing(number: float | None) -> None:
    bought = Event("a", 0, "bought", {"amount": number})
    assert _holds("bought where (amount is missing)", bought)
    assert not _holds("bought where (amount != 1 or amount < 1 or amount >= 1)", bought)
    assert not _holds("sum(amount of bought) != 0 or min(amount of bought) >= 0", bought)
    assert _holds("distinct(amount of bought) = 0", bought)


def test_infinity_is_a_number_that_no_sum_counts() -> None:
    bought = Event("a", 0, "bought", {"amount": float("inf")})
    assert _holds("max(amount of bought) > 1000000 and sum(amount of bought) = 0", bought)


def test_before_the_first_event_a_condition_is_asked_of_an_empty_history() -> None:
    bought = checked_event("a", HOUR, "bought", {})
    assert _holds("no bought", bought, now=HOUR - 1)
    assert not _holds("no bought", bought, now=HOUR)


def test_nothing_is_first_true_before_the_first_event_or_after_the_end() -> None:
    program, condition = condition_of("", "no bought within 1h")
    bought = checked_event("a", HOUR, "bought", {})
    assert reference.first_true(program, condition, [bought], {}, 2 * HOUR) == 2 * HOUR
    assert reference.first_true(program, condition, [bought], {}, 2 * HOUR - 1) is None
    assert reference.first_true(program, condition, [], {}, 2 * HOUR) is None


def test_what_does_not_hold_has_no_evidence() -> None:
    program, condition = condition_of("", "bought >= 2")
    history = [
        checked_event("a", HOUR, "bought", {}),
        checked_event("a", 2 * HOUR, "bought", {}),
        checked_event("a", 2 * HOUR, "bought", {}),
    ]
    assert reference.evidence(program, condition, history, HOUR, {}) == []
    assert reference.evidence(program, condition, history, 2 * HOUR, {}) == history[1:]


@pytest.mark.parametrize(
    ("points", "steps", "left"),
    [
        (10_000_000, 0, 10_000_000),
        (10_000_000, 2, 2_500_000),
        (5, 1, 2),
        (7, 1, 4),
        (-5, 1, -2),
        (-7, 1, -4),
        (1, 1, 0),
        (3, 2, 1),
    ],
)
def test_points_are_halved_from_their_first_value_and_rounded_half_to_even(points: int, steps: int, left: int) -> None:
    assert left == halved(points, HOUR, steps * HOUR)
    assert left == halved(points, HOUR, (steps + 1) * HOUR - 1)


def test_the_points_of_an_event_of_long_ago_take_no_time() -> None:
    assert halved(10_000_000, 1, 10**18) == 0
