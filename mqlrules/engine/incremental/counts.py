"""The kernel of counts: the latest visible matches, no more of them than the comparisons need (section 5).

``P >= n`` asks for the n-th latest match and nothing else, so that is what is kept; only ``P != n`` keeps all, since
its evidence is all that were counted.
"""

from collections.abc import Callable

from mqlrules.engine.incremental.predicates import OPERATORS
from mqlrules.engine.incremental.state import Cells, Condition, Entry, Evidence, Queue, Visibility


class CountKernel:
    """Keeps the latest matches in order of position: a list, or with ``older than`` also those that are still too
    young.
    """

    def __init__(self, slot: int, timer: int, visibility: Visibility, keep: int | None) -> None:
        self.slot = slot
        self.timer = timer
        self.steady = not visibility.older
        self._visibility = visibility
        self._keep = keep

    def updater(self) -> Callable[[Cells, Entry], None]:
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
                if keep is not None and len(latest) > keep:
                    del latest[0]

        return take

    def _latest(self, cells: Cells, now: int) -> list[Entry]:
        """The matches that are old enough, the latest last; those that have left the interval may still be there."""
        state = cells[self.slot]
        older = self._visibility.older
        if state is None:
            return []
        if not older:
            return state  # type: ignore[no-any-return]
        latest: list[Entry] = state[0]
        waiting: Queue[Entry] = state[1]
        while waiting and waiting.items[waiting.start][0] <= now - older:
            latest.append(waiting.popleft())
        if self._keep is not None and len(latest) > self._keep:
            del latest[: len(latest) - self._keep]
        return latest

    def visible(self, cells: Cells, now: int) -> list[Entry]:
        """The visible matches in order, as many of the latest as are kept."""
        latest = self._latest(cells, now)
        within = self._visibility.within
        floor = self._visibility.floor(cells) if self._visibility.moving else -1
        gone = 0
        for entry in latest:
            if (within is None or entry[0] > now - within) and entry[1] > floor:
                break
            gone += 1
        if gone:
            # What has left the interval never comes back.
            del latest[:gone]
        return latest

    def condition(self, operator: str, number: int) -> Condition:
        """``P op number``."""
        visibility, slot = self._visibility, self.slot
        if operator == ">":
            operator, number = ">=", number + 1
        if operator == ">=" and number > 0 and not visibility.older and not visibility.moving:
            within = visibility.within
            if within is None:

                def enough(cells: Cells, now: int) -> bool:
                    latest = cells[slot]
                    return latest is not None and len(latest) >= number

                return enough

            def enough_within(cells: Cells, now: int) -> bool:
                latest = cells[slot]
                return latest is not None and len(latest) >= number and latest[-number][0] > now - within

            return enough_within
        test, visible = OPERATORS[operator], self.visible
        return lambda cells, now: test(len(visible(cells, now)), number)

    def evidence(self, operator: str, number: int) -> Evidence:
        """The latest matches that suffice; for other comparisons all that were counted."""
        visible = self.visible
        if operator not in (">=", ">"):
            return lambda cells, now: list(visible(cells, now))
        suffice = number if operator == ">=" else number + 1
        return lambda cells, now: visible(cells, now)[-suffice:] if suffice else []

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
            instants.append(next(iter(state[1]))[0] + older)
        return min(instants, default=None)
