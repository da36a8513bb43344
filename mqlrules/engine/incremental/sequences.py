"""The kernel of sequences (section 6).

A sequence holds when *some* choice of positions fits, so taking the first match that comes is not enough: an early
start that runs out of time must not hide a later one. Keeping every choice is not possible either. What makes a small
state enough is this.

A *partial match* is a choice for the first k steps that fits so far. Of two partial matches for the same steps that end
at different positions, the one that ends later also begins no earlier, because each step takes the latest partial match
before it that fits. And whatever may still end a partial match (a longest gap, an absence, a window) leaves the later
one open for at least as long. So an event that completes step k needs one partial match alone: the latest that fits.
That is also the choice that evidence asks for, whose positions are latest, compared from the last step backwards.

"That fits" has two lower bounds, and both only ever move forward:

- The event must come at least a least gap after it: ``then after D``, or the time of a ``no X for D`` between the two.
  Younger partial matches wait in ``young``, in order, until events that come are far enough from them.
- It must end before the matches that the step counts (``then P >= 3``). Of the partial matches that are old enough, the
  latest before each of the counted matches may be needed: those are in ``ripe``. Where a step asks for one match, that
  is a single partial match.

So each partial match enters ``young`` once and leaves it once, enters ``ripe`` once and leaves it once, and an event
costs the same however many came before it. What a longest gap or an absence rules out is looked at only when an event
takes the latest partial match: if that one is out of time, so are all earlier ones.

The time of a ``no X for D`` is broken by X whether it is visible or not. When X comes, the partial matches whose time
is not over fail; they are at the end of ``young``. With ``older than`` an event becomes visible late, when X may have
come already: ``violations`` remembers that.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from mqlrules.engine.incremental.state import (
    Cells,
    Condition,
    Dumped,
    Entry,
    Held,
    Match,
    Queue,
    Tested,
    Visibility,
    positions_of,
    roles,
)
from mqlrules.plan import nodes as n


class PartialMatch:
    """A choice for the first steps: the events of its last step, the choice before, where it ends and begins."""

    __slots__ = ("before", "held", "position", "start", "start_position", "time")

    def __init__(self, held: tuple[Held, ...], before: "PartialMatch | None") -> None:
        self.held = held
        self.before = before
        self.time, self.position = held[-1][0], held[-1][1]
        if before is None:
            self.start, self.start_position = held[0][0], held[0][1]
        else:
            self.start, self.start_position = before.start, before.start_position

    def events(self) -> list[Held]:
        """The events of all its steps."""
        found: list[Held] = []
        partial: PartialMatch | None = self
        while partial is not None:
            found += partial.held
            partial = partial.before
        return found


class Stage:
    """What waits for one step: the partial matches of the steps before it that an event may still continue."""

    __slots__ = ("blocked", "matches", "ripe", "young")

    def __init__(self) -> None:
        self.young: Queue[PartialMatch] = Queue()
        self.ripe: list[PartialMatch] = []
        self.blocked = -1
        """The latest position of an event that must not come between the steps."""
        self.matches: list[Held] = []
        """The latest matches of the step, if it counts several."""


class State:
    """What is kept for one lead (or part). Most sequences need little of it: the rest is made on first use."""

    __slots__ = ("complete", "delayed", "matches", "stages", "violations", "waiting")

    def __init__(self) -> None:
        self.stages: dict[int, Stage] = {}
        """By the number of the step, from 1, each step that has something to continue."""
        self.matches: list[Held] = []
        """The latest matches of the first step, if it counts several."""
        self.complete: PartialMatch | None = None
        """The latest match of all steps whose final quiet time, if there is one, is over."""
        self.waiting: Queue[PartialMatch] | None = None
        """Matches of all steps that wait for the final quiet time to end."""
        self.delayed: Queue[tuple[Held, list[int], list[int]]] | None = None
        """With ``older than``: events that are too young, the steps they match, and the steps they must not precede."""
        self.violations: dict[int, Queue[tuple[int, int]]] | None = None
        """With ``older than``: time and position of what broke a quiet time, by the number of the step after it."""


class SequenceKernel:
    """Keeps the partial matches of one sequence."""

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
        """The least gap before each step."""

    # -- events ----------------------------------------------------------------------------------------------------

    def updates(self, name: str, match: Match) -> list[Tested]:
        """The functions that take events of a name, and what the events' properties must meet for them."""
        # Later steps come first, so that an event is never two steps of one match. What must not come between two steps
        # comes last: an event is not between itself and another.
        steps = roles((step.pattern for step in self._steps), name, match)[::-1]
        blocks = roles((step.absent for step in self._steps), name, match)
        breaks = roles((None if quiet is None else quiet.pattern for quiet in self._quiets), name, match)
        if not (steps or blocks or breaks):
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
            for k, test in breaks:
                if test is None or test(properties):
                    break_quiet(state, k, entry)
            if admits is not None and not admits(cells, entry):
                return
            if older:
                mine = [k for k, test in steps if test is None or test(properties)]
                blocked = [k for k, test in blocks if test is None or test(properties)]
                if mine or blocked:
                    if state.delayed is None:
                        state.delayed = Queue()
                    state.delayed.items.append((entry, mine, blocked))
                mature(state, entry[0])
                return
            for k, test in steps:
                if test is None or test(properties):
                    complete_step(state, k, entry, entry[0])
            for k, test in blocks:
                if k in state.stages and (test is None or test(properties)):
                    state.stages[k].blocked = entry[1]

        return [(None, take)]

    def _complete_step(self, state: State, k: int, held: Held, now: int) -> None:
        """An event that matches step k has become visible: what it completes."""
        step = self._steps[k]
        stage = state.stages.get(k)
        if k and stage is None:
            return
        if stage is not None:
            self._ripen(stage, k, held[0])
        events: tuple[Held, ...] = (held,)
        if step.count > 1:
            matches = state.matches if stage is None else stage.matches
            matches.append(held)
            if len(matches) > step.count:
                del matches[0]
            if len(matches) < step.count:
                return
            events = tuple(matches)
        before = None
        if stage is not None:
            before = self._continued(stage, k, events[0][1], held[0])
            if before is None:
                return
        self._add(state, k, PartialMatch(events, before), now)

    def _continued(self, stage: Stage, k: int, limit: int, time: int) -> PartialMatch | None:
        """The latest partial match that ends before position ``limit`` and that an event at ``time`` may continue."""
        ripe, within = stage.ripe, self._steps[k].within
        later = 0
        while later < len(ripe) and ripe[later].position < limit:
            later += 1
        if not later:
            return None
        # A later event finds this one or one after it, never one before it.
        del ripe[: later - 1]
        latest = ripe[0]
        if latest.position < stage.blocked or (within is not None and latest.time + within <= time):
            return None
        return latest

    def _add(self, state: State, k: int, partial: PartialMatch, now: int) -> None:
        """A partial match has come to the end of step k."""
        if k == self._last and self._final is None:
            state.complete = partial
            return
        quiet = self._quiets[k + 1]
        if quiet is not None and self._is_broken(state, k + 1, quiet, partial):
            return
        if k == self._last:
            if state.waiting is None:
                state.waiting = Queue()
            state.waiting.items.append(partial)
            self._settle_final(state, now)
            return
        stage = state.stages.get(k + 1)
        if stage is None:
            stage = state.stages[k + 1] = Stage()
        if self._least[k + 1]:
            stage.young.items.append(partial)
            self._ripen(stage, k + 1, partial.time)
        else:
            self._ripe(stage, k + 1, partial)

    def _ripen(self, stage: Stage, k: int, time: int) -> None:
        """Makes ripe what an event of step k at ``time`` or later is far enough from."""
        young, end = stage.young, time - self._least[k]
        while young and young.first.time <= end:
            self._ripe(stage, k, young.popleft())

    def _ripe(self, stage: Stage, k: int, partial: PartialMatch) -> None:
        """Keeps a partial match; the one before it goes unless a counted match of step k lies between the two."""
        ripe = stage.ripe
        if ripe:
            matches = stage.matches
            following = bisect_right(matches, ripe[-1].position, key=_position)
            if following == len(matches) or matches[following][1] > partial.position:
                ripe[-1] = partial
                return
        ripe.append(partial)

    # -- quiet times -----------------------------------------------------------------------------------------------

    def _break_quiet(self, state: State, k: int, entry: Entry) -> None:
        """What must not come has come, visible or not: the partial matches whose quiet time is not over have failed."""
        now, older = entry[0], self._visibility.older
        if older:
            self._mature(state, now)
        if k > self._last:
            self._settle_final(state, now)
            state.waiting = None
        elif k in state.stages:
            quiet, young = self._quiets[k], state.stages[k].young
            while young and quiet is not None and young.items[-1].time + quiet.lasting > now:
                young.items.pop()
        if older:
            if state.violations is None:
                state.violations = {}
            violations = state.violations.setdefault(k, Queue())
            violations.items.append((entry[0], entry[1]))
            while violations.first[0] <= now - older:
                violations.popleft()

    def _is_broken(self, state: State, k: int, quiet: n.Quiet, partial: PartialMatch) -> bool:
        """With ``older than``: whether a quiet time was broken before the event that it begins with was old enough."""
        violations = None if state.violations is None else state.violations.get(k)
        if violations is None:
            return False
        # Partial matches come in order: what is before this one is before those to come.
        while violations and violations.first[1] <= partial.position:
            violations.popleft()
        return bool(violations) and violations.first[0] < partial.time + quiet.lasting

    def _settle_final(self, state: State, now: int) -> None:
        final, waiting = self._final, state.waiting
        assert final is not None, "asked only where the sequence ends in a quiet time"
        while waiting and waiting.first.time + final.lasting <= now:
            state.complete = waiting.popleft()

    # -- time ------------------------------------------------------------------------------------------------------

    def _mature(self, state: State, now: int) -> None:
        """With ``older than``: takes the events that have become old enough, each at the instant at which it did."""
        older, delayed = self._visibility.older, state.delayed
        while delayed and delayed.first[0][0] <= now - older:
            held, mine, blocked = delayed.popleft()
            for k in mine:
                self._complete_step(state, k, held, held[0] + older)
            for k in blocked:
                if k in state.stages:
                    state.stages[k].blocked = held[1]

    def whole(self, cells: Cells, now: int) -> PartialMatch | None:
        """The latest match of all steps, if it is visible."""
        state: State | None = cells[self.slot]
        if state is None:
            return None
        visibility = self._visibility
        if visibility.older:
            self._mature(state, now)
        if self._final is not None:
            self._settle_final(state, now)
        whole = state.complete
        if whole is None:
            return None
        if visibility.within is not None and whole.start + visibility.within <= now:
            return None
        if visibility.moving and whole.start_position <= visibility.floor(cells):
            return None
        return whole

    def condition(self) -> Condition:
        """Whether a choice of positions fits."""
        whole = self.whole
        return lambda cells, now: whole(cells, now) is not None

    def evidence(self, cells: Cells, now: int) -> list[Held]:
        """The events of the choice whose positions are latest."""
        whole = self.whole(cells, now)
        return [] if whole is None else whole.events()

    def next_instant(self, cells: Cells, now: int) -> int | None:
        """When a quiet time ends, an event becomes old enough, or the latest match leaves its window."""
        state: State | None = cells[self.slot]
        if state is None:
            return None
        whole = self.whole(cells, now)
        instants = []
        if self._final is not None and state.waiting:
            instants.append(state.waiting.first.time + self._final.lasting)
        if state.delayed:
            instants.append(state.delayed.first[0][0] + self._visibility.older)
        if whole is not None and self._visibility.within is not None:
            instants.append(whole.start + self._visibility.within)
        return min(instants, default=None)

    # -- snapshots -------------------------------------------------------------------------------------------------

    def dump(self, state: State, into: list[Held]) -> Dumped:
        """The partial matches, each with the number of the one before it (-1: none); the rest refers to them by number.
        What is empty at the end is left out.
        """
        rows: list[list[int]] = []
        numbers: dict[int, int] = {}

        def number(partial: PartialMatch | None) -> int:
            if partial is None:
                return -1
            found = numbers.get(id(partial))
            if found is None:
                row = [number(partial.before), *positions_of(partial.held, into)]
                found = numbers[id(partial)] = len(rows)
                rows.append(row)
            return found

        stages = [
            [
                k, [number(partial) for partial in stage.ripe], [number(partial) for partial in stage.young],
                stage.blocked, positions_of(stage.matches, into),
            ]
            for k, stage in state.stages.items()
        ]  # fmt: skip
        delayed = [[*positions_of((held,), into), mine, blocks] for held, mine, blocks in state.delayed or ()]
        violations = [[k, list(found)] for k, found in (state.violations or {}).items()]
        waiting = [number(partial) for partial in state.waiting or ()]
        dumped: list[Any] = [
            rows, waiting, number(state.complete), stages, positions_of(state.matches, into), delayed, violations,
        ]  # fmt: skip
        while dumped[-1] in ([], -1):
            del dumped[-1]
            if not dumped:
                break
        return dumped

    def load(self, dumped: Dumped, events: Mapping[int, Held]) -> State:
        """What ``dump`` was given."""
        empty: list[Any] = [[], [], -1, [], [], [], []]
        rows, waiting, complete, stages, matches, delayed, violations = list(dumped) + empty[len(dumped) :]
        partials: list[PartialMatch] = []
        for before, *positions in rows:
            held = tuple([events[position] for position in positions])
            partials.append(PartialMatch(held, None if before < 0 else partials[before]))
        state = State()
        state.complete = None if complete < 0 else partials[complete]
        state.matches = [events[position] for position in matches]
        for k, ripe, young, blocked, counted in stages:
            stage = state.stages[k] = Stage()
            stage.ripe = [partials[place] for place in ripe]
            stage.young = Queue([partials[place] for place in young])
            stage.blocked = blocked
            stage.matches = [events[position] for position in counted]
        if waiting:
            state.waiting = Queue([partials[place] for place in waiting])
        if delayed:
            state.delayed = Queue([(events[position], mine, steps) for position, mine, steps in delayed])
        if violations:
            state.violations = {k: Queue([(at, position) for at, position in found]) for k, found in violations}
        return state


def _position(held: Held) -> int:
    return held[1]
