"""CSV files that are too long to be in memory: block by block, with the types of whole columns.

What a column is (numbers, times, text ...) depends on all of its cells. So its cells wait as text, while of each block
is noted which types they can have; when the file has been read, the first type that all can have is theirs.
"""

from collections.abc import Iterator, Mapping, Sequence

import attrs
import polars as pl

from mqlrules.check.program import PropertyType
from mqlrules.readers.assemble import Wanted, assemble, declared, misfit_remark
from mqlrules.readers.blocks import AsAWhole, Blocks, Watching, opened, raised
from mqlrules.readers.cells import Misfits, Variant, name_variants, variants
from mqlrules.readers.chunks import Part, Seen, Shape, extremes, part_of
from mqlrules.readers.columns import ROLES, Role
from mqlrules.readers.csv import header_of, read_block
from mqlrules.readers.inputs import Input
from mqlrules.readers.lines import text_lines
from mqlrules.readers.partitions import Constants, with_constants
from mqlrules.readers.raw import Raw
from mqlrules.readers.rejects import Rejects, Remark, together
from mqlrules.readers.spool import Spool
from mqlrules.readers.table import EventTable, property_column
from mqlrules.readers.values import Column, as_type, encoded, where

NAMES: tuple[Role, ...] = ("lead", "id")
"""What is named by whole numbers or text."""

_MARK = "\x00"
"""Before the name of a column that waits as text: so it is no key inside the column of properties."""


class _Candidates:
    """Which of some types all cells so far can have, and a few values in each that decide what else can hold them."""

    def __init__(self, of: Sequence[Variant]) -> None:
        self._variants = of
        self._left: dict[int, list[pl.Series]] = {number: [] for number in range(len(of))}
        self._there = False

    def look(self, cells: pl.Series) -> None:
        """Takes the cells of a block into account."""
        if cells.null_count() == len(cells):
            return
        self._there = True
        for number in list(self._left):
            column = self._variants[number].read(cells)
            if column is None:
                del self._left[number]
            else:
                self._left[number].append(extremes(column.series))

    def _first(self) -> int:
        return min(self._left)

    def make(self, cells: pl.Series) -> Column:
        """The values of cells, in the type that all can have."""
        column = self._variants[self._first()].make(cells)
        return attrs.evolve(column, series=where(column.series, cells.is_not_null()))

    @property
    def dtype(self) -> pl.DataType | None:
        """The type that all can have; None if there are none."""
        return self._left[self._first()][0].dtype if self._there else None

    def seen(self) -> Seen | None:
        """What is known of the values; None if there are none."""
        if not self._there:
            return None
        number = self._first()
        values = pl.concat(self._left[number])
        if values.null_count() == len(values):
            return None
        return Seen(values, self._variants[number].encoded)


@attrs.frozen(eq=False)
class _Waiting:
    """The table of a block, under its number in the spool; ``inside`` are the properties that have their types."""

    number: int
    inside: Mapping[str, str]
    encoded: frozenset[str]


