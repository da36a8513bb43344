"""CSV: cells to types, rows to lines."""

import datetime
import gzip

import pytest

from mqlrules.check.program import EventSchema, Program
from mqlrules.readers import events_of

HEADER = "lead,time,event"
DAY = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def properties(table):
    return [event.properties for event in events_of(table)]


def values(read, cells, **options):
    """The values of a column ``x`` with these cells."""
    rows = "".join(f"a,2026-01-01,e,{cell}\n" for cell in cells)
    return [each.get("x") for each in properties(read("e.csv", f"{HEADER},x\n{rows}", **options))]


def test_a_row_is_an_event_and_its_other_columns_are_properties(read):
    table = read("e.csv", f"{HEADER},path,id\nlead-1,2026-01-01T10:00:00Z,page_viewed,/pricing,m1\n")
    [event] = events_of(table)
    assert event.lead == "lead-1"
    assert event.time == DAY.replace(hour=10)
    assert event.event == "page_viewed"
    assert event.properties == {"path": "/pricing"}
    assert event.id == "m1"


def test_an_empty_cell_is_a_missing_property(read):
    table = read("e.csv", f'{HEADER},path,note\na,2026-01-01,e,,""\na,2026-01-01,e,/x,n\n')
    assert properties(table) == [{}, {"path": "/x", "note": "n"}]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "-20", ""], [1, -20, None]),
        (["1", "2.50", ".5", "1e3"], [1, 2.5, 0.5, 1000]),
        (["true", "FALSE", ""], [True, False, None]),
        (["2026-01-31", ""], [datetime.date(2026, 1, 31), None]),
        (["2026-01-01T00:00:00Z", "2026-01-01 02:00+02:00"], [DAY, DAY]),
        (["1", "2", "n/a"], ["1", "2", "n/a"]),
        (["true", "1"], ["true", "1"]),
        (["2026-01-31", "soon"], ["2026-01-31", "soon"]),
        (["NaN", "inf"], ["NaN", "inf"]),
        (["1,5", "2"], ["1", "2"]),
    ],
)
def test_a_column_is_numbers_booleans_or_times_when_all_its_cells_are(read, cells, expected):
    if "1,5" in cells:
        cells = ['"1,5"', "2"]
        expected = ["1,5", "2"]
    assert values(read, cells) == expected


def test_numbers_with_leading_zeros_and_beyond_64_bits_are_text(read):
    assert values(read, ["01067", "10115"]) == ["01067", "10115"]
    assert values(read, ["12345678901234567890", "1"]) == ["12345678901234567890", "1"]
    assert values(read, ["1.5", "9007199254740993"]) == ["1.5", "9007199254740993"]


def test_dates_alone_among_times_stay_text(read):
    assert values(read, ["2026-01-31", "2026-01-31T10:00Z"]) == ["2026-01-31", "2026-01-31T10:00Z"]


def schema(**types):
    return Program(schemas={"e": EventSchema("e", types)})


@pytest.mark.parametrize(
    ("type_", "cells", "expected"),
    [
        ("text", ["007", "1"], ["007", "1"]),
        ("number", ["007", "+1.5"], [7, 1.5]),
        ("number", ["007", "12"], [7, 12]),
        ("boolean", ["yes", "0", "TRUE"], [True, False, True]),
        ("time", ["2026-01-31", "2026-01-01"], [datetime.date(2026, 1, 31), datetime.date(2026, 1, 1)]),
        ("duration", ["40s", "1.5h", "2"], [40, 5400, 2]),
        ("list", ['"[""a"", ""b""]"', "[]"], [["a", "b"], []]),
    ],
)
def test_a_schema_decides_where_it_speaks(read, type_, cells, expected):
    table_values = values(read, cells, program=schema(x=type_))
    assert table_values == expected


