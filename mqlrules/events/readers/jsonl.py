"""JSON lines: an object a line, which keeps its own types. A JSON array of objects is read too."""

import json
from collections.abc import Sequence
from typing import Any

import attrs
import polars as pl

from mqlrules.events.faults import DataError
from mqlrules.events.names import IDENTIFY, normalise
from mqlrules.events.readers.columns import MOST_COLUMNS
from mqlrules.events.readers.lines import text_lines
from mqlrules.events.readers.raw import Raw
from mqlrules.events.readers.rejects import Reject
from mqlrules.events.readers.values import as_json, columns_of


@attrs.frozen(eq=False)
class Objects:
    """The objects of a file; ``lines`` says where each stands (in an array: which it is), ``texts`` are the lines."""

    rows: list[dict[str, Any]]
    lines: list[int]
    texts: list[str] | None
    rejected: list[Reject]

    def shown(self, rows: pl.Series) -> pl.Series:
        """The text of rows, for rejects."""
        numbers = rows.to_list()
        if self.texts is None:
            return pl.Series([as_json(self.rows[row]) for row in numbers], dtype=pl.String)
        return pl.Series([self.texts[row] for row in numbers], dtype=pl.String)


def read_jsonl(name: str, data: bytes, event: str = "event") -> Raw:
    """The rows of a file of JSON lines. ``event`` is the column of names. Raises ``DataError`` for what is no such file."""
    found = objects(name, data)
    if not found.rows:
        first = found.rejected[0]
        raise DataError(name, f"has no line that is a JSON object; line {first.line}: {first.reason}")
    return raw_rows(name, found, found.rows, event)


def raw_rows(name: str, found: Objects, rows: Sequence[dict[str, Any]], event: str) -> Raw:
    """Raw rows of objects, a column for each key."""
    keys = {key for row in rows for key in row}
    if len(keys) > MOST_COLUMNS:
        raise DataError(name, f"has {len(keys):,} different keys; at most {MOST_COLUMNS:,} are read")
    identified = [
        number
        for number, row in enumerate(rows)
        if None in row.values() and isinstance(row.get(event), str) and normalise(row[event]) == IDENTIFY
    ]
    columns = columns_of(rows, identified)
    return Raw(
        name,
        pl.DataFrame([column.series.alias(key) for key, column in columns.items()]),
        found.shown,
        pl.Series(found.lines, dtype=pl.UInt32),
        encoded=frozenset(key for key, column in columns.items() if column.encoded),
        rejected=tuple(found.rejected),
    )


def objects(name: str, data: bytes) -> Objects:
    """The objects of a file of JSON lines, or of a JSON array. Raises ``DataError`` for a file that is neither."""
    data, lines, rejected = text_lines(name, data)
    if data.lstrip()[:1] == b"[" and not rejected:
        array = _array(name, data)
        if array is not None:
            return array
    rows: list[dict[str, Any]] = []
    numbers: list[int] = []
    texts: list[str] = []
    for number, text in enumerate(lines.to_list(), 1):
        if text is None or not text.strip():
            continue
        value = parsed(text)
        if isinstance(value, dict):
            rows.append(value)
            numbers.append(number)
            texts.append(text)
        else:
            reason = value if isinstance(value, str) else "no JSON object"
            rejected.append(Reject(name, number, reason, text))
    rejected.sort(key=lambda reject: reject.line)
    return Objects(rows, numbers, texts, rejected)


def parsed(text: str) -> Any:
    """The object of a line; text is why there is none."""
    try:
        value = json.loads(text)
    except RecursionError:
        return "JSON nested too deeply"
    except ValueError as error:
        what = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        place = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        return f"no JSON: {what[:1].lower()}{what[1:]}{place}"
    if isinstance(value, str):
        return "no JSON object"
    if "\\u" in text and not _whole_characters(value):
        return "half a character (a lone surrogate)"
    return value


def _whole_characters(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _array(name: str, data: bytes) -> Objects | None:
    """The objects of a JSON array; None if the file has lines that are arrays and is none as a whole."""
    try:
        values = json.loads(data)
    except RecursionError:
        raise DataError(name, "is JSON nested too deeply") from None
    except ValueError as error:
        if data.count(b"\n") and data.split(b"\n", 1)[0].rstrip().endswith(b"]"):
            return None
        raise DataError(name, f"begins like a JSON array but is none: {error}") from None
    rows: list[dict[str, Any]] = []
    numbers: list[int] = []
    rejected: list[Reject] = []
    for number, value in enumerate(values, 1):
        if isinstance(value, dict) and _whole_characters(value):
            rows.append(value)
            numbers.append(number)
        else:
            rejected.append(Reject(name, number, "no JSON object", json.dumps(value)))
    if not values:
        raise DataError(name, "is an empty JSON array")
    return Objects(rows, numbers, None, rejected)
