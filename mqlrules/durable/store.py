"""A store in an SQL database: what is read and written, in statements that every database understands.

A transaction first locks *partitions*, which are sets of leads. While it holds a partition nobody else sees its leads
change, so reads inside it need no further care. All that it writes is there after a crash, or nothing of it is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import attrs

from mqlrules.durable.database import Database, chunks
from mqlrules.durable.errors import StoreError
from mqlrules.durable.rows import (
    ADVICE,
    BASES,
    CHECKPOINTS,
    CLAIMS,
    DEAD_LETTERS,
    FLOORS,
    FORMAT,
    HELD,
    HISTORY,
    LEADS,
    PARTITIONS,
    TABLES,
    TRANSITIONS,
    BaseRow,
    Changes,
    CheckpointRow,
    ClaimRow,
    DeadLetterRow,
    EventRow,
    FloorRow,
    HeldRow,
    LeadRow,
    PartitionRow,
    Row,
    Table,
    TransitionRow,
    checksum,
    partition_of,
)
from mqlrules.durable.schema import WITH_DROPPED, WITH_FLOORS, statements

Result = TypeVar("Result")

_META, _OFFSETS = "mqlrules_meta", "mqlrules_offsets"


@attrs.frozen
class Counts:
    """The number of rows of each kind."""

    leads: int
    held: int
    dead_letters: int
    transitions: int
    pending: int


class NeedsLock(Exception):
    """A transaction has to begin again with more partitions locked. Never leaves the engine."""

    def __init__(self, partitions: Iterable[int]) -> None:
        super().__init__()
        self.partitions = frozenset(partitions)


class Session:
    """Reads the rows of a store and writes them: inside a transaction that has ``locked`` partitions, or outside one
    with none locked.
    """

    def __init__(self, database: Database, locked: Sequence[int] = ()) -> None:
        self._database = database
        self.locked = frozenset(locked)

    def require(self, partitions: Iterable[int]) -> None:
        """Raises ``NeedsLock`` unless these partitions are locked."""
        needed = frozenset(partitions)
        if not needed <= self.locked:
            raise NeedsLock(needed)

    # -- partitions and leads --------------------------------------------------------------------------------------

    def partitions(self) -> list[PartitionRow]:
        """All partitions, by number. Those that aren't locked may change at any time."""
        return self._all(PARTITIONS, "ORDER BY number")

    def leads(self, names: Iterable[str]) -> dict[str, LeadRow]:
        """The leads with these names that exist. A merged name gives its own row."""
        return {row.lead: row for row in self._chosen(LEADS, "lead", names)}

    def leads_by_number(self, numbers: Iterable[int]) -> dict[int, LeadRow]:
        """The leads with these numbers, which all exist."""
        asked = set(numbers)
        found = {row.number: row for row in self._chosen(LEADS, "number", asked)}
        if found.keys() != asked:
            raise StoreError(f"the store is damaged: a merged name refers to a missing lead ({ADVICE})")
        return found

    def resolve(self, name: str) -> LeadRow | None:
        """The lead that a name means now; None if the name is unknown."""
        row = self.leads([name]).get(name)
        while row is not None and row.merged_into is not None:
            row = self.leads_by_number([row.merged_into])[row.merged_into]
        return row

    def aliases(self, number: int) -> list[LeadRow]:
        """The names that were merged into a lead."""
        return list(self._chosen(LEADS, "merged_into", [number]))

    def floors(self, numbers: Iterable[int]) -> list[FloorRow]:
        """Up to when each partition has taken the events of leads that span several."""
        return list(self._chosen(FLOORS, "lead", numbers))

    def states(self, numbers: Iterable[int]) -> dict[int, str]:
        """The states of leads, as text; empty where there is none."""
        found: dict[int, str] = {}
        for chunk, places in chunks(numbers):
            rows = self._database.rows(f"SELECT number, state FROM {LEADS.name} WHERE number IN ({places})", chunk)
            found.update((number, _unsealed(state)) for number, state in rows)
        return found

    def due(self, partitions: Sequence[int], until: int, limit: int | None = None) -> list[LeadRow]:
        """The leads that are due up to ``until``, the earliest first."""
        statement = "WHERE partition = ? AND due <= ? ORDER BY due"
        found: list[LeadRow] = []
        for number in partitions:
            found += self._all(LEADS, *_limited(statement, [number, until], limit))
        return sorted(found, key=lambda row: (row.due or 0, row.lead))[:limit]

    def all_leads(self, partitions: Sequence[int], after: int, limit: int) -> list[LeadRow]:
        """The leads with a greater number, in order of number."""
        places = ", ".join("?" * len(partitions))
        where = f"WHERE number > ? AND partition IN ({places}) ORDER BY number LIMIT ?"
        return self._all(LEADS, where, [after, *partitions, limit])

    # -- histories -------------------------------------------------------------------------------------------------

    def repeated(self, identities: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
        """The identities (within a lead) that an event already has, and the times of those events."""
        found: dict[tuple[int, str], int] = {}
        for chunk, places in chunks(identities):
            pairs = places.replace("?", "(?, ?)")
            # A join, in this order: with `(lead, identity) IN (VALUES …)` SQLite would scan the whole table.
            statement = (
                f"WITH asked (number, name) AS (VALUES {pairs}) SELECT lead, identity, at FROM asked "
                f"CROSS JOIN {HISTORY.name} WHERE lead = asked.number AND identity = asked.name"
            )
            values = [value for pair in chunk for value in pair]
            found.update(((lead, identity), at) for lead, identity, at in self._database.rows(statement, values))
        return found

    def history(self, lead: int, after: tuple[int, int] | None = None) -> list[EventRow]:
        """A lead's events in order: all of them, or those that come after the time and number of one of them."""
        if after is None:
            return self._all(HISTORY, "WHERE lead = ? ORDER BY at, seq", [lead])
        return self._all(HISTORY, "WHERE lead = ? AND (at, seq) > (?, ?) ORDER BY at, seq", [lead, *after])

    def first_at(self, lead: int) -> int | None:
        """The time of a lead's first event that is kept."""
        rows = self._database.rows(f"SELECT at FROM {HISTORY.name} WHERE lead = ? ORDER BY at, seq LIMIT 1", [lead])
        return rows[0][0] if rows else None

    def kept(self, lead: int) -> int:
        """How many events of a lead are kept."""
        return int(self._database.rows(f"SELECT COUNT(*) FROM {HISTORY.name} WHERE lead = ?", [lead])[0][0])

    def base(self, lead: int) -> BaseRow | None:
        """The state from which a lead's history goes on, if older events were dropped."""
        return next(self._chosen(BASES, "lead", [lead]), None)

    def checkpoint(self, lead: int) -> CheckpointRow | None:
        """The checkpoint of a lead with a large state."""
        return next(self._chosen(CHECKPOINTS, "lead", [lead]), None)

    # -- events that don't count -----------------------------------------------------------------------------------

    def held(self, partition: int, until: int | None, names: Sequence[str] | None = None) -> list[HeldRow]:
        """Events held back in a partition, up to an instant, of some names or of all, in order of time."""
        where, values = "partition = ?", [partition, *(names or ())]
        if names is not None:
            where += f" AND lead IN ({', '.join('?' * len(names))})"
        if until is not None:
            where, values = f"{where} AND at <= ?", [*values, until]
        return self._all(HELD, f"WHERE {where} ORDER BY at, seq", values)

    def dead_letters(self, lead: str | None = None) -> list[DeadLetterRow]:
        """Dead letters of one lead or of all, in order of arrival."""
        if lead is None:
            return self._all(DEAD_LETTERS, "ORDER BY seq")
        return self._all(DEAD_LETTERS, "WHERE lead = ? ORDER BY seq", [lead])

    def limit_dead_letters(self, lead: str, most: int) -> int:
        """Drops all but the latest dead letters of a lead; returns how many were dropped."""
        ((found,),) = self._database.rows(f"SELECT COUNT(*) FROM {DEAD_LETTERS.name} WHERE lead = ?", [lead])
        if found <= most:
            return 0
        oldest = f"SELECT seq FROM {DEAD_LETTERS.name} WHERE lead = ? ORDER BY seq LIMIT ?"
        return self._database.run(f"DELETE FROM {DEAD_LETTERS.name} WHERE seq IN ({oldest})", [lead, found - most])

    def drop_dead_letters(self, partitions: Sequence[int], before: int) -> int:
        """Drops the dead letters of partitions from before an instant; returns how many there were."""
        places = ", ".join("?" * len(partitions))
        statement = f"DELETE FROM {DEAD_LETTERS.name} WHERE at < ? AND partition IN ({places})"
        return self._database.run(statement, [before, *partitions])

    # -- transitions -----------------------------------------------------------------------------------------------

    def transitions(self, lead: int) -> list[TransitionRow]:
        """All transitions of a lead, in the order in which they were made."""
        return self._all(TRANSITIONS, "WHERE lead = ? ORDER BY id", [lead])

    def transitions_by_id(self, ids: Iterable[int]) -> list[TransitionRow]:
        """The transitions with these ids that exist."""
        return list(self._chosen(TRANSITIONS, "id", dict.fromkeys(ids)))

    def transitions_with(
        self, partitions: Sequence[int], status: int, limit: int | None, unclaimed_at: int | None = None
    ) -> list[TransitionRow]:
        """Transitions with a status that is indexed (pending, to withdraw, undeliverable), the oldest first; only those
        that at an instant have no claim, on themselves or on another transition of their lead.
        """
        # The status is written out: it decides which index applies.
        where, more = f"WHERE partition = ? AND status = {status:d}", []
        if unclaimed_at is not None:
            for column in ("id", "lead"):
                own = f"{TRANSITIONS.name}.{column}"
                where += f" AND NOT EXISTS (SELECT 1 FROM {CLAIMS.name} c WHERE c.{column} = {own} AND c.until > ?)"
                more.append(unclaimed_at)
        found: list[TransitionRow] = []
        for number in partitions:
            found += self._all(TRANSITIONS, *_limited(f"{where} ORDER BY id", [number, *more], limit))
        return sorted(found, key=lambda row: row.id)[:limit]

    def claims(self, ids: Iterable[int]) -> list[ClaimRow]:
        """The claims on transitions, including those that have ended."""
        return list(self._chosen(CLAIMS, "id", ids))

    def now(self) -> int:
        """The wall clock of the database."""
        return self._database.now()

    # -- the store as a whole --------------------------------------------------------------------------------------

    def named(self, table: str) -> dict[str, str]:
        """The values of the table of settings, or of offsets, by name."""
        rows = self._database.rows(f"SELECT name, value, crc FROM {table}")
        if any(checksum(name, value) != crc for name, value, crc in rows):
            raise StoreError(f"the store is damaged: a row of {table} fails its checksum ({ADVICE})")
        return {name: value for name, value, _ in rows}

    def name(self, table: str, name: str, value: str) -> None:
        """Writes a value under a name into one of these tables."""
        self._database.run(
            f"INSERT INTO {table} (name, value, crc) VALUES (?, ?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value, crc = excluded.crc",
            [name, value, checksum(name, value)],
        )

    def offset(self, name: str) -> str | None:
        """The offset of a part, as JSON text."""
        return self.named(_OFFSETS).get(name)

    def counts(self, partitions: Sequence[int]) -> Counts:
        """The number of rows of each kind."""
        # For all partitions a plain count will do, which reads no more than an index.
        whole = len(partitions) == len(self.partitions())
        among = "" if whole else f" AND partition IN ({', '.join('?' * len(partitions))})"
        asked = (
            f"{LEADS.name} WHERE stage IS NOT NULL{among}",
            f"{HELD.name}{among.replace(' AND', ' WHERE')}",
            f"{DEAD_LETTERS.name}{among.replace(' AND', ' WHERE')}",
            f"{TRANSITIONS.name}{among.replace(' AND', ' WHERE')}",
            f"{TRANSITIONS.name} WHERE status = 0{among}",
        )
        values = () if whole else partitions
        return Counts(*(self._database.rows(f"SELECT COUNT(*) FROM {what}", values)[0][0] for what in asked))

    def write(self, changes: Changes) -> None:
        """Writes changes. Others see them once the transaction has ended."""
        run_many = self._database.run_many
        for delete, keys in changes.gone.items():
            run_many(delete, [(key,) for key in keys])
        for kind, rows in changes.rows.items():
            table = TABLES[kind]
            if not rows:
                continue
            if kind is LeadRow:
                run_many(table.upsert, [(*table.values(row), _sealed(changes.states[row.number])) for row in rows])
            else:
                run_many(table.upsert, [table.values(row) for row in rows])
        for name, value in changes.offsets.items():
            self.name(_OFFSETS, name, value)

    def _all(self, table: Table[Row], where: str, values: Sequence[Any] = ()) -> list[Row]:
        return [table.record(row) for row in self._database.rows(f"{table.select} {where}", values)]

    def _chosen(self, table: Table[Row], column: str, values: Iterable[Any]) -> Iterator[Row]:
        for chunk, places in chunks(values):
            yield from self._all(table, f"WHERE {column} IN ({places})", chunk)


class Store:
    """A store in a database. Raises ``StoreError`` for one of a newer format. One thread at a time may use it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.session = Session(database)
        """For reading outside transactions."""
        if not database.has_tables() or self._format() != FORMAT:
            self._exclusively(self._prepare)

    def _format(self) -> int:
        found = self.meta().get("format", "")
        if not found.isdigit():
            raise StoreError("the tables are not those of a store: they name no format")
        if int(found) > FORMAT:
            raise StoreError(
                f"the store has format {found}, from a newer version of mqlrules; this version reads up to {FORMAT}"
            )
        return int(found)

    def _prepare(self) -> None:
        """Makes the tables, or upgrades those of an older format."""
        database = self._database
        found = self._format() if database.has_tables() else None
        for statement in statements(found, database.key):
            database.run(statement)
        if found is not None and found < WITH_DROPPED:
            # The partitions' rows have new columns. They are trusted if they match their old checksums.
            table = Table(PARTITIONS.name, PartitionRow, without=("dropped", "unmerged"))
            rows = [table.record(row) for row in database.rows(table.select)]
            database.run_many(PARTITIONS.upsert, [PARTITIONS.values(row) for row in rows])
        if found is not None and found < WITH_FLOORS:
            self._found_floors()
        self.session.name(_META, "format", str(FORMAT))

    def _found_floors(self) -> None:
        """Before names kept their home partitions, a merged name's events were taken by its lead's partition: up to
        where the lead is settled its home must not take them again.
        """
        count = len(self.session.partitions())
        changes = Changes()
        rows = {row.number: row for row in self.session._all(LEADS, "") if count > 1}
        for alias in rows.values():
            lead = rows.get(alias.merged_into or -1)
            if lead is not None and lead.settled is not None:
                for home in {partition_of(alias.lead, count), lead.partition}:
                    changes.put(FloorRow(lead.number, home, lead.settled))
        self.session.write(changes)

    @contextmanager
    def transaction(self, partitions: Sequence[int]) -> Iterator[Session]:
        """Locks partitions. What was written is kept if the block ends without an exception."""
        self._database.begin(partitions)
        try:
            yield Session(self._database, partitions)
            self._database.commit()
        except BaseException:
            self._database.rollback()
            raise

    def _exclusively(self, write: Callable[[], Result]) -> Result:
        self._database.begin(None)
        try:
            result = write()
            self._database.commit()
        except BaseException:
            self._database.rollback()
            raise
        return result

    def meta(self) -> dict[str, str]:
        """The store's settings: its format, its lateness, its history limit."""
        return self.session.named(_META)

    def set_meta(self, name: str, value: str) -> None:
        """Writes a setting."""
        self._exclusively(lambda: self.session.name(_META, name, value))

    def divide(self, fingerprint: str, partitions: int | None) -> bool:
        """Makes the partitions of a new store (one by default), or replaces those of an empty one.

        Returns whether the store is new. Raises ``StoreError`` if it isn't empty and has another number of partitions.
        """

        def make() -> bool:
            rows = self.session.partitions()
            if rows and len(rows) != (partitions or len(rows)):
                if any(row.counter for row in rows):
                    raise StoreError(
                        f"the store has {len(rows)} partitions, not {partitions}: "
                        "the number is fixed once the store holds events"
                    )
                self._database.run(f"DELETE FROM {PARTITIONS.name}")
            elif rows:
                return False
            new = [PARTITIONS.values(PartitionRow(number, fingerprint)) for number in range(partitions or 1)]
            self._database.run_many(PARTITIONS.insert, new)
            return not rows

        return self._exclusively(make)

    def another(self) -> "Store":
        """The same store over a connection of its own."""
        return Store(self._database.another())

    def verify(self) -> list[str]:
        """What is damaged, as sentences. Reads everything."""
        try:
            return self._damage()
        except StoreError as error:
            return [str(error)]

    def _damage(self) -> list[str]:
        rows = self._database.rows
        found = self._database.damage()
        for table in TABLES.values():
            if damaged := sum(not table.is_sound(row) for row in rows(table.select)):
                found.append(f"{table.name}: {damaged} rows fail their checksums")
        states = rows(f"SELECT state FROM {LEADS.name}")
        if wrong := sum(bool(s) and f"{checksum(s[8:]):08x}" != s[:8] for (s,) in states):
            found.append(f"{LEADS.name}: {wrong} states fail their checksums")
        ((lost,),) = rows(f"SELECT COUNT(*) FROM {HISTORY.name} WHERE lead NOT IN (SELECT number FROM {LEADS.name})")
        if lost:
            found.append(f"{HISTORY.name}: {lost} events belong to missing leads")
        return found

    def scrub(self) -> bool:
        """Rewrites the database files without what was deleted; whether that could be done now."""
        return self._database.scrub()

    def close(self) -> None:
        """Closes the connection."""
        self._database.close()


def _sealed(state: str) -> str:
    """A state with its checksum in front."""
    return f"{checksum(state):08x}{state}" if state else ""


def _unsealed(sealed: str) -> str:
    """The state alone. Raises ``StoreError`` for a damaged one."""
    if sealed and f"{checksum(sealed[8:]):08x}" != sealed[:8]:
        raise StoreError(f"the store is damaged: a lead's state fails its checksum ({ADVICE})")
    return sealed[8:]


def _limited(where: str, values: list[Any], limit: int | None) -> tuple[str, list[Any]]:
    return (where, values) if limit is None else (f"{where} LIMIT ?", [*values, limit])
