"""The machine: the kernels of a plan, and which of them an event of a name moves.

A *scope* is a list of cells and the kernels in it: one for the lead, one for the parts of each ``with same``. A *root*
is a condition that somebody asks for: of a rule, or of a timeline.
"""

from collections.abc import Callable, Sequence

import attrs

from mqlrules.check import program as p
from mqlrules.engine.incremental.aggregates import AggregateKernel, aggregate_kernel
from mqlrules.engine.incremental.counts import CountKernel
from mqlrules.engine.incremental.dispatch import ByName
from mqlrules.engine.incremental.distinct import DistinctKernel
from mqlrules.engine.incremental.joining import all_hold, any_holds, joined, of_the_first_that_holds, tested
from mqlrules.engine.incremental.plain_sequences import PlainSequenceKernel, is_plain
from mqlrules.engine.incremental.predicates import OPERATORS, any_of, compile_predicate, getter
from mqlrules.engine.incremental.scores import (
    LineKernel,
    Value,
    condition_evidence,
    condition_value,
    line_kernel,
    score_value,
)
from mqlrules.engine.incremental.sequences import SequenceKernel
from mqlrules.engine.incremental.splits import SplitKernel
from mqlrules.engine.incremental.state import (
    AnchorKernel,
    Cells,
    Condition,
    Entry,
    Evidence,
    Match,
    Predicate,
    Tested,
    Update,
    Visibility,
    fresh_cells,
)
from mqlrules.engine.incremental.timers import Timed, timers_of
from mqlrules.language.calendar import Zone
from mqlrules.language.names import IDENTIFY
from mqlrules.plan import nodes as n
from mqlrules.plan.cost import matches_kept
from mqlrules.plan.dependencies import RISES, Cause, Direction, causes, moved_by, moved_by_time
from mqlrules.plan.lower import event_patterns, patterns_of, patterns_of_parts, walk

TimedLeaf = n.Count | n.Aggregate | n.Sequence | n.EventPoints
Kernel = CountKernel | AggregateKernel | DistinctKernel | SequenceKernel | PlainSequenceKernel | LineKernel


@attrs.frozen(eq=False)
class Root:
    """A condition that is asked for. ``ways``: whether it must be seen becoming true, or becoming false too."""

    node: n.Node | n.Score
    ways: tuple[Direction, ...]


@attrs.define(eq=False)
class Asked:
    """A root as the machine answers it."""

    root: Root
    condition: Condition
    evidence: Evidence
    patterns: tuple[p.Pattern, ...]
    """What an event must match for the root to be looked at again."""
    reads_traits: bool
    timed: tuple[Timed, ...]
    """Kernels that can move it with time."""


@attrs.frozen(eq=False)
class _Registered:
    """What a leaf does with events of a name. Anchors come first: a leaf asks them about the event itself too."""

    updates: Callable[[str], list[Tested]]
    leaf: object
    first: bool = False


