"""Lists: ``list NAME from "file.csv" [column COLUMN]`` (section 1).

A list is a CSV file in UTF-8 inside the rule set's folder; what separates its columns is what its first line has most
of: comma, semicolon or tab. With ``column`` the first line names the columns. Without it the file must have one column,
and every line is a value. White space around a value and empty cells are left out. A cell has no type: one that is
spelled as a number is met by that text and by that number.
"""

import csv
import io
import os
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import attrs

from mqlrules.check import errors, limit_errors, limits
from mqlrules.check.errors import Place
from mqlrules.language.suggest import Suggestions
from mqlrules.language.values import Literal as LiteralValue
from mqlrules.syntax import tree
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,9})?", re.ASCII)
_FILES_LOOKED_AT = 1_000


Stamp = tuple[Path, int, int, str | None]
"""A file, when it was written, how large it is, and the column that is read."""


@attrs.define(eq=False)
class Reader:
    """Reads the lists of one rule set. ``left`` is how many bytes their files may still hold; ``known`` are lists that
    were read before, and belong to a caller who reads the same ones again and again.
    """

    folder: Path | None
    suggestions: Suggestions
    left: int = limits.LIST_BYTES
    known: dict[Stamp, tuple[LiteralValue, ...]] | None = None


def load(
    reader: Reader, node: tree.ListDefinition, source: Source
) -> tuple[tuple[LiteralValue, ...] | None, Diagnostic | None]:
    """The values of a list, each once, in the order of the file; or what is wrong with it."""
    at: Place = (source, node.file.span)
    file = node.file.value
    if reader.folder is None or source.path is None:
        return None, errors.list_without_folder(at)
    path, problem = _find(file, source.path.parent, reader.folder, at, reader.suggestions)
    if path is None:
        return None, problem
    stamp = None if reader.known is None else _stamp(path, node)
    if reader.known is not None and stamp in reader.known and stamp[2] <= reader.left:
        reader.left -= stamp[2]
        return reader.known[stamp], None
    text, problem = _read(reader, path, file, at)
    if text is None:
        return None, problem
    try:
        values, problem = _values(text, node, at, source, reader.suggestions)
    except csv.Error as error:
        return None, errors.list_not_readable(at, file, str(error))
    if reader.known is not None and stamp is not None and values is not None:
        reader.known[stamp] = values
    return values, problem


def _stamp(path: Path, node: tree.ListDefinition) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    column = node.column
    name = None if column is None else column.text if isinstance(column, tree.Name) else column.value
    return path, status.st_mtime_ns, status.st_size, name


def _find(
    file: str, beside: Path, folder: Path, at: Place, suggestions: Suggestions
) -> tuple[Path | None, Diagnostic | None]:
    """The file itself, links followed, if it is one inside the folder."""
    if not file or "\0" in file:
        return None, errors.list_not_found(at, file, None)
    try:
        root = folder.resolve()
        written = beside / file
        path = written.resolve()
        if not path.is_relative_to(root):
            return None, errors.list_outside_folder(at, file)
        if not path.exists():
            return None, errors.list_not_found(at, file, _near_file(written, file, root, suggestions))
        if not path.is_file():
            return None, errors.list_not_readable(at, file, "it is no file")
    except (OSError, RuntimeError, ValueError):
        return None, errors.list_not_readable(at, file, "its path leads nowhere")
    return path, None


def _near_file(written: Path, file: str, root: Path, suggestions: Suggestions) -> str | None:
    """A file with a close name in the same folder, written as the author would write it."""
    slashed = file.replace("\\", "/")
    if slashed != file and (there := (written.parent / slashed).resolve()).is_relative_to(root) and there.is_file():
        return slashed
    parent = written.parent
    if not parent.is_dir() or not parent.resolve().is_relative_to(root):
        return None
    names = [entry.name for entry, _ in zip(parent.iterdir(), range(_FILES_LOOKED_AT), strict=False) if entry.is_file()]
    close = suggestions.closest(written.name, sorted(names))
    return None if close is None else file[: len(file) - len(written.name)] + close


def _read(reader: Reader, path: Path, file: str, at: Place) -> tuple[str | None, Diagnostic | None]:
    try:
        with path.open("rb") as stream:
            if not _is_still(path, stream.fileno()):
                return None, errors.list_outside_folder(at, file)
            content = stream.read(reader.left + 1)
    except OSError as error:
        return None, errors.list_not_readable(at, file, (error.strerror or "it can't be opened").lower())
    if len(content) > reader.left:
        return None, limit_errors.list_too_large(at, file)
    reader.left -= len(content)
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        return None, errors.list_not_utf8(at, file, content.count(b"\n", 0, error.start) + 1)


def _is_still(path: Path, opened: int) -> bool:
    """Whether what has been opened is the file that was looked at, and not what a link has been put to in between."""
    try:
        return path.resolve() == path and os.path.samestat(os.fstat(opened), path.lstat())
    except (OSError, RuntimeError):
        return False


def _values(
    text: str, node: tree.ListDefinition, at: Place, source: Source, suggestions: Suggestions
) -> tuple[tuple[LiteralValue, ...] | None, Diagnostic | None]:
    file = node.file.value
    first_line = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=first_line.count)
    lines = list(io.StringIO(text, newline=""))
    unclosed = _unclosed_quote(lines, delimiter)
    if unclosed is not None:
        return None, errors.list_not_readable(at, file, f"the quote in line {unclosed} is never closed")
    rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    first = next((cells for row in rows if any(cells := [cell.strip() for cell in row])), None)
    if first is None:
        return None, errors.list_empty(at, file, None)
    values: dict[str, None] = {}
    index = 0
    column: str | None = None
    if node.column is None:
        if len(first) > 1:
            return None, errors.list_of_columns(at, file, first)
        values[first[0]] = None
    else:
        column = node.column.text if isinstance(node.column, tree.Name) else node.column.value
        if column not in first:
            close = suggestions.closest(column, first)
            return None, errors.list_without_column((source, node.column.span), file, column, close, first)
        index = first.index(column)
    for row in rows:
        if index < len(row) and (value := row[index].strip()):
            values[value] = None
            if len(values) > limits.LIST_VALUES:
                return None, limit_errors.too_many_values(at)
    if not values:
        return None, errors.list_empty(at, file, column)
    return (*values, *(_number(value) for value in values if _NUMBER.fullmatch(value))), None


def _unclosed_quote(lines: Sequence[str], delimiter: str) -> int | None:
    """The line in which a quote opens that swallows the lines after it, or None.

    Such a row goes on to the end of the file, or to a later quote that text follows. Within one line, text after a
    closing quote is read as part of the cell.
    """
    rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    start = 0
    for _ in rows:
        end = rows.line_num
        if end - start > 1 or end == len(lines):
            row = lines[start:end]
            try:
                list(csv.reader(row, delimiter=delimiter, skipinitialspace=True, strict=True))
            except csv.Error as error:
                if len(row) > 1 or "end of data" in str(error):
                    return start + 1
        start = end
    return None


def _number(text: str) -> int | Decimal:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else number
