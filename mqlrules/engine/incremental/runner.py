"""The runner: moves one lead after another through the lifecycle, event by event and instant by instant (section 8).

At each event of a lead, what time has made due for it is settled first, instant by instant. Then the event moves its
kernels, the rules that it can have made true are looked at, and the lifecycle moves. A rule's condition is looked at
again only after an event, or at an instant, that can make it true, since everything else leaves it false. Three times
all rules concerned are looked at, because their conditions may have been true before: when the stage changes, when a
recycle becomes possible again, and while a rule waits to be seen false after a recycle.

A runner keeps no leads. Its callers do: an engine in memory, an engine with a store, somebody who holds snapshots.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import attrs

from mqlrules.check.program import Rule
from mqlrules.engine.incremental.compile import CompiledRoot, Machine, Root, leaves_of
from mqlrules.engine.incremental.ids import Ids
from mqlrules.engine.incremental.scope_format import ScopeFormat
from mqlrules.engine.incremental.state import NEVER, Cells, Held, Predicate, Update
from mqlrules.engine.incremental.timers import NOTHING_DUE, Timed, Timers, timers_of
from mqlrules.engine.lifecycle import Ladder
from mqlrules.engine.results import Transition
from mqlrules.events.model import Event, Lead, checked_event
from mqlrules.events.traits import known, learn
from mqlrules.language.names import IDENTIFY
from mqlrules.plan import nodes as n
from mqlrules.plan.dependencies import BOTH, RISES, Direction, can_hold_of_nothing

NAMES_KEPT = 10_000
"""How many names of events that no rule mentions a stage remembers."""


class CompiledRule:
    """A rule as the runner asks it."""

    __slots__ = ("condition", "lasting", "order", "root", "rule", "when")

    def __init__(self, order: int, rule: Rule, root: CompiledRoot) -> None:
        self.order = order
        self.rule = rule
        self.root = root
        self.condition = root.value
        self.when = rule.when
        self.lasting = rule.lasting or 0


Group = tuple[Predicate | None, list[Update], tuple[CompiledRule, ...]]
"""What properties must meet (None: anything), what then moves, and the rules to look at then."""


class Handler:
    """What an event of a name does to a lead in a stage."""

    __slots__ = ("groups", "identifies", "rules", "unlocks")

    def __init__(self, groups: list[Group], rules: tuple[CompiledRule, ...], identifies: bool, unlocks: bool) -> None:
        self.groups = groups
        self.rules = rules
        """The rules to look at whatever its properties are."""
        self.identifies = identifies
        self.unlocks = unlocks


class StageRules:
    """A stage: what events do to leads in it, and the rules that can move them."""

    __slots__ = ("alive", "handlers", "moves", "name", "recycles", "timed", "waiting", "whens")

    def __init__(self, name: str, moves: list[CompiledRule], alive: frozenset[object] | None) -> None:
        self.name = name
        self.moves = frozenset(moves)
        self.alive = alive
        """The leaves that somebody may still ask for; None for all."""
        self.handlers: dict[str, Handler] = {}
        self.whens = tuple(rule for rule in moves if rule.when is not None or rule.rule.recycle)
        """Rules to look at when a lead comes into the stage: what they ask may have been true for long."""
        self.recycles = tuple(rule for rule in moves if rule.rule.recycle)
        self.waiting = tuple(rule for rule in moves if rule.lasting)
        self.timed: dict[Timed, tuple[CompiledRule, ...]] = {}
        """The rules to look at when a kernel's instant has come."""
        for rule in moves:
            for kernel in rule.root.timed:
                self.timed[kernel] = (*self.timed.get(kernel, ()), rule)


class LeadState:
    """What is kept of one lead. Cell 0 of its cells is this object."""

    __slots__ = (
        "behind", "cells", "ids", "lead", "locked", "position", "registered", "settled", "since", "stage",
        "suppressed", "timers", "traits",
    )  # fmt: skip

    def __init__(self, lead: Lead, stage: StageRules, at: int, traits: dict[str, Any]) -> None:
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
        self.locked = False
        """Whether it was recycled and waits for another event before it may be again."""
        self.suppressed: frozenset[CompiledRule] = frozenset()
        """Rules that held of the fresh history after a recycle and have not been seen false since."""
        # For engines that keep leads in memory:
        self.registered = NEVER
        """The instant under which the engine's heap knows the lead."""
        self.ids: Ids | None = None
        """The ids of its events, if any had one."""
        self.behind = False
        """Whether it began before the engine's clock, and time has not passed for it since."""

    @property
    def due(self) -> int | None:
        """The first instant at which something may change with no event."""
        return None if self.timers.due == NEVER else self.timers.due


