"""Rows in partitions, each with whole leads: in memory up to a budget, beyond it in a temporary file, taken back one
partition at a time.

The file has no name (on Windows it is deleted when it is closed), so nothing is left of it however the process ends.
Rows are written partition by partition and column by column, so a partition is read back in a few long pieces.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from threading import Lock
from typing import IO, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from mqlrules.engine.columnar.jit import kernel
from mqlrules.engine.columnar.truth_changes import Mask, Places, Whole
from mqlrules.events.errors import DataError, no_room

Rows = dict[str, NDArray[Any]]
"""Columns of rows: ``lead`` (code), ``time`` (microseconds), ``m0`` … (marks, up to 64 in each), ``v0`` … (values), and
where they are needed ``name`` (code), ``id0`` and ``id1`` (``ids.Ids``), ``row`` (the row's place in the input).
"""


# -- into partitions -----------------------------------------------------------------------------------------------


def partitioned(rows: Rows, keep: Mask | None, partitions: int) -> tuple[Rows, Whole]:
    """The rows that are kept (None: all), those of a partition together and in order of arrival, and where each
    partition begins, and the end. The partition of a lead is the remainder of its code.
    """
    lead = rows["lead"]
    bounds, next_row = np.zeros(partitions + 1, np.int64), np.empty(partitions, np.int64)
    places = np.empty(len(lead), np.int32)
    _place(lead, np.ones(len(lead), np.bool_) if keep is None else keep, partitions, bounds, next_row, places)
    found: Rows = {}
    for name, column in rows.items():
        found[name] = np.empty(bounds[-1], column.dtype)
        _scatter(column, places, found[name])
    return found, bounds


@kernel
def _place(lead: Places, keep: Mask, partitions: int, bounds: Whole, next_row: Whole, places: Places) -> None:
    for i in range(len(lead)):
        if keep[i]:
            bounds[lead[i] % partitions + 1] += 1
    for partition in range(partitions):
        bounds[partition + 1] += bounds[partition]
        next_row[partition] = bounds[partition]
    for i in range(len(lead)):
        places[i] = -1
        if keep[i]:
            partition = lead[i] % partitions
            places[i] = next_row[partition]
            next_row[partition] += 1


@kernel
def _scatter(column: NDArray[Any], places: Places, out: NDArray[Any]) -> None:
    for i in range(len(column)):
        if places[i] >= 0:
            out[places[i]] = column[i]


# -- kept until they are taken -------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class _Chunk:
    """Rows as they were added: those of partition i go from ``bounds[i]`` to before ``bounds[i + 1]``."""

    columns: Rows
    bounds: Whole


@attrs.frozen(eq=False)
class _Spilled:
    """Rows in the file: partition i has ``rows[i]`` of them from byte ``offsets[i]`` on, column after column."""

    offsets: list[int]
    rows: list[int]


class Partitions(AbstractContextManager["Partitions"]):
    """``count`` partitions of rows that are added in chunks; at most ``budget`` bytes of them stay in memory.

    A context manager: the file goes with the block. A full disk raises ``DataError``.
    """

    def __init__(self, count: int, budget: int) -> None:
        self.count = count
        self._budget = budget
        self._dtypes: dict[str, np.dtype[Any]] = {}
        self._chunks: list[_Chunk] = []
        self._in_memory = 0
        self._spilled: list[_Spilled] = []
        self._file: IO[bytes] | None = None
        self._reading = Lock()
        self._left = set(range(count))

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Forgets all rows and deletes the file."""
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

    def add(self, columns: Rows, bounds: Whole) -> None:
        """Adds a chunk as ``partitioned`` gives it. Columns have the same names and types each time; they are kept, not
        copied.
        """
        if not self._dtypes:
            self._dtypes = {name: column.dtype for name, column in columns.items()}
        self._chunks.append(_Chunk(columns, bounds))
        self._in_memory += sum(column.nbytes for column in columns.values())
        if self._in_memory > self._budget:
            self._spill()

    def take(self, partition: int) -> Rows:
        """The rows of a partition in the order in which they were added; each partition can be taken once."""
        spans = list(self._spans(partition))
        size = sum(spilled.rows[partition] for spilled in self._spilled) + sum(end - first for _, first, end in spans)
        taken = {name: np.empty(size, dtype) for name, dtype in self._dtypes.items()}
        at = 0
        for spilled in self._spilled:
            rows = spilled.rows[partition]
            if rows:
                self._read(spilled.offsets[partition], {name: column[at : at + rows] for name, column in taken.items()})
                at += rows
        for chunk, first, end in spans:
            for name, column in taken.items():
                column[at : at + end - first] = chunk.columns[name][first:end]
            at += end - first
        self._left.discard(partition)
        if not self._left:
            self.close()
        return taken

    def _spans(self, partition: int) -> Iterator[tuple[_Chunk, int, int]]:
        """The chunks in memory that have rows of a partition, and from where to before where."""
        for chunk in self._chunks:
            first, end = int(chunk.bounds[partition]), int(chunk.bounds[partition + 1])
            if end > first:
                yield chunk, first, end

    def _read(self, offset: int, into: Rows) -> None:
        assert self._file is not None
        with self._reading:
            self._file.seek(offset)
            for column in into.values():
                left = column.view(np.uint8).data
                while left:
                    # A single call reads at most 2 GiB.
                    count = self._file.readinto(left)  # type: ignore[attr-defined]
                    if not count:
                        raise DataError(tempfile.gettempdir(), "the temporary file there was truncated")
                    left = left[count:]

    def _spill(self) -> None:
        """Appends what is in memory to the file."""
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="mqlrules-", buffering=0)  # noqa: SIM115 - closed by close
            offset = self._file.seek(0, os.SEEK_END)
            offsets: list[int] = []
            rows: list[int] = []
            for partition in range(self.count):
                spans = list(self._spans(partition))
                offsets.append(offset)
                rows.append(sum(end - first for _, first, end in spans))
                for name in self._dtypes if spans else ():
                    # One long write instead of many short ones; a partition is small compared with the budget.
                    left = np.concatenate([chunk.columns[name][first:end] for chunk, first, end in spans])
                    offset += left.nbytes
                    rest = left.view(np.uint8).data
                    while rest:
                        rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise no_room(error) from None
        self._spilled.append(_Spilled(offsets, rows))
        self._chunks.clear()
        self._in_memory = 0
