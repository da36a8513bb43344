"""Writing a result to a file: whole or not at all."""

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mqlrules.cli.failure import Failure


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``path`` when the block ends well; if it does not, ``path`` stays as it was.

    What is no regular file (a pipe, a device) is written directly. Raises ``Failure`` for what can't be written.
    """
    try:
        target = Path(os.path.realpath(path))
        if _is_special(target):
            yield target
            return
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        os.close(handle)
        part = Path(name)
        try:
            yield part
            part.chmod(_mode(target))
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
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


def _is_special(path: Path) -> bool:
    return path.exists() and not stat.S_ISREG(path.stat().st_mode) and not path.is_dir()


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those that a new file gets."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _reason(error: OSError) -> str:
    reason = error.strerror or str(error)
    return reason[:1].lower() + reason[1:]
