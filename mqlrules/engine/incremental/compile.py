"""From the nodes of a plan to kernels and functions: the machine that answers conditions and scores.

A *scope* is a list of cells and the kernels that use them: one for the lead, one for the parts of each ``with same``. A
*root* is a condition or score that is asked: of a rule, of a watcher, of a probe. For each root the machine knows which
events, and which kernels at their instants, can change it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import assert_never

import attrs

from mqlrules.check import program as p
from mqlrules.engine.incremental.aggregates import aggregate_condition, aggregate_kernel
from mqlrules.engine.incremental.counts import CountKernel, count_condition, count_evidence
from mqlrules.engine.incremental.dispatch import (
    ByName,
    Group,
    all_hold,
    any_holds,
    joined,
    nothing,
    of_the_first_that_holds,
    tested,
    union,
)
from mqlrules.engine.incremental.matches import MatchesKernel
from mqlrules.engine.incremental.plain_sequences import PlainSequenceKernel, is_plain
from mqlrules.engine.incremental.predicates import OPERATORS, any_of, compile_predicate, getter
from mqlrules.engine.incremental.scores import (
    LineKernel,
    Value,
    condition_evidence,
    condition_value,
    line_evidence,
    line_kernel,
    line_value,
    score_value,
)
from mqlrules.engine.incremental.sequences import SequenceKernel
from mqlrules.engine.incremental.splits import Outside, SplitKernel
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
from mqlrules.plan.dependencies import Cause, Direction, causes, moved_by, moved_by_time
from mqlrules.plan.lower import children, event_patterns, patterns_of, patterns_of_parts, walk

TimedLeaf = n.Count | n.Aggregate | n.Sequence | n.EventPoints
SequenceKernels = SequenceKernel | PlainSequenceKernel
Kernel = LineKernel | SequenceKernels

Answer = tuple[Condition, Evidence]
"""Whether a node holds, and its evidence where it does (section 8)."""


@attrs.frozen(eq=False)
class Root:
    """A node that is asked. ``directions``: whether it must be seen becoming true, and becoming false; none where it is
    asked once, at the end of a history.
    """

    node: n.Node | n.Score
    directions: tuple[Direction, ...]


@attrs.frozen(eq=False)
class CompiledRoot:
    """A root as the machine answers it."""

    node: n.Node | n.Score
    value: Value
    """Whether the node holds; of a score its millionths."""
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
        self.width = 1 if split is None else 2
        self.anchors: dict[n.Anchor, AnchorKernel] = {}
        self.kernels: dict[TimedLeaf, Kernel] = {}
        self.splits: dict[n.Split, SplitKernel] = {}
        self._registered: ByName[_Registered] = ByName()
        self._answers: dict[n.Node, Answer] = {}

    def slot(self) -> int:
        """A new cell."""
        self.width += 1
        return self.width - 1

    # -- kernels ---------------------------------------------------------------------------------------------------

    def visibility(self, interval: n.Interval) -> Visibility:
        """The interval of a leaf in this scope; its anchors are looked up here or in the whole history."""
        return Visibility(interval, {anchor: self.anchor(anchor).slot for anchor in interval.anchors})

    def anchor(self, anchor: n.Anchor) -> AnchorKernel:
        """The kernel of an anchor."""
        if anchor.scope == "history" and self.split is not None:
            return self.machine.scope.anchor(anchor)
        kernel = self.anchors.get(anchor)
        if kernel is None:
            kernel = self.anchors[anchor] = AnchorKernel(self.slot())
            match, pattern, update = self.machine.match, anchor.pattern, kernel.update
            self._registered.add(
                [pattern], _Registered(lambda name: tested(match(pattern, name), update), anchor, first=True)
            )
        return kernel

    def kernel(self, leaf: TimedLeaf) -> Kernel:
        """The kernel of a leaf; one for equal leaves."""
        found = self.kernels.get(leaf)
        if found is None:
            found = self.kernels[leaf] = self._kernel(leaf)
        return found

    def _kernel(self, leaf: TimedLeaf) -> Kernel:
        visibility = self.visibility(leaf.interval)
        slot, timer = self.slot(), self.slot()
        kernel: LineKernel
        match leaf:
            case n.Sequence():
                sequence = (PlainSequenceKernel if is_plain(leaf) else SequenceKernel)(slot, timer, visibility, leaf)
                self._register(leaf, sequence, sequence.updates)
                return sequence
            case n.Count():
                keep = self.machine.keep(self.split, leaf)
                plain = MatchesKernel(slot, timer, visibility)
                kernel = plain if keep is None else CountKernel(slot, timer, visibility, keep)
            case n.Aggregate():
                kernel = aggregate_kernel(slot, timer, visibility, leaf, self.machine.zone)
            case n.EventPoints():
                kernel = line_kernel(slot, timer, visibility, leaf)
            case _:
                assert_never(leaf)
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

    def split_kernel(self, node: n.Split) -> SplitKernel:
        """The kernel of a ``with same``."""
        found = self.splits.get(node)
        if found is None:
            machine, scope = self.machine, self.machine.part_scope(node)
            # Its condition makes the kernels of the parts: only then are their cells counted.
            scope.answer(node.condition)
            patterns = tuple(patterns_of_parts(node))
            found = self.splits[node] = SplitKernel(
                self.slot(), getter(node.path), scope.width, list(self._outside(node)), machine.wakes
            )
            kernel = found

            def of_name(name: str) -> list[Tested]:
                tests = [test for pattern in patterns if (test := machine.match(pattern, name)) is not False]
                if not tests:
                    return []
                some = [test for test in tests if not isinstance(test, bool)]
                makes_part: Predicate = (lambda properties: True) if True in tests else any_of(some)
                return [(None, kernel.updater(makes_part, joined(scope.updates(name))))]

            self._registered.add(patterns, _Registered(of_name, node))
        return found

    def _outside(self, split: n.Split) -> Iterator[Outside]:
        """What the condition of the parts depends on besides their own events and time."""
        stack: list[n.Node | n.Leaf] = [split.condition]
        while stack:
            node = stack.pop()
            match node:
                case n.Trait() | n.Compare(leaf=n.Score()):
                    # Scores are not split, and neither are the conditions of their lines.
                    yield self.condition(node)
                    continue
                case n.Count() | n.Aggregate() | n.Sequence():
                    for anchor in node.interval.since:
                        if anchor.scope == "history":
                            yield self.anchor(anchor).latest
            stack += children(node)

    # -- conditions ------------------------------------------------------------------------------------------------

    def condition(self, node: n.Node) -> Condition:
        """The function that says whether a node holds for cells of this scope."""
        return self.answer(node)[0]

    def evidence(self, node: n.Node) -> Evidence:
        """The function that gives a node's evidence, asked where it holds."""
        return self.answer(node)[1]

    def answer(self, node: n.Node) -> Answer:
        """Both functions; the same for equal nodes."""
        found = self._answers.get(node)
        if found is None:
            found = self._answers[node] = self._answer(node)
        return found

    def _answer(self, node: n.Node) -> Answer:
        match node:
            case n.And(operands=operands):
                each = [self.answer(operand) for operand in operands]
                return all_hold([holds for holds, _ in each]), union([evidence for _, evidence in each])
            case n.Or(operands=operands):
                each = [self.answer(operand) for operand in operands]
                return any_holds([holds for holds, _ in each]), of_the_first_that_holds(each)
            case n.Not(operand=operand):
                holds = self.condition(operand)
                return lambda cells, now: not holds(cells, now), nothing
            case n.Trait(test=test):
                predicate = compile_predicate(test)
                return lambda cells, now: predicate(cells[0].traits), nothing
            case n.Sequence():
                sequence = self.kernel(node)
                assert isinstance(sequence, SequenceKernels)
                return sequence.condition(), sequence.evidence
            case n.Split(condition=condition):
                split = self.split_kernel(node)
                holds, evidence = self.machine.part_scope(node).answer(condition)
                return split.condition(holds), split.evidence(holds, evidence)
            case n.Compare():
                return self._comparison(node)
            case _:
                assert_never(node)

    def _comparison(self, node: n.Compare) -> Answer:
        operator, value = node.operator, node.value
        match node.leaf:
            case n.Count() as leaf:
                counter = self.kernel(leaf)
                assert isinstance(counter, CountKernel | MatchesKernel)
                assert isinstance(value, int)
                return count_condition(counter, operator, value), count_evidence(counter, operator, value)
            case n.Aggregate() as leaf:
                summary = self.kernel(leaf)
                assert isinstance(summary, MatchesKernel)
                return aggregate_condition(summary, leaf, operator, value), summary.visible
            case n.Score() as leaf:
                points, carried = self.machine.score(leaf)
                test = OPERATORS[operator]
                if self.split is None:
                    return lambda cells, now: test(points(cells, now), value), carried
                return (
                    lambda cells, now: test(points(cells[0].cells, now), value),
                    lambda cells, now: carried(cells[0].cells, now),
                )
            case _:
                assert_never(node.leaf)

    # -- events ----------------------------------------------------------------------------------------------------

    def updates(self, name: str, needed: frozenset[object] | None = None) -> list[Group]:
        """What an event of a name moves, in order: functions, and what its properties must meet for them.

        ``needed`` are the leaves that are asked for; None for all.
        """
        groups: dict[tuple[bool, Predicate | None], Group] = {}
        for registered in sorted(self._registered.of(name), key=lambda registered: not registered.first):
            if needed is None or registered.first or registered.leaf in needed:
                for test, update in registered.updates(name):
                    groups.setdefault((registered.first, test), (test, []))[1].append(update)
        return list(groups.values())


