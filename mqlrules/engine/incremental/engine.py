"""The engine: leads driven through the machine, one event at a time (section 8).

At each event of a lead, what time has made due for it is settled first, instant by instant; then the event moves its
kernels; then the rules that it can have made true are looked at, and the lifecycle moves. A rule's condition is looked
at again only after an event, or at an instant, that can make it true: everything else leaves it as it was. What it was
matters in three places, and there all rules concerned are looked at: when the stage changes, when a recycle becomes
possible again, and while a rule waits to be seen false after a recycle.
"""

import heapq
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mqlrules.check.program import Rule
from mqlrules.engine.histories import by_lead
from mqlrules.engine.incremental.compile import Asked, Machine, Root, leaves_of
from mqlrules.engine.incremental.retained import events_kept
from mqlrules.engine.incremental.state import NEVER, Cells, Entry, Predicate, Update
from mqlrules.engine.incremental.timers import NOTHING_DUE, Timed, Timers, timers_of
from mqlrules.engine.lifecycle import Ladder
from mqlrules.engine.results import Transition
from mqlrules.events.model import Event, as_event
from mqlrules.events.model import Lead as LeadName
from mqlrules.events.traits import known, learn
from mqlrules.language.instants import Time, microseconds, moment
from mqlrules.language.names import IDENTIFY
from mqlrules.plan import nodes as n
from mqlrules.plan.dependencies import BOTH, RISES, can_hold_of_nothing
from mqlrules.text.error import Error

NAMES_KEPT = 10_000
"""How many names of events a stage keeps handlers of."""


class LateEvent(Error, ValueError):
    """An event older than what its lead has already been settled to. Nothing has changed."""


class CompiledRule:
    """A rule as the engine asks it."""

    __slots__ = ("asked", "condition", "lasting", "order", "rule", "when")

    def __init__(self, order: int, rule: Rule, asked: Asked) -> None:
        self.order = order
        self.rule = rule
        self.asked = asked
        self.condition = asked.condition
        self.when = rule.when
        self.lasting = rule.lasting or 0


Group = tuple[Predicate | None, list[Update], tuple["CompiledRule", ...]]
"""What properties must meet (None: anything), what then moves, and the rules to look at then."""


class Handler:
    """What an event of a name does to a lead in a stage."""

    __slots__ = ("groups", "identifies", "rules", "unlocks")

    def __init__(self, groups: list[Group], rules: tuple["CompiledRule", ...], identifies: bool, unlocks: bool) -> None:
        self.groups = groups
        self.rules = rules
        """The rules to look at whatever its properties are."""
        self.identifies = identifies
        self.unlocks = unlocks

    def apply(self, cells: Cells, entry: Entry) -> tuple["CompiledRule", ...]:
        """Moves what the event moves; gives the rules to look at."""
        properties = entry[2].properties
        rules = self.rules
        for predicate, updates, more in self.groups:
            if predicate is None or predicate(properties):
                for update in updates:
                    update(cells, entry)
                if more:
                    rules += more
        return rules


class Stage:
    """A stage: the handlers of events for leads that are in it, and the rules that can move them."""

    __slots__ = ("alive", "handlers", "moves", "name", "recycles", "timed", "waiting", "whens")

    def __init__(self, name: str, moves: list[CompiledRule], alive: frozenset[object] | None) -> None:
        self.name = name
        self.moves = frozenset(moves)
        self.alive = alive
        """The leaves that some rule may still ask for; None for all."""
        self.handlers: dict[str, Handler] = {}
        self.whens = tuple(rule for rule in moves if rule.when is not None or rule.rule.recycle)
        """Rules to look at when a lead comes into the stage: what they ask may have been so for long."""
        self.recycles = tuple(rule for rule in moves if rule.rule.recycle)
        self.waiting = tuple(rule for rule in moves if rule.lasting)
        self.timed: dict[Timed, tuple[CompiledRule, ...]] = {}
        """The rules to look at when a kernel's instant has come."""
        for rule in moves:
            for kernel in rule.asked.timed:
                self.timed[kernel] = (*self.timed.get(kernel, ()), rule)


