"""``scan_events`` gives what ``read_events`` gives, chunk by chunk, whatever the size."""

import datetime
import errno
import gzip
import json
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest

import mqlrules
from mqlrules.events.errors import DataError
from mqlrules.language.instants import microseconds
from mqlrules.readers import events_of, read_events

pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")
pytest.importorskip("pandas")

from mqlrules.readers import blocks, scan, typed  # noqa: E402 - they need what has just been asked for
from mqlrules.readers import csv as csv_reader  # noqa: E402
from mqlrules.readers.scan import Scan, scan_events  # noqa: E402
from mqlrules.readers.spool import Spool  # noqa: E402

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
ROWS = 2000
DICE = random.Random(4)
FRAME = pl.DataFrame(
    {
        "lead": [DICE.randrange(50) for _ in range(ROWS)],
        "time": [START + datetime.timedelta(seconds=DICE.randrange(10**6)) for _ in range(ROWS)],
        "event": [DICE.choice(["visited pricing", "Visited_Pricing", "called"]) for _ in range(ROWS)],
        "path": [DICE.choice(["/", "/x", None, ""]) for _ in range(ROWS)],
        "n": [DICE.choice([1, 2, None]) for _ in range(ROWS)],
        "f": [DICE.choice([1.5, float("nan"), None]) for _ in range(ROWS)],
        "b": [DICE.choice([True, None]) for _ in range(ROWS)],
    }
)
EVERY_700 = pl.int_range(ROWS) % 700 == 3
TIME, LEAD, TEXT_LEAD = pl.col("time"), pl.col("lead"), pl.col("lead").cast(pl.String)
JSON_TEXT = pl.when(pl.int_range(ROWS) > 700).then(pl.lit('{"q": 5, "n": "in"}'))
SOME_IDS = pl.when(pl.int_range(ROWS) % 3 == 0).then(pl.lit(" ")).otherwise(pl.lit("m"))
LONG_AGO = pl.duration(weeks=3120) + pl.duration(nanoseconds=501)
CHANGES: dict[str, list[pl.Expr]] = {
    "clean": [],
    "text leads": [TEXT_LEAD],
    "categories": [TEXT_LEAD.cast(pl.Categorical), pl.col("event", "path").cast(pl.Categorical)],
    "blank leads": [pl.when(EVERY_700).then(pl.lit(" \u00a0")).otherwise(TEXT_LEAD).alias("lead")],
    "no lead": [pl.when(~EVERY_700).then("lead").alias("lead")],
    "no name": [pl.when(EVERY_700).then(pl.lit(" - ")).otherwise("event").alias("event")],
    "nanoseconds before 1970": [TIME.dt.cast_time_unit("ns") - LONG_AGO],
    "milliseconds in Berlin": [TIME.dt.cast_time_unit("ms").dt.convert_time_zone("Europe/Berlin")],
    "no zone": [TIME.dt.replace_time_zone(None)],
    "dates": [TIME.dt.date()],
    "times as numbers": [TIME.to_physical()],
    "times as seconds": [pl.lit(1_767_690_000).alias("time")],
    "times as text": [TIME.dt.strftime("%Y-%m-%dT%H:%M:%SZ").str.replace("05T", "x")],
    "decimal leads": [LEAD.cast(pl.Float64)],
    "leads that are none": [LEAD + 0.5],
    "large leads": [pl.lit(2**63 + 5, dtype=pl.UInt64).alias("lead")],
    "small types": [LEAD.cast(pl.Int8), pl.col("n").cast(pl.Int16), pl.col("f").cast(pl.Float32)],
    "ids": [SOME_IDS.alias("id")],
    "ids as numbers": [pl.int_range(ROWS).alias("id")],
    "a struct": [pl.struct(q="path", path=pl.lit("z")).alias("properties")],
    "JSON text": [JSON_TEXT.alias("properties")],
    "times that are none": [pl.lit(10**18).cast(pl.Datetime("us")).alias("t"), pl.lit(10**7).cast(pl.Date).alias("d")],
    "some times that are none": [pl.when(EVERY_700).then(pl.lit(10**18)).cast(pl.Datetime("us")).alias("t")],
    "lists and bytes": [pl.lit([1, 2]).alias("t"), pl.lit(b"x").alias("x")],
    "durations": [pl.lit(datetime.timedelta(seconds=1.5)).alias("d")],
}
FRAMES = {kind: FRAME.with_columns(changed) for kind, changed in CHANGES.items()} | {"nothing": FRAME.head(0)}


def plain(value: Any) -> Any:
    """A value in a form in which NaN is missing and instants are equal whoever made them."""
    if isinstance(value, float) and value != value:
        return None
    if isinstance(value, dict):
        return {key: plain(inside) for key, inside in value.items() if plain(inside) is not None}
    return ("instant", microseconds(value)) if isinstance(value, datetime.datetime) else value


