"""CSV that spreadsheets can open safely: no cell is taken for a formula, and every row stays one row."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], out: TextIO, *, guard: bool = True) -> None:
    """Rows with a header. With ``guard``, text that a spreadsheet would run as a formula gets a leading ``'``."""
    # csv quotes the characters of the line end that it is told; rows end in \n all the same.
    writer = csv.DictWriter(_Unix(out), columns, lineterminator="\r\n")
    writer.writeheader()
    if guard:
        rows = ({name: _guarded(value) for name, value in row.items()} for row in rows)
    writer.writerows(rows)


def _guarded(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdecimal()


class _Unix:
    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, row: str) -> int:
        return self._out.write(row.removesuffix("\r\n") + "\n")
