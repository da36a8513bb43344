"""A store in a PostgreSQL database, through psycopg (the extra ``postgres``).

A writer locks the rows of the partitions that it works on, in order: transactions on different partitions run side by
side, those on one partition follow one another. If the connection is lost during a commit, the server is asked over a
new one whether the transaction is complete. The tables have names that begin with ``mqlrules_`` and lie in the
connection's schema, so the database may be the application's own.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from mqlrules.durable.database import Secret
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
"""Seconds for which the server is asked whether a transaction is complete after the connection was lost."""


class PostgresDatabase:
    """A connection to a database. A broken one is replaced, unless it broke within a transaction."""

    key = "BIGINT PRIMARY KEY"

    def __init__(self, address: Secret) -> None:
        self._address = address
        self._process = os.getpid()
        self._busy = False
        self._number: int | None = None
        with self._store_errors():
            self._connection = self._connect()

    def _connect(self) -> "psycopg.Connection[Any]":
        try:
            connection = psycopg.connect(self._address.reveal(), autocommit=True, client_encoding="utf8")
        except psycopg.Error as error:
            # Without its cause: frames of the driver hold the password in their variables.
            raise StoreError(self._explained(error)) from None
        # One type for whole numbers: otherwise each length of number would have its own prepared statements.
        connection.adapters.register_dumper(int, Int8Dumper)
        return connection

    def another(self) -> "PostgresDatabase":
        """A second connection to the same database."""
        return PostgresDatabase(self._address)

    def has_tables(self) -> bool:
        """Whether the database holds a store."""
        # Asked of the catalogue, because to_regclass may remember the state from before we waited for a lock.
        return bool(
            self.rows(
                "SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
                "WHERE relname = 'mqlrules_meta' AND nspname = ANY (current_schemas(false))"
            )
        )

    def now(self) -> int:
        """The server's clock."""
        return int(self.rows("SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT")[0][0])

    def begin(self, partitions: Sequence[int] | None) -> None:
        """Begins a writing transaction once nobody else holds the partitions."""
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
        """Ends a transaction and keeps what it wrote. Raises ``UnknownOutcome``."""
        try:
            self.run("COMMIT")
        except StoreError as error:
            if not self._connection.closed or not self._is_complete(error):
                raise
        self._busy = False

    def _is_complete(self, lost: StoreError) -> bool:
        """Whether the transaction is complete during whose commit the connection was lost."""
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
            "the connection to PostgreSQL was lost during a commit, and the server can't be asked whether the "
            "transaction is complete; once it can be reached, go on from the engine's offset"
        ) from lost

    def rollback(self) -> None:
        """Ends a transaction and undoes what it wrote."""
        self._busy = False
        with suppress(psycopg.Error):
            self._connection.execute("ROLLBACK")

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows that a query finds."""
        with self._store_errors():
            return self._execute(statement, values).fetchall()

    def run(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Runs a statement; returns how many rows it changed."""
        with self._store_errors():
            return self._execute(statement, values).rowcount

    def run_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Runs a statement once for each row of values."""
        with self._store_errors(), self._current().cursor() as cursor:
            cursor.executemany(_placed(statement), rows)

    def damage(self) -> list[str]:
        """Nothing: PostgreSQL has its own tools for that (data checksums, pg_amcheck)."""
        return []

    def scrub(self) -> bool:
        """Rewrites the tables into new files, and forgets the values that the planner has sampled. The write-ahead log
        and backups are the administrator's.
        """
        columns = self.rows(
            "SELECT relname, attname, atttypid = 'text'::regtype FROM pg_class "
            "JOIN pg_namespace ON pg_namespace.oid = relnamespace JOIN pg_attribute ON attrelid = pg_class.oid "
            "WHERE relkind = 'r' AND nspname = ANY (current_schemas(false)) AND starts_with(relname, 'mqlrules_') "
            "AND attnum > 0 AND NOT attisdropped"
        )
        try:
            for table, column, is_text in columns:
                if is_text:
                    # Changes nothing but drops the sample, which ANALYZE would keep of a table without rows.
                    self.run(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE TEXT")
            for table in {table for table, _, _ in columns}:
                self.run(f"VACUUM (FULL, ANALYZE) {table}")
            self.run("VACUUM FULL pg_statistic")
            self.run("CHECKPOINT")
        except StoreError:
            return False
        return True

    def close(self) -> None:
        """Closes the connection."""
        # After a fork it still belongs to the process that opened it.
        if os.getpid() == self._process:
            self._connection.close()

    def _execute(self, statement: str, values: Sequence[Any]) -> "psycopg.Cursor[Any]":
        try:
            return self._current().execute(_placed(statement), values)
        except psycopg.OperationalError:
            if self._busy or not self._connection.closed:
                raise
            # Lost between two calls: the server was restarted, or a firewall dropped an idle connection.
            return self._current().execute(_placed(statement), values)

    def _current(self) -> "psycopg.Connection[Any]":
        if self._connection.closed and not self._busy:
            self._connection = self._connect()
        return self._connection

    @contextmanager
    def _store_errors(self) -> Iterator[None]:
        if os.getpid() != self._process:
            raise StoreError("this engine was opened by another process; open a new one after a fork")
        try:
            yield
        except psycopg.Error as error:
            raise StoreError(self._explained(error)) from error

    def _explained(self, error: psycopg.Error) -> str:
        text = " ".join(str(error).split()) or type(error).__name__
        return f"PostgreSQL: {self._address.hidden_in(text)}"


def _placed(statement: str) -> Any:
    """A statement with psycopg's placeholders. No statement of a store holds a % or a ? otherwise."""
    return statement.replace("?", "%s")
