"""Calls from asyncio: a queue that one thread works off, so that the event loop never waits for the store.

Calls are carried out in the order in which they were made. Single feeds that wait at the same time share a transaction.
"""

import asyncio
import contextlib
import gc
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

import attrs

from mqlrules.durable.errors import StoreError
from mqlrules.durable.group_commit import MOST, Pace, Request, Task
from mqlrules.engine.results import Transition

Result = TypeVar("Result")


@attrs.frozen(eq=False)
class _Call(Generic[Task]):
    """A call: either what to run, or the task to feed, made by ``run`` in the thread."""

    run: Callable[[], Any]
    offsets: Mapping[str, str] | None
    """None for a call that isn't a feed."""
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"


class _Collector:
    """Pauses garbage collection: a full pass over a large heap holds up all threads, the event loop's among them, and a
    large batch would cause several.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._pauses = 0
        self._was_enabled = False

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Pauses it during the block, in however many threads."""
        with self._mutex:
            if self._pauses == 0:
                self._was_enabled = gc.isenabled()
                gc.disable()
            self._pauses += 1
        try:
            yield
        finally:
            with self._mutex:
                self._pauses -= 1
                if self._pauses == 0 and self._was_enabled:
                    gc.enable()


_COLLECTOR = _Collector()


class CallQueue(Generic[Task]):
    """Carries calls out in a thread of its own. ``carry_out`` does it for feeds: see ``GroupCommit``."""

    def __init__(self, carry_out: Callable[[Sequence[Request[Task]]], None]) -> None:
        self._carry_out = carry_out
        self._mutex = threading.Lock()
        self._arrived = threading.Condition(self._mutex)
        self._groups: deque[list[_Call[Task]]] = deque()
        """Calls in order; feeds that follow one another are a group."""
        self._is_busy = False
        self._pace = Pace()
        self.is_closed = False
        self._thread = ThreadPoolExecutor(1, "mqlrules")

    async def run(self, call: Callable[[], Result]) -> Result:
        """The result of a call. If the caller is cancelled, the call may be carried out all the same."""
        result: Result = await self._enqueue(call, None)
        return result

    async def feed(self, task: Callable[[], Task], offsets: Mapping[str, str]) -> list[Transition]:
        """The transitions of a task, which is made in the thread."""
        made: list[Transition] = await self._enqueue(task, offsets)
        return made

    def close(self) -> None:
        """Ends the thread once it has nothing more to do."""
        self.is_closed = True
        self._thread.shutdown(wait=False)

    def _enqueue(self, run: Callable[[], Any], offsets: Mapping[str, str] | None) -> "asyncio.Future[Any]":
        loop = asyncio.get_running_loop()
        call: _Call[Task] = _Call(run, offsets, loop, loop.create_future())
        # The thread holds the mutex for a moment only, never during a transaction.
        with self._mutex:
            if self.is_closed:
                raise StoreError("the engine is closed")
            last = self._groups[-1] if self._groups else None
            if last and len(last) < MOST and offsets is not None and last[0].offsets is not None:
                last.append(call)
            else:
                self._groups.append([call])
            self._arrived.notify()
            if not self._is_busy:
                self._is_busy = True
                self._thread.submit(self._work)
        return call.future

    def _work(self) -> None:
        while calls := self._next():
            began = time.perf_counter()
            is_feed = calls[0].offsets is not None
            with _COLLECTOR.paused():
                outcomes = self._fed(calls) if is_feed else [_outcome(calls[0].run)]
            with self._mutex:
                waiting = len(self._groups[0]) if self._groups else 0
                self._pace.note(len(calls), waiting, time.perf_counter() - began)
            for loop in {call.loop for call in calls}:
                delivered = [(c.future, o) for c, o in zip(calls, outcomes, strict=True) if c.loop is loop]
                # A loop that was closed meanwhile has nobody left to tell.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(_deliver, delivered)

    def _next(self) -> list[_Call[Task]]:
        """The next calls, to be carried out together; none if there are no more."""
        with self._mutex:
            until = self._pace.deadline()
            while len(self._groups) == 1 and 0 < len(self._groups[0]) < self._pace.expected:
                left = until - time.perf_counter()
                if left <= 0 or self._groups[0][0].offsets is None:
                    break
                self._arrived.wait(left)
            self._is_busy = bool(self._groups)
            return self._groups.popleft() if self._groups else []

    def _fed(self, calls: Sequence[_Call[Task]]) -> list[tuple[Any, BaseException | None]]:
        made = [_outcome(call.run) for call in calls]
        requests = [
            None if error is not None else Request(task, call.offsets or {})
            for call, (task, error) in zip(calls, made, strict=True)
        ]
        self._carry_out([request for request in requests if request is not None])
        return [
            outcome if request is None else (request.transitions, request.error)
            for request, outcome in zip(requests, made, strict=True)
        ]


def _outcome(run: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        return run(), None
    except BaseException as error:
        return None, error


def _deliver(outcomes: Sequence[tuple["asyncio.Future[Any]", tuple[Any, BaseException | None]]]) -> None:
    for future, (result, error) in outcomes:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
