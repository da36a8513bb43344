"""Events that are written to a file and read again are the same events, where the format can say them."""

import csv
import datetime
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqlrules.events.model import checked_event

pl = pytest.importorskip("polars")

from mqlrules.readers import events_of, histories, read_events  # noqa: E402 - needs polars

LEADS = st.sampled_from(["a", "lead-1", "007", "é", 'q"x', "x,y"])
NAMES = st.sampled_from(["page_viewed", "Signed Up", "$pageview", 'say "hi"', "a;b", "line\nbreak", "é"])
TIMES = st.integers(-(10**15), 4 * 10**15)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), min_size=1, max_size=6)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)


def events_with(properties):
    ids = st.none() | st.sampled_from(["m1", "m2"])
    return st.lists(st.builds(checked_event, LEADS, TIMES, NAMES, properties, ids), min_size=1, max_size=8)


def some_of(**strategies):
    return st.fixed_dictionaries({}, optional=strategies)


# A column of CSV is of one type: no text here looks like a number, a boolean or a time.
PLAIN_TEXT = TEXTS.map(lambda text: "~" + text)
OF_CSV = some_of(text=PLAIN_TEXT, whole=st.integers(-(2**63), 2**63 - 1), truth=st.booleans())
OF_ANY = st.none() | st.booleans() | NUMBERS | TEXTS
OF_JSON = some_of(one=OF_ANY, two=OF_ANY | st.lists(OF_ANY, max_size=3), three=some_of(x=OF_ANY, y=TEXTS))
OF_COLUMNS = some_of(
    text=TEXTS, number=st.floats(allow_nan=False), truth=st.booleans(), whole=st.integers(-(2**63), 2**63 - 1),
    tags=st.lists(TEXTS, max_size=3), nested=st.fixed_dictionaries({"x": st.integers(0, 9), "y": TEXTS}),
    at=st.datetimes(datetime.datetime(1900, 1, 1), timezones=st.just(datetime.UTC)),
)  # fmt: skip


def iso(event):
    return event.time.isoformat()


def said(event):
    """What must be the same: a null is a missing property, and one inside a mapping may stand for what is missing."""

    def plain(value):
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items() if each is not None}
        return (type(value).__name__ if isinstance(value, (bool, str)) else "", value)

    properties = {key: plain(value) for key, value in event.properties.items() if value is not None}
    return event.lead, event.at, event.event, event.id, properties


def read_back(tmp_path_factory, name, content):
    path = tmp_path_factory.mktemp("round") / name
    path.write_bytes(content)
    table = read_events(path)
    assert len(table.rejects) == 0
    return table


@given(events_with(OF_CSV), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.sampled_from(["\n", "\r\n"]))
def test_csv(tmp_path_factory, events, quoting, end):
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=quoting, lineterminator=end)
    writer.writerow(["lead", "time", "event", "id", "text", "whole", "truth"])
    for event in events:
        cells = [event.properties.get(key, "") for key in ("text", "whole", "truth")]
        writer.writerow([event.lead, iso(event), event.event, event.id or "", *cells])
    table = read_back(tmp_path_factory, "e.csv", out.getvalue().encode())
    assert [said(event) for event in events_of(table)] == [said(event) for event in events]


@given(events_with(OF_JSON), st.booleans())
def test_json_lines(tmp_path_factory, events, escaped):
    lines = [
        json.dumps({"lead": e.lead, "time": iso(e), "event": e.event, "id": e.id, **e.properties}, ensure_ascii=escaped)
        for e in events
    ]
    table = read_back(tmp_path_factory, "e.jsonl", "\n".join(lines).encode())
    assert [said(event) for event in events_of(table)] == [said(event) for event in events]


@given(events_with(OF_COLUMNS), st.sampled_from(["parquet", "arrow"]))
def test_parquet_and_arrow(tmp_path_factory, events, ending):
    types = {
        "lead": pl.String, "time": pl.Datetime("us", "UTC"), "event": pl.String, "id": pl.String, "text": pl.String,
        "number": pl.Float64, "truth": pl.Boolean, "whole": pl.Int64, "tags": pl.List(pl.String),
        "nested": pl.Struct({"x": pl.Int64, "y": pl.String}), "at": pl.Datetime("us", "UTC"),
    }  # fmt: skip
    rows = [{"lead": e.lead, "time": e.time, "event": e.event, "id": e.id, **e.properties} for e in events]
    frame = pl.DataFrame([{key: row.get(key) for key in types} for row in rows], schema=types)
    out = io.BytesIO()
    frame.write_parquet(out) if ending == "parquet" else frame.write_ipc(out)
    table = read_back(tmp_path_factory, f"e.{ending}", out.getvalue())
    assert [said(event) for event in events_of(table)] == [said(event) for event in events]


@given(events_with(OF_COLUMNS))
def test_histories_are_the_events_of_each_lead_by_time_and_arrival(events):
    frame = pl.DataFrame({"lead": [e.lead for e in events], "time": [e.time for e in events],
                          "event": [e.event for e in events], "n": range(len(events))})  # fmt: skip
    found = {lead: [each.properties["n"] for each in history] for lead, history in histories(read_events(frame))}
    expected: dict = {}
    for number, event in sorted(enumerate(events), key=lambda each: each[1].at):
        expected.setdefault(event.lead, []).append(number)
    assert found == expected
    assert list(found) == sorted(found)
