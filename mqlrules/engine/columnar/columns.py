"""Columns of properties: numbers as they are, other values as codes of the values that occur, and tests of both."""

import json
from collections.abc import Callable, Iterable
from typing import Any, assert_never

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mqlrules.check import program as p
from mqlrules.engine.columnar.arrow import as_type, present, raw
from mqlrules.engine.columnar.jit import kernel
from mqlrules.engine.columnar.thresholds import compared
from mqlrules.engine.columnar.truth_changes import Mask, Places
from mqlrules.language.tests import text_test
from mqlrules.language.values import at_path, compare, is_missing


@attrs.frozen(eq=False)
class Numbers:
    """Numbers of one type, float64 or int64; ``present`` says which rows have one (None: all)."""

    values: npt.NDArray[Any]
    present: Mask | None

    def known(self) -> Mask:
        """Which rows have a number."""
        return np.ones(len(self.values), np.bool_) if self.present is None else self.present


@attrs.frozen(eq=False)
class Coded:
    """Values of any type: each row's place among ``values``, -1 where it has none. None is an explicit null."""

    codes: Places
    values: list[Any]

    def looked_up(self, table: Iterable[Any], missing: Any, dtype: Any) -> npt.NDArray[Any]:
        """The entry of a table for each row's value, ``missing`` where it has none."""
        found = np.empty(len(self.codes), dtype)
        _look_up(np.array([*table, missing], dtype), self.codes, found)
        return found


Column = Numbers | Coded


@kernel
def _look_up(table: npt.NDArray[Any], codes: Places, out: npt.NDArray[Any]) -> None:
    missing = len(table) - 1
    for row in range(len(codes)):
        code = codes[row]
        out[row] = table[code if code >= 0 else missing]


def column_of(array: "pa.ChunkedArray | pa.Array", encoded: bool = False) -> Column:
    """A column of an Arrow table; ``encoded``: its values are JSON text."""
    array = in_one(array)
    kind = array.type
    if kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.float64()):
        return _numbers(array)
    if pa.types.is_boolean(kind):
        codes = array.cast(pa.int8()).fill_null(-1)
        return Coded(raw(codes).astype(np.int32), [False, True])
    if kind in (pa.string(), pa.large_string(), pa.string_view(), pa.uint64(), pa.float32()):
        array = (array.cast(pa.large_string()) if kind == pa.string_view() else array).dictionary_encode()
    if pa.types.is_dictionary(array.type):
        values = array.dictionary.to_pylist()
        if kind == pa.float32():
            # A number means its own shortest decimal, which its double doesn't show.
            values = [float(str(np.float32(value))) for value in values]
        codes = raw(as_type(array.indices, pa.int32()))
        if array.null_count:
            codes = np.where(present(array.indices), codes, np.int32(-1))
        if None in values:
            codes = np.where(codes == values.index(None), np.int32(-1), codes)
        return Coded(codes, [json.loads(value) for value in values] if encoded else values)
    values = array.to_pylist()
    return coded([_mapping(value, kind) for value in values] if _has_map(kind) else values)


def in_one(array: "pa.ChunkedArray | pa.Array") -> pa.Array:
    """A column as one array."""
    while isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()
    return array


def _has_map(kind: pa.DataType) -> bool:
    if pa.types.is_map(kind):
        return True
    return any(_has_map(kind.field(number).type) for number in range(kind.num_fields))


def _mapping(value: Any, kind: pa.DataType) -> Any:
    """A value with Arrow's maps, which are lists of pairs, as mappings. The last pair of a name counts."""
    if value is None:
        return None
    if pa.types.is_map(kind):
        return {name: _mapping(each, kind.item_type) for name, each in value}
    if pa.types.is_struct(kind):
        return {name: _mapping(each, kind.field(name).type) for name, each in value.items()}
    if isinstance(value, list):
        return [_mapping(each, kind.value_type) for each in value]
    return value


