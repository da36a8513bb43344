"""The lines of scores, and the score above them (section 7). Points are whole millionths.

Where points stay what they are, a line is a number of matches: ``+N per P`` of all visible ones, ``+N for P`` of the
latest. Only ``halve every`` needs a kernel of its own.
"""

from collections.abc import Callable, Mapping

from mqlrules.engine.incremental.counts import CountKernel
from mqlrules.engine.incremental.matches import MatchesKernel
from mqlrules.engine.incremental.state import (
    NEVER,
    Cells,
    Condition,
    Dumped,
    Entry,
    Evidence,
    Held,
    Queue,
    Update,
    Visibility,
    positions_of,
)
from mqlrules.plan import nodes as n

Value = Callable[[Cells, int], int]


def halvings(points: int) -> list[int]:
    """What an event's points are worth after 0, 1, 2 … halvings, each rounded half to even, up to the first 0."""
    size, sign = abs(points), -1 if points < 0 else 1
    worth: list[int] = []
    while True:
        # points / 2^k, half to even, from the whole points each time.
        k = len(worth)
        whole, rest = size >> k, size & ((1 << k) - 1)
        if 2 * rest > 1 << k or (2 * rest == 1 << k and whole % 2):
            whole += 1
        if whole == 0:
            return worth
        worth.append(sign * whole)


class HalvingKernel:
    """A line with ``halve every``: the visible matches (of ``+N for P`` the latest), by how often they were halved.

    ``levels[k]`` holds what was halved k times, in order. The oldest match is the first of the deepest level.
    """

    def __init__(self, slot: int, timer: int, visibility: Visibility, line: n.EventPoints) -> None:
        assert line.halving is not None, "the points of other lines stay what they are"
        self.slot = slot
        self.timer = timer
        self.steady = not visibility.older and visibility.within is None
        self._visibility = visibility
        self._every = line.every
        self._halving = line.halving
        self._worth = halvings(line.points)

    def updater(self) -> Update:
        """The function that takes a matching event."""
        slot, visibility, settle = self.slot, self._visibility, self._settle
        admits = visibility.admits if visibility.gated else None
        older, every = visibility.older, self._every

        def take(cells: Cells, entry: Entry) -> None:
            if admits is not None and not admits(cells, entry):
                return
            state = cells[slot]
            if state is None:
                state = cells[slot] = ([Queue()], Queue() if older else None)
            if older:
                state[1].items.append(entry)
            else:
                if not every:
                    state[0][:] = [Queue()]
                state[0][0].items.append(entry)
            settle(cells, entry[0])

        return take

    def _settle(self, cells: Cells, now: int) -> list[Queue[Held]]:
        state = cells[self.slot]
        if state is None:
            return []
        levels: list[Queue[Held]] = state[0]
        waiting: Queue[Held] | None = state[1]
        visibility, halving = self._visibility, self._halving
        while waiting and waiting.first[0] <= now - visibility.older:
            if not self._every:
                levels[:] = [Queue()]
            levels[0].items.append(waiting.popleft())
        # The deepest level is made when an event first comes to it: the loop then goes on to it.
        for k, level in enumerate(levels):
            while level and level.first[0] + (k + 1) * halving <= now:
                held = level.popleft()
                if k + 1 < len(self._worth):
                    if k + 1 == len(levels):
                        levels.append(Queue())
                    levels[k + 1].items.append(held)
        if visibility.within is not None or visibility.moving:
            gone, floor = visibility.ends(cells, now)
            for level in reversed(levels):
                while level:
                    if level.first[0] > gone and level.first[1] > floor:
                        return levels
                    level.popleft()
        return levels

    def points(self, cells: Cells, now: int) -> int:
        """The points of the line at an instant."""
        levels = self._settle(cells, now)
        return sum(len(level) * points for level, points in zip(levels, self._worth, strict=False) if level)

    def evidence(self, cells: Cells, now: int) -> list[Held]:
        """The events that carry points."""
        if not self._worth:
            return []
        return [held for level in self._settle(cells, now) for held in level]

    def next_instant(self, cells: Cells, now: int) -> int | None:
        """When the next event is halved, leaves the window, or becomes old enough."""
        levels = self._settle(cells, now)
        state = cells[self.slot]
        if state is None:
            return None
        instants = []
        if state[1]:
            instants.append(state[1].first[0] + self._visibility.older)
        oldest: Held | None = None
        for k, level in enumerate(levels):
            if level:
                oldest = level.first
                instants.append(oldest[0] + (k + 1) * self._halving)
        if self._visibility.within is not None and oldest is not None:
            instants.append(oldest[0] + self._visibility.within)
        return min(instants, default=None)

    def dump(self, state: "tuple[list[Queue[Held]], Queue[Held] | None]", into: list[Held]) -> Dumped:
        """The positions of the matches that wait, and of those at each level."""
        return [positions_of(level, into) for level in (state[1] or (), *state[0])]

    def load(self, dumped: Dumped, events: Mapping[int, Held]) -> "tuple[list[Queue[Held]], Queue[Held] | None]":
        """What ``dump`` was given."""
        waiting, *levels = (Queue([events[position] for position in part]) for part in dumped)
        return levels, waiting if self._visibility.older else None


LineKernel = CountKernel | MatchesKernel | HalvingKernel


def line_kernel(slot: int, timer: int, visibility: Visibility, line: n.EventPoints) -> LineKernel:
    """The kernel that can keep a line."""
    if line.halving is not None:
        return HalvingKernel(slot, timer, visibility, line)
    return MatchesKernel(slot, timer, visibility) if line.every else CountKernel(slot, timer, visibility, 1)


def line_value(kernel: LineKernel, line: n.EventPoints) -> Value:
    """The function that gives the points of a line at an instant, their size capped."""
    points, (low, high) = line.points, (-NEVER, NEVER) if line.cap is None else (-line.cap, line.cap)
    if isinstance(kernel, CountKernel):
        worth = min(max(points, low), high)
        if kernel.is_direct:
            one = kernel.has(1)
            return lambda cells, now: worth if one(cells, now) else 0
        size = kernel.size
        return lambda cells, now: worth if size(cells, now) else 0
    if isinstance(kernel, HalvingKernel):
        halved = kernel.points
        return lambda cells, now: min(max(halved(cells, now), low), high)
    settle = kernel.settle

    def value(cells: Cells, now: int) -> int:
        matches = settle(cells, now)
        if matches is None:
            return 0
        total = len(matches) * points
        return high if total > high else low if total < low else total

    return value


def line_evidence(kernel: LineKernel, line: n.EventPoints) -> Evidence:
    """The events that carry the points of a line, before its cap."""
    if isinstance(kernel, HalvingKernel):
        return kernel.evidence
    visible = kernel.visible
    return lambda cells, now: list(visible(cells, now)) if line.points else []


def score_value(lines: list[Value], low: int | None, high: int | None) -> Value:
    """The sum of the lines, clamped."""
    if low is None or high is None:
        return lambda cells, now: sum([line(cells, now) for line in lines])

    def clamped(cells: Cells, now: int) -> int:
        total = 0
        for line in lines:
            total += line(cells, now)
        return low if total < low else high if total > high else total

    return clamped


def condition_value(condition: Condition, points: int) -> Value:
    """The points of ``+N if CONDITION``."""
    return lambda cells, now: points if condition(cells, now) else 0


def condition_evidence(condition: Condition, evidence: Evidence) -> Evidence:
    """The evidence of an ``if`` line, while its condition holds."""
    return lambda cells, now: evidence(cells, now) if condition(cells, now) else []
