"""What a store must give, as plain values: the records that it keeps, and the transactions in which they are read and
written.

A transaction first locks *partitions*: sets of leads, told apart by a checksum of the lead's name. While one
transaction holds a partition no other sees or changes its leads, so a reader inside it needs no further care. All that
a transaction writes is one value, ``Changes``; after a crash it is there as a whole or not at all.

Leads are named by their text (``events.encoding.lead_to_text``), events are kept as text (``event_to_text``). Instants
are microseconds since 1970 UTC.
"""

import zlib
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import attrs

FORMAT = 3
"""The format of stores that this version writes. An older one is taken over when it is opened, a newer one refused."""


def partition_of(lead: str, partitions: int) -> int:
    """The partition of a lead, by its text: the same in every process and on every machine."""
    return zlib.crc32(lead.encode()) % partitions


@attrs.define
class PartitionRow:
    """What is known of a partition as a whole. Whoever holds the partition may change it."""

    number: int
    fingerprint: str
    """Of the rules that its leads stand under."""
    clock: int | None = None
    """The latest time of an event that has arrived, or to which time was advanced."""
    settled: int | None = None
    """Up to when ``advance`` has settled every lead."""
    counter: int = 0
    """The next number for a row of any kind."""
    events: int = 0
    """How many events have counted; the next figures are of those that have not."""
    repeated: int = 0
    late: int = 0
    dropped: int = 0
    """How many events have been dropped, of those that counted and of those that were refused."""
    unmerged: int = 0
    """How often two names could not become one because events of theirs had been dropped."""


def next_number(partition: PartitionRow, count: int) -> int:
    """A number for a new row; no other of so many partitions gives the same."""
    partition.counter += 1
    return partition.counter * count + partition.number


@attrs.frozen
class LeadRow:
    """What is kept of a lead, but for its state."""

    number: int
    lead: str
    partition: int
    version: int
    """Raised with every change, and by as many events as have counted: whoever holds the state of this version holds
    the right one."""
    stage: str | None
    """None before the first event."""
    due: int | None
    settled: int | None
    traits: str
    """The traits that were known before the first event."""
    layout: str
    """Under which layout the state was written."""
    merged_into: int | None = None
    """The lead that this name means since they were merged."""


@attrs.frozen
class EventRow:
    """An event that counts. Events of one lead are ordered by ``at``, then ``seq``: the order in which they arrived."""

    seq: int
    lead: int
    at: int
    identity: str | None
    body: str


@attrs.frozen
class BaseRow:
    """Where the history of a lead begins, once its older events have been dropped: the state after them."""

    lead: int
    until: int
    """Events up to here have been dropped, and everything is settled up to here."""
    last: int
    """The transitions up to this number and that instant are behind this state."""
    layout: str
    state: str


@attrs.frozen
class CheckpointRow:
    """The state of a lead that is too large to be written with every event: that after one event of its history.

    Events after that one, and time since, are taken in when it is read.
    """

    lead: int
    at: int
    seq: int
    layout: str
    state: str


@attrs.frozen
class WaitingRow:
    """An event that is held back, or (with a reason) that was refused."""

    seq: int
    partition: int
    lead: str
    at: int
    body: str
    reason: str = ""


@attrs.frozen
class TransitionRow:
    """A transition; ``body`` is its text. ``status`` is one of the constants below."""

    id: int
    partition: int
    lead: int
    instant: int
    status: int
    body: str


PENDING, ACKNOWLEDGED, WITHDRAWN, TO_WITHDRAW = 0, 1, 2, 3
"""Not acknowledged; acknowledged; would not have happened, and nobody need be told; the same, and whoever has
acknowledged it has not been told."""


@attrs.define
class Changes:
    """All that one transaction writes."""

    partitions: list[PartitionRow] = attrs.field(factory=list)
    leads: list[tuple[LeadRow, str]] = attrs.field(factory=list)
    """Leads, new or changed, each with its state as text (empty: it has none, or a checkpoint)."""
    events: list[EventRow] = attrs.field(factory=list)
    """New, or changed: their lead."""
    events_gone: list[int] = attrs.field(factory=list)
    held: list[WaitingRow] = attrs.field(factory=list)
    held_gone: list[int] = attrs.field(factory=list)
    refused: list[WaitingRow] = attrs.field(factory=list)
    refused_gone: list[int] = attrs.field(factory=list)
    transitions: list[TransitionRow] = attrs.field(factory=list)
    """New, or changed."""
    transitions_gone: list[int] = attrs.field(factory=list)
    bases: list[BaseRow] = attrs.field(factory=list)
    bases_gone: list[int] = attrs.field(factory=list)
    checkpoints: list[CheckpointRow] = attrs.field(factory=list)
    checkpoints_gone: list[int] = attrs.field(factory=list)
    offsets: dict[str, str] = attrs.field(factory=dict)
    """The callers' own offsets as JSON text, by the name of the engine's part."""


