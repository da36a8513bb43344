"""All leads at once: how far each is from each rule that may move it up, and what one more event would do.

There is no search for each lead. The events that the rules are about are listed once, and each is tried on each lead,
in a fork of its state.
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
from mqlrules.explain.candidates import value_needed
from mqlrules.explain.clock import Clock
from mqlrules.explain.events import events as in_words
from mqlrules.explain.impossible import OutOfReach
from mqlrules.explain.question import Place, Question, Stand
from mqlrules.explain.search import limits_of, too_late
from mqlrules.explain.verdicts import passed_for_good
from mqlrules.explain.witnesses import Spec, Witnesses
from mqlrules.explain.wording import named
from mqlrules.language.calendar import Zone
from mqlrules.language.instants import LATEST
from mqlrules.language.names import IDENTIFY
from mqlrules.language.operators import OPPOSITE, Operator
from mqlrules.language.values import at_path, identity
from mqlrules.plan import nodes as n
from mqlrules.plan.dependencies import RISES, causes, moved_by, moved_by_time
from mqlrules.plan.lower import anchors_of, event_patterns, patterns_of_parts, walk

Distance = Literal["holds", "pending", "one event", "more", "cannot", "nothing above"]
"""How far a lead is from what a rule asks."""

_DUES = 100
_NEW = ("new", "newer", "newest", "latest")
_VALUES = 3
"""How many values of a ``with same`` are tried for each lead, those of its latest events."""


@attrs.frozen(eq=False)
class Away:
    """One lead and one rule that may move it up; ``rule`` is None if there is none (``nothing above``).

    ``at`` belongs to the distance (microseconds): when a ``pending`` rule will hold if nothing happens, or when ``one
    event`` comes too late (None: never). ``what`` is that event in its author's words, ``event`` one that can be fed.
    ``why`` is the reason for ``cannot``.
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
    """Other events, in words, any of which would do as well."""
    why: str | None = None


@attrs.frozen(eq=False)
class _Sign:
    """An event to try, what it is called, and the rules that it may make hold."""

    spec: Spec
    words: str
    rules: frozenset[int]


@attrs.frozen(eq=False)
class _Operand:
    """An operand of a rule's condition, and what can make it true: events of patterns, traits, time alone."""

    number: int
    patterns: tuple[Pattern, ...]
    traits: bool
    time: bool

    def raised_by(self, event: Event) -> bool:
        """Whether an event, or time after it, may make it true."""
        if self.time or (self.traits and event.name == IDENTIFY):
            return True
        return any(matches(pattern, event) for pattern in self.patterns)


@attrs.frozen(eq=False)
class _Lead:
    """One lead: its state at the instant asked for, and the rules that may move it up."""

    name: Lead
    stage: str
    since: int | None
    stand: Stand
    trial: Trial
    found: dict[int, Away] = attrs.field(factory=dict)

    def note(self, rule: Rule, order: int, distance: Distance, **more: Any) -> None:
        """The distance from a rule."""
        self.found[order] = Away(self.name, self.stage, self.since, rule.name, rule.stage, distance, **more)

    def ripe(self, rule: Rule) -> int:
        """When it has been in its stage for as long as a rule asks."""
        return self.stand.now if self.since is None or rule.lasting is None else self.since + rule.lasting


