"""Measuring: cases timed in turn, the machine that they ran on, and tables of what came out."""

import argparse
import datetime
import os
import platform
import resource
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import attrs

import mqlrules


@attrs.frozen
class Seconds:
    """What one run took: on the clock, and of the processor, which other work of the machine hardly changes."""

    wall: float
    processor: float


class Watch:
    """A stopwatch, started when it is made."""

    def __init__(self) -> None:
        self._processor = time.process_time()
        self._wall = time.perf_counter()

    def read(self) -> Seconds:
        """The seconds since it was started."""
        wall = time.perf_counter()
        return Seconds(wall - self._wall, time.process_time() - self._processor)


@attrs.frozen
class Timing:
    """The runs of one case."""

    runs: tuple[Seconds, ...]

    @property
    def median(self) -> float:
        """The median on the clock."""
        return statistics.median(run.wall for run in self.runs)

    @property
    def least(self) -> float:
        """The quickest run on the clock: what the machine does when nothing else wants it."""
        return min(run.wall for run in self.runs)

    @property
    def processor(self) -> float:
        """The median of the processor's time."""
        return statistics.median(run.processor for run in self.runs)

    def figures(self, unit: float, digits: int) -> tuple[str, str, str]:
        """Median, least and processor, in units of so many seconds."""
        median, least, processor = (f"{time / unit:.{digits}f}" for time in (self.median, self.least, self.processor))
        return median, least, processor


FIGURES = ("median", "least", "processor")
"""The columns of ``Timing.figures``."""


def interleaved(cases: Mapping[str, Callable[[], Seconds]], runs: int) -> dict[str, Timing]:
    """Runs all cases in turn, ``runs`` times.

    What is compared is measured side by side, so that a busy minute of the machine falls on every case. Each round
    begins with another case: none always follows the same one.
    """
    names = list(cases)
    taken: dict[str, list[Seconds]] = {name: [] for name in names}
    for run in range(runs):
        first = run % len(names)
        for name in names[first:] + names[:first]:
            taken[name].append(cases[name]())
    return {name: Timing(tuple(seconds)) for name, seconds in taken.items()}


def process_seconds(command: Sequence[str]) -> Seconds:
    """What a whole process takes; ends the benchmark with what the process said if it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    # Modules are compiled once, as they are for anybody who installs them.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        stop(f"`{shlex.join(command)}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return Seconds(wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def command_line() -> list[str]:
    """How the command ``mqlrules`` is called here: its script beside this Python, or its module."""
    script = Path(sys.executable).with_name("mqlrules")
    return [str(script)] if script.is_file() else [sys.executable, "-m", "mqlrules"]


def stop(message: str) -> None:
    """Says why nothing can be measured, and ends with 2."""
    print(message, file=sys.stderr)
    sys.exit(2)


# -- what is printed -----------------------------------------------------------------------------------------------


@attrs.frozen
class Table:
    """A table of cells as text; ``notes`` stand below it."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    notes: tuple[str, ...] = ()


def options(subject: str | None, runs: int) -> argparse.ArgumentParser:
    """A parser with the options of every benchmark: ``--runs`` and ``--markdown``."""
    parser = argparse.ArgumentParser(description=subject, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=_at_least_one, default=runs, help=f"how often each case runs (default {runs})")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    return parser


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def report(title: str, tables: Iterable[Table], *, markdown: bool) -> None:
    """Prints what was measured, on which machine, by which command, and the tables."""
    said = [("command", shlex.join(["python", *sys.argv])), *machine()]
    if markdown:
        print(f"## {title}\n")
        print("\n".join(f"- {name}: `{value}`" for name, value in said))
    else:
        print(f"{title}\n")
        print("\n".join(f"{name:9}{value}" for name, value in said))
    for table in tables:
        print()
        print(_in_markdown(table) if markdown else _in_text(table))


def machine() -> list[tuple[str, str]]:
    """What the figures depend on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    now = datetime.datetime.now(datetime.UTC)
    return [
        ("date", f"{now:%Y-%m-%d %H:%M} UTC"),
        ("machine", f"{_processor()}, {cores} cores, {_memory()}, load {load} of other work and this"),
        ("platform", platform.platform()),
        ("python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("mqlrules", mqlrules.__version__),
    ]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return "memory unknown"
    return f"{size / 2**30:.1f} GiB of memory"


def _in_text(table: Table) -> str:
    lines = [table.columns, *table.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.columns))]
    figures = [_is_figures(table, column) for column in range(len(table.columns))]

    def laid_out(line: Sequence[str]) -> str:
        cells = zip(line, widths, figures, strict=True)
        return "  ".join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in cells).rstrip()

    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    body = [table.title, rule, laid_out(table.columns), rule, *map(laid_out, table.rows), rule]
    return "\n".join([*body, *table.notes])


def _in_markdown(table: Table) -> str:
    marks = ["---:" if _is_figures(table, column) else "---" for column in range(len(table.columns))]
    lines = [table.columns, marks, *table.rows]
    body = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    notes = ["", *(f"- {note}" for note in table.notes)] if table.notes else []
    return "\n".join([f"### {table.title}", "", *body, *notes])


def _is_figures(table: Table, column: int) -> bool:
    cells = [row[column] for row in table.rows]
    return any(cells) and all(not cell or cell.lstrip("+-< ")[:1].isdigit() for cell in cells)
