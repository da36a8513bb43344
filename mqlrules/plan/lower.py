"""Lowering: from a program to its evaluation tree.

Restrictions are pushed down to the leaves, where they become one visible interval; segments stand in place; equal
sub-trees become one node.
"""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import TypeVar, assert_never

from mqlrules.check import program as p
from mqlrules.language.aggregates import TYPE_OF_THE_LITERAL
from mqlrules.language.operators import Operator
from mqlrules.language.values import Literal as LiteralValue
from mqlrules.language.values import as_number
from mqlrules.plan import nodes as n

MILLION = 1_000_000

_N = TypeVar("_N", bound="n.Node | n.Leaf")
Value = LiteralValue | n.Threshold


def lower(program: p.Program) -> n.Plan:
    """The plan of a checked program."""
    lowering = _Lowering(program)
    rules = tuple(
        n.PlannedRule(order, rule, lowering.condition(rule.condition, n.EVERYTHING, "history"))
        for order, rule in enumerate(program.rules)
    )
    segments = {
        name: lowering.condition(segment.condition, n.EVERYTHING, "history")
        for name, segment in program.segments.items()
    }
    scores = {name: lowering.score(name) for name in program.scores}
    roots: list[n.Node | n.Score] = [*(rule.condition for rule in rules), *segments.values(), *scores.values()]
    used = frozenset(alternative.name for pattern in patterns_of(roots) for alternative in pattern.alternatives)
    return n.Plan(program, rules, segments, scores, used)


def lower_condition(program: p.Program, condition: p.Condition) -> n.Node:
    """The evaluation tree of one condition that speaks of the program's definitions."""
    return _Lowering(program).condition(condition, n.EVERYTHING, "history")


Lower = Callable[[p.Condition, n.Interval, n.Scope], n.Node]


def lowering_of(program: p.Program) -> Lower:
    """Lowers one part of a condition after the other, given what the restrictions around it leave visible and where its
    own anchors are looked up. Equal nodes of one lowering are one object.
    """
    return _Lowering(program).condition


class _Lowering:
    """Lowers the conditions of one program; keeps what it has made, so that equal sub-trees are one object."""

    def __init__(self, program: p.Program) -> None:
        self._program = program
        self._kept: dict[n.Node | n.Leaf, n.Node | n.Leaf] = {}
        self._lowered: dict[tuple[int, n.Interval, n.Scope], n.Node] = {}
        self._scores: dict[str, n.Score] = {}

    def condition(self, condition: p.Condition, interval: n.Interval, scope: n.Scope) -> n.Node:
        """``interval`` is what the restrictions outside leave visible; ``scope`` where an anchor written here is looked
        up.
        """
        key = (id(condition), interval, scope)
        lowered = self._lowered.get(key)
        if lowered is None:
            lowered = self._lowered[key] = self._one(self._condition(condition, interval, scope))
        return lowered

    def _one(self, node: _N) -> _N:
        """The first node that was made equal to this one."""
        return self._kept.setdefault(node, node)  # type: ignore[return-value]

    def _compare(self, leaf: n.Count | n.Aggregate | n.Score, operator: Operator, value: Value) -> n.Compare:
        return n.Compare(self._one(leaf), operator, value)

    def _condition(self, condition: p.Condition, interval: n.Interval, scope: n.Scope) -> n.Node:
        match condition:
            case p.And(operands=operands):
                return _joined(n.And, tuple(self.condition(o, interval, scope) for o in operands))
            case p.Or(operands=operands):
                return _joined(n.Or, tuple(self.condition(o, interval, scope) for o in operands))
            case p.Not(operand=operand):
                return n.Not(self.condition(operand, interval, scope))
            case p.Count(pattern=pattern, operator=operator, number=number):
                return self._compare(n.Count(pattern, interval), operator, number)
            case p.Aggregate(record=record, path=path, pattern=pattern, operator=operator, value=value):
                of_type = record.fits is TYPE_OF_THE_LITERAL and (record.is_ordered or as_number(value) is None)
                leaf = n.Aggregate(record, path, pattern, interval, value if of_type else None)
                return self._compare(leaf, operator, _in_millionths(value) if record.result == "amount" else value)
            case p.Trait(test=test):
                return n.Trait(test)
            case p.SegmentTest(segment=segment):
                return self.condition(self._program.segments[segment].condition, interval, scope)
            case p.ScoreTest(score=score, operator=operator, number=number):
                return self._compare(self.score(score), operator, _in_millionths(number))
            case p.Sequence(steps=steps, final=final):
                quiet = None if final is None else _quiet(final)
                return n.Sequence(tuple(_step(step) for step in steps), quiet, interval)
            case p.Restricted(condition=inner, restrictions=restrictions):
                for restriction in restrictions:
                    interval = interval.narrowed(restriction, scope)
                return self.condition(inner, interval, scope)
            case p.WithSame(condition=inner, path=path):
                return n.Split(path, self.condition(inner, interval, "part"))

    def score(self, name: str) -> n.Score:
        """The score with this normalised name."""
        if name not in self._scores:
            score = self._program.scores[name]
            lines = tuple(self._line(line) for line in score.lines)
            self._scores[name] = n.Score(name, lines, score.low, score.high)
        return self._scores[name]

    def _line(self, line: p.ScoreLine) -> n.EventPoints | n.ConditionPoints:
        match line:
            case p.ConditionLine(points=points, condition=condition):
                # A score is not narrowed: its conditions always ask the whole history.
                return n.ConditionPoints(points, self.condition(condition, n.EVERYTHING, "history"))
            case p.EventLine():
                interval = n.EVERYTHING
                for restriction in line.restrictions:
                    interval = interval.narrowed(restriction, "history")
                return n.EventPoints(line.every, line.points, line.pattern, interval, line.cap, line.halving)


