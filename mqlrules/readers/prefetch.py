"""Reading ahead: items are made in a thread before they are asked for, while there is room for them."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """The same items, in the same order; the first ones are made at once.

    ``size`` says how many bytes an item takes, ``room`` how many of them may wait (one item always may). What is raised
    while an item is made is raised where it would have been. ``close`` it, or take it to its end.
    """

    def __init__(self, items: Iterator[T], size: Callable[[T], int], room: int) -> None:
        self._items = items
        self._size = size
        self._room = room
        self._made: deque[T] = deque()
        self._waiting = 0
        self._ended: BaseException | None = None
        self._changed = Condition()
        self._is_at_work = False
        # Its thread works and ends, and never waits for room: so nobody has to wake it for the process to end.
        self._worker = ThreadPoolExecutor(1, "mqlrules-reading")
        with self._changed:
            self._go_on()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        with self._changed:
            self._changed.wait_for(lambda: self._made or self._ended is not None)
            if not self._made:
                assert self._ended is not None
                self._worker.shutdown(wait=False)
                raise self._ended
            item = self._made.popleft()
            self._waiting -= self._size(item)
            self._go_on()
            return item

    def close(self) -> None:
        """Makes no more items, and forgets those that wait."""
        with self._changed:
            self._ended = self._ended or StopIteration()
            self._made.clear()
        self._worker.shutdown(cancel_futures=True)

    def _has_room(self) -> bool:
        return self._ended is None and (not self._made or self._waiting < self._room)

    def _go_on(self) -> None:
        if self._has_room() and not self._is_at_work:
            self._is_at_work = True
            self._worker.submit(self._work)

    def _work(self) -> None:
        while True:
            try:
                item, ended = [next(self._items)], None
            except BaseException as error:
                item, ended = [], error
            with self._changed:
                if self._ended is None:
                    self._ended = ended
                    self._made += item
                    self._waiting += sum(map(self._size, item))
                self._changed.notify_all()
                if not self._has_room():
                    self._is_at_work = False
                    return
            del item