class BatchExplainer:
    """Asks one lead after another. ``only`` is the place of the rule to explain; by default all rules are."""

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
            planned
            for planned in plan.rules
            if not planned.rule.recycle and planned.rule.stage in self._ladder.rank and only in (None, planned.order)
        ]
        conditions = tuple(dict.fromkeys(planned.condition for planned in self._rules))
        self._question = Question(n.And(conditions), plan.program.timezone)
        self._root = {planned.order: self._question.number[planned.condition] for planned in self._rules}
        self._waits = {
            planned.order for planned in self._rules if any(map(moved_by_time, causes(planned.condition, RISES)))
        }
        self._operands = {planned.order: self._operands_of(planned.condition) for planned in self._rules}
        self._splits = {
            planned.order: [node for node in walk([planned.condition]) if isinstance(node, n.Split)]
            for planned in self._rules
        }
        self._witnesses = Witnesses(plan.program)
        self._signs = list(self._listed())
        self._of_reach = OutOfReach(Clock(Zone(plan.program.timezone), now), plan.program)

    def _operands_of(self, condition: n.Node) -> tuple[_Operand, ...]:
        found = []
        for operand in condition.operands if isinstance(condition, n.And) else (condition,):
            ways = list(causes(operand, RISES))
            patterns = tuple(dict.fromkeys(pattern for cause in ways for pattern in moved_by(cause)))
            traits = any(isinstance(cause.leaf, n.Trait) for cause in ways)
            time = any(map(moved_by_time, ways))
            found.append(_Operand(self._question.number[operand], patterns, traits, time))
        return tuple(found)

    def _listed(self) -> Iterator[_Sign]:
        """The events that the rules are about, each once."""
        found: dict[tuple[str, str, str], tuple[Spec, str, set[int]]] = {}
        for planned in self._rules:
            for spec, words in _specs(planned.condition, self._witnesses):
                key = spec.name, repr(sorted(spec.properties.items(), key=repr)), words
                found.setdefault(key, (spec, words, set()))[2].add(planned.order)
        for spec, words, rules in found.values():
            yield _Sign(spec, words, frozenset(rules))

    # -- one lead --------------------------------------------------------------------------------------------------

    def of(self, lead: Lead, history: Sequence[Event]) -> list[Away]:
        """How far one lead is from each rule that may move it up. ``history`` ends at the instant asked for."""
        moves = self._runner.run(history, self._traits.get(lead, {}), self.now)
        stage = moves[-1].to_stage if moves else self._ladder.first
        since = moves[-1].instant if moves else history[0].at if history else None
        first, recycled = (0, None) if self._watch is None else self._watch.latest(moves)
        rank = self._ladder.rank
        rules = [planned for planned in self._rules if rank[planned.rule.stage] > rank.get(stage, len(rank))]
        if not rules:
            return [Away(lead, stage, since, None, None, "nothing above")]
        stand = Stand(history, self._traits.get(lead, {}), self.now, first, recycled)
        one = _Lead(lead, stage, since, stand, self._trial(stand))
        open_: set[int] = set()
        for planned in rules:
            rule, order = planned.rule, planned.order
            if rule.when is None or rule.when == stage:
                if one.ripe(rule) <= self.now and one.trial.holds(self._root[order], self.now):
                    one.note(rule, order, "holds")
                else:
                    open_.add(order)
        self._pending(one, open_)
        self._one_event(one, open_)
        for planned in rules:
            if planned.order not in one.found:
                self._further(one, planned)
        return [one.found[planned.order] for planned in rules]

    def _trial(self, stand: Stand) -> Trial:
        trial = self._question.probe.begin(stand.first_traits())
        for one in stand.view.placed:
            if self._question.concerns(one.event):
                trial.feed(one.event)
        trial.pass_until(self.now)
        return trial

    def _rule(self, order: int) -> Rule:
        return self.plan.rules[order].rule

    def _pending(self, one: _Lead, open_: set[int]) -> None:
        """The rules that time alone will make hold."""
        waiting = {order for order in open_ if order in self._waits or self._rule(order).lasting is not None}
        ripe = {order: max(self.now, one.ripe(self._rule(order))) for order in waiting}
        instants = sorted({at for at in ripe.values() if at > self.now})
        ahead = one.trial.fork() if waiting else one.trial
        for _ in range(_DUES):
            due = min([*instants[:1], *([] if ahead.due is None else [ahead.due])], default=None)
            if due is None or not waiting or due > LATEST:
                return
            if instants and due == instants[0]:
                del instants[0]
            ahead.pass_until(due)
            for order in sorted(waiting):
                if due >= ripe[order] and ahead.holds(self._root[order], due):
                    one.note(self._rule(order), order, "pending", at=due)
                    waiting.discard(order)
                    open_.discard(order)

    def _one_event(self, one: _Lead, open_: set[int]) -> None:
        trial = one.trial
        lacking = {order: [o for o in self._operands[order] if not trial.holds(o.number, self.now)] for order in open_}
        for sign in (*self._signs, *self._of_values(one.stand, open_)):
            event = sign.spec.event(one.name, self.now)
            # Unless the event can make all that is lacking true, a fork is not worthwhile.
            orders = [o for o in sign.rules & open_ if all(operand.raised_by(event) for operand in lacking[o])]
            if not orders:
                continue
            fork = trial.fork()
            fork.feed(event)
            for order in sorted(orders):
                if self._comes_true(fork, order, one, self.now):
                    before = one.found.get(order)
                    if before is None:
                        late = self._too_late(one, sign.spec, order)
                        one.note(self._rule(order), order, "one event", at=late, what=sign.words, event=event)
                    elif sign.words not in (before.what, *before.others):
                        one.found[order] = attrs.evolve(before, others=(*before.others, sign.words))

    def _comes_true(self, fork: Trial, order: int, one: _Lead, now: int) -> bool:
        root, ripe = self._root[order], max(now, one.ripe(self._rule(order)))
        if ripe <= now and fork.holds(root, now):
            return True
        if order not in self._waits and ripe <= now:
            return False
        ahead = fork.fork()
        return any(instant >= ripe and ahead.holds(root, instant) for instant in ahead.future(_DUES))

    def _too_late(self, one: _Lead, spec: Spec, order: int) -> int | None:
        """The first instant at which the event comes too late."""

        def works(at: int) -> bool:
            later = one.trial.fork()
            later.pass_until(at)
            later.feed(spec.event("", at))
            return self._comes_true(later, order, one, at)

        condition = self.plan.rules[order].condition
        return too_late(works, self.now, limits_of(condition, self._question, one.stand.view, self.now), one_by_one=1)

    def _of_values(self, stand: Stand, open_: set[int]) -> Iterator[_Sign]:
        """The events in a ``with same``, with values that the lead has had, and with a new one."""
        for order in sorted(open_):
            for split in self._splits[order]:
                parts = stand.view.parts(split.path)
                latest = sorted(parts.values(), key=lambda part: part.placed[-1].position)[-_VALUES:]
                said = [(part.latest(split.path), "the same {} as before") for part in reversed(latest)]
                said.append((next(value for value in _NEW if identity(value) not in parts), "a new {}"))
                for pattern in dict.fromkeys(patterns_of_parts(split)):
                    for value, words in said:
                        for spec in self._witnesses.specs(pattern, {split.path: value})[:1]:
                            called = f"{spec.words} with {words.format(named(split.path))}"
                            yield _Sign(spec, called, frozenset((order,)))

    def _further(self, one: _Lead, planned: n.PlannedRule) -> None:
        rule, why = planned.rule, None
        if rule.when is None or rule.when == one.stage:
            place = Place(self._question, one.trial, one.stand.view, self.now)
            why = self._of_reach.why(planned.condition, True, place)
        elif passed_for_good(rule, one.stage, self._ladder, self.plan.program.rules):
            why = f"it needs a lead in {rule.when}; this lead is in {one.stage}, and no rule leads back"
        one.note(rule, planned.order, "more" if why is None else "cannot", why=why)


