"""The command line: one file a command."""

import gc
import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

INTERRUPTED = 128 + signal.SIGINT
"""The exit status that a shell gives to what was stopped by Ctrl-C."""


def main() -> int:
    """The command ``mqlrules``. Gives the exit status: 0 fine, 1 findings, 2 the call itself is wrong."""
    # Nothing that is loaded now becomes garbage: looking for it takes a fifth of what `check` takes as a whole process.
    gc.disable()
    end_at_once()
    try:
        from mqlrules.cli.application import application
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        print("mqlrules: the command line needs its extra: pip install 'mqlrules[terminal]'", file=sys.stderr)
        return 2
    status: int = application.main(prog_name="mqlrules", standalone_mode=False)
    # While Python puts things away, an interruption would be a traceback, too.
    end_at_once()
    return status


def end_at_once() -> None:
    """Lets Ctrl-C end the process without a word, as long as nothing has begun that must be put away.

    An exception would be one more traceback if it came while modules are imported: some of them make another of it.
    """
    # Who started the process may have had it pass over Ctrl-C.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        _interrupted_by(_end)


def end_in_order() -> None:
    """Lets Ctrl-C raise ``KeyboardInterrupt`` from here on: what is half done is put away, and a word is said."""
    if signal.getsignal(signal.SIGINT) is _end:
        _interrupted_by(signal.default_int_handler)


def _end(number: int, frame: "FrameType | None") -> None:
    os._exit(INTERRUPTED)


def _interrupted_by(handler: "Callable[[int, FrameType | None], object]") -> None:
    try:  # noqa: SIM105 - nothing is imported that need not be
        signal.signal(signal.SIGINT, handler)
    except ValueError:
        # In a thread beside the first nobody can say so.
        pass
