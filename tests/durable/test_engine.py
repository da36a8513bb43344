"""What an engine with a store does, in any store."""

import asyncio
import datetime
import logging
import os
import threading
from collections.abc import Iterator
from decimal import Decimal

import attrs
import pytest

import mqlrules
from mqlrules import DurableEngine, Event
from tests.durable.conftest import NewAddress

RULES = """
rule warm: visited pricing >= 2 and attended webinar within 30d => MQL
rule cold: when MQL for 5d, no visited pricing within 5d => recycle to MEL
"""
OTHER_RULES = "rule warm: visited pricing => MQL"


@pytest.fixture
def rules() -> mqlrules.RuleSet:
    return mqlrules.loads(RULES)


@pytest.fixture
def engine(rules: mqlrules.RuleSet, new_address: NewAddress) -> Iterator[DurableEngine]:
    with rules.engine(store=new_address()) as found:
        yield found


def event(
    lead: str | int, day: float, name: str = "visited pricing", id: str | int | None = None, **more: object
) -> Event:
    return Event(lead, 1_767_225_600_000_000 + int(day * 86_400_000_000), name, more, id)


def qualify(engine: DurableEngine, lead: str | int = "anna", day: float = 0) -> list[mqlrules.Transition]:
    return engine.feed_many(
        [event(lead, day), event(lead, day + 1), event(lead, day + 2, "attended webinar")], offset=3
    )


# -- the outbox ----------------------------------------------------------------------------------------------------