class _Recycles:
    """Watches for the position of each recycle."""

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
        """The position after the latest recycle of these moves, and its instant; forgets what was noted."""
        positions, self._positions = self._positions, []
        for move, position in zip(reversed(moves), reversed(positions), strict=True):
            if move.rule in self._rules:
                return position, move.instant
        return 0, None


def _specs(condition: n.Node, witnesses: Witnesses) -> Iterator[tuple[Spec, str]]:
    """Events, and traits, that a condition is about, with what they are called: plain events first."""
    patterns = (
        pattern
        for node in walk([condition])
        for pattern in (*event_patterns(node), *(anchor.pattern for anchor in anchors_of(node)))
    )
    for pattern in dict.fromkeys(patterns):
        for spec in witnesses.specs(pattern)[:2]:
            yield spec, spec.words
    for node, want in dict.fromkeys(_wanted(condition, True)):
        match node:
            case n.Compare(leaf=n.Aggregate(path=tuple(path)) as leaf):
                of = in_words(leaf.pattern, witnesses.program).any
                if leaf.record.explained == "new value":
                    values, which = iter(["new"]), "another"
                else:
                    values = value_needed(leaf, node.operator, node.value, want, [])
                    which = _amount(leaf, node.operator, want)
                for value in islice(values, 3):
                    for spec in witnesses.specs(leaf.pattern, {path: value})[:1]:
                        yield spec, f"{of} with {which} {named(path)}"
            case n.Trait(test=test):
                learnt = witnesses.trait(test, want)
                # Nobody works towards missing data.
                if learnt is not None and at_path(learnt.properties, test.path) is not None:
                    yield learnt, f"if {learnt.words}"


