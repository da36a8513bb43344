"""``[tool.mqlrules.events]`` of pyproject.toml: where events are, and what their columns are called."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mqlrules.events.errors import DataError

FILE = "pyproject.toml"

FILE_KEYS = ("files", "leads-file", "format")
"""Keys that say where events are, for editors (commands are told by ``--events``). All others name columns."""


def settings_file(folder: str | Path) -> Path | None:
    """The nearest pyproject.toml, in a folder or above it."""
    start = Path(folder).resolve()
    return next((place / FILE for place in (start, *start.parents) if (place / FILE).is_file()), None)


def settings_of(file: Path) -> Mapping[str, Any]:
    """The table of a pyproject.toml; empty where there is none. Raises ``DataError`` for one that can't be read."""
    try:
        table: Any = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise DataError(str(file), f"can't be read: {error}") from None
    for key in ("tool", "mqlrules", "events"):
        table = table.get(key, {})
        if not isinstance(table, Mapping):
            raise DataError(str(file), f"[tool.mqlrules.events] needs {key} to be a table")
    settings: Mapping[str, Any] = table
    return settings