class Scope:
    """The cells and kernels of the lead, or of the parts of one ``with same``."""

    def __init__(self, machine: "Machine", split: n.Split | None) -> None:
        self.machine = machine
        self.split = split
        self.width = 1
        self._registered: ByName[_Registered] = ByName()
        self._anchors: dict[n.Anchor, int] = {}
        self.kernels: dict[TimedLeaf, Kernel] = {}
        self._splits: dict[n.Split, tuple[SplitKernel, Condition, Evidence]] = {}
        self._conditions: dict[n.Node, Condition] = {}

    def slot(self) -> int:
        """A new cell."""
        self.width += 1
        return self.width - 1

    def visibility(self, interval: n.Interval) -> Visibility:
        """The interval of a leaf in this scope; its anchors are looked up here or in the whole history."""
        return Visibility(interval, {anchor: self._anchor(anchor) for anchor in interval.anchors})

    def _anchor(self, anchor: n.Anchor) -> int:
        if anchor.scope == "history" and self.split is not None:
            return self.machine.scope._anchor(anchor)
        slot = self._anchors.get(anchor)
        if slot is None:
            slot = self._anchors[anchor] = self.slot()
            kernel = AnchorKernel(slot)
            match, pattern = self.machine.match, anchor.pattern
            self._registered.add(
                [pattern], _Registered(lambda name: tested(match(pattern, name), kernel.update), anchor, first=True)
            )
        return slot

    def kernel(self, leaf: TimedLeaf) -> Kernel:
        """The kernel of a leaf; one for equal leaves."""
        found = self.kernels.get(leaf)
        if found is None:
            found = self.kernels[leaf] = self._kernel(leaf)
        return found

    def _kernel(self, leaf: TimedLeaf) -> Kernel:
        visibility = self.visibility(leaf.interval)
        slot, timer = self.slot(), self.slot()
        kernel: Kernel
        match leaf:
            case n.Sequence():
                kernel = (PlainSequenceKernel if is_plain(leaf) else SequenceKernel)(slot, timer, visibility, leaf)
                self._register(leaf, kernel, kernel.updates)
                return kernel
            case n.Count():
                kernel = CountKernel(slot, timer, visibility, self.machine.keep(self.split, leaf))
            case n.Aggregate():
                kernel = aggregate_kernel(slot, timer, visibility, leaf, self.machine.zone)
            case n.EventPoints():
                kernel = line_kernel(slot, timer, visibility, leaf)
        pattern, update = leaf.pattern, kernel.updater()
        self._register(leaf, kernel, lambda name, match: tested(match(pattern, name), update))
        return kernel

    def _register(self, leaf: TimedLeaf, kernel: Kernel, updates: Callable[[str, Match], list[Tested]]) -> None:
        machine = self.machine

        def of_name(name: str) -> list[Tested]:
            found = updates(name, machine.match)
            return [(test, machine.timing(kernel, u)) for test, u in found] if kernel in machine.timed else found

        patterns = event_patterns(leaf) if isinstance(leaf, n.Sequence) else [leaf.pattern]
        self._registered.add(patterns, _Registered(of_name, leaf))

    def split_kernel(self, node: n.Split) -> tuple[SplitKernel, Condition, Evidence]:
        """The kernel of ``with same``, and what its condition asks of a part."""
        if node not in self._splits:
            scope = self.machine.part_scope(node)
            condition, evidence = scope.condition(node.condition), scope.evidence(node.condition)
            kernel = SplitKernel(self.slot(), getter(node.path), scope.width, _volatile(node))
            patterns = tuple(patterns_of_parts(node))
            machine = self.machine

            def of_name(name: str) -> list[Tested]:
                tests = [test for pattern in patterns if (test := machine.match(pattern, name)) is not False]
                if not tests:
                    return []
                update = joined(scope.updates(name))
                if True in tests:
                    return [(None, kernel.updater(lambda entry: True, update))]
                some = [test for test in tests if not isinstance(test, bool)]
                return [(None, kernel.updater(lambda entry: any(t(entry[2].properties) for t in some), update))]

            self._registered.add(patterns, _Registered(of_name, node))
            self._splits[node] = kernel, condition, evidence
        return self._splits[node]

    # -- conditions ------------------------------------------------------------------------------------------------

    def condition(self, node: n.Node) -> Condition:
        """The function that says whether a node holds of cells of this scope; one for equal nodes."""
        if node not in self._conditions:
            self._conditions[node] = self._condition(node)
        return self._conditions[node]

    def _condition(self, node: n.Node) -> Condition:
        match node:
            case n.And(operands=operands):
                return all_hold([self.condition(operand) for operand in operands])
            case n.Or(operands=operands):
                return any_holds([self.condition(operand) for operand in operands])
            case n.Not(operand=operand):
                inner = self.condition(operand)
                return lambda cells, now: not inner(cells, now)
            case n.Trait(test=test):
                predicate = compile_predicate(test)
                return lambda cells, now: predicate(cells[0].traits)
            case n.Sequence():
                sequence = self.kernel(node)
                assert isinstance(sequence, (SequenceKernel, PlainSequenceKernel))
                return sequence.condition()
            case n.Split():
                split, condition, _ = self.split_kernel(node)
                return split.condition(condition)
            case n.Compare(leaf=n.Score() as score, operator=operator, value=value):
                points, test_points = self.score(score), OPERATORS[operator]
                if self.split is not None:
                    return lambda cells, now: test_points(points(cells[0].cells, now), value)
                return lambda cells, now: test_points(points(cells, now), value)
            case n.Compare(leaf=n.Count() as count, operator=operator, value=value):
                counter = self.kernel(count)
                assert isinstance(counter, CountKernel)
                assert isinstance(value, int)
                return counter.condition(operator, value)
            case n.Compare(leaf=n.Aggregate() as aggregate, operator=operator, value=value):
                summary = self.kernel(aggregate)
                assert isinstance(summary, (AggregateKernel, DistinctKernel))
                return summary.condition(operator, value)
        raise AssertionError(node)

    def evidence(self, node: n.Node) -> Evidence:
        """The function that gives a node's evidence, asked where it holds (section 8)."""
        match node:
            case n.And(operands=operands):
                each = [self.evidence(operand) for operand in operands]
                return lambda cells, now: [entry for of in each for entry in of(cells, now)]
            case n.Or(operands=operands):
                return of_the_first_that_holds(
                    [(self.condition(operand), self.evidence(operand)) for operand in operands]
                )
            case n.Sequence():
                sequence = self.kernel(node)
                assert isinstance(sequence, (SequenceKernel, PlainSequenceKernel))
                return sequence.evidence
            case n.Split():
                split, condition, evidence = self.split_kernel(node)
                return split.evidence(condition, evidence)
            case n.Compare(leaf=n.Score() as score):
                carried = self.machine.scope.score_evidence(score)
                return lambda cells, now: carried(cells[0].cells, now)
            case n.Compare(leaf=n.Count() as count, operator=operator, value=value):
                counter = self.kernel(count)
                assert isinstance(counter, CountKernel)
                assert isinstance(value, int)
                return counter.evidence(operator, value)
            case n.Compare(leaf=n.Aggregate() as aggregate):
                summary = self.kernel(aggregate)
                assert isinstance(summary, (AggregateKernel, DistinctKernel))
                return summary.evidence()
            case _:
                return lambda cells, now: []

    def score(self, score: n.Score) -> Value:
        """The function that gives a score in millionths; always asked of the lead's cells."""
        scope = self.machine.scope
        lines: list[Value] = []
        for line in score.lines:
            if isinstance(line, n.ConditionPoints):
                lines.append(condition_value(scope.condition(line.condition), line.points))
            else:
                kernel = scope.kernel(line)
                assert isinstance(kernel, LineKernel)
                lines.append(kernel.value(line.cap))
        return score_value(lines, score.low, score.high)

    def score_evidence(self, score: n.Score) -> Evidence:
        """The events that carry points, and the evidence of the ``if`` lines that hold."""
        each: list[Evidence] = []
        for line in score.lines:
            if isinstance(line, n.ConditionPoints):
                each.append(condition_evidence(self.condition(line.condition), self.evidence(line.condition)))
            else:
                kernel = self.kernel(line)
                assert isinstance(kernel, LineKernel)
                each.append(kernel.evidence)
        return lambda cells, now: [entry for of in each for entry in of(cells, now)]

    # -- events ----------------------------------------------------------------------------------------------------

    def updates(
        self, name: str, needed: "frozenset[object] | None" = None
    ) -> list[tuple[Predicate | None, list[Update]]]:
        """What an event of a name moves, in order: functions, and what its properties must meet for them.

        ``needed`` are the leaves that are asked for; None for all.
        """
        groups: dict[tuple[bool, Predicate | None], tuple[Predicate | None, list[Update]]] = {}
        for registered in sorted(self._registered.of(name), key=lambda registered: not registered.first):
            if needed is None or registered.first or registered.leaf in needed:
                for test, update in registered.updates(name):
                    groups.setdefault((registered.first, test), (test, []))[1].append(update)
        return list(groups.values())


