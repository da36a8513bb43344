"""Real event files, read here and by somebody else (DuckDB, the csv module)."""

import csv
import gzip
from pathlib import Path

import pytest

duckdb = pytest.importorskip("duckdb")
pl = pytest.importorskip("polars")

from mqlrules.readers import ColumnNames, events_of, read_events, read_leads  # noqa: E402 - needs polars

DATA = Path(__file__).parents[3] / "shared" / "data"


def path_of(name: str) -> str:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the real data is not here: ../shared/data/{name}")
    return str(path)


@pytest.mark.parametrize(
    ("name", "rows", "leads"), [("bpic2012", 262_200, 13_087), ("receipt", 8_577, 1_434), ("olist", 8_842, 8_000)]
)
def test_every_row_is_read_with_its_lead_and_time(name, rows, leads):
    path = path_of(f"{name}/events.csv.gz")
    table = read_events(path)
    assert (len(table), len(table.rejects), table.frame["lead"].n_unique()) == (rows, 0, leads)
    theirs = duckdb.sql(
        f"select lead, event, epoch_us(time::timestamptz) from read_csv('{path}', all_varchar=true)"
    ).fetchall()
    ours = list(events_of(table, set()))
    assert [(str(event.lead), event.event, event.at) for event in ours] == theirs


def test_the_types_of_bpic2012():
    table = read_events(path_of("bpic2012/events.csv.gz"))
    assert [str(table.frame.schema[name]) for name in ("lead", "phase", "amount", "resource")] == [
        "Int64", "String", "Int64", "Int64",
    ]  # fmt: skip


def test_the_leads_of_xeducation():
    path = path_of("xeducation/leads.csv.gz")
    found = read_leads(path, columns=ColumnNames(lead="Prospect ID"))
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    # Some rows stand in quotes as a whole, and are one cell to the csv module.
    whole = [next(csv.reader(row)) if len(row) == 1 else row for row in rows]
    assert (len(found.traits), len(found.rejects)) == (len(whole), 0)
    assert [remark.count for remark in found.remarks] == [sum(len(row) == 1 for row in rows)]
    for row in whole:
        traits = found.traits[row[0]]
        assert {name: str(value) for name, value in traits.items() if isinstance(value, str)} == {
            name: cell for name, cell in zip(header, row, strict=True) if cell and isinstance(traits.get(name), str)
        }
    assert sum(traits["Converted"] for traits in found.traits.values()) == sum(
        int(row[header.index("Converted")]) for row in whole
    )