class LeadState:
    """What is kept of one lead. Cell 0 of its cells is this."""

    __slots__ = (
        "cells", "lead", "locked", "position", "registered", "seen", "settled", "since", "stage", "suppressed",
        "timers", "traits",
    )  # fmt: skip

    def __init__(self, lead: LeadName, stage: Stage, at: int, traits: dict[str, Any]) -> None:
        self.lead = lead
        self.stage = stage
        self.since = at
        """When it came into the stage."""
        self.settled = at
        """Up to when everything has been settled."""
        self.position = 0
        self.cells: Cells = []
        self.traits = traits
        self.timers: Timers = NOTHING_DUE
        self.registered = NEVER
        """The instant under which the engine's heap knows it."""
        self.seen: set[tuple[str, str]] | None = None
        self.locked = False
        """Whether it was recycled and waits for another event before it may be again."""
        self.suppressed: frozenset[CompiledRule] = frozenset()
        """Rules that held of the fresh history after a recycle and have not been seen false since."""


class Watcher(Protocol):
    """Somebody who watches nodes of the plan. ``watched`` are they, as the machine answers them: the engine sets it."""

    nodes: Sequence[n.Node | n.Score]
    watched: list[Asked]

    def point(self, state: LeadState, now: int) -> None:
        """A lead is at a point, before its moves; or it begins afresh, after a recycle."""

    def moved(self, state: LeadState, now: int) -> None:
        """A lead has moved to another stage."""


