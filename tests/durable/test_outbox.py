"""The outbox: claims of several workers, transitions that can't be delivered, deliveries that were under way."""

import datetime
import threading
import time
from collections.abc import Callable

import pytest

import mqlrules
from mqlrules import DurableEngine, Event
from tests.durable.conftest import NewAddress

RULES = """
rule warm: visited pricing => MEL
rule hot: visited pricing >= 2 => MQL
rule sold: bought => customer
"""
START = 1_767_225_600_000_000
DAY = 86_400_000_000


def visit(lead: str, day: int = 0, name: str = "visited pricing") -> Event:
    return Event(lead, START + day * DAY, name)


@pytest.fixture
def open_engine(new_address: NewAddress) -> Callable[[], DurableEngine]:
    where = new_address()
    rules = mqlrules.loads(RULES)
    return lambda: rules.engine(store=where)


def leads(pending: list[mqlrules.Pending]) -> list[str | int]:
    return [each.transition.lead for each in pending]


def test_what_one_worker_has_claimed_others_skip(open_engine: Callable[[], DurableEngine]) -> None:
    with open_engine() as one, open_engine() as other:
        one.feed_many([visit("anna"), visit("ben"), visit("cleo")])
        first = one.pending(limit=2, lease="60s")
        assert (["anna", "ben"], [1, 1]) == (leads(first), [each.attempts for each in first])
        assert ["cleo"] == leads(other.pending(lease="60s"))
        assert [] == other.pending(lease="60s")
        # Who only looks sees everything.
        assert ["anna", "ben", "cleo"] == leads(other.pending())
        assert 2 == one.acknowledge(first)
        assert ["cleo"] == leads(other.pending())


def test_later_transitions_of_a_claimed_lead_wait(open_engine: Callable[[], DurableEngine]) -> None:
    with open_engine() as one, open_engine() as other:
        one.feed_many([visit("anna"), visit("ben")])
        (claimed,) = one.pending(limit=1, lease="60s")
        one.feed(visit("anna", 1))
        assert ["ben"] == leads(other.pending(lease="60s"))
        one.acknowledge([claimed])
        assert ["anna"] == leads(other.pending(lease="60s"))


def test_a_claim_ends_by_itself(open_engine: Callable[[], DurableEngine]) -> None:
    with open_engine() as one, open_engine() as other:
        one.feed(visit("anna"))
        assert 1 == len(one.pending(lease=datetime.timedelta(milliseconds=1)))
        time.sleep(0.01)
        (again,) = other.pending(lease="60s")
        assert ("anna", 2) == (again.transition.lead, again.attempts)


def test_a_delivery_can_be_postponed_with_a_note(open_engine: Callable[[], DurableEngine]) -> None:
    with open_engine() as engine:
        engine.feed_many([visit("anna"), visit("ben")])
        claimed = engine.pending(lease="0s")
        assert 1 == engine.postpone(claimed[:1], "1h", "it answered 503")
        assert ["ben"] == leads(engine.pending(lease="60s"))
        assert [(1, "it answered 503"), (2, "")] == [(each.attempts, each.note) for each in engine.pending()]
        engine.postpone(claimed, "0s")
        assert ["anna", "ben"] == leads(engine.pending(lease="60s"))


def test_what_cannot_be_delivered_is_set_aside_and_can_be_tried_again(open_engine: Callable[[], DurableEngine]) -> None:
    with open_engine() as engine:
        engine.feed_many([visit("anna"), visit("anna", 1)])
        first, second = engine.pending(lease="60s")
        assert (1, 0) == (engine.give_up([first], "it answered 410"), engine.give_up([first], "again"))
        assert [second] == [
            mqlrules.Pending(each.id, each.transition, each.attempts, each.note) for each in engine.pending()
        ]
        (given_up,) = engine.undeliverable()
        assert (first.id, 1, "it answered 410") == (given_up.id, given_up.attempts, given_up.note)
        assert ("MQL", 1) == (engine.stage("anna"), engine.stats().pending)
        # It stands all the same.
        assert ((), 2) == ((result := engine.rebuild("anna")).withdrawn, len(result.announced))
        assert (1, []) == (engine.retry([given_up]), engine.undeliverable())
        assert [first.id, second.id] == [each.id for each in engine.pending()]
        assert (2, []) == (engine.acknowledge([first, second]), engine.pending())