def rows_of(found: Scan) -> list[tuple[Any, ...]]:
    """All rows, as ``read_events`` would have them; each chunk has the types that were promised."""
    rows = []
    for chunk in found:
        assert found.schema == chunk.schema
        columns = {name: chunk.column(name).to_pylist() for name in chunk.column_names if name != "time"}
        times = chunk.column("time").cast(pa.int64()).to_pylist()
        for row, time in enumerate(times):
            properties = {}
            for name, column in found.properties.items():
                value = columns[column][row]
                if name in found.encoded and value is not None:
                    properties[name] = plain(json.loads(value))
                elif plain(value) is not None:
                    properties[name] = plain(value)
            ids = columns["id"][row] if "id" in columns else None
            rows.append((columns["lead"][row], time, columns["event"][row], ids, properties))
    return rows


def assert_same(inputs: object, **options: Any) -> Scan | None:
    """Scans and reads: the same rows, types of leads, rejects and remarks; or the same error."""
    table = failure = None
    try:
        table = read_events(inputs, **options)
    except DataError as error:
        failure = str(error)
    if table is None:
        with pytest.raises(DataError) as raised:
            list(scan_events(inputs, **options))
        assert failure == str(raised.value)
        return None
    found = scan_events(inputs, **options)
    expected = []
    for event in events_of(table):
        properties = {name: plain(value) for name, value in event.properties.items()}
        kept = {name: value for name, value in properties.items() if value is not None or name in table.encoded}
        expected.append((event.lead, event.at, event.event, event.id, kept))
    assert expected == rows_of(found)
    assert set(table.properties) == set(found.properties)
    assert list(table.rejects) == list(found.rejects)
    assert table.remarks == found.remarks
    assert len(table) + len(table.rejects) == found.rows
    return found


def read_as_a_whole(*arguments: object) -> object:
    raise AssertionError("a file was read as a whole")


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("form", ["parquet", "arrow", "polars"])
def test_columns_with_types_are_the_same(kind: str, form: str, tmp_path: Path) -> None:
    frame, file = FRAMES[kind], tmp_path / f"events.{form}"
    if form == "parquet":
        frame.write_parquet(file, row_group_size=300)
    elif form == "arrow":
        frame.write_ipc(file)
    given = frame if form == "polars" else file
    for properties in (None, ["path", "n"]):
        assert_same(given, properties=properties)


def test_clean_parquet_is_handed_on_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FRAMES["milliseconds in Berlin"].write_parquet(tmp_path / "a.parquet", row_group_size=300)
    FRAMES["text leads"].write_parquet(tmp_path / "b.parquet", row_group_size=300)
    found = scan_events(tmp_path)
    monkeypatch.setattr("mqlrules.readers.streamed.assemble", read_as_a_whole)
    assert 2 * ROWS == sum(chunk.num_rows for chunk in found)


def test_row_groups_are_read_in_good_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typed, "PIECE", 250)
    FRAME.write_parquet(tmp_path / "one.parquet", row_group_size=ROWS)
    FRAME.write_parquet(tmp_path / "many.parquet", row_group_size=20)
    for name, most in (("one", 250), ("many", 250)):
        found = assert_same(tmp_path / f"{name}.parquet")
        assert found is not None
        heights = [chunk.num_rows for chunk in found]
        assert ROWS == sum(heights)
        assert ROWS // most <= len(heights) <= ROWS // most + 2
        assert most >= max(heights)


@pytest.mark.parametrize(
    "kinds",
    [
        ("clean", "text leads"),
        ("clean", "small types"),
        ("clean", "ids as numbers"),
        ("ids", "ids as numbers"),
        ("nothing", "text leads"),
        ("JSON text", "clean"),
        ("large leads", "clean"),
        ("blank leads", "clean"),
        ("a struct", "lists and bytes"),
    ],
)
def test_several_files_are_one_table(kinds: tuple[str, str], tmp_path: Path) -> None:
    FRAMES[kinds[0]].write_parquet(tmp_path / "1.parquet", row_group_size=300)
    FRAMES[kinds[1]].write_ipc(tmp_path / "2.arrow")
    for properties in (None, ["path", "n", "q"]):
        assert_same(tmp_path, properties=properties)


@pytest.mark.parametrize(
    "others", [["text"], [1.5], [2**60], [2**60, 1.5], [None, 1.5], [True]], ids=lambda values: repr(values)
)
def test_types_that_disagree_between_files_are_settled_by_the_values(others: list[object], tmp_path: Path) -> None:
    FRAME.write_parquet(tmp_path / "0.parquet")
    for number, value in enumerate(others, 1):
        FRAME.with_columns(n=pl.lit(value)).write_parquet(tmp_path / f"{number}.parquet")
    assert_same(tmp_path)


