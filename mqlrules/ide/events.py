"""Which event files an editor takes for a rule set: those that its settings name, else those of pyproject.toml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from mqlrules.readers.settings import settings_file, settings_of

COLUMNS = ("lead", "time", "event", "id", "leads")
"""What columns are named for; of those that are not named pyproject.toml may tell the names."""


@attrs.frozen
class EventFiles:
    """Files, folders or globs; a table of leads; a format; and names of columns, as in ``COLUMNS``."""

    files: tuple[str, ...] = ()
    leads: str | None = None
    format: str | None = None
    columns: tuple[str | None, ...] = (None, None, None, None, None)


def event_files(folder: Path, settings: Mapping[str, Any] | None = None) -> EventFiles:
    """The event files of the rules in a folder.

    ``settings`` are an editor's (``files``, ``leads``, ``format``, ``columns``), with paths from ``folder``; where they
    name no files, ``[tool.mqlrules.events]`` of the nearest pyproject.toml does (``files``, ``leads-file``,
    ``format``), with paths from where it lies. Raises ``DataError`` for a table that can't be read.
    """
    given = settings or {}
    columns = given.get("columns")
    chosen = columns if isinstance(columns, Mapping) else {}
    known = tuple(_text(chosen.get(role)) for role in COLUMNS)
    files = _texts(given.get("files"))
    if files:
        found = tuple(str(folder / file) for file in files)
        leads = _text(given.get("leads"))
        return EventFiles(found, None if leads is None else str(folder / leads), _text(given.get("format")), known)
    file = settings_file(folder)
    if file is None:
        return EventFiles()
    table = settings_of(file)
    found = tuple(str(file.parent / each) for each in _texts(table.get("files")))
    leads = _text(table.get("leads-file"))
    return EventFiles(found, None if leads is None else str(file.parent / leads), _text(table.get("format")), known)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [each for each in value if isinstance(each, str) and each] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