@pytest.mark.parametrize(
    ("type_", "cells", "expected"),
    [
        ("number", ["1", "n/a"], [1, None]),
        ("boolean", ["true", "perhaps"], [True, None]),
        ("time", ["2026-01-01", "soon"], [datetime.date(2026, 1, 1), None]),
        ("duration", ["40s", "long"], [40, None]),
        ("list", ["[]", "a;b"], [[], None]),
    ],
)
def test_a_cell_that_does_not_fit_its_schema_is_missing_and_remarked_on(read, type_, cells, expected):
    content = f"{HEADER},x\n" + "".join(f"a,2026-01-01,e,{cell}\n" for cell in cells)
    table = read("e.csv", content, program=schema(x=type_))
    assert [each.get("x") for each in properties(table)] == expected
    assert len(table.rejects) == 0
    [remark] = table.remarks
    assert (remark.line, remark.count) == (3, 1)
    assert '"x"' in remark.message


def test_a_schema_speaks_of_its_own_event_alone(read):
    content = f"{HEADER},x\na,2026-01-01,e,007\na,2026-01-01,other,7\na,2026-01-01,E,8\n"
    assert properties(read("e.csv", content, program=schema(x="text"))) == [{"x": "007"}, {"x": 7}, {"x": "8"}]


def test_the_schema_of_leads_speaks_of_identify(read):
    program = Program(lead_schema=EventSchema("lead", {"zip": "text"}))
    content = f"{HEADER},zip\na,2026-01-01,identify,10115\n"
    assert properties(read("e.csv", content, program=program)) == [{"zip": "10115"}]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["17", "4"], [17, 4]),
        (["007", "8"], ["007", "8"]),
        (["7", "lead-8"], ["7", "lead-8"]),
        ([" a ", "b"], ["a", "b"]),
        (["1.0", "2"], ["1.0", "2"]),
        (["99999999999999999999", "1"], ["99999999999999999999", "1"]),
    ],
)
def test_leads_are_whole_numbers_when_all_are_and_no_zero_is_lost(read, cells, expected):
    content = f"{HEADER}\n" + "".join(f"{cell},2026-01-01,e\n" for cell in cells)
    assert [event.lead for event in events_of(read("e.csv", content))] == expected


def test_a_rejected_row_has_no_say_in_whether_leads_are_numbers(read):
    assert [e.lead for e in events_of(read("e.csv", f"{HEADER}\n7,2026-01-01,e\nx,never,e\n"))] == [7]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(read, delimiter):
    content = f'{HEADER},note\na,2026-01-01,e,"x;y,z"\n'
    changed = content.replace("lead,time,event,note", f"lead{delimiter}time{delimiter}event{delimiter}note").replace(
        "a,2026-01-01,e,", f"a{delimiter}2026-01-01{delimiter}e{delimiter}"
    )
    assert properties(read("e.csv", changed)) == [{"note": "x;y,z"}]


