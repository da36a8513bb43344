"""Progress on standard error: a bar on a terminal when something takes a while, and notices."""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mqlrules.console.terminal import is_quiet

PATIENCE = 0.7
"""Seconds before a bar appears."""

_EVERY = 0.2
"""Seconds between updates."""


def notice(line: str) -> None:
    """Writes a line to the log, and to standard error if that is a terminal."""
    logging.getLogger("mqlrules").info(line)
    if sys.stderr is not None and sys.stderr.isatty():
        print(line, file=sys.stderr)


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None] | None]:
    """Gives a function to call with the amount of ``total`` that is done; None if nobody watches."""
    if not total or is_quiet() or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    bar = _Bar(what, total)
    try:
        yield bar.done
    finally:
        bar.stop()


class _Bar:
    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._next = time.monotonic() + PATIENCE
        self._update: Callable[[int], None] = self._begin
        self.stop: Callable[[], None] = lambda: None

    def done(self, count: int) -> None:
        """Updates the bar, a few times a second at most."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _EVERY
            self._update(count)

    def _begin(self, count: int) -> None:
        try:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
        except ImportError:  # the bar needs the extra `terminal`; the work doesn't
            self._update = lambda done: None
            return
        console = Console(file=sys.stderr, color_system=None if os.environ.get("NO_COLOR") else "auto")
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        shown = Progress(*columns, console=console, transient=True)
        task = shown.add_task(self._what, total=self._total)
        shown.start()
        self.stop = shown.stop
        self._update = lambda done: shown.update(task, completed=done)
        self._update(count)
