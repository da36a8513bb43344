"""JSON lines keep their own types, however they are read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqlrules.readers import events_of
from mqlrules.readers.fast_ndjson import uniform_columns
from mqlrules.readers.jsonl import read_jsonl
from mqlrules.readers.lines import text_lines
from mqlrules.readers.values import columns_of


def event(**more):
    return json.dumps({"lead": "a", "time": "2026-01-01", "event": "e"} | more)


def properties(table):
    return [each.properties for each in events_of(table)]


MIXED = [
    {"x": 1},
    {"x": "1"},
    {"x": True},
    {"x": 1.5},
    {"x": [1, "a"]},
    {"x": {"y": 1}},
    {"x": {"y": "1"}},
    {"x": []},
    {"x": {}},
    {"x": 9007199254740993},
    {"x": 123456789012345678901234567890},
    {"x": "2026-01-01"},
    {},
]


def test_values_keep_their_types_even_where_types_differ_from_line_to_line(read):
    table = read("e.jsonl", "\n".join(event(**each) for each in MIXED))
    assert properties(table) == MIXED
    assert [type(each.get("x")) for each in properties(table)] == [type(each.get("x")) for each in MIXED]
    assert table.encoded == {"x"}


@pytest.mark.parametrize("pair", [(1, "1"), (True, 1), (1, [1]), ({"a": 1}, {"a": "1"}), (["1"], [1]), (1.5, 2**60)])
def test_two_types_are_never_made_one(read, pair):
    table = read("e.jsonl", "\n".join(event(x=value) for value in pair))
    assert [(type(each["x"]), each["x"]) for each in properties(table)] == [(type(value), value) for value in pair]


def test_a_null_is_a_missing_property(read):
    assert properties(read("e.jsonl", event(x=None, y=1))) == [{"y": 1}]


@pytest.mark.parametrize("broken", ["", "\nnope"])
def test_a_null_of_identify_is_kept_since_it_removes_a_trait(read, broken):
    identify = [
        '{"lead":"a","time":"2026-01-01","event":"Identify","plan":"pro","city":"Bonn"}',
        '{"lead":"a","time":"2026-01-02","event":"identify","plan":null}',
        '{"lead":"a","time":"2026-01-03","event":"e","plan":null}',
    ]
    table = read("e.jsonl", "\n".join(identify) + broken)
    assert properties(table) == [{"plan": "pro", "city": "Bonn"}, {"plan": None}, {}]


@pytest.mark.parametrize("broken", ["", "\nnope"])
def test_a_null_of_identify_is_kept_inside_properties_too(read, broken):
    lines = [event(event="identify", properties={"plan": "pro"}), event(event="identify", properties={"plan": None}),
             event(properties={"plan": None, "city": "Bonn"})]  # fmt: skip
    table = read("e.jsonl", "\n".join(lines) + broken)
    assert properties(table) == [{"plan": "pro"}, {"plan": None}, {"city": "Bonn"}]


def test_nested_mappings_stay_nested(read):
    table = read("e.jsonl", event(page={"url": {"path": "/x"}}) + "\n" + event(page={"title": "t"}))
    assert properties(table)[0]["page"]["url"]["path"] == "/x"
    assert properties(table)[1]["page"]["title"] == "t"


def test_a_mapping_called_properties_is_opened(read):
    table = read("e.jsonl", event(properties={"a": 1, "lead": "other"}, b=2) + "\n" + event(properties={"a": "x"}))
    assert properties(table) == [{"a": 1, "lead": "other", "b": 2}, {"a": "x"}]


@pytest.mark.parametrize(
    ("leads", "expected"),
    [([7, 8], [7, 8]), (["7", "08"], ["7", "08"]), ([7, "x"], ["7", "x"])],
)
def test_leads_keep_their_type_and_are_text_where_some_are(read, leads, expected):
    table = read("e.jsonl", "\n".join(event(lead=lead) for lead in leads))
    assert [each.lead for each in events_of(table)] == expected


def test_times_are_text_or_microseconds_even_in_one_file(read):
    lines = [event(), json.dumps({"lead": "a", "time": 1767225600000000, "event": "e"})]
    assert [each.at for each in events_of(read("e.jsonl", "\n".join(lines)))] == [1767225600000000] * 2


def test_an_array_of_objects_is_read_too(read):
    table = read("e.json", f"[{event(x=1)},\n7,\n{event(x='y')}]")
    assert properties(table) == [{"x": 1}, {"x": "y"}]
    assert [reject.line for reject in table.rejects] == [2]


def test_lines_are_numbered_with_the_blank_ones(read):
    table = read("e.jsonl", f"\n{event()}\n   \n{event()}\n")
    assert [table.where(row)[1] for row in range(2)] == [2, 4]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.integers(-9, 9) | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["1", "true", "null", "2026-01-01", '"', "\\", "\u2028", '{"x":1}', '"x": 5']),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["x", "y", 'q"', "\\"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
objects = st.lists(st.dictionaries(st.sampled_from(["x", "y", "z", 'k"', "é"]), json_values), min_size=1, max_size=5)


def same(one, other):
    """Equal as the language has it: of one type, a null and what is not there alike, 1 and 1.0 one number."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(same(one.get(key), other.get(key)) for key in {*one, *other})
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    kinds = [bool if isinstance(each, bool) else float if isinstance(each, (int, float)) else type(each)
             for each in (one, other)]  # fmt: skip
    return kinds[0] == kinds[1] and one == other


@given(objects, st.booleans())
def test_reading_all_lines_at_once_changes_no_value(rows, escaped):
    lines = [json.dumps(row, ensure_ascii=escaped) for row in rows]
    data, series, rejected = text_lines("e", "\n".join(lines).encode("utf-8", "surrogatepass"))
    if rejected:
        return
    columns = uniform_columns(data, series, "event")
    if columns is None:
        return
    values = {name: column.values() for name, column in columns.items()}
    for number, row in enumerate(rows):
        assert same({name: each[number] for name, each in values.items()}, row)


@given(objects)
def test_reading_line_by_line_changes_no_value(rows):
    values = {name: column.values() for name, column in columns_of(rows).items()}
    for number, row in enumerate(rows):
        assert same({name: each[number] for name, each in values.items()}, row)


def test_files_as_programs_write_them_are_read_at_once():
    rows = [{"lead": n, "time": "2026-01-01", "event": "é\n\"", "x": n / 3, "tags": ["a", "b"], "page": {"n": n}}
            for n in range(20)]  # fmt: skip
    data, lines, _ = text_lines("e", "\n".join(map(json.dumps, rows)).encode())
    assert uniform_columns(data, lines, "event") is not None


def test_the_rows_of_a_file_are_all_there():
    raw = read_jsonl("e", f"{event()}\n{event()}\n".encode())
    assert raw.frame.height == 2
