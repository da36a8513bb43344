"""Writing a result to a file: whole or not at all, and in plain words why not."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from mqlrules.cli.failure import Failure
from mqlrules.console import whole_file as writing


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``path`` when the block ends well; if it does not, ``path`` stays as it was.

    What is no regular file (a pipe, a device) is written directly. Raises ``Failure`` for what can't be written.
    """
    try:
        with writing.whole_file(path) as part:
            yield part
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failure(f"{path} can't be written: {_reason(error)}") from error


def check_writable(path: Path) -> None:
    """Raise ``Failure`` for a file that can't be written, before long work is begun for it."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise Failure(f"{path} can't be written: it is a folder")
    if not target.parent.is_dir():
        raise Failure(f"{path} can't be written: there is no folder {path.parent}")
    if not os.access(target if target.exists() else target.parent, os.W_OK):
        raise Failure(f"{path} can't be written: permission denied")


def _reason(error: OSError) -> str:
    reason = error.strerror or str(error)
    return reason[:1].lower() + reason[1:]
