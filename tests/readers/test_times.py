"""Columns of times agree with parse_time and microseconds, which read one at a time."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqlrules.language.instants import EventError, parse_time

pl = pytest.importorskip("polars")

from mqlrules.readers.times import TimeFormat, instants, parse_text  # noqa: E402 - needs polars
from mqlrules.readers.values import Column, column_of  # noqa: E402

WRITTEN = [
    "2026-01-31", "2026-01-31T09:30", "2026-01-31T09:30Z", "2026-01-31 09:30", "2026-01-31T09:30:15",
    "2026-01-31T09:30:15Z", "2026-01-31T09:30:15z", "2026-01-31T09:30:15.5", "2026-01-31T09:30:15,5Z",
    "2026-01-31T09:30:15.123456+02:00", "2026-01-31T09:30:15.123456789Z", "2026-01-31T09:30:15+0200",
    "2026-01-31T09:30:15-08", "2026-01-31 09:30:15.123 +02:00", "2026-01-31T09:30:15.123 Z", " 2026-01-31T09:30:15Z ",
    "0001-01-01T00:00:00+01:00", "0001-01-01", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-01:00", "2026-02-29", "2024-02-29", "2026-01-31T24:00:00Z", "2026-01-31T09:30:60Z",
    "2026-01-31T09:60:00Z", "2026-01-31T09:30:15+24:00", "2026-01-31T09:30:15+23:59", "2026-01-31T09:30:15+02:60",
    "2026-1-31", "2026-01-31T9:30:15Z", "20260131", "2026-01-31T", "+2026-01-31", "2026-01-31T09:30:15.Z",
    "2026-01-31T09:30:15 UTC", "2026-01-31T09:30:15.5 GMT", "2026-01-31 09:30 UTC",
    "2026-01-31 09:30:15UTC", "31.01.2026", "", "now", "２０２６-01-31", "2026-01-31T09:30:15.1234567Z",
    "2026-01-31\n",
]  # fmt: skip


def one_by_one(text):
    try:
        return parse_time(text)
    except EventError:
        return None


def all_at_once(texts):
    return parse_text(pl.Series(texts, dtype=pl.String)).to_physical().to_list()


@pytest.mark.parametrize("text", WRITTEN)
def test_a_column_reads_a_time_as_it_is_read_alone(text):
    assert all_at_once([text]) == [one_by_one(text)]


def test_a_column_of_every_shape_is_read_as_each_alone():
    assert all_at_once(WRITTEN * 2) == [one_by_one(text) for text in WRITTEN * 2]


parts = st.tuples(
    st.sampled_from(["2026-01-31", "1999-12-31", "2024-02-29", "2026-02-30", "0001-01-01", "9999-12-31", "2026-1-1"]),
    st.sampled_from(["", "T", " ", "t"]),
    st.sampled_from(["", "00:00", "23:59:59", "24:00", "09:30:15", "09:30:61"]),
    st.sampled_from(["", ".5", ".123456", ".1234567", ",25", "."]),
    st.sampled_from(["", "Z", "z", "+02:00", "-0800", "+14", "+25:00", " +01:00", " UTC", "GMT"]),
).map("".join)


@given(st.lists(st.none() | parts | st.sampled_from(WRITTEN), max_size=8))
def test_any_column_of_times_agrees_with_parse_time(texts):
    assert all_at_once(texts) == [None if text is None else one_by_one(text) for text in texts]


def read(values, cells=False, **declared):
    column = Column(pl.Series(values, dtype=pl.String)) if cells else column_of(values)
    found = instants("e", "time", column, TimeFormat(**declared))
    return found.series.to_physical().to_list(), found.reasons.to_list()


GOOD = 1767225600000000


@pytest.mark.parametrize("cells", [True, False])
def test_whole_numbers_are_microseconds_as_text_too(cells):
    assert ([GOOD], [None]) == read([f" {GOOD} "] if cells else [GOOD], cells)


WRONG = {
    1735689600: "1735689600 looks like seconds since 1970",
    1735689600000: "looks like milliseconds",
    1735689600000000000: "looks like nanoseconds",
    20260314: "20260314 looks like a date; write it as 2026-03-14",
    20260314093000: "looks like a date",
    0: "in the year 1970, outside 1990 to 2100",
    -1: "in the year 1969, outside 1990 to 2100",
    10**18 * 5: "outside the years 1 to 9999",
    10**30: "outside the years 1 to 9999",
}


@pytest.mark.parametrize("number", WRONG)
@pytest.mark.parametrize("cells", [True, False])
def test_a_number_that_is_microseconds_in_no_year_from_1990_to_2100_is_refused(number, cells):
    numbers = [number, GOOD]
    at, [reason, none] = read(list(map(str, numbers)) if cells else numbers, cells)
    assert [None, GOOD] == at
    assert WRONG[number] in reason
    assert none is None


@pytest.mark.parametrize(
    ("number", "unit"),
    [
        (1767225600, "s"), (1767225600.0, "s"), (1767225600000, "ms"), (GOOD, "us"), (GOOD * 1000 + 7, "ns"),
        (1767225600.5, "s"), (-1.5, "s"), (0, "us"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("cells", [True, False])
def test_numbers_are_read_in_the_declared_unit(number, unit, cells):
    factor = {"s": 10**6, "ms": 10**3, "us": 1, "ns": 0.001}[unit]
    expected = GOOD if unit == "ns" else round(number * factor)
    assert ([expected], [None]) == read([str(number)] if cells else [number], cells, unit=unit)


def test_a_declared_zone_is_that_of_times_without_an_offset():
    texts = [
        "2026-06-01",
        "2026-06-01T12:00:00",
        "2026-06-01 12:00:00Z",
        "2026-01-05 09:12:00 UTC",
        "2026-12-01T00:00+01",
    ]
    at, reasons = read(texts, cells=True, zone="Europe/Berlin")
    utc = ["2026-05-31T22:00", "2026-06-01T10:00", "2026-06-01T12:00", "2026-01-05T09:12", "2026-11-30T23:00"]
    assert [None] * 5 == reasons
    assert list(map(parse_time, utc)) == at
    assert [parse_time("2026-05-31T20:00Z")] == read(["2026-06-01T00:00"], cells=True, zone="+04:00")[0]


def test_clocks_that_change_are_read_as_in_rules():
    at, _ = read(["2026-03-29T02:30", "2026-10-25T02:30"], cells=True, zone="Europe/Berlin")
    assert [parse_time("2026-03-29T01:30Z"), parse_time("2026-10-25T00:30Z")] == at


def test_timestamps_and_dates_without_a_zone_are_in_the_declared_one():
    naive = pl.Series([datetime.datetime(2026, 6, 1, 12)])
    dates = pl.Series([datetime.date(2026, 6, 1)])
    format = TimeFormat(zone="Europe/Berlin")
    assert [parse_time("2026-06-01T10:00Z")] == instants("e", "t", Column(naive), format).series.to_physical().to_list()
    assert [parse_time("2026-05-31T22:00Z")] == instants("e", "t", Column(dates), format).series.to_physical().to_list()


def test_declared_formats_come_before_iso():
    formats = ("%m/%d/%Y %I:%M %p", "%Y%m%d")
    at, reasons = read(["1/5/2026 9:12 AM", "20260314", "2026-01-06", "soon"], cells=True, formats=formats)
    assert [*map(parse_time, ["2026-01-05T09:12", "2026-03-14", "2026-01-06"]), None] == at
    assert "doesn't have the declared time format" in reasons[3]
    assert [parse_time("2026-03-14")] == read([20260314], formats=formats)[0]


def test_times_that_are_text_and_numbers_in_one_column_are_each_read():
    at, reasons = read(["2026-01-01", GOOD, 1.5, True, None, str(GOOD), 5])
    assert [GOOD, GOOD, None, None, None, GOOD, None] == at
    assert [2, 3, 6] == [row for row, reason in enumerate(reasons) if reason is not None]


def test_a_missing_time_has_no_reason_of_its_own():
    assert read([None, "", " "], cells=True) == ([None] * 3, [None] * 3)


def test_times_before_1970_keep_their_microseconds():
    early = datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=datetime.UTC)
    assert all_at_once([early.isoformat()]) == [-1]
