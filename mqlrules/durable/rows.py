"""The rows of a store: one record per table, how each is written and read, and all that one transaction writes.

Leads are stored under their text (``events.encoding.lead_to_text``), events as text (``event_to_text``). Instants are
microseconds since 1970 UTC. Every row carries a checksum, so a damaged row is rejected when it is read.
"""

import operator
import zlib
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import attrs

from mqlrules.durable.errors import StoreError

FORMAT = 4
"""The format that this version writes. Older stores are upgraded when they are opened, newer ones refused."""

PENDING, ACKNOWLEDGED, WITHDRAWN, TO_WITHDRAW, UNTOLD, RETIRED, UNDELIVERABLE, RECALLED = range(8)
"""What became of a transition:

- ``PENDING``: it stands and the receiver has not acknowledged it.
- ``ACKNOWLEDGED``: it stands and the receiver has acknowledged it.
- ``WITHDRAWN``: it no longer stands, and the receiver doesn't count on it.
- ``TO_WITHDRAW``: it no longer stands, and the receiver, who has acknowledged it, has yet to learn that.
- ``UNTOLD``: it stands, but a migration made it of the past: the receiver never hears of it.
- ``RETIRED``: the receiver has acknowledged it, and since a migration it no longer stands: the receiver isn't told.
- ``UNDELIVERABLE``: it stands, and delivering it was given up.
- ``RECALLED``: it was pending when it ceased to stand. If it is acknowledged all the same, it was under way to the
  receiver, who then has to learn that it doesn't stand.
"""

STANDING = frozenset((PENDING, ACKNOWLEDGED, UNTOLD, UNDELIVERABLE))
"""The statuses of transitions that stand."""

NO_TRAITS = "{}"

NO_LEAD = ""
"""The lead of dead letters that hold no readable event. The text of a lead is never empty."""


def partition_of(lead: str, partitions: int) -> int:
    """The home partition of a name, by its text: the same in every process and on every machine."""
    return zlib.crc32(lead.encode()) % partitions


@attrs.define
class PartitionRow:
    """A partition: its clock and its counters. Only the holder of the partition's lock may change it."""

    number: int
    fingerprint: str
    """Of the rules under which its leads are kept."""
    clock: int | None = None
    """The latest time of an event that has arrived, or that ``advance`` was given."""
    settled: int | None = None
    """Up to when ``advance`` has settled every lead."""
    counter: int = 0
    """The last number drawn for a new row."""
    events: int = 0
    """Events that counted. The next figures count those that didn't."""
    repeated: int = 0
    late: int = 0
    dropped: int = 0
    """Events and dead letters that are no longer kept."""
    unmerged: int = 0
    """Merges that were skipped because they would have needed dropped events."""


def next_number(partition: PartitionRow, count: int) -> int:
    """A number for a new row. No other of the store's ``count`` partitions draws the same."""
    partition.counter += 1
    return partition.counter * count + partition.number


@attrs.frozen
class LeadRow:
    """A lead, without its state; or a name that was merged into another lead."""

    number: int
    lead: str
    partition: int
    version: int
    """Raised with every change, and by the number of events that counted. A state in memory is current if its version
    is the row's."""
    stage: str | None
    """None before the first event."""
    due: int | None
    settled: int | None
    traits: str
    """The traits known before the first event."""
    layout: str
    """The layout under which the state was written."""
    merged_into: int | None = None
    """The lead that this name means since it was merged."""


@attrs.frozen
class EventRow:
    """An event that counts. A lead's history is ordered by ``at``, then ``seq``."""

    seq: int
    lead: int
    at: int
    identity: str | None
    body: str


@attrs.frozen
class BaseRow:
    """The state from which a lead's history goes on after its older events were dropped."""

    lead: int
    until: int
    """Events up to this instant were dropped, and the state is settled up to it."""
    last: int
    """Transitions with an id up to this one and an instant up to ``until`` are accounted for in the state."""
    layout: str
    state: str


@attrs.frozen
class CheckpointRow:
    """The state of a lead after one event of its history, for states too large to write with every event.

    Reading it replays the events after that one.
    """

    lead: int
    at: int
    seq: int
    layout: str
    state: str


@attrs.frozen
class HeldRow:
    """An event that is held back until the watermark passes it. Its partition is the home of its name."""

    seq: int
    partition: int
    lead: str
    at: int
    body: str
    reason: str = ""


@attrs.frozen
class DeadLetterRow(HeldRow):
    """An event that was refused, with the reason. Without a readable event its lead is ``NO_LEAD``, ``at`` the wall
    clock's time, and ``body`` what was fed."""