def _wanted(node: n.Node, want: bool) -> Iterator[tuple[n.Compare | n.Trait, bool]]:
    """The comparisons and traits of a condition, and whether they should hold for it to be what is wanted."""
    match node:
        case n.And(operands=operands) | n.Or(operands=operands):
            for operand in operands:
                yield from _wanted(operand, want)
        case n.Not(operand=operand):
            yield from _wanted(operand, not want)
        case n.Split(condition=inner):
            yield from _wanted(inner, want)
        case n.Compare(leaf=n.Score(lines=lines), operator=operator):
            more = want == (operator not in ("<", "<="))
            for line in lines:
                if isinstance(line, n.ConditionPoints):
                    yield from _wanted(line.condition, more == (line.points > 0))
        case n.Compare() | n.Trait():
            yield node, want


def _amount(leaf: n.Aggregate, operator: Operator, want: bool) -> str:
    """``a large enough``, for a value that makes a comparison true."""
    asked = operator if want else OPPOSITE[operator]
    if leaf.record.explained != "amount" or asked in ("=", "!="):
        return "the right"
    return "a large enough" if asked in (">", ">=") else "a small enough"


# -- summaries -----------------------------------------------------------------------------------------------------


@attrs.frozen
class Reach:
    """How many of the leads below a stage are how far from it; each lead counts once, by its nearest rule."""

    stage: str
    below: int
    holds: int
    pending: int
    one_event: int
    more: int
    cannot: int


@attrs.frozen
class Lever:
    """An event that would bring this many leads to a stage, and the rules by which."""

    stage: str
    what: str
    leads: int
    rules: tuple[str, ...]


_NEAREST: tuple[Distance, ...] = ("holds", "pending", "one event", "more", "cannot")


def reaches(rows: Iterable[Away], stages: Sequence[str]) -> list[Reach]:
    """A line for each stage to which a rule leads, lowest first."""
    nearest: dict[str, dict[Lead, int]] = {stage: {} for stage in stages}
    for row in rows:
        if row.to is not None:
            of = nearest[row.to]
            of[row.lead] = min(of.get(row.lead, len(_NEAREST)), _NEAREST.index(row.distance))
    return [
        Reach(stage, len(of), *(list(of.values()).count(k) for k in range(len(_NEAREST))))
        for stage, of in nearest.items()
        if of
    ]


def levers(rows: Iterable[Away], stages: Sequence[str]) -> list[Lever]:
    """The events that bring leads to a stage, those first that bring most leads."""
    found: dict[tuple[str, str], tuple[set[Lead], dict[str, None]]] = {}
    for row in rows:
        if row.distance == "one event" and row.to is not None and row.what is not None and row.rule is not None:
            for what in (row.what, *row.others):
                leads, rules = found.setdefault((row.to, what), (set(), {}))
                leads.add(row.lead)
                rules[row.rule] = None
    made = [Lever(stage, what, len(leads), tuple(rules)) for (stage, what), (leads, rules) in found.items()]
    return sorted(made, key=lambda lever: (stages.index(lever.stage), -lever.leads, lever.what))
