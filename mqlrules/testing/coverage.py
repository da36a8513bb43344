"""What tests have seen of the rules: of each rule and each condition inside it, whether it was true and was false.

A rule has been seen true when it moved a lead, or could have at the step that another rule won; it has been seen false
at a point at which its condition, or its ``when``, did not hold. A condition is what stands between ``and``, ``or`` and
``not``: it is seen true or false at any point of a test, in the place where it stands: with the restrictions around it,
and inside ``with same`` of at least one part. Segments count as rules do, scores by the conditions of their ``if``
lines. The condition of a rule or segment that has one alone is the rule, and not counted twice.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import attrs

from mqlrules.check import program as p
from mqlrules.engine.incremental import Runner, Watched
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import lower_condition
from mqlrules.plan.nodes import Plan
from mqlrules.testing.scenarios import Scenario
from mqlrules.text.source import Source
from mqlrules.text.span import Span

Kind = Literal["rule", "segment", "condition"]


@attrs.frozen
class Item:
    """A rule, a segment, or a condition inside ``owner``, and which of its two outcomes tests have seen."""

    kind: Kind
    owner: str
    source: Source
    span: Span
    seen_true: bool
    seen_false: bool

    @property
    def seen(self) -> int:
        """How many of the two outcomes were seen."""
        return self.seen_true + self.seen_false


@attrs.frozen
class Coverage:
    """All items of a rule set, in file order."""

    items: tuple[Item, ...]

    @property
    def seen(self) -> int:
        """How many outcomes were seen."""
        return sum(item.seen for item in self.items)

    @property
    def total(self) -> int:
        """How many outcomes there are: two of each item."""
        return 2 * len(self.items)

    @property
    def percent(self) -> float:
        """The share of outcomes that were seen; 100 where there are none."""
        return 100 * self.seen / self.total if self.items else 100.0


@attrs.define(eq=False)
class _Watched:
    """An item while tests run: nodes of the plan that hold where it is true, and where it is false."""

    kind: Kind
    owner: str
    source: Source
    span: Span
    true: n.Node
    false: n.Node
    rule: p.Rule | None = None
    seen_true: bool = False
    seen_false: bool = False


def coverage(plan: Plan, tests: Sequence[Scenario]) -> Coverage:
    """What these tests have seen."""
    watched = list(_items(plan.program))
    observer = _Observer(watched)
    runner = Runner(plan, watcher=observer)
    moved: set[str] = set()
    for test in tests:
        for move in runner.run(list(test.events), test.traits, test.as_of):
            moved.update((move.rule, *move.also))
    items = [
        Item(
            item.kind,
            item.owner,
            item.source,
            item.span,
            item.seen_true if item.rule is None else item.rule.name in moved,
            item.seen_false,
        )
        for item in watched
    ]
    return Coverage(tuple(sorted(items, key=lambda item: (item.source.name, item.span.start, -item.span.end))))


class _Observer:
    """Looks at all items at each point of each lead."""

    def __init__(self, items: Sequence[_Watched]) -> None:
        self._items = items
        self.nodes: Sequence[n.Node | n.Score] = [node for item in items for node in (item.true, item.false)]

    def point(self, watched: Watched) -> None:
        """Notes which outcomes are there now; only those not yet seen are asked for."""
        for at, item in enumerate(self._items):
            if not item.seen_true and watched.holds(2 * at):
                item.seen_true = True
            if not item.seen_false:
                rule = item.rule
                idle = rule is not None and (
                    rule.when not in (None, watched.stage) or watched.now < watched.since + (rule.lasting or 0)
                )
                item.seen_false = idle or watched.holds(2 * at + 1)

    def moved(self, watched: Watched) -> None:
        """A move changes no condition; the point of the next event shows what the new stage means."""


# -- what there is to see ------------------------------------------------------------------------------------------

_Wrap = Callable[[p.Condition], p.Condition]


def _items(program: p.Program) -> Iterator[_Watched]:
    for rule in program.rules:
        assert rule.source is not None
        heading = _heading(rule.source, rule.span)
        yield _item(program, "rule", rule.name, rule.source, heading, rule.condition, rule)
        yield from _inside(program, rule.name, rule.source, rule.condition, alone=rule.when is None)
    for segment in program.segments.values():
        assert segment.source is not None
        heading = _heading(segment.source, segment.span)
        yield _item(program, "segment", segment.name, segment.source, heading, segment.condition, None)
        yield from _inside(program, segment.name, segment.source, segment.condition, alone=True)
    for score in program.scores.values():
        assert score.source is not None
        for line in score.lines:
            if isinstance(line, p.ConditionLine):
                yield from _inside(program, score.name, score.source, line.condition, alone=False)


def _item(
    program: p.Program, kind: Kind, owner: str, source: Source, span: Span, condition: p.Condition, rule: p.Rule | None
) -> _Watched:
    true, false = lower_condition(program, condition), lower_condition(program, p.Not(condition))
    return _Watched(kind, owner, source, span, true, false, rule)


def _inside(
    program: p.Program, owner: str, source: Source, condition: p.Condition, *, alone: bool
) -> Iterator[_Watched]:
    """The conditions inside; none, if the whole is one and the same as what it stands in (``alone``)."""
    found = list(_atoms(condition, _as_it_is, _as_it_is))
    if alone and len(found) == 1:
        return
    for atom, where_true, where_false in found:
        true = lower_condition(program, where_true(atom))
        false = lower_condition(program, where_false(p.Not(atom)))
        yield _Watched("condition", owner, source, atom.span, true, false)


def _as_it_is(condition: p.Condition) -> p.Condition:
    return condition


def _atoms(condition: p.Condition, true: _Wrap, false: _Wrap) -> Iterator[tuple[p.Condition, _Wrap, _Wrap]]:
    """Each condition between ``and``, ``or`` and ``not``, and what stands around it."""
    match condition:
        case p.And(operands=operands) | p.Or(operands=operands):
            for operand in operands:
                yield from _atoms(operand, true, false)
        case p.Not(operand=operand):
            yield from _atoms(operand, true, false)
        case p.Restricted(condition=inner) if _is_joined(inner):

            def narrowed(inside: p.Condition, around: p.Restricted = condition) -> p.Condition:
                return attrs.evolve(around, condition=inside)

            yield from _atoms(inner, lambda c: true(narrowed(c)), lambda c: false(narrowed(c)))
        case p.WithSame(condition=inner) if _is_joined(inner):

            def split(inside: p.Condition, around: p.WithSame = condition) -> p.Condition:
                # Which parts there are is decided by all patterns inside: the whole, or its contrary, names them too.
                whole = around.condition
                both = p.And((inside, p.Or((whole, p.Not(whole)))))
                return attrs.evolve(around, condition=both)

            yield from _atoms(inner, lambda c: true(split(c)), lambda c: false(split(c)))
        case _:
            yield condition, true, false


def _is_joined(condition: p.Condition) -> bool:
    """Whether ``and``, ``or`` or ``not`` stands in a condition."""
    match condition:
        case p.And() | p.Or() | p.Not():
            return True
        case p.Restricted(condition=inner) | p.WithSame(condition=inner):
            return _is_joined(inner)
        case _:
            return False


def _heading(source: Source, span: Span) -> Span:
    """``rule name`` or ``segment name``, without what follows; of a bare rule its first line."""
    text = source.text[span.start : span.end]
    named = re.match(r"(?:rule|segment)\s[^\n\":=]*", text)
    first = text.split("\n", 1)[0] if named is None else named[0]
    return Span(span.start, span.start + len(first.rstrip()))
