"""Files that are broken, of the wrong kind or not there: one plain DataError, or rejects with line and reason."""

import gzip
import json
import random
import sys

import pytest

from mqlrules.events.errors import DataError
from mqlrules.readers import events_of, histories, read_events

HEADER = "lead,time,event\n"
ROW = "a,2026-01-01T00:00:00Z,e\n"
OBJECT = '{"lead":"a","time":"2026-01-01","event":"e"}\n'
NOISE = bytes([0xFE, 0x00, 0x92, *random.Random(1).randbytes(1000)])

HOPELESS = {
    "empty.csv": (b"", "is empty"),
    "empty.jsonl": (b"", "is empty"),
    "blank.csv": (b"\n \n", "is empty"),
    "empty.csv.gz": (gzip.compress(b""), "is empty"),
    "noise.csv": (NOISE, "is no text"),
    "noise.jsonl": (NOISE, "is no text"),
    "noise.parquet": (NOISE, "is no Parquet file"),
    "noise.arrow": (NOISE, "is no Arrow file"),
    "empty.parquet": (b"", "is no Parquet file"),
    "text.parquet": (HEADER.encode() + ROW.encode(), "is no Parquet file"),
    "truncated.parquet": (b"PAR1" + NOISE, "is no Parquet file"),
    "workbook.csv": (b"PK\x03\x04\x00\xff" + NOISE, "is no text"),
    "truncated.csv.gz": (gzip.compress((HEADER + ROW * 500).encode())[:-12], "ends too early"),
    "damaged.csv.gz": (gzip.compress((HEADER + ROW * 500).encode())[:-8] + b"12345678", "broken gzip"),
    "twice.csv": (b"lead,time,event,path,path\n", 'two columns "path"'),
    "lead_twice.csv": (b"lead,time,event,lead\na,2026-01-01,e,b\n", 'two columns "lead"'),
    "open_header.csv": (b'"lead,time\na,b\n', "no header"),
    "wide.csv": (b",".join(b"c%d" % n for n in range(1_000_000)), "1,000,000 columns"),
    "wide.jsonl": (("{" + ",".join(f'"c{n}":1' for n in range(10_001)) + "}").encode(), "10,001 columns"),
    "separator.jsonl": (b"\x1e", "no line that is a JSON object"),
    "no_json.jsonl": (b"nope\nnope\n", "no line that is a JSON object"),
    "cut.json": (b'[{"lead":', "begins like a JSON array"),
    "empty_array.json": (b"[]", "is an empty JSON array"),
    "deep_array.json": (b"[" * 100_000, "nested"),
    "mark.csv": (b"\xff\xfe\x00", "UTF-16"),
}


@pytest.mark.parametrize("name", HOPELESS)
def test_a_file_that_cannot_be_read_is_one_plain_error(write, name):
    content, words = HOPELESS[name]
    path = write(name, content)
    with pytest.raises(DataError) as caught:
        read_events(path)
    assert caught.value.file == path
    assert words in caught.value.message


@pytest.mark.parametrize("path", ["nothing.csv", "*.nothing", "no/such/folder/", "nul\x00byte.csv"])
def test_what_is_not_there_is_one_plain_error(tmp_path, path):
    with pytest.raises(DataError, match=r"no such file|no file matches|can't be opened"):
        read_events(str(tmp_path / path))


def test_a_folder_with_no_event_files_in_it_says_so(tmp_path):
    (tmp_path / "_SUCCESS").write_text("")
    (tmp_path / "notes.docx").write_text("x")
    with pytest.raises(DataError, match="folder with no event files"):
        read_events(tmp_path)


def test_an_unknown_format_is_refused(write):
    with pytest.raises(DataError, match="is no format"):
        read_events(write("e.csv", HEADER), format="xlsx")


def test_no_file_is_refused():
    with pytest.raises(DataError, match="no file"):
        read_events([])


