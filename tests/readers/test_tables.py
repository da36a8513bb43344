"""Parquet, Arrow, and tables in memory: columns with types of their own."""

import datetime
import json
from decimal import Decimal

import pytest

from mqlrules.events.errors import DataError
from mqlrules.readers import events_of, read_events

pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")

DAY = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
FRAME = pl.DataFrame(
    {
        "lead": ["a", "b", "a"],
        "time": [DAY, DAY, DAY],
        "event": ["e", "f", "g"],
        "n": [1, None, 3],
        "path": ["/", "/x", None],
    }
)
EXPECTED = [("a", DAY, "e", {"n": 1, "path": "/"}), ("b", DAY, "f", {"path": "/x"}), ("a", DAY, "g", {"n": 3})]


def rows(table):
    return [(event.lead, event.time, event.event, event.properties) for event in events_of(table)]


class Capsule:
    """Anything with the Arrow C stream interface."""

    def __init__(self, table):
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


TABLES = {
    "polars": lambda: FRAME,
    "polars lazy": FRAME.lazy,
    "pandas": lambda: FRAME.to_pandas(),
    "pandas objects": lambda: FRAME.to_pandas().astype(object),
    "pandas arrow": lambda: FRAME.to_pandas(use_pyarrow_extension_array=True),
    "arrow table": FRAME.to_arrow,
    "arrow batch": lambda: FRAME.to_arrow().combine_chunks().to_batches()[0],
    "arrow reader": lambda: FRAME.to_arrow().to_reader(),
    "anything with the Arrow C stream": lambda: Capsule(FRAME.to_arrow()),
}


@pytest.mark.parametrize("kind", TABLES)
def test_every_kind_of_table_gives_the_same_events(kind):
    assert rows(read_events(TABLES[kind]())) == EXPECTED


WRITERS = {
    "e.parquet": FRAME.write_parquet,
    "e.pq": FRAME.write_parquet,
    "e.arrow": FRAME.write_ipc,
    "e.feather": FRAME.write_ipc,
    "e.ipc": FRAME.write_ipc_stream,
    "e.data": FRAME.write_parquet,
    "e.other": FRAME.write_ipc,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_of_file_gives_the_same_events(tmp_path, name):
    WRITERS[name](tmp_path / name)
    assert rows(read_events(tmp_path / name)) == EXPECTED
    assert rows(read_events(str(tmp_path / name), properties={"n"})) == [
        (lead, at, event, {key: value for key, value in given.items() if key == "n"})
        for lead, at, event, given in EXPECTED
    ]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_times_of_any_unit_and_zone(unit, zone):
    times = pl.Series([datetime.datetime(2026, 1, 1, 12)], dtype=pl.Datetime(unit)).dt.replace_time_zone(zone)
    table = read_events(pl.DataFrame({"lead": ["a"], "time": times, "event": ["e"], "at": times}))
    hour = 11 if zone == "Europe/Berlin" else 12
    [event] = events_of(table)
    assert event.time == DAY.replace(hour=hour)
    assert event.properties["at"] == DAY.replace(hour=hour)


def test_a_date_is_midnight_utc_and_a_whole_number_is_microseconds():
    dates = pl.DataFrame({"lead": ["a"], "time": [DAY.date()], "event": ["e"]})
    numbers = pl.DataFrame({"lead": ["a"], "time": [1767225600000000], "event": ["e"]})
    texts = pl.DataFrame({"lead": ["a"], "time": ["2026-01-01"], "event": ["e"]})
    assert rows(read_events(dates)) == rows(read_events(numbers)) == rows(read_events(texts)) == [("a", DAY, "e", {})]


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        (pl.Series([7, 8], dtype=pl.Int32), [7, 8]),
        (pl.Series([7, 2**64 - 1], dtype=pl.UInt64), ["7", str(2**64 - 1)]),
        (pl.Series([7.0, 8.0]), [7, 8]),
        (pl.Series(["x", "007"]), ["x", "007"]),
        (pl.Series(["x", "y"], dtype=pl.Categorical), ["x", "y"]),
        (pl.Series(["x", "y"], dtype=pl.Enum(["x", "y"])), ["x", "y"]),
    ],
)
def test_leads_are_text_or_whole_numbers(series, expected):
    table = read_events(pl.DataFrame({"lead": series, "time": [DAY, DAY], "event": ["e", "e"]}))
    assert [event.lead for event in events_of(table)] == expected