def test_a_withdrawal_is_claimed_and_given_up_as_a_transition_is(open_engine: Callable[[], DurableEngine]) -> None:
    with open_engine() as one, open_engine() as other:
        one.feed_many([visit("cookie", 1), visit("anna", 0, "bought")])
        one.acknowledge(one.pending())
        one.merge("cookie", "anna")
        (gone,) = one.withdrawn(lease="60s")
        assert ("MEL", []) == (gone.transition.to_stage, other.withdrawn(lease="60s"))
        assert (1, []) == (other.give_up([gone], "it answered 410"), other.withdrawn())
        assert [] == other.undeliverable()


def test_what_is_withdrawn_on_its_way_is_withdrawn_at_the_receiver(open_engine: Callable[[], DurableEngine]) -> None:
    """A worker delivers a transition, and acknowledges it after a merge has undone it."""
    with open_engine() as engine:
        engine.feed_many([visit("cookie", 1), visit("anna", 0, "bought")])
        claimed = engine.pending(lease="60s")
        engine.merge("cookie", "anna")
        assert ["customer"] == [each.transition.to_stage for each in engine.pending()]
        assert 2 == engine.acknowledge(claimed)
        (gone,) = engine.withdrawn()
        assert ("cookie", "MEL") == (gone.transition.lead, gone.transition.to_stage)
        assert (1, []) == (engine.acknowledge([gone]), engine.withdrawn())


def test_parts_claim_their_own(open_engine: Callable[[], DurableEngine]) -> None:
    with open_engine() as whole:
        parts = [whole.partition(index, 2) for index in range(2)]
        whole.feed_many([visit(f"lead-{number}") for number in range(20)])
        claimed = [part.pending(lease="60s") for part in parts]
        assert 20 == sum(map(len, claimed))
        assert all(claimed)
        # A merge moves what one part has claimed; its acknowledgement counts all the same.
        whole.merge(claimed[0][0].transition.lead, claimed[1][0].transition.lead)
        assert 20 == parts[0].acknowledge(claimed[0]) + parts[1].acknowledge(claimed[1])
        # Together the two have visited twice.
        assert ["MQL"] == [each.transition.to_stage for each in whole.pending()]
        for part in parts:
            part.close()


def test_workers_never_deliver_one_transition_at_the_same_time(open_engine: Callable[[], DurableEngine]) -> None:
    with open_engine() as engine:
        engine.feed_many([visit(f"lead-{number}") for number in range(60)])
        engine.feed_many([visit(f"lead-{number}", 1) for number in range(60)])
    delivered: list[tuple[str | int, str]] = []
    failed: list[BaseException] = []

    def deliver() -> None:
        try:
            with open_engine() as worker:
                while worker.pending():
                    some = worker.pending(limit=7, lease="60s")
                    delivered.extend((each.transition.lead, each.transition.to_stage) for each in some)
                    worker.acknowledge(some)
        except BaseException as error:
            failed.append(error)

    workers = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    assert [] == failed
    assert (120, 120) == (len(delivered), len(set(delivered)))
    for number in range(60):
        assert ["MEL", "MQL"] == [stage for lead, stage in delivered if lead == f"lead-{number}"]


@pytest.mark.parametrize("wrong", ["soon", "-1s", 5])
def test_an_invalid_lease_is_refused(wrong: str) -> None:
    with mqlrules.loads(RULES).engine(store="sqlite:///:memory:") as engine:
        with pytest.raises(ValueError, match="lease"):
            engine.pending(lease=wrong)
        with pytest.raises(ValueError, match="duration"):
            engine.postpone([1], wrong)