@attrs.frozen
class Counts:
    """How many rows there are of each kind."""

    leads: int
    held: int
    dead_letters: int
    transitions: int
    pending: int


class Transaction(Protocol):
    """What can be read, and in the end written, while partitions are locked."""

    def partitions(self) -> list[PartitionRow]:
        """All partitions, by number; those that are not locked may be changed by somebody else."""

    def leads(self, names: Iterable[str]) -> dict[str, LeadRow]:
        """The leads of these names, those that there are; a name that was merged gives its own row."""

    def leads_by_number(self, numbers: Iterable[int]) -> dict[int, LeadRow]:
        """The leads of these numbers, all of which there are."""

    def merged_into(self, number: int) -> list[LeadRow]:
        """The names that mean this lead."""

    def states(self, numbers: Iterable[int]) -> dict[int, str]:
        """The states of leads, as text; empty where there is none."""

    def repeated(self, identities: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
        """Which identities (within a lead) an event already has."""

    def history(self, lead: int) -> list[EventRow]:
        """All events of a lead that are kept, in order."""

    def kept(self, lead: int) -> int:
        """How many events of a lead are kept."""

    def first_at(self, lead: int) -> int | None:
        """The time of the first event of a lead that is kept."""

    def history_after(self, lead: int, at: int, seq: int) -> list[EventRow]:
        """The events of a lead that come after one of them."""

    def checkpoint(self, lead: int) -> CheckpointRow | None:
        """The checkpoint of a lead whose state is large."""

    def base(self, lead: int) -> BaseRow | None:
        """Where the history of a lead begins, if older events have been dropped."""

    def transitions(self, lead: int) -> list[TransitionRow]:
        """All transitions of a lead, in the order in which they were written."""

    def due(self, until: int, limit: int) -> list[LeadRow]:
        """Leads of the locked partitions that are due up to ``until``, the earliest first."""

    def all_leads(self, after: int, limit: int) -> list[LeadRow]:
        """Leads of the locked partitions with a greater number, in order of number."""

    def held(self, partition: int, until: int | None, names: Sequence[str] | None = None) -> list[WaitingRow]:
        """Events that are held back, up to an instant, of some names or of all, in the order of their times."""

    def refused(self, lead: str) -> list[WaitingRow]:
        """Dead letters of one lead, in the order in which they arrived."""

    def drop_refused(self, lead: str, most: int) -> int:
        """Drops the oldest dead letters of a lead, but for so many; gives how many were dropped."""

    def drop_refused_before(self, instant: int) -> int:
        """Drops the dead letters of the locked partitions from before an instant; gives how many there were."""

    def write(self, changes: Changes) -> None:
        """Writes. Nobody sees it before the transaction has ended."""


class Store(Protocol):
    """Somewhere to keep leads. Methods raise ``StoreError``; one thread at a time may call them."""

    def transaction(self, partitions: Sequence[int]) -> AbstractContextManager["Transaction"]:
        """Locks partitions; what was written stays if the block ends without an exception, else nothing of it does."""

    def meta(self) -> dict[str, str]:
        """What the store says of itself: format, partitions, lateness."""

    def found(self, fingerprint: str, partitions: int) -> bool:
        """Makes the partitions of a store that has none yet; says whether it did."""

    def divide(self, fingerprint: str, partitions: int) -> None:
        """Divides a store into another number of partitions, while nothing is in it."""

    def another(self) -> "Store":
        """The same store, through a connection of its own."""

    def set_meta(self, name: str, value: str) -> None:
        """Writes one thing that the store says of itself."""

    def offset(self, name: str) -> str | None:
        """The offset of a part, as JSON text."""

    def pending(self, partitions: Sequence[int], status: int, limit: int | None) -> list[TransitionRow]:
        """Transitions that are ``PENDING``, or ``TO_WITHDRAW``, the oldest first."""

    def acknowledge(self, partitions: Sequence[int], ids: Sequence[int]) -> int:
        """Marks transitions, and withdrawals, as taken; gives how many were not until now."""

    def due(self, partitions: Sequence[int], until: int) -> list[tuple[str, int]]:
        """Leads and when they are due, up to ``until``, the earliest first."""

    def dead_letters(self, partitions: Sequence[int]) -> list[WaitingRow]:
        """Events that were refused, in the order in which they arrived."""

    def lead(self, name: str) -> LeadRow | None:
        """A lead, by the name that it has now or had before it was merged."""

    def history(self, number: int) -> list[EventRow]:
        """All events of a lead, in order."""

    def partition_rows(self) -> list[PartitionRow]:
        """All partitions, by number."""

    def counts(self, partitions: Sequence[int]) -> Counts:
        """How many rows there are of each kind."""

    def verify(self) -> list[str]:
        """What is damaged, as sentences; reads everything."""

    def close(self) -> None:
        """Lets go of the connection."""


def checksum(*fields: Any) -> int:
    """Of the fields of a row, so that a damaged row is not taken for a sound one."""
    return zlib.crc32(repr(fields).encode())
