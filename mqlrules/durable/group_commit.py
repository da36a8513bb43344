"""Group commit: calls that come at the same time share a transaction, and so the wait for the disk.

The first caller leads: it takes what is waiting, carries it out in one transaction, hands out the results, and passes
the lead to the next caller in line. Callers that have just been answered tend to come back at once, so a leader waits a
moment for as many calls as there were lately; a lone caller never waits.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

import attrs

from mqlrules.durable.errors import UnknownOutcome
from mqlrules.engine.results import Transition

PATIENCE = 0.002
"""The most seconds that a leader waits for others. It waits no longer than half of what a transaction takes."""

MOST = 1_000
"""A transaction is shared by no more calls than this."""

Task = TypeVar("Task")


@attrs.define(eq=False)
class Request(Generic[Task]):
    """A call: what it asks for, and what came of it."""

    task: Task
    offsets: Mapping[str, str]
    transitions: list[Transition] = attrs.field(factory=list)
    error: Exception | None = None
    done: bool = False
    _gate: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    def result(self) -> list[Transition]:
        """The transitions, or the exception raised."""
        if self.error is not None:
            raise self.error
        return self.transitions


class Pace:
    """How many calls tend to come at the same time, and how long it pays to wait for them."""

    def __init__(self) -> None:
        self.expected = 1
        self._took = 0.0

    def deadline(self) -> float:
        """When to stop waiting, by ``time.perf_counter``."""
        return time.perf_counter() + min(PATIENCE, self._took / 2)

    def note(self, shared: int, waiting: int, took: float) -> None:
        """So many calls shared a transaction that took so many seconds, and so many came meanwhile."""
        self.expected = min(shared + waiting, MOST)
        self._took = took


class GroupCommit(Generic[Task]):
    """Gathers calls. ``carry_out`` gives each of several requests its transitions or its error; it doesn't raise."""

    def __init__(self, carry_out: Callable[[Sequence[Request[Task]]], None]) -> None:
        self._carry_out = carry_out
        self._mutex = threading.Lock()
        self._arrived = threading.Condition(self._mutex)
        self._waiting: deque[Request[Task]] = deque()
        self._is_led = False
        self._pace = Pace()

    def submit(self, task: Task, offsets: Mapping[str, str]) -> list[Transition]:
        """Carries a task out, perhaps together with those of other threads; returns its transitions."""
        request = Request(task, offsets)
        with self._mutex:
            self._waiting.append(request)
            leads = not self._is_led
            self._is_led = True
            if not leads:
                request._gate.acquire()
                self._arrived.notify()
        if not leads:
            self._wait(request)
        if not request.done:
            self._lead(request)
        return request.result()

    def _wait(self, request: Request[Task]) -> None:
        """Until the request is done, or its caller is to lead."""
        try:
            request._gate.acquire()
        except BaseException:
            # Interrupted, by Ctrl-C say. What is under way can't be called off; the lead may be.
            with self._mutex:
                if request in self._waiting:
                    was_first = request is self._waiting[0]
                    self._waiting.remove(request)
                    if was_first and not request._gate.locked():
                        self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Makes the first in line lead. The mutex is held."""
        if self._waiting:
            self._waiting[0]._gate.release()
        else:
            self._is_led = False

    def _lead(self, own: Request[Task]) -> None:
        requests: list[Request[Task]] = []
        began = time.perf_counter()
        try:
            with self._mutex:
                until = self._pace.deadline()
                while len(self._waiting) < self._pace.expected and (left := until - time.perf_counter()) > 0:
                    self._arrived.wait(left)
                requests = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST))]
            began = time.perf_counter()
            self._carry_out(requests)
        except BaseException:
            for request in requests:
                request.error = UnknownOutcome(
                    "the thread that wrote for several was interrupted; go on from the engine's offset"
                )
            raise
        finally:
            with self._mutex:
                if not requests:
                    self._waiting.remove(own)
                self._pace.note(len(requests), len(self._waiting), time.perf_counter() - began)
                for request in requests:
                    request.done = True
                    if request._gate.locked():
                        request._gate.release()
                self._pass_on()
