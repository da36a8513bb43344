"""A way to a PostgreSQL server that breaks: a socket beside the server's own that hands on what is said, until it does
not."""

import contextlib
import random
import socket
import tempfile
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

COMMITTED = b"COMMIT\x00"
"""How the server says that a transaction has ended."""

SOCKET = ".s.PGSQL.5432"


class Line:
    """Hands on between clients and the server. Broken at random, one time in so many, when a client says something; or
    when the server says that a transaction has ended, before the client hears of it."""

    def __init__(self, server: Path, folder: Path, choose: random.Random) -> None:
        self._server = server
        self._choose = choose
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / SOCKET))
        self._listening.listen()
        self.folder = folder
        self.one_in: int | None = None
        self.swallow = False
        self.is_down = False
        self.broken = 0
        self.swallowed = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def address(self, address: str) -> str:
        """An address of the server, through here."""
        there, here = (urllib.parse.quote(str(path), safe="") for path in (self._server, self.folder))
        assert there in address
        return address.replace(there, here)

    def close(self) -> None:
        """Nobody is let in any more."""
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if self.is_down:
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._server / SOCKET))
                for one, other, is_client in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._hand_on, args=(one, other, is_client), daemon=True).start()

    def _hand_on(self, one: socket.socket, other: socket.socket, is_client: bool) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                if is_client and self.one_in is not None and self._choose.randrange(self.one_in) == 0:
                    self.broken += 1
                    break
                if not is_client and self.swallow and COMMITTED in data:
                    self.swallow = False
                    self.swallowed += 1
                    break
                other.sendall(data)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextlib.contextmanager
def line(server: Path, seed: int) -> Iterator[Line]:
    """A line to the server in that folder."""
    with tempfile.TemporaryDirectory(prefix="mqlrules-line-") as folder:
        found = Line(server, Path(folder), random.Random(seed))
        try:
            yield found
        finally:
            found.close()