@attrs.frozen(eq=False)
class LongCSV:
    """A CSV file that has been read, its columns waiting as text in the spool."""

    waiting: Sequence["_Waiting"]
    names: Mapping[str, _Candidates]
    columns: Mapping[tuple[str, PropertyType | None], _Candidates]
    order: Sequence[str]
    others: Sequence[Part]
    wanted: Wanted
    rows: int
    rejects: Rejects
    remarks: tuple[Remark, ...]

    @property
    def parts(self) -> Sequence[Part]:
        """What is known of leads, ids and properties."""
        parts: list[Part] = []
        for part in self.others:
            lead = self.names["lead"].dtype if "lead" in self.names else part.lead
            id_ = self.names["id"].dtype if "id" in self.names else part.id
            properties = {name: seen for name, seen in part.properties.items() if not name.startswith(_MARK)}
            parts.append(Part(lead, id_, part.has_id, properties))
        first = parts[0]
        # In the order of the header, whatever is inside the column of properties comes behind.
        header = {name: Seen(pl.Series([None], dtype=pl.String)) for name in self.order}
        parts.insert(0, Part(first.lead, first.id, first.has_id, header))
        for (name, _), candidates in self.columns.items():
            seen = candidates.seen()
            if seen is not None:
                parts.append(Part(first.lead, first.id, first.has_id, {name: seen}))
        return parts

    def tables(self, spool: Spool, shape: Shape) -> Iterator[tuple[pl.DataFrame, Mapping[str, str]]]:
        """The tables of all blocks, with the types that all chunks have; and which column is which property."""
        for waiting in self.waiting:
            frame = spool[waiting.number]
            made: dict[str, pl.Series] = {}
            for column in ("lead", "time", "event", "id"):
                if column in frame.columns:
                    names = self.names.get(column)
                    made[column] = frame[column] if names is None else names.make(frame[column]).series
            properties = {name: property_column(name) for name in (*self.order, *waiting.inside)}
            for name in self.order:
                made[properties[name]] = self._property(name, frame[_MARK + name], frame["event"], shape)
            for name, column in waiting.inside.items():
                made[properties[name]] = _as_shaped(Column(frame[column], name in waiting.encoded), name, shape)
            yield pl.DataFrame(made), properties

    def _property(self, name: str, cells: pl.Series, event: pl.Series, shape: Shape) -> pl.Series:
        parts: list[pl.Series] = []
        series: list[pl.Series] = []
        for type_, mask in _masks(name, event, self.wanted):
            rows = mask.arg_true()
            candidates = self.columns.get((name, type_))
            if candidates is None or not len(rows):
                continue
            column = candidates.make(cells.gather(rows))
            parts.append(rows)
            series.append(_as_shaped(column, name, shape))
        if not parts:
            return pl.Series([], dtype=shape.properties[name])
        return pl.concat(series).gather(pl.concat(parts).arg_sort())


def _as_shaped(column: Column, name: str, shape: Shape) -> pl.Series:
    """The values of a property in the type that it has in all chunks."""
    return encoded(column).series if name in shape.encoded else as_type(column.series, shape.properties[name])


def _masks(name: str, event: pl.Series, wanted: Wanted) -> list[tuple[PropertyType | None, pl.Series]]:
    """The types that schemas give a property, each with the rows that it is about; None is for all other rows."""
    found: list[tuple[PropertyType | None, pl.Series]] = []
    rest = pl.Series([True], dtype=pl.Boolean).new_from_index(0, len(event))
    for each in declared(wanted.program, event).get(name, ()):
        found.append((each.type, each.rows))
        rest = rest & ~each.rows
    return [*found, (None, rest)]


class _Misfit:
    """Cells of one column that don't fit their schema: the first of them, and how many."""

    def __init__(self, remark: Remark) -> None:
        self.remark = remark

    def more(self, remark: Remark) -> None:
        self.remark = attrs.evolve(self.remark, count=self.remark.count + remark.count)