@pytest.mark.parametrize(
    "column",
    [
        {"lead": [1.5]},
        {"lead": [True]},
        {"lead": [["a"]]},
        {"lead": [b"a"]},
        {"time": [1.5]},
        {"time": [datetime.time(10)]},
        {"time": [datetime.timedelta(1)]},
        {"event": [7]},
        {"event": [True]},
    ],
)
def test_a_column_of_a_type_that_cannot_be_it_is_one_plain_error(column):
    with pytest.raises(DataError, match=next(iter(column))):
        read_events(pl.DataFrame({"lead": ["a"], "time": [DAY], "event": ["e"], **column}))


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        (pl.Series([1.5, float("nan")]), [1.5, None]),
        (pl.Series([0.1, float("nan")], dtype=pl.Float32), [0.1, None]),
        (pl.Series([1e20, float("-inf")], dtype=pl.Float32), [1e20, float("-inf")]),
        (pl.Series([datetime.timedelta(minutes=1), None]), [60, None]),
        (pl.Series(["a", None], dtype=pl.Categorical), ["a", None]),
        (pl.Series([Decimal("1.10"), None]), [Decimal("1.10"), None]),
        (pl.Series([["a"], None]), [["a"], None]),
        (pl.Series([{"y": 1}, None]), [{"y": 1}, None]),
        (pl.Series([[1, 2], None], dtype=pl.Array(pl.Int64, 2)), [[1, 2], None]),
        (pl.Series([None, None]), [None, None]),
        (pl.Series([datetime.date(2026, 1, 1), None]), [datetime.date(2026, 1, 1), None]),
    ],
)
def test_properties_of_every_type(series, expected):
    table = read_events(pl.DataFrame({"lead": ["a", "b"], "time": [DAY, DAY], "event": ["e", "e"], "x": series}))
    assert [event.properties.get("x") for event in events_of(table)] == expected


def test_a_column_that_is_no_property_is_remarked_on():
    table = read_events(pl.DataFrame({"lead": ["a"], "time": [DAY], "event": ["e"], "x": [b"\x00"]}))
    assert [event.properties for event in events_of(table)] == [{}]
    assert ["x" in remark.message for remark in table.remarks] == [True]


def test_a_struct_called_properties_is_opened_and_others_stay():
    frame = pl.DataFrame(
        {"lead": ["a"], "time": [DAY], "event": ["e"], "properties": [{"n": 1, "m": {"o": 2}}], "page": [{"path": "/"}]}
    )
    assert rows(read_events(frame)) == [("a", DAY, "e", {"page": {"path": "/"}, "n": 1, "m": {"o": 2}})]
    assert rows(read_events(frame, properties={"n"})) == [("a", DAY, "e", {"n": 1})]


def test_json_text_called_properties_is_opened():
    frame = pl.DataFrame({"lead": ["a"] * 3, "time": [DAY] * 3, "event": ["e"] * 3,
                          "properties": ['{"n": 1}', None, '{"n": "x"}']})  # fmt: skip
    assert [each[3] for each in rows(read_events(frame))] == [{"n": 1}, {}, {"n": "x"}]


def test_a_row_that_cannot_be_read_is_shown_as_json():
    frame = pl.DataFrame(
        {"lead": ["a", None, ""], "time": [DAY, DAY, None], "event": ["e", "e", "e"], "n": [1, 2, None]}
    )
    table = read_events(frame)
    assert [(each.line, each.reason) for each in table.rejects] == [(2, "no lead"), (3, "no lead")]
    assert json.loads(next(iter(table.rejects)).row) == {"time": DAY.isoformat(), "event": "e", "n": 2}


