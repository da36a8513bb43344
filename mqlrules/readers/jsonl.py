"""JSON lines: an object a line, which keeps its own types. A JSON array of objects is read too."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import polars as pl

from mqlrules.events.errors import DataError
from mqlrules.readers.columns import check_header
from mqlrules.readers.fast_ndjson import uniform_columns
from mqlrules.readers.lines import text_lines
from mqlrules.readers.raw import Raw
from mqlrules.readers.rejects import Reject
from mqlrules.readers.values import Column, as_json, columns_of, identify_rows

DEEPEST = 100
"""Nothing that describes an event is nested deeper."""


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
    """The rows of a file of JSON lines; ``event`` is the column of names. Raises ``DataError`` where there are none."""
    data, lines, unreadable = text_lines(name, data)
    if data.lstrip()[:1] != b"[" and not unreadable:
        blank = lines.is_null() | (lines.str.strip_chars() == "")
        numbers = (~blank).arg_true()
        there = lines.gather(numbers) if blank.any() else lines
        columns = uniform_columns(data, there, event)
        if columns is not None:
            return _raw(name, columns, there.gather, numbers + 1, ())
    found = _objects(name, data, lines, unreadable)
    if not found.rows:
        why = f"; line {found.rejected[0].line}: {found.rejected[0].reason}" if found.rejected else ""
        raise DataError(name, f"has no line that is a JSON object{why}")
    names = [row.get(event) for row in found.rows]
    identified = identify_rows(pl.Series([name if isinstance(name, str) else None for name in names], dtype=pl.String))
    columns = columns_of(found.rows, identified)
    return _raw(name, columns, found.shown, pl.Series(found.lines), found.rejected)


def _raw(
    name: str,
    columns: Mapping[str, Column],
    shown: Callable[[pl.Series], pl.Series],
    lines: pl.Series,
    rejected: Sequence[Reject],
) -> Raw:
    check_header(name, list(columns))
    return Raw(
        name,
        pl.DataFrame({key: column.series for key, column in columns.items()}),
        shown,
        lines.cast(pl.UInt32),
        encoded=frozenset(key for key, column in columns.items() if column.encoded),
        rejected=tuple(rejected),
    )


def objects(name: str, data: bytes) -> Objects:
    """The objects of a file of JSON lines, or of a JSON array. Raises ``DataError`` for a file that is neither."""
    return _objects(name, *text_lines(name, data))


def _objects(name: str, data: bytes, lines: pl.Series, rejected: list[Reject]) -> Objects:
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
            rejected.append(Reject(name, number, value, text))
    rejected.sort(key=lambda reject: reject.line)
    return Objects(rows, numbers, texts, rejected)


def parsed(text: str) -> Any:
    """The object of a line; text is why there is none."""
    if text.count("{") + text.count("[") > DEEPEST and _depth(text) > DEEPEST:
        return f"JSON nested more than {DEEPEST} deep"
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        return f"no JSON: {error.msg[:1].lower()}{error.msg[1:]} at column {error.colno}"
    except ValueError:
        return "a number with more digits than can be read"
    if not isinstance(value, dict):
        return "no JSON object"
    if "\\u" in text and not _whole_characters(value):
        return "half a character (a lone surrogate)"
    return value


def _depth(text: str) -> int:
    """How deep brackets are nested, those in strings left out."""
    deepest = depth = 0
    for bracket in re.findall(r"[\[{}\]]", re.sub(r'"(?:[^"\\]|\\.)*"', "", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _whole_characters(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _array(name: str, data: bytes) -> Objects | None:
    """The objects of a JSON array; None if the file has lines that are arrays and is none as a whole."""
    text = data.decode()
    if text.count("{") + text.count("[") > DEEPEST and _depth(text) > DEEPEST + 1:
        raise DataError(name, f"is JSON nested more than {DEEPEST} deep")
    try:
        values = json.loads(text)
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
