"""The interface between a store and its database: one connection, and statements with ``?`` for values."""

import urllib.parse
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

MANY = 512
"""The most values in one statement."""


class Database(Protocol):
    """A connection to a database. Methods raise ``StoreError``. One thread at a time may use it."""

    key: str
    """How the database declares a whole number as primary key."""

    def another(self) -> "Database":
        """A second connection to the same database."""

    def has_tables(self) -> bool:
        """Whether the database holds a store."""

    def now(self) -> int:
        """The wall clock that everybody who uses this database shares, in microseconds since 1970 UTC."""

    def begin(self, partitions: Sequence[int] | None) -> None:
        """Begins a writing transaction once nobody else holds the partitions (None: the whole store)."""

    def commit(self) -> None:
        """Ends a transaction and keeps what it wrote."""

    def rollback(self) -> None:
        """Ends a transaction and undoes what it wrote. Never raises."""

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows that a query finds."""

    def run(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Runs a statement; returns how many rows it changed."""

    def run_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Runs a statement once for each row of values."""

    def damage(self) -> list[str]:
        """What the database itself finds damaged."""

    def scrub(self) -> bool:
        """Rewrites the database files without what was deleted; whether that could be done now."""

    def close(self) -> None:
        """Closes the connection."""


def chunks(values: Iterable[Any]) -> Iterator[tuple[list[Any], str]]:
    """Values, at most ``MANY`` at a time, each time with as many placeholders.

    Chunks are padded to a power of two, so that few different statements are prepared.
    """
    left = list(values)
    for start in range(0, len(left), MANY):
        chunk = left[start : start + MANY]
        length = 1 << (len(chunk) - 1).bit_length()
        chunk += [chunk[-1]] * (length - len(chunk))
        yield chunk, ", ".join("?" * length)


class Secret:
    """A URL with a password in it. Its ``repr`` and its text leave the password out."""

    def __init__(self, url: str, passwords: tuple[str, ...]) -> None:
        self._url = url
        self._passwords = tuple(sorted({word for word in passwords if word}, key=len, reverse=True))

    def reveal(self) -> str:
        """The whole URL, for the driver."""
        return self._url

    def hidden_in(self, text: str) -> str:
        """A text with ``***`` in place of each password."""
        for word in self._passwords:
            for form in (word, urllib.parse.unquote(word)):
                text = text.replace(form, "***")
        return text

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        return self.hidden_in(self._url)
