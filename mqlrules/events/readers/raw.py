"""The raw rows of one file or table, as a format reads them, before anybody asks what they mean."""

from collections.abc import Callable

import attrs
import polars as pl

from mqlrules.events.readers.rejects import Reject, Remark
from mqlrules.events.readers.values import as_json

PROPERTIES = "properties"
"""The column whose keys are properties themselves."""


def rows_as_json(frame: pl.DataFrame) -> Callable[[pl.Series], pl.Series]:
    """Shows rows of a format without text: as JSON, missing values left out."""

    def shown(rows: pl.Series) -> pl.Series:
        texts = [
            as_json({name: value for name, value in row.items() if value is not None})
            for row in frame[rows].iter_rows(named=True)
        ]
        return pl.Series(texts, dtype=pl.String)

    return shown


@attrs.frozen(eq=False)
class Raw:
    """The rows of one file.

    ``name`` is what messages call the file. ``lines`` is the line of each row; None where row i is simply number i + 1.
    ``cells``: all columns are text, as in CSV, but for those in ``typed``. ``encoded`` columns hold JSON text
    (``mqlrules.events.readers.values``). The keys in the column ``container``, if it is there, are properties.
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
