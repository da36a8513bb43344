"""The raw rows of one file or table, as a format reads them, before anybody asks what they mean."""

from collections.abc import Callable
from typing import Any

import attrs
import polars as pl

from mqlrules.readers.rejects import Reject, Remark
from mqlrules.readers.values import as_json, within_years

PROPERTIES = "properties"
"""The column whose keys are properties themselves."""


def rows_as_json(frame: pl.DataFrame) -> Callable[[pl.Series], pl.Series]:
    """Shows rows of a format without text: as JSON, missing values left out."""

    def shown(rows: pl.Series) -> pl.Series:
        columns = {series.name: _shown(series) for series in frame[rows]}
        texts = [
            as_json({name: values[row] for name, values in columns.items() if values[row] is not None})
            for row in range(len(rows))
        ]
        return pl.Series(texts, dtype=pl.String)

    return shown


def _shown(series: pl.Series) -> list[Any]:
    """The values of a column, as far as Python has them: times outside the years 1 to 9999 it has not."""
    if isinstance(series.dtype, pl.Datetime) or series.dtype == pl.Date:
        series = within_years(series)
    try:
        return series.to_list()
    except (ValueError, OverflowError, pl.exceptions.PanicException):
        return [None] * len(series)


@attrs.frozen(eq=False)
class Raw:
    """The rows of one file.

    ``name`` is what messages call the file. ``lines`` is the line of each row; None where row i is simply number i + 1.
    ``cells``: all columns are text, as in CSV, but for those in ``typed``. ``encoded`` columns hold JSON text
    (``mqlrules.readers.values``). The keys in the column ``container``, if it is there, are properties.
    ``shown`` gives the text of rows, for rejects; ``rejected`` are the rows that did not even become rows. ``remarks``
    is what else there is to say of the file, ``note`` what to say when a column is missing: which delimiter was used.
    """

    name: str
    frame: pl.DataFrame
    shown: Callable[[pl.Series], pl.Series]
    lines: pl.Series | None = None
    cells: bool = False
    encoded: frozenset[str] = frozenset()
    container: str | None = PROPERTIES
    rejected: tuple[Reject, ...] = ()
    remarks: tuple[Remark, ...] = ()
    note: str = ""
    typed: frozenset[str] = frozenset()

    def line_of(self, rows: pl.Series) -> pl.Series:
        """The lines of rows."""
        return (rows + 1).cast(pl.Int64) if self.lines is None else self.lines.gather(rows).cast(pl.Int64)