class Machine:
    """The kernels that answer the roots."""

    def __init__(self, roots: Sequence[Root], timezone: str) -> None:
        self.zone = Zone(timezone)
        self._keep: dict[tuple[n.Split | None, n.Count], int | None] = {}
        self._collected: set[tuple[n.Node | n.Leaf, n.Split | None]] = set()
        self._matches: dict[tuple[p.Predicate, ...], Predicate] = {}
        self._parts: dict[n.Split, Scope] = {}
        self.timed: set[Kernel] = set()
        self.scope = Scope(self, None)
        for root in roots:
            self._collect(root.node, None)
        self.asked = [self._answer(root) for root in roots]
        self._asked: ByName[int] = ByName()
        for number, asked in enumerate(self.asked):
            self._asked.add(asked.patterns, number)
        self._names = {
            alternative.name
            for pattern in patterns_of([root.node for root in roots])
            for alternative in pattern.alternatives
        }

    def fresh(self, lead: object) -> Cells:
        """The cells of an empty history."""
        return fresh_cells(self.scope.width, lead)

    def mentions(self, name: str) -> bool:
        """Whether a pattern has an event of this very name."""
        return name in self._names

    def looks(self, name: str) -> list[tuple[int, list[Predicate | None]]]:
        """The roots, by their number, that must be looked at again after an event of a name: always ([None]), or where
        one of the predicates holds of its properties."""
        found: list[tuple[int, list[Predicate | None]]] = []
        numbers = set(self._asked.of(name))
        if name == IDENTIFY:
            numbers.update(k for k, asked in enumerate(self.asked) if asked.reads_traits)
        for number in sorted(numbers):
            asked = self.asked[number]
            tests = {self.match(pattern, name): None for pattern in asked.patterns}
            if True in tests or (asked.reads_traits and name == IDENTIFY):
                found.append((number, [None]))
            else:
                found.append((number, [test for test in tests if not isinstance(test, bool)]))
        return found

    def keep(self, split: n.Split | None, leaf: n.Count) -> int | None:
        """How many of the latest matches a count must keep; None for all."""
        return self._keep[split, leaf]

    def part_scope(self, split: n.Split) -> Scope:
        """The scope of the parts of a ``with same``."""
        if split not in self._parts:
            self._parts[split] = Scope(self, split)
        return self._parts[split]

    def match(self, pattern: p.Pattern, name: str) -> "Predicate | bool":
        """Whether an event of a name matches a pattern: False never, True always, else if its properties meet the
        predicate.
        """
        wheres = []
        for alternative in pattern.alternatives:
            if alternative.name == name or (alternative.name is None and name != IDENTIFY):
                if alternative.where is None:
                    return True
                wheres.append(alternative.where)
        if not wheres:
            return False
        key = tuple(wheres)
        if key not in self._matches:
            self._matches[key] = any_of(wheres)
        return self._matches[key]

    def timing(self, kernel: Kernel, update: Update) -> Update:
        """An update after which the kernel waits for its next instant."""
        timer, steady = kernel.timer, kernel.steady

        def timed(cells: Cells, entry: Entry) -> None:
            update(cells, entry)
            if not steady or cells[timer] is None:
                timers_of(cells[0]).wait(kernel, cells, entry[0])

        return timed

    def _collect(self, node: n.Node | n.Leaf, split: n.Split | None) -> None:
        """How many matches each count must keep, before any kernel is made."""
        if (node, split) in self._collected:
            return
        self._collected.add((node, split))
        match node:
            case n.And(operands=operands) | n.Or(operands=operands):
                for operand in operands:
                    self._collect(operand, split)
            case n.Not(operand=operand):
                self._collect(operand, split)
            case n.Split(condition=condition):
                self._collect(condition, node)
            case n.Compare(leaf=n.Count() as leaf, operator=operator, value=value):
                assert isinstance(value, int)
                asked = matches_kept(operator, value)
                kept = self._keep.get((split, leaf), 1)
                self._keep[split, leaf] = None if asked is None or kept is None else max(asked, kept)
            case n.Compare(leaf=n.Score() as score):
                self._collect(score, None)
            case n.Score(lines=lines):
                for line in lines:
                    if isinstance(line, n.ConditionPoints):
                        self._collect(line.condition, None)

    def _answer(self, root: Root) -> Asked:
        node = root.node
        if isinstance(node, n.Score):
            value, carried = self.scope.score(node), self.scope.score_evidence(node)
            condition: Condition = value  # type: ignore[assignment]
            evidence = carried
        else:
            condition, evidence = self.scope.condition(node), self.scope.evidence(node)
        found = {cause: None for way in root.ways for cause in causes(node, way)}
        patterns = tuple(dict.fromkeys(pattern for cause in found for pattern in moved_by(cause)))
        timed = tuple(dict.fromkeys(self._kernel_of(cause) for cause in found if moved_by_time(cause)))
        self.timed.update(timed)
        reads_traits = any(isinstance(cause.leaf, n.Trait) for cause in found)
        return Asked(root, condition, evidence, patterns, reads_traits, timed)

    def _kernel_of(self, cause: Cause) -> Kernel:
        assert not isinstance(cause.leaf, (n.Trait, n.Split)), "time does not move them"
        scope = self.part_scope(cause.splits[-1]) if cause.splits else self.scope
        return scope.kernel(cause.leaf)


