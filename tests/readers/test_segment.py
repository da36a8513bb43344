"""Calls of the Segment spec to events, and their ids to leads."""

import gzip
import json

import pytest

import mqlrules
from mqlrules.events.errors import DataError
from mqlrules.readers import events_of, read_events


def call(kind="track", time="2026-01-01T00:00:00Z", **fields):
    more = {"event": "Signed Up"} if kind == "track" else {}
    who = {} if {"userId", "anonymousId"} & set(fields) else {"userId": "u1"}
    return {"type": kind, "timestamp": time, **more, **who, **fields}


@pytest.fixture
def segment(write):
    def read(*calls, name="e.jsonl"):
        return read_events(write(name, "\n".join(map(json.dumps, calls))), format="segment")

    return read


def leads(table):
    return [event.lead for event in events_of(table)]


def test_track_is_its_event_with_its_properties(segment):
    [event] = events_of(segment(call(properties={"plan": "pro", "n": 1}, messageId="m1", context={"ip": "x"})))
    assert (event.lead, event.event, event.properties, event.id) == (
        "u1",
        "Signed Up",
        {"context": {"ip": "x"}, "plan": "pro", "n": 1},
        "m1",
    )
    assert event.time.isoformat() == "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize(("kind", "event"), [("page", "page_viewed"), ("screen", "screen_viewed")])
def test_views_are_events_with_name_and_category_as_properties(segment, kind, event):
    [viewed] = events_of(segment(call(kind, name="Home", category="Shop", properties={"path": "/"})))
    assert viewed.event == event
    assert viewed.properties == {"name": "Home", "category": "Shop", "path": "/"}


def test_what_a_page_does_not_say_of_itself_comes_from_the_context(segment):
    page = {"path": "/from-context", "title": "T", "other": 1}
    one, other = events_of(
        segment(call("page", context={"page": page}), call("page", context={"page": page}, properties={"path": "/own"}))
    )
    context = {"page": page}
    assert one.properties == {"path": "/from-context", "title": "T", "context": context}
    assert other.properties == {"path": "/own", "title": "T", "context": context}


def test_the_context_of_a_call_is_a_property(segment):
    context = {"campaign": {"source": "ads"}, "page": {"path": "/x"}}
    [event] = events_of(segment(call(context=context)))
    assert event.properties == {"context": context}
    rules = mqlrules.loads('signed up where (context.campaign.source = "ads") => MQL')
    assert ["MQL"] == [move.to_stage for move in rules.evaluate([event]).transitions]


def test_traits_of_identify_may_be_inside_its_context_as_rudderstack_sends_them(segment):
    [event] = events_of(segment(call("identify", context={"traits": {"plan": "pro", "n": 1}}, traits={"n": 2})))
    assert event.properties == {"plan": "pro", "n": 2}


@pytest.mark.parametrize("kind", ["identify", "group"])
def test_identify_and_group_carry_traits(segment, kind):
    [event] = events_of(segment(call(kind, traits={"employees": 329, "industry": "tech"}, groupId="g")))
    assert (event.name, event.properties) == ("identify", {"employees": 329, "industry": "tech"})


def test_a_null_trait_is_kept_since_it_removes_one(segment):
    first, second = events_of(
        segment(call("identify", traits={"plan": "pro"}), call("identify", traits={"plan": None}))
    )
    assert (first.properties, second.properties) == ({"plan": "pro"}, {"plan": None})


def test_what_was_done_anonymously_is_the_users_before_and_after(segment):
    table = segment(
        call("page", "2026-01-01", anonymousId="a1"),
        call("identify", "2026-01-02", anonymousId="a1", userId="u1", traits={}),
        call("page", "2026-01-03", anonymousId="a1"),
        call("page", "2026-01-03", anonymousId="a2"),
        call("track", "2026-01-04", anonymousId="a2", userId="u1"),
    )
    assert leads(table) == ["u1"] * 5


def test_an_anonymous_id_that_nobody_claims_is_a_lead_itself(segment):
    assert leads(segment(call(anonymousId="a1"))) == ["a1"]