@attrs.frozen
class Standing:
    """Where a lead stands, whatever the rules. Instants are microseconds."""

    stage: str
    since: int
    settled: int
    position: int
    traits: dict[str, Any]
    ids: Ids | None = None


class Watched:
    """What a watcher sees at a point: the lead at hand, and the watched nodes by their number."""

    __slots__ = ("_roots", "_state", "now")

    def __init__(self, roots: Sequence[CompiledRoot], state: LeadState, now: int) -> None:
        self._roots = roots
        self._state = state
        self.now = now

    @property
    def stage(self) -> str:
        """The stage of the lead."""
        return self._state.stage.name

    @property
    def since(self) -> int:
        """When it came into the stage."""
        return self._state.since

    @property
    def position(self) -> int:
        """The position of its latest event."""
        return self._state.position

    def holds(self, number: int) -> bool:
        """Whether a node holds."""
        return bool(self._roots[number].value(self._state.cells, self.now))

    def value(self, number: int) -> int:
        """A score in millionths; of any other node whether it holds."""
        return self._roots[number].value(self._state.cells, self.now)

    def evidence(self, number: int) -> list[Event]:
        """The evidence of a node that holds."""
        return events_of(self._roots[number].evidence(self._state.cells, self.now), self._state.lead)


class Watcher(Protocol):
    """Somebody who watches nodes of the plan while leads move."""

    nodes: Sequence[n.Node | n.Score]

    def point(self, watched: Watched) -> None:
        """A lead is at a point, before its moves; or it begins afresh, after a recycle."""

    def moved(self, watched: Watched) -> None:
        """A lead has moved to another stage. Its history is still the one that led to the move."""


