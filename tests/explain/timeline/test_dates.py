"""Dates and clocks of the rule set's zone, and the marks of an axis."""

import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mqlrules.explain.clock import clock, length_words, span_words, when
from mqlrules.explain.timeline.axis import ticks, when_on
from mqlrules.explain.timeline.model import Span
from mqlrules.language.calendar import Zone
from mqlrules.language.instants import EARLIEST, LATEST, microseconds

BERLIN = Zone("Europe/Berlin")


def at(text: str) -> int:
    return microseconds(text)


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        ("2026-01-16T16:35:00Z", "16 Jan 2026, 17:35"),
        ("2026-01-16T16:35:41Z", "16 Jan 2026, 17:35:41"),
        ("2026-01-16T16:35:41.250Z", "16 Jan 2026, 17:35:41.25"),
        ("2025-12-31T23:30:00Z", "1 Jan 2026, 00:30"),
        ("2026-10-25T00:30:00Z", "25 Oct 2026, 02:30 (UTC+2)"),
        ("2026-10-25T01:30:00Z", "25 Oct 2026, 02:30 (UTC+1)"),
        ("2026-10-25T02:00:00Z", "25 Oct 2026, 03:00"),
        ("2026-03-29T01:30:00Z", "29 Mar 2026, 03:30"),
        ("0001-01-01T00:00:00Z", "1 Jan 1, 00:53:28"),
    ],
)
def test_an_instant_is_told_as_the_clocks_of_the_zone_show_it(instant: str, words: str) -> None:
    assert words == when(at(instant), BERLIN)


def test_clocks_that_show_a_time_twice_say_which() -> None:
    assert ("01:45 (UTC+11)", "01:45 (UTC+10:30)") == (
        clock(at("2026-04-04T14:45:00Z"), Zone("Australia/Lord_Howe")),
        clock(at("2026-04-04T15:15:00Z"), Zone("Australia/Lord_Howe")),
    )


def test_on_a_long_axis_seconds_are_left_out() -> None:
    instant, start = at("2026-01-16T16:35:41.25Z"), at("2026-01-16T16:30:00Z")
    spans = (9 * 86_400_000_000, 3_600_000_000, 1_000_000)
    assert ["16 Jan 2026, 17:35", "16 Jan 2026, 17:35:41", "16 Jan 2026, 17:35:41.25"] == [
        when_on(Span(start, start + length), instant, BERLIN) for length in spans
    ]


def test_a_span_is_told_without_what_its_ends_share() -> None:
    def words(start: str, end: str) -> str:
        return span_words(at(start), at(end), BERLIN)

    assert "6 Jan to 15 Apr 2026" == words("2026-01-06T10:00:00Z", "2026-04-15T10:00:00Z")
    assert "6 Dec 2025 to 15 Apr 2026" == words("2025-12-06T10:00:00Z", "2026-04-15T10:00:00Z")
    assert "6 Jan 2026, 11:00 to 12:30" == words("2026-01-06T10:00:00Z", "2026-01-06T11:30:00Z")
    assert "6 Jan 2026, 11:00" == words("2026-01-06T10:00:00Z", "2026-01-06T10:00:00Z")


def test_a_length_is_told_in_its_two_largest_units() -> None:
    hour = 3_600_000_000
    lengths = (0, 5, 90_000_000, 3 * hour, 49 * hour, 30 * 24 * hour, 429 * 24 * hour, 800 * 24 * hour)
    assert [
        "no time", "less than a second", "1 minute 30 seconds", "3 hours", "2 days 1 hour", "30 days", "429 days",
        "2 years",
    ] == [length_words(length) for length in lengths]  # fmt: skip


def labels(start: str, end: str, most: int = 9, zone: Zone = BERLIN) -> list[tuple[str, str | None]]:
    return [(tick.label, tick.larger) for tick in ticks(Span(at(start), at(end)), most, zone)]


def test_weeks_are_marked_on_mondays_with_the_year_where_it_begins() -> None:
    assert [("22 Dec", "2025"), ("29 Dec", None), ("5 Jan", "2026"), ("12 Jan", None)] == labels(
        "2025-12-16T00:00:00Z", "2026-01-18T00:00:00Z", 5
    )


def test_months_are_marked_where_weeks_are_too_many() -> None:
    assert [("Feb", "2026"), ("Mar", None), ("Apr", None), ("May", None)] == labels(
        "2026-01-16T00:00:00Z", "2026-05-20T00:00:00Z", 6
    )


def test_a_night_in_which_clocks_are_put_back_has_an_hour_twice() -> None:
    found = labels("2026-10-24T22:10:00Z", "2026-10-25T03:30:00Z")
    assert [("01:00", "25 Oct 2026"), ("02:00", None), ("02:00", None), ("03:00", None), ("04:00", None)] == found


def test_a_night_in_which_clocks_are_put_forward_has_no_hour_that_is_skipped() -> None:
    assert ["00:00", "01:00", "03:00", "04:00"] == [
        label for label, _ in labels("2026-03-28T23:00:00Z", "2026-03-29T02:30:00Z", 4)
    ]
    assert ["00:00", "06:00", "12:00", "18:00"] == [
        label for label, _ in labels("2026-03-28T20:00:00Z", "2026-03-29T19:00:00Z", 4)
    ]


def test_parts_of_a_second_have_the_digits_that_they_need() -> None:
    start = at("2026-01-01T00:00:00Z")
    assert ["01:00:00.0", "01:00:00.2"] == [t.label for t in ticks(Span(start, start + 300_000), 2, BERLIN)]
    assert ["01:00:00.000000", "01:00:00.000002"] == [t.label for t in ticks(Span(start, start + 3), 2, BERLIN)]


@given(
    st.integers(EARLIEST, LATEST),
    st.integers(0, 63).map(lambda power: 2**power),
    st.integers(2, 12),
    st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"]),
)
@example(EARLIEST, LATEST - EARLIEST, 9, "UTC")
@example(EARLIEST, 86_400_000_000, 9, "Pacific/Apia")
@example(LATEST, 0, 9, "Pacific/Apia")
def test_marks_lie_in_order_within_the_span_and_are_few(start: int, length: int, most: int, zone: str) -> None:
    span = Span(start, min(start + length, LATEST))
    found = [tick.at for tick in ticks(span, most, Zone(zone))]
    assert found == sorted(set(found))
    assert all(span.start <= instant <= span.end for instant in found)
    # Clocks that are put back add a mark, and so does one that falls on each end.
    assert len(found) <= most + 4


@given(st.datetimes(datetime.datetime(1990, 1, 1), datetime.datetime(2030, 1, 1)), st.integers(20, 41))
def test_marks_of_clocks_are_round(start: datetime.datetime, power: int) -> None:
    begin = at(start.isoformat())
    for tick in ticks(Span(begin, begin + 2**power), 8, BERLIN):
        if ":" in tick.label:
            shown = BERLIN.clock_of(tick.at).isoformat("microseconds")
            assert tick.label == shown[: len(tick.label)]
            assert "" == shown[len(tick.label) :].strip(":.0")
