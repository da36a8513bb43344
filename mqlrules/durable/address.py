"""The address of a store, and the store that stands there."""

import urllib.parse

from mqlrules.durable.contract import Store
from mqlrules.durable.faults import StoreError
from mqlrules.durable.sql import SqlStore


def open_store(address: str) -> Store:
    """The store at an address, made if there is none.

    ``sqlite:///leads.db`` is a file beside you, ``sqlite:////var/lib/leads.db`` one by its full path,
    ``postgresql://user@host/database`` a PostgreSQL database (needs the extra ``postgres``). Raises ``StoreError``.
    """
    scheme, _, rest = address.partition("://")
    if scheme == "sqlite" and rest.startswith("/"):
        return _sqlite(rest[1:], address)
    if scheme in ("postgresql", "postgres") and rest:
        from mqlrules.durable.postgres import PostgresDatabase

        return SqlStore(PostgresDatabase(address))
    raise StoreError(
        f"{address!r} is no address of a store; write sqlite:///leads.db for a file, or postgresql://user@host/database"
    )


def _sqlite(path_and_options: str, address: str) -> Store:
    from mqlrules.durable.sqlite import SYNCHRONOUS, WAIT, SqliteDatabase

    path, _, query = path_and_options.partition("?")
    options = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    synchronous = options.pop("synchronous", "full").lower()
    timeout = options.pop("timeout", str(WAIT))
    if options or synchronous not in SYNCHRONOUS or not timeout.replace(".", "", 1).isdigit():
        raise StoreError(
            f"{address!r} has options that there are not; there are timeout=SECONDS and "
            f"synchronous={' or '.join(SYNCHRONOUS)}"
        )
    if not path:
        raise StoreError(f"{address!r} names no file; write sqlite:///leads.db")
    return SqlStore(SqliteDatabase(urllib.parse.unquote(path), float(timeout), synchronous))
