"""A whole process and what it took: time on the clock, the processor's time, and the peak of its memory.

What calls this must stay small itself, without polars, pyarrow or numpy: on Linux a process that begins counts the
memory of the one that began it as its own peak.
"""

import os
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence

import attrs


@attrs.frozen
class Usage:
    """Seconds on the clock, seconds of the processor (user and system), and the largest resident set in MiB."""

    wall: float
    processor: float
    peak: float


@attrs.frozen
class Ended:
    """How a process ended, and what it said."""

    status: int
    output: str
    errors: str
    usage: Usage


def run(command: Sequence[str], more: Mapping[str, str] | None = None, limit: float = 900) -> Ended:
    """Runs a command to its end, or for at most ``limit`` seconds; ``more`` is added to its environment."""
    # Modules are compiled once, as they are for anybody who installs them.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= more or {}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=environment, text=False
        )
        alarm = threading.Timer(limit, process.kill)
        alarm.start()
        try:
            # Of this process alone: `RUSAGE_CHILDREN` knows the largest of all that there were.
            _, ended, used = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            alarm.cancel()
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(ended)
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    peak = used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return Ended(process.returncode, *texts, Usage(wall, used.ru_utime + used.ru_stime, peak))


class Failed(Exception):
    """A process that ended badly; the text says which, and what it said."""

    def __init__(self, command: Sequence[str], ended: Ended) -> None:
        said = "\n".join((ended.output + ended.errors).splitlines()[-20:])
        super().__init__(f"`{shlex.join(command)}` ended with {ended.status}:\n{said}")


def succeed(command: Sequence[str], more: Mapping[str, str] | None = None, limit: float = 900) -> Ended:
    """Runs a command; raises ``Failed`` if it doesn't end with 0."""
    ended = run(command, more, limit)
    if ended.status:
        raise Failed(command, ended)
    return ended
