"""The event as callers pass it: every door takes the same values and refuses the same ones."""

import datetime
import json
from decimal import Decimal

import pytest

import mqlrules
from mqlrules.events.model import Event, as_event
from mqlrules.events.traits import as_traits
from mqlrules.language.instants import EventError

DAY = "2026-01-05T09:00:00Z"
MICROSECONDS = 1767603600000000
RULES = mqlrules.loads("bought where (amount >= 20) => MQL")
TWICE = mqlrules.loads("visited pricing >= 2 => MQL")


def stages(rules, *events):
    found = [move.to_stage for move in rules.evaluate(events).transitions]
    engine = rules.engine()
    assert found == [move.to_stage for event in events for move in engine.feed(event)]
    return found


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        (1768000000, "1768000000 looks like seconds since 1970"),
        (1768000000000, "looks like milliseconds"),
        (1768000000000000000, "looks like nanoseconds"),
        (20260314, "looks like a date; write it as 2026-03-14"),
        ("1768000000", "looks like seconds"),
        (datetime.datetime(2026, 1, 5, 9), "2026-01-05T09:00:00 has no time zone"),
        (1768000000.5, "not a valid time"),
        (True, "not a valid time"),
        (None, "not a valid time"),
    ],
)
def test_no_door_takes_a_time_that_may_mean_another(time, reason):
    event = {"lead": "a", "time": time, "event": "bought", "amount": 25}
    for door in (lambda: RULES.evaluate([event]), lambda: RULES.engine().feed(event), lambda: Event("a", time, "x")):
        with pytest.raises(EventError, match=reason):
            door()


@pytest.mark.parametrize(
    "time",
    [
        MICROSECONDS, str(MICROSECONDS), DAY, "2026-01-05 09:00:00 UTC", "2026-01-05T10:00:00.000+0100",
        datetime.datetime(2026, 1, 5, 9, tzinfo=datetime.UTC),
    ],
)  # fmt: skip
def test_one_instant_may_be_written_in_many_ways(time):
    assert MICROSECONDS == Event("a", time, "x").at


def test_a_date_is_midnight_utc():
    assert Event("a", "2026-01-05", "x").at == Event("a", datetime.date(2026, 1, 5), "x").at


@pytest.mark.parametrize("id", ["", " ", None, float("nan")])
def test_a_blank_id_is_no_id(id):
    visit = {"lead": "a", "time": DAY, "event": "visited pricing", "id": id}
    assert ["MQL"] == stages(TWICE, visit, visit)


def test_ids_compare_as_text():
    visit = {"lead": "a", "time": DAY, "event": "visited pricing"}
    assert [] == stages(TWICE, {**visit, "id": 1}, {**visit, "id": "1"})


@pytest.mark.parametrize("properties", [{"amount": 25}, json.dumps({"amount": 25}), {"amount": 25, "nested": {"x": 1}}])
def test_properties_are_opened_as_in_a_file(properties):
    assert ["MQL"] == stages(RULES, {"lead": "a", "time": DAY, "event": "bought", "properties": properties})


def test_a_property_of_its_own_counts_before_the_one_inside_properties():
    event = as_event({"lead": "a", "time": DAY, "event": "x", "n": 1, "m": None, "properties": {"n": 2, "m": 3}})
    assert {"n": 1, "m": 3} == event.properties


def test_text_called_properties_is_a_property_and_a_broken_object_is_refused():
    event = {"lead": "a", "time": DAY, "event": "x", "properties": "two rooms"}
    assert {"properties": "two rooms"} == as_event(event).properties
    with pytest.raises(EventError, match="properties isn't valid JSON"):
        as_event({**event, "properties": "{broken"})


def test_scalars_of_numpy_are_values_as_those_of_python():
    numpy = pytest.importorskip("numpy")
    event = {"lead": numpy.int64(7), "time": numpy.int64(MICROSECONDS), "event": numpy.str_("bought"),
             "id": numpy.int64(5), "amount": numpy.int64(25), "rate": numpy.float32(0.5), "list": numpy.array([1, 2]),
             "nothing": numpy.float64("nan")}  # fmt: skip
    assert ["MQL"] == stages(RULES, event)
    made = as_event(event)
    assert (7, 5, "bought") == (made.lead, made.id, made.event)
    assert {int, float, list} == {type(value) for value in made.properties.values()}
    assert ["MQL"] == stages(RULES, {"lead": "a", "time": DAY, "event": "bought", "amount": Decimal("25.00")})


@pytest.mark.parametrize("lead", [None, "", " ", 1.5, True, [1], b"a"])
def test_a_lead_is_text_or_a_whole_number(lead):
    with pytest.raises(EventError, match="needs a lead"):
        as_event({"lead": lead, "time": DAY, "event": "x"})


@pytest.mark.parametrize("name", [None, "", " - ", 5])
def test_a_name_is_text(name):
    with pytest.raises(EventError, match="needs a name"):
        Event("a", DAY, name)


@pytest.mark.parametrize("event", [None, 3, "text", ("a", {}), {"lead": "a"}, []])
def test_what_is_no_event_is_refused_in_one_sentence(event):
    with pytest.raises(EventError, match="an event needs lead, time and event"):
        as_event(event)


def test_a_property_with_a_time_without_a_zone_is_refused():
    with pytest.raises(EventError, match="in a property has no time zone"):
        as_event({"lead": "a", "time": DAY, "event": "x", "when": datetime.datetime(2026, 1, 1)})


def test_traits_take_what_events_take():
    numpy = pytest.importorskip("numpy")
    rows = [{"lead": numpy.int64(7), "size": numpy.int64(5)}, {"lead": 7, "plan": numpy.str_("pro")}]
    assert {7: {"size": 5, "plan": "pro"}} == as_traits(rows)
    assert [int, str] == [type(value) for value in as_traits(rows)[7].values()]
    with pytest.raises(EventError, match="a row of leads needs a lead"):
        as_traits([{"lead": " "}])
