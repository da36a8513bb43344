"""The kernel that keeps every visible match of a pattern, in order, and a summary that moves with them.

It serves all that is computed from more than the latest few matches: aggregates, counts whose evidence is every match,
and the lines of scores whose points stay what they are.
"""

from collections.abc import Callable, Mapping
from typing import Any

from mqlrules.engine.incremental.state import Cells, Dumped, Entry, Held, Queue, Update, Visibility, positions_of

Extract = Callable[[int, Mapping[str, Any]], Any]
"""What counts of an event, given its time and its properties; None: the event doesn't count."""


class Matches(Queue[Held]):
    """The visible matches. The summaries of ``aggregates`` add to this what they compute."""

    __slots__ = ("waiting",)

    def __init__(self) -> None:
        super().__init__()
        self.waiting: Queue[Held] | None = None
        """With ``older than``: the matches that are still too young."""

    def add(self, value: Any) -> None:
        """A value has become visible; its event is the last one here."""

    def remove_first(self) -> None:
        """The earliest value has left; its event is no longer here."""


class MatchesKernel:
    """Keeps ``Matches``. Without ``extract`` every match counts, and there are no values."""

    def __init__(
        self,
        slot: int,
        timer: int,
        visibility: Visibility,
        fresh: Callable[[], Matches] = Matches,
        extract: Extract | None = None,
    ) -> None:
        self.slot = slot
        self.timer = timer
        self.steady = not visibility.older
        self._visibility = visibility
        self._fresh = fresh
        self._extract = extract

    def updater(self) -> Update:
        """The function that takes a matching event."""
        slot, extract, fresh, visibility, settle = self.slot, self._extract, self._fresh, self._visibility, self.settle
        admits = visibility.admits if visibility.gated else None
        older, within, moving = visibility.older, visibility.within, visibility.moving

        def take(cells: Cells, entry: Entry) -> None:
            if admits is not None and not admits(cells, entry):
                return
            value = None
            if extract is not None:
                value = extract(entry[0], entry[2].properties)
                if value is None:
                    return
            matches = cells[slot]
            if matches is None:
                matches = cells[slot] = fresh()
            if older:
                if matches.waiting is None:
                    matches.waiting = Queue()
                matches.waiting.items.append(entry)
                settle(cells, entry[0])
                return
            items = matches.items
            items.append(entry)
            if extract is not None:
                matches.add(value)
            # Matches that have left go now: otherwise they would stay for as long as nobody asks.
            if moving or (within is not None and items[matches.start][0] <= entry[0] - within):
                settle(cells, entry[0])

        return take

    def settle(self, cells: Cells, now: int) -> Matches | None:
        """The visible matches; None where none was ever taken."""
        matches: Matches | None = cells[self.slot]
        if matches is None:
            return None
        visibility, extract, waiting = self._visibility, self._extract, matches.waiting
        if waiting is None and not visibility.moving:
            # The common case: nothing has left since the last time.
            items, start, within = matches.items, matches.start, visibility.within
            if within is None or start == len(items) or items[start][0] > now - within:
                return matches
        while waiting and waiting.first[0] <= now - visibility.older:
            held = waiting.popleft()
            matches.items.append(held)
            if extract is not None:
                matches.add(extract(held[0], properties_of(held)))
        gone, floor = visibility.ends(cells, now)
        while matches and ((first := matches.first)[0] <= gone or first[1] <= floor):
            matches.popleft()
            if extract is not None:
                matches.remove_first()
        return matches

    def size(self, cells: Cells, now: int) -> int:
        """How many matches are visible."""
        matches = self.settle(cells, now)
        return 0 if matches is None else len(matches)

    def visible(self, cells: Cells, now: int) -> list[Held]:
        """The visible matches, in order."""
        return list(self.settle(cells, now) or ())

    def next_instant(self, cells: Cells, now: int) -> int | None:
        """When the next match leaves the window or becomes old enough."""
        matches = self.settle(cells, now)
        if matches is None:
            return None
        instants = []
        if self._visibility.within is not None and matches:
            instants.append(matches.first[0] + self._visibility.within)
        if matches.waiting:
            instants.append(matches.waiting.first[0] + self._visibility.older)
        return min(instants, default=None)

    def dump(self, state: Matches, into: list[Held]) -> Dumped:
        """The positions of the matches; with ``older than`` also of those that wait. Values are computed again."""
        visible = positions_of(state, into)
        return [visible, positions_of(state.waiting or (), into)] if self._visibility.older else visible

    def load(self, dumped: Dumped, events: Mapping[int, Held]) -> Matches:
        """What ``dump`` was given."""
        matches, extract = self._fresh(), self._extract
        if self._visibility.older:
            dumped, waiting = dumped
            matches.waiting = Queue([events[position] for position in waiting])
        matches.items = [events[position] for position in dumped]
        if extract is not None:
            for held in matches.items:
                matches.add(extract(held[0], properties_of(held)))
        return matches


def properties_of(held: Held) -> Mapping[str, Any]:
    """The properties of an event that a kernel holds on to."""
    event = held[2]
    return event[1] if isinstance(event, tuple) else event.properties
