"""The kernels of a score's lines, and the score above them (section 7). Points are whole millionths."""

from collections.abc import Callable

from mqlrules.engine.incremental.state import NEVER, Cells, Condition, Entry, Evidence, Queue, Visibility
from mqlrules.plan import nodes as n

Value = Callable[[Cells, int], int]


def halvings(points: int, halving: int | None) -> list[int]:
    """What an event's points are worth at age 0, 1, 2 … halvings, each rounded half to even, up to the first 0."""
    if halving is None:
        return [points]
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


class EveryKernel:
    """``+N per P`` where points stay what they are and events are visible at once: the visible matches."""

    def __init__(self, slot: int, timer: int, visibility: Visibility, line: n.EventPoints) -> None:
        self.slot = slot
        self.timer = timer
        self.steady = True
        self._visibility = visibility
        self._points = line.points

    def updater(self) -> Callable[[Cells, Entry], None]:
        """The function that takes a matching event."""
        slot, visibility, visible = self.slot, self._visibility, self._visible
        admits = visibility.admits if visibility.gated else None

        def take(cells: Cells, entry: Entry) -> None:
            if admits is not None and not admits(cells, entry):
                return
            if cells[slot] is None:
                cells[slot] = Queue()
            cells[slot].items.append(entry)
            visible(cells, entry[0])

        return take

    def _visible(self, cells: Cells, now: int) -> Queue[Entry]:
        entries: Queue[Entry] = cells[self.slot]
        visibility = self._visibility
        gone = -NEVER if visibility.within is None else now - visibility.within
        floor = visibility.floor(cells) if visibility.moving else -1
        while entries and ((first := entries.items[entries.start])[0] <= gone or first[1] <= floor):
            entries.popleft()
        return entries

    def value(self, cap: int | None) -> Value:
        """The function that gives the points of the line at an instant, their size capped."""
        slot, points, visible = self.slot, self._points, self._visible
        within, moving = self._visibility.within, self._visibility.moving
        low, high = (-NEVER, NEVER) if cap is None else (-cap, cap)

        def value(cells: Cells, now: int) -> int:
            entries = cells[slot]
            if entries is None:
                return 0
            items, start = entries.items, entries.start
            if moving or (within is not None and start < len(items) and items[start][0] <= now - within):
                visible(cells, now)
            total = (len(items) - entries.start) * points
            return high if total > high else low if total < low else total

        return value

    def evidence(self, cells: Cells, now: int) -> list[Entry]:
        """The events that carry points."""
        return list(self._visible(cells, now)) if cells[self.slot] is not None and self._points else []

    def next_instant(self, cells: Cells, now: int) -> int | None:
        """When the next event leaves the window."""
        within = self._visibility.within
        if within is None or cells[self.slot] is None:
            return None
        return next((entry[0] + within for entry in self._visible(cells, now)), None)


class FadingKernel:
    """``+N per P`` with ``halve every`` or ``older than``: the visible matches, by how often they have been halved.

    ``levels[k]`` holds what has been halved k times, in order; the oldest of all is the first of the deepest level.
    """

    def __init__(self, slot: int, timer: int, visibility: Visibility, line: n.EventPoints) -> None:
        self.slot = slot
        self.timer = timer
        self.steady = not visibility.older and (line.halving is None or visibility.within is None)
        self._visibility = visibility
        self._worth = halvings(line.points, line.halving)
        self._halving = line.halving

    def updater(self) -> Callable[[Cells, Entry], None]:
        """The function that takes a matching event."""
        slot, visibility, settle = self.slot, self._visibility, self._settle
        admits = visibility.admits if visibility.gated else None
        older = visibility.older

        def take(cells: Cells, entry: Entry) -> None:
            if admits is not None and not admits(cells, entry):
                return
            state = cells[slot]
            if state is None:
                state = cells[slot] = ([Queue()], Queue() if older else None)
            (state[1] if older else state[0][0]).items.append(entry)
            settle(cells, entry[0])

        return take

    def _settle(self, cells: Cells, now: int) -> list[Queue[Entry]]:
        state = cells[self.slot]
        if state is None:
            return []
        levels: list[Queue[Entry]] = state[0]
        waiting: Queue[Entry] | None = state[1]
        visibility, halving = self._visibility, self._halving
        older = visibility.older
        while waiting and waiting.items[waiting.start][0] <= now - older:
            levels[0].items.append(waiting.popleft())
        if halving is not None:
            # The deepest level is made when an event first comes to it: the loop then goes on to it.
            for k, level in enumerate(levels):
                while level and level.items[level.start][0] + (k + 1) * halving <= now:
                    entry = level.popleft()
                    if k + 1 < len(self._worth):
                        if k + 1 == len(levels):
                            levels.append(Queue())
                        levels[k + 1].items.append(entry)
        within = visibility.within
        if within is not None or visibility.moving:
            floor = visibility.floor(cells) if visibility.moving else -1
            for level in reversed(levels):
                while level:
                    entry = level.items[level.start]
                    if (within is None or entry[0] > now - within) and entry[1] > floor:
                        return levels
                    level.popleft()
        return levels

    def value(self, cap: int | None) -> Value:
        """The function that gives the points of the line at an instant, their size capped."""
        settle, worth = self._settle, self._worth

        def value(cells: Cells, now: int) -> int:
            return sum(len(level) * points for level, points in zip(settle(cells, now), worth, strict=False) if level)

        return capped(value, cap)

    def evidence(self, cells: Cells, now: int) -> list[Entry]:
        """The events that carry points."""
        if not self._worth:
            return []
        return [entry for level in self._settle(cells, now) for entry in level]

    def next_instant(self, cells: Cells, now: int) -> int | None:
        """When the next event is halved, leaves the window, or becomes old enough."""
        levels = self._settle(cells, now)
        state = cells[self.slot]
        if state is None:
            return None
        visibility, halving = self._visibility, self._halving
        instants = []
        if state[1]:
            instants.append(next(iter(state[1]))[0] + visibility.older)
        oldest: Entry | None = None
        for k, level in enumerate(levels):
            if level:
                oldest = level.items[level.start]
                if halving is not None:
                    instants.append(oldest[0] + (k + 1) * halving)
        if visibility.within is not None and oldest is not None:
            instants.append(oldest[0] + visibility.within)
        return min(instants, default=None)


