"""Columns of times agree with parse_time and microseconds, which read one at a time."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqlrules.language.instants import EventError, parse_time

pl = pytest.importorskip("polars")

from mqlrules.readers.times import instants, parse_text  # noqa: E402 - needs polars
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
    "2026-01-31T09:30:15 UTC", "31.01.2026", "", "now", "２０２６-01-31", "2026-01-31T09:30:15.1234567Z",
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
    st.sampled_from(["", "Z", "z", "+02:00", "-0800", "+14", "+25:00", " +01:00"]),
).map("".join)


@given(st.lists(st.none() | parts | st.sampled_from(WRITTEN), max_size=8))
def test_any_column_of_times_agrees_with_parse_time(texts):
    assert all_at_once(texts) == [None if text is None else one_by_one(text) for text in texts]


def read(values, cells=False):
    column = Column(pl.Series(values, dtype=pl.String)) if cells else column_of(values)
    found = instants("e", "time", column, numbers_as_text=cells)
    return found.series.to_physical().to_list(), found.reasons.to_list()


def test_whole_numbers_are_microseconds_as_text_too():
    for values, cells in (([1767225600000000, -1, 0], False), (["1767225600000000", "-1", " 0 "], True)):
        assert read(values, cells) == ([1767225600000000, -1, 0], [None] * 3)


@pytest.mark.parametrize(("digits", "unit"), [(10, "seconds"), (13, "milliseconds"), (19, "nanoseconds")])
@pytest.mark.parametrize("cells", [True, False])
def test_numbers_with_the_digits_of_another_unit_are_told_and_never_guessed(digits, unit, cells):
    number = 10 ** (digits - 1) + 735689600
    at, [reason, none] = read([str(number), "0"] if cells else [number, 0], cells)
    assert at == [None, 0]
    assert unit in reason
    assert none is None


def test_a_missing_time_has_no_reason_of_its_own():
    assert read([None, "", " "], cells=True) == ([None] * 3, [None] * 3)


def test_times_before_1970_keep_their_microseconds():
    early = datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=datetime.UTC)
    assert all_at_once([early.isoformat()]) == [-1]
