"""What a store asks of a database: a connection, and small things that are asked of it everywhere."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from mqlrules.durable.errors import StoreError
from mqlrules.durable.protocol import EventRow, PartitionRow, checksum
from mqlrules.durable.tables import HISTORY, MEND, PARTITIONS

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


def chunks(values: Iterable[Any]) -> Iterator[tuple[list[Any], str]]:
    """Values, at most ``MANY`` at a time, and as many question marks. Few lengths, so that few statements are made."""
    left = list(values)
    for start in range(0, len(left), MANY):
        chunk = left[start : start + MANY]
        length = 1 << (len(chunk) - 1).bit_length()
        chunk += [chunk[-1]] * (length - len(chunk))
        yield chunk, ", ".join("?" * length)


def partition_rows(database: Database) -> list[PartitionRow]:
    """All partitions, by number."""
    return [PARTITIONS.record(row) for row in database.rows(f"{PARTITIONS.select} ORDER BY number")]


def history(database: Database, lead: int) -> list[EventRow]:
    """All events of a lead, in order."""
    rows = database.rows(f"{HISTORY.select} WHERE lead = ? ORDER BY at, seq", [lead])
    return [HISTORY.record(row) for row in rows]


def put(database: Database, table: str, name: str, value: str) -> None:
    """Writes a value under a name, in a table of such."""
    database.run(
        f"INSERT INTO {table} (name, value, crc) VALUES (?, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value, crc = excluded.crc",
        [name, value, checksum(name, value)],
    )


def named(database: Database, table: str) -> dict[str, str]:
    """All values of a table of such, by name."""
    rows = database.rows(f"SELECT name, value, crc FROM {table}")
    if any(checksum(name, value) != crc for name, value, crc in rows):
        raise StoreError(f"the store is damaged: a row of {table} is not as it was written ({MEND})")
    return {name: value for name, value, _ in rows}
