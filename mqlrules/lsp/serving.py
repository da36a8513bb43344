"""Serving an editor on standard input and output, with every handler registered."""

import contextlib
import gc
import logging
import os
import signal
import sys
from typing import BinaryIO, cast

from mqlrules.lsp import documents, editing, reading
from mqlrules.lsp.server import Server


class _Unclosed:
    """Standard output, which is not the server's to close."""

    def __init__(self, stream: BinaryIO) -> None:
        self.write = stream.write
        self.flush = stream.flush

    def close(self) -> None:
        self.flush()


def serve() -> None:
    """Serve on standard input and output until the client says to end."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    server = Server()
    for room in (documents, reading, editing):
        room.register(server)
    # Trees live long and are many: to look through them all for garbage at every edit takes longer than the edit.
    gc.set_threshold(100_000, 50, 100)
    protocol = cast(BinaryIO, _Unclosed(sys.stdout.buffer))
    # Whatever prints must not disturb the protocol.
    # A thread waits for what the client says, and can't be told to stop waiting: an interrupt ends all at once. What
    # runs in processes beside the server ends with it.
    before = signal.signal(signal.SIGINT, lambda *_: os._exit(128 + signal.SIGINT))
    try:
        with contextlib.redirect_stdout(sys.stderr):
            server.start_io(sys.stdin.buffer, protocol)
    finally:
        signal.signal(signal.SIGINT, before)