class Machine:
    """The kernels that answer the roots."""

    def __init__(self, roots: Sequence[Root], timezone: str) -> None:
        self.zone = Zone(timezone)
        self.timed: set[Kernel] = set()
        self.wakes = all(root.directions for root in roots)
        """Whether kernels wait for the instants at which they may change."""
        self._keep: dict[tuple[n.Split | None, n.Count], int | None] = {}
        self._collected: set[tuple[n.Node | n.Leaf, n.Split | None]] = set()
        self._matches: dict[tuple[p.Predicate, ...], Predicate] = {}
        self._parts: dict[n.Split, Scope] = {}
        self._scores: dict[n.Score, tuple[Value, Evidence]] = {}
        self.scope = Scope(self, None)
        for root in roots:
            self._collect(root.node, None)
        self.roots = [self._compiled(root) for root in roots]
        self._concerned: ByName[int] = ByName()
        for number, compiled in enumerate(self.roots):
            self._concerned.add(compiled.patterns, number)
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
        one of the predicates holds for its properties.
        """
        found: list[tuple[int, list[Predicate | None]]] = []
        numbers = set(self._concerned.of(name))
        if name == IDENTIFY:
            numbers.update(k for k, root in enumerate(self.roots) if root.reads_traits)
        for number in sorted(numbers):
            root = self.roots[number]
            tests = {self.match(pattern, name): None for pattern in root.patterns}
            if True in tests or (root.reads_traits and name == IDENTIFY):
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

    def score(self, score: n.Score) -> tuple[Value, Evidence]:
        """The functions that give a score in millionths and the events that carry points, asked of the lead's cells."""
        found = self._scores.get(score)
        if found is not None:
            return found
        values: list[Value] = []
        each: list[Evidence] = []
        for line in score.lines:
            if isinstance(line, n.ConditionPoints):
                holds, evidence = self.scope.answer(line.condition)
                values.append(condition_value(holds, line.points))
                each.append(condition_evidence(holds, evidence))
            else:
                kernel = self.scope.kernel(line)
                assert isinstance(kernel, LineKernel)
                values.append(line_value(kernel, line))
                each.append(line_evidence(kernel, line))
        found = self._scores[score] = score_value(values, score.low, score.high), union(each)
        return found

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
            self._matches[key] = any_of([compile_predicate(where) for where in wheres])
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
            case n.Compare(leaf=n.Count() as leaf, operator=operator, value=int(value)):
                asked = matches_kept(operator, value)
                kept = self._keep.get((split, leaf), 1)
                self._keep[split, leaf] = None if asked is None or kept is None else max(asked, kept)
            case n.Split():
                split = node
            case n.Score():
                split = None
        for child in children(node):
            self._collect(child, split)

    def _compiled(self, root: Root) -> CompiledRoot:
        node = root.node
        value, evidence = self.score(node) if isinstance(node, n.Score) else self.scope.answer(node)
        found = {cause: None for direction in root.directions for cause in causes(node, direction)}
        patterns = tuple(dict.fromkeys(pattern for cause in found for pattern in moved_by(cause)))
        timed = tuple(dict.fromkeys(self._kernel_of(cause) for cause in found if moved_by_time(cause)))
        self.timed.update(timed)
        reads_traits = any(isinstance(cause.leaf, n.Trait) for cause in found)
        return CompiledRoot(node, value, evidence, patterns, reads_traits, timed)

    def _kernel_of(self, cause: Cause) -> Kernel:
        assert not isinstance(cause.leaf, n.Trait | n.Split), "time does not move them"
        scope = self.part_scope(cause.splits[-1]) if cause.splits else self.scope
        return scope.kernel(cause.leaf)


def leaves_of(root: n.Node | n.Score) -> frozenset[object]:
    """The leaves whose kernels a root needs at the level of the lead: those of a ``with same`` stay with it."""
    found: set[object] = set()
    stack: list[n.Node | n.Leaf] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, n.Split):
            found.add(node)
            stack += [inner for inner in walk([node.condition]) if isinstance(inner, n.Score)]
            continue
        if isinstance(node, n.Score):
            found.update(line for line in node.lines if isinstance(line, n.EventPoints))
        found.add(node)
        stack += children(node)
    return frozenset(found)
