"""The kernel of ``with same``: the cells of each part, by the value that makes it (section 3)."""

from collections.abc import Callable
from typing import Any

from mqlrules.engine.incremental.predicates import Getter
from mqlrules.engine.incremental.state import Cells, Condition, Entry, Evidence, fresh_cells
from mqlrules.language.values import identity, is_missing


class Parts:
    """The parts of one lead. ``hopeful`` are those of which the condition may hold: a part of which it did not hold can
    come to by an event of its own alone, unless the condition is *volatile*."""

    __slots__ = ("cells", "hopeful")

    def __init__(self) -> None:
        self.cells: dict[Any, Cells] = {}
        self.hopeful: dict[Any, Cells] = {}


class SplitKernel:
    """Keeps the parts. ``volatile``: time, traits, scores or anchors of the whole history can make the condition true
    of a part.
    """

    def __init__(self, slot: int, get: Getter, width: int, volatile: bool) -> None:
        self.slot = slot
        self._get = get
        self._width = width
        self._volatile = volatile

    def updater(
        self, concerns: Callable[[Entry], bool], update: Callable[[Cells, Entry], None]
    ) -> Callable[[Cells, Entry], None]:
        """The function that takes an event: ``concerns`` says whether it matches a pattern of the condition, and so
        makes a part.
        """
        slot, get, width = self.slot, self._get, self._width

        def take(cells: Cells, entry: Entry) -> None:
            value = get(entry[2].properties)
            key = None if is_missing(value) else identity(value)
            if key is None:
                return
            parts: Parts | None = cells[slot]
            part = None if parts is None else parts.cells.get(key)
            if part is None:
                if not concerns(entry):
                    return
                if parts is None:
                    parts = cells[slot] = Parts()
                part = parts.cells[key] = fresh_cells(width, cells[0])
            assert parts is not None, "a part is kept among the parts"
            parts.hopeful[key] = part
            update(part, entry)

        return take

    def _hopeful(self, cells: Cells) -> dict[Any, Cells]:
        parts: Parts | None = cells[self.slot]
        if parts is None:
            return {}
        return parts.cells if self._volatile else parts.hopeful

    def condition(self, condition: Condition) -> Condition:
        """Whether the condition holds of at least one part."""
        hopeful, volatile = self._hopeful, self._volatile

        def of_some(cells: Cells, now: int) -> bool:
            parts = hopeful(cells)
            lost = []
            found = False
            for key, part in parts.items():
                if condition(part, now):
                    found = True
                    break
                lost.append(key)
            if not volatile:
                for key in lost:
                    del parts[key]
            return found

        return of_some

    def evidence(self, condition: Condition, evidence: Evidence) -> Evidence:
        """Of the parts of which the condition holds, the evidence that is latest, from its last event backwards."""
        hopeful = self._hopeful

        def of_the_latest(cells: Cells, now: int) -> list[Entry]:
            found = [evidence(part, now) for part in hopeful(cells).values() if condition(part, now)]
            return max(found, key=lambda entries: sorted({entry[1] for entry in entries}, reverse=True), default=[])

        return of_the_latest
