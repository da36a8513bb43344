"""Files and tables of which the columns are unlike: what the incremental engine makes of them."""

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mqlrules

NAMES = ["a", "b", "c", "a"] * 6
RULES = """
lifecycle new > one > two > three > four
rule one: a where (x = "3") and b => one
rule two: distinct(x of activity) >= 3 => two
rule three: (a or b) >= 2 with same x => three
rule four: no a where (x is missing) and c => four
"""


def _table(x: pa.Array) -> pa.Table:
    rows = len(NAMES)
    times = pa.array([hour * 3_600_000_000 for hour in range(rows)], pa.timestamp("us"))
    return pa.table({"lead": [row % 3 for row in range(rows)], "time": times, "event": NAMES, "x": x})


def _same(inputs: object, rules: str = RULES) -> pl.DataFrame:
    loaded = mqlrules.loads(rules)
    expected = loaded.run(inputs, engine="incremental")
    assert expected.equals(loaded.run(inputs, engine="columnar"))
    return expected


TEXTS = pa.array([str(row % 5) if row % 4 else None for row in range(len(NAMES))])


@pytest.mark.parametrize("turned", [False, True])
def test_a_file_in_which_a_column_of_numbers_is_empty_beside_one_of_texts(turned: bool, tmp_path: Path) -> None:
    nothing = _table(pa.nulls(len(NAMES), pa.int64())).slice(0, 9)
    files = [tmp_path / "1.parquet", tmp_path / "2.parquet"]
    for file, table in zip(files, [nothing, _table(TEXTS).slice(9)], strict=True):
        pq.write_table(table, file)
    assert len(_same(files[::-1] if turned else files))


def test_a_file_without_rows(tmp_path: Path) -> None:
    file, more = tmp_path / "1.parquet", tmp_path / "2.parquet"
    pq.write_table(_table(pa.array(range(len(NAMES)))).slice(0, 0), file)
    pq.write_table(_table(TEXTS), more)
    assert not len(_same(file))
    assert len(_same([file, more]))


def test_maps_are_mappings_at_any_depth(tmp_path: Path) -> None:
    values = TEXTS.to_pylist()
    shallow = pa.array([[("y", value), ("z", "1")] for value in values], pa.map_(pa.string(), pa.string()))
    deep = pa.array([{"m": [("y", value)]} for value in values], pa.struct([("m", shallow.type)]))
    file = tmp_path / "maps.parquet"
    for maps, path in ((shallow, "x.y"), (deep, "x.m.y")):
        rules = RULES.replace("x =", f"{path} =").replace("x of", f"{path} of").replace("x is", f"{path} is")
        rules = rules.replace("same x", f"same {path}")
        assert _same(_table(TEXTS)).drop("fingerprint").equals(_same(_table(maps), rules).drop("fingerprint"))
        pq.write_table(_table(maps), file)
        _same(file, rules)


def _shifted(array: pa.Array) -> pa.Array:
    """The same array, its buffers beginning at an odd byte."""
    buffers = [None if each is None else pa.py_buffer(b"\0" + each.to_pybytes()).slice(1) for each in array.buffers()]
    return pa.Array.from_buffers(array.type, len(array), buffers)


@pytest.mark.parametrize("text", [None, pa.string(), pa.large_string()])
def test_numbers_may_stand_at_any_byte_of_memory(text: pa.DataType | None) -> None:
    numbers = list(range(500))
    leads = pa.array([n % 7 for n in numbers]) if text is None else pa.array([f"l{n % 7}" for n in numbers], text)
    columns = {
        "lead": leads,
        "time": pa.array([n * 10**9 for n in numbers], pa.timestamp("us", "UTC")),
        "amount": pa.array([n / 2 for n in numbers]),
        "id": pa.array(numbers),
    }
    named = {"event": pa.array(["visit"] * 500)}
    rules = mqlrules.loads("sum(amount of visit where (amount > 5)) > 300 => MQL")
    expected = rules.run(pa.table(columns | named), engine="incremental")
    assert 7 == expected.height
    shifted = pa.table({name: _shifted(column) for name, column in columns.items()} | named)
    assert expected.equals(rules.run(shifted, engine="columnar"))
