"""The ids of a lead's events, by which repeated events are recognised (section 2)."""

from collections.abc import Iterable
from typing import Any

from mqlrules.engine.incremental.state import Queue
from mqlrules.events.model import Event

Key = tuple[str, str]


class Ids:
    """Remembers about 80 bytes for each event that has an id, for ever; with a lateness only the ids of the events of
    that long before the latest one.
    """

    __slots__ = ("_keys", "_order")

    def __init__(self, dumped: Iterable[Any] = ()) -> None:
        keys = [(at, (name, identity)) for at, name, identity in dumped]
        self._keys: set[Key] = {key for _, key in keys}
        self._order: Queue[tuple[int, Key]] | None = None
        timed = [(at, key) for at, key in keys if at is not None]
        if timed:
            self._order = Queue(sorted(timed, key=lambda pair: pair[0]))

    def has(self, event: Event, lateness: int | None) -> bool:
        """Whether an event with the same id and name came before; from now on one did."""
        key = event.name, str(event.id)
        keys = self._keys
        if lateness is not None:
            if self._order is None:
                self._order = Queue()
            while self._order and self._order.first[0] < event.at - lateness:
                keys.discard(self._order.popleft()[1])
        before = len(keys)
        keys.add(key)
        if len(keys) == before:
            return True
        if self._order is not None:
            self._order.items.append((event.at, key))
        return False

    def dump(self) -> list[list[Any]]:
        """The ids as JSON: time (None where it doesn't matter), name, id."""
        if self._order is not None:
            return [[at, *key] for at, key in self._order]
        return [[None, *key] for key in self._keys]
