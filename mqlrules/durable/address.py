"""The address of a store, and the store that stands there."""

import os
import urllib.parse

from mqlrules.durable.database import Database
from mqlrules.durable.errors import StoreError
from mqlrules.durable.protocol import Store
from mqlrules.durable.sql import SqlStore


def open_store(address: str) -> Store:
    """The store at an address, made if there is none.

    ``sqlite:///leads.db`` is a file beside you, ``sqlite:////var/lib/leads.db`` one by its full path,
    ``postgresql://user@host/database`` a PostgreSQL database (needs the extra ``postgres``). Raises ``StoreError``.
    """
    return SqlStore(_database(address))


def find_store(address: str) -> Store:
    """The store at an address; raises ``StoreError`` if there is none, and makes nothing."""
    path = _path_and_options(address)[0]
    if path is None or os.path.exists(path):
        database = _database(address)
        if database.has_tables():
            return SqlStore(database)
        database.close()
    raise StoreError(f"there is no store at {address}")


def _database(address: str) -> Database:
    path, query = _path_and_options(address)
    if path is None:
        from mqlrules.durable.postgres import PostgresDatabase

        return PostgresDatabase(address)

    from mqlrules.durable.sqlite import SYNCHRONOUS, WAIT, SqliteDatabase

    options = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    synchronous = options.pop("synchronous", "full").lower()
    timeout = options.pop("timeout", str(WAIT))
    if options or synchronous not in SYNCHRONOUS or not timeout.replace(".", "", 1).isdigit():
        raise StoreError(
            f"{address!r} has options that there are not; there are timeout=SECONDS and "
            f"synchronous={' or '.join(SYNCHRONOUS)}"
        )
    return SqliteDatabase(path, float(timeout), synchronous)


def _path_and_options(address: str) -> tuple[str | None, str]:
    """The file of an address and its options; no file for PostgreSQL. Raises ``StoreError`` for what is no address."""
    scheme, _, rest = str(address).partition("://")
    if scheme == "sqlite" and rest.startswith("/"):
        path, _, query = rest[1:].partition("?")
        if not path:
            raise StoreError(f"{address!r} names no file; write sqlite:///leads.db")
        if "\0" in (found := urllib.parse.unquote(path)):
            raise StoreError(f"{address!r} names no file: there is a zero in it")
        return found, query
    if scheme in ("postgresql", "postgres") and rest:
        return None, ""
    raise StoreError(
        f"{address!r} is no address of a store; write sqlite:///leads.db for a file, or postgresql://user@host/database"
    )