def test_pandas_columns_of_several_types_keep_them():
    frame = pd.DataFrame({"lead": ["a"] * 4, "time": ["2026-01-01"] * 4, "event": ["e"] * 4, "x": [1, "1", None, [2]]})
    assert [each[3] for each in rows(read_events(frame))] == [{"x": 1}, {"x": "1"}, {}, {"x": [2]}]


def test_pandas_whole_numbers_with_gaps_are_whole_leads():
    frame = pd.DataFrame({"lead": [7, None], "time": ["2026-01-01"] * 2, "event": ["e"] * 2})
    table = read_events(frame)
    assert [event.lead for event in events_of(table)] == [7]
    assert [reject.reason for reject in table.rejects] == ["no lead"]


@pytest.mark.parametrize(
    "table", [pl.DataFrame(), pl.DataFrame({"a": [1]}), pd.DataFrame([[1, 2]], columns=["a", "a"])]
)
def test_a_table_that_is_no_table_of_events_is_one_plain_error(table):
    with pytest.raises(DataError):
        read_events(table)


def test_an_empty_table_has_no_events():
    assert len(read_events(FRAME.clear())) == 0


def test_a_folder_a_glob_and_a_list_are_all_their_files(tmp_path):
    for day in (1, 2):
        (tmp_path / f"day-{day}").mkdir()
        FRAME.write_parquet(tmp_path / f"day-{day}" / "part.parquet")
    (tmp_path / "_SUCCESS").write_text("")
    files = [tmp_path / "day-1" / "part.parquet", tmp_path / "day-2" / "part.parquet"]
    for given in (tmp_path, str(tmp_path / "*" / "*.parquet"), files, [FRAME, files[0]]):
        assert rows(read_events(given)) == EXPECTED * 2


def test_files_of_several_formats_are_one_table(tmp_path):
    (tmp_path / "1.csv").write_text("lead,time,event,n,only\n7,2026-01-01,e,1.5,x\n")
    (tmp_path / "2.jsonl").write_text('{"lead":"x","time":"2026-01-01","event":"e","n":"1","id":7}\n')
    (tmp_path / "3.jsonl").write_text('{"lead":8,"time":"2026-01-01","event":"e","n":2,"deep":{"a":1}}\nnope\n')
    (tmp_path / "4.jsonl").write_text('{"lead":9,"time":"2026-01-01","event":"e","deep":{"b":"x"}}\n')
    table = read_events(tmp_path)
    assert [(event.lead, event.id, event.properties) for event in events_of(table)] == [
        ("7", None, {"n": 1.5, "only": "x"}),
        ("x", 7, {"n": "1"}),
        ("8", None, {"n": 2, "deep": {"a": 1, "b": None}}),
        ("9", None, {"deep": {"a": None, "b": "x"}}),
    ]
    assert [(each.file.rsplit("/", 1)[-1], each.line) for each in table.rejects] == [("3.jsonl", 2)]
    assert [table.where(row)[0].rsplit("/", 1)[-1] for row in range(4)] == ["1.csv", "2.jsonl", "3.jsonl", "4.jsonl"]
    assert [table.where(row)[1] for row in range(4)] == [2, 1, 1, 1]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"lead,time,event\na,2026-01-01,e\n", [("a", DAY, "e", {})]),
        (b'\n {"lead":"a","time":"2026-01-01","event":"e"}\n', [("a", DAY, "e", {})]),
    ],
)
def test_standard_input_is_csv_or_json_by_its_first_character(monkeypatch, content, expected):
    import io
    import sys

    class Standard:
        buffer = io.BytesIO(content)

    monkeypatch.setattr(sys, "stdin", Standard())
    table = read_events("-")
    assert rows(table) == expected
    assert table.where(0)[0] == "standard input"