def coded(given: list[Any], absent: Any = None) -> Coded:
    """Codes of Python values of any type; ``absent`` stands for none."""
    places: dict[object, int] = {}
    values: list[Any] = []
    codes = np.empty(len(given), np.int32)
    for row, value in enumerate(given):
        if value is absent:
            codes[row] = -1
            continue
        # In Python 1 and true are equal, lists and mappings have no hash, and -0.0 and 0.0 are equal.
        key = (type(value), value if isinstance(value, (str, int)) else repr(value))
        place = places.get(key)
        if place is None:
            place = places[key] = len(values)
            values.append(value)
        codes[row] = place
    return Coded(codes, values)


def _numbers(array: pa.Array) -> Numbers:
    known = present(array) if array.null_count else None
    if array.type != pa.float64():
        return Numbers(raw(as_type(array, pa.int64())), known)
    values = raw(array)
    missing = np.isnan(values)
    if missing.any():
        known = ~missing if known is None else known & ~missing
    return Numbers(values, known)


# -- tests ---------------------------------------------------------------------------------------------------------


def meeting(predicate: p.Predicate, column_named: Callable[[str], Column | None], rows: int) -> Mask:
    """Which rows meet a predicate (section 4). ``column_named`` gives a property's column, None where no row has it."""
    match predicate:
        case p.And(operands=operands):
            return _reduced(np.logical_and, [meeting(each, column_named, rows) for each in operands])
        case p.Or(operands=operands):
            return _reduced(np.logical_or, [meeting(each, column_named, rows) for each in operands])
        case p.Not(operand=operand):
            return ~meeting(operand, column_named, rows)
        case _:
            return passing(predicate, column_named(predicate.path[0]), rows)


def _reduced(join: np.ufunc, masks: list[Mask]) -> Mask:
    found: Mask = join.reduce(masks)
    return found


def passing(test: p.Test, column: Column | None, rows: int) -> Mask:
    """Which rows of a column pass a test."""
    passes = tester(test)
    match column:
        case Numbers() if len(test.path) == 1:
            return _number_passes(test, column)
        case Coded(values=values):
            return column.looked_up(map(passes, values), passes(None), np.bool_)
        case _:
            return np.full(rows, passes(None))


def tester(test: p.Test) -> Callable[[Any], bool]:
    """Whether a test passes, asked with the value at the first name of its path."""
    inner, path = _tester(test), test.path
    return inner if len(path) == 1 else lambda value: inner(at_path({path[0]: value}, path))


def _tester(test: p.Test) -> Callable[[Any], bool]:
    match test:
        case p.Presence(known=known):
            return lambda value: is_missing(value) != known
        case p.IsTrue():
            return lambda value: value is True
        case p.Compare(operator=operator, value=literal, ignoring_case=ignoring):
            folded = _folded(literal, ignoring)
            return lambda value: compare(_folded(value, ignoring), operator, folded)
        case p.OneOf(values=literals, ignoring_case=ignoring):
            # A list may be long, and nearly always is of text.
            texts = frozenset(_folded(literal, ignoring) for literal in literals if isinstance(literal, str))
            others = [literal for literal in literals if not isinstance(literal, str)]
            return lambda value: (
                _folded(value, ignoring) in texts
                if isinstance(value, str) and not others
                else any(compare(_folded(value, ignoring), "=", literal) for literal in (*texts, *others))
            )
        case p.TextTest(record=record, text=text, ignoring_case=ignoring):
            return lambda value: text_test(value, record, text, ignoring)
        case _:
            assert_never(test)


def _folded(value: Any, ignoring_case: bool) -> Any:
    return value.casefold() if ignoring_case and isinstance(value, str) else value


def _number_passes(test: p.Test, column: Numbers) -> Mask:
    known = column.known()
    match test:
        case p.Presence(known=asked):
            return known if asked else ~known
        case p.Compare(operator=operator, value=literal):
            return known & compared(column.values, operator, literal)
        case p.OneOf(values=literals):
            found = np.zeros(len(known), np.bool_)
            for literal in literals:
                if not isinstance(literal, str):
                    found |= compared(column.values, "=", literal)
            return known & found
        case _:
            return np.zeros(len(known), np.bool_)
