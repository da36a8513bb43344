"""A store in the tables of an SQL database: the contract, in statements that every database understands.

What differs from database to database is behind ``Database``: connecting, locking, and the errors of its driver.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs

from mqlrules.durable.database import Database, chunks, history, named, partition_rows, put
from mqlrules.durable.errors import StoreError
from mqlrules.durable.protocol import (
    ACKNOWLEDGED,
    FORMAT,
    PENDING,
    TO_WITHDRAW,
    WITHDRAWN,
    Counts,
    EventRow,
    LeadRow,
    PartitionRow,
    TransitionRow,
    WaitingRow,
    checksum,
)
from mqlrules.durable.schema import TABLES, WITH_DROPPED, statements, steps
from mqlrules.durable.tables import (
    BASES,
    CHECKPOINTS,
    HELD,
    HISTORY,
    LEADS,
    PARTITIONS,
    REFUSED,
    TRANSITIONS,
    Table,
)
from mqlrules.durable.transaction import SqlTransaction

_TAKEN = {PENDING: ACKNOWLEDGED, TO_WITHDRAW: WITHDRAWN}


class SqlStore:
    """A store in a database. Raises ``StoreError`` for one of a newer format."""

    def __init__(self, database: Database) -> None:
        self._database = database
        if not database.has_tables() or self._format() != FORMAT:
            self._prepare()

    def _format(self) -> int:
        found = self.meta().get("format", "")
        if not found.isdigit():
            raise StoreError("the store does not say in which format it is: it was made by something else")
        if int(found) > FORMAT:
            raise StoreError(
                f"the store is of format {found}, made by a newer version of mqlrules; "
                f"this version reads formats up to {FORMAT}"
            )
        return int(found)

    def _prepare(self) -> None:
        """Makes the tables, or takes those of an older format over."""
        database = self._database
        database.begin(None)
        try:
            found = self._format() if database.has_tables() else None
            for text in [TABLES] if found is None else steps(found):
                for statement in statements(text, database.key):
                    database.run(statement)
            if found is not None and found < WITH_DROPPED:
                self._seal_partitions_anew()
            put(database, "mqlrules_meta", "format", str(FORMAT))
            database.commit()
        except BaseException:
            database.rollback()
            raise

    def _seal_partitions_anew(self) -> None:
        """Partitions have got columns; what was there is believed if it is as it was written."""
        table = Table(PARTITIONS.name, PartitionRow, without=("dropped", "unmerged"))
        rows = [table.record(row) for row in self._database.rows(table.select)]
        self._database.run_many(PARTITIONS.upsert, [PARTITIONS.values(row) for row in rows])

    @contextmanager
    def transaction(self, partitions: Sequence[int]) -> Iterator[SqlTransaction]:
        """Locks partitions; what was written stays if the block ends without an exception."""
        self._database.begin(partitions)
        try:
            yield SqlTransaction(self._database, partitions)
            self._database.commit()
        except BaseException:
            self._database.rollback()
            raise

    def meta(self) -> dict[str, str]:
        """What the store says of itself."""
        return named(self._database, "mqlrules_meta")

    def set_meta(self, name: str, value: str) -> None:
        """Writes one thing that the store says of itself."""
        self._alone(lambda: put(self._database, "mqlrules_meta", name, value))

    def found(self, fingerprint: str, partitions: int) -> bool:
        """Makes the partitions of a store that has none yet; says whether it did."""

        def make() -> bool:
            if partition_rows(self._database):
                return False
            rows = [PartitionRow(number, fingerprint) for number in range(partitions)]
            self._database.run_many(PARTITIONS.insert, [PARTITIONS.values(row) for row in rows])
            return True

        return bool(self._alone(make))

    def divide(self, fingerprint: str, partitions: int) -> None:
        """Divides a store into another number of partitions, while nothing is in it."""

        def make() -> None:
            rows = partition_rows(self._database)
            if len(rows) == partitions:
                return
            if any(row.counter for row in rows):
                raise StoreError(
                    f"the store is divided into {len(rows)}, not into {partitions}: "
                    "that is settled with its first event"
                )
            self._database.run(f"DELETE FROM {PARTITIONS.name}")
            new = [PartitionRow(number, fingerprint) for number in range(partitions)]
            self._database.run_many(PARTITIONS.insert, [PARTITIONS.values(row) for row in new])

        self._alone(make)

    def another(self) -> "SqlStore":
        """The same store, through a connection of its own."""
        return SqlStore(self._database.another())

    def _alone(self, write: Any) -> Any:
        self._database.begin(None)
        try:
            result = write()
            self._database.commit()
        except BaseException:
            self._database.rollback()
            raise
        return result

    def offset(self, name: str) -> str | None:
        """The offset of a part, as JSON text."""
        return named(self._database, "mqlrules_offsets").get(name)

    def pending(self, partitions: Sequence[int], status: int, limit: int | None) -> list[TransitionRow]:
        """Transitions that are ``PENDING``, or ``TO_WITHDRAW``, the oldest first."""
        # In the words of the index, which is of this status alone.
        statement = f"{TRANSITIONS.select} WHERE partition = ? AND status = {status:d} ORDER BY id"
        found: list[TransitionRow] = []
        for number in partitions:
            some = (f"{statement} LIMIT ?", [number, limit]) if limit is not None else (statement, [number])
            found += [TRANSITIONS.record(row) for row in self._database.rows(*some)]
        if len(partitions) > 1:
            found.sort(key=lambda row: row.id)
        return found[:limit]

    def acknowledge(self, partitions: Sequence[int], ids: Sequence[int]) -> int:
        """Marks transitions, and withdrawals, as taken; gives how many were not until now."""

        def write() -> int:
            rows: list[TransitionRow] = []
            for chunk, places in chunks(dict.fromkeys(ids)):
                found = self._database.rows(f"{TRANSITIONS.select} WHERE status IN (0, 3) AND id IN ({places})", chunk)
                rows += [TRANSITIONS.record(row) for row in found]
            taken = [TRANSITIONS.values(attrs.evolve(row, status=_TAKEN[row.status])) for row in rows]
            if taken:
                self._database.run_many(TRANSITIONS.upsert, taken)
            return len(taken)

        with self.transaction(partitions):
            return write()

    def due(self, partitions: Sequence[int], until: int) -> list[tuple[str, int]]:
        """Leads and when they are due, up to ``until``, the earliest first."""
        statement = f"{LEADS.select} WHERE partition = ? AND due <= ? ORDER BY due"
        found = [LEADS.record(row) for number in partitions for row in self._database.rows(statement, [number, until])]
        return sorted([(row.lead, row.due) for row in found], key=lambda item: (item[1], item[0]))

    def dead_letters(self, partitions: Sequence[int]) -> list[WaitingRow]:
        """Events that were refused, in the order in which they arrived."""
        rows = [REFUSED.record(row) for row in self._database.rows(f"{REFUSED.select} ORDER BY seq")]
        return [row for row in rows if row.partition in partitions]

    def lead(self, name: str) -> LeadRow | None:
        """A lead, by the name that it has now or had before it was merged."""
        transaction = SqlTransaction(self._database, ())
        row = transaction.leads([name]).get(name)
        while row is not None and row.merged_into is not None:
            row = transaction.leads_by_number([row.merged_into])[row.merged_into]
        return row

    def history(self, number: int) -> list[EventRow]:
        """All events of a lead, in order."""
        return history(self._database, number)

    def partition_rows(self) -> list[PartitionRow]:
        """All partitions, by number."""
        return partition_rows(self._database)

    def counts(self, partitions: Sequence[int]) -> Counts:
        """How many rows there are of each kind."""
        # Of all partitions a plain count will do, which reads no more than an index.
        whole = len(partitions) == len(self.partition_rows())
        among = "" if whole else f" AND partition IN ({', '.join('?' * len(partitions))})"
        asked = (
            f"{LEADS.name} WHERE stage IS NOT NULL{among}",
            f"{HELD.name}{among.replace(' AND', ' WHERE')}",
            f"{REFUSED.name}{among.replace(' AND', ' WHERE')}",
            f"{TRANSITIONS.name}{among.replace(' AND', ' WHERE')}",
            f"{TRANSITIONS.name} WHERE status = 0{among}",
        )
        values = () if whole else partitions
        counted = [self._database.rows(f"SELECT COUNT(*) FROM {what}", values)[0][0] for what in asked]
        return Counts(*counted)

    def verify(self) -> list[str]:
        """What is damaged, as sentences; reads everything."""
        try:
            return self._damage()
        except StoreError as error:
            return [str(error)]

    def _damage(self) -> list[str]:
        found = self._database.damage()
        for table in (PARTITIONS, LEADS, HISTORY, HELD, REFUSED, TRANSITIONS, BASES, CHECKPOINTS):
            damaged = sum(not table.is_sound(row) for row in self._database.rows(table.select))
            if damaged:
                found.append(f"{table.name}: {damaged} rows are not as they were written")
        states = self._database.rows(f"SELECT state FROM {LEADS.name}")
        if wrong := sum(bool(s) and f"{checksum(s[8:]):08x}" != s[:8] for (s,) in states):
            found.append(f"{LEADS.name}: {wrong} states are not as they were written")
        lost = self._database.rows(
            f"SELECT COUNT(*) FROM {HISTORY.name} WHERE lead NOT IN (SELECT number FROM {LEADS.name})"
        )[0][0]
        if lost:
            found.append(f"{HISTORY.name}: {lost} events are of leads that are not there")
        return found

    def close(self) -> None:
        """Lets go of the connection."""
        self._database.close()
