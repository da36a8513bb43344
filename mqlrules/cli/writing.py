"""Writing a result to a file: completely or not at all, and a plain message if it can't be written."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from mqlrules.cli.command import Failure
from mqlrules.console import whole_file as writing


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``path`` when the block ends well; otherwise ``path`` stays as it was.

    Pipes and devices are written directly. Raises ``Failure`` if it can't be written.
    """
    try:
        with writing.whole_file(path) as part:
            yield part
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failure(f"{path} can't be written: {reason(error)}") from error


def check_writable(path: Path) -> None:
    """Raises ``Failure`` for a file that can't be written, before any long work starts."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise Failure(f"{path} can't be written: it is a folder")
    if not target.parent.is_dir():
        raise Failure(f"{path} can't be written: there is no folder {path.parent}")
    if not os.access(target if target.exists() else target.parent, os.W_OK):
        raise Failure(f"{path} can't be written: permission denied")


def reason(error: OSError) -> str:
    """What the system says, in lower case as a part of a sentence."""
    said = error.strerror or str(error)
    return said[:1].lower() + said[1:]
