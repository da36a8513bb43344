"""Folders called ``key=value``, as data lakes have them: each is a column of the files below.

Looked at are the folders that a path names as it is given, and those below it; so it makes no difference whether a
shell or mqlrules looks for the files. A column of the file itself comes before one of its folders. A key that is no
lead, time, event or id is a property, and in all files of a call of the type that all its values have in common, as in
CSV; unless a schema says that it is text.
"""

from collections.abc import Collection, Mapping, Sequence

import attrs
import polars as pl

from mqlrules.check.program import Program
from mqlrules.readers.cells import guessed, whole_or_text
from mqlrules.readers.columns import ColumnNames
from mqlrules.readers.inputs import Input
from mqlrules.readers.raw import Raw

Constants = Mapping[str, pl.Series]
"""Columns of one row, which stand for as many as a file has."""


@attrs.frozen(eq=False)
class Partitions:
    """The values of all keys, over all files of a call."""

    names: ColumnNames
    values: Mapping[str, Mapping[str, pl.Series]]
    """The column of one row for each key and text."""

    def of(self, file: Input, wanted: Collection[str] | None) -> Constants:
        """The columns that the folders of a file give it, those that are asked for; None is all."""
        roles = {self.names.of("lead"), self.names.of("time"), self.names.of("event"), self.names.of("id")}
        return {
            key: self.values[key][value or ""]
            for key, value in file.partition
            if wanted is None or key in wanted or key in roles
        }


def partitions_of(files: Sequence[Input], names: ColumnNames, program: Program | None) -> Partitions:
    """The partitions of all files of a call."""
    texts: dict[str, dict[str, str | None]] = {}
    for file in files:
        for key, value in file.partition:
            texts.setdefault(key, {})[value or ""] = value
    values: dict[str, dict[str, pl.Series]] = {}
    for key, there in texts.items():
        column = pl.Series(key, list(there.values()), dtype=pl.String)
        if key in (names.of("lead"), names.of("id")):
            column = whole_or_text(column)
        elif key not in (names.of("time"), names.of("event")) and not _is_text(key, program):
            column = guessed(column)
        values[key] = {text: column.slice(row, 1).alias(key) for row, text in enumerate(there)}
    return Partitions(names, values)


def _is_text(key: str, program: Program | None) -> bool:
    """Whether a schema says that a property is text."""
    if program is None:
        return False
    schemas = [*program.schemas.values(), *([] if program.lead_schema is None else [program.lead_schema])]
    return any(schema.properties.get(key) == "text" for schema in schemas)


def with_constants(raw: Raw, constants: Constants) -> Raw:
    """The rows with a column for each constant that they have no column of their own for."""
    added = {key: value for key, value in constants.items() if key not in raw.frame.columns}
    if not added:
        return raw
    columns = [value.new_from_index(0, raw.frame.height).alias(key) for key, value in added.items()]
    return attrs.evolve(raw, frame=raw.frame.with_columns(columns), typed=frozenset(added))
