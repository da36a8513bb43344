"""What kernels share: the cells of a lead, the events held in them, and visible intervals as tests on positions and
times.

The state of a lead is a list of cells, two for each kernel: one for what the kernel keeps, one for the instant that it
waits for. Cell 0 is the lead itself. Each part made by ``with same`` has a list of its own, whose cell 0 is the lead
too. An empty cell is None, so a fresh history is a list of Nones.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Generic, TypeVar

from mqlrules.check.program import Pattern
from mqlrules.events.model import Event
from mqlrules.plan import nodes as n

Entry = tuple[int, int, Event]
"""An event that arrives in a history: its time in microseconds, its position, the event."""

Kept = tuple[str, dict[str, Any], str | int | None]
"""An event as a snapshot has it: its name as sent, its properties, its id."""

Held = tuple[int, int, Event | Kept]
"""An event that a kernel holds on to. One that came from a snapshot becomes an ``Event`` only when it is evidence: most
never are, and making them all would cost more than everything else in a snapshot.
"""

Item = TypeVar("Item")

Cells = list[Any]
Condition = Callable[[Cells, int], bool]
"""Whether something holds for the history in the cells, at an instant."""

Evidence = Callable[[Cells, int], list[Held]]
Update = Callable[[Cells, Entry], None]
Predicate = Callable[[Mapping[str, Any]], bool]

Tested = tuple[Predicate | None, Update]
"""An update, and what an event's properties must meet for it (None: nothing)."""

Match = Callable[[Pattern, str], "Predicate | bool"]
"""Whether an event of a name can match a pattern: False never, True always, else if its properties meet the predicate.
"""

Dumped = Any
"""The state of a kernel as JSON, with positions in place of events."""

PART = 1
"""The cell of a part that holds the kernel of its ``with same``, and the value that makes the part."""

NEVER = 1 << 62
"""Later than every instant, and after every position."""


class Queue(Generic[Item]):
    """Appended to at the end and taken from at the front: a list, and where its front is. An empty deque takes ten
    times the memory.
    """

    __slots__ = ("items", "start")

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self.items = list(items)
        self.start = 0

    def __len__(self) -> int:
        return len(self.items) - self.start

    def __iter__(self) -> Iterator[Item]:
        return islice(self.items, self.start, None)

    @property
    def first(self) -> Item:
        """The item at the front, which must exist."""
        return self.items[self.start]

    def popleft(self) -> Item:
        """Takes the first item; the space of taken items is freed before it exceeds that of the others."""
        first = self.items[self.start]
        self.start += 1
        if 2 * self.start > len(self.items):
            del self.items[: self.start]
            self.start = 0
        return first


MANY_CELLS = 256
"""From this number of cells on, a lead keeps only the cells in use: below, a list is faster and no larger."""


def fresh_cells(width: int, lead: object) -> Cells:
    """The cells of an empty history. Cell 0 is the lead."""
    # The factory of the defaultdict is in C: it makes None for a cell that is asked for.
    cells: Any = [None] * width if width < MANY_CELLS else defaultdict(type(None))
    cells[0] = lead
    return cells  # type: ignore[no-any-return]


def positions_of(held: Iterable[Held], into: list[Held]) -> list[int]:
    """The positions of events, which are added to those that a dump refers to."""
    events = list(held)
    into += events
    return [entry[1] for entry in events]


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

    def latest(self, cells: Cells, now: int) -> int | None:
        """The latest position; None if there is none."""
        positions = cells[self.slot]
        return None if positions is None else positions[1]

    def dump(self, state: Any, into: list[Held]) -> Dumped:
        """The two positions."""
        return list(state)

    def load(self, dumped: Dumped, events: Mapping[int, Held]) -> Any:
        """What ``dump`` was given."""
        return list(dumped)


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
        """Whether an event that arrives now can be visible; asked after the anchors have taken it."""
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

    def ends(self, cells: Cells, now: int) -> tuple[int, int]:
        """The time and the position after which events are visible."""
        gone = -NEVER if self.within is None else now - self.within
        return gone, self.floor(cells) if self._since else -1


def _places(anchors: frozenset[n.Anchor], slots: Mapping[n.Anchor, int]) -> tuple[tuple[bool, int], ...]:
    return tuple((anchor.scope == "part", slots[anchor]) for anchor in anchors)


def roles(patterns: Iterable[Pattern | None], name: str, match: Match) -> list[tuple[int, Predicate | None]]:
    """Which of the patterns an event of a name can match, by their number, and what its properties must meet."""
    found: list[tuple[int, Predicate | None]] = []
    for k, pattern in enumerate(patterns):
        test = False if pattern is None else match(pattern, name)
        if test is not False:
            found.append((k, None if test is True else test))
    return found
