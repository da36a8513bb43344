"""Columns of properties: numbers as they are, everything else as codes of the values that occur."""

import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mqlrules.check import program as p
from mqlrules.engine.columnar.arrow import as_type, raw, there
from mqlrules.engine.columnar.jit import kernel
from mqlrules.language.tests import text_test
from mqlrules.language.values import Literal, at_path, compare

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int32]


@attrs.frozen(eq=False)
class Numbers:
    """Numbers of one type, float64 or int64; ``there`` says which rows have one (None: all)."""

    values: npt.NDArray[Any]
    there: Mask | None

    def known(self) -> Mask:
        """Which rows have a number."""
        return np.ones(len(self.values), np.bool_) if self.there is None else self.there


@attrs.frozen(eq=False)
class Coded:
    """Values of any type: each row's place among ``values``, -1 where it has none. A value None was sent as a null."""

    codes: Codes
    values: list[Any]

    def looked_up(self, table: Iterable[Any], missing: Any, dtype: Any) -> npt.NDArray[Any]:
        """For each row what a table says of its value; ``missing`` where it has none."""
        found = np.empty(len(self.codes), dtype)
        _look_up(np.array([*table, missing], dtype), self.codes, found)
        return found


Column = Numbers | Coded


@kernel
def _look_up(table: npt.NDArray[Any], codes: Codes, out: npt.NDArray[Any]) -> None:
    missing = len(table) - 1
    for row in range(len(codes)):
        code = codes[row]
        out[row] = table[code if code >= 0 else missing]


def column_of(array: "pa.ChunkedArray | pa.Array", encoded: bool = False) -> Column:
    """A column of an Arrow table; ``encoded``: its values are JSON text."""
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()
        if isinstance(array, pa.ChunkedArray):
            array = array.chunk(0) if array.num_chunks else pa.array([], array.type)
    kind = array.type
    if not encoded and not pa.types.is_dictionary(kind):
        if pa.types.is_integer(kind) or (pa.types.is_floating(kind) and kind.bit_width >= 32):
            numbers = _numbers(array)
            if numbers is not None:
                return numbers
        if pa.types.is_boolean(kind):
            codes = array.cast(pa.int8()).fill_null(-1)
            return Coded(raw(codes).astype(np.int32), [False, True])
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        array = (array.cast(pa.large_string()) if pa.types.is_string_view(kind) else array).dictionary_encode()
    if pa.types.is_dictionary(array.type):
        values = array.dictionary.to_pylist()
        codes = raw(as_type(array.indices, pa.int32()))
        if array.null_count:
            codes = np.where(there(array.indices), codes, np.int32(-1))
        if None in values:
            codes = np.where(codes == values.index(None), np.int32(-1), codes)
        return Coded(codes, [json.loads(value) for value in values] if encoded else values)
    values = array.to_pylist()
    return coded([_mapping(value, kind) for value in values] if _has_map(kind) else values)


def _has_map(kind: pa.DataType) -> bool:
    if pa.types.is_map(kind):
        return True
    return any(_has_map(kind.field(number).type) for number in range(kind.num_fields))


def _mapping(value: Any, kind: pa.DataType) -> Any:
    """A value in which Arrow's maps, pairs in a list, are mappings; of two of one name the last counts."""
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
    """Codes of Python values, whatever they are; ``absent`` stands where there is none."""
    places: dict[object, int] = {}
    values: list[Any] = []
    codes = np.empty(len(given), np.int32)
    for row, value in enumerate(given):
        if value is absent:
            codes[row] = -1
            continue
        # To Python 1 and true are equal; lists and mappings have no hash; -0.0 is written otherwise than 0.0.
        key = (type(value), value if isinstance(value, (str, int)) else repr(value))
        place = places.get(key)
        if place is None:
            place = places[key] = len(values)
            values.append(value)
        codes[row] = place
    return Coded(codes, values)


def _numbers(array: pa.Array) -> Numbers | None:
    floating = pa.types.is_floating(array.type)
    wanted = pa.float64() if floating else pa.int64()
    if array.type != wanted:
        if pa.types.is_float32(array.type):
            # A float32 means its own shortest decimal, which its double does not show.
            return None
        try:
            array = array.cast(wanted)
        except pa.ArrowInvalid:
            return None
    # What stands where a value is missing is never looked at.
    known = there(array) if array.null_count else None
    values = raw(array)
    if floating:
        missing = np.isnan(values)
        if missing.any():
            known = ~missing if known is None else known & ~missing
    return Numbers(values, known)


