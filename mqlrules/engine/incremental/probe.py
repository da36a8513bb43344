"""Conditions of which one lead after another is asked, outside the lifecycle."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mqlrules.check.program import Program
from mqlrules.engine.incremental.compile import Machine, Root
from mqlrules.engine.incremental.joining import joined
from mqlrules.engine.incremental.state import Cells, Update
from mqlrules.engine.incremental.timers import NOTHING_DUE, Timed, Timers
from mqlrules.events.traits import known
from mqlrules.plan import nodes as n
from mqlrules.plan.dependencies import RISES, can_hold_of_nothing

NAMES_KEPT = 10_000
"""Names that no condition mentions are remembered up to this number: there may be any number of them."""

Handler = tuple[Update, list[int]]
"""What an event of a name moves, and the conditions, by number, that may hold after it."""


class Asking:
    """A lead of whom conditions are asked. Cell 0 of its cells is this."""

    def __init__(self, traits: Mapping[str, Any]) -> None:
        self.traits = known(traits)
        self.cells: Cells = []
        self.timers: Timers = NOTHING_DUE


class Questions:
    """The conditions, and which of them an event, an instant or a beginning may make hold.

    ``of_nothing`` are the numbers of those that can hold of an empty history.
    """

    def __init__(self, program: Program, conditions: Sequence[n.Node]) -> None:
        self._machine = Machine([Root(condition, (RISES,)) for condition in conditions], program.timezone)
        self.asked = self._machine.asked
        self.of_nothing = [k for k, c in enumerate(conditions) if can_hold_of_nothing(c) is not False]
        self._waiting: dict[Timed, list[int]] = {}
        for k, asked in enumerate(self.asked):
            for kernel in asked.timed:
                self._waiting.setdefault(kernel, []).append(k)
        self._handlers: dict[str, Handler] = {}

    def lead(self, traits: Mapping[str, Any]) -> Asking:
        """A lead without any event."""
        lead = Asking(traits)
        lead.cells = self._machine.fresh(lead)
        return lead

    def handler(self, name: str) -> Handler:
        """What an event of a (normalised) name does."""
        handler = self._handlers.get(name)
        if handler is None:
            concerned = [k for k, _ in self._machine.looks(name)]
            handler = joined(self._machine.scope.updates(name)), concerned
            if self._machine.mentions(name) or len(self._handlers) < NAMES_KEPT:
                self._handlers[name] = handler
        return handler

    def fall_due(self, lead: Asking, first: list[int | None]) -> int:
        """Settles the next instant of a lead; gives how many conditions held first then."""
        now = lead.timers.due
        return self.look({k for kernel in lead.timers.pop() for k in self._waiting.get(kernel, ())}, lead, now, first)

    def look(self, numbers: Iterable[int], lead: Asking, now: int, first: list[int | None]) -> int:
        """Notes in ``first`` which conditions hold first now; gives how many."""
        new = 0
        for k in numbers:
            if first[k] is None and self.asked[k].condition(lead.cells, now):
                first[k] = now
                new += 1
        return new
