"""CSV: lines to rows of text cells.

Polars reads all lines that are whole rows by themselves, in one go. Every other line (a quoted cell that goes on in
the next one, a wrong number of cells, a stray quote) is read by a small exact scanner, which either finds the row
that begins there or rejects that one line and goes on with the next: an open quote costs a line, not the rest of the
file.
"""

import io
import re

import attrs
import polars as pl

from mqlrules.events.errors import DataError
from mqlrules.readers.columns import MOST_COLUMNS, check_header
from mqlrules.readers.lines import text_lines
from mqlrules.readers.raw import Raw
from mqlrules.readers.rejects import Reject, Remark

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}

_DELIMITER_LINE = re.compile(r'"?sep=([,;\t|])"?\s*')
"""What Excel writes above the header to name the delimiter."""

_NEVER_CLOSED = "a quote that is opened and never closed"

LONGEST_CELL = 10_000
"""A quoted cell that goes on for more lines than this is taken for an open quote."""


def read_csv(name: str, data: bytes) -> Raw:
    """The rows of a CSV file, all cells text (null where empty). Raises ``DataError`` for what is no CSV at all."""
    return read_block(name, data, more=False)[0]


@attrs.frozen
class Header:
    """What the first lines of a file say; its rows begin in line ``body_start`` (from 0)."""

    columns: list[str]
    delimiter: str
    body_start: int


def header_of(name: str, lines: pl.Series) -> Header:
    """The header. Raises ``DataError`` if there is none that can be read."""
    first = int(lines.is_not_null().arg_true()[0])
    delimiter = delimiter_of(lines[first])
    named = _DELIMITER_LINE.fullmatch(lines[first])
    if named and first + 1 < len(lines) and lines[first + 1]:
        delimiter, first = named[1], first + 1
    header = _scan(lines, first, delimiter)
    if isinstance(header, str):
        raise DataError(name, f"has no header that can be read: {header}")
    return Header(_column_names(name, header.cells), delimiter, header.last + 1)


def read_block(name: str, data: bytes, more: bool) -> tuple[Raw, int | None]:
    """The rows of a CSV file as far as it is given; ``more`` of its lines may follow.

    Then a quoted cell may be open at the end: the second value is the line (from 0) that its row begins in, from which
    on nothing was read.
    """
    data, lines, rejected = text_lines(name, data)
    header = header_of(name, lines)
    columns, delimiter, body_start = header.columns, header.delimiter, header.body_start
    width = len(columns)
    whole = _whole_rows(lines, delimiter, width)
    odd = (~whole & lines.is_not_null()).arg_true()
    odd = odd.filter(odd >= body_start)
    note = "" if delimiter == "," else f" (read with {DELIMITERS[delimiter]} between the cells)"

    def shown(rows: pl.Series) -> pl.Series:
        # The line that a row begins in stands for it.
        return lines.gather(numbers.gather(rows) - 1).cast(pl.String)

    if body_start < len(lines) and odd.is_empty() and lines.slice(body_start).null_count() == 0:
        frame = _bulk(data, columns, delimiter, body_start)
        numbers = pl.int_range(body_start + 1, len(lines) + 1, dtype=pl.UInt32, eager=True)
        return Raw(name, frame, shown, numbers, cells=True, rejected=tuple(rejected), note=note), None
    scanned = _scan_all(name, lines, odd, delimiter, width, more)
    place = pl.int_range(len(lines), eager=True)
    keep = whole & scanned.free & (place >= body_start)
    if scanned.pending is not None:
        keep = keep & (place < scanned.pending)
        rejected = [reject for reject in rejected if reject.line <= scanned.pending]
    numbers = keep.arg_true() + 1
    frame = pl.DataFrame(scanned.rows, schema=dict.fromkeys(columns, pl.String), orient="row")
    if len(numbers):
        frame = pl.concat([_bulk("\n".join(lines.filter(keep).to_list()).encode(), columns, delimiter, 0), frame])
    numbers = pl.concat([numbers.cast(pl.UInt32), pl.Series([line + 1 for line in scanned.lines], dtype=pl.UInt32)])
    order = numbers.arg_sort()
    frame, numbers = frame[order], numbers.gather(order)
    raw = Raw(
        name,
        frame,
        shown,
        numbers,
        cells=True,
        rejected=(*rejected, *scanned.rejected),
        remarks=scanned.remarks,
        note=note,
    )
    return raw, scanned.pending


def delimiter_of(header: str) -> str:
    """What stands between the cells: of ``, ; tab |`` the most frequent in the header, outside quotes."""
    bare = re.sub(r'"[^"]*"', "", header)
    return max(DELIMITERS, key=bare.count)


def _column_names(name: str, cells: list[str]) -> list[str]:
    if len(cells) > MOST_COLUMNS:
        raise DataError(name, f"has {len(cells):,} columns; at most {MOST_COLUMNS:,} are read")
    # A column without a name (the row numbers of a data frame, say) gets one, so that it hides no other.
    columns = [cell.strip() or f"column {number}" for number, cell in enumerate(cells, 1)]
    check_header(name, columns)
    return columns


