"""Files to read, written for one test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mqlrules.readers import ColumnNames, EventTable, read_events

pytest.importorskip("polars")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], str]:
    """Writes a file and gives its path."""

    def written(name: str, content: str | bytes) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return written


@pytest.fixture
def read(write: Callable[[str, str | bytes], str]) -> Callable[..., EventTable]:
    """Reads the events of a file with this name and content."""

    def events(name: str, content: str | bytes, **options: object) -> EventTable:
        names = options.pop("names", None)
        columns = ColumnNames(**names) if isinstance(names, dict) else None
        return read_events(write(name, content), columns=columns, **options)  # type: ignore[arg-type]

    return events
