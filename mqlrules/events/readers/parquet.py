"""Parquet and Arrow IPC (Feather): columns with types of their own."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from mqlrules.events.readers.columns import check_header
from mqlrules.events.readers.damage import told_as_damaged
from mqlrules.events.readers.raw import Raw, rows_as_json

Source = Path | bytes
Chosen = Callable[[Sequence[str]], Sequence[str] | None]
"""Given a file's columns, those that shall be read; None for all."""


def read_parquet(name: str, source: Source, chosen: Chosen) -> Raw:
    """The rows of a Parquet file; of its columns those that are ``chosen``. Raises ``DataError`` for what is none."""
    return _read(name, source, chosen, "Parquet", pl.read_parquet_schema, pl.read_parquet)


def read_arrow(name: str, source: Source, chosen: Chosen) -> Raw:
    """The rows of an Arrow IPC file, or a stream of them. Raises ``DataError`` for what is none."""
    opened = io.BytesIO(source) if isinstance(source, bytes) else source
    start = source[:6] if isinstance(source, bytes) else _first_bytes(source)
    if start != b"ARROW1":
        return _read(
            name, source, chosen, "Arrow", lambda source: dict(pl.read_ipc_stream(opened).schema), pl.read_ipc_stream
        )
    return _read(name, source, chosen, "Arrow", pl.read_ipc_schema, pl.read_ipc)


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(6)


def _read(
    name: str,
    source: Source,
    chosen: Chosen,
    format: str,
    schema_of: Callable[..., object],
    read: Callable[..., pl.DataFrame],
) -> Raw:
    def opened() -> Path | io.BytesIO:
        return io.BytesIO(source) if isinstance(source, bytes) else source

    with told_as_damaged(name, format):
        there = list(schema_of(opened()))  # type: ignore[call-overload]
        check_header(name, there)
        columns = chosen(there)
        frame = read(opened(), columns=None if columns is None else list(columns))
    return Raw(name, frame, rows_as_json(frame))
