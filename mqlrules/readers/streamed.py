"""Files and tables with types of their own as chunks of events, read once, the next chunk while the last is worked on.

Most pieces are clean: every row has a lead, a time that is a timestamp, and a name. Their columns are handed on as they
were read. A piece that is not clean takes the way of all other rows, through ``assemble``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import polars as pl
import pyarrow as pa

from mqlrules.events.errors import DataError
from mqlrules.language.names import normalise
from mqlrules.readers.assemble import Wanted, assemble, plain
from mqlrules.readers.chunks import TEXT, Part, Seen, Shape, arrow, arrow_type, as_chunk
from mqlrules.readers.columns import Role, check_header, find_columns
from mqlrules.readers.corrupt import told_as_damaged
from mqlrules.readers.partitions import Constants, with_constants
from mqlrules.readers.raw import PROPERTIES, Raw, rows_as_json
from mqlrules.readers.read import chosen_columns
from mqlrules.readers.rejects import Remark
from mqlrules.readers.table import EventTable
from mqlrules.readers.typed import Typed, is_plain, is_text
from mqlrules.readers.values import YEARS, as_type

_AS_THEY_ARE = frozenset((*(pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32()),
                          pa.uint64(), pa.float64(), pa.bool_(), pa.date32(), pa.timestamp("us", "UTC")))  # fmt: skip
"""Types of properties that stand in chunks as they stand in files."""


@attrs.frozen(eq=False)
class Streamed:
    """A file or table that is read once. ``nothing`` is the table of events of none of its rows: it has the types."""

    typed: Typed
    wanted: Wanted
    constants: Constants
    columns: Sequence[str]
    roles: Mapping[Role, str]
    nothing: EventTable

    @property
    def rows(self) -> int:
        """How many rows there are, those that can't be read among them."""
        return self.typed.rows

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What there is to say of the file, whatever its rows are."""
        return self.nothing.remarks

    @property
    def has_rivals(self) -> bool:
        """Whether a property is both a column and a field of the column ``properties``.

        Each row has one of the two values, so the types in the schema don't say which type the property has.
        """
        at = self.typed.schema.get_field_index(PROPERTIES) if PROPERTIES in self.columns else -1
        if at < 0 or PROPERTIES in self.roles.values():
            return False
        type = self.typed.schema.field(at).type
        fields = {type.field(number).name for number in range(type.num_fields)}
        return not fields.isdisjoint({*self.columns, *self.constants} - {*self.roles.values()})

    def part(self) -> Part:
        """What can be said of all rows without reading them."""
        frame = self.nothing.frame

        def dtype(role: Role) -> pl.DataType | None:
            if role not in frame.columns or not self.rows or self.roles[role] in self.typed.empty:
                return None
            return frame.schema[role]

        seen = {name: self._seen(name, frame[column]) for name, column in self.nothing.properties.items()}
        return Part(dtype("lead"), dtype("id"), "id" in frame.columns, seen)

    def _seen(self, name: str, column: pl.Series) -> Seen:
        """A property, of which the type is known, and perhaps that there is none."""
        at = self.typed.schema.get_field_index(name)
        if at < 0 and name in self.constants:
            return Seen(self.constants[name])
        nothing = not self.rows or name in self.typed.empty
        if at >= 0 and pa.types.is_null(self.typed.schema.field(at).type):
            nothing = True
        return Seen(column, unread=not nothing)

    def tables(self) -> Iterator[EventTable]:
        """All rows, as tables of events."""
        start = 0
        with told_as_damaged(self.typed.name, self.typed.format):
            for piece in self.pieces():
                yield self._table(piece, start)
                start += piece.num_rows
            self._look_whether_all(start)

    def chunks(self, pieces: Iterable[pa.Table], shape: Shape, odd: Callable[[EventTable], None]) -> Iterator[pa.Table]:
        """All rows, as chunks of these ``pieces``. ``odd`` is given what there is to say of pieces that are not clean:
        their tables, without rows.
        """
        start = 0
        clean = self._handed_on(shape)
        with told_as_damaged(self.typed.name, self.typed.format):
            for piece in pieces:
                if not piece.num_rows:
                    # Of a file without rows nobody knows types that go with those of others.
                    continue
                chunk = None if clean is None else _clean(piece, self.roles, shape, clean, self.constants)
                if chunk is None:
                    table = self._table(piece, start)
                    odd(attrs.evolve(table, frame=table.frame.clear(), origins=()))
                    chunk = as_chunk(table.frame, table.properties, table.encoded, shape)
                start += piece.num_rows
                if chunk.num_rows:
                    yield chunk
            self._look_whether_all(start)

    def _look_whether_all(self, rows: int) -> None:
        if rows != self.rows:
            raise ValueError(f"it says that it has {self.rows:,} rows, and has {rows:,}")

    def pieces(self) -> Iterator[pa.Table]:
        """The rows as they are read."""
        texts = [name for name in self.columns if is_text(self.typed.schema.field(name).type)]
        names = (self.roles["lead"], self.roles["time"], self.roles.get("id"))
        return self.typed.pieces(self.columns, [name for name in texts if name not in names])

    def _table(self, piece: pa.Table, start: int) -> EventTable:
        frame = pl.DataFrame(pl.from_arrow(piece))
        lines = pl.int_range(start + 1, start + 1 + frame.height, dtype=pl.Int64, eager=True)
        raw = Raw(self.typed.name, frame, rows_as_json(frame), lines)
        return assemble(with_constants(raw, self.constants), self.wanted)

    def _handed_on(self, shape: Shape) -> Mapping[str, str | None] | None:
        """For each property the column that is handed on (None: it has none here); None where columns must be made."""
        if PROPERTIES in self.columns or any(name not in self.columns for name in self.roles.values()):
            return None
        there = {*self.columns, *self.constants} - {*self.roles.values()}
        if there & shape.encoded:
            return None
        return {name: name if name in there else None for name in shape.properties}


def streamed(typed: Typed | None, wanted: Wanted, constants: Constants) -> Streamed | None:
    """How a file or table is read once; None where all its values must be looked at before one is handed on."""
    if typed is None:
        return None
    try:
        with told_as_damaged(typed.name, typed.format):
            names = typed.schema.names
        check_header(typed.name, names)
        chosen = chosen_columns(typed.name, names, wanted, constants)
        more = [name for name in constants if name not in names]
        roles = find_columns(typed.name, [*names, *more], wanted.names)
        columns = names if chosen is None else list(chosen)
        types = {name: typed.schema.field(name).type for name in columns}
        if not all(map(is_plain, types.values())) or not _is_known(types, roles):
            return None
        with told_as_damaged(typed.name, typed.format):
            empty = _no_rows(typed.schema, columns)
        nothing = assemble(with_constants(Raw(typed.name, empty, lambda rows: rows.cast(pl.String)), constants), wanted)
    except DataError:
        # Whoever reads the whole file says so better.
        return None
    return Streamed(typed, wanted, constants, columns, roles, nothing)


def _no_rows(schema: pa.Schema, columns: Sequence[str]) -> pl.DataFrame:
    # An empty array that Arrow is asked for by a list of values loads pandas, where there is one.
    fields = [schema.field(name) for name in columns]
    return pl.DataFrame(
        pl.from_arrow(pa.table([pa.nulls(0, field.type) for field in fields], schema=pa.schema(fields)))
    )


def _is_known(types: Mapping[str, pa.DataType], roles: Mapping[Role, str]) -> bool:
    """Whether the types of columns say all there is to know of leads, ids and names of properties."""
    for role in ("lead", "id"):
        type = types.get(roles.get(role, ""))
        # Numbers without a sign are text if one of them is too large; decimal ones name nothing if one has a fraction.
        if type is not None and not is_text(type) and not (pa.types.is_integer(type) and type != pa.uint64()):
            return False
    if PROPERTIES in types and PROPERTIES not in roles.values():
        # Text may be JSON, and has names in it that nobody knows yet.
        return bool(pa.types.is_struct(types[PROPERTIES]))
    return True


# -- clean pieces --------------------------------------------------------------------------------------------------


def _clean(
    piece: pa.Table,
    roles: Mapping[Role, str],
    shape: Shape,
    handed_on: Mapping[str, str | None],
    constants: Constants,
) -> pa.Table | None:
    """A piece as a chunk, its columns as they were read; None where some row may be no event."""
    lead = _one(piece.column(roles["lead"]))
    time = _one(piece.column(roles["time"]))
    event = _one(piece.column(roles["event"]))
    if lead.null_count or time.null_count or event.null_count or not pa.types.is_timestamp(time.type):
        return None
    if not all(
        map(_is_within_years, [time, *(piece.column(at) for at in handed_on.values() if at in piece.column_names)])
    ):
        return None
    names = _codes(event)
    if not all(name is not None and normalise(name) for name in names.dictionary.to_pylist()):
        return None
    if is_text(lead.type) and _may_be_blank(lead):
        return None
    columns = [_named(lead, shape.lead), _instants(time), names]
    if shape.id is not None:
        columns.append(_ids(piece, roles, shape.id))
    for name, dtype in shape.properties.items():
        at = handed_on[name]
        type = arrow_type(dtype)
        if at is None:
            columns.append(pa.nulls(piece.num_rows, type))
        elif at in piece.column_names:
            columns.append(_property(_one(piece.column(at)), type))
        else:
            columns.append(arrow(as_type(constants[at].new_from_index(0, piece.num_rows), dtype), TEXT))
    return pa.Table.from_arrays(columns, schema=shape.schema())


def _is_within_years(column: Any) -> bool:
    """Whether a column that may hold times has none outside the years 1 to 9999."""
    type = column.type
    if not (pa.types.is_timestamp(type) or pa.types.is_date32(type)) or column.null_count == len(column):
        return True
    low, high = YEARS["date" if pa.types.is_date32(type) else type.unit]
    whole = _one(column)
    whole = (whole.drop_null() if whole.null_count else whole).view(
        pa.int32() if pa.types.is_date32(type) else pa.int64()
    )
    # By numpy: Arrow's own functions take 40 ms to import.
    numbers = np.frombuffer(whole.buffers()[1], str(whole.type), count=whole.offset + len(whole))[whole.offset :]
    return bool(low <= numbers.min() and numbers.max() <= high)


def _one(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column without breaks."""
    if isinstance(column, pa.Array):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    combined = column.combine_chunks()
    return combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined


