"""Properties that are read block by block are what they are in a file that is read whole."""

import json

import pytest

pl = pytest.importorskip("polars")
pytest.importorskip("pyarrow")

from mqlrules.readers import blocks, read_events  # noqa: E402 - they need what has just been asked for
from mqlrules.readers.scan import scan_events  # noqa: E402

VALUES = [
    [{"path": None}],
    [{"path": None}, {"path": "x"}],
    [{"path": None}, 5],
    [{"path": {"q": None}}, None],
    [{"path": None}, {"path": []}],
    [{}],
]


@pytest.mark.parametrize("values", VALUES, ids=json.dumps)
def test_objects_in_which_all_is_null_are_values_all_the_same(write, monkeypatch, values):
    event = {"lead": "a", "time": "2026-01-01", "event": "e"}
    lines = [line for value in values for line in ({**event, "p": value}, {**event, "filling": "x" * 300})]
    path = write("e.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    whole = read_events(path).frame["p"].drop_nulls().to_list()
    monkeypatch.setattr(blocks, "BLOCK", 256)
    chunks = list(scan_events(path))
    assert whole == [value for chunk in chunks for value in chunk.column("p").to_pylist() if value is not None]
