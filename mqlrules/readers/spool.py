"""Tables that wait for others to be read: kept in memory up to a budget, beyond it in a temporary file.

The file has no name (on Windows: one that goes with it), so nothing is left of it however the process ends.
"""

import io
import os
from collections.abc import Iterator
from typing import IO

import attrs
import polars as pl

from mqlrules.events.errors import no_room


@attrs.frozen
class _Written:
    """Where a table stands in the file."""

    offset: int
    size: int


class Spool:
    """Tables in the order in which they were added, of which ``budget`` bytes stay in memory."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._tables: list[pl.DataFrame | _Written] = []
        self._in_memory = 0
        self._file: IO[bytes] | None = None

    def add(self, table: pl.DataFrame) -> int:
        """Keeps a table; gives the number under which it is found. Raises ``DataError`` where the disk is full."""
        size = int(table.estimated_size())
        if self._in_memory + size <= self._budget:
            self._in_memory += size
            self._tables.append(table)
        else:
            self._tables.append(self._written(table))
        return len(self._tables) - 1

    def __getitem__(self, number: int) -> pl.DataFrame:
        """A table that was added."""
        found = self._tables[number]
        if isinstance(found, pl.DataFrame):
            return found
        assert self._file is not None
        self._file.seek(found.offset)
        return pl.read_ipc_stream(io.BytesIO(self._file.read(found.size)))

    def __iter__(self) -> Iterator[pl.DataFrame]:
        return (self[number] for number in range(len(self._tables)))

    def _written(self, table: pl.DataFrame) -> _Written:
        # Made in memory first: to polars a full disk is a faulty file.
        content = io.BytesIO()
        table.write_ipc_stream(content, compression="lz4")
        try:
            if self._file is None:
                import tempfile

                self._file = tempfile.TemporaryFile(prefix="mqlrules-", buffering=0)  # noqa: SIM115 - goes with the spool
            offset = self._file.seek(0, os.SEEK_END)
            rest = content.getbuffer()
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise no_room(error) from None
        return _Written(offset, len(content.getbuffer()))
