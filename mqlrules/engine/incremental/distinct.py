"""The kernel of ``distinct`` and ``days``: the latest event of each value, the longest ago first (section 5).

A value is counted as long as its latest event is visible, so the count needs no more than that. The other events are
kept for the evidence, which is all that were counted.
"""

from collections.abc import Callable
from typing import Any

from mqlrules.engine.incremental.predicates import OPERATORS, getter
from mqlrules.engine.incremental.state import NEVER, Cells, Condition, Entry, Evidence, Queue, Visibility
from mqlrules.language.calendar import Zone
from mqlrules.language.values import identity, is_missing
from mqlrules.plan import nodes as n


class State:
    """What is kept for one lead (or part). ``latest`` is in the order of its events, for a value that comes again moves
    back.
    """

    __slots__ = ("entries", "latest", "waiting")

    def __init__(self) -> None:
        self.latest: dict[Any, Entry] = {}
        self.entries: Queue[Entry] = Queue()
        self.waiting: Queue[tuple[Entry, Any]] | None = None
        """With ``older than``: what is still too young, and its value."""


class DistinctKernel:
    """Keeps a ``State`` in its cell."""

    def __init__(self, slot: int, timer: int, visibility: Visibility, leaf: n.Aggregate, zone: Zone) -> None:
        self.slot = slot
        self.timer = timer
        self.steady = not visibility.older
        self._visibility = visibility
        self._value = _value_of(leaf, zone)

    def updater(self) -> Callable[[Cells, Entry], None]:
        """The function that takes a matching event."""
        slot, value_of, visibility, settle = self.slot, self._value, self._visibility, self._settle
        admits = visibility.admits if visibility.gated else None
        older = visibility.older
        leaves = visibility.within is not None or visibility.moving

        def take(cells: Cells, entry: Entry) -> None:
            if admits is not None and not admits(cells, entry):
                return
            value = value_of(entry)
            if value is None:
                return
            state = cells[slot]
            if state is None:
                state = cells[slot] = State()
            if older:
                if state.waiting is None:
                    state.waiting = Queue()
                state.waiting.items.append((entry, value))
                settle(cells, entry[0])
                return
            latest = state.latest
            if value in latest:
                del latest[value]
            latest[value] = entry
            entries = state.entries
            entries.items.append(entry)
            if leaves:
                # Two may leave for one that comes: so no more are kept than lie in the window.
                gone, floor = self._ends(cells, entry[0])
                for _ in range(2):
                    if entries and not _is_visible(entries.items[entries.start], gone, floor):
                        entries.popleft()
                    oldest = next(iter(latest))
                    if not _is_visible(latest[oldest], gone, floor):
                        del latest[oldest]
                    if not latest:
                        break

        return take

    def _ends(self, cells: Cells, now: int) -> tuple[int, int]:
        """The time and the position after which events are visible."""
        visibility = self._visibility
        gone = -NEVER if visibility.within is None else now - visibility.within
        return gone, visibility.floor(cells) if visibility.moving else -1

    def _settle(self, cells: Cells, now: int) -> State | None:
        state: State | None = cells[self.slot]
        if state is None:
            return None
        latest, waiting = state.latest, state.waiting
        while waiting and waiting.items[waiting.start][0][0] <= now - self._visibility.older:
            entry, value = waiting.popleft()
            latest.pop(value, None)
            latest[value] = entry
            state.entries.items.append(entry)
        if latest:
            gone, floor = self._ends(cells, now)
            while latest:
                oldest = next(iter(latest))
                if _is_visible(latest[oldest], gone, floor):
                    break
                del latest[oldest]
        return state

    def condition(self, operator: str, value: Any) -> Condition:
        """``distinct(PATH of P) op value`` or ``days(P) op value``; of nothing it is 0."""
        test, settle = OPERATORS[operator], self._settle

        def compare(cells: Cells, now: int) -> bool:
            state = settle(cells, now)
            return test(0 if state is None else len(state.latest), value)

        return compare

    def evidence(self) -> Evidence:
        """All that were counted."""

        def counted(cells: Cells, now: int) -> list[Entry]:
            state = self._settle(cells, now)
            if state is None:
                return []
            gone, floor = self._ends(cells, now)
            return [entry for entry in state.entries if _is_visible(entry, gone, floor)]

        return counted

    def next_instant(self, cells: Cells, now: int) -> int | None:
        """When the next value leaves the window, or an event becomes old enough."""
        state = self._settle(cells, now)
        if state is None:
            return None
        instants = []
        if self._visibility.within is not None and state.latest:
            instants.append(next(iter(state.latest.values()))[0] + self._visibility.within)
        if state.waiting:
            instants.append(next(iter(state.waiting))[0][0] + self._visibility.older)
        return min(instants, default=None)


def _is_visible(entry: Entry, gone: int, floor: int) -> bool:
    return entry[0] > gone and entry[1] > floor


def _value_of(leaf: n.Aggregate, zone: Zone) -> Callable[[Entry], Any]:
    """What of an event is counted, or None."""
    if leaf.path is None:
        date_of = zone.date_of
        return lambda entry: date_of(entry[0])
    if len(leaf.path) > 1:
        get = getter(leaf.path)
        return lambda entry: _identity(get(entry[2].properties))
    name = leaf.path[0]

    def value_of(entry: Entry) -> Any:
        value = entry[2].properties.get(name)
        # Text stands for itself; everything else goes with its type, so that 1 is neither "1" nor true.
        return value if type(value) is str else _identity(value)

    return value_of


def _identity(value: Any) -> Any:
    if is_missing(value):
        return None
    return value if isinstance(value, str) else identity(value)
