"""A store in an SQLite file, through the standard library.

The file is in WAL mode, so readers and the one writer don't block each other. A transaction that has ended is on disk
(``synchronous=FULL``); with ``?synchronous=normal`` in the URL a power failure may undo the last ones, each as a whole
and together with its offset. A connection that finds the file locked waits for 5 seconds, or for ``?timeout=`` seconds.
"""

import contextlib
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from typing import Any

from mqlrules.durable.errors import StoreError

TIMEOUT = 5.0
"""Seconds to wait for a locked file."""

MEMORY = ":memory:"
"""The path of a database that is not a file."""

SYNCHRONOUS = ("full", "normal", "extra")

SMALLEST = 512
"""The smallest page of SQLite, in bytes. A file that is shorter was cut off."""


class SqliteDatabase:
    """A connection to a file; ``:memory:`` is a database that ends with its connection."""

    key = "INTEGER PRIMARY KEY"

    def __init__(self, path: str, timeout: float = TIMEOUT, synchronous: str = "full") -> None:
        self._path = path
        # The program may change its working directory later.
        self._place = path if path == MEMORY else os.path.abspath(path)
        self._timeout = timeout
        self._process = os.getpid()
        self._synchronous = synchronous
        with self._store_errors():
            if path != MEMORY:
                self._require_file()
            self._connection = self._connect()
        self._file = self._identity()

    def _require_file(self) -> None:
        """Makes the file if there is none. Raises ``StoreError`` for one that is too short to be a database: SQLite
        would take it for a new one.

        A new file gets its name once it is a database, so that a short one is never a file that somebody is making.
        """
        with contextlib.suppress(FileNotFoundError):
            if os.path.getsize(self._place) < SMALLEST:
                raise StoreError(
                    f"{self._path} has been cut off: it is shorter than any SQLite file. "
                    "Restore it from a backup; delete it to start with an empty store"
                )
            return
        draft = f"{self._place}-new-{secrets.token_hex(4)}"
        try:
            with contextlib.closing(sqlite3.connect(draft)) as connection:
                connection.execute("PRAGMA journal_mode = WAL").fetchall()
            # Unlike a rename this leaves alone what another process has put there meanwhile.
            with contextlib.suppress(OSError):
                os.link(draft, self._place)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(draft)

    def _identity(self) -> tuple[int, int] | None:
        """The file that the path names now; None if it names none."""
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
            raise StoreError("a store in memory can't be divided; use a file")
        return SqliteDatabase(self._place, self._timeout, self._synchronous)

    def has_tables(self) -> bool:
        """Whether the file holds a store."""
        return bool(self.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'mqlrules_meta'"))

    def now(self) -> int:
        """The clock of this machine: an SQLite file has its users on one."""
        return time.time_ns() // 1_000

    def begin(self, partitions: Sequence[int] | None) -> None:
        """Begins a writing transaction. A file has one writer at a time, whatever the partitions."""
        if self._identity() != self._file:
            # SQLite would go on writing to a file that has no name any more.
            raise StoreError(
                f"{self._path} has been deleted, moved or replaced since it was opened. "
                "Open a new engine and go on from its offset"
            )
        self.run("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Ends a transaction and keeps what it wrote."""
        self.run("COMMIT")

    def rollback(self) -> None:
        """Ends a transaction and undoes what it wrote."""
        # Some errors, such as a full disk, have ended it already.
        if self._connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows that a query finds."""
        with self._store_errors():
            return self._connection.execute(statement, values).fetchall()

    def run(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Runs a statement; returns how many rows it changed."""
        with self._store_errors():
            return self._connection.execute(statement, values).rowcount

    def run_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Runs a statement once for each row of values."""
        with self._store_errors():
            self._connection.executemany(statement, rows)

    def damage(self) -> list[str]:
        """What SQLite finds damaged."""
        found = [line for (line,) in self.rows("PRAGMA integrity_check(20)")]
        return [] if found == ["ok"] else [f"SQLite: {line}" for line in found]

    def scrub(self) -> bool:
        """Rewrites the file page by page, and empties the write-ahead log. Deleting alone leaves bytes in both."""
        with contextlib.suppress(StoreError):
            self.run("VACUUM")
            ((is_busy, *_),) = self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
            return not is_busy
        return False

    def close(self) -> None:
        """Closes the file."""
        # After a fork the connection still belongs to the process that opened it.
        if os.getpid() == self._process:
            self._connection.close()

    @contextlib.contextmanager
    def _store_errors(self) -> Iterator[None]:
        if os.getpid() != self._process:
            raise StoreError("this engine was opened by another process; open a new one after a fork")
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise StoreError(self._explained(error)) from error

    def _explained(self, error: sqlite3.Error | UnicodeDecodeError) -> str:
        text = str(error)
        if "locked" in text or "busy" in text:
            return f"{self._path} is locked by another process, and still was after {self._timeout:g} s"
        if (
            isinstance(error, UnicodeDecodeError)
            or "malformed" in text
            or "not a database" in text
            or "corrupt" in text
        ):
            return f"{self._path} is damaged or not an SQLite file: {text}"
        if "unable to open" in text:
            return f"{self._path} can't be opened; does the folder exist, and is it writable?"
        if "full" in text:
            return f"{self._path} can't grow: {text}"
        if "closed" in text:
            return f"the engine of {self._path} is closed"
        return f"{self._path}: {text}"
