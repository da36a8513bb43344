"""Files of text to numbered lines: encodings, byte-order marks, line ends, and lines that are no text."""

import polars as pl

from mqlrules.events.errors import DataError
from mqlrules.readers.rejects import Reject

_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATORS = ("\x01", "\x02", "\x1f", "\x1e", "\x7f", "\x03", "\x04")


def text_lines(name: str, data: bytes) -> tuple[bytes, pl.Series, list[Reject]]:
    """The text of a file as UTF-8, its lines without their ends (null where empty), and the lines that are no text.

    A line that is no text is empty in both. Raises ``DataError`` for a file that is empty or not text at all.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                data = data.decode(encoding).encode()
            except UnicodeError:
                raise DataError(name, "begins like UTF-16 text but is none", "Save the file as UTF-8.") from None
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data[:4096].strip() and not data.strip():
        raise DataError(name, "is empty")
    if b"\n" not in data and b"\r" in data:
        data = data.replace(b"\r", b"\n")
    rejected: list[Reject] = []
    if b"\x00" in data or not (data.isascii() or _decodes(data)):
        data, rejected = _only_text(name, data)
    return data, _split(data), rejected


def _decodes(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _only_text(name: str, data: bytes) -> tuple[bytes, list[Reject]]:
    """Empties the lines that are no text."""
    lines = data.split(b"\n")
    rejected = []
    for number, line in enumerate(lines):
        reason = _not_text(line)
        if reason:
            if number == 0:
                raise DataError(name, f"is no text in UTF-8: its first line has {reason}", _other_kind(data))
            shown = line.rstrip(b"\r").decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
            rejected.append(Reject(name, number + 1, reason, shown))
            lines[number] = b""
    left = b"\n".join(lines)
    if not left.strip():
        raise DataError(
            name, f"is no text in UTF-8: line {rejected[0].line} has {rejected[0].reason}", _other_kind(data)
        )
    return left, rejected


def _not_text(line: bytes) -> str:
    if b"\x00" in line:
        return f"a NUL byte at byte {line.index(0) + 1}"
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return f"a character that is not UTF-8 (byte 0x{line[error.start]:02X} at byte {error.start + 1})"
    return ""


def _other_kind(data: bytes) -> str:
    if data.startswith(b"PK\x03\x04"):
        return "It looks like an Excel workbook or a zip archive: save it as CSV, or unpack it."
    if data.startswith((b"\xd0\xcf\x11\xe0", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")):
        return "It looks like an old Excel workbook or a compressed file: save it as CSV, or unpack it."
    return "Save it as UTF-8; event files are CSV or JSON lines in UTF-8, Parquet, or Arrow."


def _split(data: bytes) -> pl.Series:
    # Reading it as a table of one column is the fastest way to lines; its separator must be a byte that is not there.
    for separator in _SEPARATORS:
        if separator.encode() not in data:
            table = pl.read_csv(
                data,
                has_header=False,
                separator=separator,
                quote_char=None,
                infer_schema=False,
                new_columns=["line"],
            )
            return table.get_column("line")
    lines = [line.removesuffix("\r") or None for line in data.decode().removesuffix("\n").split("\n")]
    return pl.Series("line", lines, dtype=pl.String)
