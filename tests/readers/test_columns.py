"""Which column is which: names given, names in pyproject.toml, and what is said when one is missing."""

import pytest

from mqlrules.events.errors import DataError
from mqlrules.readers import ColumnNames, events_of, read_events
from mqlrules.text.error import for_the_command_line

CONTENT = "user_id,ts,action,key\n7,2026-01-01,e,k\n"


def test_columns_can_be_named(read):
    names = {"lead": "user_id", "time": "ts", "event": "action", "id": "key"}
    [event] = events_of(read("e.csv", CONTENT, names=names))
    assert (event.lead, event.event, event.id, event.properties) == (7, "e", "k", {})


def test_a_property_may_be_called_like_a_column_that_has_another_name(read):
    content = "who,when,what,lead,time,event,id\na,2026-01-01,e,1,2,3,4\n"
    table = read("e.csv", content, names={"lead": "who", "time": "when", "event": "what", "id": "id"})
    [event] = events_of(table)
    assert event.properties == {"lead": 1, "time": 2, "event": 3}
    assert event.id == 4


@pytest.mark.parametrize(
    ("header", "option", "argument"),
    [
        (
            "user_id,ts,action",
            "did you mean --lead-column user_id --time-column ts --event-column action?",
            'did you mean columns={"lead": "user_id", "time": "ts", "event": "action"}?',
        ),
        ("lead,time,evnt", "did you mean --event-column evnt?", 'did you mean columns={"event": "evnt"}?'),
        (
            "Prospect ID,time,event",
            'did you mean --lead-column "Prospect ID"?',
            'did you mean columns={"lead": "Prospect ID"}?',
        ),
        ("a,b,c", "name it with --lead-column NAME.", 'name it with columns={"lead": "NAME"}.'),
    ],
)
def test_a_missing_column_says_what_the_file_has_and_what_the_caller_may_mean(write, header, option, argument):
    file = write("e.csv", f"{header}\n1,2,3\n")
    shown = header.replace(",", ", ")
    with pytest.raises(DataError) as caught:
        read_events(file)
    assert caught.value.hint == f"The file has columns {shown}; {argument}"
    with for_the_command_line(), pytest.raises(DataError) as caught:
        read_events(file)
    assert caught.value.hint == f"The file has columns {shown}; {option}"


def test_events_fall_back_to_lead_where_the_name_is_that_of_the_table_of_leads_and_say_so(read):
    content = "lead,time,event\na,2026-01-01,e\n"
    table = read("e.csv", content, names={"lead": "user", "shared": True})
    assert [event.lead for event in events_of(table)] == ["a"]
    assert [remark.message for remark in table.remarks] == [
        'there is no column "user"; the leads are those of the column "lead"'
    ]
    assert read("e.csv", content, names={"shared": True}).remarks == ()
    with pytest.raises(DataError, match='no column "user"'):
        read("e.csv", content, names={"lead": "user"})


def test_a_name_that_only_some_event_files_have_leads_in_no_circle(write):
    paths = [write("a.csv", "user,time,event\na,2026-01-01,e\n"), write("b.csv", "who,time,event\na,2026-01-01,e\n")]
    with pytest.raises(DataError, match="A name holds for all event files of a call"):
        read_events(paths, columns=ColumnNames(lead="user"))


def test_a_missing_column_of_a_parquet_file_names_them_all_even_if_few_are_read(tmp_path):
    pl = pytest.importorskip("polars")
    pl.DataFrame({"user": [1], "time": [1], "event": ["e"], "x": [1]}).write_parquet(tmp_path / "e.parquet")
    with pytest.raises(DataError, match=r'columns user, time, event, x; did you mean columns={"lead": "user"}'):
        read_events(tmp_path / "e.parquet", properties={"nothing"})


def test_a_named_id_column_must_be_there_and_an_unnamed_need_not(read, write):
    content = "lead,time,event\na,2026-01-01,e\n"
    assert [event.id for event in events_of(read("e.csv", content))] == [None]
    with pytest.raises(DataError, match='no column "key"'):
        read_events(write("e.csv", content), columns=ColumnNames(id="key"))


def test_one_column_cannot_be_two_things(write):
    with pytest.raises(DataError, match="can't be both"):
        read_events(write("e.csv", CONTENT), columns=ColumnNames(lead="ts", time="ts", event="action"))


def test_another_delimiter_is_mentioned_when_a_column_is_missing(write):
    with pytest.raises(DataError, match="read with semicolons between the cells"):
        read_events(write("e.csv", "lead;when;event\n"))


def test_options_come_before_the_configuration():
    assert ColumnNames(lead="a").over(ColumnNames(lead="b", time="c")) == ColumnNames(lead="a", time="c")
