"""Rejects: rows that can't be read. Nothing is dropped in silence: each keeps its file, line, reason and text."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import attrs
import polars as pl

SCHEMA = {"file": pl.String, "line": pl.Int64, "reason": pl.String, "row": pl.String}


@attrs.frozen
class Reject:
    """One row that can't be read.

    ``line`` is the line of the file, from 1 (of Parquet, Arrow and tables: the row, from 1); ``row`` is the row as it
    stands there, as JSON where the format has no text.
    """

    file: str
    line: int
    reason: str
    row: str


@attrs.frozen
class Remark:
    """Something about the data that cost no row but that somebody should know: cells that don't fit their schema, say.

    ``line`` is the first place, and the one that the message speaks of; ``count`` is how many places there are.
    """

    file: str
    line: int
    message: str
    count: int = 1


@attrs.frozen(eq=False)
class Rejects:
    """All rejects of a run. ``frame`` has the columns file, line, reason, row, in order of file and line."""

    frame: pl.DataFrame = attrs.field(factory=lambda: pl.DataFrame(schema=SCHEMA))

    def __len__(self) -> int:
        return self.frame.height

    def __iter__(self) -> Iterator[Reject]:
        return (Reject(*row) for row in self.frame.iter_rows())

    def first(self, count: int = 5) -> list[Reject]:
        """The first few, to be shown."""
        return [Reject(*row) for row in self.frame.head(count).iter_rows()]

    def reasons(self) -> dict[str, int]:
        """How many rows each reason rejected, most frequent first."""
        counted = (
            self.frame.group_by("reason", maintain_order=True).len().sort("len", descending=True, maintain_order=True)
        )
        return dict(counted.iter_rows())

    def write(self, path: str | Path) -> None:
        """Writes all of them as JSON lines with the keys file, line, reason, row."""
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            for row in self.frame.iter_rows(named=True):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")


def rejects_of(rejected: Iterable[Reject]) -> Rejects:
    """Rejects from single ones."""
    rows = [(reject.file, reject.line, reject.reason, reject.row) for reject in rejected]
    return Rejects(pl.DataFrame(rows, schema=SCHEMA, orient="row"))


def together(parts: Sequence[Rejects]) -> Rejects:
    """The rejects of several files, in their order."""
    return Rejects(pl.concat([part.frame for part in parts])) if parts else Rejects()


def in_line_order(parts: Sequence[Rejects]) -> Rejects:
    """The rejects of one file, found in several ways, by line."""
    return Rejects(together(parts).frame.sort("line", maintain_order=True))
