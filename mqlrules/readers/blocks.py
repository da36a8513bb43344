"""Large files of text, block by block: as many whole lines as make a good piece of work."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import attrs
import numpy as np
import polars as pl

from mqlrules.events.errors import DataError
from mqlrules.readers.assemble import Wanted, assemble
from mqlrules.readers.columns import MOST_COLUMNS, ROLES, ColumnNames, Role
from mqlrules.readers.inputs import Input
from mqlrules.readers.jsonl import read_jsonl
from mqlrules.readers.partitions import Constants, with_constants
from mqlrules.readers.raw import Raw
from mqlrules.readers.table import EventTable

BLOCK = 8 * 1024 * 1024
"""Bytes of a block. Files that are not larger are read at once."""

_LONGEST = 16
"""Blocks of a line, or of a quote, that has no end: whoever reads the whole file says whether there is room for it."""

Watching = Callable[[str, int], AbstractContextManager[Callable[[int], None] | None]]
"""Shows somebody who waits how much of a total has been done, as ``mqlrules.run.progress`` does."""


class AsAWhole(Exception):
    """A file in which bit by bit would be otherwise than as a whole."""


@attrs.frozen(eq=False)
class Block:
    """Whole lines of a file. ``line`` is the number of the first, ``last`` whether none follow."""

    data: bytes
    line: int
    last: bool


def is_large(file: Input) -> bool:
    """Whether a file of text is worth reading block by block."""
    if file.content is not None:
        return len(file.content) > BLOCK
    try:
        # Of a packed file nobody knows how large it is; a tenth of the size is common.
        return file.path is not None and file.path.stat().st_size > (BLOCK // 10 if _is_packed(file.path) else BLOCK)
    except OSError:
        return False


def _is_packed(path: Path) -> bool:
    return path.suffix == ".gz"


class Blocks:
    """The blocks of a file of text in UTF-8; ``keep`` what has not been read of one, for the next.

    Raises ``AsAWhole`` for other encodings and for lines that end otherwise, ``DataError`` for a file that can't be
    opened, or is packed and broken.
    """

    def __init__(self, file: Input, watching: Watching) -> None:
        self._file = file
        self._watching = watching
        self._rest = b""
        self._line = 1

    def keep(self, block: Block, line: int) -> None:
        """Reads a block again from a line on (from 0 within it), together with the next."""
        ends = np.flatnonzero(np.frombuffer(block.data, np.uint8) == 10)
        start = 0 if line == 0 else int(ends[line - 1]) + 1
        self._rest = block.data[start:]
        self._line = block.line + line

    def __iter__(self) -> Iterator[Block]:
        try:
            yield from self._blocks()
        except EOFError:
            raise DataError(
                self._file.name, "is a gzip file that ends too early", "It was cut off; fetch or write it again."
            ) from None
        except (OSError, zlib.error) as error:
            raise AsAWhole from error

    def _blocks(self) -> Iterator[Block]:
        path, content = self._file.path, self._file.content
        if content is not None or path is None:
            raise AsAWhole
        total = path.stat().st_size
        with path.open("rb") as packed, self._watching(f"reading {path.name} (MB)", total // 10**6) as watch:
            stream = gzip.GzipFile(fileobj=packed) if packed.read(2) == b"\x1f\x8b" else packed
            packed.seek(0)
            first = True
            while True:
                read = stream.read(BLOCK)
                data = self._rest + read
                if len(data) > _LONGEST * BLOCK:
                    raise AsAWhole
                if first:
                    data = _plain(data)
                    first = False
                last = len(read) < BLOCK
                cut = len(data) if last else data.rfind(b"\n") + 1
                if cut:
                    block = Block(data[:cut], self._line, last)
                    # Before the block is handed out, for whoever has it may keep some of it.
                    self._rest = b""
                    self._line += block.data.count(b"\n")
                    yield block
                    self._rest += data[cut:]
                else:
                    self._rest = data
                if watch is not None:
                    watch(packed.tell() // 10**6)
                if last:
                    return


def _plain(data: bytes) -> bytes:
    """The beginning of a file without its mark; raises ``AsAWhole`` for what is not read by lines of UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\n" not in data:
        raise AsAWhole
    return data.removeprefix(b"\xef\xbb\xbf")


