"""Scanning events: inputs of any size as Arrow tables, chunk by chunk, with the meaning of ``read_events``.

What a column is depends on all of its values: leads are whole numbers where all are, a property has one type where its
values have. Files whose columns say so themselves (Parquet, Arrow) are read once, chunk by chunk. All others are read
through first, and wait in memory or in a temporary file until the types of all are known.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import polars as pl
import pyarrow as pa

from mqlrules.check.program import Program
from mqlrules.events.errors import DataError
from mqlrules.readers.assemble import Wanted, assemble
from mqlrules.readers.blocks import AsAWhole, Watching, is_large, jsonl_tables
from mqlrules.readers.chunked_csv import LongCSV, long_csv
from mqlrules.readers.chunks import Part, Shape, arrow_type, as_chunk, part_of, shape_of
from mqlrules.readers.columns import ColumnNames
from mqlrules.readers.inputs import Input
from mqlrules.readers.partitions import Partitions, partitions_of
from mqlrules.readers.prefetch import Ahead
from mqlrules.readers.read import Source, raw_of, segment_files, sources_of, tell_if_large
from mqlrules.readers.rejects import Rejects, Remark, together
from mqlrules.readers.segment import read_segment
from mqlrules.readers.spool import Spool
from mqlrules.readers.streamed import Streamed, streamed
from mqlrules.readers.table import EventTable, property_column
from mqlrules.readers.tables import is_table
from mqlrules.readers.typed import PIECE, Typed, arrow_file, in_memory, parquet_file

MEMORY = 1 << 28
"""Bytes of a scan that may wait in memory where nobody says how many."""

AHEAD = 1 << 27
"""Bytes that may be read before anybody works on them, at most."""


@attrs.frozen(eq=False)
class _Waiting:
    """A table of events that has been read and waits in the spool under a number."""

    number: int
    properties: Mapping[str, str]
    encoded: frozenset[str]


@attrs.frozen(eq=False)
class _Kept:
    """A file or table that had to be read before its types could be known."""

    waiting: Sequence[_Waiting]
    parts: Sequence[Part]
    rows: int
    rejects: Rejects
    remarks: tuple[Remark, ...]


ScanPart = Streamed | _Kept | LongCSV


class Scan:
    """Events in order of arrival, as Arrow tables of at most some 500,000 rows. May be iterated more than once.

    A chunk has the columns ``lead`` (int64 or string), ``time`` (timestamp, microseconds, UTC), ``event`` (dictionary
    of strings), perhaps ``id`` (int64 or string), and one for each property; each is one array, of the same type in all
    chunks. ``properties`` says which column is which property, ``types`` their Arrow types (text: a dictionary of
    strings). A null is a missing property, and so is a NaN. Columns of the properties in ``encoded`` hold JSON text,
    since their values are of several types. ``rows`` is how many rows there are, those that can't be read among them.

    ``rejects`` and ``remarks`` are complete after an iteration.
    """

    def __init__(self, parts: Sequence["ScanPart"], shape: Shape, spool: Spool, ahead: int) -> None:
        self._parts = parts
        self._shape = shape
        self._spool = spool
        self._room = ahead
        self._begun: Ahead[pa.Table] | None = None
        self.properties: Mapping[str, str] = {name: property_column(name) for name in shape.properties}
        self.encoded = shape.encoded
        self.types: Mapping[str, pa.DataType] = {name: arrow_type(dtype) for name, dtype in shape.properties.items()}
        self.schema = shape.schema()
        self.rows = sum(part.rows for part in parts)
        self.leads_are_text = bool(self.rows) and shape.lead != pl.Int64
        self.rejects = Rejects()
        self.remarks = tuple(remark for part in parts for remark in part.remarks)

    def begin(self) -> None:
        """Begins to read the first file, for the next iteration."""
        first = self._parts[0] if self._parts else None
        if self._begun is None and isinstance(first, Streamed):
            self._begun = self._pieces(first)

    def close(self) -> None:
        """Stops what was begun."""
        if self._begun is not None:
            self._begun.close()
            self._begun = None

    def __iter__(self) -> Iterator[pa.Table]:
        rejects: list[Rejects] = []
        remarks: list[Remark] = []
        for part in self._parts:
            remarks += part.remarks
            if isinstance(part, Streamed):
                odd: list[EventTable] = []
                pieces, self._begun = self._begun or self._pieces(part), None
                try:
                    yield from self._made_ahead(part.chunks(pieces, self._shape, odd.append))
                finally:
                    pieces.close()
                rejects += [table.rejects for table in odd]
                remarks += _summed(part.remarks, odd)
            else:
                rejects.append(part.rejects)
                yield from self._made_ahead(self._chunks(part))
        self.rejects = together(rejects)
        self.remarks = tuple(remarks)

    def _pieces(self, part: Streamed) -> Ahead[pa.Table]:
        return Ahead(part.pieces(), _bytes, self._room)

    @staticmethod
    def _made_ahead(chunks: Iterator[pa.Table]) -> Iterator[pa.Table]:
        """Each chunk is made while the caller works on the one before it."""
        ahead = Ahead(chunks, _bytes, 0)
        try:
            yield from ahead
        finally:
            ahead.close()

    def _chunks(self, kept: _Kept | LongCSV) -> Iterator[pa.Table]:
        tables = (
            ((table, properties, self._shape.encoded) for table, properties in kept.tables(self._spool, self._shape))
            if isinstance(kept, LongCSV)
            else ((self._spool[waiting.number], waiting.properties, waiting.encoded) for waiting in kept.waiting)
        )
        for frame, properties, encoded in tables:
            for start in range(0, frame.height, PIECE):
                yield as_chunk(frame.slice(start, PIECE), properties, encoded, self._shape)


@contextmanager
def _nobody_watches(what: str, total: int) -> Iterator[None]:
    yield None


def scan_events(
    inputs: Any,
    *,
    format: str | None = None,
    columns: ColumnNames | None = None,
    program: Program | None = None,
    properties: Collection[str] | None = None,
    memory: int | None = None,
    watching: Watching = _nobody_watches,
    telling: Callable[[str], None] = lambda line: None,
) -> Scan:
    """The events of files, folders, globs or tables, chunk by chunk: what ``read_events`` gives, for any size.

    ``memory`` is how many bytes may be taken by what must be read before its types are known; more of it waits in a
    temporary file. Calls of the Segment spec, and files that are one JSON array, are in memory as a whole all the same.
    ``watching`` shows somebody who waits how far large files of text have been read. ``telling`` is told of inputs that
    must be read whole and are large for ``memory``, before they are.

    Raises ``DataError`` for an input that can't be read at all; while it is iterated, too.
    """
    wanted = Wanted(columns or ColumnNames(), program, None if properties is None else frozenset(properties))
    given: Sequence[Any] = [inputs] if isinstance(inputs, (str, Path)) or is_table(inputs) else list(inputs)
    memory = MEMORY if memory is None else memory
    spool, ahead = Spool(memory), min(memory, AHEAD)
    sources = sources_of(given, format)
    whole = partial(tell_if_large, memory=memory, telling=telling)
    if format == "segment":
        whole(*sources)
        return _scan([_kept([read_segment(segment_files(sources), wanted)], spool)], spool, ahead)
    partitions = partitions_of([each for each in sources if isinstance(each, Input)], wanted.names, program)
    return _scan([_part(source, wanted, partitions, spool, watching, whole) for source in sources], spool, ahead)


def _scan(parts: Sequence[ScanPart], spool: Spool, ahead: int) -> Scan:
    """A scan of parts. Where types of parts that nobody has looked into disagree, these are read first."""
    facts = [[part.part()] if isinstance(part, Streamed) else part.parts for part in parts]
    shape = shape_of([fact for some in facts for fact in some])
    if isinstance(shape, Shape):
        return Scan(parts, shape, spool, ahead)
    disputed = set(shape)
    return _scan(
        [
            _kept(part.tables(), spool)
            if isinstance(part, Streamed) and not disputed.isdisjoint(part.nothing.properties)
            else part
            for part in parts
        ],
        spool,
        ahead,
    )


def _part(
    source: Source,
    wanted: Wanted,
    partitions: Partitions,
    spool: Spool,
    watching: Watching,
    whole: Callable[[Source], None],
) -> ScanPart:
    constants = partitions.of(source, wanted.properties) if isinstance(source, Input) else {}
    found = streamed(_typed(source), wanted, constants)
    if found is not None:
        return _kept(found.tables(), spool) if found.has_rivals else found
    if isinstance(source, Input) and is_large(source):
        try:
            if source.format == "csv":
                return long_csv(source, wanted, constants, watching, spool)
            if source.format == "jsonl":
                return _kept(jsonl_tables(source, wanted, constants, watching), spool)
        except (AsAWhole, DataError):
            # Read as a whole it means what it should, and says what is wrong with it.
            pass
    whole(source)
    return _kept([assemble(raw_of(source, wanted, partitions), wanted)], spool)


def _typed(source: Source) -> Typed | None:
    if not isinstance(source, Input):
        return in_memory(source.name, source.table)
    match source.format:
        case "parquet":
            return parquet_file(source.name, source.source())
        case "arrow":
            return arrow_file(source.name, source.source())
        case _:
            return None


def _kept(tables: Iterable[EventTable], spool: Spool) -> _Kept:
    """Reads tables to their end, and keeps them."""
    waiting: list[_Waiting] = []
    parts: list[Part] = []
    rejects: list[Rejects] = []
    remarks: dict[Remark, None] = {}
    rows = 0
    for table in tables:
        waiting.append(_Waiting(spool.add(table.frame), table.properties, table.encoded))
        parts.append(part_of(table))
        rejects.append(table.rejects)
        remarks.update(dict.fromkeys(table.remarks))
        rows += len(table) + len(table.rejects)
    return _Kept(waiting, parts, rows, together(rejects), tuple(remarks))


def _summed(known: Sequence[Remark], tables: Sequence[EventTable]) -> list[Remark]:
    """The remarks on pieces of one file that are not known of the file: each once, with all that it counts."""
    found: dict[str, Remark] = {}
    for remark in (remark for table in tables for remark in table.remarks if remark not in known):
        before = found.get(remark.message)
        found[remark.message] = remark if before is None else attrs.evolve(before, count=before.count + remark.count)
    return list(found.values())


def _bytes(table: pa.Table) -> int:
    return int(table.nbytes)
