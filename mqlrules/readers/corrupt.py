"""Damaged files of the formats that libraries read: whatever a library raises over one becomes a ``DataError``."""

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl

from mqlrules.events.errors import DataError

_LONGEST = 200


@contextmanager
def told_as_damaged(name: str, format: str) -> Iterator[None]:
    """What polars or Arrow raises in the block is told as a file that is damaged. Raises ``DataError``."""
    try:
        yield
    except DataError:
        raise
    # Arrow's errors are of these kinds too, those of memory that a damaged length asks for among them.
    except (
        pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, TypeError, MemoryError,
        OverflowError, NotImplementedError, LookupError,
    ) as error:  # fmt: skip
        raise damaged(name, format, error) from None


def damaged(name: str, format: str, error: BaseException) -> DataError:
    """What to say of a file that is none of its format, or a damaged one."""
    reason = str(error).splitlines()[0] if str(error) else ""
    # What a decoder says of its own structures tells a reader nothing.
    told = "" if not reason or "{" in reason or "`" in reason or len(reason) > _LONGEST else f": {reason}"
    if isinstance(error, NotImplementedError):
        return DataError(name, f"is a damaged {format} file, or has something in it that Arrow can't read{told}")
    return DataError(name, f"is no {format} file, or a damaged one{told}")
