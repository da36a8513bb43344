"""What falls due for one lead with time alone: a heap of instants, and what waits for each."""

import heapq
from typing import Any, Protocol

from mqlrules.engine.incremental.state import NEVER, PART, Cells


class Timed(Protocol):
    """A kernel whose value can change with no event.

    ``timer`` is the cell for the instant that it waits for. ``steady``: an event never makes it wait for an earlier
    instant than before.
    """

    timer: int
    steady: bool

    def next_instant(self, cells: Cells, now: int) -> int | None:
        """The first instant after ``now`` at which its value may change if nothing happens."""


class Timers:
    """The timers of one lead. ``due`` is their first instant, NEVER if there is none.

    A kernel waits for one instant at a time, so the heap is no longer than the number of kernels, but for instants that
    an earlier one has replaced.
    """

    __slots__ = ("_count", "_heap", "due")

    def __init__(self) -> None:
        self.due = NEVER
        self._heap: list[tuple[int, int, Any, Cells | None]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._heap)

    def wait(self, kernel: Timed, cells: Cells, now: int) -> None:
        """Lets a kernel wait for its next instant, unless it waits for an earlier one already."""
        instant = kernel.next_instant(cells, now)
        if instant is not None:
            waiting: int | None = cells[kernel.timer]
            if waiting is None or instant < waiting:
                cells[kernel.timer] = instant
                self._push(instant, kernel, cells)

    def call(self, waiter: object, instant: int) -> None:
        """Lets something other than a kernel wait for an instant."""
        self._push(instant, waiter, None)

    def _push(self, instant: int, waiter: object, cells: Cells | None) -> None:
        self._count += 1
        heapq.heappush(self._heap, (instant, self._count, waiter, cells))
        if instant < self.due:
            self.due = instant

    def pop(self) -> list[Any]:
        """What waits for the instant that is due; kernels wait for their next one from now on."""
        heap, now = self._heap, self.due
        woken = []
        while heap and heap[0][0] == now:
            _, _, waiter, cells = heapq.heappop(heap)
            if cells is None:
                woken.append(waiter)
            elif cells[waiter.timer] == now:
                cells[waiter.timer] = None
                woken.append(waiter)
                self.wait(waiter, cells, now)
                if cells[0].cells is not cells:
                    cells[PART][0].wake(cells)
        self.due = heap[0][0] if heap else NEVER
        return woken


NOTHING_DUE = Timers()
"""The timers of a lead for which nothing ever falls due, as of most: one object for all of them, which stays empty."""


class Waiting(Protocol):
    """A lead that may wait for something."""

    timers: Timers


def timers_of(lead: Waiting) -> Timers:
    """The lead's own timers, made when something first waits."""
    if lead.timers is NOTHING_DUE:
        lead.timers = Timers()
    return lead.timers
