"""A transaction in an SQL database: what is read and written while partitions are locked."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mqlrules.durable.database import Database, chunks, history, partition_rows, put
from mqlrules.durable.errors import StoreError
from mqlrules.durable.protocol import (
    BaseRow,
    Changes,
    CheckpointRow,
    EventRow,
    LeadRow,
    PartitionRow,
    TransitionRow,
    WaitingRow,
    checksum,
)
from mqlrules.durable.tables import (
    BASES,
    CHECKPOINTS,
    HELD,
    HISTORY,
    LEADS,
    MEND,
    PARTITIONS,
    REFUSED,
    TRANSITIONS,
    Table,
)


def sealed(state: str) -> str:
    """A state with its checksum before it."""
    return f"{checksum(state):08x}{state}" if state else ""


def opened(sealed: str) -> str:
    """The state alone. Raises ``StoreError`` for one that is damaged."""
    if sealed and f"{checksum(sealed[8:]):08x}" != sealed[:8]:
        raise StoreError(f"the store is damaged: the state of a lead is not as it was written ({MEND})")
    return sealed[8:]


class SqlTransaction:
    """What is read and written while partitions are locked."""

    def __init__(self, database: Database, partitions: Sequence[int]) -> None:
        self._database = database
        self._partitions = partitions

    def partitions(self) -> list[PartitionRow]:
        """All partitions, by number."""
        return partition_rows(self._database)

    def leads(self, names: Iterable[str]) -> dict[str, LeadRow]:
        """The leads of these names, those that there are."""
        return {row.lead: row for row in self._chosen(LEADS, "lead", names)}

    def leads_by_number(self, numbers: Iterable[int]) -> dict[int, LeadRow]:
        """The leads of these numbers."""
        asked = set(numbers)
        found = {row.number: row for row in self._chosen(LEADS, "number", asked)}
        if found.keys() != asked:
            raise StoreError(f"the store is damaged: a lead that another name means is not there ({MEND})")
        return found

    def merged_into(self, number: int) -> list[LeadRow]:
        """The names that mean this lead."""
        return list(self._chosen(LEADS, "merged_into", [number]))

    def _chosen(self, table: Table, column: str, values: Iterable[Any]) -> Iterator[Any]:
        for chunk, places in chunks(values):
            for row in self._database.rows(f"{table.select} WHERE {column} IN ({places})", chunk):
                yield table.record(row)

    def states(self, numbers: Iterable[int]) -> dict[int, str]:
        """The states of leads, as text."""
        found: dict[int, str] = {}
        for chunk, places in chunks(numbers):
            rows = self._database.rows(f"SELECT number, state FROM {LEADS.name} WHERE number IN ({places})", chunk)
            found.update((number, opened(state)) for number, state in rows)
        return found

    def repeated(self, identities: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
        """Which identities (within a lead) an event already has."""
        found: set[tuple[int, str]] = set()
        for chunk, places in chunks(identities):
            pairs = places.replace("?", "(?, ?)")
            # A join, and in this order: `(lead, identity) IN (VALUES …)` makes SQLite read the whole table.
            statement = (
                f"WITH asked (number, name) AS (VALUES {pairs}) SELECT lead, identity FROM asked "
                f"CROSS JOIN {HISTORY.name} WHERE lead = asked.number AND identity = asked.name"
            )
            values = [value for pair in chunk for value in pair]
            found.update((lead, identity) for lead, identity in self._database.rows(statement, values))
        return found

    def history(self, lead: int) -> list[EventRow]:
        """All events of a lead, in order."""
        return history(self._database, lead)

    def kept(self, lead: int) -> int:
        """How many events of a lead are kept."""
        return int(self._database.rows(f"SELECT COUNT(*) FROM {HISTORY.name} WHERE lead = ?", [lead])[0][0])

    def first_at(self, lead: int) -> int | None:
        """The time of the first event of a lead that is kept."""
        rows = self._database.rows(f"SELECT at FROM {HISTORY.name} WHERE lead = ? ORDER BY at, seq LIMIT 1", [lead])
        return rows[0][0] if rows else None

    def history_after(self, lead: int, at: int, seq: int) -> list[EventRow]:
        """The events of a lead that come after one of them."""
        statement = f"{HISTORY.select} WHERE lead = ? AND (at, seq) > (?, ?) ORDER BY at, seq"
        return [HISTORY.record(row) for row in self._database.rows(statement, [lead, at, seq])]

    def checkpoint(self, lead: int) -> CheckpointRow | None:
        """The checkpoint of a lead whose state is large."""
        rows = self._database.rows(f"{CHECKPOINTS.select} WHERE lead = ?", [lead])
        return CHECKPOINTS.record(rows[0]) if rows else None

    def base(self, lead: int) -> BaseRow | None:
        """Where the history of a lead begins, if older events have been dropped."""
        rows = self._database.rows(f"{BASES.select} WHERE lead = ?", [lead])
        return BASES.record(rows[0]) if rows else None

    def transitions(self, lead: int) -> list[TransitionRow]:
        """All transitions of a lead, in the order in which they were written."""
        rows = self._database.rows(f"{TRANSITIONS.select} WHERE lead = ? ORDER BY id", [lead])
        return [TRANSITIONS.record(row) for row in rows]

    def due(self, until: int, limit: int) -> list[LeadRow]:
        """Leads of the locked partitions that are due up to ``until``, the earliest first."""
        statement = f"{LEADS.select} WHERE partition = ? AND due <= ? ORDER BY due LIMIT ?"
        found = [
            LEADS.record(row)
            for number in self._partitions
            for row in self._database.rows(statement, [number, until, limit])
        ]
        return sorted(found, key=lambda row: row.due)[:limit]

    def all_leads(self, after: int, limit: int) -> list[LeadRow]:
        """Leads of the locked partitions with a greater number, in order of number."""
        places = ", ".join("?" * len(self._partitions))
        statement = f"{LEADS.select} WHERE number > ? AND partition IN ({places}) ORDER BY number LIMIT ?"
        return [LEADS.record(row) for row in self._database.rows(statement, [after, *self._partitions, limit])]

    def held(self, partition: int, until: int | None, names: Sequence[str] | None = None) -> list[WaitingRow]:
        """Events that are held back, in the order of their times."""
        where, values = "partition = ?", [partition, *(names or ())]
        if names is not None:
            where += f" AND lead IN ({', '.join('?' * len(names))})"
        if until is not None:
            where, values = f"{where} AND at <= ?", [*values, until]
        rows = self._database.rows(f"{HELD.select} WHERE {where} ORDER BY at, seq", values)
        return [HELD.record(row) for row in rows]

    def refused(self, lead: str) -> list[WaitingRow]:
        """Dead letters of one lead, in the order in which they arrived."""
        rows = self._database.rows(f"{REFUSED.select} WHERE lead = ? ORDER BY seq", [lead])
        return [REFUSED.record(row) for row in rows]

    def drop_refused(self, lead: str, most: int) -> int:
        """Drops the oldest dead letters of a lead, but for so many."""
        (found,) = self._database.rows(f"SELECT COUNT(*) FROM {REFUSED.name} WHERE lead = ?", [lead])[0]
        if found <= most:
            return 0
        oldest = f"SELECT seq FROM {REFUSED.name} WHERE lead = ? ORDER BY seq LIMIT ?"
        return self._database.run(f"DELETE FROM {REFUSED.name} WHERE seq IN ({oldest})", [lead, found - most])

    def drop_refused_before(self, instant: int) -> int:
        """Drops the dead letters of the locked partitions from before an instant."""
        places = ", ".join("?" * len(self._partitions))
        statement = f"DELETE FROM {REFUSED.name} WHERE at < ? AND partition IN ({places})"
        return self._database.run(statement, [instant, *self._partitions])

    def write(self, changes: Changes) -> None:
        """Writes."""
        run_many = self._database.run_many
        for table, column, gone in (
            (HISTORY, "seq", changes.events_gone),
            (HELD, "seq", changes.held_gone),
            (REFUSED, "seq", changes.refused_gone),
            (TRANSITIONS, "id", changes.transitions_gone),
            (BASES, "lead", changes.bases_gone),
            (CHECKPOINTS, "lead", changes.checkpoints_gone),
        ):
            if gone:
                run_many(f"DELETE FROM {table.name} WHERE {column} = ?", [(value,) for value in gone])
        if changes.leads:
            run_many(LEADS.upsert, [(*LEADS.values(row), sealed(state)) for row, state in changes.leads])
        for table, rows in (
            (HISTORY, changes.events),
            (HELD, changes.held),
            (REFUSED, changes.refused),
            (TRANSITIONS, changes.transitions),
            (BASES, changes.bases),
            (CHECKPOINTS, changes.checkpoints),
            (PARTITIONS, changes.partitions),
        ):
            if rows:
                run_many(table.upsert, [table.values(row) for row in rows])
        for name, value in changes.offsets.items():
            put(self._database, "mqlrules_offsets", name, value)