class Engine:
    """Feeds events to leads and gives their transitions.

    ``feed`` and ``advance`` raise ``LateEvent`` for an event older than what its lead has been settled to, and
    ``EventError`` for what is no event; then nothing has changed. Of a lead is kept what ``plan.cost`` says, and the
    ids seen. A ``watcher`` is told of every point and every move of every lead.
    """

    def __init__(
        self,
        plan: n.Plan,
        leads: Mapping[LeadName, Mapping[str, Any]] | None = None,
        fingerprint: str = "",
        watcher: "Watcher | None" = None,
    ) -> None:
        program = plan.program
        self._plan = plan
        self._fingerprint = fingerprint
        self._traits = leads or {}
        self._ladder = Ladder(program.lifecycle)
        self._leads: dict[LeadName, LeadState] = {}
        self._heap: list[tuple[int, int, LeadState]] = []
        self._clock = -NEVER
        self._count = 0
        self._watcher = watcher
        self._recycling = any(rule.recycle for rule in program.rules)
        watching = [] if watcher is None else [Root(node, BOTH) for node in watcher.nodes]
        roots = [Root(rule.condition, self._ways(rule)) for rule in plan.rules]
        self._machine = Machine([*roots, *watching], program.timezone)
        asked = self._machine.asked
        if watcher is not None:
            watcher.watched = asked[len(roots) :]
        self._rules = [CompiledRule(rule.order, rule.rule, asked[rule.order]) for rule in plan.rules]
        self._of_nothing = tuple(
            rule for rule, planned in zip(self._rules, plan.rules, strict=True)
            if can_hold_of_nothing(planned.condition) is not False
        )  # fmt: skip
        self._stages = {name: self._stage(name) for name in (*program.lifecycle.ladder, *program.lifecycle.outside)}

    def _ways(self, rule: n.PlannedRule) -> tuple[Any, ...]:
        # After a recycle a rule that holds of nothing must be seen false before it may fire: both ways matter then.
        if self._recycling and can_hold_of_nothing(rule.condition) is not False:
            return BOTH
        return (RISES,)

    def _stage(self, name: str) -> Stage:
        moves = [rule for rule in self._rules if self._ladder.can_move(rule.rule, name)]
        alive: frozenset[object] | None = None
        if not self._recycling and self._watcher is None:
            # Without a recycle nobody comes down again: what only lower stages ask for is needed no more.
            later = [rule for rule in self._rules if self._may_move_later(rule.rule, name)]
            alive = frozenset(leaf for rule in later for leaf in leaves_of(rule.asked.root.node))
        return Stage(name, moves, alive)

    def _may_move_later(self, rule: Rule, stage: str) -> bool:
        rank = self._ladder.rank
        here = rank.get(stage)
        if here is None or (rule.when is not None and rank.get(rule.when, -1) < here):
            return False
        return rule.stage not in rank or rank[rule.stage] > here

    # -- asked from outside ----------------------------------------------------------------------------------------

    def feed(self, event: Event | Mapping[str, Any]) -> list[Transition]:
        """The transitions of one event: what time made due for its lead first, then the event's own.

        Of several events of one lead with one id and one name the first fed counts.
        """
        if type(event) is not Event:
            event = as_event(event)
        at = event.at
        state = self._leads.get(event.lead)
        if state is None:
            return self._begin(event)
        if at < state.settled or at < self._clock:
            raise LateEvent(self._late(event, max(state.settled, self._clock)))
        out: list[Transition] = []
        if state.timers.due <= at:
            self._settle(state, at, out)
        state.settled = at
        if event.id is not None and self._repeated(state, event):
            return out
        stage = state.stage
        handler = stage.handlers.get(event.name)
        if handler is None:
            handler = self._handler(stage, event.name)
        state.position = position = state.position + 1
        if handler.identifies:
            learn(state.traits, event)
        rules = handler.apply(state.cells, (at, position, event)) if handler.groups else handler.rules
        if state.suppressed:
            rules += tuple(state.suppressed)
        if state.locked and handler.unlocks:
            state.locked = False
            rules += stage.recycles
        if self._watcher is not None:
            self._point(state, at, rules, out)
        else:
            cells = state.cells
            for number, rule in enumerate(rules):
                if rule.condition(cells, at):
                    self._point(state, at, rules[number:], out)
                    break
            else:
                if state.suppressed:
                    state.suppressed = frozenset()
        if state.timers.due < state.registered:
            self._register(state)
        return out

    def advance(self, until: Time) -> list[Transition]:
        """Lets time pass for every lead, up to and including ``until`` (microseconds, aware datetime or ISO text)."""
        until = microseconds(until)
        out: list[Transition] = []
        heap = self._heap
        while heap and heap[0][0] <= until:
            instant, _, state = heapq.heappop(heap)
            if instant == state.registered:
                state.registered = NEVER
                if state.timers.due <= until:
                    self._settle(state, until, out)
                    state.settled = max(state.settled, until)
                self._register(state)
        self._clock = max(self._clock, until)
        out.sort(key=lambda transition: (transition.instant, by_lead(transition.lead)))
        return out

    def stage(self, lead: LeadName) -> str:
        """The stage in which a lead stands; the first for one that was never seen."""
        state = self._leads.get(lead)
        return self._ladder.first if state is None else state.stage.name

    def events_kept(self, lead: LeadName) -> int:
        """How many events the engine holds on to for a lead: what its rules' bounds say, and no more."""
        state = self._leads.get(lead)
        return 0 if state is None else sum(1 for _ in events_kept(state.cells))

    def run(self, history: Sequence[Event], as_of: int) -> list[Transition]:
        """One lead's whole history, in order and without repeated events, settled up to ``as_of``. The lead is not
        kept.
        """
        out: list[Transition] = []
        for event in history:
            out.extend(self.feed(event))
        if history:
            state = self._leads.pop(history[0].lead)
            if state.timers.due <= as_of:
                self._settle(state, as_of, out)
            # The engine's heap may still know the lead: there is nothing left that it could find due.
            state.timers = NOTHING_DUE
            if not self._leads:
                self._heap.clear()
        return out

    # -- one lead --------------------------------------------------------------------------------------------------

    def _begin(self, event: Event) -> list[Transition]:
        """The first event of a lead: its timeline begins, and what holds of nothing is looked at too."""
        at = event.at
        if at < self._clock:
            raise LateEvent(self._late(event, self._clock))
        traits = known(self._traits.get(event.lead, {}))
        stage = self._stages[self._ladder.first]
        state = self._leads[event.lead] = LeadState(event.lead, stage, at, traits)
        state.cells = self._machine.fresh(state)
        if event.id is not None:
            self._repeated(state, event)
        for rule in stage.waiting:
            timers_of(state).call(rule, at + rule.lasting)
        handler = stage.handlers.get(event.name) or self._handler(stage, event.name)
        if handler.identifies:
            learn(state.traits, event)
        state.position = 1
        rules = handler.apply(state.cells, (at, 1, event))
        out: list[Transition] = []
        self._point(state, at, rules + self._of_nothing, out)
        self._register(state)
        return out

    def _late(self, event: Event, settled: int) -> str:
        return (
            f"the event {event.event!r} of lead {event.lead!r} at {event.time.isoformat()} comes too late: "
            f"the lead has been settled to {moment(settled).isoformat()}"
        )

    def _repeated(self, state: LeadState, event: Event) -> bool:
        seen = state.seen
        if seen is None:
            seen = state.seen = set()
        key = (event.name, str(event.id))
        before = len(seen)
        seen.add(key)
        return len(seen) == before

    def _handler(self, stage: Stage, name: str) -> Handler:
        machine = self._machine
        if not machine.mentions(name) and name not in self._plan.names_used and name != IDENTIFY:
            # All names that nothing mentions are one: events that at most `activity` takes. They may be without number.
            shared = stage.handlers.get("")
            if shared is not None:
                if len(stage.handlers) < NAMES_KEPT:
                    stage.handlers[name] = shared
                return shared
            kept_as = ""
        else:
            kept_as = name
        always: list[CompiledRule] = []
        where: dict[Predicate, list[CompiledRule]] = {}
        for number, tests in machine.looks(name):
            if number < len(self._rules) and (rule := self._rules[number]) in stage.moves:
                for test in tests:
                    (always if test is None else where.setdefault(test, [])).append(rule)
        groups: list[Group] = []
        for test, updates in machine.scope.updates(name, stage.alive):
            groups.append((test, updates, tuple(where.pop(test, ())) if test is not None else ()))
        # Rules that only an absence, or the end of a part, is asked of: nothing moves under their own predicate.
        groups += [(test, [], tuple(rules)) for test, rules in where.items()]
        handler = Handler(groups, tuple(always), name == IDENTIFY, self._plan.uses(name))
        stage.handlers[kept_as] = handler
        return handler

    # -- points ----------------------------------------------------------------------------------------------------

    def _settle(self, state: LeadState, until: int, out: list[Transition]) -> None:
        """What falls due for a lead up to ``until``, instant by instant; all of one instant is one point."""
        while (now := state.timers.due) <= until:
            rules: dict[CompiledRule, None] = dict.fromkeys(state.suppressed)
            timed = state.stage.timed
            for waiter in state.timers.pop():
                rules.update(dict.fromkeys([waiter] if isinstance(waiter, CompiledRule) else timed.get(waiter, ())))
            state.settled = now
            if rules or self._watcher is not None:
                self._point(state, now, tuple(rules), out)

    def _point(self, state: LeadState, now: int, rules: tuple[CompiledRule, ...], out: list[Transition]) -> None:
        """Moves the lead until nothing moves; a recycle ends the point.

        At one point a condition stays what it is, so each is asked once. A rule that has moved the lead can't do so
        again there: the lead stands where it leads to, or higher.
        """
        if self._watcher is not None:
            self._watcher.point(state, now)
        cells = state.cells
        met = [rule for rule in dict.fromkeys(rules) if rule.condition(cells, now)]
        if state.suppressed:
            state.suppressed = frozenset(
                rule for rule in state.suppressed if rule in met and _in_time(rule, state, now)
            )
        while True:
            stage = state.stage
            moves = [rule for rule in met if rule in stage.moves and _in_time(rule, state, now)]
            if state.locked or state.suppressed:
                moves = [
                    rule for rule in moves
                    if rule not in state.suppressed and not (state.locked and rule.rule.recycle)
                ]  # fmt: skip
            if not moves:
                return
            winner = moves[0]
            if len(moves) > 1:
                moves.sort(key=_order)
                winner = min(moves, key=self._precedence)
            self._move(state, now, winner, [rule.rule.name for rule in moves if rule is not winner], out)
            if winner.rule.recycle:
                if self._watcher is not None:
                    self._watcher.point(state, now)
                return
            met += [rule for rule in state.stage.whens if rule not in met and rule.condition(cells, now)]

    def _precedence(self, rule: CompiledRule) -> tuple[int, int]:
        return self._ladder.precedence(rule.rule)

    def _move(self, state: LeadState, now: int, rule: CompiledRule, also: list[str], out: list[Transition]) -> None:
        evidence = events_of(rule.asked.evidence(state.cells, now))
        before, after = state.stage, self._stages[rule.rule.stage]
        out.append(
            Transition(state.lead, before.name, after.name, now, rule.rule.name, also, evidence, self._fingerprint)
        )
        state.stage, state.since = after, now
        if self._watcher is not None:
            self._watcher.moved(state, now)
        if rule.rule.recycle:
            state.cells = self._machine.fresh(state)
            state.timers = NOTHING_DUE
            state.locked = True
            state.suppressed = frozenset(
                other for other in self._of_nothing
                if (other.when is None or other.when == after.name) and not other.lasting
                and other.condition(state.cells, now)
            )  # fmt: skip
        for waiting in after.waiting:
            timers_of(state).call(waiting, now + waiting.lasting)

    def _register(self, state: LeadState) -> None:
        if state.timers.due < state.registered:
            state.registered = state.timers.due
            self._count += 1
            heapq.heappush(self._heap, (state.timers.due, self._count, state))


def _in_time(rule: CompiledRule, state: LeadState, now: int) -> bool:
    """Whether the lead is in the rule's stage, if it names one, and has been for long enough."""
    if rule.when is None:
        return True
    return rule.when == state.stage.name and (not rule.lasting or now >= state.since + rule.lasting)


def _order(rule: CompiledRule) -> int:
    return rule.order


def events_of(entries: list[Entry]) -> list[Event]:
    """The events of evidence, each once, in history order."""
    by_position = {entry[1]: entry[2] for entry in entries}
    return [by_position[position] for position in sorted(by_position)]
