"""Reading rule files: bytes become a source and the diagnostics of its encoding. Nothing in a file makes this raise."""

import codecs
import re
from pathlib import Path

import attrs

from mqlrules.syntax import errors, limits
from mqlrules.syntax.parse import parse
from mqlrules.syntax.tree import File, Parsed
from mqlrules.text.diagnostic import Diagnostic, in_order
from mqlrules.text.source import Source
from mqlrules.text.span import Span

_ESCAPED = re.compile("[\udc80-\udcff]")
_DATA = frozenset((
    ".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet", ".pq", ".arrow", ".feather", ".ipc", ".arrows",
    ".gz", ".zip", ".xls", ".xlsx",
))  # fmt: skip
_LINES = 3
_BYTES = 4 * limits.FILE_CHARACTERS + 4


def read(path: Path, name: str | None = None) -> tuple[Source, tuple[Diagnostic, ...]]:
    """The source of a file. Diagnostics call it ``name``, by default its path.

    Files are UTF-8, with or without a byte-order mark, with any line ends. Invalid bytes are reported and read as
    Windows-1252. The source of an unreadable file is empty. Files are read up to the limit for a rule file.
    """
    shown = str(path) if name is None else name
    try:
        with path.open("rb") as file:
            data = file.read(_BYTES + 1)
    except OSError as error:
        source = Source(shown, "", path)
        reason = (error.strerror or type(error).__name__).lower()
        return source, (errors.UNREADABLE.at((source, Span(0, 0)), reason=reason),)
    return decode(data, shown, path)


def parse_file(path: Path, name: str | None = None) -> Parsed:
    """Read and parse a rule file; the diagnostics include those of its encoding.

    A file of another kind, such as a table of events, gives a single diagnostic.
    """
    source, wrong = read(path, name)
    parsed = parse(source)
    if wrong:
        parsed = attrs.evolve(parsed, diagnostics=in_order([*wrong, *parsed.diagnostics]))
    if source.text and path.suffix != ".mql" and _of_another_kind(parsed, path):
        message = errors.DATA_FILE if _is_data(path) else errors.NOT_RULES
        diagnostic = message.at((source, Span(0, 0)), file=source.name)
        return Parsed(source, File((), span=Span(0, 0)), (), (diagnostic,))
    return parsed


def _of_another_kind(parsed: Parsed, path: Path) -> bool:
    """Whether nothing in a file can be read as rules, from its first line on.

    A file whose name doesn't tell may hold one rule with a mistake: it has to be wrong in several lines.
    """
    if parsed.tree.statements or not parsed.diagnostics:
        return False
    text = parsed.source.text
    first_line_end = text.find("\n", len(text) - len(text.lstrip()))
    if 0 <= first_line_end < parsed.diagnostics[0].span.start:
        return False
    return _is_data(path) or len({diagnostic.line for diagnostic in parsed.diagnostics}) >= _LINES


def _is_data(path: Path) -> bool:
    return not _DATA.isdisjoint(suffix.lower() for suffix in path.suffixes[-2:])


def decode(data: bytes, name: str, path: Path | None = None) -> tuple[Source, tuple[Diagnostic, ...]]:
    """The source of a file's bytes, as ``read`` gives it."""
    utf16 = _utf16(data)
    if utf16 is not None:
        source = Source(name, _with_line_feeds(data.decode(utf16, "replace").removeprefix("\ufeff")), path)
        return source, (errors.UTF16.at((source, Span(0, 0))),)
    try:
        return Source(name, _with_line_feeds(data.decode("utf-8-sig")), path), ()
    except UnicodeDecodeError:
        escaped = data.decode("utf-8-sig", "surrogateescape")
    wrong = [found.start() for found in _ESCAPED.finditer(escaped)]
    source = Source(name, _with_line_feeds(_ESCAPED.sub(_as_windows, escaped)), path)
    message = errors.NOT_UTF8 if len(wrong) == 1 else errors.BYTES_NOT_UTF8
    return source, (message.at((source, Span(wrong[0], wrong[0] + 1)), count=f"{len(wrong):,}"),)


def _utf16(data: bytes) -> str | None:
    """The kind of UTF-16 of a file, by its byte-order mark or the zero bytes next to its first letters."""
    if data.startswith(codecs.BOM_UTF16_LE) or (len(data) > 3 and data[1] == data[3] == 0 < data[0]):
        return "utf-16-le"
    if data.startswith(codecs.BOM_UTF16_BE) or (len(data) > 3 and data[0] == data[2] == 0 < data[1]):
        return "utf-16-be"
    return None


def _as_windows(found: re.Match[str]) -> str:
    return bytes([ord(found[0]) - 0xDC00]).decode("cp1252", "replace")


def _with_line_feeds(text: str) -> str:
    """The text with line feeds where its only line ends are carriage returns, as on old Macs."""
    return text.replace("\r", "\n") if "\r" in text and "\n" not in text else text
