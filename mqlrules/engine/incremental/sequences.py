"""The kernel of sequences (section 6).

A *chain* is a choice of positions for the first k steps that fits so far. Of two chains that end at different
positions, the one that ends later also begins no earlier: each step may take the latest chain before it that fits, and
every bound (a gap, an absence, a window) leaves the later of two chains open for longer. So for each step the kernel
keeps the chains that a coming event may still continue, in order, and drops one as soon as a later one serves every
future event as well. Where no least gap, count or quiet time stands between two steps that is a single chain; with a
least gap or a quiet time it is one for each event of that time.

The chain that a completing event takes is the latest that ends before all of the step's counted matches and fits: that
is also the choice that evidence asks for, position by position from the last step backwards.
"""

from collections import deque
from collections.abc import Callable

from mqlrules.engine.incremental.state import NEVER, Cells, Entry, Match, Tested, Visibility, roles
from mqlrules.plan import nodes as n


class Chain:
    """A choice for the first steps: where it ends and begins, the events of its last step, the chain before."""

    __slots__ = ("before", "entries", "position", "start", "start_position", "time")

    def __init__(self, entries: tuple[Entry, ...], before: "Chain | None") -> None:
        self.entries = entries
        self.before = before
        self.time, self.position = entries[-1][0], entries[-1][1]
        if before is None:
            self.start, self.start_position = entries[0][0], entries[0][1]
        else:
            self.start, self.start_position = before.start, before.start_position

    def all_entries(self) -> list[Entry]:
        """The events of all steps, in order."""
        found: list[Entry] = []
        chain: Chain | None = self
        while chain is not None:
            found[:0] = chain.entries
            chain = chain.before
        return found


class Way:
    """The way from one step to the next: the chains that end at the first of them and may be continued."""

    __slots__ = ("blocked", "matches", "open", "quiet")

    def __init__(self) -> None:
        self.open: list[Chain] = []
        self.quiet: deque[Chain] | None = None
        """Chains that wait for their quiet time to pass."""
        self.blocked = -1
        """The latest position of what must not come between."""
        self.matches: list[Entry] | None = None
        """The latest matches of the step at its end, if it asks for several."""


class State:
    """What is kept for one lead (or part). Most sequences need little of it: the rest is made when it is first used."""

    __slots__ = ("complete", "delayed", "matches", "noise", "waiting", "ways")

    def __init__(self) -> None:
        self.ways: dict[int, Way] = {}
        """The way to each step that has been opened, by the number of the step that it leads to (from 1)."""
        self.matches: list[Entry] | None = None
        """The latest matches of the first step, if it asks for several."""
        self.complete: Chain | None = None
        """The latest chain of all steps, and of the quiet time after the last one."""
        self.waiting: deque[Chain] | None = None
        """Whole chains that wait for the quiet time after the last step."""
        self.delayed: deque[tuple[Entry, tuple[int, ...], tuple[int, ...]]] | None = None
        """With ``older than``: events that are still too young, and the steps and the ways that they concern."""
        self.noise: dict[int, deque[tuple[int, int]]] | None = None
        """With ``older than``: (time, position) of what breaks a quiet time, for events that are still too young."""


