"""Events from tables: the same as made one by one, in batches, and fast enough."""

import datetime

import pytest

from mqlrules.events.model import Event, events_from_columns

pl = pytest.importorskip("polars")

from mqlrules.readers import events_of, histories, read_events  # noqa: E402 - needs polars

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def many(rows: int) -> "pl.DataFrame":
    return pl.select(
        lead=pl.int_range(rows) % 997,
        time=START + pl.duration(microseconds=(pl.int_range(rows) * 7919) % 1_000_003),
        event=pl.when(pl.int_range(rows) % 3 == 0).then(pl.lit("page_viewed")).otherwise(pl.lit("opened email")),
        path=pl.when(pl.int_range(rows) % 3 == 0).then(pl.lit("/pricing")),
        number=pl.int_range(rows),
    )


def test_an_event_made_from_columns_is_the_one_made_alone():
    [made] = events_from_columns(["a"], [5], ["Page_Viewed"], [{"x": 1}], ["m"])
    alone = Event("a", 5, "Page_Viewed", {"x": 1}, "m")
    assert made == alone
    assert made.name == alone.name == "page viewed"
    with pytest.raises(AttributeError):
        made.at = 6


def test_events_come_in_order_of_arrival_over_all_batches():
    table = read_events(many(120_000))
    assert [event.properties["number"] for event in events_of(table)] == list(range(120_000))
    assert [event.properties for event in events_of(table, {"path"})][:2] == [{"path": "/pricing"}, {}]
    assert all(event.properties == {} for event in events_of(table, set()))


def test_histories_are_whole_over_all_batches():
    frame = many(120_000)
    table = read_events(frame)
    expected = frame.sort("lead", "time", maintain_order=True)["number"].to_list()
    leads, found = [], []
    for lead, history in histories(table, {"number"}):
        leads.append(lead)
        assert {event.lead for event in history} == {lead}
        found.extend(event.properties["number"] for event in history)
    assert leads == list(range(997))
    assert found == expected


def test_a_lead_with_more_events_than_a_batch_is_one_history():
    frame = many(120_000).with_columns(lead=pl.when(pl.int_range(pl.len()) < 100_000).then(5).otherwise(pl.col("lead")))
    assert {lead: len(history) for lead, history in histories(read_events(frame))}[5] >= 100_000


def test_the_lead_that_is_meant_by_text():
    numbers, texts = read_events(many(3)), read_events(many(3).with_columns(lead=pl.lit("7")))
    assert [numbers.lead("1"), numbers.lead("x"), numbers.lead("01"), texts.lead("7")] == [1, "x", "01", "7"]
