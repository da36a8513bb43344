"""Reading events: any input to one table of events."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from mqlrules.check.program import Program
from mqlrules.events.faults import DataError
from mqlrules.events.readers.assemble import Wanted, assemble, one_table
from mqlrules.events.readers.columns import ColumnNames, find_columns
from mqlrules.events.readers.csv import read_csv
from mqlrules.events.readers.inputs import Input, inputs_of
from mqlrules.events.readers.jsonl import read_jsonl
from mqlrules.events.readers.parquet import read_arrow, read_parquet
from mqlrules.events.readers.raw import PROPERTIES, Raw
from mqlrules.events.readers.segment import read_segment
from mqlrules.events.readers.table import EventTable
from mqlrules.events.readers.tables import is_table, read_table


def read_events(
    inputs: Any,
    *,
    format: str | None = None,
    columns: ColumnNames | None = None,
    program: Program | None = None,
    properties: Collection[str] | None = None,
) -> EventTable:
    """The events of files, folders, globs or tables, in the order of the inputs and of their rows.

    ``inputs``: a path or several (``-`` is standard input), or a table (polars, pandas, Arrow) or several. ``format``
    is ``csv``, ``jsonl``, ``parquet``, ``arrow`` or ``segment``; without it the file says. ``columns`` names the
    columns of lead, time, event and id. ``program`` has the schemas that decide the types of CSV columns.
    ``properties`` are the properties to read, by default all. Rows that can't be read are in ``rejects``.

    Raises ``DataError`` for an input that can't be read at all.
    """
    wanted = Wanted(columns or ColumnNames(), program, None if properties is None else frozenset(properties))
    given: Sequence[Any] = [inputs] if isinstance(inputs, (str, Path)) or is_table(inputs) else list(inputs)
    if format == "segment":
        return read_segment([(file.name, file.data()) for file in inputs_of(given, format)], wanted)
    tables: list[EventTable] = []
    for number, each in enumerate(given, 1):
        if is_table(each):
            tables.append(assemble(read_table(each, "table" if len(given) == 1 else f"table {number}"), wanted))
        else:
            tables.extend(assemble(raw_of(file, wanted), wanted) for file in inputs_of(each, format))
    if not tables:
        raise DataError("events", "no file is given")
    return one_table(tables)


def raw_of(file: Input, wanted: Wanted) -> Raw:
    """The raw rows of one file."""

    def chosen(there: Sequence[str]) -> Sequence[str] | None:
        """The columns that a file with typed columns is asked for; None for all."""
        if wanted.properties is None:
            return None
        roles = find_columns(file.name, there, wanted.names).values()
        return [name for name in there if name in roles or name in wanted.properties or name == PROPERTIES]

    match file.format:
        case "csv":
            return read_csv(file.name, file.data())
        case "parquet":
            return read_parquet(file.name, file.source(), chosen)
        case "arrow":
            return read_arrow(file.name, file.source(), chosen)
        case _:
            return read_jsonl(file.name, file.data(), wanted.names.of("event"))
