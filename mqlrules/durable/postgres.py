"""A store in a PostgreSQL database, through psycopg (the extra ``postgres``).

Whoever writes locks the rows of the partitions that are concerned, in order: transactions on different partitions run
side by side, those on one follow one another. Who has lost the connection while a transaction ended asks the server
over a new one whether it has. Tables go by names that begin with ``mqlrules_``, in the schema that the
connection comes to, so the database may be that of the application.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from mqlrules.durable.errors import StoreError, UnknownOutcome
from mqlrules.events.errors import MissingExtra

try:
    import psycopg
    from psycopg.types.numeric import Int8Dumper
except ImportError as error:
    raise MissingExtra("a store in PostgreSQL needs psycopg", "postgres") from error

_WHOLE_STORE = 0x6D716C72
"""The number of the advisory lock under which the tables are made."""


PATIENCE = 10.0
"""Seconds for which a server is asked whether a transaction has ended, once the connection was lost."""


class PostgresDatabase:
    """A connection to a database. One that has broken is made anew, unless that was within a transaction."""

    key = "BIGINT PRIMARY KEY"

    def __init__(self, address: str) -> None:
        self._address = address
        self._process = os.getpid()
        self._busy = False
        self._number: Any = None
        with self._plain_errors():
            self._connection = self._connect()

    def _connect(self) -> "psycopg.Connection[Any]":
        connection = psycopg.connect(self._address, autocommit=True, client_encoding="utf8")
        # One type for whole numbers: else each length of number would have prepared statements of its own.
        connection.adapters.register_dumper(int, Int8Dumper)
        return connection

    def another(self) -> "PostgresDatabase":
        """A second connection to the same database."""
        return PostgresDatabase(self._address)

    def has_tables(self) -> bool:
        """Whether there is a store in the database."""
        # Asked of the catalogue, not of to_regclass: that may remember what was so before we waited for a lock.
        return bool(
            self.rows(
                "SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
                "WHERE relname = 'mqlrules_meta' AND nspname = ANY (current_schemas(false))"
            )
        )

    def begin(self, partitions: Sequence[int] | None) -> None:
        """Begins a transaction that writes, once nobody else holds the partitions."""
        self.run("BEGIN ISOLATION LEVEL READ COMMITTED")
        self._busy = True
        try:
            if partitions is None:
                self._number = self.rows("SELECT txid_current(), pg_advisory_xact_lock(?)", [_WHOLE_STORE])[0][0]
                if self.has_tables():
                    self.run("LOCK TABLE mqlrules_partitions IN EXCLUSIVE MODE")
                return
            places = ", ".join("?" * len(partitions))
            found = self.rows(
                f"SELECT txid_current() FROM mqlrules_partitions WHERE number IN ({places}) ORDER BY number FOR UPDATE",
                partitions,
            )
            self._number = found[0][0] if found else None
        except BaseException:
            self.rollback()
            raise

    def commit(self) -> None:
        """Ends a transaction: all that it wrote stays. Raises ``UnknownOutcome``."""
        try:
            self.run("COMMIT")
        except StoreError as error:
            if not self._connection.closed:
                raise
            if not self._has_ended(error):
                raise
        self._busy = False

    def _has_ended(self, lost: StoreError) -> bool:
        """Whether a transaction has ended whose connection was lost while it did."""
        self._busy = False
        number, until = self._number, time.monotonic() + PATIENCE
        while number is not None:
            with suppress(StoreError):
                status = self.rows("SELECT txid_status(?)", [number])[0][0]
                if status != "in progress":
                    return bool(status == "committed")
            if time.monotonic() > until:
                break
            time.sleep(0.1)
        raise UnknownOutcome(
            "the connection to PostgreSQL was lost while a transaction ended, and the server does not say whether it "
            "has: go on from the engine's offset once it can be reached"
        ) from lost

    def rollback(self) -> None:
        """Ends a transaction: nothing of it stays."""
        self._busy = False
        with suppress(psycopg.Error):
            self._connection.execute("ROLLBACK")

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """What a question finds, row by row."""
        with self._plain_errors():
            return self._execute(statement, values).fetchall()

    def run(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Runs a statement; gives how many rows it changed."""
        with self._plain_errors():
            return self._execute(statement, values).rowcount

    def run_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Runs a statement with each of several rows of values."""
        with self._plain_errors(), self._now().cursor() as cursor:
            cursor.executemany(_placed(statement), rows)

    def damage(self) -> list[str]:
        """Nothing: PostgreSQL has its own tools for that (data checksums, pg_amcheck)."""
        return []

    def close(self) -> None:
        """Lets go of the connection."""
        # After a fork it is still that of the process that opened it.
        if os.getpid() == self._process:
            self._connection.close()

    def _execute(self, statement: str, values: Sequence[Any]) -> "psycopg.Cursor[Any]":
        try:
            return self._now().execute(_placed(statement), values)
        except psycopg.OperationalError:
            if self._busy or not self._connection.closed:
                raise
            # Lost while nothing was under way: by a server that was started anew, or a firewall that saw no traffic.
            return self._now().execute(_placed(statement), values)

    def _now(self) -> "psycopg.Connection[Any]":
        if self._connection.closed and not self._busy:
            self._connection = self._connect()
        return self._connection

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        if os.getpid() != self._process:
            raise StoreError("this engine was opened by another process: open one of your own after a fork")
        try:
            yield
        except psycopg.Error as error:
            said = " ".join(str(error).split()) or type(error).__name__
            raise StoreError(f"PostgreSQL says: {said}") from error


def _placed(statement: str) -> Any:
    """A statement with the marks of psycopg for its values; no statement of a store holds a % or a ? otherwise."""
    return statement.replace("?", "%s")
