"""Values of any type to columns, without changing a value: what no single column type can hold is kept as JSON text."""

import datetime
import json
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

import attrs
import polars as pl

from mqlrules.language.instants import EARLIEST, LATEST
from mqlrules.language.names import IDENTIFY, normalise

INSTANT = pl.Datetime("us", "UTC")
_WHOLE: frozenset[pl.DataType] = frozenset(
    (pl.Int8(), pl.Int16(), pl.Int32(), pl.Int64(), pl.UInt8(), pl.UInt16(), pl.UInt32())
)
_EXACT = 2**53
_MOST_FIELDS = 200
_DEEPEST = 8


_SECOND = 1_000_000
YEARS: Mapping[str, tuple[int, int]] = {
    "date": (EARLIEST // (86_400 * _SECOND), LATEST // (86_400 * _SECOND)),
    "s": (EARLIEST // _SECOND, LATEST // _SECOND),
    "ms": (EARLIEST // 1_000, LATEST // 1_000),
    "us": (EARLIEST, LATEST),
    "ns": (-(2**63), 2**63 - 1),
}
"""The first and the last of the years 1 to 9999, for dates and for each unit of timestamps."""


@attrs.frozen(eq=False)
class Column:
    """The values of one property. If ``encoded``, each is JSON text: they are of several types.

    A null is a missing property; the JSON text ``null`` is a property that was sent as null (it removes a trait).
    """

    series: pl.Series
    encoded: bool = False

    def values(self) -> list[Any]:
        """The values as Python values."""
        values = self.series.to_list()
        return [None if value is None else json.loads(value) for value in values] if self.encoded else values


def column_of(values: Sequence[Any], nulls: Collection[int] | None = None) -> Column:
    """The column of values as JSON has them: numbers, text, booleans, lists, mappings, None.

    ``nulls`` are the rows at which a None is a null that was sent, and not a missing property; given, even if there are
    none, they make the column one of JSON text.
    """
    if nulls is None:
        series = _series(values, 0)
        if series is not None:
            return Column(series)
        nulls = ()
    texts = [None if value is None and row not in nulls else as_json(value) for row, value in enumerate(values)]
    return Column(pl.Series(texts, dtype=pl.String), encoded=True)


def as_json(value: Any) -> str:
    """JSON text of a value; times in ISO form, which compares with times just the same."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case datetime.timedelta():
            return value / datetime.timedelta(seconds=1)
        case bytes():
            return value.decode("utf-8", "replace")
        case pl.Series():
            return value.to_list()
        case _:
            return str(value)


def _series(values: Sequence[Any], depth: int) -> pl.Series | None:
    """A series that holds exactly these values, or None if there is none."""
    kinds = set(map(type, values))
    kinds.discard(type(None))
    if not kinds:
        return pl.Series([None] * len(values), dtype=pl.String)
    if kinds == {str}:
        return pl.Series(values, dtype=pl.String)
    if kinds == {bool}:
        return pl.Series(values, dtype=pl.Boolean)
    if kinds == {int}:
        there = [value for value in values if value is not None]
        if min(there) >= -(2**63) and max(there) < 2**63:
            return pl.Series(values, dtype=pl.Int64)
    elif kinds <= {int, float}:
        if all(type(value) is not int or -_EXACT <= value <= _EXACT for value in values):
            return pl.Series(values, dtype=pl.Float64, strict=False)
    elif kinds == {list}:
        return _lists(values)
    elif kinds == {dict} and depth < _DEEPEST:
        return _structs(values, depth)
    return None


def _lists(values: Sequence[list[Any] | None]) -> pl.Series | None:
    kinds = {type(member) for value in values if value is not None for member in value}
    kinds.discard(type(None))
    for kind, inner in ((str, pl.String), (bool, pl.Boolean), (float, pl.Float64)):
        if kinds <= {kind}:
            return pl.Series(values, dtype=pl.List(inner))
    if kinds == {int} and all(
        member is None or -(2**63) <= member < 2**63 for value in values if value is not None for member in value
    ):
        return pl.Series(values, dtype=pl.List(pl.Int64))
    return None


def _structs(values: Sequence[dict[str, Any] | None], depth: int) -> pl.Series | None:
    keys: dict[str, None] = {}
    for value in values:
        if value is not None:
            keys.update(dict.fromkeys(value))
            if len(keys) > _MOST_FIELDS:
                return None
    if not keys:
        return None
    fields: dict[str, pl.Series] = {}
    for key in keys:
        field = _series([None if value is None else value.get(key) for value in values], depth + 1)
        # Arrow's names end at a NUL.
        if field is None or "\0" in key:
            return None
        fields[key] = field
    structs = pl.DataFrame(fields).to_struct("")
    there = pl.Series([value is not None for value in values], dtype=pl.Boolean)
    if there.all():
        return structs
    return where(structs, there)


def where(series: pl.Series, mask: pl.Series) -> pl.Series:
    """The values at which the mask holds; null at all others."""
    return pl.select(pl.when(mask).then(series)).to_series()


def within_years(series: pl.Series) -> pl.Series:
    """Dates or datetimes, null where they are outside the years 1 to 9999: there Python has none."""
    dtype = series.dtype
    low, high = YEARS[dtype.time_unit if isinstance(dtype, pl.Datetime) else "date"]
    there = series.to_physical().is_between(low, high)
    return series if there.all() else where(series, there)


def encoded(column: Column) -> Column:
    """The same values as JSON text."""
    if column.encoded:
        return column
    texts = [None if value is None else as_json(value) for value in column.series.to_list()]
    return Column(pl.Series(texts, dtype=pl.String), encoded=True)


def stacked(columns: Sequence[Column]) -> Column:
    """Columns one below the other, without changing a value."""
    there = [column for column in columns if column.series.null_count() < len(column.series)]
    height = sum(len(column.series) for column in columns)
    if not there:
        return Column(pl.Series([None] * height, dtype=pl.String))
    if not any(column.encoded for column in columns):
        dtype = common_type([column.series for column in there])
        if dtype is not None:
            return Column(pl.concat([as_type(column.series, dtype) for column in columns]))
    return Column(pl.concat([encoded(column).series for column in columns]), encoded=True)


def common_type(columns: Sequence[pl.Series]) -> pl.DataType | None:
    """The type that holds the values of all columns unchanged, or None."""
    types = {series.dtype for series in columns}
    if len(types) == 1:
        return types.pop()
    if types <= _WHOLE:
        return pl.Int64()
    if all(isinstance(dtype, pl.Struct) for dtype in types):
        return _common_struct(columns)
    if all(dtype.is_integer() or dtype.is_float() for dtype in types) and pl.Float32() not in types:
        whole = [series for series in columns if series.dtype.is_integer()]
        if all(series.min() >= -_EXACT and series.max() <= _EXACT for series in whole):  # type: ignore[operator]
            return pl.Float64()
    return None


def _common_struct(columns: Sequence[pl.Series]) -> pl.DataType | None:
    fields: dict[str, list[pl.Series]] = {}
    for series in columns:
        for name in series.struct.fields:
            fields.setdefault(name, []).append(series.struct.field(name))
    merged: dict[str, pl.DataType] = {}
    for name, parts in fields.items():
        there = [part for part in parts if part.null_count() < len(part)] or parts[:1]
        dtype = common_type(there)
        if dtype is None:
            return None
        merged[name] = dtype
    return pl.Struct(merged)


def as_type(series: pl.Series, dtype: pl.DataType) -> pl.Series:
    """The same values in a type that can hold them all."""
    if series.dtype == dtype:
        return series.alias("")
    if series.null_count() == len(series):
        return pl.Series([None] * len(series), dtype=dtype)
    if isinstance(dtype, pl.Struct):
        # A cast by name; a polars cast of structs goes by place.
        there = set(series.struct.fields)
        parts = [
            as_type(series.struct.field(field.name), field.dtype).alias(field.name)  # type: ignore[arg-type]
            if field.name in there
            else pl.Series(field.name, [None] * len(series), dtype=field.dtype)
            for field in dtype.fields
        ]
        structs = pl.DataFrame(parts).to_struct("")
        return where(structs, series.is_not_null())
    return series.cast(dtype).alias("")


def columns_of(rows: Sequence[dict[str, Any]], keeps_nulls: Collection[int] = ()) -> dict[str, Column]:
    """A column for each key of the rows. In the rows of ``keeps_nulls`` (``identify``) a null is one that was sent."""
    keys: dict[str, None] = {}
    for row in rows:
        keys.update(dict.fromkeys(row))
    nulls: dict[str, set[int]] = {}
    for number in keeps_nulls:
        for key, value in rows[number].items():
            if value is None:
                nulls.setdefault(key, set()).add(number)
            elif isinstance(value, dict) and None in value.values():
                # As text it keeps them, should it be a container of properties.
                nulls.setdefault(key, set())
    return {key: column_of([row.get(key) for row in rows], nulls.get(key)) for key in keys}


def identify_rows(events: pl.Series) -> list[int]:
    """The rows of a column of names that are ``identify``."""
    names = [name for name in events.unique().drop_nulls().to_list() if normalise(name) == IDENTIFY]
    return events.is_in(names).fill_null(False).arg_true().to_list() if names else []