@pytest.mark.parametrize("content", [HEADER, HEADER.strip(), HEADER + "\n\n"])
def test_a_header_alone_is_a_table_without_events(read, content):
    table = read("e.csv", content)
    assert len(table) == 0
    assert len(table.rejects) == 0
    assert list(events_of(table)) == []
    assert list(histories(table)) == []


ROWS = {
    ",2026-01-01,e": "no lead",
    " ,2026-01-01,e": "no lead",
    "a,,e": "no time",
    "a, ,e": "no time",
    "a,yesterday,e": "'yesterday' is not a valid time; write it as 2026-01-31T09:30:00Z",
    "a,2026-13-01,e": "'2026-13-01' is not a valid time",
    "a,2026-01-01T25:00:00Z,e": "is not a valid time",
    "a,01/02/2026,e": "is not a valid time",
    "a,0000-01-01,e": "is not a valid time",
    "a,1735689600,e": "looks like seconds",
    "a,1735689600000,e": "looks like milliseconds",
    "a,1735689600000000000,e": "looks like nanoseconds",
    "a,99999999999999999999999,e": "outside the years",
    "a,2026-01-01,": "no event name",
    "a,2026-01-01,_ -": "no event name",
    "a,2026-01-01": "2 cells where the header has 3",
    "a": "1 cell where the header has 3",
    "a,2026-01-01,e,more": "4 cells where the header has 3",
    'a,2026-01-01,"e': "a quote that is opened and never closed",
    'a,2026-01-01,"e"x': "text after a closing quote",
}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_csv_that_cannot_be_read_is_kept_with_its_line_and_reason(read, row):
    table = read("e.csv", f"{HEADER}{ROW}{row}\n")
    [reject] = table.rejects
    assert (reject.line, reject.row) == (3, row)
    assert ROWS[row] in reject.reason
    assert len(table) == 1


def test_a_row_with_a_byte_that_is_no_text_is_rejected_alone(read):
    table = read("e.csv", (HEADER + ROW).encode() + b"b,2026-01-01,M\xfcller\nc,2026-01-01,\x00\n" + ROW.encode())
    assert len(table) == 2
    assert [(each.line, each.row) for each in table.rejects] == [
        (3, "b,2026-01-01,M\\xfcller"), (4, "c,2026-01-01,\\x00"),
    ]  # fmt: skip


LINES = {
    "nope": "no JSON",
    '{"lead":"a"': "no JSON",
    "[1]": "no JSON object",
    '"text"': "no JSON object",
    '{"time":"2026-01-01","event":"e"}': "no lead",
    '{"lead":null,"time":"2026-01-01","event":"e"}': "no lead",
    '{"lead":"","time":"2026-01-01","event":"e"}': "no lead",
    '{"lead":1.5,"time":"2026-01-01","event":"e"}': "neither text nor a whole number",
    '{"lead":true,"time":"2026-01-01","event":"e"}': "neither text nor a whole number",
    '{"lead":["a"],"time":"2026-01-01","event":"e"}': "neither text nor a whole number",
    '{"lead":"a","event":"e"}': "no time",
    '{"lead":"a","time":true,"event":"e"}': "is not a valid time",
    '{"lead":"a","time":1.5,"event":"e"}': "is not a valid time",
    '{"lead":"a","time":1735689600,"event":"e"}': "looks like seconds",
    '{"lead":"a","time":"soon","event":"e"}': "is not a valid time",
    '{"lead":"a","time":"2026-01-01"}': "no event name",
    '{"lead":"a","time":"2026-01-01","event":7}': "no event name",
    '{"lead":"\\ud800","time":"2026-01-01","event":"e"}': "half a character",
    "[" * 100_000: "nested more than 100 deep",
    '{"lead":"a","time":"2026-01-01","event":"e","n":' + "9" * 5000 + "}": "more digits than can be read",
}


