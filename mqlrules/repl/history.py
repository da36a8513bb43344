"""Where what was typed is remembered from one session to the next."""

import os
from pathlib import Path


def history_file() -> Path:
    """``mqlrules/repl_history`` in the folder that XDG names for state, by default ``~/.local/state``."""
    given = os.environ.get("XDG_STATE_HOME", "")
    # The specification says to pass over a path that is not absolute.
    folder = Path(given) if os.path.isabs(given) else Path.home() / ".local" / "state"
    return folder / "mqlrules" / "repl_history"


def made_ready(path: Path) -> None:
    """Makes the file, for its owner alone: what is typed may name people. Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600))