def test_two_users_of_one_browser_stay_two_leads(segment):
    table = segment(
        call(time="2026-01-03", anonymousId="a1", userId="u2"),
        call(time="2026-01-01", anonymousId="a1"),
        call(time="2026-01-02", anonymousId="a1", userId="u1"),
        call(time="2026-01-04", anonymousId="a1"),
    )
    assert leads(table) == ["u2", "u1", "u1", "u1"]


def test_an_alias_makes_one_lead_named_by_the_newer_id_and_is_no_event(segment):
    table = segment(
        call(userId="jen@example.com"),
        call("alias", "2026-01-02", previousId="jen@example.com", userId="507f"),
        call(time="2026-01-03", userId="507f"),
    )
    assert leads(table) == ["507f"] * 2


def test_aliases_chain_and_may_run_in_a_circle(segment):
    table = segment(
        call(userId="1"),
        call("alias", "2026-01-02", previousId="1", userId="2"),
        call("alias", "2026-01-03", previousId="2", userId="3"),
        call("alias", "2026-01-04", previousId="3", userId="1"),
        call("alias", "2026-01-05", previousId="3", userId="3"),
        call(time="2026-01-06", userId="2"),
    )
    assert leads(table) == ["3", "3"]


def test_an_alias_without_a_previous_id_names_its_anonymous_id(segment):
    assert leads(segment(call(anonymousId="a1"), call("alias", anonymousId="a1", userId="u1"))) == ["u1"]


def test_ids_are_looked_for_in_all_files_together(write):
    one = write("1.jsonl", json.dumps(call(anonymousId="a1")))
    other = write("2.jsonl", json.dumps(call(anonymousId="a1", userId="u1")))
    assert leads(read_events([one, other], format="segment")) == ["u1", "u1"]


def test_a_number_as_an_id_is_its_text(segment):
    assert leads(segment(call(userId=42))) == ["42"]


@pytest.mark.parametrize("present", ["timestamp", "originalTimestamp", "sentAt", "receivedAt"])
def test_the_timestamp_counts_and_without_it_what_comes_nearest(segment, present):
    order = ["timestamp", "originalTimestamp", "sentAt", "receivedAt"]
    times = {key: f"2026-01-0{number}" for number, key in enumerate(order, 1) if number >= order.index(present) + 1}
    [event] = events_of(segment(call(time=None) | times))
    assert event.time.day == order.index(present) + 1


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"type": None}, "no type of call"),
        ({"type": "tracked"}, "not a call of the Segment spec"),
        ({"type": ["track"]}, "not a call of the Segment spec"),
        ({"userId": None}, "no lead: neither userId nor anonymousId"),
        ({"userId": ""}, "no lead"),
        ({"timestamp": None}, "no time"),
        ({"timestamp": "soon"}, "is not a valid time"),
        ({"timestamp": 1735689600}, "looks like seconds"),
        ({"event": None}, "no event name"),
        ({"event": "_"}, "no event name"),
        ({"event": 7}, "no event name"),
        ({"properties": "x"}, "properties is not a JSON object"),
        ({"type": "identify", "traits": [1]}, "traits is not a JSON object"),
    ],
)
def test_a_call_that_cannot_be_read_is_rejected(segment, wrong, reason):
    table = segment(call(), call() | wrong)
    [reject] = table.rejects
    assert reject.line == 2
    assert reason in reject.reason
    assert json.loads(reject.row) == call() | wrong
    assert len(table) == 1


def test_properties_may_be_called_anything(segment):
    given = {"lead": 1, "time": "x", "event": None, "id": [1], "userId": "z", "properties": {"a": 1}}
    [event] = events_of(segment(call(properties=given)))
    assert event.properties == {key: value for key, value in given.items() if value is not None}


def test_arrays_and_gzipped_files_are_read_too(write):
    content = json.dumps([call(), call("page")]).encode()
    for name, data in (("e.json", content), ("e.json.gz", gzip.compress(content))):
        assert len(read_events(write(name, data), format="segment")) == 2


def test_a_file_without_any_call_is_one_plain_error(write):
    with pytest.raises(DataError, match="no call of the Segment spec"):
        read_events(write("e.jsonl", '{"lead":"a"}'), format="segment")


def test_only_aliases_are_no_events(segment):
    assert len(segment(call("alias", previousId="a", userId="b"))) == 0