class SequenceKernel:
    """Keeps the open chains of one sequence."""

    def __init__(self, slot: int, timer: int, visibility: Visibility, leaf: n.Sequence) -> None:
        self.slot = slot
        self.timer = timer
        self.steady = False
        self._visibility = visibility
        self._steps = leaf.steps
        self._final = leaf.final
        self._last = len(leaf.steps) - 1
        self._quiets = [*(step.quiet for step in leaf.steps), leaf.final]
        """The quiet time before each step (the first has none), and the one after the last step."""
        self._least = [max(step.after, step.quiet.lasting if step.quiet else 0) for step in leaf.steps]
        """The least gap before each step: that of its quiet time, or the one asked for."""

    # -- events --------------------------------------------------------------------------------------------------

    def updates(self, name: str, match: Match) -> list[Tested]:
        """The functions that take events of a name, and what the events' properties must meet for them."""
        steps = roles((step.pattern for step in self._steps), name, match)[::-1]
        blocks = roles((step.absent for step in self._steps), name, match)
        noises = roles((None if quiet is None else quiet.pattern for quiet in self._quiets), name, match)
        if not (steps or blocks or noises):
            return []
        slot, older = self.slot, self._visibility.older
        admits = self._visibility.admits if self._visibility.gated else None
        complete_step, break_quiet, mature = self._complete_step, self._break_quiet, self._mature

        def take(cells: Cells, entry: Entry) -> None:
            state = cells[slot]
            properties = entry[2].properties
            if state is None:
                if not older and not any(k == 0 and (test is None or test(properties)) for k, test in steps):
                    # Nothing has begun: there is nothing to continue, to block or to break.
                    return
                state = cells[slot] = State()
            for k, test in noises:
                if test is None or test(properties):
                    break_quiet(state, k, entry)
            if admits is not None and not admits(cells, entry):
                return
            if older:
                mine = tuple(k for k, test in steps if test is None or test(properties))
                blocked = tuple(k for k, test in blocks if test is None or test(properties))
                if mine or blocked:
                    if state.delayed is None:
                        state.delayed = deque()
                    state.delayed.append((entry, mine, blocked))
                mature(state, entry[0])
                return
            for k, test in steps:
                if test is None or test(properties):
                    complete_step(state, k, entry, entry[0])
            for k, test in blocks:
                if k in state.ways and (test is None or test(properties)):
                    state.ways[k].blocked = entry[1]

        return [(None, take)]

    def _complete_step(self, state: State, k: int, entry: Entry, now: int) -> None:
        """An event that matches step k has become visible: the chains that it completes."""
        step = self._steps[k]
        way = state.ways.get(k)
        if k and way is None:
            return
        if way is not None and step.quiet is not None:
            # Before the event is among the matches: which chains are needless depends on them.
            self._settle(way, k, now)
        entries: tuple[Entry, ...] = (entry,)
        if step.count > 1:
            owner = state if way is None else way
            if owner.matches is None:
                owner.matches = []
            matches = owner.matches
            matches.append(entry)
            if len(matches) > step.count:
                del matches[0]
            if len(matches) < step.count:
                if way is not None:
                    self._thin(way, k, now)
                return
            entries = tuple(matches)
        before = None
        if way is not None:
            before = self._continued(way, k, entries[0][1], entry[0])
            if before is None:
                return
        self._add(state, k, Chain(entries, before), now)

    def _continued(self, way: Way, k: int, limit: int, time: int) -> Chain | None:
        """The latest chain that ends before position ``limit`` and fits an event of step k at ``time``."""
        open_chains = way.open
        latest_end = time - self._least[k]
        within = self._steps[k].within
        at = len(open_chains) - 1
        while at >= 0 and (open_chains[at].position >= limit or open_chains[at].time > latest_end):
            at -= 1
        if at < 0:
            return None
        if at:
            # A later event finds this one or a later one, never one before it.
            del open_chains[:at]
        chain = open_chains[0]
        if chain.position < way.blocked or (within is not None and chain.time + within <= time):
            return None
        return chain

    def _thin(self, way: Way, k: int, now: int) -> None:
        """Drops the chains before step k that a later one has made needless."""
        needed = self._steps[k].count - 1
        limit = NEVER
        if needed and way.matches:
            # A match to come counts back to this one; if there are too few yet, chains before and after any may differ.
            limit = way.matches[-min(needed, len(way.matches))][1]
        # Events to come are later than what is old enough now.
        latest_end = now - self._visibility.older - self._least[k]
        at = len(way.open) - 1
        while at > 0 and (way.open[at].position >= limit or way.open[at].time > latest_end):
            at -= 1
        if at > 0:
            del way.open[:at]

    def _add(self, state: State, k: int, chain: Chain, now: int) -> None:
        """A chain has come to the end of step k."""
        if k == self._last and self._final is None:
            state.complete = chain
            return
        quiet = self._quiets[k + 1]
        if quiet is not None and self._broken(state, k + 1, quiet, chain):
            return
        if k == self._last:
            if state.waiting is None:
                state.waiting = deque()
            state.waiting.append(chain)
            self._settle_final(state, now)
            return
        way = state.ways.get(k + 1)
        if way is None:
            way = state.ways[k + 1] = Way()
        if quiet is None:
            way.open.append(chain)
            if len(way.open) > 1:
                self._thin(way, k + 1, now)
            return
        if way.quiet is None:
            way.quiet = deque()
        way.quiet.append(chain)
        self._settle(way, k + 1, now)

    # -- quiet times ---------------------------------------------------------------------------------------------

    def _settle(self, way: Way, k: int, now: int) -> None:
        """Chains whose quiet time is over may be continued by step k."""
        quiet = self._quiets[k]
        assert quiet is not None, "asked only of ways with a quiet time"
        while way.quiet and way.quiet[0].time + quiet.lasting <= now:
            way.open.append(way.quiet.popleft())
        if len(way.open) > 1:
            self._thin(way, k, now)

    def _settle_final(self, state: State, now: int) -> None:
        final, waiting = self._final, state.waiting
        assert final is not None, "asked only where the sequence ends in a quiet time"
        while waiting and waiting[0].time + final.lasting <= now:
            state.complete = waiting.popleft()

    def _break_quiet(self, state: State, k: int, entry: Entry) -> None:
        """What must not come has come, visible or not: the chains whose quiet time is not over have failed."""
        now, older = entry[0], self._visibility.older
        if older:
            self._mature(state, now)
        if k > self._last:
            self._settle_final(state, now)
            state.waiting = None
        elif k in state.ways:
            self._settle(state.ways[k], k, now)
            state.ways[k].quiet = None
        if older:
            if state.noise is None:
                state.noise = {}
            noise = state.noise.setdefault(k, deque())
            noise.append((entry[0], entry[1]))
            while noise[0][0] <= now - older:
                noise.popleft()

    def _broken(self, state: State, k: int, quiet: n.Quiet, chain: Chain) -> bool:
        """With ``older than``: whether a quiet time was broken before the event that it begins with was old enough."""
        if state.noise is None or k not in state.noise:
            return False
        end = chain.time + quiet.lasting
        return any(position > chain.position and time < end for time, position in state.noise[k])

    # -- time ----------------------------------------------------------------------------------------------------

    def _mature(self, state: State, now: int) -> None:
        """With ``older than``: takes the events that have become old enough, each at the instant at which it did."""
        older, delayed = self._visibility.older, state.delayed
        while delayed and delayed[0][0][0] <= now - older:
            entry, mine, blocked = delayed.popleft()
            for k in mine:
                self._complete_step(state, k, entry, entry[0] + older)
            for k in blocked:
                if k in state.ways:
                    state.ways[k].blocked = entry[1]

    def chain(self, cells: Cells, now: int) -> Chain | None:
        """The latest whole chain, if it is visible."""
        state: State | None = cells[self.slot]
        if state is None:
            return None
        visibility = self._visibility
        if visibility.older:
            self._mature(state, now)
        if self._final is not None:
            self._settle_final(state, now)
        chain = state.complete
        if chain is None:
            return None
        if visibility.within is not None and chain.start + visibility.within <= now:
            return None
        if visibility.moving and chain.start_position <= visibility.floor(cells):
            return None
        return chain

    def condition(self) -> Callable[[Cells, int], bool]:
        """Whether a choice of positions fits."""
        chain = self.chain
        return lambda cells, now: chain(cells, now) is not None

    def evidence(self, cells: Cells, now: int) -> list[Entry]:
        """The events of the choice whose positions are latest."""
        chain = self.chain(cells, now)
        return [] if chain is None else chain.all_entries()

    def next_instant(self, cells: Cells, now: int) -> int | None:
        """When a quiet time ends, an event becomes old enough, or the latest chain leaves its window."""
        state: State | None = cells[self.slot]
        if state is None:
            return None
        chain = self.chain(cells, now)
        instants = []
        if self._final is not None and state.waiting:
            instants.append(state.waiting[0].time + self._final.lasting)
        if state.delayed:
            instants.append(state.delayed[0][0][0] + self._visibility.older)
        if chain is not None and self._visibility.within is not None:
            instants.append(chain.start + self._visibility.within)
        return min(instants, default=None)
