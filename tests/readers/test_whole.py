"""What is read whole finds room in memory or is refused in one plain sentence, however large it says or hides it is."""

import gzip
import io
import os
import sys
import threading

import polars as pl
import pytest

from mqlrules.events.errors import DataError
from mqlrules.readers import blocks, read_events, read_leads
from mqlrules.readers import size_guard as whole
from mqlrules.readers.memory import room
from mqlrules.readers.scan import scan_events

HEADER = "lead,time,event\n"
ROW = "a,2026-01-01T00:00:00Z,e\n"
MOST = 1_000_000


@pytest.fixture
def little_room(monkeypatch):
    monkeypatch.setattr(whole, "LITTLE", 1000)
    monkeypatch.setattr(whole, "room", lambda: MOST)


BOMBS = {
    "e.csv.gz": (HEADER + ROW * 100_000).encode(),
    "e.jsonl.gz": b'{"lead":"a","time":"2026-01-01","event":"e"}\n' * 50_000,
    "e.json.gz": b"[" + b" " * 3_000_000 + b"]",
    "zeros.gz": b"\0" * 3_000_000,
    "e.parquet.gz": b"PAR1" + b"\0" * 3_000_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_packed_file_that_would_fill_the_memory_is_refused(write, little_room, name):
    packed = gzip.compress(BOMBS[name])
    assert len(packed) < 100_000
    with pytest.raises(DataError, match=r"unpacks to more than 1\.0 MB, and is read whole") as caught:
        read_events(write(name, packed))
    assert "piece by piece" in caught.value.hint


def test_a_packed_file_that_finds_room_is_read(write, little_room):
    assert 20_000 == len(read_events(write("e.csv.gz", gzip.compress((HEADER + ROW * 20_000).encode()))))


def test_so_is_a_table_of_leads(write, little_room):
    with pytest.raises(DataError, match="unpacks to more than"):
        read_leads(write("leads.csv.gz", gzip.compress(b"lead,plan\n" + b"a,pro\n" * 300_000)))


def test_a_file_without_end_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text(HEADER)
    os.truncate(path, 1 << 43)
    with pytest.raises(DataError, match=r"has 8\.8 TB, and is read whole"):
        read_events(str(path))


def test_standard_input_without_end_is_refused(monkeypatch, little_room):
    class Endless(io.RawIOBase):
        def read(self, size=-1):
            return (ROW * (size // len(ROW) + 1))[:size].encode()

    class Terminal:
        buffer = Endless()

    monkeypatch.setattr(sys, "stdin", Terminal())
    with pytest.raises(DataError, match="standard input: has more than"):
        read_events("-", format="csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this machine")
def test_a_pipe_with_a_name_is_read_to_its_end(tmp_path):
    path = tmp_path / "e.csv"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_text(HEADER + ROW * 3), daemon=True)
    writer.start()
    assert 3 == len(read_events(str(path)))


def test_a_parquet_file_of_many_rows_in_few_bytes_is_refused_whole_and_read_piece_by_piece(tmp_path, little_room):
    path = tmp_path / "e.parquet"
    frame = pl.DataFrame({"lead": [7], "event": ["e"]}).select(pl.all().repeat_by(200_000).explode())
    time = pl.datetime_range(pl.datetime(2026, 1, 1), pl.datetime(2026, 1, 1), eager=True).new_from_index(0, 200_000)
    frame.with_columns(time=time).write_parquet(path)
    assert path.stat().st_size < 20_000
    with pytest.raises(DataError, match=r"has 4\.8 MB, and is read whole"):
        read_events(str(path))
    assert 200_000 == sum(chunk.num_rows for chunk in scan_events(str(path)))


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_packed_file_that_is_read_in_blocks_needs_no_room(write, little_room, monkeypatch, ending):
    monkeypatch.setattr(blocks, "BLOCK", 16384)
    path = write(f"e.{ending}.gz", gzip.compress(BOMBS[f"e.{ending}.gz"]))
    scan = scan_events(path)
    assert scan.rows == sum(chunk.num_rows for chunk in scan)


@pytest.mark.parametrize("rest", [b"x" * 3_000_000, b'"' + b"x,\n" * 1_000_000])
def test_a_line_without_end_does_not_fill_the_memory_either(write, little_room, monkeypatch, rest):
    monkeypatch.setattr(blocks, "BLOCK", 1024)
    with pytest.raises(DataError, match="unpacks to more than"):
        list(scan_events(write("e.csv.gz", gzip.compress((HEADER + ROW).encode() + rest))))


def test_a_long_line_is_read_all_the_same(write, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 64)
    path = write("e.csv", f"lead,time,event,note\n{ROW.strip()},n\na,2026-01-02,e,{'x' * 5000}\n")
    assert [1, 1] == [len(chunk) for part in scan_events(path) for chunk in part.to_batches(1)]


def test_there_is_room_for_half_of_what_is_free():
    psutil = pytest.importorskip("psutil")
    assert 0 < room() <= psutil.virtual_memory().total // 2


def test_without_psutil_there_is_room_for_half_of_the_machine(monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2 == room()
