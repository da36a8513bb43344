"""How the cells of a scope are written and read, kernel by kernel."""

from collections.abc import Mapping
from typing import Any

from mqlrules.engine.incremental.compile import Scope, TimedLeaf
from mqlrules.engine.incremental.splits import Parts
from mqlrules.engine.incremental.state import Cells, Dumped, Held
from mqlrules.engine.incremental.timers import Timed, Waiting, timers_of
from mqlrules.events.encoding import plain
from mqlrules.plan import nodes as n
from mqlrules.plan.fingerprint import digest

Leaf = n.Anchor | TimedLeaf | n.Split


class ScopeFormat:
    """Writes and reads the cells of one scope. A cell goes by its *place*: that of its kernel's name among all names.

    Without ``digests`` kernels have no names, and go by the order in which they were made. What is written is then good
    within one process alone, and need not be JSON.
    """

    def __init__(self, scope: Scope, digests: dict[int, str] | None) -> None:
        named: list[tuple[str, Leaf, Any]] = [
            ("" if digests is None else f"{type(kernel).__name__} {digest(leaf, digests)}", leaf, kernel)
            for kernels in (scope.anchors, scope.kernels, scope.splits)
            for leaf, kernel in kernels.items()
        ]
        named.sort(key=lambda item: item[0])
        self._is_named = digests is not None
        self._names = [name for name, _, _ in named]
        self.leaves: list[Leaf] = [leaf for _, leaf, _ in named]
        """By place."""
        self._kernels = [kernel for _, _, kernel in named]
        self._slots = [kernel.slot for kernel in self._kernels]
        own = set(scope.kernels.values())
        self._timed = {place for place, kernel in enumerate(self._kernels) if kernel in own & scope.machine.timed}
        self.parts = {
            place: ScopeFormat(scope.machine.part_scope(leaf), digests)
            for place, leaf in enumerate(self.leaves)
            if isinstance(leaf, n.Split)
        }
        """The formats of the parts of each ``with same``, by its place."""

    def names(self) -> list[str]:
        """The names of the kernels, and of those of the parts."""
        return [*self._names, *(name for inner in self.parts.values() for name in inner.names())]

    def dump(self, cells: Cells, into: list[Held]) -> Dumped:
        """Place and content of each cell in use, in turn; the events that they refer to are added to ``into``."""
        dumped: list[Dumped] = []
        # Asking a mapping by index would make the cell.
        get = cells.__getitem__ if isinstance(cells, list) else cells.get
        for place, value in enumerate(map(get, self._slots)):
            if value is not None:
                dumped.append(place)
                dumped.append(
                    self._parts(place, value, into) if place in self.parts else self._kernels[place].dump(value, into)
                )
        return dumped

    def _parts(self, place: int, parts: Parts, into: list[Held]) -> Dumped:
        inner = self.parts[place]
        return [
            [kind, plain(value) if self._is_named else value, inner.dump(part, into)]
            for (kind, value), part in parts.cells.items()
        ]

    def load(self, lead: Waiting, cells: Cells, dumped: Dumped, events: Mapping[int, Held], now: int) -> None:
        """Fills the fresh cells of a lead, and lets their kernels wait for what comes after ``now``."""
        # A kernel may ask for the anchors of others: so all are filled before any waits.
        for kernel, of in self._load(lead, cells, dumped, events):
            timers_of(lead).wait(kernel, of, now)

    def _load(
        self, lead: Waiting, cells: Cells, dumped: Dumped, events: Mapping[int, Held]
    ) -> list[tuple[Timed, Cells]]:
        waiting: list[tuple[Timed, Cells]] = []
        for place, content in zip(dumped[::2], dumped[1::2], strict=False):
            kernel = self._kernels[place]
            if place in self.parts:
                cells[kernel.slot] = parts = Parts()
                for kind, value, part in content:
                    made = parts.cells[kind, value] = kernel.fresh_part((kind, value), lead)
                    waiting += self.parts[place]._load(lead, made, part, events)
                parts.hopeful = dict(parts.cells)
                continue
            cells[kernel.slot] = kernel.load(content, events)
            if place in self._timed:
                waiting.append((kernel, cells))
        return waiting
