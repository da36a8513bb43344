"""Files and tables whose columns have types of their own, read in pieces: Parquet, Arrow IPC files, Arrow and polars.

What a piece holds is not looked at here. ``Typed`` says what can be known beforehand; where that is not enough for
streaming (leads as decimal numbers, properties as JSON text), there is none, and the whole file is read at once.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from mqlrules.readers.corrupt import damaged, told_as_damaged
from mqlrules.readers.sanitize_arrow import is_known, sound

PIECE = 500_000
"""Rows of a piece: enough to be worth the round, few enough to stay small."""

_LARGEST = 96 * 1024 * 1024
"""Bytes of a piece, as far as the file says beforehand."""


@attrs.frozen(eq=False)
class Typed:
    """A file or table that can be read in pieces, in the order of its rows.

    ``pieces`` is given the columns to read, and those of text for which a dictionary is wanted.
    """

    name: str
    format: str
    schema: pa.Schema
    rows: int
    pieces: Callable[[Sequence[str], Collection[str]], Iterator[pa.Table]]
    empty: frozenset[str] = frozenset()
    """Columns in which no row has a value."""


def is_text(type: pa.DataType) -> bool:
    """Whether values of a type are text, in a dictionary or not."""
    if pa.types.is_dictionary(type):
        type = type.value_type
    return bool(pa.types.is_string(type) or pa.types.is_large_string(type) or pa.types.is_string_view(type))


def is_plain(type: pa.DataType) -> bool:
    """Whether polars and Arrow agree on what a type is, however a file with it was read."""
    types = pa.types
    if types.is_struct(type):
        return all(is_plain(type.field(number).type) for number in range(type.num_fields))
    if types.is_list(type) or types.is_large_list(type):
        return is_plain(type.value_type)
    return bool(
        is_text(type)
        or (types.is_integer(type) or types.is_float32(type) or types.is_float64(type) or types.is_boolean(type))
        or (types.is_timestamp(type) and is_known(type))
        or (types.is_date32(type) or types.is_null(type))
    )


# -- Parquet -------------------------------------------------------------------------------------------------------


def parquet_file(name: str, source: Path | bytes) -> Typed:
    """A Parquet file. Raises ``DataError`` for a damaged one, or one that Arrow can't read."""
    try:
        metadata = pq.read_metadata(_opened(source))
        schema = pq.read_schema(_opened(source))
        empty = _without_values(metadata)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise damaged(name, "Parquet", error) from None

    def pieces(columns: Sequence[str], as_dictionary: Collection[str]) -> Iterator[pa.Table]:
        return _row_groups(name, source, metadata, columns, as_dictionary)

    return Typed(name, "Parquet", schema, metadata.num_rows, pieces, empty)


def _opened(source: Path | bytes) -> Any:
    return pa.BufferReader(source) if isinstance(source, bytes) else str(source)


