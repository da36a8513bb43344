"""A store in an SQLite file, through the standard library.

The file is in WAL mode, so that readers and the one writer don't wait for each other. A transaction that has ended is
on the disk (``synchronous=FULL``); with ``?synchronous=normal`` in the address it may be lost when the machine fails,
as a whole, and the offset with it. Who finds the file locked waits for 5 seconds, or for ``?timeout=`` of them.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from mqlrules.durable.errors import StoreError

WAIT = 5.0
"""Seconds to wait for whoever has the file locked."""

MEMORY = ":memory:"
"""The path of what is no file."""

SYNCHRONOUS = ("full", "normal", "extra")


class SqliteDatabase:
    """A connection to a file; ``:memory:`` is one that is gone when it is closed."""

    key = "INTEGER PRIMARY KEY"

    def __init__(self, path: str, timeout: float = WAIT, synchronous: str = "full") -> None:
        self._path = path
        # The program may go to another folder later.
        self._place = path if path == MEMORY else os.path.abspath(path)
        self._timeout = timeout
        self._process = os.getpid()
        self._synchronous = synchronous
        with self._plain_errors():
            self._connection = self._connect()
        self._file = self._identity()

    def _identity(self) -> tuple[int, int] | None:
        """Which file is at the path; None if there is none."""
        try:
            found = os.stat(self._place)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._place, self._timeout, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute("PRAGMA cell_size_check = ON")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def another(self) -> "SqliteDatabase":
        """A second connection to the same file."""
        if self._place == MEMORY:
            raise StoreError("a store in memory can't be divided: give it a file")
        return SqliteDatabase(self._place, self._timeout, self._synchronous)

    def has_tables(self) -> bool:
        """Whether there is a store in the file."""
        return bool(self.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'mqlrules_meta'"))

    def begin(self, partitions: Sequence[int] | None) -> None:
        """Begins a transaction that writes: one at a time a file, whatever the partitions."""
        if self._identity() != self._file:
            # SQLite would go on writing to a file that nobody will find again.
            raise StoreError(
                f"{self._path} is not the file any more that was opened: it has been deleted, moved or replaced. "
                "Open the engine anew, and go on from its offset"
            )
        self.run("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Ends a transaction: all that it wrote stays."""
        self.run("COMMIT")

    def rollback(self) -> None:
        """Ends a transaction: nothing of it stays."""
        # Some errors, a full disk among them, have ended it already.
        if self._connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """What a question finds, row by row."""
        with self._plain_errors():
            return self._connection.execute(statement, values).fetchall()

    def run(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Runs a statement; gives how many rows it changed."""
        with self._plain_errors():
            return self._connection.execute(statement, values).rowcount

    def run_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Runs a statement with each of several rows of values."""
        with self._plain_errors():
            self._connection.executemany(statement, rows)

    def damage(self) -> list[str]:
        """What SQLite itself finds damaged."""
        found = [line for (line,) in self.rows("PRAGMA integrity_check(20)")]
        return [] if found == ["ok"] else [f"SQLite says: {line}" for line in found]

    def close(self) -> None:
        """Lets go of the file."""
        # After a fork it is still that of the process that opened it.
        if os.getpid() == self._process:
            self._connection.close()

    @contextlib.contextmanager
    def _plain_errors(self) -> Iterator[None]:
        if os.getpid() != self._process:
            raise StoreError("this engine was opened by another process: open one of your own after a fork")
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise StoreError(self._in_words(error)) from error

    def _in_words(self, error: sqlite3.Error | UnicodeDecodeError) -> str:
        said = str(error)
        if "locked" in said or "busy" in said:
            return f"{self._path} is locked by somebody else, and still was after {self._timeout:g} s"
        if (
            isinstance(error, UnicodeDecodeError)
            or "malformed" in said
            or "not a database" in said
            or "corrupt" in said
        ):
            return f"{self._path} is damaged, or no SQLite file: {said}"
        if "unable to open" in said:
            return f"{self._path} can't be opened: is its folder there, and may you write in it?"
        if "full" in said:
            return f"{self._path} can't grow: {said}"
        if "closed" in said:
            return f"{self._path} has been closed"
        return f"{self._path}: {said}"