def _codes(text: pa.Array) -> pa.DictionaryArray:
    """Text as codes and what each means."""
    if not pa.types.is_dictionary(text.type):
        text = (text.cast(pa.large_string()) if pa.types.is_string_view(text.type) else text).dictionary_encode()
    return text if text.type == TEXT else text.cast(TEXT)


def _named(names: pa.Array, dtype: pl.DataType) -> pa.Array:
    """Leads or ids in the type that all have."""
    if dtype == pl.Int64:
        return names if names.type == pa.int64() else names.cast(pa.int64())
    if pa.types.is_dictionary(names.type):
        names = _codes(names).dictionary_decode()
    return names if names.type == pa.string() else names.cast(pa.string())


def _ids(piece: pa.Table, roles: Mapping[Role, str], dtype: pl.DataType) -> pa.Array:
    if "id" not in roles:
        return pa.nulls(piece.num_rows, arrow_type(dtype, pa.string()))
    ids = _one(piece.column(roles["id"]))
    if is_text(ids.type) and _may_be_blank(ids):
        series = pl.Series(pl.from_arrow(ids)).cast(pl.String)
        ids = arrow(pl.select(pl.when(series.str.strip_chars() != "").then(series)).to_series(), pa.string())
    return _named(ids, dtype)


def _may_be_blank(names: pa.Array) -> bool:
    """Whether some text may be nothing but blanks. Those that there are in practice begin with a visible character."""
    if pa.types.is_dictionary(names.type):
        names = names.dictionary
    if pa.types.is_string_view(names.type):
        names = names.cast(pa.large_string())
    if not len(names):
        return False
    _, offsets, data = names.buffers()
    wide = pa.types.is_large_string(names.type)
    at = np.frombuffer(offsets, np.int64 if wide else np.int32)[names.offset : names.offset + len(names) + 1]
    if data is None or (at[1:] == at[:-1]).any():
        # Nulls have no length either.
        return not names.null_count or _may_be_blank(names.drop_null())
    first = np.frombuffer(data, np.uint8)[at[:-1]]
    return bool(((first <= 0x20) | (first >= 0x80)).any())


def _instants(time: pa.Array) -> pa.Array:
    """Timestamps of any unit and zone as instants; without a zone they are UTC."""
    wanted = pa.timestamp("us", "UTC")
    if time.type == wanted:
        return time
    if time.type.unit == "us":
        return time.cast(pa.int64()).cast(wanted)
    # To microseconds by polars, as everywhere: where digits are cut off before 1970, Arrow cuts the other way.
    naive = pl.Series(pl.from_arrow(time.cast(pa.int64()).cast(pa.timestamp(time.type.unit))))
    return naive.dt.cast_time_unit("us").to_physical().to_arrow().cast(wanted)


def _property(column: pa.Array, type: pa.DataType) -> pa.Array:
    """A column of a property in the type that it has in all chunks."""
    if column.null_count == len(column):
        # A column in which nothing stands has a type all the same, and often another than in other files.
        return pa.nulls(len(column), type)
    if column.type == type and type in _AS_THEY_ARE:
        return column
    if is_text(column.type) and type == TEXT:
        return _codes(column)
    if pa.types.is_integer(column.type) and pa.types.is_integer(type):
        return column.cast(type)
    series = plain(pl.Series(pl.from_arrow(column))).series
    return arrow(series, TEXT).cast(type)
