"""A store in the tables of an SQL database: the contract, in statements that every database understands.

What differs from database to database is behind ``Database``: connecting, locking, and the errors of its driver.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import attrs

from mqlrules.durable.contract import (
    ACKNOWLEDGED,
    FORMAT,
    PENDING,
    TO_WITHDRAW,
    WITHDRAWN,
    BaseRow,
    Changes,
    CheckpointRow,
    Counts,
    EventRow,
    LeadRow,
    PartitionRow,
    TransitionRow,
    WaitingRow,
    checksum,
)
from mqlrules.durable.faults import StoreError
from mqlrules.durable.schema import TABLES, statements, steps
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

MANY = 512
"""So many values are asked for in one statement."""


class Database(Protocol):
    """A connection. ``key`` is how it says a whole number that is the primary key. Methods raise ``StoreError``."""

    key: str

    def another(self) -> "Database":
        """A second connection to the same database."""

    def has_tables(self) -> bool:
        """Whether there is a store in the database."""

    def begin(self, partitions: Sequence[int] | None) -> None:
        """Begins a transaction that writes, once nobody else holds the partitions (None: the store as a whole)."""

    def commit(self) -> None:
        """Ends a transaction: all that it wrote stays."""

    def rollback(self) -> None:
        """Ends a transaction: nothing of it stays. Never raises."""

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """What a question finds, row by row."""

    def run(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Runs a statement; gives how many rows it changed."""

    def run_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Runs a statement with each of several rows of values."""

    def damage(self) -> list[str]:
        """What the database itself finds damaged."""

    def close(self) -> None:
        """Lets go of the connection."""


def _chunks(values: Iterable[Any]) -> Iterator[tuple[list[Any], str]]:
    """Values, at most ``MANY`` at a time, and as many question marks. Few lengths, so that few statements are made."""
    left = list(values)
    for start in range(0, len(left), MANY):
        chunk = left[start : start + MANY]
        length = 1 << (len(chunk) - 1).bit_length()
        chunk += [chunk[-1]] * (length - len(chunk))
        yield chunk, ", ".join("?" * length)


def _sealed(state: str) -> str:
    """A state with its checksum before it."""
    return f"{checksum(state):08x}{state}" if state else ""


def _opened(sealed: str) -> str:
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
        for chunk, places in _chunks(values):
            for row in self._database.rows(f"{table.select} WHERE {column} IN ({places})", chunk):
                yield table.record(row)

    def states(self, numbers: Iterable[int]) -> dict[int, str]:
        """The states of leads, as text."""
        found: dict[int, str] = {}
        for chunk, places in _chunks(numbers):
            rows = self._database.rows(f"SELECT number, state FROM {LEADS.name} WHERE number IN ({places})", chunk)
            found.update((number, _opened(state)) for number, state in rows)
        return found

    def repeated(self, identities: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
        """Which identities (within a lead) an event already has."""
        found: set[tuple[int, str]] = set()
        for chunk, places in _chunks(identities):
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
            run_many(LEADS.upsert, [(*LEADS.values(row), _sealed(state)) for row, state in changes.leads])
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
            _put(self._database, "mqlrules_offsets", name, value)


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
            for text in steps(self._format()) if database.has_tables() else [TABLES]:
                for statement in statements(text, database.key):
                    database.run(statement)
            _put(database, "mqlrules_meta", "format", str(FORMAT))
            database.commit()
        except BaseException:
            database.rollback()
            raise

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
        return _all(self._database, "mqlrules_meta")

    def set_meta(self, name: str, value: str) -> None:
        """Writes one thing that the store says of itself."""
        self._alone(lambda: _put(self._database, "mqlrules_meta", name, value))

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
        return _all(self._database, "mqlrules_offsets").get(name)

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
            for chunk, places in _chunks(dict.fromkeys(ids)):
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


def partition_rows(database: Database) -> list[PartitionRow]:
    """All partitions, by number."""
    return [PARTITIONS.record(row) for row in database.rows(f"{PARTITIONS.select} ORDER BY number")]


def history(database: Database, lead: int) -> list[EventRow]:
    """All events of a lead, in order."""
    rows = database.rows(f"{HISTORY.select} WHERE lead = ? ORDER BY at, seq", [lead])
    return [HISTORY.record(row) for row in rows]


def _put(database: Database, table: str, name: str, value: str) -> None:
    database.run(
        f"INSERT INTO {table} (name, value, crc) VALUES (?, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value, crc = excluded.crc",
        [name, value, checksum(name, value)],
    )


def _all(database: Database, table: str) -> dict[str, str]:
    rows = database.rows(f"SELECT name, value, crc FROM {table}")
    if any(checksum(name, value) != crc for name, value, crc in rows):
        raise StoreError(f"the store is damaged: a row of {table} is not as it was written ({MEND})")
    return {name: value for name, value, _ in rows}