@attrs.frozen
class FloorRow:
    """Up to when one partition has taken the events of a lead whose names have homes in several partitions."""

    lead: int
    partition: int
    settled: int


@attrs.frozen
class TransitionRow:
    """A transition. ``body`` is its text, ``status`` one of the constants above."""

    id: int
    partition: int
    lead: int
    instant: int
    status: int
    body: str


@attrs.frozen
class ClaimRow:
    """A claim on a transition that is to be delivered: nobody else is given it before ``until``."""

    id: int
    lead: int
    until: int
    attempts: int
    """How often it was claimed."""
    note: str
    """Why it could not be delivered."""


def checksum(*fields: Any) -> int:
    """The checksum of a row's fields."""
    return zlib.crc32(repr(fields).encode())


ADVICE = "restore it from a backup, or feed the events to a new store"

Row = TypeVar("Row", bound=attrs.AttrsInstance)


class Table(Generic[Row]):
    """How the records of one table are written and read. The first ``keys`` columns are its primary key."""

    def __init__(
        self, name: str, kind: type[Row], also: Sequence[str] = (), without: Sequence[str] = (), keys: int = 1
    ) -> None:
        self.name = name
        self.kind = kind
        # Columns that an older format didn't have come last.
        self.columns = [field.name for field in attrs.fields(kind) if field.name not in without]
        self._width = len(self.columns)
        self._fields = operator.attrgetter(*self.columns)
        listed = [*self.columns, "crc", *also]
        changes = ", ".join(f"{column} = excluded.{column}" for column in listed[keys:])
        places = ", ".join("?" * len(listed))
        self.select = f"SELECT {', '.join([*self.columns, 'crc'])} FROM {name}"
        self.insert = f"INSERT INTO {name} ({', '.join(listed)}) VALUES ({places})"
        self.upsert = f"{self.insert} ON CONFLICT ({', '.join(listed[:keys])}) DO UPDATE SET {changes}"
        self.delete = f"DELETE FROM {name} WHERE {listed[0]} = ?"

    def values(self, row: Row) -> tuple[Any, ...]:
        """The columns of a record, and their checksum."""
        fields: tuple[Any, ...] = self._fields(row)
        return (*fields, checksum(*fields))

    def record(self, values: Sequence[Any]) -> Row:
        """The record of a row. Raises ``StoreError`` for a damaged one."""
        if not self.is_sound(values):
            raise StoreError(f"the store is damaged: a row of {self.name} fails its checksum ({ADVICE})")
        return self.kind(*values[: self._width])

    def is_sound(self, values: Sequence[Any]) -> bool:
        """Whether a row matches its checksum."""
        return bool(checksum(*values[: self._width]) == values[self._width])


PARTITIONS = Table("mqlrules_partitions", PartitionRow)
LEADS = Table("mqlrules_leads", LeadRow, also=["state"])
HISTORY = Table("mqlrules_history", EventRow)
HELD = Table("mqlrules_held", HeldRow)
DEAD_LETTERS = Table("mqlrules_dead_letters", DeadLetterRow)
TRANSITIONS = Table("mqlrules_transitions", TransitionRow)
BASES = Table("mqlrules_bases", BaseRow)
CHECKPOINTS = Table("mqlrules_checkpoints", CheckpointRow)
FLOORS = Table("mqlrules_floors", FloorRow, keys=2)
CLAIMS = Table("mqlrules_claims", ClaimRow)

TABLES: dict[type, Table[Any]] = {
    table.kind: table
    for table in (
        PARTITIONS, LEADS, HISTORY, HELD, DEAD_LETTERS, TRANSITIONS, BASES, CHECKPOINTS, FLOORS, CLAIMS,
    )
}  # fmt: skip


class Changes:
    """What one transaction writes: rows that go, by table and key; then rows that are new or changed."""

    def __init__(self) -> None:
        self.gone: dict[str, list[int]] = {}
        self.rows: dict[type, list[Any]] = {kind: [] for kind in TABLES}
        self.states: dict[int, str] = {}
        """The states of the leads among ``rows``, by their numbers."""
        self.offsets: dict[str, str] = {}
        """Offsets as JSON text, by the name of the part that they belong to."""

    def put(self, row: object) -> None:
        """Writes a row, or writes over the one with its key."""
        self.rows[type(row)].append(row)

    def put_lead(self, row: LeadRow, state: str) -> None:
        """Writes a lead with its state: empty where there is none, or where a checkpoint has it."""
        self.rows[LeadRow].append(row)
        self.states[row.number] = state

    def drop(self, table: Table[Any], key: int) -> None:
        """Deletes the rows with a key."""
        self.gone.setdefault(table.delete, []).append(key)
