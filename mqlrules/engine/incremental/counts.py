"""The kernel of counts: the latest visible matches, no more of them than the comparisons need (section 5).

``P >= n`` asks for the n-th latest match and nothing else, so that is what is kept. Only ``P != n`` needs all of them,
since its evidence is every match that was counted: for it there is ``matches``.
"""

from collections.abc import Mapping

from mqlrules.engine.incremental.matches import MatchesKernel
from mqlrules.engine.incremental.predicates import OPERATORS
from mqlrules.engine.incremental.state import (
    Cells,
    Condition,
    Dumped,
    Entry,
    Evidence,
    Held,
    Queue,
    Update,
    Visibility,
    positions_of,
)


class CountKernel:
    """Keeps the latest matches in order of position: a list; with ``older than`` a list, and those still too young."""

    def __init__(self, slot: int, timer: int, visibility: Visibility, keep: int) -> None:
        self.slot = slot
        self.timer = timer
        self.steady = not visibility.older
        self._visibility = visibility
        self._keep = keep

    def updater(self) -> Update:
        """The function that takes a matching event."""
        slot, keep, visibility = self.slot, self._keep, self._visibility
        admits = visibility.admits if visibility.gated else None
        if visibility.older:

            def wait(cells: Cells, entry: Entry) -> None:
                if admits is None or admits(cells, entry):
                    if cells[slot] is None:
                        cells[slot] = ([], Queue())
                    cells[slot][1].items.append(entry)

            return wait
        if keep == 1 and admits is None:

            def replace(cells: Cells, entry: Entry) -> None:
                cells[slot] = [entry]

            return replace

        def take(cells: Cells, entry: Entry) -> None:
            if admits is not None and not admits(cells, entry):
                return
            latest = cells[slot]
            if latest is None:
                cells[slot] = [entry]
            else:
                latest.append(entry)
                if len(latest) > keep:
                    del latest[0]

        return take

    def _latest(self, cells: Cells, now: int) -> list[Held]:
        """The matches that are old enough, the latest last; some may have left the interval."""
        state = cells[self.slot]
        older = self._visibility.older
        if state is None:
            return []
        if not older:
            return state  # type: ignore[no-any-return]
        latest: list[Held] = state[0]
        waiting: Queue[Held] = state[1]
        while waiting and waiting.first[0] <= now - older:
            latest.append(waiting.popleft())
        if len(latest) > self._keep:
            del latest[: len(latest) - self._keep]
        return latest

    def visible(self, cells: Cells, now: int) -> list[Held]:
        """The visible matches in order, as many of the latest as are kept."""
        latest = self._latest(cells, now)
        gone, floor = self._visibility.ends(cells, now)
        left = 0
        for entry in latest:
            if entry[0] > gone and entry[1] > floor:
                break
            left += 1
        if left:
            # What has left the interval never comes back.
            del latest[:left]
        return latest

    def size(self, cells: Cells, now: int) -> int:
        """How many matches are visible, or as many as are kept."""
        return len(self.visible(cells, now))

    def has(self, number: int) -> Condition:
        """``P >= number``, for the intervals of most counts: those without ``older than`` and ``since``."""
        slot, within = self.slot, self._visibility.within
        if within is None:

            def enough(cells: Cells, now: int) -> bool:
                latest = cells[slot]
                return latest is not None and len(latest) >= number

            return enough

        def enough_within(cells: Cells, now: int) -> bool:
            latest = cells[slot]
            return latest is not None and len(latest) >= number and latest[-number][0] > now - within

        return enough_within

    @property
    def is_direct(self) -> bool:
        """Whether ``has`` may be used."""
        return not self._visibility.older and not self._visibility.moving

    def next_instant(self, cells: Cells, now: int) -> int | None:
        """When the next match leaves the window or becomes old enough."""
        state = cells[self.slot]
        if state is None:
            return None
        instants = []
        within, older = self._visibility.within, self._visibility.older
        latest = self.visible(cells, now)
        if within is not None and latest:
            instants.append(latest[0][0] + within)
        if older and state[1]:
            instants.append(state[1].first[0] + older)
        return min(instants, default=None)

    def dump(self, state: "list[Held] | tuple[list[Held], Queue[Held]]", into: list[Held]) -> Dumped:
        """The positions of the matches, or of the only one; with ``older than`` also of those that wait."""
        if isinstance(state, tuple):
            return [positions_of(part, into) for part in state]
        into += state
        return state[0][1] if len(state) == 1 else [held[1] for held in state]

    def load(self, dumped: Dumped, events: Mapping[int, Held]) -> "list[Held] | tuple[list[Held], Queue[Held]]":
        """What ``dump`` was given."""
        if isinstance(dumped, int):
            return [events[dumped]]
        if self._visibility.older:
            latest, waiting = ([events[position] for position in part] for part in dumped)
            return latest, Queue(waiting)
        return [events[position] for position in dumped]


def count_condition(kernel: CountKernel | MatchesKernel, operator: str, number: int) -> Condition:
    """``P op number``."""
    if operator == ">":
        operator, number = ">=", number + 1
    if isinstance(kernel, CountKernel) and kernel.is_direct and operator == ">=" and number > 0:
        return kernel.has(number)
    test, size = OPERATORS[operator], kernel.size
    return lambda cells, now: test(size(cells, now), number)


def count_evidence(kernel: CountKernel | MatchesKernel, operator: str, number: int) -> Evidence:
    """The latest matches that suffice; for other comparisons every match that was counted."""
    visible = kernel.visible
    if operator not in (">=", ">"):
        return lambda cells, now: list(visible(cells, now))
    suffice = number if operator == ">=" else number + 1
    return lambda cells, now: visible(cells, now)[-suffice:] if suffice else []
