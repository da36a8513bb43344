"""What kernels share: cells, entries, and the visible interval as tests on positions and times.

A lead's state is a list of cells, one a kernel; cell 0 is the lead itself. A part made by ``with same`` has a list of
its own, whose cell 0 is the lead too. An empty cell is None: a fresh history is a list of Nones.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Generic, TypeVar

from mqlrules.check.program import Pattern
from mqlrules.events.model import Event
from mqlrules.plan import nodes as n

Entry = tuple[int, int, Event]
"""An event in a history: its time in microseconds, its position, itself."""

Item = TypeVar("Item")

Cells = list[Any]
Condition = Callable[[Cells, int], bool]
"""Whether something holds of the history in the cells, at an instant."""

Evidence = Callable[[Cells, int], list[Entry]]
Update = Callable[[Cells, Entry], None]
Predicate = Callable[[Mapping[str, Any]], bool]

Tested = tuple[Predicate | None, Update]
"""An update, and what an event's properties must meet for it; None for nothing."""

Match = Callable[[Pattern, str], "Predicate | bool"]
"""Whether an event of a name can match a pattern: False never, True always, else if its properties meet the predicate.
"""

NEVER = 1 << 62
"""Later than every instant, and after every position."""


class Queue(Generic[Item]):
    """What comes at the end and leaves at the front: a list, and where in it the front is. An empty deque takes ten
    times the room.
    """

    __slots__ = ("items", "start")

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.start = 0

    def __len__(self) -> int:
        return len(self.items) - self.start

    def __iter__(self) -> Iterator[Item]:
        return islice(self.items, self.start, None)

    def popleft(self) -> Item:
        """Takes the first; what has been taken is let go of before it is more than what is left."""
        first = self.items[self.start]
        self.start += 1
        if 2 * self.start > len(self.items):
            del self.items[: self.start]
            self.start = 0
        return first


MANY_CELLS = 256
"""From how many cells on a lead keeps only those that its events concern: below, a list is faster and no larger."""


def fresh_cells(width: int, lead: object) -> Cells:
    """The cells of an empty history. Cell 0 is the lead."""
    # A factory in C: a cell that is asked for is there, and is None.
    cells: Any = [None] * width if width < MANY_CELLS else defaultdict(type(None))
    cells[0] = lead
    return cells  # type: ignore[no-any-return]


class AnchorKernel:
    """The first and the latest position of an anchor's pattern."""

    def __init__(self, slot: int) -> None:
        self.slot = slot

    def update(self, cells: Cells, entry: Entry) -> None:
        """Takes an event that matches the pattern."""
        positions = cells[self.slot]
        if positions is None:
            cells[self.slot] = [entry[1], entry[1]]
        else:
            positions[1] = entry[1]


class Visibility:
    """The restrictions of one leaf. ``slots`` gives the cell of each anchor of the interval."""

    def __init__(self, interval: n.Interval, slots: Mapping[n.Anchor, int]) -> None:
        self.within = interval.within
        self.older = interval.older
        self._since = _places(interval.since, slots)
        self._after = _places(interval.after, slots)
        self._before = _places(interval.before, slots)
        self._during = interval.during
        self.gated = bool(self._after or self._before or self._during)
        """Whether some events are never visible, whatever comes later."""
        self.moving = bool(self._since)
        """Whether the lower end moves with events."""

    def admits(self, cells: Cells, entry: Entry) -> bool:
        """Whether an event that comes now can be visible: asked after the anchors have taken it."""
        during = self._during
        if during is not None and not during[0] <= entry[0] < during[1]:
            return False
        position = entry[1]
        for own, slot in self._after:
            positions = (cells if own else cells[0].cells)[slot]
            if positions is None or position <= positions[0]:
                return False
        for own, slot in self._before:
            positions = (cells if own else cells[0].cells)[slot]
            if positions is not None and position >= positions[0]:
                return False
        return True

    def floor(self, cells: Cells) -> int:
        """The position after which events are visible."""
        floor = -1
        for own, slot in self._since:
            positions = (cells if own else cells[0].cells)[slot]
            if positions is None:
                return NEVER
            if positions[1] > floor:
                floor = positions[1]
        return floor


def _places(anchors: frozenset[n.Anchor], slots: Mapping[n.Anchor, int]) -> tuple[tuple[bool, int], ...]:
    return tuple((anchor.scope == "part", slots[anchor]) for anchor in anchors)


def roles(patterns: Iterable[Pattern | None], name: str, match: Match) -> list[tuple[int, Predicate | None]]:
    """Which of the patterns an event of a name can match, by their number, and what its properties must meet."""
    found: list[tuple[int, Predicate | None]] = []
    for k, pattern in enumerate(patterns):
        test = False if pattern is None else match(pattern, name)
        if test is True:
            found.append((k, None))
        elif test is not False:
            found.append((k, test))
    return found
