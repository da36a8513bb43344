"""What is read whole: no more of one input than finds room in memory, whatever it says of itself and however packed."""

import gzip
import io
import zlib
from typing import Protocol

from mqlrules.events.errors import DataError
from mqlrules.readers.memory import room

LITTLE = 64 * 1024 * 1024
"""Nobody looks for so many bytes whether there is room."""

USUAL_RATIO = 6
"""About so many times as large are files of events when they are unpacked."""

_AT_ONCE = 1024 * 1024


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def check_room(name: str, size: int) -> None:
    """Raises ``DataError`` for an input that takes ``size`` bytes, if that is more than there is room for."""
    if size > LITTLE and (most := room()) is not None and size > most:
        raise _too_large(name, f"has {in_words(size)}", most)


def all_of(name: str, stream: _Readable) -> bytes:
    """All bytes of a stream that may have no end. Raises ``DataError`` where there are more than there is room for."""
    return _up_to_room(name, stream, "has")


def unpacked(name: str, data: bytes) -> bytes:
    """The content of a gzipped file, known by its first bytes; any other as it is.

    Raises ``DataError`` for one that is broken, or that finds no room when it is unpacked.
    """
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            return _up_to_room(name, packed, "unpacks to")
    except EOFError:
        raise DataError(
            name, "is a gzip file that ends too early", "It was cut off; fetch or write it again."
        ) from None
    except (OSError, zlib.error) as error:
        raise DataError(name, f"is a broken gzip file: {error}") from None


def _up_to_room(name: str, stream: _Readable, does: str) -> bytes:
    content = io.BytesIO()
    most: int | None = None
    while block := stream.read(_AT_ONCE):
        content.write(block)
        if content.tell() > LITTLE:
            # Once, for what has been read is no longer free.
            most = room() if most is None else most
            if most is not None and content.tell() > most:
                raise _too_large(name, f"{does} more than {in_words(most)}", most)
    return content.getvalue()


def _too_large(name: str, has: str, most: int) -> DataError:
    return DataError(
        name,
        f"{has}, and is read whole: with the memory that is free, such an input may have {in_words(most)} at most",
        "Split it, or write it as Parquet or as plain JSON lines: these are read piece by piece.",
    )


def in_words(size: int) -> str:
    """Bytes as a person says them: ``1.5 GB``."""
    for unit, name in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB")):
        if size >= unit:
            return f"{size / unit:,.1f} {name}" if size < 10 * unit else f"{size // unit:,} {name}"
    return f"{max(1, size // 1000):,} KB"