def test_formats_can_be_mixed(tmp_path: Path) -> None:
    day = tmp_path / "day=2026-01-01"
    day.mkdir()
    FRAME.write_parquet(tmp_path / "a.parquet")
    FRAME.with_columns(pl.col("n").cast(pl.String) + "x").write_csv(day / "b.csv")
    FRAME.drop("f").with_columns(pl.col("time").dt.to_string("iso")).write_ndjson(day / "c.jsonl")
    assert_same(tmp_path)
    assert_same([tmp_path, FRAME, FRAME.to_pandas()])


def test_segment_calls_are_scanned(write) -> None:
    calls = [{"type": "track", "userId": f"u{i % 3}", "timestamp": "2026-01-01T00:00:00Z", "event": "a",
              "properties": {"n": i}} for i in range(50)]  # fmt: skip
    assert_same(write("calls.jsonl", "\n".join(map(json.dumps, [*calls, {"type": "nope"}]))), format="segment")


# -- long files of text --------------------------------------------------------------------------------------------

PROGRAM = mqlrules.loads("""
schema a (n: number, w: time, d: duration, l: list, b: boolean)
schema c (n: text, w: text)
schema lead (n: number)
a => MEL
""").program


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 700)
    monkeypatch.setattr(csv_reader, "LONGEST_CELL", 12)


def never_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "raw_of", read_as_a_whole)


def csv_text(rows: list[str], header: str = "lead,time,event,n") -> str:
    return "\n".join([header, *rows]) + "\n"


def some_rows(count: int = 200, value: str = "1") -> list[str]:
    return [f"{number % 7},2026-01-01T00:{number % 60:02}:00Z,{'ac'[number % 2]},{value}" for number in range(count)]


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("late", ["x", "1.5", "007", "9" * 30, "2026-01-01", "", '"a\nb"', "true"])
def test_the_type_of_a_csv_column_is_that_of_all_its_cells(late: str, write, monkeypatch) -> None:
    rows = some_rows()
    rows[150] = f"3,2026-01-02T00:00:00Z,b,{late}"
    file = write("events.csv", csv_text(rows))
    plain_types = read_events(file)
    never_whole(monkeypatch)
    found = scan_events(file)
    assert plain_types.frame["n"].to_list() == [row[4].get("n") for row in rows_of(found)]


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("lead", ["x", "007", " 8 ", str(2**70), "-0"])
def test_one_lead_of_text_makes_all_leads_text(lead: str, write, monkeypatch) -> None:
    file = write("events.csv", csv_text([*some_rows(), f"{lead},2026-01-02,b,1"]))
    never_whole(monkeypatch)
    assert_same(file)


@pytest.mark.usefixtures("small_blocks")
def test_a_schema_decides_over_blocks_as_over_the_whole(write, monkeypatch) -> None:
    header = "lead,time,event,n,w,d,l,b"
    values = [("1", "2026-01-01", "40s", '"[""a""]"', "yes"), ("1.5", "2026-01-01T10:00:00Z", "7", "[1]", "0"),
              ("oops", "never", "long", "none", "maybe")]  # fmt: skip
    rows = [f"{row % 5},2026-01-01T00:00:00Z,{name},{','.join(values[(row > 150) + (row == 199)])}"
            for row in range(200) for name in ("a", "c", "other")]  # fmt: skip
    file = write("events.csv", csv_text(rows, header))
    never_whole(monkeypatch)
    found = assert_same(file, program=PROGRAM)
    assert found is not None
    assert 5 == len(found.remarks)


@pytest.mark.usefixtures("small_blocks")
def test_quoted_cells_and_bad_lines_lie_across_blocks(write, monkeypatch) -> None:
    rows = some_rows(300)
    for row in range(5, 300, 7):
        rows[row] = rows[row][:-1] + '"' + "\n".join(["long text"] * (row % 11)) + '"'
    rows[90] = '"open for ever,2026-01-01,a,1'
    rows[200:203] = ["", "7,2026-01-01,a", "7,never,a,1"]
    file = write("events.csv", csv_text(rows))
    never_whole(monkeypatch)
    found = assert_same(file)
    assert found is not None
    assert 3 == len(found.rejects)