def test_the_line_with_which_excel_names_the_delimiter_is_no_header(read):
    table = read("e.csv", "sep=;\nlead;time;event\na;2026-01-01;e\nb;never;e\n")
    assert [event.lead for event in events_of(table)] == ["a"]
    assert [reject.line for reject in table.rejects] == [4]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(read, end):
    content = end.join([HEADER, "a,2026-01-01,e", "b,2026-01-02,e", ""])
    assert [event.lead for event in events_of(read("e.csv", content))] == ["a", "b"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks(read, encoding):
    table = read("e.csv", f"{HEADER},name\na,2026-01-01,e,Müller\n".encode(encoding))
    assert properties(table) == [{"name": "Müller"}]


def test_gzip_is_known_by_its_bytes(read):
    content = gzip.compress(f"{HEADER}\na,2026-01-01,e\n".encode())
    assert len(read("e.csv.gz", content)) == len(read("e.csv", content)) == 1


QUOTED = f"""{HEADER},note
a,2026-01-01,e,"one
two ""quoted"", and

four"
b,never,e,
c,2026-01-02,e,"plain, really"
d,2026-01-03,e,5" pipe
"""


def test_a_quoted_cell_may_hold_lines_quotes_and_delimiters(read):
    table = read("e.csv", QUOTED)
    assert properties(table) == [
        {"note": 'one\ntwo "quoted", and\n\nfour'}, {"note": "plain, really"}, {"note": '5" pipe'},
    ]  # fmt: skip


def test_line_numbers_count_the_lines_inside_quotes(read):
    table = read("e.csv", QUOTED)
    assert [reject.line for reject in table.rejects] == [6]
    assert [table.where(row)[1] for row in range(3)] == [2, 7, 8]


def test_an_open_quote_costs_its_line_and_not_the_file(read):
    content = (
        f'{HEADER},note\na,2026-01-01,e,"open\nb,2026-01-02,e,n\nc,2026-01-03,e,"fine, really"\nd,2026-01-04,e,z\n'
    )
    table = read("e.csv", content)
    assert [event.lead for event in events_of(table)] == ["b", "c", "d"]
    assert [(reject.line, reject.row) for reject in table.rejects] == [(2, 'a,2026-01-01,e,"open')]


def test_an_open_quote_in_the_last_line(read):
    table = read("e.csv", f'{HEADER},note\na,2026-01-01,e,x\nb,2026-01-02,e,"open\n')
    assert [event.lead for event in events_of(table)] == ["a"]
    assert [(each.line, each.reason) for each in table.rejects] == [(3, "a quote that is opened and never closed")]


def test_rows_that_stand_in_quotes_as_a_whole_are_read_and_remarked_on_once(read):
    rows = 'a,2026-01-01,e,"x, y"\n"b,2026-01-02,e,""x, y"""\n"c,2026-01-03,e,z"\n"d,2026-01-04"\n'
    table = read("e.csv", f"{HEADER},note\n{rows}")
    assert [event.lead for event in events_of(table)] == ["a", "b", "c"]
    assert [each.get("note") for each in properties(table)] == ["x, y", "x, y", "z"]
    message = "a row stands in quotes as a whole, and was read without them"
    assert [(each.line, each.count, each.message) for each in table.remarks] == [(3, 2, message)]
    assert [(each.line, each.reason) for each in table.rejects] == [(5, "1 cell where the header has 4")]


def test_blank_lines_are_no_rows(read):
    table = read("e.csv", f"{HEADER}\n\na,2026-01-01,e\n   \nb,never,e\n\n")
    assert len(table) == 1
    assert [reject.line for reject in table.rejects] == [5]


def test_rows_keep_their_order_whatever_way_they_were_read(read):
    notes = ['"a\nb"', '"q"', "x"]
    rows = [f"{number},2026-01-01,e,{notes[number % 3]}" for number in range(50)]
    table = read("e.csv", "\n".join([f"{HEADER},note", *rows]))
    assert [event.lead for event in events_of(table)] == list(range(50))


def test_a_column_without_a_name_gets_its_number(read):
    assert properties(read("e.csv", f",{HEADER}\n0,a,2026-01-01,e\n")) == [{"column 1": 0}]


def test_a_column_of_json_objects_called_properties_is_opened(read):
    content = f'{HEADER},properties,path\na,2026-01-01,e,"{{""n"": 1, ""path"": ""/x""}}",\na,2026-01-01,e,,/y\n'
    assert properties(read("e.csv", content)) == [{"n": 1, "path": "/x"}, {"path": "/y"}]


def test_a_cell_of_properties_that_is_no_object_is_rejected(read):
    content = f'{HEADER},properties\na,2026-01-01,e,"{{""n"": 1}}"\na,2026-01-01,e,{{n\n'
    table = read("e.csv", content)
    assert len(table) == 1
    assert [reject.line for reject in table.rejects] == [3]


def test_a_column_called_properties_that_holds_text_is_a_property(read):
    assert properties(read("e.csv", f"{HEADER},properties\na,2026-01-01,e,two rooms\n")) == [
        {"properties": "two rooms"}
    ]


def test_only_the_properties_asked_for(read):
    table = read("e.csv", f"{HEADER},a,b\nx,2026-01-01,e,1,2\n", properties={"b"})
    assert properties(table) == [{"b": 2}]