def test_transitions_are_pending_until_they_are_acknowledged(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    where = new_address()
    with rules.engine(store=where) as engine:
        made = qualify(engine)
        assert ["MQL"] == [t.to_stage for t in made]
    with rules.engine(store=where) as again:
        pending = again.pending()
        assert made == [each.transition for each in pending]
        assert (1, 0) == (again.acknowledge(pending), again.acknowledge(pending))
        assert [] == again.pending()


def test_pending_gives_no_more_than_it_is_asked_for_and_the_oldest_first(engine: DurableEngine) -> None:
    for number in range(5):
        qualify(engine, f"lead-{number}", number)
    assert ["lead-0", "lead-1"] == [each.transition.lead for each in engine.pending(limit=2)]
    engine.acknowledge(each.id for each in engine.pending(limit=4))
    assert ["lead-4"] == [each.transition.lead for each in engine.pending()]


def test_evidence_is_kept_with_its_properties(engine: DurableEngine) -> None:
    when = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    odd = {
        "price": Decimal("1.50"),
        "when": when,
        "date": datetime.date(2026, 1, 1),
        "tags": ["x", 1, None, ("y",)],
        "nested": {"$": 1, "deep": {"a": float("inf")}},
        "text": "zero \x00, a surrogate \ud83d, and 🙂",
        "big": 2**70,
    }
    engine.feed_many([event("🙂", 0, id="i", **odd), event("🙂", 1, id=7), event("🙂", 2, "attended webinar")])
    (pending,) = engine.pending()
    assert event("🙂", 0, id="i", **odd) == pending.transition.evidence[0]
    assert pending.transition.evidence == engine.history("🙂")
    assert "🙂" == pending.transition.lead


# -- events ----------------------------------------------------------------------------------------------------------


def test_nothing_of_a_batch_counts_if_one_event_of_it_can_not(engine: DurableEngine) -> None:
    qualify(engine)
    before = engine.stats()
    with pytest.raises(mqlrules.LateEvent, match="is too late: the lead is already settled to"):
        engine.feed_many([event("ben", 5), event("anna", 1, "late")], offset=9)
    with pytest.raises(mqlrules.EventError, match="lead, time and event"):
        engine.feed_many([event("ben", 5), {"lead": "anna"}], offset=9)
    with pytest.raises(mqlrules.EventError, match="type complex"):
        engine.feed_many([event("ben", 5), event("anna", 9, size=1j)], offset=9)
    # What was in memory of them has been let go of.
    assert (attrs.evolve(before, states_in_memory=0), 3) == (engine.stats(), engine.offset)
    assert "anonymous" == engine.stage("ben")
    assert ["MEL"] == [t.to_stage for t in engine.advance("2026-02-01")]


def test_no_events_are_a_batch_too(engine: DurableEngine) -> None:
    assert [] == engine.feed_many([], offset={"topic": [1, 2]})
    assert {"topic": [1, 2]} == engine.offset


def test_an_event_that_comes_again_counts_once_even_if_it_comes_late(engine: DurableEngine) -> None:
    engine.feed_many([event("anna", 0, id=1), event("anna", 0, id=1), event("anna", 2, id="1")])
    engine.feed(event("anna", 0, id=1))
    engine.feed(event("anna", 3, id=1))
    assert (1, 4) == (engine.stats().events, engine.stats().repeated)


def test_17_and_the_text_17_are_two_leads(engine: DurableEngine) -> None:
    qualify(engine, 17)
    assert ("MQL", "anonymous") == (engine.stage(17), engine.stage("17"))


def test_events_before_1970_and_at_the_ends_of_time_count(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    with rules.engine(store=new_address(), max_ahead=None) as engine:
        engine.feed_many([{"lead": "old", "time": "0001-01-01", "event": "visited pricing"}])
        engine.feed_many([{"lead": "old", "time": "9999-12-31T23:59:59.999999Z", "event": "visited pricing"}])
        assert [1, 9999] == [each.time.year for each in engine.history("old")]


def test_what_is_known_of_leads_beforehand_stays_with_them(new_address: NewAddress) -> None:
    rules = mqlrules.loads("visited pricing and lead.size >= 2 => MQL")
    where = new_address()
    with rules.engine({"anna": {"size": 2}}, store=where) as engine:
        engine.feed(event("anna", 0, "something else"))
    with rules.engine(store=where) as again:
        assert ["MQL"] == [t.to_stage for t in again.feed(event("anna", 1))]


# -- time ------------------------------------------------------------------------------------------------------------


def test_due_names_the_leads_that_wait_and_when(engine: DurableEngine) -> None:
    qualify(engine, "anna")
    qualify(engine, "ben", 4)
    assert [("anna", 5), ("ben", 9)] == [
        (due.lead, round((due.instant - event("any", 0).at) / 86_400e6)) for due in engine.due("2026-02-01")
    ]
    assert [] == engine.due("2026-01-02")


def test_time_may_pass_in_many_transactions(engine: DurableEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mqlrules.durable.engine.AT_ONCE", 2)
    for number in range(7):
        qualify(engine, f"lead-{number}", number / 10)
    assert [f"lead-{number}" for number in range(7)] == [t.lead for t in engine.advance("2026-02-01")]
    with pytest.raises(mqlrules.LateEvent):
        engine.feed(event("new", 1))


def test_a_lateness_holds_events_back_until_it_has_passed(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    where = new_address()
    with rules.engine(store=where, lateness="2d") as engine:
        assert [] == engine.feed_many([event("anna", 2, "attended webinar"), event("anna", 1), event("anna", 0)])
        stats = engine.stats()
        assert (1, 2, 1, event("any", 0).time) == (stats.events, stats.held, stats.leads, stats.watermark)
    # The store remembers how late events may be.
    with rules.engine(store=where) as again:
        assert ["MQL"] == [t.to_stage for t in again.feed(event("ben", 4, "other"))]
        assert [] == again.feed(event("anna", 1.5))
        (letter,) = again.dead_letters()
        assert (event("anna", 1.5), 1) == (letter.event, again.stats().late)
        assert "too late: the lead was already settled to 2026-01-03T00:00:00+00:00" == letter.reason


def test_advance_leaves_time_for_what_may_still_come(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    with rules.engine(store=new_address(), lateness=datetime.timedelta(days=1)) as engine:
        qualify(engine)
        assert [] == engine.advance(event("any", 2.5).time)
        assert [] == engine.feed(event("anna", 1.75))
        assert ["MQL"] == [t.to_stage for t in engine.advance(event("any", 3).time)]
        assert 4 == engine.stats().events


def test_a_lead_is_rebuilt_with_what_came_too_late(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    with rules.engine(store=new_address(), lateness="0s") as engine:
        engine.feed_many([event("anna", 0), event("anna", 5, "attended webinar"), event("anna", 1)])
        assert (1, []) == (len(engine.dead_letters()), engine.pending())
        result = engine.rebuild("anna")
        assert (["MQL"], (), ()) == ([t.to_stage for t in result.new], result.announced, result.withdrawn)
        assert list(result.new) == [each.transition for each in engine.pending()]
        assert ([], 3) == (engine.dead_letters(), engine.stats().events)
        again = engine.rebuild("anna")
        assert ((), result.new, ()) == (again.new, again.announced, again.withdrawn)
        with pytest.raises(mqlrules.StoreError, match="no lead 'nobody'"):
            engine.rebuild("nobody")


# -- one person, two names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [None, "", 1.5, True, ["anna"]])
def test_nobody_is_merged_with_a_name_that_is_none(engine: DurableEngine, wrong: str) -> None:
    qualify(engine)
    for ask in (
        lambda: engine.merge(wrong, "anna"), lambda: engine.merge("anna", wrong), lambda: engine.rebuild(wrong),
        lambda: engine.stage(wrong), lambda: engine.history(wrong),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="a lead must be text or a whole number, got"):
            ask()
    assert 1 == engine.stats().leads


def test_what_is_no_id_of_a_transition_is_not_acknowledged(engine: DurableEngine) -> None:
    qualify(engine)
    for wrong in ("7", None, 10**30, -1, True):
        with pytest.raises(ValueError, match="is not a valid id of a transition"):
            engine.acknowledge([wrong])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="limit must be at least 0, got -1"):
        engine.pending(limit=-1)
    assert (0, 1, []) == (engine.acknowledge([10**15]), len(engine.pending()), engine.pending(limit=0))


def test_a_number_of_too_many_digits_is_no_lead_and_no_id(engine: DurableEngine) -> None:
    for wrong in ({"lead": 10**5000}, {"lead": "anna", "id": 10**5000}):
        with pytest.raises(mqlrules.EventError, match="an event"):
            engine.feed({"time": "2026-01-01", "event": "visited pricing", **wrong})


def test_merging_two_names_gives_the_transitions_of_one(engine: DurableEngine) -> None:
    engine.feed_many([event("cookie", 0), event("anna", 1), event("anna", 2, "attended webinar")])
    result = engine.merge("cookie", "anna")
    assert ["MQL"] == [t.to_stage for t in result.new]
    assert ["anna"] * 3 == [each.lead for each in engine.history("cookie")]
    # What comes under the old name from now on is the other's.
    assert [] == engine.feed(event("cookie", 3))
    assert 4 == len(engine.history("anna"))
    assert ("MQL", 1, 4) == (engine.stage("cookie"), engine.stats().leads, engine.stats().events)


def test_what_was_announced_and_would_not_have_happened_is_withdrawn(new_address: NewAddress) -> None:
    rules = mqlrules.loads("requested demo then no bought for 2d => MQL\nbought => customer")
    with rules.engine(store=new_address()) as engine:
        engine.feed_many([event("cookie", 0, "requested demo"), event("anna", 1, "bought")])
        (told, _) = (
            engine.advance("2026-01-04"),
            engine.acknowledge(each for each in engine.pending() if each.transition.lead == "cookie"),
        )
        assert [("cookie", "MQL")] == [(t.lead, t.to_stage) for t in told]
        result = engine.merge("cookie", "anna")
        assert (["customer"], told, ()) == (
            [t.to_stage for t in result.announced], list(result.withdrawn), result.new
        )  # fmt: skip
        assert ["customer"] == [each.transition.to_stage for each in engine.pending()]
        assert "customer" == engine.stage("cookie")
        # Whoever was told of it is told that it is withdrawn, even after a crash.
        assert told == [each.transition for each in engine.withdrawn()]
        assert (1, []) == (engine.acknowledge(engine.withdrawn()), engine.withdrawn())


def test_names_may_be_merged_before_anything_is_known_of_them(engine: DurableEngine) -> None:
    engine.merge("cookie", "anna")
    engine.merge("cookie", "anna")
    qualify(engine, "cookie")
    assert ("MQL", ["anna"]) == (engine.stage("anna"), [each.transition.lead for each in engine.pending()])
    engine.merge("anna", "mail")
    assert ("MQL", "MQL") == (engine.stage("mail"), engine.stage("cookie"))
    # The other way round it is the same person already.
    assert ((), "mail") == (engine.merge("mail", "cookie").new, engine.feed(event("cookie", 2)) or "mail")
    with pytest.raises(mqlrules.StoreError, match="merged with itself"):
        engine.merge("x", "x")


def test_what_is_held_back_or_was_refused_goes_with_the_name(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    with rules.engine(store=new_address(), lateness="1d") as engine:
        engine.feed_many([event("cookie", 10), event("anna", 10.5, "attended webinar"), event("x", 12)])
        engine.feed_many([event("cookie", 9), event("cookie", 11.5)])
        engine.merge("cookie", "anna")
        assert ["anna"] == [letter.event.lead for letter in engine.dead_letters()]
        assert ["MQL"] == [t.to_stage for t in engine.rebuild("anna").new]
        engine.advance("2026-02-01")
        assert 4 == len(engine.history("anna"))


def call(
    kind: str, day: float, user: str | None = None, anonymous: str | None = None, **more: object
) -> dict[str, object]:
    time = event("any", day).time.isoformat()
    return {"type": kind, "userId": user, "anonymousId": anonymous, "timestamp": time, "messageId": f"m{day}", **more}


def test_segment_calls_say_who_is_whom(engine: DurableEngine) -> None:
    made = engine.feed_segment(
        [
            call("track", 0, anonymous="cookie", event="Visited Pricing"),
            call("track", 1, anonymous="cookie", event="Visited Pricing"),
            call("identify", 1.5, "anna", "cookie", traits={"mail": "anna@example.com"}),
            call("track", 2, "anna", event="Attended Webinar"),
            # Somebody else at the same browser stays somebody else.
            call("track", 3, "ben", "cookie", event="Visited Pricing"),
            call("alias", 4, "anna-2", previousId="anna"),
            call("page", 5, "anna-2", "cookie", name="Pricing"),
        ],
        offset="seven",
    )
    assert [("anna", "MQL")] == [(t.lead, t.to_stage) for t in made]
    assert ["anna-2"] * 5 == [each.lead for each in engine.history("cookie")]
    assert (1, "seven", 2) == (len(engine.history("ben")), engine.offset, engine.stats().leads)
    before = engine.stats()
    with pytest.raises(mqlrules.EventError, match="call 2 was rejected: no event name"):
        engine.feed_segment([call("track", 6, "anna", event="x"), call("track", 7, "anna")])
    with pytest.raises(mqlrules.LateEvent):
        engine.feed_segment([call("identify", 6, "zoe", "phone"), call("track", 0.5, "anna", event="x")])
    assert before.events == engine.stats().events
    assert "anonymous" == engine.stage("phone")


def test_segment_calls_that_come_again_change_nothing(engine: DurableEngine) -> None:
    calls = [
        call("track", 0, anonymous="cookie", event="Visited Pricing"),
        call("identify", 1, "anna", "cookie"),
        call("track", 2, "anna", "cookie", event="Visited Pricing"),
        call("track", 3, "anna", event="Attended Webinar"),
    ]
    assert ["MQL"] == [t.to_stage for t in engine.feed_segment(calls)]
    assert [] == engine.feed_segment(calls)
    assert (4, 4) == (engine.stats().events, engine.stats().repeated)


# -- old events ------------------------------------------------------------------------------------------------------


def test_old_events_can_be_dropped_and_what_they_came_to_stays(engine: DurableEngine) -> None:
    qualify(engine)
    engine.acknowledge(engine.pending())
    qualify(engine, "ben", 1)
    assert (3, 0) == (engine.prune(event("any", 2).time), engine.prune(event("any", 2).time))
    assert [1, 2] == [len(engine.history("anna")), len(engine.history("ben"))]
    assert ("MQL", "MQL") == (engine.stage("anna"), engine.stage("ben"))
    result = engine.rebuild("anna")
    assert (1, (), ()) == (len(result.announced), result.new, result.withdrawn)
    assert ["anna", "ben"] == [t.lead for t in engine.advance("2026-02-01")]


def test_a_merge_that_would_need_events_that_were_dropped_is_refused(engine: DurableEngine) -> None:
    engine.feed_many([event("cookie", 0), event("anna", 1), event("later", 5, "attended webinar")])
    engine.advance(event("any", 4).time)
    engine.prune(event("any", 3).time)
    with pytest.raises(mqlrules.StoreError, match="were dropped"):
        engine.merge("cookie", "anna")
    # All that the other has came later: that can be told.
    engine.merge("later", "cookie")
    assert ["MQL"] == [t.to_stage for t in engine.feed(event("later", 6))]


def test_a_late_event_counts_although_a_later_one_with_its_id_came_first(
    rules: mqlrules.RuleSet, new_address: NewAddress
) -> None:
    with rules.engine(store=new_address(), lateness="0s") as engine:
        engine.feed_many([event("anna", 5, id="x"), event("anna", 2, id="x"), event("anna", 5, id="x")])
        assert [2 * 86_400_000_000] == [letter.event.at - event("anna", 0).at for letter in engine.dead_letters()]
        assert (1, 1) == (engine.stats().events, engine.stats().repeated)
        engine.rebuild("anna")
        assert [event("anna", 2, id="x")] == list(engine.history("anna"))


def test_an_event_that_may_still_come_again_is_not_dropped(engine: DurableEngine) -> None:
    engine.feed_many([event("anna", 0, id=1), event("anna", 1, id=2)])
    assert 1 == engine.prune("2026-02-01")
    engine.feed(event("anna", 1, id=2))
    assert (2, 1) == (engine.stats().events, engine.stats().repeated)
    # Once time has passed it would come too late.
    engine.advance(event("any", 1.5).time)
    assert (1, 2) == (engine.prune("2026-02-01"), engine.stats().dropped)
    with pytest.raises(mqlrules.LateEvent):
        engine.feed(event("anna", 1, id=2))


def test_dead_letters_are_dropped_with_the_events_of_their_time(
    rules: mqlrules.RuleSet, new_address: NewAddress
) -> None:
    with rules.engine(store=new_address(), lateness="0s") as engine:
        engine.feed_many([event("anna", 5), event("anna", 1), event("anna", 4)])
        assert (1, 1) == (engine.prune(event("any", 3).time), engine.stats().dropped)
        assert [event("anna", 4)] == [letter.event for letter in engine.dead_letters()]


# -- too many events -------------------------------------------------------------------------------------------------


def flood(engine: DurableEngine, count: int, batch: int = 7, each: int = 1) -> int:
    """Feeds a lead ever more events, so many at each instant; gives the most that were ever kept."""
    most = 0
    events = [event("bot", number // each, "opened email", id=number) for number in range(count)]
    for start in range(0, count, batch):
        engine.feed_many(events[start : start + batch], offset=start)
        most = max(most, len(engine.history("bot")))
    return most


@pytest.mark.parametrize("limit", [1, 2, 7, 8, 20, 100])
@pytest.mark.parametrize("batch", [1, 7, 300])
def test_of_a_lead_no_more_events_are_kept_than_the_limit(rules: mqlrules.RuleSet, limit: int, batch: int) -> None:
    with rules.engine(store="sqlite:///:memory:", history=limit) as engine:
        assert limit // 4 <= flood(engine, 330, batch) <= limit
        stats = engine.stats()
        assert (330, limit, 330) == (stats.events, stats.history, stats.dropped + len(engine.history("bot")))
        assert [] == engine.verify()


def test_the_limit_holds_for_events_of_one_instant_too(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    with rules.engine(store=new_address(), history=20) as engine:
        assert flood(engine, 200, each=50) <= 20
        result = engine.rebuild("bot")
        assert ((), ()) == (result.new, result.withdrawn)


def test_the_store_remembers_the_limit(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    where = new_address()
    for given, said in ((None, 100_000), (30, 30), (None, 30), (40, 40)):
        with rules.engine(store=where, history=given) as engine:
            assert said == engine.stats().history
    with pytest.raises(mqlrules.OtherRules):
        mqlrules.loads(OTHER_RULES).engine(store=where, history=5)
    with rules.engine(store=where) as engine:
        assert 40 == engine.stats().history


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "10"])
def test_a_limit_that_is_none_is_refused(rules: mqlrules.RuleSet, wrong: int) -> None:
    with pytest.raises(ValueError, match="history must be a whole number of events, at least 1, got"):
        rules.engine(store="sqlite:///:memory:", history=wrong)
    with pytest.raises(ValueError, match="need an engine with a store"):
        rules.engine(history=10)  # type: ignore[call-overload]


def test_of_a_lead_no_more_dead_letters_are_kept_than_the_limit(
    rules: mqlrules.RuleSet, new_address: NewAddress, caplog: pytest.LogCaptureFixture
) -> None:
    with rules.engine(store=new_address(), lateness="0s", history=5) as engine:
        engine.feed_many(
            [event("anna", 9), *(event("anna", day) for day in range(8)), event("ben", 9), event("ben", 1)]
        )
        assert [3, 4, 5, 6, 7, 1] == [
            round((letter.event.at - event("any", 0).at) / 86_400e6) for letter in engine.dead_letters()
        ]
        stats = engine.stats()
        assert (9, 6, 3) == (stats.late, stats.dead_letters, stats.dropped)
        assert "3 old events were dropped" in caplog.text


def test_a_merge_of_two_that_had_too_many_is_refused_and_segment_calls_go_on(
    rules: mqlrules.RuleSet, new_address: NewAddress
) -> None:
    with rules.engine(store=new_address(), history=10) as engine:
        for lead in ("cookie", "anna"):
            engine.feed_many(event(lead, number / 10) for number in range(20))
        with pytest.raises(mqlrules.NotMerged, match="were dropped"):
            engine.merge("cookie", "anna")
        engine.feed_segment(
            [call("identify", 2, "anna", "cookie", traits={}), call("track", 2, "anna", event="Attended Webinar")],
            offset=7,
        )
        assert ([("anna", "MQL")], 7, 1) == (
            [(each.transition.lead, each.transition.to_stage) for each in engine.pending()],
            engine.offset,
            engine.stats().unmerged,
        )
        assert [] == engine.verify()


def test_two_that_together_have_too_many_can_be_merged(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    with rules.engine(store=new_address(), history=10) as engine:
        engine.feed_many(event(("cookie", "anna")[number % 2], number) for number in range(14))
        engine.merge("cookie", "anna")
        kept = len(engine.history("anna"))
        assert (True, 14, 14) == (kept <= 10, engine.stats().events, engine.stats().dropped + kept)
        assert ["MQL"] == [t.to_stage for t in engine.feed(event("cookie", 14, "attended webinar"))]


def test_the_horizon_says_which_events_can_be_dropped(new_address: NewAddress) -> None:
    bounded = mqlrules.loads("visited pricing >= 2 within 30d => MQL")
    with bounded.engine(store=new_address()) as engine:
        assert datetime.timedelta(days=30) == engine.horizon
    with mqlrules.loads(RULES).engine(store=new_address()) as engine:
        assert engine.horizon is None


def test_leads_whose_old_events_were_dropped_go_on_from_their_stage_under_new_rules(
    rules: mqlrules.RuleSet, new_address: NewAddress
) -> None:
    where = new_address()
    with rules.engine(store=where) as engine:
        qualify(engine)
        engine.advance(event("any", 3).time)
        engine.prune(event("any", 2.5).time)
    other = mqlrules.loads("rule deal: when MQL for 3d, signed => SQL")
    found = other.migrate(where)
    assert ((), ("anna",)) == (found.moved, found.incomplete)
    with other.engine(store=where) as engine:
        assert [] == engine.feed(event("anna", 4, "signed"))
        assert ["SQL"] == [t.to_stage for t in engine.advance("2026-03-01")]


# -- rules -----------------------------------------------------------------------------------------------------------


def test_a_store_is_not_opened_under_rules_of_another_meaning(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    where = new_address()
    with rules.engine(store=where) as engine:
        engine.feed(event("anna", 0))
        other = mqlrules.loads(OTHER_RULES)
        with pytest.raises(mqlrules.OtherRules, match=r"rules\.migrate\(store, dry_run=True\)"):
            other.engine(store=where)
        dry = other.migrate(where, dry_run=True)
        assert [("anna", "anonymous", "MQL", "warm")] == [(m.lead, m.before, m.after, m.rule) for m in dry.moved]
        assert (1, rules.fingerprint, other.fingerprint, False) == (dry.leads, dry.before, dry.after, dry.done)
        assert [] == engine.feed(event("anna", 1))
        assert other.migrate(where).done
        # An engine that was open all the while says so.
        with pytest.raises(mqlrules.OtherRules, match="open a new one"):
            engine.feed(event("anna", 2))
    with other.engine(store=where) as after:
        assert ("MQL", []) == (after.stage("anna"), after.pending())


def test_the_same_rules_in_another_layout_open_the_store(new_address: NewAddress) -> None:
    where = new_address()
    mqlrules.loads("rule a: visit  and  demo => MQL").engine(store=where).close()
    mqlrules.loads("# a comment\nrule a:\n    visit and demo => MQL").engine(store=where).close()


def test_a_state_that_another_version_wrote_is_made_anew_from_the_history(
    rules: mqlrules.RuleSet, new_address: NewAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = new_address()
    with rules.engine(store=where) as engine:
        engine.feed_many([event("anna", 0), event("anna", 1)])
    monkeypatch.setattr("mqlrules.engine.incremental.snapshot.VERSION", 99)
    with rules.engine(store=where) as again:
        assert ["MQL"] == [t.to_stage for t in again.feed(event("anna", 2, "attended webinar"))]


def told(engine: DurableEngine) -> list[tuple[int, str]]:
    """What a receiver hears, with the ids."""
    found = [(pending.id, pending.transition.to_stage) for pending in engine.pending()]
    engine.acknowledge(engine.pending())
    return found


def test_what_nobody_was_told_of_is_not_withdrawn(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    """What a migration makes of the past was announced to nobody: so nobody need hear that it doesn't stand."""
    where = new_address()
    eager = mqlrules.loads("rule hot: visited pricing then no bought for 2d => SQL\nrule sold: bought => customer")
    with rules.engine(store=where) as engine:
        engine.feed_many([event("cookie", 0), event("anna", 1, "bought")])
        engine.advance(event("x", 4).time)
        assert [] == told(engine)
    eager.migrate(where)
    with eager.engine(store=where) as engine:
        assert ("SQL", []) == (engine.stage("cookie"), told(engine))
        result = engine.merge("cookie", "anna")
        assert ["SQL"] == [t.to_stage for t in result.withdrawn]
        assert [] == engine.withdrawn()


def test_ids_of_transitions_stay_through_a_migration_there_and_back(
    rules: mqlrules.RuleSet, new_address: NewAddress
) -> None:
    where = new_address()
    other = mqlrules.loads(OTHER_RULES)

    def ids() -> list[tuple[int, int]]:
        with rules.engine(store=where) as engine:
            found = engine._store.session.transitions(engine._store.session.resolve('"anna"').number)  # type: ignore[union-attr]
            return [(row.id, row.status) for row in found]

    with rules.engine(store=where) as engine:
        qualify(engine)
        assert ["MQL"] == [stage for _, stage in told(engine)]
        engine.advance(event("x", 9).time)
        assert ["MEL"] == [pending.transition.to_stage for pending in engine.pending()]
    before = ids()
    for _ in range(3):
        other.migrate(where)
        rules.migrate(where)
        assert {number for number, _ in before} <= {number for number, _ in ids()}
        with rules.engine(store=where) as engine:
            # What was told is known, what was pending is pending, and nothing is told twice.
            assert [before[1][0]] == [pending.id for pending in engine.pending()]
            assert ((), ()) == ((result := engine.rebuild("anna")).new, result.withdrawn)
            assert [] == engine.withdrawn()
    assert ids()[: len(before)] == before


def test_what_was_told_and_stands_again_is_not_told_again(new_address: NewAddress) -> None:
    rules = mqlrules.loads("requested demo then no bought for 2d => MQL\nbought => customer")
    with rules.engine(store=new_address(), lateness="0s") as engine:
        engine.feed(event("cookie", 0, "requested demo"))
        engine.feed(event("anna", 1, "bought"))
        engine.advance("2026-01-04")
        ((number, _),) = [each for each in told(engine) if each[1] == "MQL"]
        engine.merge("cookie", "anna")
        assert [number] == [pending.id for pending in engine.withdrawn()]
        # Nobody has heard of the withdrawal yet. Without the purchase it stands after all.
        engine.rewind("anna", to=event("x", 0.5).time)
        assert ["customer"] == [pending.transition.to_stage for pending in engine.withdrawn()]
        assert [] == engine.pending()


# -- threads, asyncio, processes, parts ------------------------------------------------------------------------------


def test_threads_may_share_an_engine(engine: DurableEngine) -> None:
    def feed(number: int) -> None:
        for day in range(10):
            engine.feed(event(f"lead-{number}", day))
            engine.feed(event(f"lead-{number}", day + 0.5, "attended webinar"))

    threads = [threading.Thread(target=feed, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (160, 8) == (engine.stats().events, len(engine.pending()))


def test_asyncio_feeds_in_the_order_of_its_calls(engine: DurableEngine) -> None:
    async def feed() -> int:
        calls = [engine.afeed(event("anna", day)) for day in range(20)]
        calls.append(engine.afeed(event("anna", 21, "attended webinar"), offset=21))
        made = [t for some in await asyncio.gather(*calls) for t in some]
        made += await engine.afeed_many([event("ben", 21)])
        made += await engine.aadvance("2026-06-01")
        return len(made)

    assert (2, 21) == (asyncio.run(feed()), engine.offset)


def test_several_processes_on_one_store_lose_nothing_and_repeat_nothing(
    rules: mqlrules.RuleSet, new_address: NewAddress
) -> None:
    where = new_address()
    rules.engine(store=where).close()
    children = []
    for number in range(4):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                # Four processes, the same leads: each event comes to two of them.
                with rules.engine(store=where) as engine:
                    for round in range(15):
                        some = [event(f"lead-{k}", 1, id=f"{(number + 1) // 2}-{round}") for k in range(5)]
                        engine.feed_many(some)
                    engine.acknowledge(engine.pending(limit=1))
                status = 0
            finally:
                os._exit(status)
        children.append(pid)
    assert [0] * 4 == [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    with rules.engine(store=where) as engine:
        stats = engine.stats()
        assert (225, 75, 5) == (stats.events, stats.repeated, stats.leads)
        made = engine.feed_many([event(f"lead-{k}", 2, "attended webinar") for k in range(5)])
        assert 5 == len(made)
        assert [] == engine.verify()


def test_parts_have_offsets_of_their_own_and_take_their_own_leads(
    rules: mqlrules.RuleSet, new_address: NewAddress
) -> None:
    where = new_address()
    whole = rules.engine(store=where)
    parts = [whole.partition(index, 2) for index in range(2)]
    everything = [e for k in range(20) for e in (event(k, 0), event(k, 1), event(k, 2, "attended webinar"))]
    for index, part in enumerate(parts):
        part.feed_many(everything, offset=index)
    assert [0, 1] == [part.offset for part in parts]
    assert 20 == len(whole.pending()) == sum(len(part.pending()) for part in parts)
    assert all(0 < len(part.pending()) < 20 for part in parts)
    with pytest.raises(mqlrules.StoreError, match="the store has 2 partitions, not 3"):
        whole.partition(0, 3)
    with pytest.raises(mqlrules.StoreError, match="use an engine of the whole store"):
        parts[0].merge(1, 2)
    with pytest.raises(ValueError, match="counted from 0"):
        whole.partition(2, 2)
    whole.merge(1, 2)
    assert 19 == whole.stats().leads
    for opened in (*parts, whole):
        opened.close()


# -- seeing inside ---------------------------------------------------------------------------------------------------


def test_the_log_says_nothing_of_anybody(
    rules: mqlrules.RuleSet, new_address: NewAddress, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "mqlrules"), rules.engine(store=new_address(), lateness="0s") as engine:
        engine.feed_many([event("anna@example.com", 3, id="secret"), event("anna@example.com", 1, mail="secret")])
        engine.merge("anna@example.com", "secret")
        engine.rebuild("secret")
    assert "1 events became dead letters" in caplog.text
    assert [] == [word for word in ("anna", "secret", "example") if word in caplog.text]


def test_metrics_are_told_to_opentelemetry(rules: mqlrules.RuleSet, new_address: NewAddress) -> None:
    pytest.importorskip("opentelemetry.sdk.metrics", reason="opentelemetry-sdk is not installed")
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    reader = InMemoryMetricReader()
    meter = MeterProvider([reader]).get_meter("tests")
    with rules.engine(store=new_address(), meter=meter) as engine:
        qualify(engine)
    data = reader.get_metrics_data()
    assert data is not None
    found = {m.name: m.data for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics}
    assert 3 == found["mqlrules.events"].data_points[0].value  # type: ignore[union-attr]
    (made,) = found["mqlrules.transitions"].data_points
    assert (1, {"mqlrules.rule": "warm", "mqlrules.stage": "MQL"}) == (made.value, dict(made.attributes or {}))  # type: ignore[union-attr]


@pytest.mark.parametrize("wrong", ["soon", "-1h", "1", "1 month", "99999999d", 5, True])
def test_a_lateness_that_is_none_is_refused(rules: mqlrules.RuleSet, wrong: str) -> None:
    with pytest.raises(ValueError, match="lateness"):
        rules.engine(store="sqlite:///:memory:", lateness=wrong)


def test_a_history_is_for_engines_with_a_store(rules: mqlrules.RuleSet) -> None:
    with pytest.raises(ValueError, match="need an engine with a store"):
        rules.engine(history=10)  # type: ignore[call-overload]
