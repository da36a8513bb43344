"""What a caller calls "the events": paths, folders, globs, standard input, to single inputs and their formats."""

import glob
import stat
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

import attrs

from mqlrules.events.errors import DataError
from mqlrules.readers.size_guard import all_of, check_room, unpacked
from mqlrules.text.error import setting

Format = Literal["csv", "jsonl", "parquet", "arrow", "segment"]
FORMATS: tuple[Format, ...] = ("csv", "jsonl", "parquet", "arrow", "segment")

_BY_ENDING: dict[str, Format] = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".txt": "csv",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
    ".parquet": "parquet", ".pq": "parquet",
    ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow", ".arrows": "arrow",
}  # fmt: skip
_NO_VALUE = ("", "__HIVE_DEFAULT_PARTITION__")
_KNOWN = "CSV (.csv, .tsv), JSON lines (.jsonl, .ndjson, .json), Parquet (.parquet), Arrow (.arrow, .feather); .gz too"


@attrs.frozen
class Input:
    """One file to read: what messages call it, where it is (None: standard input), its format."""

    name: str
    path: Path | None
    format: Format
    content: bytes | None = attrs.field(default=None, repr=False)
    partition: tuple[tuple[str, str | None], ...] = ()
    """Keys and values in the names of its folders (``mqlrules.readers.partitions``)."""

    def data(self) -> bytes:
        """All bytes, unpacked. Raises ``DataError`` for a file that can't be opened, whose packing is broken, or that
        finds no room in memory.
        """
        if self.content is not None:
            return self.content
        assert self.path is not None
        try:
            about = self.path.stat()
            if stat.S_ISREG(about.st_mode):
                check_room(self.name, about.st_size)
                return unpacked(self.name, self.path.read_bytes())
            with self.path.open("rb") as stream:
                return unpacked(self.name, all_of(self.name, stream))
        except OSError as error:
            raise DataError(self.name, _why(error)) from None

    def size(self) -> int:
        """Bytes as they lie there; 0 for a file that can't be opened."""
        if self.content is not None or self.path is None:
            return len(self.content or b"")
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def is_packed(self) -> bool:
        """Whether the name says that what lies there is packed."""
        return self.content is None and self.path is not None and self.path.suffix == ".gz"

    def source(self) -> Path | bytes:
        """The path, for readers that read only what they need; the bytes where there is none, or where it is packed."""
        return self.data() if self.path is None or self.content is not None or self.path.suffix == ".gz" else self.path


def inputs_of(given: str | Path | Sequence[str | Path], format: str | None = None) -> list[Input]:
    """The files that paths, folders and globs mean, in sorted order within each.

    ``-`` is standard input. Raises ``DataError`` for what is not there, and for a format that is none.
    """
    if format is not None and format not in FORMATS:
        raise DataError(format, "is no format", f"Formats are {', '.join(FORMATS)}.")
    paths = [given] if isinstance(given, (str, Path)) else list(given)
    if not paths:
        raise DataError("events", "no file is given")
    return [each for path in paths for each in _inputs(path, format)]


def _inputs(path: str | Path, format: Format | None) -> Iterable[Input]:
    if str(path) == "-":
        content = unpacked("standard input", all_of("standard input", sys.stdin.buffer))
        return [Input("standard input", None, format or _by_content(content), content)]
    name, here = str(path), Path(path)
    try:
        if here.is_dir():
            files = sorted(file for file in here.rglob("*") if file.is_file() and _is_data(file.relative_to(here)))
            if not files:
                raise DataError(name, "is a folder with no event files in it", f"Event files are {_KNOWN}.")
            return [_input(file, format) for file in files]
        if here.exists():
            return [_input(here, format)]
    except (OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(name, _why(error)) from None
    if glob.has_magic(name):
        found = sorted(match for match in glob.glob(name, recursive=True) if Path(match).is_file())
        if found:
            return [_input(Path(match), format) for match in found]
        raise DataError(name, "no file matches")
    raise DataError(name, "there is no such file or folder")


def _is_data(path: Path) -> bool:
    """Whether a file in a folder is one of events: of a known ending, and not hidden (``_SUCCESS``, ``.crc``)."""
    return not any(part.startswith((".", "_")) for part in path.parts) and _ending(path) in _BY_ENDING


def _ending(path: Path) -> str:
    suffixes = [suffix.casefold() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def _input(path: Path, format: Format | None) -> Input:
    name = str(path)
    if path.suffix == ".mql":
        right = setting("mqlrules run rules.mql --events events.csv", 'mqlrules.load("rules.mql").run("events.csv")')
        raise DataError(name, "is a rule file, not a file of events or leads", f"Write {right}.")
    known = format or _BY_ENDING.get(_ending(path))
    if known is not None:
        return Input(name, path, known, None, _partition_of(path.parts[:-1]))
    # The ending does not say what it is: its first bytes do.
    content = Input(name, path, "csv").data()
    return Input(name, path, _by_content(content), content, _partition_of(path.parts[:-1]))


def _partition_of(folders: Sequence[str]) -> tuple[tuple[str, str | None], ...]:
    """The keys and values that names of folders give: ``key=value``; None for a value that is not there."""
    found: dict[str, str | None] = {}
    for folder in folders:
        key, sign, value = folder.partition("=")
        if sign and key:
            found[unquote(key)] = None if value in _NO_VALUE else unquote(value)
    return tuple(found.items())


def _by_content(content: bytes) -> Format:
    if content.startswith(b"PAR1"):
        return "parquet"
    if content.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return "arrow"
    return "jsonl" if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[") else "csv"


def _why(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"can't be opened: {reason[:1].lower()}{reason[1:]}"
