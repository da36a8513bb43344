"""Store URLs: which database a URL names, and how to speak of it without its password."""

import os
import re
import urllib.parse
from collections.abc import Mapping

import attrs

from mqlrules.durable.database import Database, Secret
from mqlrules.durable.errors import StoreError

Address = str | os.PathLike[str]
"""``sqlite:///leads.db`` for a file in the working directory, ``sqlite:////var/lib/leads.db`` for a full path, a
``Path`` for either, or ``postgresql://user@host/database`` (needs the extra ``postgres``)."""

_EXAMPLES = "use sqlite:///leads.db for a file, or postgresql://user@host/database"

_ENCODED = r"%(?!00)[0-9A-Fa-f]{2}"
_HOST = rf"(?:\[[0-9A-Fa-f:.]+\]|(?:[^%@/?#\[\]:,\s]|{_ENCODED})*)(?::\d*)?"
# Stricter than libpq, whose messages quote parts of a malformed URL, and so of the password in it.
_POSTGRES = re.compile(
    rf"postgres(?:ql)?://(?:(?:[^%:@/?#\s]|{_ENCODED})*(?::(?P<password>(?:[^%@/?#\s]|{_ENCODED})*))?@)?"
    rf"{_HOST}(?:,{_HOST})*(?:/(?:[^%@?#/\s]|{_ENCODED})*)?"
    rf"(?:\?(?P<options>[a-z_]+=(?:[^%@#&\s]|{_ENCODED})*(?:&[a-z_]+=(?:[^%@#&\s]|{_ENCODED})*)*)?)?"
)
_SECRETS = ("password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")


@attrs.frozen
class _File:
    path: str
    options: Mapping[str, str]


def database_at(address: Address, must_exist: bool = False) -> Database:
    """A connection to the database that a URL names. Raises ``StoreError``, with ``must_exist`` where there is none.

    A file that doesn't exist is made, unless it ``must_exist``.
    """
    found = _parsed(address)
    if isinstance(found, Secret):
        from mqlrules.durable.postgres import PostgresDatabase

        return PostgresDatabase(found)

    from mqlrules.durable.sqlite import MEMORY, SYNCHRONOUS, TIMEOUT, SqliteDatabase

    options = dict(found.options)
    synchronous = options.pop("synchronous", "full").lower()
    timeout = options.pop("timeout", str(TIMEOUT))
    if options or synchronous not in SYNCHRONOUS or not timeout.replace(".", "", 1).isdigit():
        raise StoreError(
            f"the URL of {found.path} has an invalid option; valid options are timeout=SECONDS and "
            f"synchronous={', '.join(SYNCHRONOUS[:-1])} or {SYNCHRONOUS[-1]}"
        )
    if must_exist and found.path != MEMORY and not os.path.exists(found.path):
        raise StoreError(f"no store found at {found.path}")
    return SqliteDatabase(found.path, float(timeout), synchronous)


def shown(address: Address) -> str:
    """A store URL for messages, without any password. Raises ``StoreError`` for an invalid one."""
    found = _parsed(address)
    return str(found) if isinstance(found, Secret) else found.path


def _parsed(address: Address) -> _File | Secret:
    """What a URL names. Raises ``StoreError`` for an invalid one; its message quotes nothing that may be a secret."""
    if isinstance(address, os.PathLike):
        return _File(os.fspath(address), {})
    text = str(address)
    scheme, separator, rest = text.partition("://")
    scheme = scheme.removesuffix("+psycopg") if scheme.startswith("postgres") else scheme
    if scheme == "sqlite" and rest.startswith("/"):
        path, _, query = rest[1:].partition("?")
        path = urllib.parse.unquote(path)
        if not path or "\0" in path:
            raise StoreError("the store URL names no file; use sqlite:///leads.db")
        return _File(path, dict(urllib.parse.parse_qsl(query, keep_blank_values=True)))
    if scheme in ("postgresql", "postgres"):
        url = f"{scheme}://{rest}"
        match = _POSTGRES.fullmatch(url)
        if match is None or not rest:
            raise StoreError(
                "the store URL is malformed; use postgresql://user:password@host:port/database, and write special "
                "characters in the password as %40 for @, %2F for /, %3A for : and so on"
            )
        options = [option.partition("=")[::2] for option in (match["options"] or "").split("&")]
        return Secret(url, (match["password"] or "", *(value for name, value in options if name in _SECRETS)))
    if separator and re.fullmatch(r"[a-z][a-z0-9+.-]{0,20}", scheme) and scheme != "sqlite":
        raise StoreError(f"a store can't be kept in {scheme!r}; {_EXAMPLES}")
    quoted = f"{text!r} is" if re.fullmatch(r"[\w./\\ -]*", text) else "this is"
    raise StoreError(f"{quoted} not a valid store URL; {_EXAMPLES}")
