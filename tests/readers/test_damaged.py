"""Damaged Parquet and Arrow files: one plain error, and a process that goes on."""

import io
import struct
import subprocess
import sys

import pytest

pa = pytest.importorskip("pyarrow")
import pyarrow.parquet as pq  # noqa: E402

TIMES = pa.array([1_767_225_600_000_000] * 3, pa.timestamp("us", "UTC"))
BASE = {"lead": pa.array(["a", "b", "c"]), "time": TIMES, "event": pa.array(["visit"] * 3)}

READING = """
import sys, warnings
from mqlrules import loads
from mqlrules.events.errors import DataError
warnings.simplefilter("ignore")
rules = loads("rule r: visit where (note = \\"x\\") => MQL")
for path in sys.argv[1:]:
    for engine in ("incremental", "columnar"):
        try:
            print(rules.run(path, engine=engine).height)
        except DataError as error:
            print(error.message)
"""


def arrow(table, compression=None):
    file = io.BytesIO()
    with pa.ipc.new_file(file, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write(table)
    return file.getvalue()


def stream(table, compression=None):
    file = io.BytesIO()
    with pa.ipc.new_stream(file, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write(table)
    return file.getvalue()


def parquet(table):
    file = io.BytesIO()
    pq.write_table(table, file, compression="none", use_dictionary=False)
    return file.getvalue()


def with_note(note):
    return pa.table({**BASE, "note": note})


def absurd(data):
    """With the length of every packed buffer of 24 or more bytes made one that no machine has."""
    assert data.count(struct.pack("<q", 6_000)) >= 1
    return data.replace(struct.pack("<q", 6_000), struct.pack("<q", 1 << 60))


def of_short_statistics():
    """A file whose footer has four bytes for the least of numbers of eight; the others are fields by themselves."""
    least = 0x1111_1111_0000_0001
    data = parquet(pa.table({**BASE, "note": pa.array([least, least + 5, least + 9])}))
    stands = b"\x08" + struct.pack("<q", least)
    at = data.rindex(stands)
    return data[:at] + b"\x04" + data[at + 1 :]


def view_that_is_null():
    """A text that is null, and says that it is two million characters long."""
    views = b"".join(struct.pack("<i12s", len(text), text) for text in (b"x", b"y")) + struct.pack(
        "<iiii", 1 << 21, 0, 0, 0
    )
    items = pa.Array.from_buffers(pa.string_view(), 3, [pa.py_buffer(b"\x03"), pa.py_buffer(views)])
    return with_note(pa.LargeListArray.from_arrays(pa.array([0, 1, 2, 3], pa.int64()), items))


LONG = with_note(pa.array(["x" * 2_000] * 3))
NO_TEXT = pa.Array.from_buffers(
    pa.string(), 3, [None, pa.py_buffer(struct.pack("<4i", 0, 1, 2, 3)), pa.py_buffer(b"\xff\xfe\xfd")]
)
IN_NO_ZONE = with_note(pa.array([1] * 3, pa.timestamp("us", "Mars/Olympus")))

NO_ARROW = "is no Arrow file, or a damaged one"
NO_PARQUET = "is no Parquet file, or a damaged one"
NO_ZONE = 'has a column "note" of type timestamp[us, tz=Mars/Olympus], which can\'t be read'
DAMAGED = {
    "length.arrow": (absurd(arrow(LONG, "zstd")), NO_ARROW),
    "length_of_stream.arrow": (absurd(stream(LONG, "lz4")), NO_ARROW),
    "text.arrow": (arrow(with_note(NO_TEXT)), NO_ARROW),
    "text.parquet": (parquet(with_note(NO_TEXT)), NO_PARQUET),
    "zone.arrow": (
        arrow(IN_NO_ZONE),
        'has a column "note" of type timestamp[us, tz=Mars/Olympus], which can\'t be read',
    ),
    "zone.parquet": (parquet(IN_NO_ZONE), 'has a column "note" of type timestamp[us, tz=Mars/Olympus]'),
    "statistics.parquet": (of_short_statistics(), NO_PARQUET),
    "view.arrow": (arrow(view_that_is_null()), "0"),
    "view_in_stream.arrow": (stream(view_that_is_null()), "0"),
}


def test_no_damaged_file_ends_the_process(tmp_path):
    for name, (data, _) in DAMAGED.items():
        (tmp_path / name).write_bytes(data)
    ended = subprocess.run(
        [sys.executable, "-c", READING, *DAMAGED], capture_output=True, text=True, timeout=300, cwd=tmp_path
    )
    assert "" == ended.stderr
    assert 0 == ended.returncode
    said = ended.stdout.splitlines()
    assert 2 * len(DAMAGED) == len(said)
    for (name, (_, words)), *both in zip(DAMAGED.items(), said[::2], said[1::2], strict=True):
        for line in both:
            assert words in line, name


def test_an_arrow_file_that_is_cut_off_while_it_is_read_does_not_end_the_process(tmp_path):
    path = tmp_path / "e.arrow"
    table = pa.table({"lead": ["a"] * 400_000, "time": pa.array([1_767_225_600_000_000] * 400_000, pa.timestamp("us")),
                      "event": ["visit"] * 400_000})  # fmt: skip
    file = io.BytesIO()
    with pa.ipc.new_file(file, table.schema) as writer:
        for batch in table.to_batches(10_000):
            writer.write(batch)
    path.write_bytes(file.getvalue())
    cutting = (
        "import os, sys\n"
        "from mqlrules.events.errors import DataError\n"
        "from mqlrules.readers import scan, typed\n"
        "typed.PIECE = scan.PIECE = 10_000\n"
        "try:\n"
        "    for chunk in scan.scan_events(sys.argv[1], memory=1):\n"
        "        os.truncate(sys.argv[1], 1000)\n"
        "except DataError as error:\n"
        "    print(error.message)\n"
    )
    ended = subprocess.run([sys.executable, "-c", cutting, str(path)], capture_output=True, text=True, timeout=300)
    assert ("", 0) == (ended.stderr, ended.returncode)
    assert NO_ARROW in ended.stdout