def _joined(join: type[n.And] | type[n.Or], operands: tuple[n.Node, ...]) -> n.Node:
    """``a and (b and c)`` is ``a and b and c``; of equal operands one is kept."""
    flat: list[n.Node] = []
    for operand in operands:
        flat.extend(operand.operands if isinstance(operand, (n.And, n.Or)) and type(operand) is join else (operand,))
    unique = tuple(dict.fromkeys(flat))
    return unique[0] if len(unique) == 1 else join(unique)


def _step(step: p.Step) -> n.Step:
    pattern = quiet = None
    match step.absent:
        case p.Absent(pattern=absent, lasting=None):
            pattern = absent
        case p.Absent():
            quiet = _quiet(step.absent)
    return n.Step(step.pattern, step.count, step.within, step.after or 0, pattern, quiet)


def _quiet(absent: p.Absent) -> n.Quiet:
    assert absent.lasting is not None, "checked: `no X` without `for` stands between two steps"
    return n.Quiet(absent.pattern, absent.lasting)


def _in_millionths(number: LiteralValue) -> n.Threshold:
    """Exact, whatever the context of decimal arithmetic: a fraction where it is no whole number of millionths."""
    scaled = Fraction(number) * MILLION  # type: ignore[arg-type]
    return int(scaled) if scaled.denominator == 1 else scaled


# -- walking the tree ----------------------------------------------------------------------------------------------


def children(node: n.Node | n.Leaf) -> tuple[n.Node | n.Leaf, ...]:
    """The nodes right below one."""
    match node:
        case n.And(operands=operands) | n.Or(operands=operands):
            return operands
        case n.Not(operand=operand):
            return (operand,)
        case n.Compare(leaf=leaf):
            return (leaf,)
        case n.Split(condition=condition):
            return (condition,)
        case n.Score(lines=lines):
            return tuple(line.condition for line in lines if isinstance(line, n.ConditionPoints))
        case n.Count() | n.Aggregate() | n.Sequence() | n.Trait():
            return ()


def walk(roots: Iterable[n.Node | n.Score]) -> Iterator[n.Node | n.Leaf]:
    """Every node below the roots, each once."""
    seen: set[int] = set()
    stack: list[n.Node | n.Leaf] = list(reversed(list(roots)))
    while stack:
        node = stack.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            stack.extend(reversed(children(node)))


def event_patterns(node: n.Node | n.Leaf) -> Iterator[p.Pattern]:
    """The patterns whose events a node itself asks for: of what it counts, its steps and its absences."""
    match node:
        case n.Count(pattern=pattern) | n.Aggregate(pattern=pattern):
            yield pattern
        case n.Sequence(steps=steps, final=final):
            for step in steps:
                yield step.pattern
                if step.absent is not None:
                    yield step.absent
                if step.quiet is not None:
                    yield step.quiet.pattern
            if final is not None:
                yield final.pattern
        case n.Score(lines=lines):
            yield from (line.pattern for line in lines if isinstance(line, n.EventPoints))
        case n.And() | n.Or() | n.Not() | n.Compare() | n.Split() | n.Trait():
            return
        case _:
            assert_never(node)


def anchors_of(node: n.Node | n.Leaf) -> Iterator[n.Anchor]:
    """The anchors of a node's own interval, or of those of a score's lines."""
    match node:
        case n.Count() | n.Aggregate() | n.Sequence():
            yield from node.interval.anchors
        case n.Score(lines=lines):
            for line in lines:
                if isinstance(line, n.EventPoints):
                    yield from line.interval.anchors
        case n.And() | n.Or() | n.Not() | n.Compare() | n.Split() | n.Trait():
            return
        case _:
            assert_never(node)


def patterns_of(roots: Iterable[n.Node | n.Score]) -> Iterator[p.Pattern]:
    """Every pattern that the trees name."""
    for node in walk(roots):
        yield from event_patterns(node)
        yield from (anchor.pattern for anchor in anchors_of(node))


def patterns_of_parts(split: n.Split) -> Iterator[p.Pattern]:
    """The patterns of the condition of a ``with same``, which make a part: not those of scores, which are not split,
    nor those of restrictions around it.
    """
    stack: list[n.Node | n.Leaf] = [split.condition]
    while stack:
        node = stack.pop()
        if not isinstance(node, n.Score):
            yield from event_patterns(node)
            yield from (anchor.pattern for anchor in anchors_of(node) if anchor.scope == "part")
            stack.extend(children(node))
