"""The states of leads in memory: those that a unit works on, and a cache of those used last."""

from collections import OrderedDict
from collections.abc import Iterable

import attrs

from mqlrules.durable.rows import LeadRow
from mqlrules.engine.incremental.runner import LeadState
from mqlrules.engine.incremental.timers import NOTHING_DUE
from mqlrules.events.model import Lead


@attrs.frozen
class Checkpoint:
    """The checkpoint of a large state: its size in characters, and how many events have come since."""

    size: int
    behind: int


class StateCache:
    """The states used last. A state is current if its version is that of the lead's row."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[int, tuple[int, LeadState, Checkpoint | None]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, row: LeadRow) -> tuple[LeadState, Checkpoint | None] | None:
        """The state of a lead, if it is cached and current."""
        found = self._kept.get(row.number)
        return found[1:] if found is not None and found[0] == row.version else None

    def put(self, row: LeadRow, state: LeadState, checkpoint: Checkpoint | None) -> None:
        """Caches a state; the one unused for longest goes."""
        before = self._kept.pop(row.number, None)
        self._kept[row.number] = row.version, state, checkpoint
        if before is not None and before[1] is not state:
            _free(before[1])
        if len(self._kept) > self._most:
            _free(self._kept.popitem(last=False)[1][1])

    def drop(self, numbers: Iterable[int]) -> None:
        """Removes states that may differ from the store's."""
        for number in numbers:
            self._kept.pop(number, None)


def _free(state: LeadState) -> None:
    """Breaks the circles in a state that nobody uses any more: it goes at once, and not with a garbage collection."""
    state.cells, state.timers = [], NOTHING_DUE


@attrs.define
class Working:
    """A lead that a unit works on."""

    row: LeadRow
    state: LeadState | None
    """None before its first event."""
    name: Lead
    touched: bool = False
    checkpoint: Checkpoint | None = None
    taken: int = 0
    """How many of its events have counted in this unit."""
    last: tuple[int, int] | None = None
    """Time and number of its last event, if this unit knows it."""
