"""The kernel of ``with same``: the cells of each part, by the value that makes it (section 3).

The condition holds if it holds of some part, and there may be as many parts as events. So not all are asked each time:
a part of which the condition did not hold is asked again only after an event of its own, an instant that one of its
kernels waited for, or a change outside the parts (of a trait, a score, an anchor in the whole history).
"""

from collections.abc import Callable
from typing import Any

from mqlrules.engine.incremental.predicates import Getter
from mqlrules.engine.incremental.state import (
    PART,
    Cells,
    Condition,
    Entry,
    Evidence,
    Held,
    Predicate,
    Update,
    fresh_cells,
)
from mqlrules.language.values import identity, is_missing

Outside = Callable[[Cells, int], object]
"""Something outside the parts that their condition depends on, as a value to compare."""


class Parts:
    """The parts of one lead. ``hopeful`` are those of which the condition may hold, ``outside`` what was outside them
    when they were asked last.
    """

    __slots__ = ("cells", "hopeful", "outside")

    def __init__(self) -> None:
        self.cells: dict[Any, Cells] = {}
        self.hopeful: dict[Any, Cells] = {}
        self.outside: list[object] = []


class SplitKernel:
    """Keeps the parts. ``wakes``: whether parts are woken at the instants that their kernels wait for; otherwise all of
    them are asked each time.
    """

    def __init__(self, slot: int, get: Getter, width: int, outside: list[Outside], wakes: bool) -> None:
        self.slot = slot
        self.width = width
        self._get = get
        self._outside = outside
        self._wakes = wakes

    def updater(self, makes_part: Predicate, update: Update) -> Update:
        """The function that takes an event; ``makes_part`` says whether it matches a pattern of the condition."""
        slot, get, fresh = self.slot, self._get, self.fresh_part

        def take(cells: Cells, entry: Entry) -> None:
            properties = entry[2].properties
            value = get(properties)
            key = None if is_missing(value) else identity(value)
            if key is None:
                return
            parts: Parts | None = cells[slot]
            part = None if parts is None else parts.cells.get(key)
            if part is None:
                if not makes_part(properties):
                    return
                if parts is None:
                    parts = cells[slot] = Parts()
                part = parts.cells[key] = fresh(key, cells[0])
            assert parts is not None, "a part is kept among the parts"
            parts.hopeful[key] = part
            update(part, entry)

        return take

    def fresh_part(self, key: Any, lead: object) -> Cells:
        """The cells of a part without events."""
        part = fresh_cells(self.width, lead)
        part[PART] = self, key
        return part

    def wake(self, part: Cells) -> None:
        """An instant has come that a kernel of the part waited for."""
        parts: Parts = part[0].cells[self.slot]
        parts.hopeful[part[PART][1]] = part

    def _hopeful(self, cells: Cells, now: int) -> dict[Any, Cells]:
        parts: Parts | None = cells[self.slot]
        if parts is None:
            return {}
        if self._outside or not self._wakes:
            outside = [value(cells, now) for value in self._outside]
            if outside != parts.outside or not self._wakes:
                parts.outside = outside
                parts.hopeful = dict(parts.cells)
        return parts.hopeful

    def condition(self, condition: Condition) -> Condition:
        """Whether the condition holds of at least one part."""
        hopeful = self._hopeful

        def of_some(cells: Cells, now: int) -> bool:
            parts = hopeful(cells, now)
            lost = []
            found = False
            for key, part in parts.items():
                if condition(part, now):
                    found = True
                    break
                lost.append(key)
            for key in lost:
                del parts[key]
            return found

        return of_some

    def evidence(self, condition: Condition, evidence: Evidence) -> Evidence:
        """Of the parts of which the condition holds, the evidence that is latest, from its last event backwards."""
        hopeful = self._hopeful

        def of_the_latest(cells: Cells, now: int) -> list[Held]:
            found = [evidence(part, now) for part in hopeful(cells, now).values() if condition(part, now)]
            return max(found, key=lambda held: sorted({entry[1] for entry in held}, reverse=True), default=[])

        return of_the_latest
