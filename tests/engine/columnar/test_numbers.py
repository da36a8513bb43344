"""Numbers in columns are exact, whatever their size."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from mqlrules.check.program import Compare
from mqlrules.engine.columnar.columns import Numbers, column_of, passing
from mqlrules.engine.columnar.dates import Dates
from mqlrules.engine.columnar.thresholds import bounds_of
from mqlrules.engine.columnar.values import Dictionary, millionths_of, opened, orders
from mqlrules.language.calendar import Zone
from mqlrules.language.instants import LATEST
from mqlrules.language.operators import holds
from mqlrules.language.values import compare, millionths

FLOATS = st.floats(allow_nan=True) | st.decimals(-1000, 1000, places=7).map(float)
WHOLE = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3)
OPERATORS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
LITERALS = st.integers(-(10**20), 10**20) | st.integers(-3, 3) | st.decimals(-1000, 1000, places=7)


@given(st.lists(FLOATS | st.none(), min_size=1))
def test_floats_in_millionths(values: list[float | None]) -> None:
    _in_millionths(values, pa.float64())


@given(st.lists(WHOLE | st.none(), min_size=1))
def test_whole_numbers_in_millionths(values: list[int | None]) -> None:
    _in_millionths(values, pa.int64())


def _in_millionths(values: list[float | None] | list[int | None], kind: pa.DataType) -> None:
    large = Dictionary()
    column = column_of(pa.array(values, kind, from_pandas=False))
    assert isinstance(column, Numbers)
    found = opened(millionths_of(column, ("x",), large), large)
    known = column.known()
    expected = [millionths(value) or 0 for value, there in zip(values, known, strict=True) if there]
    assert expected == found[known].tolist()


@given(st.lists(FLOATS | st.none(), min_size=1), OPERATORS, LITERALS)
def test_floats_compare_as_their_shortest_decimals(
    values: list[float | None], operator: str, literal: int | Decimal
) -> None:
    found = passing(Compare(("x",), operator, literal), column_of(pa.array(values, pa.float64())), len(values))  # type: ignore[arg-type]
    assert [compare(value, operator, literal) for value in values] == found.tolist()


@given(st.lists(WHOLE | st.none(), min_size=1), OPERATORS, LITERALS)
def test_whole_numbers_compare_exactly(values: list[int | None], operator: str, literal: int | Decimal) -> None:
    found = passing(Compare(("x",), operator, literal), column_of(pa.array(values, pa.int64())), len(values))  # type: ignore[arg-type]
    assert [compare(value, operator, literal) for value in values] == found.tolist()


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_numbers_are_carried_in_their_order(values: list[float]) -> None:
    keys = orders(column_of(pa.array(values, pa.float64())), ("x",), Dictionary()).tolist()
    for a, key in zip(values, keys, strict=True):
        for b, other in zip(values, keys, strict=True):
            assert (a < b, a == b) == (key < other, key == other)


@given(st.lists(WHOLE, min_size=1), OPERATORS, LITERALS)
def test_bounds_hold_of_what_compares(numbers: list[int], operator: str, literal: int | Decimal) -> None:
    bounds = bounds_of(operator, literal)
    assert bounds is not None
    expected = [holds(operator, (number > literal) - (number < literal)) for number in numbers]
    assert expected == bounds.hold_of(np.array(numbers)).tolist()
    assert expected == [bounds.hold(number) for number in numbers]


@given(
    st.lists(
        st.integers(-(10**15), 4 * 10**15)
        | st.integers(1_774_742_000_000_000, 1_774_750_000_000_000)
        | st.integers(LATEST - 10**11, LATEST),
        min_size=1,
    ),
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "UTC"]),
)
def test_dates_in_a_zone(times: list[int], name: str) -> None:
    zone = Zone(name)
    dates = Dates(zone)
    expected = [zone.date_of(at) for at in times]
    assert expected == dates.of(np.array(times)).tolist()
    assert expected[::-1] == dates.of(np.array(times[::-1])).tolist()
