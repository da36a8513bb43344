"""The kernel of sequences (section 6).

A *chain* is a choice of positions for the first k steps that fits so far. Of two chains that end at different positions,
the one that ends later also begins no earlier: each step may take the latest chain before it that fits, and every bound
(a gap, an absence, a window) leaves the later of two chains open for longer. So for each step the kernel keeps the
chains that a coming event may still continue, in order, and drops one as soon as a later one serves every future event as
well. Where no least gap, count or quiet time stands between two steps that is a single chain; with a least gap or a quiet
time it is one for each event of that time.

The chain that a completing event takes is the latest that ends before all of the step's counted matches and fits: that is
also the choice that evidence asks for, position by position from the last step backwards.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from mqlrules.check.program import Pattern
from mqlrules.engine.incremental.cells import NEVER, Cells, Entry, Predicate, Visibility
from mqlrules.plan import nodes as n

Match = Callable[[Pattern, str], "Predicate | bool"]
"""Whether an event of a name can match a pattern: False never, True always, else if its properties meet the predicate."""


class Chain:
    """A choice for the first steps: where it ends and begins, the events of its last step, and the chain before that."""

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

    __slots__ = ("blocked", "open", "quiet")

    def __init__(self) -> None:
        self.open: list[Chain] = []
        self.quiet: deque[Chain] = deque()
        """Chains that wait for their quiet time to pass."""
        self.blocked = -1
        """The latest position of what must not come between."""


class State:
    """What is kept for one lead (or part)."""

    __slots__ = ("complete", "delayed", "last", "matches", "noise", "ways")

    def __init__(self, steps: int) -> None:
        self.ways = [Way() for _ in range(steps - 1)]
        self.matches: list[list[Entry]] = [[] for _ in range(steps)]
        """The latest matches of each step that asks for several, or that a way must count."""
        self.complete: Chain | None = None
        """The latest chain of all steps, and of the quiet time after the last one."""
        self.last = Way()
        """Whole chains that wait for the quiet time after the last step."""
        self.delayed: deque[tuple[Entry, tuple[int, ...], tuple[int, ...]]] = deque()
        """With ``older than``: events that are still too young, the steps and the ways that they concern."""
        self.noise: list[deque[tuple[int, int]]] = []
        """With ``older than``: (time, position) of what breaks each quiet, for events that are still too young."""


class SequenceKernel:
    """Keeps the open chains of one sequence."""

    def __init__(self, slot: int, timer: int, visibility: Visibility, leaf: n.Sequence) -> None:
        self.slot = slot
        self.timer = timer
        self._visibility = visibility
        self._steps = leaf.steps
        self._final = leaf.final
        self._last = len(leaf.steps) - 1
        self._quiets = [step.quiet for step in leaf.steps[1:]] + [leaf.final]
        self._least = [max(step.after, step.quiet.lasting if step.quiet else 0) for step in leaf.steps]
        """The least gap before each step: that of its quiet time, or the one asked for."""

    # -- events --------------------------------------------------------------------------------------------------

    def updater(self, name: str, match: Match) -> Callable[[Cells, Entry], None] | None:
        """The function that takes events of a name; None if they do not concern the sequence."""
        steps = list(_tests(enumerate(step.pattern for step in self._steps), name, match))[::-1]
        blocks = list(
            _tests(((k, s.absent) for k, s in enumerate(self._steps[1:]) if s.absent is not None), name, match)
        )
        noises = list(_tests(((k, q.pattern) for k, q in enumerate(self._quiets) if q is not None), name, match))
        if not (steps or blocks or noises):
            return None
        slot, older = self.slot, self._visibility.older
        admits = self._visibility.admits if self._visibility.gated else None
        count, complete_step, break_quiet = len(self._steps), self._complete_step, self._break_quiet
        mature = self._mature

        def take(cells: Cells, entry: Entry) -> None:
            state = cells[slot]
            properties = entry[2].properties
            if state is None:
                if not older and not any(k == 0 and (test is None or test(properties)) for k, test in steps):
                    # Nothing has begun: there is nothing to continue, to block or to break.
                    return
                state = cells[slot] = State(count)
            for k, test in noises:
                if test is None or test(properties):
                    break_quiet(state, k, entry)
            if admits is not None and not admits(cells, entry):
                return
            if older:
                mine = tuple(k for k, test in steps if test is None or test(properties))
                blocked = tuple(k for k, test in blocks if test is None or test(properties))
                if mine or blocked:
                    state.delayed.append((entry, mine, blocked))
                mature(state, entry[0])
                return
            for k, test in steps:
                if test is None or test(properties):
                    complete_step(state, k, entry, entry[0])
            for k, test in blocks:
                if test is None or test(properties):
                    state.ways[k].blocked = entry[1]

        return take

    def _complete_step(self, state: State, k: int, entry: Entry, now: int) -> None:
        """An event that matches step k has become visible: the chains that it completes."""
        step = self._steps[k]
        if step.count == 1:
            entries: tuple[Entry, ...] = (entry,)
        else:
            matches = state.matches[k]
            matches.append(entry)
            if len(matches) > step.count:
                del matches[0]
            if len(matches) < step.count:
                if k:
                    self._thin(state, k, now)
                return
            entries = tuple(matches)
        before = None
        if k:
            way = state.ways[k - 1]
            if step.quiet is not None:
                self._settle(state, k, now)
            found = self._continued(way, k, entries[0][1], entry[0])
            if found is None:
                return
            before = found
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

    def _thin(self, state: State, k: int, now: int) -> None:
        """Drops the chains before step k that a later one has made needless."""
        step, way = self._steps[k], state.ways[k - 1]
        matches = state.matches[k] if step.count > 1 else []
        needed = step.count - 1
        limit = matches[-needed][1] if needed and len(matches) >= needed else NEVER
        if needed and len(matches) < needed:
            # Too few matches yet: chains before and after any of them may come to be told apart by the ones to come.
            limit = matches[0][1] if matches else NEVER
        # Events to come are later than what is old enough now.
        latest_end = now - self._visibility.older - self._least[k]
        at = len(way.open) - 1
        while at > 0 and (way.open[at].position >= limit or way.open[at].time > latest_end):
            at -= 1
        if at > 0:
            del way.open[:at]

    def _add(self, state: State, k: int, chain: Chain, now: int) -> None:
        """A chain has come to the end of step k."""
        if k == self._last:
            if self._final is None:
                state.complete = chain
            elif not self._broken(state, k, chain):
                state.last.quiet.append(chain)
                self._settle_final(state, now)
            return
        way, step = state.ways[k], self._steps[k + 1]
        if step.quiet is not None:
            if not self._broken(state, k, chain):
                way.quiet.append(chain)
                self._settle(state, k + 1, now)
            return
        way.open.append(chain)
        if len(way.open) > 1:
            self._thin(state, k + 1, now)

    # -- quiet times ---------------------------------------------------------------------------------------------

    def _settle(self, state: State, k: int, now: int) -> None:
        """Chains whose quiet time is over may be continued by step k."""
        way, quiet = state.ways[k - 1], self._quiets[k - 1]
        assert quiet is not None, "asked only of ways with a quiet time"
        while way.quiet and way.quiet[0].time + quiet.lasting <= now:
            way.open.append(way.quiet.popleft())
        if len(way.open) > 1:
            self._thin(state, k, now)

    def _settle_final(self, state: State, now: int) -> None:
        final, waiting = self._final, state.last.quiet
        assert final is not None, "asked only where the sequence ends in a quiet time"
        while waiting and waiting[0].time + final.lasting <= now:
            state.complete = waiting.popleft()

    def _break_quiet(self, state: State, k: int, entry: Entry) -> None:
        """Something came that must not: the chains whose quiet time is not over have failed. Visible or not, it counts."""
        now, older = entry[0], self._visibility.older
        if older:
            self._mature(state, now)
        if k == self._last:
            self._settle_final(state, now)
            state.last.quiet.clear()
        else:
            self._settle(state, k + 1, now)
            state.ways[k].quiet.clear()
        if older:
            if not state.noise:
                state.noise = [deque() for _ in self._quiets]
            noise = state.noise[k]
            noise.append((entry[0], entry[1]))
            while noise[0][0] <= now - older:
                noise.popleft()

    def _broken(self, state: State, k: int, chain: Chain) -> bool:
        """With ``older than``: whether the quiet time after a chain was broken before its last event was old enough."""
        if not state.noise:
            return False
        quiet = self._quiets[k]
        assert quiet is not None, "asked only of ways with a quiet time"
        end = chain.time + quiet.lasting
        return any(position > chain.position and time < end for time, position in state.noise[k])

    # -- time ----------------------------------------------------------------------------------------------------

    def _mature(self, state: State, now: int) -> None:
        """With ``older than``: takes the events that have become old enough, each at the instant at which it did."""
        older = self._visibility.older
        while state.delayed and state.delayed[0][0][0] <= now - older:
            entry, mine, blocked = state.delayed.popleft()
            for k in mine:
                self._complete_step(state, k, entry, entry[0] + older)
            for k in blocked:
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
        visibility, slot = self._visibility, self.slot
        if self._final is None and not visibility.older and not visibility.moving:
            within = visibility.within
            if within is None:

                def seen(cells: Cells, now: int) -> bool:
                    state = cells[slot]
                    return state is not None and state.complete is not None

                return seen

            def seen_within(cells: Cells, now: int) -> bool:
                state = cells[slot]
                return state is not None and state.complete is not None and state.complete.start + within > now

            return seen_within
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
        if self._final is not None and state.last.quiet:
            instants.append(state.last.quiet[0].time + self._final.lasting)
        if state.delayed:
            instants.append(state.delayed[0][0][0] + self._visibility.older)
        if chain is not None and self._visibility.within is not None:
            instants.append(chain.start + self._visibility.within)
        return min(instants, default=None)


def _tests(patterns: Iterable[tuple[int, Pattern]], name: str, match: Match) -> Iterator[tuple[int, Predicate | None]]:
    for k, pattern in patterns:
        test = match(pattern, name)
        if test is True:
            yield k, None
        elif test is not False:
            yield k, test
