"""The event files of a rule set in an editor: those of the editor's settings, else those of the configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from mqlrules.text.configuration import COLUMNS, configuration


@attrs.frozen
class EventFiles:
    """Files, folders or globs; a table of leads; a format; and the names of columns in the order of ``COLUMNS``."""

    files: tuple[str, ...] = ()
    leads: str | None = None
    format: str | None = None
    columns: tuple[str | None, ...] = (None, None, None, None, None)


def event_files(folder: Path, settings: Mapping[str, Any] | None = None) -> EventFiles:
    """The event files of the rules in a folder, and the names of their columns.

    ``settings`` are an editor's (``files``, ``leads``, ``format``, ``columns``), with paths relative to ``folder``.
    Without files there, those of the configuration count. Raises ``SettingsError``.
    """
    given = settings or {}
    project = configuration(folder)
    columns = given.get("columns")
    chosen = columns if isinstance(columns, Mapping) else {}
    known = tuple(_text(chosen.get(role)) or project.columns.get(role) for role in COLUMNS)
    files = _texts(given.get("files"))
    if not files:
        return EventFiles(project.events, project.leads, project.format, known)
    found = tuple(str(folder / file) for file in files)
    leads = _text(given.get("leads"))
    return EventFiles(found, None if leads is None else str(folder / leads), _text(given.get("format")), known)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [each for each in value if isinstance(each, str) and each] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