class Runner:
    """Moves the states of leads under the rules of a plan.

    Callers see to it that the events of a lead come in order and that no id comes twice. A ``watcher`` is told of every
    point and every move of every lead. With ``scores`` every score of the plan can be asked for at any time; otherwise
    nothing is kept for a lead but what may still move it.
    """

    def __init__(
        self, plan: n.Plan, fingerprint: str = "", *, watcher: Watcher | None = None, scores: bool = False
    ) -> None:
        program = plan.program
        self.plan = plan
        self.fingerprint = fingerprint
        self.ladder = Ladder(program.lifecycle)
        self._watcher = watcher
        self._recycling = any(rule.recycle for rule in program.rules)
        asked = {name: plan.scores[name] for name in sorted(plan.scores)} if scores else {}
        watching = [Root(node, BOTH) for node in (() if watcher is None else watcher.nodes)]
        roots = [Root(rule.condition, self._directions(rule)) for rule in plan.rules]
        roots += [Root(score, (RISES,)) for score in asked.values()]
        self.machine = Machine([*roots, *watching], program.timezone)
        self.rules = [CompiledRule(rule.order, rule.rule, self.machine.roots[rule.order]) for rule in plan.rules]
        self.scores = dict(zip(asked, self.machine.roots[len(self.rules) : len(roots)], strict=True))
        self._watched = self.machine.roots[len(roots) :]
        self._of_nothing = tuple(
            rule for rule, planned in zip(self.rules, plan.rules, strict=True)
            if can_hold_of_nothing(planned.condition) is not False
        )  # fmt: skip
        self.stages = {name: self._stage(name) for name in (*program.lifecycle.ladder, *program.lifecycle.outside)}
        self.first = self.stages[self.ladder.first]

    def _directions(self, rule: n.PlannedRule) -> tuple[Direction, ...]:
        # After a recycle a rule that holds of nothing must be seen false before it may fire.
        if self._recycling and can_hold_of_nothing(rule.condition) is not False:
            return BOTH
        return (RISES,)

    def _stage(self, name: str) -> StageRules:
        moves = [rule for rule in self.rules if self.ladder.can_move(rule.rule, name)]
        alive: frozenset[object] | None = None
        if not self._recycling and self._watcher is None:
            # Without a recycle no lead comes down again: what only lower stages ask for is no longer needed.
            later = [rule.root for rule in self.rules if self._may_move_later(rule.rule, name)]
            alive = frozenset(leaf for root in (*later, *self.scores.values()) for leaf in leaves_of(root.node))
        return StageRules(name, moves, alive)

    def _may_move_later(self, rule: Rule, stage: str) -> bool:
        rank = self.ladder.rank
        here = rank.get(stage)
        if here is None or (rule.when is not None and rank.get(rule.when, -1) < here):
            return False
        return rule.stage not in rank or rank[rule.stage] > here

    # -- one lead --------------------------------------------------------------------------------------------------

    def begin(self, event: Event, traits: Mapping[str, Any]) -> tuple[LeadState, list[Transition]]:
        """The first event of a lead: its timeline begins, and what holds of nothing is looked at too.

        ``traits`` were known before it.
        """
        at, stage = event.at, self.first
        state = LeadState(event.lead, stage, at, known(traits))
        state.cells = self.machine.fresh(state)
        for rule in stage.waiting:
            timers_of(state).call(rule, at + rule.lasting)
        out: list[Transition] = []
        self._take(state, event, self._of_nothing, out)
        return state, out

    def feed(self, state: LeadState, event: Event) -> list[Transition]:
        """An event that is not older than what the lead is settled to; what time made due comes first."""
        out: list[Transition] = []
        if state.timers.due <= event.at:
            self._settle(state, event.at, out)
        state.settled = event.at
        self._take(state, event, (), out)
        return out

    def _take(self, state: LeadState, event: Event, rules: tuple[CompiledRule, ...], out: list[Transition]) -> None:
        """Moves what the event moves, and looks at the rules that it concerns, and at those given."""
        at, stage = event.at, state.stage
        handler = stage.handlers.get(event.name)
        if handler is None:
            handler = self._handler(stage, event.name)
        state.position = position = state.position + 1
        if handler.identifies:
            learn(state.traits, event)
        rules = handler.rules + rules if rules else handler.rules
        cells = state.cells
        if handler.groups:
            entry, properties = (at, position, event), event.properties
            for predicate, updates, more in handler.groups:
                if predicate is None or predicate(properties):
                    for update in updates:
                        update(cells, entry)
                    if more:
                        rules += more
        if state.suppressed:
            rules += tuple(state.suppressed)
        if state.locked and handler.unlocks:
            state.locked = False
            rules += stage.recycles
        if self._watcher is not None:
            self._point(state, at, rules, out)
            return
        for number, rule in enumerate(rules):
            if rule.condition(cells, at):
                self._point(state, at, rules[number:], out)
                return
        if state.suppressed:
            state.suppressed = frozenset()

    def settle(self, state: LeadState, until: int) -> list[Transition]:
        """What falls due for a lead up to and including ``until``."""
        out: list[Transition] = []
        if state.timers.due <= until:
            self._settle(state, until, out)
        state.settled = max(state.settled, until)
        return out

    def go_on(self, state: LeadState, events: Iterable[Event], until: int) -> list[Transition]:
        """More of a history, settled up to ``until``."""
        out = [transition for event in events for transition in self.feed(state, event)]
        return out + self.settle(state, until)

    def replay(
        self, history: Sequence[Event], traits: Mapping[str, Any], until: int
    ) -> tuple[LeadState, list[Transition]]:
        """A whole history, settled up to ``until``."""
        state, out = self.begin(history[0], traits)
        return state, out + self.go_on(state, history[1:], until)

    def run(self, history: Sequence[Event], traits: Mapping[str, Any], as_of: int) -> list[Transition]:
        """The transitions of one lead's whole history, settled up to ``as_of``."""
        return self.replay(history, traits, as_of)[1] if history else []

    def start(self, lead: Lead, old: Standing) -> LeadState:
        """A lead that is where a state under other rules had it, with an empty history; in the first stage, if these
        rules don't have that stage.
        """
        state = LeadState(lead, self.stages.get(old.stage, self.first), old.settled, dict(old.traits))
        state.since, state.position, state.ids = old.since, old.position, old.ids
        state.cells = self.machine.fresh(state)
        for rule in state.stage.waiting:
            timers_of(state).call(rule, max(old.since + rule.lasting, old.settled))
        return state

    def events_kept(self, state: LeadState) -> int:
        """How many events a lead's state holds on to."""
        held: list[Held] = []
        self._format.dump(state.cells, held)
        return len({one[1] for one in held})

    @cached_property
    def _format(self) -> ScopeFormat:
        return ScopeFormat(self.machine.scope, None)

    # -- events ----------------------------------------------------------------------------------------------------

    def _handler(self, stage: StageRules, name: str) -> Handler:
        machine = self.machine
        kept_as = name
        if not machine.mentions(name) and name not in self.plan.names_used and name != IDENTIFY:
            # All names that nothing mentions share one handler, since there may be any number of them: at most
            # `activity` takes their events.
            kept_as = ""
            shared = stage.handlers.get("")
            if shared is not None:
                if len(stage.handlers) < NAMES_KEPT:
                    stage.handlers[name] = shared
                return shared
        always: list[CompiledRule] = []
        where: dict[Predicate, list[CompiledRule]] = {}
        for number, tests in machine.looks(name):
            if number < len(self.rules) and (rule := self.rules[number]) in stage.moves:
                for test in tests:
                    (always if test is None else where.setdefault(test, [])).append(rule)
        groups: list[Group] = []
        for test, updates in machine.scope.updates(name, stage.alive):
            groups.append((test, updates, tuple(where.pop(test, ())) if test is not None else ()))
        # Rules of an absence, or of the end of a part: nothing moves under a predicate of their own.
        groups += [(test, [], tuple(rules)) for test, rules in where.items()]
        handler = Handler(groups, tuple(always), name == IDENTIFY, self.plan.uses(name))
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
        again there: the lead is in the stage it leads to, or a higher one.
        """
        if self._watcher is not None:
            self._watcher.point(Watched(self._watched, state, now))
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
                moves.sort(key=lambda rule: rule.order)
                winner = min(moves, key=lambda rule: self.ladder.precedence(rule.rule))
            self._move(state, now, winner, [rule.rule.name for rule in moves if rule is not winner], out)
            if winner.rule.recycle:
                if self._watcher is not None:
                    self._watcher.point(Watched(self._watched, state, now))
                return
            met += [rule for rule in state.stage.whens if rule not in met and rule.condition(cells, now)]

    def _move(self, state: LeadState, now: int, rule: CompiledRule, also: list[str], out: list[Transition]) -> None:
        evidence = events_of(rule.root.evidence(state.cells, now), state.lead)
        before, after = state.stage, self.stages[rule.rule.stage]
        out.append(
            Transition(state.lead, before.name, after.name, now, rule.rule.name, also, evidence, self.fingerprint)
        )
        state.stage, state.since = after, now
        if self._watcher is not None:
            self._watcher.moved(Watched(self._watched, state, now))
        if rule.rule.recycle:
            state.cells = self.machine.fresh(state)
            state.timers = NOTHING_DUE
            state.locked = True
            state.suppressed = frozenset(
                other for other in self._of_nothing
                if (other.when is None or other.when == after.name) and not other.lasting
                and other.condition(state.cells, now)
            )  # fmt: skip
        for waiting in after.waiting:
            timers_of(state).call(waiting, now + waiting.lasting)


def _in_time(rule: CompiledRule, state: LeadState, now: int) -> bool:
    """Whether the lead is in the rule's stage, if it names one, and has been for long enough."""
    if rule.when is None:
        return True
    return rule.when == state.stage.name and (not rule.lasting or now >= state.since + rule.lasting)


def events_of(evidence: Iterable[Held], lead: Lead) -> list[Event]:
    """The events of evidence, each once, in history order."""
    by_position = {held[1]: held for held in evidence}
    return [
        event if isinstance(event, Event) else checked_event(lead, at, *event)
        for at, _, event in (by_position[position] for position in sorted(by_position))
    ]
