"""Parquet and Arrow IPC (Feather), read whole: columns with types of their own.

Arrow reads them, for it raises over whatever is damaged, where polars ends the process over a length that asks for more
memory than there is. Polars gets nothing but what has been validated: it takes offsets, codes and text at their word.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from mqlrules.events.errors import DataError, MissingExtra
from mqlrules.readers.columns import check_header
from mqlrules.readers.corrupt import told_as_damaged
from mqlrules.readers.raw import Raw, rows_as_json
from mqlrules.readers.sanitize_arrow import is_known, sound
from mqlrules.readers.size_guard import check_room

Source = Path | bytes
Chosen = Callable[[Sequence[str]], Sequence[str] | None]
"""Given a file's columns, those that shall be read; None for all."""

_BYTES_OF_A_VALUE = 8
"""About what a value takes at least, however well a file packs it."""


def read_parquet(name: str, source: Source, chosen: Chosen) -> Raw:
    """The rows of a Parquet file; of its columns those that are ``chosen``. Raises ``DataError`` for what is none."""
    arrow = _arrow(name)
    with told_as_damaged(name, "Parquet"), _opened(arrow, source) as opened:
        file = arrow.parquet.ParquetFile(opened)
        there = file.schema_arrow.names
        check_header(name, there)
        columns = _those(there, chosen)
        _check_types(name, file.schema_arrow, columns)
        check_room(name, _size(file.metadata, columns))
        # A column whose name has a dot in it is also asked for by what stands before the dot.
        return _raw(name, file.read(columns=columns).select(columns))


def rows_of_parquet(path: Path) -> int:
    """How many rows a Parquet file says that it has. Raises ``DataError`` for what is none."""
    name = str(path)
    arrow = _arrow(name)
    with told_as_damaged(name, "Parquet"):
        return int(arrow.parquet.read_metadata(path).num_rows)


def read_arrow(name: str, source: Source, chosen: Chosen) -> Raw:
    """The rows of an Arrow IPC file, or a stream of them. Raises ``DataError`` for what is none."""
    arrow = _arrow(name)
    start = source[:6] if isinstance(source, bytes) else _first_bytes(source)
    opening = arrow.ipc.open_file if start == b"ARROW1" else arrow.ipc.open_stream
    with told_as_damaged(name, "Arrow"):
        with _opened(arrow, source) as opened:
            schema = opening(opened).schema
        there = schema.names
        check_header(name, there)
        columns = _those(there, chosen)
        _check_types(name, schema, columns)
        options = arrow.ipc.IpcReadOptions(included_fields=sorted(map(there.index, columns)))
        with _opened(arrow, source) as opened:
            return _raw(name, opening(opened, options=options).read_all().select(columns))


def _arrow(name: str) -> Any:
    try:
        import pyarrow.ipc
        import pyarrow.parquet
    except ImportError:
        raise MissingExtra(f"reading {name} needs pyarrow", "files") from None
    return pyarrow


def _opened(arrow: Any, source: Source) -> Any:
    # Not mapped into memory: if somebody cuts the file off meanwhile, looking at it would end the process.
    return arrow.BufferReader(source) if isinstance(source, bytes) else arrow.OSFile(str(source))


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(6)


def _those(there: Sequence[str], chosen: Chosen) -> list[str]:
    columns = chosen(there)
    return list(there if columns is None else columns)


def _check_types(name: str, schema: Any, columns: Sequence[str]) -> None:
    for column in columns:
        type = schema.field(column).type
        if not is_known(type):
            raise DataError(name, f'has a column "{column}" of type {type}, which can\'t be read')


def _size(metadata: Any, columns: Sequence[str]) -> int:
    """Bytes that the wanted columns take in memory, as far as the file says beforehand."""
    wanted = set(columns)
    size = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for at in range(group.num_columns):
            part = group.column(at)
            if part.path_in_schema.partition(".")[0] in wanted or part.path_in_schema in wanted:
                size += max(part.total_uncompressed_size, group.num_rows * _BYTES_OF_A_VALUE)
    return size


def _raw(name: str, table: Any) -> Raw:
    table = sound(table)
    # Of columns that hold nothing a file can have any number of rows.
    check_room(name, table.num_rows * max(1, table.num_columns) * _BYTES_OF_A_VALUE)
    frame = pl.DataFrame(pl.from_arrow(table))
    return Raw(name, frame, rows_as_json(frame))
