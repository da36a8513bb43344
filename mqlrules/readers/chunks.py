"""What all chunks of a scan have in common, and rows that were read in the form of such a chunk."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import attrs
import polars as pl
import pyarrow as pa

from mqlrules.readers.table import EventTable, property_column
from mqlrules.readers.values import INSTANT, Column, as_type, common_type, encoded

TEXT = pa.dictionary(pa.int32(), pa.string())
"""How properties of text, and names of events, stand in chunks: as codes, and what each means."""

_WHOLE = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)


@attrs.frozen(eq=False)
class Seen:
    """What is known of the values of one property in one place.

    ``values`` are a few that decide which types can hold all of them: the least and the greatest. ``unread``: they have
    this type, and nobody has looked at them.
    """

    values: pl.Series
    encoded: bool = False
    unread: bool = False

    @property
    def there(self) -> bool:
        """Whether there are any."""
        return self.unread or self.values.null_count() < len(self.values)


@attrs.frozen(eq=False)
class Part:
    """What one place (a file, a piece of it) adds to what is known: types of leads and ids, and each property.

    None for a lead or an id stands for none at all.
    """

    lead: pl.DataType | None
    id: pl.DataType | None
    has_id: bool
    properties: Mapping[str, Seen]


@attrs.frozen(eq=False)
class Shape:
    """What all chunks have in common.

    ``lead`` and ``id`` are Int64 or String; without ids ``id`` is None. ``properties`` has the type of each.
    """

    lead: pl.DataType
    id: pl.DataType | None
    properties: Mapping[str, pl.DataType]
    encoded: frozenset[str]

    def schema(self) -> pa.Schema:
        """The Arrow schema of a chunk."""
        fields = [
            ("lead", arrow_type(self.lead, text=pa.string())),
            ("time", pa.timestamp("us", "UTC")),
            ("event", TEXT),
        ]
        if self.id is not None:
            fields.append(("id", arrow_type(self.id, text=pa.string())))
        fields += [(property_column(name), arrow_type(dtype)) for name, dtype in self.properties.items()]
        return pa.schema(fields)


def arrow_type(dtype: pl.DataType, text: pa.DataType = TEXT) -> pa.DataType:
    """The Arrow type in which values of a polars type stand in chunks."""
    return text if dtype == pl.String else pl.Series([], dtype=dtype).to_arrow().type


def part_of(table: EventTable) -> Part:
    """What a table adds."""

    def dtype(name: str) -> pl.DataType | None:
        series = table.frame[name] if name in table.frame.columns else None
        return None if series is None or series.null_count() == len(series) else series.dtype

    seen = {
        name: Seen(extremes(table.frame[column]), name in table.encoded) for name, column in table.properties.items()
    }
    return Part(dtype("lead"), dtype("id"), "id" in table.frame.columns, seen)


def extremes(series: pl.Series) -> pl.Series:
    """A few values that decide, as all do, which types can hold them: of numbers the least and the greatest."""
    dtype = series.dtype
    if isinstance(dtype, pl.Struct):
        fields = [extremes(series.struct.field(field.name)) for field in dtype.fields]
        # A struct whose fields are all null is no null.
        height = max([*map(len, fields), int(series.null_count() < len(series))])
        padded = [field.extend_constant(None, height - len(field)) for field in fields]
        return pl.DataFrame(padded).to_struct(series.name)
    if dtype.is_integer():
        return pl.Series(series.name, [series.min(), series.max()], dtype=dtype).drop_nulls()
    return series.drop_nulls().head(1)


def shape_of(parts: Sequence[Part]) -> Shape | Collection[str]:
    """What all chunks have in common; or the properties whose values must be looked at before anybody can know."""
    names: dict[str, None] = {}
    for part in parts:
        names.update(dict.fromkeys(part.properties))
    properties: dict[str, pl.DataType] = {}
    as_text: set[str] = set()
    undecided: list[str] = []
    for name in names:
        seen = [part.properties[name] for part in parts if name in part.properties]
        there = [each for each in seen if each.there]
        dtype: pl.DataType | None
        if not there:
            dtype = pl.String()
        elif any(each.encoded for each in seen):
            dtype = None
        elif any(each.unread for each in there):
            types = {each.values.dtype for each in there}
            if len(types) > 1 and not types <= set(_WHOLE):
                undecided.append(name)
            dtype = types.pop() if len(types) == 1 else pl.Int64()
        else:
            dtype = common_type([each.values for each in there])
        properties[name] = pl.String() if dtype is None else dtype
        if dtype is None:
            as_text.add(name)
    if undecided:
        return undecided
    has_id = any(part.has_id for part in parts)
    return Shape(
        _alike(part.lead for part in parts),
        _alike(part.id for part in parts) if has_id else None,
        properties,
        frozenset(as_text),
    )


def _alike(types: Iterable[pl.DataType | None]) -> pl.DataType:
    """Whole numbers where all are, else text."""
    return pl.Int64() if {dtype for dtype in types if dtype is not None} == {pl.Int64()} else pl.String()


def as_chunk(
    frame: pl.DataFrame, properties: Mapping[str, str], already_encoded: Collection[str], shape: Shape
) -> pa.Table:
    """Rows of a table of events in the form of a chunk."""
    columns: list[pa.Array] = [
        arrow(frame["lead"].cast(shape.lead), pa.string()),
        arrow(frame["time"], None),
        arrow(frame["event"], TEXT),
    ]
    if shape.id is not None:
        ids = frame["id"].cast(shape.id) if "id" in frame.columns else _nulls(shape.id, frame.height)
        columns.append(arrow(ids, pa.string()))
    for name, dtype in shape.properties.items():
        if name not in properties:
            columns.append(arrow(_nulls(dtype, frame.height), TEXT))
            continue
        column = Column(frame[properties[name]], name in already_encoded)
        series = encoded(column).series if name in shape.encoded else as_type(column.series, dtype)
        columns.append(arrow(series, TEXT))
    return pa.Table.from_arrays(columns, schema=shape.schema())


def _nulls(dtype: pl.DataType, height: int) -> pl.Series:
    return pl.Series([None], dtype=dtype).new_from_index(0, height)


def arrow(series: pl.Series, text: pa.DataType | None = None) -> pa.Array:
    """A series as one Arrow array; ``text`` is the type for one of text."""
    if series.dtype == INSTANT:
        return series.to_physical().to_arrow().cast(pa.timestamp("us", "UTC"))
    # A name with a NUL in it is none that Arrow takes; whose column this is says the schema.
    array = series.alias("").to_arrow()
    if series.dtype != pl.String or text is None:
        return array
    return array.dictionary_encode().cast(text) if pa.types.is_dictionary(text) else array.cast(text)
