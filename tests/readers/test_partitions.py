"""Folders called ``key=value``."""

import datetime
from pathlib import Path

import pytest

import mqlrules
from mqlrules.readers import events_of, read_events

pl = pytest.importorskip("polars")

HEADER = "lead,time,event"
ROW = "7,2026-01-01T09:00:00Z,visited pricing"


def written(folder: Path, *parts: str, text: str = f"{HEADER}\n{ROW}\n") -> str:
    path = folder.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def properties(given: object, **options: object) -> list[dict[str, object]]:
    return [dict(event.properties) for event in events_of(read_events(given, **options))]


def test_a_folder_gives_its_files_a_property(tmp_path):
    written(tmp_path, "country=DE", "n=1", "a.csv")
    written(tmp_path, "country=FR", "n=2", "a.csv")
    assert [{"country": "DE", "n": 1}, {"country": "FR", "n": 2}] == properties(str(tmp_path))


def test_folder_glob_and_file_give_the_same(tmp_path):
    file = written(tmp_path, "country=DE", "a.csv")
    for given in (str(tmp_path), str(tmp_path / "*" / "*.csv"), file, [file]):
        assert [{"country": "DE"}] == properties(given)


def test_the_type_of_a_key_is_that_of_all_its_values(tmp_path):
    written(tmp_path, "n=1", "day=2026-01-01", "a.csv")
    written(tmp_path, "n=x", "day=2026-01-02", "a.csv")
    days = [datetime.date(2026, 1, 1), datetime.date(2026, 1, 2)]
    assert [{"n": "1", "day": days[0]}, {"n": "x", "day": days[1]}] == properties(str(tmp_path))


def test_a_schema_keeps_a_key_text(tmp_path):
    written(tmp_path, "zip=10115", "a.csv")
    program = mqlrules.loads("schema visited_pricing (zip: text)\nvisited pricing => MEL").program
    assert [{"zip": "10115"}] == properties(str(tmp_path), program=program)


def test_a_column_of_the_file_comes_before_its_folder(tmp_path):
    written(tmp_path, "country=DE", "a.csv", text=f"{HEADER},country\n{ROW},AT\n{ROW},\n")
    assert [{"country": "AT"}, {}] == properties(str(tmp_path))


def test_the_value_of_a_key_may_be_missing_or_escaped(tmp_path):
    written(tmp_path, "a=__HIVE_DEFAULT_PARTITION__", "x.csv")
    written(tmp_path, "a=b%20c", "x.csv")
    assert [{}, {"a": "b c"}] == properties(str(tmp_path))


def test_events_may_be_in_folders_by_their_names(tmp_path):
    for kind, rows in (("visited pricing", 2), ("attended webinar", 1)):
        folder = tmp_path / f"event={kind}"
        folder.mkdir()
        time = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        pl.DataFrame({"lead": [7] * rows, "time": [time] * rows}).write_parquet(folder / "part.parquet")
    assert ["attended webinar", "visited pricing", "visited pricing"] == read_events(tmp_path).frame["event"].to_list()


def test_only_the_keys_that_are_asked_for_are_read(tmp_path):
    written(tmp_path, "country=DE", "n=1", "a.csv")
    assert [{"n": 1}] == properties(str(tmp_path), properties=["n"])
