"""The configuration of a project: ``mqlrules.toml``, or ``[tool.mqlrules]`` of a pyproject.toml.

    rules = "rules/"                  # files or folders; a list for several
    events = "exports/*.csv"
    leads = "crm.csv"

    [columns]                         # what the files call the lead, the time, the event and its ID
    lead = "user_id"

    [lint]
    ignore = ["undescribed-rule"]

Paths are relative to the file. ``events`` may also be a table of ``files``, ``leads-file``, ``format`` and columns.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

import attrs

from mqlrules.text.error import Error

OWN_FILE = "mqlrules.toml"
SHARED_FILE = "pyproject.toml"
COLUMNS = ("lead", "time", "event", "id", "leads")
"""The columns that can be named; ``leads`` is the column of the lead in a table of leads."""

_SETTINGS = ("rules", "events", "leads", "format", "columns", "lint")
_OF_EVENTS = ("files", "leads-file", "format")


class SettingsError(Error, ValueError):
    """A configuration file, or a setting in it, that can't be used. The text names the file and what is expected."""


@attrs.frozen
class Configuration:
    """The settings of a project. Paths are absolute; ``lint`` is the table as it is written."""

    file: Path | None = None
    rules: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    leads: str | None = None
    format: str | None = None
    columns: Mapping[str, str] = attrs.field(factory=dict)
    lint: Mapping[str, object] = attrs.field(factory=dict)


def configuration(folder: str | Path = ".") -> Configuration:
    """The settings that hold in a folder: those of the nearest file in it or above it that has any.

    A pyproject.toml without ``[tool.mqlrules]`` is passed over. Raises ``SettingsError``.
    """
    start = Path(folder).resolve()
    for place in (start, *start.parents):
        for file in (place / OWN_FILE, place / SHARED_FILE):
            if file.is_file() and (table := _table(file)) is not None:
                return _read(file, table)
    return Configuration()


def relative(path: str) -> str:
    """A configured path as it is shown: relative to the current folder. Addresses such as ``s3://…`` stay."""
    if "://" in path:
        return path
    try:
        return os.path.relpath(path)
    except ValueError:  # another drive of Windows
        return path


def _table(file: Path) -> Mapping[str, object] | None:
    try:
        table: Mapping[str, object] = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{file} can't be read: {error}") from None
    if file.name == OWN_FILE:
        return table
    for key in ("tool", "mqlrules"):
        if key not in table:
            return None
        table = _as_table(table[key], file, key)
    return table


def _read(file: Path, table: Mapping[str, object]) -> Configuration:
    _refuse_unknown(table, _SETTINGS, file)
    folder = file.parent
    columns = {**_columns(table.get("columns", {}), file, "columns")}
    events, leads, format = table.get("events"), table.get("leads"), table.get("format")
    if isinstance(events, Mapping):
        columns |= _columns({key: value for key, value in events.items() if key not in _OF_EVENTS}, file, "events")
        leads, format = leads or events.get("leads-file"), format or events.get("format")
        events = events.get("files")
    [leads_file] = _paths([] if leads is None else [leads], folder, file, "leads") or [None]
    return Configuration(
        file,
        _paths(table.get("rules"), folder, file, "rules"),
        _paths(events, folder, file, "events"),
        leads_file,
        None if format is None else _text(format, file, "format"),
        columns,
        _as_table(table.get("lint", {}), file, "lint"),
    )


def _columns(value: object, file: Path, name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, column in _as_table(value, file, name).items():
        role = key.replace("_", "-").removesuffix("-column")
        if role not in COLUMNS:
            known = ", ".join(COLUMNS if name == "columns" else (*_OF_EVENTS, *COLUMNS))
            raise SettingsError(f"{file}: {name} has no setting {key}; the settings are {known}")
        found[role] = _text(column, file, f"{name}.{key}")
    return found


def _paths(value: object, folder: Path, file: Path, name: str) -> tuple[str, ...]:
    given = [] if value is None else value if isinstance(value, list) else [value]
    texts = [_text(each, file, name) for each in given]
    return tuple(text if "://" in text else str(folder / text) for text in texts)


def _text(value: object, file: Path, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise SettingsError(f"{file}: {name} must be text, in quotes")
    return value


def _as_table(value: object, file: Path, name: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise SettingsError(f"{file}: {name} must be a table")
    return value


def _refuse_unknown(table: Mapping[str, object], known: tuple[str, ...], file: Path) -> None:
    for key in table:
        if key not in known:
            raise SettingsError(f"{file}: there is no setting {key}; the settings are {', '.join(known)}")