# -- tests of columns ----------------------------------------------------------------------------------------------


def meeting(predicate: "p.Predicate | p.Condition", column_named: Callable[[str], Column | None], rows: int) -> Mask:
    """Which rows meet a predicate (section 4). ``column_named`` gives a property's column, None where no row has it."""
    match predicate:
        case p.And(operands=operands):
            return _reduced(np.logical_and, [meeting(each, column_named, rows) for each in operands])
        case p.Or(operands=operands):
            return _reduced(np.logical_or, [meeting(each, column_named, rows) for each in operands])
        case p.Not(operand=operand):
            return ~meeting(operand, column_named, rows)
        case p.Compare() | p.OneOf() | p.TextTest() | p.Presence() | p.IsTrue():
            return passing(predicate, column_named(predicate.path[0]), rows)
        case _:
            raise TypeError(f"no predicate: {predicate!r}")


def _reduced(join: np.ufunc, masks: list[Mask]) -> Mask:
    found: Mask = join.reduce(masks)
    return found


def passing(test: p.Test, column: Column | None, rows: int) -> Mask:
    """Which rows of a column pass a test."""
    match column:
        case None:
            return np.full(rows, passes(test, None))
        case Numbers() if len(test.path) > 1:
            return np.full(rows, passes(test, None))
        case Numbers():
            return _number_passes(test, column)
        case Coded(values=values):
            return column.looked_up((passes(test, value) for value in values), passes(test, None), np.bool_)


def passes(test: p.Test, value: Any) -> bool:
    """Whether the value of a property, or of a trait, passes a test: the one at the first name of the test's path."""
    value = at_path({test.path[0]: value}, test.path)
    match test:
        case p.Presence(known=known):
            return (value is not None) == known
        case p.IsTrue():
            return value is True
        case p.Compare(operator=operator, value=literal, ignoring_case=ignoring):
            return compare(_folded(value, ignoring), operator, _folded(literal, ignoring))
        case p.OneOf(values=literals, ignoring_case=ignoring):
            value = _folded(value, ignoring)
            return any(compare(value, "=", _folded(literal, ignoring)) for literal in literals)
        case p.TextTest(record=record, text=text, ignoring_case=ignoring):
            return text_test(value, record, text, ignoring)


def _folded(value: Any, ignoring_case: bool) -> Any:
    return value.casefold() if ignoring_case and isinstance(value, str) else value


def _number_passes(test: p.Test, column: Numbers) -> Mask:
    known = column.known()
    match test:
        case p.Presence(known=asked):
            return known if asked else ~known
        case p.Compare(operator=operator, value=literal):
            return known & _compared(column.values, operator, literal)
        case p.OneOf(values=literals):
            found = np.zeros(len(known), np.bool_)
            for literal in literals:
                found |= _compared(column.values, "=", literal)
            return known & found
        case _:
            return np.zeros(len(known), np.bool_)


_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "=": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip


def _compared(values: npt.NDArray[Any], operator: str, literal: Literal) -> Mask:
    """Numbers against a literal, exactly: a double is in the order of its shortest decimal."""
    if isinstance(literal, bool) or not isinstance(literal, (int, Decimal)):
        return np.zeros(len(values), np.bool_)
    near, side = (_near_double if values.dtype == np.float64 else _near_whole)(literal)
    if side == 0:
        return _COMPARED[operator](values, near)  # type: ignore[no-any-return]
    # The literal lies between two numbers of the column's type: below ``near``, or above it.
    if operator in ("=", "!="):
        return np.full(len(values), operator == "!=")
    above = operator in (">", ">=")
    if side > 0:
        return values >= near if above else values < near
    return values > near if above else values <= near


def _near_double(literal: int | Decimal) -> tuple[float, int]:
    """A double beside a literal, and whether it is above (1) or below it (-1), or means the same number (0)."""
    try:
        near = float(literal)
    except OverflowError:
        near = float("inf") if literal > 0 else float("-inf")
    exact = Decimal(repr(near))
    return near, (exact > literal) - (exact < literal)


def _near_whole(literal: int | Decimal) -> tuple[int, int]:
    least, most = -(2**63), 2**63 - 1
    if literal > most:
        return most, -1
    if literal < least:
        return least, 1
    whole = int(literal)
    return whole, (whole > literal) - (whole < literal)