def long_csv(file: Input, wanted: Wanted, constants: Constants, watching: Watching, spool: Spool) -> LongCSV:
    """Reads a CSV file to its end. Raises ``AsAWhole`` where bit by bit would be otherwise than as a whole."""
    names: dict[str, _Candidates] = {}
    columns: dict[tuple[str, PropertyType | None], _Candidates] = {}
    misfits: dict[tuple[str, PropertyType], _Misfit] = {}
    others: list[Part] = []
    waiting: list[_Waiting] = []
    rejects: list[Rejects] = []
    remarks: dict[tuple[str, str], Remark] = {}
    order: list[str] = []
    roles = {wanted.names.of(role) for role in ROLES}
    prefix = b""
    rows = 0
    is_open = False
    blocks = Blocks(file, watching)
    for block in blocks:
        header = prefix.count(b"\n")
        raw, pending = read_block(file.name, prefix + block.data, more=not block.last)
        if not prefix:
            prefix = _header_lines(file.name, block.data)
        if pending is not None:
            blocks.keep(block, pending - header)
        raw = with_constants(raised(raw, block.line - 1 - header), constants)
        if raw.container in raw.frame.columns and raw.container not in roles:
            says = opened(raw)
            if block.line == 1:
                is_open = says == {True}
            if (block.line == 1 and not says) or (is_open and says == {False}):
                raise AsAWhole
            raw = raw if is_open else attrs.evolve(raw, container=None)
        table, order = _as_text(raw, wanted)
        frame = table.frame
        for role in NAMES:
            if role in frame.columns and wanted.names.of(role) not in raw.typed:
                names.setdefault(role, _Candidates(name_variants())).look(frame[role])
        for name in order:
            for type_, mask in _masks(name, frame["event"], wanted):
                rows_of = mask.arg_true()
                if not len(rows_of):
                    continue
                cells = frame[_MARK + name].gather(rows_of)
                columns.setdefault((name, type_), _Candidates(variants(type_))).look(cells)
                if type_ is not None:
                    for remark in _misfits(file.name, table, name, type_, cells, rows_of):
                        if (name, type_) in misfits:
                            misfits[name, type_].more(remark)
                        else:
                            misfits[name, type_] = _Misfit(remark)
        for remark in table.remarks:
            known = remarks.get((remark.file, remark.message))
            count = remark.count + (0 if known is None else known.count)
            remarks[remark.file, remark.message] = attrs.evolve(known or remark, count=count)
        inside = {name: column for name, column in table.properties.items() if name[0] != _MARK}
        waiting.append(_Waiting(spool.add(frame), inside, table.encoded))
        others.append(part_of(table))
        rejects.append(table.rejects)
        rows += len(table) + len(table.rejects)
    in_order = [misfits[key].remark for name in order for key in misfits if key[0] == name]
    return LongCSV(
        waiting, names, columns, order, others, wanted, rows, together(rejects), (*remarks.values(), *in_order)
    )


def _header_lines(name: str, data: bytes) -> bytes:
    """The first lines of a file, up to its header."""
    _, lines, _ = text_lines(name, data)
    end = 0
    for _ in range(header_of(name, lines).body_start):
        end = data.index(b"\n", end) + 1
    return data[:end]


def _as_text(raw: Raw, wanted: Wanted) -> tuple[EventTable, list[str]]:
    """The rows of a block that can be read, with columns as text, and the names of these in the order of the header."""
    if wanted.names.fallen_back(raw.frame.columns):
        raise AsAWhole
    roles = {wanted.names.of(role) for role in ROLES}
    order = [
        name
        for name in raw.frame.columns
        if name not in roles and name not in raw.typed and name != raw.container and wanted.has(name)
    ]
    kept = [name for name in raw.frame.columns if name in roles or name in raw.typed]
    if raw.container in raw.frame.columns and raw.container not in roles and opened(raw):
        kept.append(raw.container)
    frame = raw.frame.select([*kept, *(pl.col(name).alias(_MARK + name) for name in order)])
    text = attrs.evolve(raw, frame=frame, typed=frozenset(frame.columns) - {raw.container})
    asked = None if wanted.properties is None else frozenset((*wanted.properties, *(_MARK + name for name in order)))
    table = assemble(text, attrs.evolve(wanted, properties=asked))
    if any(name in raw.frame.columns and name not in raw.typed for name in table.properties if name[0] != _MARK):
        # A property that is in a column of its own and inside another one: which counts is decided value by value.
        raise AsAWhole
    cells = [where(table.frame[_MARK + name], table.frame[_MARK + name] != "") for name in order]
    return attrs.evolve(table, frame=table.frame.with_columns(cells)), order


def _misfits(
    file: str, table: EventTable, name: str, type_: PropertyType, cells: pl.Series, rows: pl.Series
) -> Iterator[Remark]:
    column = variants(type_)[-1].make(cells)
    wrong = (cells.is_not_null() & column.series.is_null()).arg_true()
    if len(wrong):
        line = table.where(int(rows[int(wrong[0])]))[1]
        yield misfit_remark(file, line, name, cells[int(wrong[0])], Misfits(type_, wrong))
