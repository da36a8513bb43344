"""Tables of leads: traits from before the first event."""

import pytest

from mqlrules.check.program import EventSchema, Program
from mqlrules.events.errors import DataError
from mqlrules.events.traits import as_traits
from mqlrules.language.instants import EventError
from mqlrules.readers import ColumnNames, read_events, read_leads

pl = pytest.importorskip("polars")
pd = pytest.importorskip("pandas")

LEADS = "lead,employees,industry,Lead Source\n7,250,software,\n8,,fintech,Ads\n"
EXPECTED = {7: {"employees": 250, "industry": "software"}, 8: {"industry": "fintech", "Lead Source": "Ads"}}


def test_every_column_but_the_lead_is_a_trait_and_an_empty_cell_is_none(write):
    assert read_leads(write("leads.csv", LEADS)).traits == EXPECTED


@pytest.mark.parametrize("make", [pl.DataFrame, pd.DataFrame, list])
def test_tables_and_rows_are_read_too(make):
    rows = [{"lead": 7, "size": 250, "plan": "pro"}, {"lead": 8, "size": 3, "plan": "free"}]
    assert read_leads(make(rows)).traits == {7: {"size": 250, "plan": "pro"}, 8: {"size": 3, "plan": "free"}}


def test_a_mapping_is_taken_as_it_is():
    assert read_leads(EXPECTED).traits == EXPECTED


def test_files_of_every_format(write, tmp_path):
    frame = pl.DataFrame([{"lead": lead} | traits for lead, traits in EXPECTED.items()], infer_schema_length=None)
    frame.write_parquet(tmp_path / "leads.parquet")
    frame.write_ndjson(tmp_path / "leads.jsonl")
    frame.write_ipc(tmp_path / "leads.arrow")
    for name in ("leads.parquet", "leads.jsonl", "leads.arrow"):
        assert read_leads(tmp_path / name).traits == EXPECTED


def test_later_rows_of_a_lead_add_to_earlier_ones(write):
    content = "lead,a,b\nx,1,2\ny,0,0\nx,3,\n"
    assert read_leads(write("leads.csv", content)).traits == {"x": {"a": 3, "b": 2}, "y": {"a": 0, "b": 0}}


def test_the_schema_of_leads_decides_the_types_it_speaks_of(write):
    program = Program(lead_schema=EventSchema("lead", {"zip": "text", "customer": "boolean", "size": "number"}))
    found = read_leads(write("leads.csv", "lead,zip,customer,size\na,10115,yes,many\n"), program=program)
    assert found.traits == {"a": {"zip": "10115", "customer": True}}
    assert ["size" in remark.message for remark in found.remarks] == [True]


def test_a_row_without_a_lead_is_rejected(write):
    found = read_leads(write("leads.csv", "lead,a\nx,1\n,2\nx\n"))
    assert found.traits == {"x": {"a": 1}}
    assert [(each.line, each.reason) for each in found.rejects] == [
        (3, "no lead"), (4, "1 cell where the header has 2"),
    ]  # fmt: skip


def test_leads_are_text_where_those_of_the_events_are(write):
    assert list(read_leads(write("leads.csv", LEADS), text=True).traits) == ["7", "8"]
    assert list(read_leads({7: {}}, text=True).traits) == ["7"]


@pytest.mark.parametrize("content", [LEADS, "user,employees\n7,250\n"])
def test_the_column_may_be_called_as_in_the_events_or_lead(write, content):
    found = read_leads(write("leads.csv", content), columns=ColumnNames(lead="user", time="t", event="e", id="i"))
    assert 7 in found.traits


def test_a_file_without_leads_says_what_is_meant(write):
    with pytest.raises(DataError, match=r'did you mean columns={"leads": "user_id"}'):
        read_leads(write("leads.csv", "user_id,a\n1,2\n"))


def test_the_column_of_a_table_of_leads_has_a_name_of_its_own(write):
    content = "lead,Prospect ID,employees\nMr A,7,250\n"
    found = read_leads(write("leads.csv", content), columns=ColumnNames(lead="user", leads="Prospect ID"))
    assert found.traits == {7: {"lead": "Mr A", "employees": 250}}
    with pytest.raises(DataError, match=r'has no column "Prospect Id"(.|\n)*mean columns={"leads": "Prospect ID"}'):
        read_leads(write("leads.csv", content), columns=ColumnNames(leads="Prospect Id"))


def test_leads_in_rows_that_stand_in_quotes_as_a_whole_have_their_traits(write):
    found = read_leads(write("leads.csv", 'lead,industry,size\n7,software,3\n"8,""food, wine"",5"\n'))
    assert found.traits == {7: {"industry": "software", "size": 3}, 8: {"industry": "food, wine", "size": 5}}
    assert [(each.line, each.count) for each in found.remarks] == [(3, 1)]


def test_hints_lead_to_a_call_that_works(write):
    events = write("events.csv", "lead,time,event\n7,2026-01-01,e\n")
    leads = write("leads.csv", "Prospect ID,employees\n7,250\n")
    with pytest.raises(DataError, match=r'mean columns={"leads": "Prospect ID"}'):
        read_leads(leads)
    for names in (ColumnNames(leads="Prospect ID"), ColumnNames(lead="Prospect ID", shared=True)):
        table = read_events(events, columns=names)
        assert table.frame["lead"].to_list() == [7]
        assert read_leads(leads, columns=names).traits == {7: {"employees": 250}}


def test_traits_without_files_are_read_without_polars():
    assert as_traits(None) == {}
    assert as_traits({"a": {"x": 1}}) == {"a": {"x": 1}}
    assert as_traits([{"lead": "a", "x": 1}, {"lead": "a", "y": 2}]) == {"a": {"x": 1, "y": 2}}
    for wrong in ([{"x": 1}], [7], {"a": 7}, {"": {}}, [{"lead": 1.5}]):
        with pytest.raises(EventError):
            as_traits(wrong)


def test_a_null_in_rows_takes_a_trait_away_again():
    assert as_traits([{"lead": "a", "x": 1}, {"lead": "a", "x": None}]) == {"a": {"x": None}}
