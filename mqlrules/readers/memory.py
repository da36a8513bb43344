"""How much memory a run may take, as a person writes it, by default half of what is free; and what gets how much."""

import os
import re
from pathlib import Path
from typing import Any

import attrs

from mqlrules.events.errors import MissingExtra

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]I?)?B?\s*", re.IGNORECASE | re.ASCII)

LEAST = 256 * 10**6
"""With less than this nothing can be evaluated: libraries and compiled loops take so much by themselves."""


def size(text: str) -> int:
    """Bytes of ``1GB``, ``500 MB``, ``2GiB`` or a plain number of them. Raises ``ValueError`` for an invalid size."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError(f"invalid memory size {text!r}; write it as 1GB or 500MB")
    return _enough(int(float(found[1]) * _UNITS[(found[2] or "").upper()]), text)


def _enough(bytes_: int, shown: object) -> int:
    if bytes_ < LEAST:
        raise ValueError(f"a memory size of {shown} is too small; give at least {LEAST // 10**6}MB")
    return bytes_


def memory_of(given: int | str | None) -> int:
    """Bytes that a run may take: those given, else half of what is free. Raises ``ValueError`` for an invalid size."""
    if given is None:
        return max(LEAST, free() // 2)
    return size(given) if isinstance(given, str) else _enough(given, given)


WORKING = 420 * 10**6
"""Bytes that the compiled loops, chunks on their way and parts in work take, beside what is kept."""


@attrs.frozen
class Shares:
    """How many bytes may be taken by rows that wait, by results that wait, and by what must be read before a scan."""

    parts: int
    pieces: int
    scan: int

    @property
    def scarce(self) -> bool:
        """Whether it is worth some time to give memory back between the stages of a run."""
        return self.parts < 10**9


def shares(memory: int) -> Shares:
    """What is kept where, if the whole process is to take ``memory`` bytes: asked before the engine is imported."""
    taken = int(_psutil().Process().memory_info().rss)
    room = max(memory - taken - WORKING, memory // 16)
    return Shares(room * 5 // 8, room // 8, room // 4)


def free() -> int:
    """Bytes of memory that are free on this machine, or in the container that this process is in."""
    available = int(_psutil().virtual_memory().available)
    limit, used = _number("memory.max"), _number("memory.current")
    return available if limit is None or used is None else max(0, min(available, limit - used))


def _psutil() -> Any:
    try:
        import psutil
    except ImportError:
        raise MissingExtra("measuring the free memory needs psutil", "columnar") from None
    return psutil


def room() -> int | None:
    """Bytes that one input may have that is read whole: half of what is free, for it takes more than it has.

    Without psutil it is half of what the machine has; None where nobody says how much that is.
    """
    try:
        return free() // 2
    except MissingExtra:
        try:
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
        except (ValueError, OSError, AttributeError):
            return None


def _number(name: str) -> int | None:
    """A number that the control group of a container says; None where there is none."""
    try:
        return int(Path("/sys/fs/cgroup", name).read_text())
    except (OSError, ValueError):
        return None