@pytest.mark.usefixtures("small_blocks")
def test_long_json_lines_keep_their_types(write, monkeypatch) -> None:
    objects: list[dict[str, Any]] = [
        {"lead": row % 9, "time": "2026-01-01T00:00:00Z", "event": "ai"[row % 2], "n": row} for row in range(200)
    ]
    objects[150]["n"] = "text"
    objects[151]["more"] = [1]
    objects[153] = {"lead": 1, "time": "2026-01-01", "event": "identify", "n": None}
    lines = list(map(json.dumps, objects))
    lines[100:104] = ["nope", "", '{"time": "2026-01-01", "event": "a"}', '{"lead": 1, "time": "never", "event": "a"}']
    file = write("events.jsonl", "\n".join(lines))
    never_whole(monkeypatch)
    found = assert_same(file)
    assert found is not None
    assert {"n"} == set(found.encoded)
    assert 3 == len(found.rejects)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("lead", ["x", 1.0, 1.5, True, [1], None])
def test_leads_of_several_json_types_are_told_apart_as_in_the_whole(lead: object, write) -> None:
    line = '{"lead": %s, "time": "2026-01-01T00:00:00Z", "event": "a"}'
    assert_same(write("events.jsonl", "\n".join([line % row for row in range(100)] + [line % json.dumps(lead)])))


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("seed", range(12))
def test_files_of_text_at_random(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    kinds = [
        "7",
        "1.5",
        "x",
        "",
        "true",
        "2026-01-01",
        "2026-01-01T10:00:00Z",
        "40s",
        '["a"]',
        "a,b",
        'say "hi"',
        "l1\nl2",
    ]
    names = dice.sample(["n", "w", "d", "l", "b", "free"], 3)
    likely = {name: dice.sample(kinds, dice.choice([1, 1, 2, 4])) for name in names}
    lines = [",".join(["lead", "time", "event", *names])]
    for _ in range(dice.choice([50, 150])):
        cells = [dice.choice("123"), "2026-01-01T00:00:00Z", dice.choice(["a", "c", "identify"])]
        cells += [dice.choice(likely[name]) for name in names]
        quoted = ['"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\n') else cell for cell in cells]
        bad = ["", '"open', "1,2", "\x00", '"a"b,1,2,3,4,5']
        lines.append(",".join(quoted) if dice.random() < 0.97 else dice.choice(bad))
    content = dice.choice(["\n", "\r\n"]).join(lines).encode()
    file = tmp_path / dice.choice(["events.csv", "events.csv.gz"])
    file.write_bytes(gzip.compress(content) if file.suffix == ".gz" else content)
    for properties in (None, names[:1]):
        assert_same(file, program=PROGRAM, properties=properties)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe" + csv_text(some_rows()).encode("utf-16-le"),
        b"lead,time,event\r" * 90,
        b"lead,event\n" + b"1,a\n" * 400,
        gzip.compress(b"lead,time" * 9999)[:-5],
    ],
    ids=["UTF-16", "carriage returns", "no time", "cut off"],
)
def test_what_is_no_lines_of_utf_8_is_read_as_a_whole(content: bytes, write) -> None:
    assert_same(write("events.csv.gz" if content[:1] == b"\x1f" else "events.csv", content))


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("first", [b"\xff", b"", b"nope", b"[1]"])
def test_the_first_line_of_json_lines_tells_as_much_as_in_the_whole(first: bytes, write) -> None:
    line = b'{"lead": 1, "time": "2026-01-01", "event": "a"}'
    assert_same(write("events.jsonl", b"\n".join([first, *[line] * 50])))


# -- what waits ----------------------------------------------------------------------------------------------------


def test_what_finds_no_room_in_memory_waits_in_a_file(write, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    file = write("data/events.csv", csv_text(some_rows(2000)))
    found = scan_events([file, file], memory=0)
    assert 4000 == len(rows_of(found)) == len(rows_of(found))
    assert ["data"] == [path.name for path in tmp_path.iterdir()]


def test_a_full_disk_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def seek(self, *where: int) -> int:
            return 0

        def write(self, content: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **options: Full())
    with pytest.raises(DataError, match="is full; events that don't fit in memory") as raised:
        Spool(0).add(FRAME)
    assert "TMPDIR" in str(raised.value.hint)


def test_a_damaged_row_group_is_said_in_words(tmp_path: Path) -> None:
    file = tmp_path / "events.parquet"
    FRAME.write_parquet(file, row_group_size=300)
    content = bytearray(file.read_bytes())
    content[4:8000] = b"\xff" * 7996
    file.write_bytes(content)
    with pytest.raises(DataError, match="is no Parquet file, or a damaged one"):
        list(scan_events(file))


def test_whoever_stops_early_leaves_no_thread(tmp_path: Path) -> None:
    import threading

    FRAME.write_parquet(tmp_path / "events.parquet", row_group_size=100)
    before = threading.active_count()
    chunks = iter(scan_events(tmp_path))
    next(chunks)
    chunks.close()
    assert before == threading.active_count()