class LatestKernel:
    """``+N for P``: the latest visible match."""

    def __init__(self, slot: int, timer: int, visibility: Visibility, line: n.EventPoints) -> None:
        self.slot = slot
        self.timer = timer
        self.steady = not visibility.older and (line.halving is None or visibility.within is None)
        self._visibility = visibility
        self._worth = halvings(line.points, line.halving)
        self._halving = line.halving

    def updater(self) -> Callable[[Cells, Entry], None]:
        """The function that takes a matching event."""
        slot, visibility, settle = self.slot, self._visibility, self._latest
        admits = visibility.admits if visibility.gated else None
        older = visibility.older

        def take(cells: Cells, entry: Entry) -> None:
            if admits is not None and not admits(cells, entry):
                return
            if not older:
                cells[slot] = entry
                return
            if cells[slot] is None:
                cells[slot] = [None, Queue()]
            cells[slot][1].items.append(entry)
            settle(cells, entry[0])

        return take

    def _latest(self, cells: Cells, now: int) -> Entry | None:
        """The latest match that is visible."""
        state = cells[self.slot]
        visibility = self._visibility
        entry: Entry | None
        if state is None:
            return None
        if visibility.older:
            waiting: Queue[Entry] = state[1]
            while waiting and waiting.items[waiting.start][0] <= now - visibility.older:
                state[0] = waiting.popleft()
            entry = state[0]
        else:
            entry = state
        if entry is None or (visibility.within is not None and entry[0] <= now - visibility.within):
            return None
        return entry if not visibility.moving or entry[1] > visibility.floor(cells) else None

    def value(self, cap: int | None) -> Value:
        """The function that gives the points of the line at an instant, their size capped."""
        slot, points_of, visibility = self.slot, self._points_of, self._visibility
        if self._halving is None and not visibility.older and not visibility.moving:
            within = visibility.within
            points = capped(lambda cells, now: self._worth[0] if self._worth else 0, cap)([], 0)

            def value(cells: Cells, now: int) -> int:
                entry = cells[slot]
                return 0 if entry is None or (within is not None and entry[0] <= now - within) else points

            return value
        return capped(points_of, cap)

    def _points_of(self, cells: Cells, now: int) -> int:
        entry = self._latest(cells, now)
        if entry is None:
            return 0
        age = 0 if self._halving is None else (now - entry[0]) // self._halving
        return self._worth[age] if age < len(self._worth) else 0

    def evidence(self, cells: Cells, now: int) -> list[Entry]:
        """The event, while it carries points."""
        entry = self._latest(cells, now)
        return [entry] if entry is not None and self._points_of(cells, now) else []

    def next_instant(self, cells: Cells, now: int) -> int | None:
        """When the event is halved or leaves the window, or another becomes old enough."""
        entry, state, instants = self._latest(cells, now), cells[self.slot], []
        if state is not None and self._visibility.older and state[1]:
            instants.append(next(iter(state[1]))[0] + self._visibility.older)
        if entry is not None and self._visibility.within is not None:
            instants.append(entry[0] + self._visibility.within)
        if entry is not None and self._halving is not None:
            age = (now - entry[0]) // self._halving
            if age < len(self._worth):
                instants.append(entry[0] + (age + 1) * self._halving)
        return min(instants, default=None)


LineKernel = EveryKernel | FadingKernel | LatestKernel


def capped(value: Value, cap: int | None) -> Value:
    """The points of a line, their size capped."""
    if cap is None:
        return value
    return lambda cells, now: min(max(value(cells, now), -cap), cap)


def line_kernel(slot: int, timer: int, visibility: Visibility, line: n.EventPoints) -> LineKernel:
    """The kernel that can keep a line."""
    if not line.every:
        return LatestKernel(slot, timer, visibility, line)
    if line.halving is None and not visibility.older:
        return EveryKernel(slot, timer, visibility, line)
    return FadingKernel(slot, timer, visibility, line)


def condition_value(condition: Condition, points: int) -> Value:
    """The points of ``+N if CONDITION``."""
    return lambda cells, now: points if condition(cells, now) else 0


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


def condition_evidence(condition: Condition, evidence: Evidence) -> Evidence:
    """The evidence of an ``if`` line, while its condition holds."""
    return lambda cells, now: evidence(cells, now) if condition(cells, now) else []
