"""Many leads at once: for each of them and each rule that may move it up, how far it is away, and what one event does.

No search is made for each lead. The events that the rules speak of are listed once; each of them is tried on each lead,
in a fork of what the engine keeps of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal

import attrs

from mqlrules.check.program import Pattern, Rule
from mqlrules.engine.incremental import Runner, Trial, Watched
from mqlrules.engine.lifecycle import Ladder
from mqlrules.engine.reference.matching import matches
from mqlrules.engine.results import Transition
from mqlrules.events.model import Event, Lead
from mqlrules.explain.candidates import value_needed, wish
from mqlrules.explain.clock import Clock
from mqlrules.explain.events import events as in_words
from mqlrules.explain.impossible import OutOfReach
from mqlrules.explain.question import Place, Question, Stand
from mqlrules.explain.search import limits_of
from mqlrules.explain.view import View
from mqlrules.explain.witnesses import Concrete, Spec
from mqlrules.explain.wording import named
from mqlrules.language.calendar import Zone
from mqlrules.language.instants import LATEST
from mqlrules.language.names import IDENTIFY
from mqlrules.language.values import at_path, identity
from mqlrules.plan import nodes as n
from mqlrules.plan.dependencies import RISES, causes, moved_by, moved_by_time
from mqlrules.plan.lower import anchors_of, event_patterns, patterns_of_parts, walk

Distance = Literal["holds", "pending", "one event", "more", "cannot", "nothing above"]
"""How far a lead is away from what a rule asks."""

_DUES = 100
_NEW = ("new", "newer", "newest", "latest")
_VALUES = 3
"""So many values of a ``with same`` are tried for each lead, those of its latest events."""


@attrs.frozen(eq=False)
class Away:
    """One lead and one rule that may move it up; ``rule`` is None where none does (``nothing above``).

    ``at`` is the instant (microseconds) that goes with the distance: of ``pending`` when it will hold if nothing
    happens, of ``one event`` the first at which it is too late (None: never). ``what`` is the event in its author's
    words, ``event`` one that can be fed. ``why`` says of ``cannot`` why.
    """

    lead: Lead
    stage: str
    since: int | None
    rule: str | None
    to: str | None
    distance: Distance
    at: int | None = None
    what: str | None = None
    event: Event | None = None
    others: tuple[str, ...] = ()
    """Other events, in words, of which one would do as well."""
    why: str | None = None


@attrs.frozen(eq=False)
class _Sign:
    """An event to try: of which rules, and how it is called."""

    spec: Spec
    words: str
    rules: frozenset[int]


@attrs.frozen(eq=False)
class _Operand:
    """One of what a rule joins by ``and``, and what can make it true: events of patterns, traits, time alone."""

    number: int
    patterns: tuple[Pattern, ...]
    traits: bool
    time: bool

    def raised_by(self, event: Event) -> bool:
        """Whether an event, or time after it, may make it true."""
        if self.time or (self.traits and event.name == IDENTIFY):
            return True
        return any(matches(pattern, event) for pattern in self.patterns)


class Many:
    """Asks one lead after another. ``only`` is the place of the one rule that is asked for, if there is one."""

    def __init__(
        self, plan: n.Plan, traits: Mapping[Lead, Mapping[str, Any]], now: int, only: int | None = None
    ) -> None:
        self.plan = plan
        self.now = now
        self._traits = traits
        self._ladder = Ladder(plan.program.lifecycle)
        recycling = frozenset(rule.name for rule in plan.program.rules if rule.recycle)
        self._watch = _Recycles(recycling) if recycling else None
        self._runner = Runner(plan, watcher=self._watch)
        self._rules = [
            planned for planned in plan.rules if self._leads_up(planned.rule) and only in (None, planned.order)
        ]
        conditions = tuple(dict.fromkeys(planned.condition for planned in self._rules))
        self._question = Question(n.And(conditions), plan.program.timezone) if conditions else None
        self._root = {planned.order: self._number(planned.condition) for planned in self._rules}
        self._waits = {planned.order for planned in self._rules if _waits(planned.condition)}
        self._concrete = Concrete(plan.program)
        self._operands = {planned.order: self._operands_of(planned.condition) for planned in self._rules}
        self._signs = list(self._listed())
        self._splits = {
            planned.order: [node for node in walk([planned.condition]) if isinstance(node, n.Split)]
            for planned in self._rules
        }
        self._of_reach = OutOfReach(Clock(Zone(plan.program.timezone), now), plan.program)

    def _leads_up(self, rule: Rule) -> bool:
        return not rule.recycle and rule.stage in self._ladder.rank

    def _number(self, node: n.Node) -> int:
        assert self._question is not None
        return self._question.number[node]

    def _operands_of(self, condition: n.Node) -> tuple[_Operand, ...]:
        operands = condition.operands if isinstance(condition, n.And) else (condition,)
        found = []
        for operand in operands:
            ways = list(causes(operand, RISES))
            patterns = tuple(dict.fromkeys(pattern for cause in ways for pattern in moved_by(cause)))
            traits = any(isinstance(cause.leaf, n.Trait) for cause in ways)
            found.append(_Operand(self._number(operand), patterns, traits, any(map(moved_by_time, ways))))
        return tuple(found)

    def _listed(self) -> Iterator[_Sign]:
        """The events that the rules speak of, each once."""
        found: dict[tuple[str, str, str], tuple[Spec, str, set[int]]] = {}
        for planned in self._rules:
            for spec, words in _specs(planned.condition, self._concrete):
                key = spec.name, repr(sorted(spec.properties.items(), key=repr)), words
                found.setdefault(key, (spec, words, set()))[2].add(planned.order)
        for spec, words, rules in found.values():
            yield _Sign(spec, words, frozenset(rules))

    # -- one lead --------------------------------------------------------------------------------------------------

    def of(self, lead: Lead, history: Sequence[Event]) -> list[Away]:
        """How far one lead is away from each rule that may move it up. ``history`` ends at the instant asked for."""
        moves = self._runner.run(history, self._traits.get(lead, {}), self.now)
        stage, since = self._stage(moves, history)
        first, recycled = (0, None) if self._watch is None else self._watch.latest(moves)
        rules = [
            planned
            for planned in self._rules
            if self._ladder.rank.get(planned.rule.stage, -1) > self._ladder.rank.get(stage, 1 << 30)
        ]
        if not rules or self._question is None:
            return [Away(lead, stage, since, None, None, "nothing above")]
        stand = Stand(history, self._traits.get(lead, {}), self.now, first, recycled)
        trial = self._trial(stand)
        found: dict[int, Away] = {}
        open_: set[int] = set()
        for planned in rules:
            rule = planned.rule
            at_once = rule.when is None or rule.when == stage
            if at_once and self._ripe(rule, since) <= self.now and trial.holds(self._root[planned.order], self.now):
                found[planned.order] = Away(lead, stage, since, rule.name, rule.stage, "holds")
            elif at_once:
                open_.add(planned.order)
        self._pending(lead, stage, since, trial, open_, found)
        self._one_event(lead, stage, since, trial, stand, open_, found)
        place = Place(self._question, trial, stand.view, self.now)
        for planned in rules:
            if planned.order not in found:
                found[planned.order] = self._further(lead, stage, since, planned, place)
        return [found[planned.order] for planned in rules]

    def _stage(self, moves: Sequence[Transition], history: Sequence[Event]) -> tuple[str, int | None]:
        if moves:
            return moves[-1].to_stage, moves[-1].instant
        return self._ladder.first, history[0].at if history else None

    def _ripe(self, rule: Rule, since: int | None) -> int:
        return self.now if since is None or rule.lasting is None else since + rule.lasting

    def _trial(self, stand: Stand) -> Trial:
        assert self._question is not None
        traits = dict(stand.traits)
        for event in stand.history[: stand.first]:
            if event.name == IDENTIFY:
                traits.update(event.properties)
        trial = self._question.trials.begin(traits)
        for one in stand.view.placed:
            if self._question.concerns(one.event):
                trial.feed(one.event)
        while (due := trial.due) is not None and due <= self.now:
            trial.pass_due()
        return trial

    def _pending(
        self, lead: Lead, stage: str, since: int | None, trial: Trial, open_: set[int], found: dict[int, Away]
    ) -> None:
        """What time alone will make true."""
        waiting = {order for order in open_ if order in self._waits or self._lasting(order)}
        if not waiting:
            return
        ripe = {order: max(self.now, self._ripe(self.plan.rules[order].rule, since)) for order in waiting}
        instants = sorted({at for at in ripe.values() if at > self.now})
        ahead = trial.fork()
        for _ in range(_DUES):
            due = min([*instants[:1], *([] if ahead.due is None else [ahead.due])], default=None)
            if due is None or not waiting or due > LATEST:
                return
            if instants and due == instants[0]:
                del instants[0]
            while ahead.due is not None and ahead.due <= due:
                ahead.pass_due()
            for order in sorted(waiting):
                if due >= ripe[order] and ahead.holds(self._root[order], due):
                    rule = self.plan.rules[order].rule
                    found[order] = Away(lead, stage, since, rule.name, rule.stage, "pending", due)
                    waiting.discard(order)
                    open_.discard(order)

    def _lasting(self, order: int) -> bool:
        return self.plan.rules[order].rule.lasting is not None

    def _one_event(
        self,
        lead: Lead,
        stage: str,
        since: int | None,
        trial: Trial,
        stand: Stand,
        open_: set[int],
        found: dict[int, Away],
    ) -> None:
        lacking = {order: [o for o in self._operands[order] if not trial.holds(o.number, self.now)] for order in open_}
        for sign in (*self._signs, *self._of_values(stand, open_)):
            event = sign.spec.event(lead, self.now)
            # What it can't make true all at once is not worth a fork.
            orders = [o for o in sign.rules & open_ if all(operand.raised_by(event) for operand in lacking[o])]
            if not orders:
                continue
            fork = trial.fork()
            fork.feed(event)
            for order in sorted(orders):
                if self._comes_true(fork, order, since):
                    before = found.get(order)
                    if before is not None:
                        if sign.words not in (before.what, *before.others):
                            found[order] = attrs.evolve(before, others=(*before.others, sign.words))
                        continue
                    rule = self.plan.rules[order].rule
                    late = self._before(trial, sign.spec, order, stand, since)
                    found[order] = Away(lead, stage, since, rule.name, rule.stage, "one event", late, sign.words, event)

    def _comes_true(self, fork: Trial, order: int, since: int | None, now: int | None = None) -> bool:
        at = self.now if now is None else now
        root, ripe = self._root[order], max(at, self._ripe(self.plan.rules[order].rule, since))
        if ripe <= at and fork.holds(root, at):
            return True
        if order not in self._waits and ripe <= at:
            return False
        ahead = fork.fork()
        return any(instant >= ripe and ahead.holds(root, instant) for instant in ahead.future(_DUES))

    def _before(self, trial: Trial, spec: Spec, order: int, stand: Stand, since: int | None) -> int | None:
        """The first instant at which the event comes too late."""
        condition = self.plan.rules[order].condition
        assert self._question is not None
        bounds = limits_of(condition, stand.view, self.now, self._question.concerns, self._question.trials.machine.zone)
        low, high = -1, len(bounds)

        def works(at: int) -> bool:
            later = trial.fork()
            while (due := later.due) is not None and due <= at:
                later.pass_due()
            later.feed(spec.event("", at))
            return self._comes_true(later, order, since, at)

        if not bounds or works(bounds[-1]):
            return None
        high -= 1
        while high - low > 1:
            middle = (low + high) // 2
            if works(bounds[middle]):
                low = middle
            else:
                high = middle
        return bounds[high]

    def _of_values(self, stand: Stand, open_: set[int]) -> Iterator[_Sign]:
        """The events that concern what a ``with same`` splits by, with values that the lead has had."""
        for order in sorted(open_):
            for split in self._splits[order]:
                parts = stand.view.parts(split.path)
                latest = sorted(parts.values(), key=lambda part: part.placed[-1].position)[-_VALUES:]
                said = [(_value(part, split.path), "the same {} as before") for part in reversed(latest)]
                said.append((next(value for value in _NEW if identity(value) not in parts), "a new {}"))
                for pattern in dict.fromkeys(patterns_of_parts(split)):
                    for value, words in said:
                        for spec in self._concrete.specs(pattern, {split.path: value})[:1]:
                            called = f"{spec.words} with {words.format(named(split.path))}"
                            yield _Sign(spec, called, frozenset((order,)))

    def _further(self, lead: Lead, stage: str, since: int | None, planned: n.PlannedRule, place: Place) -> Away:
        rule = planned.rule
        why = None
        if rule.when is None or rule.when == stage:
            why = self._of_reach.why(planned.condition, True, place)
        elif self._passed(rule, stage):
            why = f"it asks for a lead that is {rule.when}; this one is {stage}, and no rule leads back"
        return Away(lead, stage, since, rule.name, rule.stage, "more" if why is None else "cannot", why=why)

    def _passed(self, rule: Rule, stage: str) -> bool:
        rank = self._ladder.rank
        here, asked = rank.get(stage, -1), rank.get(rule.when or "", len(rank))
        return asked < here and not any(
            other.recycle and rank.get(other.stage, len(rank)) <= asked for other in self.plan.program.rules
        )


class _Recycles:
    """Watches for the position at which each recycle falls."""

    nodes: Sequence[n.Node | n.Score] = ()

    def __init__(self, rules: frozenset[str]) -> None:
        self._rules = rules
        self._positions: list[int] = []

    def point(self, watched: Watched) -> None:
        """Nothing is asked at points."""

    def moved(self, watched: Watched) -> None:
        """Every move, with how many events there have been."""
        self._positions.append(watched.position)

    def latest(self, moves: Sequence[Transition]) -> tuple[int, int | None]:
        """The position after the latest recycle of these moves, and its instant; what was noted is let go of."""
        positions, self._positions = self._positions, []
        for move, position in zip(reversed(moves), reversed(positions), strict=True):
            if move.rule in self._rules:
                return position, move.instant
        return 0, None


def _value(part: View, path: tuple[str, ...]) -> Any:
    return at_path(part.placed[-1].event.properties, path)


def _waits(condition: n.Node) -> bool:
    """Whether time alone can make a condition true."""
    return any(moved_by_time(cause) for cause in causes(condition, RISES))


def _specs(condition: n.Node, concrete: Concrete) -> Iterator[tuple[Spec, str]]:
    """Events, and traits, that a condition speaks of, with what they are called."""
    program = concrete.program
    seen: set[Pattern] = set()
    for node in walk([condition]):
        match node:
            case n.Compare(leaf=n.Aggregate(path=tuple(path)) as leaf, operator=operator, value=value) if (
                leaf.record.result != "number"
            ):
                enough = "with enough" if leaf.record.of_nothing is not None else "with the right"
                words = f"{in_words(leaf.pattern, program).any} {enough} {named(path)}"
                for want in (True, False):
                    for one in islice(value_needed(leaf, operator, value, want, []), 3):
                        for spec in concrete.specs(leaf.pattern, {path: one})[:1]:
                            yield spec, words
            case n.Compare(leaf=n.Aggregate(path=tuple(path)) as leaf):
                for spec in concrete.specs(leaf.pattern, {path: "new"})[:1]:
                    yield spec, f"{in_words(leaf.pattern, program).any} with another {named(path)}"
            case n.Trait(test=test):
                for want in (True, False):
                    learnt = concrete.trait(test, want, {}, wish(test, want))
                    if learnt is not None:
                        yield learnt, f"if {learnt.words}"
        for pattern in (*event_patterns(node), *(anchor.pattern for anchor in anchors_of(node))):
            if pattern not in seen:
                seen.add(pattern)
                for spec in concrete.specs(pattern)[:2]:
                    yield spec, spec.words


# -- what it comes to ----------------------------------------------------------------------------------------------


@attrs.frozen
class Reach:
    """How many of the leads below a stage are how far away from it; each lead counts once, as near as it is."""

    stage: str
    below: int
    holds: int
    pending: int
    one_event: int
    more: int
    cannot: int


@attrs.frozen
class Lever:
    """An event that would bring so many leads to a stage, and the rules by which."""

    stage: str
    what: str
    leads: int
    rules: tuple[str, ...]


_NEAREST: tuple[Distance, ...] = ("holds", "pending", "one event", "more", "cannot")


def reaches(rows: Iterable[Away], stages: Sequence[str]) -> list[Reach]:
    """A line for each stage to which a rule leads, lowest first."""
    nearest: dict[tuple[str, Lead], int] = {}
    for row in rows:
        if row.to is not None:
            key = row.to, row.lead
            nearest[key] = min(nearest.get(key, len(_NEAREST)), _NEAREST.index(row.distance))
    found = []
    for stage in stages:
        of = [distance for (to, _), distance in nearest.items() if to == stage]
        if of:
            found.append(Reach(stage, len(of), *(of.count(k) for k in range(len(_NEAREST)))))
    return found


def levers(rows: Iterable[Away], stages: Sequence[str]) -> list[Lever]:
    """The events by which leads are one event away from a stage, those first that bring most leads."""
    found: dict[tuple[str, str], dict[Lead, None]] = {}
    by: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        if row.distance == "one event" and row.to is not None and row.what is not None and row.rule is not None:
            for what in (row.what, *row.others):
                found.setdefault((row.to, what), {})[row.lead] = None
                by.setdefault((row.to, what), {})[row.rule] = None
    made = [Lever(stage, what, len(leads), tuple(by[stage, what])) for (stage, what), leads in found.items()]
    return sorted(made, key=lambda lever: (stages.index(lever.stage), -lever.leads, lever.what))
