"""The states of leads in memory: those that a unit works on, and those that were worked on last."""

from collections import OrderedDict
from collections.abc import Iterable

import attrs

from mqlrules.durable.protocol import LeadRow
from mqlrules.engine.incremental.engine import LeadState
from mqlrules.events.model import Lead


@attrs.frozen
class Checkpoint:
    """That a state is large: how many letters its checkpoint has, and how many events have come since."""

    letters: int
    behind: int


class States:
    """The states of the leads that were worked on last. A state is right if its version is that of the lead's row."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[int, tuple[int, LeadState, Checkpoint | None]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, row: LeadRow) -> tuple[LeadState, Checkpoint | None] | None:
        """The state of a lead, if it is here and right."""
        found = self._kept.get(row.number)
        return found[1:] if found is not None and found[0] == row.version else None

    def put(self, row: LeadRow, state: LeadState, checkpoint: Checkpoint | None) -> None:
        """Keeps a state; the one that was needed longest ago goes."""
        self._kept[row.number] = row.version, state, checkpoint
        self._kept.move_to_end(row.number)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def drop(self, numbers: Iterable[int]) -> None:
        """Lets go of states that may not be what the store has."""
        for number in numbers:
            self._kept.pop(number, None)


@attrs.define
class Working:
    """A lead that this unit works on."""

    row: LeadRow
    state: LeadState | None
    """None before its first event."""
    name: Lead
    touched: bool = False
    checkpoint: Checkpoint | None = None
    taken: int = 0
    """How many events of it have counted in this unit."""
    last: tuple[int, int] | None = None
    """Time and number of its last event, where this unit knows it."""
