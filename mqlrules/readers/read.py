"""Reading events: any input to one table of events."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import attrs

from mqlrules.check.program import Program
from mqlrules.events.errors import DataError
from mqlrules.readers.assemble import Wanted, assemble, one_table
from mqlrules.readers.columns import ColumnNames, find_columns
from mqlrules.readers.csv import read_csv
from mqlrules.readers.inputs import Input, inputs_of
from mqlrules.readers.jsonl import read_jsonl
from mqlrules.readers.parquet import read_arrow, read_parquet
from mqlrules.readers.partitions import Constants, Partitions, partitions_of, with_constants
from mqlrules.readers.raw import PROPERTIES, Raw, rows_as_json
from mqlrules.readers.segment import read_segment
from mqlrules.readers.size_guard import USUAL_RATIO, in_words
from mqlrules.readers.table import EventTable
from mqlrules.readers.tables import is_table, read_table


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
    sources = sources_of(given, format)
    if format == "segment":
        return read_segment(segment_files(sources), wanted)
    partitions = partitions_of([each for each in sources if isinstance(each, Input)], wanted.names, program)
    return one_table([assemble(raw_of(each, wanted, partitions), wanted) for each in sources])


@attrs.frozen(eq=False)
class InMemory:
    """A table in memory, and what messages call it."""

    name: str
    table: Any


Source = Input | InMemory


def sources_of(given: Sequence[Any], format: str | None) -> list[Source]:
    """The files and tables that a caller means. Raises ``DataError`` if there are none."""
    sources: list[Source] = []
    for number, each in enumerate(given, 1):
        if isinstance(each, (Input, InMemory)):
            sources.append(each)
        elif is_table(each):
            sources.append(InMemory("table" if len(given) == 1 else f"table {number}", each))
        else:
            sources.extend(inputs_of(each, format))
    if not sources:
        raise DataError("events", "no file is given")
    return sources


def segment_files(sources: Sequence[Source]) -> list[tuple[str, bytes]]:
    """Names and contents of files of calls. Raises ``DataError`` for a table, which has none."""
    for source in sources:
        if isinstance(source, InMemory):
            raise DataError(source.name, "is a table, and holds no calls of the Segment spec")
    return [(source.name, source.data()) for source in sources if isinstance(source, Input)]


def tell_if_large(*sources: Source, memory: int, telling: Callable[[str], None]) -> None:
    """Says of files that are about to be read whole that they are large for so much memory, if together they are."""
    sizes = [(source, source.size()) for source in sources if isinstance(source, Input)]
    together = sum(size * (USUAL_RATIO if source.is_packed() else 1) for source, size in sizes)
    if together <= memory:
        return
    source, _ = sizes[0]
    names = source.name if len(sizes) == 1 else f"{source.name} and {len(sizes) - 1:,} more"
    packed = " packed" if any(source.is_packed() for source, _ in sizes) else ""
    size = in_words(sum(size for _, size in sizes))
    telling(f"{names} ({size}{packed}) can only be read whole, and may take more memory than was given")


def raw_of(source: Source, wanted: Wanted, partitions: Partitions | None = None) -> Raw:
    """The raw rows of one file or table."""
    if isinstance(source, InMemory):
        raw = read_table(source.table, source.name)
        columns = chosen_columns(source.name, raw.frame.columns, wanted, {})
        if columns is None:
            return raw
        frame = raw.frame.select(columns)
        return attrs.evolve(raw, frame=frame, shown=rows_as_json(frame))
    constants = {} if partitions is None else partitions.of(source, wanted.properties)

    def chosen(there: Sequence[str]) -> Sequence[str] | None:
        """The columns that a file with typed columns is asked for; None for all."""
        return chosen_columns(source.name, there, wanted, constants)

    match source.format:
        case "csv":
            raw = read_csv(source.name, source.data())
        case "parquet":
            raw = read_parquet(source.name, source.source(), chosen)
        case "arrow":
            raw = read_arrow(source.name, source.source(), chosen)
        case _:
            raw = read_jsonl(source.name, source.data(), wanted.names.of("event"))
    return with_constants(raw, constants)


def chosen_columns(file: str, there: Sequence[str], wanted: Wanted, constants: Constants) -> Sequence[str] | None:
    """Of the columns of a file those that are asked for, beside those of its folders; None for all."""
    if wanted.properties is None:
        return None
    more = [name for name in constants if name not in there]
    roles = find_columns(file, [*there, *more], wanted.names).values()
    return [name for name in there if name in roles or name in wanted.properties or name == PROPERTIES]
