"""Rows in parts: kept in memory up to a budget, beyond it in a temporary file, and taken back part by part.

The file has no name (on Windows: one that goes with it), so nothing is left of it however the process ends. What is in
memory is written part by part, column by column, so that a part is read back in a few long pieces.
"""

import os
import tempfile
from collections.abc import Mapping
from threading import Lock
from typing import IO, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from mqlrules.events.errors import DataError, no_room

Columns = dict[str, NDArray[Any]]


@attrs.frozen(eq=False)
class _Chunk:
    """Rows as they were handed over: those of part i stand from ``bounds[i]`` to before ``bounds[i + 1]``."""

    columns: Mapping[str, NDArray[Any]]
    bounds: NDArray[np.int64]


@attrs.frozen(eq=False)
class _Spilled:
    """Rows in the file: part i has ``rows[i]`` of them from byte ``offsets[i]`` on, one column after the other."""

    offsets: list[int]
    rows: list[int]


class Parts:
    """``count`` parts of rows that are handed over in chunks, and of which ``budget`` bytes at most stay in memory.

    A context manager: the file goes with the block. A full disk raises ``DataError``.
    """

    def __init__(self, count: int, budget: int) -> None:
        self.count = count
        self.rows = 0
        self.bytes = 0
        """Of all columns, in memory and in the file."""
        self._budget = budget
        self._dtypes: dict[str, np.dtype[Any]] = {}
        self._chunks: list[_Chunk] = []
        self._in_memory = 0
        self._spilled: list[_Spilled] = []
        self._file: IO[bytes] | None = None
        self._reading = Lock()
        self._left = set(range(count))

    def __enter__(self) -> "Parts":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Forgets all rows, and the file with them."""
        self._chunks.clear()
        self._spilled.clear()
        self._in_memory = 0
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def spilled(self) -> bool:
        """Whether some rows are in the file."""
        return bool(self._spilled)

    def add(self, columns: Mapping[str, NDArray[Any]], bounds: NDArray[np.int64]) -> None:
        """Takes a chunk: the rows of part i are those from ``bounds[i]`` to before ``bounds[i + 1]``.

        Names and types of the columns are the same each time. The arrays are kept, not copied.
        """
        if not self._dtypes:
            self._dtypes = {name: column.dtype for name, column in columns.items()}
        size = sum(column.nbytes for column in columns.values())
        self._chunks.append(_Chunk(columns, bounds))
        self.rows += int(bounds[-1])
        self.bytes += size
        self._in_memory += size
        if self._in_memory > self._budget:
            self._spill()

    def size(self, part: int) -> int:
        """The rows of a part."""
        there = sum(spilled.rows[part] for spilled in self._spilled)
        return there + sum(int(chunk.bounds[part + 1] - chunk.bounds[part]) for chunk in self._chunks)

    def take(self, part: int) -> Columns:
        """The rows of a part in the order in which they were added; each part is taken once."""
        size = self.size(part)
        taken = {name: np.empty(size, dtype) for name, dtype in self._dtypes.items()}
        at = 0
        for spilled in self._spilled:
            rows = spilled.rows[part]
            if rows:
                self._read(spilled.offsets[part], {name: column[at : at + rows] for name, column in taken.items()})
                at += rows
        for chunk in self._chunks:
            first, end = int(chunk.bounds[part]), int(chunk.bounds[part + 1])
            if end > first:
                for name, column in taken.items():
                    column[at : at + end - first] = chunk.columns[name][first:end]
                at += end - first
        self._left.discard(part)
        if not self._left:
            self.close()
        return taken

    def _read(self, offset: int, into: Columns) -> None:
        assert self._file is not None
        with self._reading:
            self._file.seek(offset)
            for column in into.values():
                room = column.view(np.uint8).data
                while room:
                    # A single call reads 2 GiB at most.
                    count = self._file.readinto(room)  # type: ignore[attr-defined]
                    if not count:
                        raise DataError(tempfile.gettempdir(), "the temporary file there has been cut off")
                    room = room[count:]

    def _spill(self) -> None:
        """Writes what is in memory behind what is in the file."""
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="mqlrules-", buffering=0)  # noqa: SIM115 - closed by close
            offset = self._file.seek(0, os.SEEK_END)
            offsets: list[int] = []
            rows: list[int] = []
            for part in range(self.count):
                offsets.append(offset)
                spans = [(int(chunk.bounds[part]), int(chunk.bounds[part + 1])) for chunk in self._chunks]
                rows.append(sum(end - first for first, end in spans))
                for name in self._dtypes:
                    pieces = [
                        chunk.columns[name][first:end]
                        for chunk, (first, end) in zip(self._chunks, spans, strict=True)
                        if end > first
                    ]
                    offset += self._write(pieces)
        except OSError as error:
            raise no_room(error) from None
        self._spilled.append(_Spilled(offsets, rows))
        self._chunks.clear()
        self._in_memory = 0

    def _write(self, pieces: list[NDArray[Any]]) -> int:
        assert self._file is not None
        if not pieces:
            return 0
        # One long write instead of many short ones; a piece of a part is small beside the budget.
        whole = np.concatenate(pieces).view(np.uint8).data
        rest = whole
        while rest:
            rest = rest[self._file.write(rest) :]
        return len(whole)