def leaves_of(root: n.Node | n.Score) -> frozenset[object]:
    """The leaves whose kernels a root needs at the level of the lead: those of a ``with same`` stay with it."""
    found: set[object] = set()
    stack: list[n.Node | n.Score] = [root]
    while stack:
        node = stack.pop()
        match node:
            case n.And(operands=operands) | n.Or(operands=operands):
                stack.extend(operands)
            case n.Not(operand=operand):
                stack.append(operand)
            case n.Compare(leaf=n.Score() as score):
                stack.append(score)
            case n.Compare(leaf=leaf):
                found.add(leaf)
            case n.Score(lines=lines):
                found.update(line for line in lines if isinstance(line, n.EventPoints))
                stack.extend(line.condition for line in lines if isinstance(line, n.ConditionPoints))
            case n.Split(condition=condition):
                found.add(node)
                stack.extend(
                    inner.leaf
                    for inner in walk([condition])
                    if isinstance(inner, n.Compare) and isinstance(inner.leaf, n.Score)
                )
            case n.Sequence():
                found.add(node)
    return frozenset(found)


def _volatile(split: n.Split) -> bool:
    for node in walk([split.condition]):
        interval = getattr(node, "interval", n.EVERYTHING)
        if isinstance(node, (n.Trait, n.Score)) or any(anchor.scope == "history" for anchor in interval.anchors):
            return True
    return any(moved_by_time(cause) for cause in causes(split.condition, RISES))
