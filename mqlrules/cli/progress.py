"""A progress bar on standard error, for a person who waits: on a terminal, and only when it takes a while."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 0.7
"""Seconds without a bar: what is done by then needs none."""


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None] | None]:
    """What tells how much of ``total`` is done; None where nobody watches."""
    if not sys.stderr.isatty() or not total:
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
        self._stop: Callable[[], None] | None = None
        self._update: Callable[[int], None] = self._show

    def done(self, count: int) -> None:
        """So much is done; drawn a few times a second."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + 0.2
            self._update(count)

    def stop(self) -> None:
        """Take the bar away."""
        if self._stop is not None:
            self._stop()

    def _show(self, count: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from mqlrules.cli.tables import console

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        shown = Progress(*columns, console=console(sys.stderr), transient=True)
        task = shown.add_task(self._what, total=self._total)
        shown.start()
        self._stop = shown.stop
        self._update = lambda done: shown.update(task, completed=done)
        self._update(count)
