"""Ctrl-C: before a command has begun it ends the process at once, afterwards it raises ``KeyboardInterrupt``."""

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

INTERRUPTED = 128 + signal.SIGINT
"""The exit status that shells give to a process stopped by Ctrl-C."""


def end_at_once() -> None:
    """Lets Ctrl-C end the process silently while there is nothing to clean up.

    While modules are being imported an exception would show a traceback: some modules catch it and raise another.
    """
    # The parent process may have chosen to ignore Ctrl-C.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        _on_interrupt(_end)


def end_in_order() -> None:
    """Lets Ctrl-C raise ``KeyboardInterrupt`` from now on, so that unfinished work is cleaned up."""
    if signal.getsignal(signal.SIGINT) is _end:
        _on_interrupt(signal.default_int_handler)


def _end(number: int, frame: "FrameType | None") -> None:
    os._exit(INTERRUPTED)


def _on_interrupt(handler: "Callable[[int, FrameType | None], object]") -> None:
    try:  # noqa: SIM105 - every import delays the start
        signal.signal(signal.SIGINT, handler)
    except ValueError:
        # Only the main thread may set handlers.
        pass
