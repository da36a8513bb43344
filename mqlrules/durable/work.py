"""The units of one transaction, begun one after the other."""

from collections.abc import Sequence

from mqlrules.durable.pruning import keep_within
from mqlrules.durable.rebuilding import insert
from mqlrules.durable.rows import DeadLetterRow
from mqlrules.durable.state_cache import Working
from mqlrules.durable.store import Session
from mqlrules.durable.unit_of_work import Setting, Unit
from mqlrules.engine.results import Transition


class Work:
    """Begins units. Each must have written its changes before the next begins."""

    def __init__(self, setting: Setting, session: Session) -> None:
        self.setting = setting
        self.session = session
        self.dropped = 0
        """How many events and dead letters were dropped to keep within the limit."""
        self.units: list[Unit] = []
        """All units so far."""

    def begin(self) -> Unit:
        """A new unit."""
        self._insert_what_came_behind()
        return self._next()

    def write(self) -> None:
        """Writes the changes of the last unit."""
        self.units[-1].write()

    def end(self) -> None:
        """Finishes what the last unit left, and drops what is too much."""
        self._insert_what_came_behind()
        self.dropped = keep_within(tuple(self.units), self._next, self.setting.history)

    def keep(self) -> None:
        """After the commit: the states that were worked on are those of the store."""
        states = self.setting.states
        latest: dict[int, Working] = {}
        for unit in self.units:
            latest.update(unit.working)
            unit.working.clear()
        # None of them may be freed while another is put in its place.
        states.drop(latest)
        # One by one: freeing many at once would hold up other threads.
        while latest:
            working = latest.popitem()[1]
            if working.state is not None:
                states.put(working.row, working.state, working.checkpoint)

    def forget(self) -> None:
        """After a rollback: states in memory have moved, and the store's haven't."""
        for unit in self.units:
            self.setting.states.drop(unit.working)

    @property
    def transitions(self) -> list[Transition]:
        """Everything that was made, in order."""
        return [transition for unit in self.units for transition in unit.transitions]

    @property
    def fed(self) -> int:
        """How many events have arrived."""
        return sum(len(unit.marks) for unit in self.units)

    @property
    def dead_letters(self) -> Sequence[DeadLetterRow]:
        """The events that were refused."""
        return [letter for unit in self.units for letter in unit.refused]

    def _next(self) -> Unit:
        self.units.append(Unit(self.setting, self.session))
        return self.units[-1]

    def _insert_what_came_behind(self) -> None:
        if self.units and (behind := self.units[-1].behind):
            unit = self._next()
            insert(unit, behind)
            unit.write()
