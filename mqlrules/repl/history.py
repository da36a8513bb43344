"""Where what was typed is remembered from one session to the next."""

import os
from pathlib import Path

from mqlrules.console.whole_file import whole_file

MOST_BYTES = 1_000_000
"""A file that has grown beyond this loses its older half."""


def history_file() -> Path:
    """``mqlrules/repl_history`` in the folder that XDG names for state, by default ``~/.local/state``."""
    given = os.environ.get("XDG_STATE_HOME", "")
    # The specification says to pass over a path that is not absolute.
    folder = Path(given) if os.path.isabs(given) else Path.home() / ".local" / "state"
    return folder / "mqlrules" / "repl_history"


def made_ready(path: Path) -> None:
    """Makes the file, for its owner alone: what is typed may name people. One that is too long is shortened.

    Raises ``OSError``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600))
    if path.stat().st_size > MOST_BYTES:
        later = path.read_bytes()[-MOST_BYTES // 2 :]
        # Each entry begins with an empty line and a comment.
        begins = later.find(b"\n\n# ")
        with whole_file(path) as part:
            part.write_bytes(later[begins + 1 :] if begins >= 0 else b"")