@pytest.mark.parametrize("line", LINES, ids=[line[:60] for line in LINES])
def test_a_line_of_json_that_cannot_be_read_is_kept_with_its_line_and_reason(read, line):
    table = read("e.jsonl", f"{OBJECT}\n{line}\n{OBJECT}")
    [reject] = table.rejects
    assert (reject.line, reject.row) == (3, line)
    assert LINES[line] in reject.reason
    assert len(table) == 2


def test_rejects_come_in_the_order_of_lines(read):
    table = read("e.jsonl", f'{{"lead":null}}\nnope\n{OBJECT}[1]\n{{"lead":"a"}}\n')
    assert [reject.line for reject in table.rejects] == [1, 2, 4, 5]


def test_rejects_are_counted_by_reason_and_the_first_few_kept(read):
    table = read("e.csv", HEADER + ROW + ",2026-01-01,e\n" * 7 + "a,,e\n")
    assert len(table.rejects) == 8
    assert table.rejects.reasons() == {"no lead": 7, "no time": 1}
    assert [reject.line for reject in table.rejects.first(3)] == [3, 4, 5]


def test_all_rejects_can_be_written_as_json_lines(read, tmp_path):
    table = read("e.csv", HEADER + "é,never,e\n,2026-01-01,e\n")
    table.rejects.write(tmp_path / "rejects.jsonl")
    written = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text(encoding="utf-8").splitlines()]
    file = str(tmp_path / "e.csv")
    assert written == [
        {
            "file": file,
            "line": 2,
            "reason": "'never' is not a valid time; write it as 2026-01-31T09:30:00Z",
            "row": "é,never,e",
        },
        {"file": file, "line": 3, "reason": "no lead", "row": ",2026-01-01,e"},
    ]


def test_a_file_of_which_no_row_can_be_read_has_rejects_alone(read):
    table = read("e.csv", HEADER + ",,\n" * 3)
    assert len(table) == 0
    assert len(table.rejects) == 3


def test_a_row_in_quotes_as_a_whole_is_read_and_remarked_on(read):
    table = read("e.csv", 'lead,time,event,note\n"a,2026-01-01,e,""x, y"""\n')
    assert [event.properties for event in events_of(table)] == [{"note": "x, y"}]
    assert [(remark.line, remark.count) for remark in table.remarks] == [(2, 1)]


def test_many_open_quotes_do_not_take_quadratic_time(read):
    table = read("e.csv", HEADER + 'a,2026-01-01,"e\n' * 3000 + ROW * 3000)
    assert len(table.rejects) == 3000
    assert len(table) == 3000


@pytest.mark.parametrize("seed", range(60))
def test_any_damage_to_a_file_is_rejects_or_one_plain_error(write, seed):
    rng = random.Random(seed)
    files = {
        "e.csv": (HEADER + 'a,2026-01-01,"e, f"\nb,2026-01-02T10:00:00Z,e\n' * 5).encode(),
        "e.jsonl": (OBJECT * 5).encode(),
        "e.json": f"[{OBJECT},{OBJECT}]".encode(),
        "e.csv.gz": gzip.compress((HEADER + ROW * 9).encode()),
    }
    for name, content in files.items():
        damaged = bytearray(content)
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(damaged))
            match rng.randrange(3):
                case 0:
                    damaged[at] = rng.randrange(256)
                case 1:
                    del damaged[at : at + rng.randrange(1, 9)]
                    damaged = damaged or bytearray(b"x")
                case _:
                    damaged[at:at] = rng.choice([b'"', b"\n", b",", b"\x00", b"{", b"\xff", b"\\", b"null"])
        path = write(name, bytes(damaged))
        for format_ in (None, "segment"):
            try:
                table = read_events(path, format=format_)
            except DataError:
                continue
            assert len(list(events_of(table))) == len(table)


def test_without_polars_the_error_says_which_extra_to_install(monkeypatch):
    for module in [name for name in sys.modules if name.startswith("mqlrules.readers")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ImportError, match=r"install it with: .*\[files\]"):
        __import__("mqlrules.readers")
