"""The kernel of plain sequences: only the first step may count, there are no least gaps, no quiet times and no ``older
than``.

Most sequences are plain, and for them one partial match a step is enough: the latest (see ``sequences``). Here it is a
chain: its last event, the chain of the events before, and the time and position at which it begins.
"""

from collections.abc import Mapping
from typing import Any

from mqlrules.engine.incremental.state import (
    Cells,
    Condition,
    Dumped,
    Entry,
    Held,
    Match,
    Tested,
    Update,
    Visibility,
    positions_of,
    roles,
)
from mqlrules.plan import nodes as n

Chain = tuple[Held, Any, int, int]

FEW = 8
"""The most matches that a first step may count here: they are kept in a tuple."""


def is_plain(leaf: n.Sequence) -> bool:
    """Whether this kernel can keep a sequence."""
    steps_are = all(not step.after and step.quiet is None for step in leaf.steps)
    counts_are = leaf.steps[0].count <= FEW and all(step.count == 1 for step in leaf.steps[1:])
    return steps_are and counts_are and leaf.final is None and not leaf.interval.older


class PlainSequenceKernel:
    """Its cell is a list: the latest chain up to each step, or None; then, where the first step counts, its matches."""

    def __init__(self, slot: int, timer: int, visibility: Visibility, leaf: n.Sequence) -> None:
        self.slot = slot
        self.timer = timer
        self.steady = True
        self._visibility = visibility
        self._steps = leaf.steps
        self._last = len(leaf.steps) - 1

    def updates(self, name: str, match: Match) -> list[Tested]:
        """The functions that take events of a name, and what the events' properties must meet for them."""
        steps = roles((step.pattern for step in self._steps), name, match)[::-1]
        blocks = roles((step.absent for step in self._steps), name, match)
        if len(steps) + len(blocks) == 1:
            (k, test), *_ = steps or blocks
            return [(test, self._step(k) if steps else self._block(k))]
        # Later steps come first, so that an event is never two steps of one match. What must not come between two steps
        # comes last: an event is not between itself and another.
        parts = [(test, self._step(k)) for k, test in steps] + [(test, self._block(k)) for k, test in blocks]
        if not parts:
            return []

        def take(cells: Cells, entry: Entry) -> None:
            properties = entry[2].properties
            for test, update in parts:
                if test is None or test(properties):
                    update(cells, entry)

        return [(None, take)]

    def _step(self, k: int) -> Update:
        slot, within, blank, count = self.slot, self._steps[k].within, [None] * self._last, self._steps[k].count
        admits = self._visibility.admits if self._visibility.gated else None

        def begin(cells: Cells, entry: Entry) -> None:
            if admits is not None and not admits(cells, entry):
                return
            state = cells[slot]
            if state is None:
                cells[slot] = [(entry, None, entry[0], entry[1]), *blank]
            else:
                state[0] = (entry, None, entry[0], entry[1])

        def begin_counted(cells: Cells, entry: Entry) -> None:
            if admits is not None and not admits(cells, entry):
                return
            state = cells[slot]
            if state is None:
                state = cells[slot] = [None, *blank, ()]
            matches = (*state[-1][1 - count :], entry)
            state[-1] = matches
            if len(matches) == count:
                time, position, _ = matches[0]
                chain: Chain | None = None
                for match in matches:
                    chain = (match, chain, time, position)
                state[0] = chain

        def go_on(cells: Cells, entry: Entry) -> None:
            state = cells[slot]
            if state is None:
                return
            before = state[k - 1]
            if before is None or (within is not None and before[0][0] + within <= entry[0]):
                return
            if admits is None or admits(cells, entry):
                state[k] = (entry, before, before[2], before[3])

        if k:
            return go_on
        return begin if count == 1 else begin_counted

    def _block(self, k: int) -> Update:
        """What must not come before step k: the match that waits for it fails, unless this event ended it."""
        slot = self.slot

        def block(cells: Cells, entry: Entry) -> None:
            state = cells[slot]
            if state is not None and state[k - 1] is not None and state[k - 1][0][1] != entry[1]:
                state[k - 1] = None

        return block

    def condition(self) -> Condition:
        """Whether a choice of positions fits."""
        slot, visibility, last = self.slot, self._visibility, self._last
        within, floor = visibility.within, visibility.floor if visibility.moving else None

        def fits(cells: Cells, now: int) -> bool:
            state = cells[slot]
            if state is None:
                return False
            chain = state[last]
            if chain is None or (within is not None and chain[2] + within <= now):
                return False
            return floor is None or chain[3] > floor(cells)

        return fits

    def evidence(self, cells: Cells, now: int) -> list[Held]:
        """The events of the choice whose positions are latest; asked where it fits."""
        state = cells[self.slot]
        return [] if state is None else _events(state[self._last])

    def next_instant(self, cells: Cells, now: int) -> int | None:
        """When the latest match of all steps leaves its window."""
        state, within = cells[self.slot], self._visibility.within
        if state is None or state[self._last] is None or within is None:
            return None
        leaves: int = state[self._last][2] + within
        return leaves if leaves > now else None

    def dump(self, state: list[Any], into: list[Held]) -> Dumped:
        """The positions of the chain of each step: None without one, 0 where that of the next step goes on from it. The
        last are those of the matches of a first step that counts.
        """
        last = self._last
        dumped: list[Dumped] = [None] * (last + 1)
        following: Chain | None = None
        for k in range(last, -1, -1):
            chain = state[k]
            if chain is not None:
                dumped[k] = 0 if following is not None and following[1] is chain else positions_of(_events(chain), into)
            following = chain
        return [*dumped, positions_of(state[-1], into)] if len(state) > last + 1 else dumped

    def load(self, dumped: Dumped, events: Mapping[int, Held]) -> list[Any]:
        """What ``dump`` was given."""
        last = self._last
        state: list[Any] = [None] * (last + 1)
        for k in range(last, -1, -1):
            positions = dumped[k]
            if positions:
                first = events[positions[0]]
                chain: Chain | None = None
                for position in positions:
                    chain = (events[position], chain, first[0], first[1])
                state[k] = chain
            elif positions == 0:
                state[k] = state[k + 1][1]
        if len(dumped) > last + 1:
            state.append(tuple([events[position] for position in dumped[-1]]))
        return state


def _events(chain: Chain | None) -> list[Held]:
    """The events of a chain, in order."""
    found: list[Held] = []
    while chain is not None:
        found.append(chain[0])
        chain = chain[1]
    return found[::-1]