def _whole_rows(lines: pl.Series, delimiter: str, width: int) -> pl.Series:
    """Which lines are rows by themselves, with the right number of cells and every quote in its place."""
    quoted = lines.str.contains('"', literal=True)
    counted = lines.str.count_matches(delimiter, literal=True) == width - 1
    if not quoted.any():
        return counted.fill_null(False)
    # In lines with quotes, each quoted cell is emptied before the delimiters are counted; a quote that is left is odd.
    mark = re.escape(delimiter)
    rows = quoted.fill_null(False).arg_true()
    bare = lines.gather(rows).str.replace_all(rf'(^|{mark})"(?:[^"]|"")*"', "$1")
    proper = ~bare.str.contains('"', literal=True) & (bare.str.count_matches(delimiter, literal=True) == width - 1)
    # Nothing may stand between a closing quote and the next delimiter.
    strict = lines.gather(rows).str.contains(
        rf'^(?:"(?:[^"]|"")*"|[^"{mark}]*)(?:{mark}(?:"(?:[^"]|"")*"|[^"{mark}]*))*$'
    )
    return counted.fill_null(False).scatter(rows, proper & strict)


def _bulk(data: bytes, columns: list[str], delimiter: str, skip: int) -> pl.DataFrame:
    """All rows at once; only for lines that are known to be whole rows."""
    return pl.read_csv(
        io.BytesIO(data),
        has_header=False,
        separator=delimiter,
        skip_lines=skip,
        infer_schema=False,
        schema=dict.fromkeys(columns, pl.String),
    )


@attrs.frozen
class _Row:
    """A row and the last line (from 0) that it takes."""

    cells: list[str]
    last: int


@attrs.frozen(eq=False)
class _Scanned:
    """The rows that begin in odd lines, and which lines no such row has taken."""

    rows: list[list[str]]
    lines: list[int]
    free: pl.Series
    rejected: list[Reject]
    remarks: tuple[Remark, ...]
    pending: int | None


def _scan_all(name: str, lines: pl.Series, odd: pl.Series, delimiter: str, width: int, more: bool) -> _Scanned:
    rows: list[list[str]] = []
    starts: list[int] = []
    taken: list[int] = []
    rejected: list[Reject] = []
    in_quotes: list[int] = []
    pending = None
    done = -1
    for line in odd.to_list():
        if line <= done:
            continue
        if not lines[line].strip():
            taken.append(line)
            continue
        row = _scan(lines, line, delimiter)
        if more and row == _NEVER_CLOSED and line + LONGEST_CELL >= len(lines):
            pending = line
            break
        if isinstance(row, _Row) and len(row.cells) == 1 < width:
            # A whole row in quotes, each quote in it doubled: somebody's program has written CSV as a cell of CSV.
            inside = _scan(pl.Series(row.cells[0].split("\n")), 0, delimiter)
            if isinstance(inside, _Row) and len(inside.cells) == width:
                row = _Row(inside.cells, row.last)
                in_quotes.append(line)
        if isinstance(row, _Row) and len(row.cells) == width:
            rows.append(row.cells)
            starts.append(line)
            done = row.last
            taken.extend(range(line, done + 1))
            continue
        reason = row if isinstance(row, str) else f"{_cells(len(row.cells))} where the header has {width}"
        rejected.append(Reject(name, line + 1, reason, lines[line]))
        taken.append(line)
    free = pl.Series([True], dtype=pl.Boolean).new_from_index(0, len(lines))
    free = free.scatter(taken, False) if taken else free
    return _Scanned(rows, starts, free, rejected, _remarks(name, in_quotes), pending)


def _remarks(name: str, in_quotes: list[int]) -> tuple[Remark, ...]:
    if not in_quotes:
        return ()
    message = "a row stands in quotes as a whole, and was read without them"
    return (Remark(name, in_quotes[0] + 1, message, len(in_quotes)),)


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"


def _scan(lines: pl.Series, line: int, delimiter: str) -> _Row | str:
    """The row that begins in a line, or why there is none."""
    text: str = lines[line]
    cells: list[str] = []
    at = 0
    while True:
        if text[at : at + 1] == '"':
            found = _quoted(lines, line, text, at + 1)
            if found is None:
                return _NEVER_CLOSED
            cell, line, text, at = found
            if at < len(text) and text[at] != delimiter:
                return "text after a closing quote"
        else:
            end = text.find(delimiter, at)
            end = len(text) if end < 0 else end
            cell, at = text[at:end], end
        cells.append(cell)
        if at >= len(text):
            return _Row(cells, line)
        at += 1


def _quoted(lines: pl.Series, line: int, text: str, at: int) -> tuple[str, int, str, int] | None:
    """A quoted cell from just after its quote: its text; then the line, text and place just after the closing quote."""
    parts: list[str] = []
    last = min(len(lines) - 1, line + LONGEST_CELL)
    while True:
        end = text.find('"', at)
        if end < 0:
            if line >= last:
                return None
            parts.append(text[at:] + "\n")
            line, at = line + 1, 0
            text = lines[line] or ""
        elif text[end + 1 : end + 2] == '"':
            parts.append(text[at : end + 1])
            at = end + 2
        else:
            parts.append(text[at:end])
            return "".join(parts), line, text, end + 1