def _without_values(metadata: Any) -> frozenset[str]:
    """The columns of which the statistics say that they hold nothing but nulls."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    for number in range(metadata.num_columns):
        if any(group.column(number).physical_type != metadata.schema.column(number).physical_type for group in groups):
            # Asked for the statistics of such a column, Arrow ends the process.
            raise ValueError("a column is of two types")
    return frozenset(
        metadata.schema.column(number).path
        for number in range(metadata.num_columns)
        if groups and all(_is_empty(group.column(number)) for group in groups)
    )


def _is_empty(column: Any) -> bool:
    if column.physical_type != "BYTE_ARRAY":
        # Where the least value of numbers is damaged, asking for the statistics ends the process. Whoever needs to know
        # whether there are any reads them.
        return False
    known = column.statistics
    return known is not None and bool(known.has_null_count) and known.null_count == column.num_values


def _row_groups(
    name: str, source: Path | bytes, metadata: Any, columns: Sequence[str], as_dictionary: Collection[str]
) -> Iterator[pa.Table]:
    """The row groups one after the other; small ones several at once, and large ones bit by bit."""
    with told_as_damaged(name, "Parquet"):
        yield from map(sound, _some_groups(source, metadata, columns, as_dictionary))


def _some_groups(
    source: Path | bytes, metadata: Any, columns: Sequence[str], as_dictionary: Collection[str]
) -> Iterator[pa.Table]:
    file = pq.ParquetFile(_opened(source), read_dictionary=list(as_dictionary))
    group = 0
    while group < metadata.num_row_groups:
        rows, size = _size(metadata, group, columns)
        if rows > 2 * PIECE or size > 2 * _LARGEST:
            some = max(1, min(PIECE, rows * _LARGEST // max(size, 1)))
            # Buffering a whole row group ahead is what is to be kept from here.
            one = pq.ParquetFile(_opened(source), read_dictionary=list(as_dictionary), pre_buffer=False)
            for batch in one.iter_batches(some, row_groups=[group], columns=list(columns)):
                yield pa.Table.from_batches([batch])
            group += 1
            continue
        groups = [group]
        group += 1
        while group < metadata.num_row_groups:
            more, bytes_ = _size(metadata, group, columns)
            if rows + more > PIECE or size + bytes_ > _LARGEST:
                break
            rows, size = rows + more, size + bytes_
            groups.append(group)
            group += 1
        yield file.read_row_groups(groups, columns=list(columns))


def _size(metadata: Any, group: int, columns: Sequence[str]) -> tuple[int, int]:
    """Rows of a row group, and the bytes that the wanted columns take unpacked."""
    about = metadata.row_group(group)
    parts = (about.column(number) for number in range(about.num_columns))
    wanted = set(columns)
    size = sum(part.total_uncompressed_size for part in parts if part.path_in_schema.partition(".")[0] in wanted)
    return about.num_rows, size


# -- Arrow ---------------------------------------------------------------------------------------------------------


def arrow_file(name: str, source: Path | bytes) -> Typed | None:
    """An Arrow IPC file; None for what is none, or a stream, of which nobody knows how long it is.

    Raises ``DataError`` for a damaged one.
    """

    def opened(fields: Iterable[int] = ()) -> Any:
        # Not mapped into memory: if somebody cuts the file off meanwhile, looking at it would end the process.
        where = pa.BufferReader(source) if isinstance(source, bytes) else pa.OSFile(str(source))
        return pa.ipc.open_file(where, options=pa.ipc.IpcReadOptions(included_fields=list(fields)))

    if _first_bytes(source) != b"ARROW1":
        return None
    try:
        schema = opened().schema
        names = schema.names
        rows = _count(opened([_narrowest(schema)]))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise damaged(name, "Arrow", error) from None
    if len(set(names)) < len(names):
        return None

    def pieces(columns: Sequence[str], as_dictionary: Collection[str]) -> Iterator[pa.Table]:
        with told_as_damaged(name, "Arrow"):
            file = opened(sorted(map(names.index, columns)))
            batches = (file.get_batch(number) for number in range(file.num_record_batches))
            yield from _good_pieces(sound(batch.select(list(columns))) for batch in batches)

    return Typed(name, "Arrow", schema, rows, pieces)


def _narrowest(schema: pa.Schema) -> int:
    """A column of which little must be read to know how many rows there are."""
    return next((at for at, field in enumerate(schema) if pa.types.is_primitive(field.type)), 0)


def _count(file: Any) -> int:
    return sum(file.get_batch(number).num_rows for number in range(file.num_record_batches))


def _first_bytes(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source[:6]
    with source.open("rb") as file:
        return file.read(6)


def in_memory(name: str, table: Any) -> Typed | None:
    """A table of polars or Arrow; None for others, which are read whole."""
    if isinstance(table, pl.DataFrame):
        table = table.to_arrow()
    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    if not isinstance(table, pa.Table) or len(set(table.schema.names)) < len(table.schema.names):
        return None

    def pieces(columns: Sequence[str], as_dictionary: Collection[str]) -> Iterator[pa.Table]:
        return _good_pieces(iter(table.select(list(columns)).to_batches()))

    return Typed(name, "Arrow", table.schema, table.num_rows, pieces)


def _good_pieces(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches of any size as pieces of about the same size."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        for start in range(0, batch.num_rows, PIECE):
            part = batch.slice(start, PIECE)
            if rows and rows + part.num_rows > PIECE:
                yield pa.Table.from_batches(waiting)
                waiting, rows = [], 0
            waiting.append(part)
            rows += part.num_rows
    if waiting:
        yield pa.Table.from_batches(waiting)
