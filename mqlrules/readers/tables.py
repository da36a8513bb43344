"""Tables in memory: polars, pandas, Arrow, and whatever else has the Arrow C stream interface.

Neither pandas nor pyarrow is imported here: an object of theirs says so itself.
"""

from typing import Any

import polars as pl

from mqlrules.events.errors import DataError
from mqlrules.readers.raw import Raw, rows_as_json
from mqlrules.readers.values import Column, column_of


def is_table(value: object) -> bool:
    """Whether a value is a table in memory that can be read."""
    return (
        isinstance(value, (pl.DataFrame, pl.LazyFrame))
        or hasattr(value, "__arrow_c_stream__")
        or hasattr(value, "__arrow_c_array__")
        or _is_pandas(value)
    )


def read_table(table: Any, name: str = "table") -> Raw:
    """The rows of a table. Raises ``DataError`` for one that can't be read."""
    try:
        frame, encoded = _frame(table)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, ImportError, TypeError, ValueError) as error:
        raise DataError(name, f"can't be read: {str(error).splitlines()[0]}") from None
    return Raw(name, frame, rows_as_json(frame), encoded=encoded)


def _is_pandas(value: object) -> bool:
    return type(value).__module__.split(".")[0] == "pandas" and hasattr(value, "columns")


def _frame(table: Any) -> tuple[pl.DataFrame, frozenset[str]]:
    if isinstance(table, pl.DataFrame):
        return table, frozenset()
    if isinstance(table, pl.LazyFrame):
        return table.collect(), frozenset()
    if _is_pandas(table):
        return _from_pandas(table)
    frame = pl.DataFrame(table)
    return frame, frozenset()


def _from_pandas(table: Any) -> tuple[pl.DataFrame, frozenset[str]]:
    names = [str(name) for name in table.columns]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'it has two columns "{twice}"')
    columns: dict[str, Column] = {}
    for number, name in enumerate(names):
        series = table.iloc[:, number]
        if str(series.dtype) == "object":
            # Objects are anything: strings, or numbers and text mixed; each value is looked at.
            values = [None if _is_nothing(value) else value for value in series.tolist()]
            columns[name] = _objects(values)
        else:
            columns[name] = Column(pl.Series(pl.from_pandas(series)))
    frame = pl.DataFrame([column.series.alias(name) for name, column in columns.items()])
    return frame, frozenset(name for name, column in columns.items() if column.encoded)


def _is_nothing(value: Any) -> bool:
    return (
        value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)
    )


def _objects(values: list[Any]) -> Column:
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) == 1 and kinds.isdisjoint({str, bool, int, float, list, dict}):
        try:
            return Column(pl.Series(values, strict=True))
        except (pl.exceptions.PolarsError, TypeError):
            pass
    return column_of(values)
