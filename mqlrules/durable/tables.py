"""Records as rows: how each kind is read and written, with a checksum by which a damaged row is told."""

import operator
from collections.abc import Sequence
from typing import Any

import attrs

from mqlrules.durable.errors import StoreError
from mqlrules.durable.protocol import (
    BaseRow,
    CheckpointRow,
    EventRow,
    LeadRow,
    PartitionRow,
    TransitionRow,
    WaitingRow,
    checksum,
)


class Table:
    """How records of one kind are read and written."""

    def __init__(self, name: str, kind: type, also: Sequence[str] = (), without: Sequence[str] = ()) -> None:
        self.name = name
        self.kind = kind
        # The last fields may be those that an older format did not have.
        self.columns = [field.name for field in attrs.fields(kind) if field.name not in without]
        self._width = len(self.columns)
        self._fields = operator.attrgetter(*self.columns)
        listed = [*self.columns, "crc", *also]
        changes = ", ".join(f"{column} = excluded.{column}" for column in listed[1:])
        places = ", ".join("?" * len(listed))
        self.select = f"SELECT {', '.join([*self.columns, 'crc'])} FROM {name}"
        self.insert = f"INSERT INTO {name} ({', '.join(listed)}) VALUES ({places})"
        self.upsert = f"{self.insert} ON CONFLICT ({listed[0]}) DO UPDATE SET {changes}"

    def values(self, row: Any) -> tuple[Any, ...]:
        """The columns of a record, and their checksum."""
        fields: tuple[Any, ...] = self._fields(row)
        return (*fields, checksum(*fields))

    def record(self, values: Sequence[Any]) -> Any:
        """The record of a row. Raises ``StoreError`` for one that is damaged."""
        if not self.is_sound(values):
            raise StoreError(f"the store is damaged: a row of {self.name} is not as it was written ({MEND})")
        return self.kind(*values[: self._width])

    def is_sound(self, values: Sequence[Any]) -> bool:
        """Whether a row is as it was written."""
        return bool(checksum(*values[: self._width]) == values[self._width])


MEND = "restore it from a backup, or feed the events to a new store"

PARTITIONS = Table("mqlrules_partitions", PartitionRow)
LEADS = Table("mqlrules_leads", LeadRow, ["state"])
HISTORY = Table("mqlrules_history", EventRow)
HELD = Table("mqlrules_held", WaitingRow)
REFUSED = Table("mqlrules_dead_letters", WaitingRow)
TRANSITIONS = Table("mqlrules_transitions", TransitionRow)
BASES = Table("mqlrules_bases", BaseRow)
CHECKPOINTS = Table("mqlrules_checkpoints", CheckpointRow)