def raised(raw: Raw, by: int, rows: int = 0) -> Raw:
    """Rows of a block with their lines in the file, ``by`` more, without the first ``rows``."""
    assert raw.lines is not None
    shown = raw.shown
    return attrs.evolve(
        raw,
        frame=raw.frame.slice(rows),
        lines=(raw.lines.slice(rows).cast(pl.Int64) + by).cast(pl.UInt32),
        shown=lambda numbers: shown(numbers + rows),
        rejected=tuple(attrs.evolve(reject, line=reject.line + by) for reject in raw.rejected),
        remarks=tuple(attrs.evolve(remark, line=remark.line + by) for remark in raw.remarks),
    )


# -- JSON lines ----------------------------------------------------------------------------------------------------


def jsonl_tables(file: Input, wanted: Wanted, constants: Constants, watching: Watching) -> Iterator[EventTable]:
    """A table of events for each block of a file of JSON lines. Raises ``AsAWhole`` where that is another meaning."""
    kinds: dict[Role, set[pl.DataType | None]] = {}
    opens: set[bool] = set()
    names: set[str] = set()
    for block in Blocks(file, watching):
        if block.line == 1 and block.data.lstrip()[:1] == b"[":
            raise AsAWhole
        event = wanted.names.of("event")
        if block.line == 1:
            raw = raised(read_jsonl(file.name, block.data, event), 0)
        else:
            # Before each further block stands an object: none is empty, and none begins with what is no text.
            raw = raised(read_jsonl(file.name, b"{}\n" + block.data, event), block.line - 2, 1)
        raw = with_constants(raw, constants)
        names.update(raw.frame.columns)
        says = opened(raw)
        opens.update(says)
        if raw.container in raw.frame.columns and not says:
            # Nothing is in it here.
            raw = attrs.evolve(raw, frame=raw.frame.drop(raw.container))
        raw = _with_roles(raw, wanted.names, kinds)
        if len(names) > MOST_COLUMNS or len(opens) > 1:
            raise AsAWhole
        yield assemble(raw, wanted)
    if any(role not in kinds for role in ROLES if role != "id" or wanted.names.id is not None):
        # A column that is nowhere: who reads the whole file says so.
        raise AsAWhole


def opened(raw: Raw) -> set[bool]:
    """Whether the column of properties is opened, as its first value says; nothing where it has none."""
    if raw.container not in raw.frame.columns:
        return set()
    series = raw.frame[raw.container]
    if series.dtype == pl.String:
        first = series.drop_nulls().str.strip_chars_start().str.head(1)
        return {text == "{" for text in first.filter(first != "").head(1).to_list()}
    return {isinstance(series.dtype, pl.Struct)} if series.null_count() < len(series) else set()


def _with_roles(raw: Raw, names: ColumnNames, kinds: dict[Role, set[pl.DataType | None]]) -> Raw:
    """Rows with all columns that events need; ``kinds`` collects their types (None: several).

    Raises ``AsAWhole`` if these differ in a way in which each value depends on all others.
    """
    if names.fallen_back(raw.frame.columns):
        raise AsAWhole
    nulls: list[pl.Series] = []
    for role in ROLES:
        name = names.of(role)
        if name not in raw.frame.columns:
            if role != "id":
                nulls.append(pl.Series(name, [None], dtype=pl.String).new_from_index(0, raw.frame.height))
            continue
        series = raw.frame[name]
        seen = kinds.setdefault(role, set())
        if series.null_count() < len(series):
            seen.add(None if name in raw.encoded else series.dtype)
        # Each time is read by itself, but names are of one type.
        if (None in seen or len(seen) > 1) and not (role == "time" and seen <= {pl.Int64(), pl.String(), None}):
            raise AsAWhole
    return attrs.evolve(raw, frame=raw.frame.with_columns(nulls))
