"""A condition as a tree, each part of it with how many leads meet that part alone: where leads get lost.

A restriction stands with what it narrows; of a sequence the parts are its beginnings, a step longer each. What stands
inside ``with same`` is asked of parts of a history, so there is no lead to count.
"""

from collections.abc import Iterator

import attrs

from mqlrules.check import program as p
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import Lower, lowering_of
from mqlrules.repl.asking import Census, ask
from mqlrules.repl.parts import Branch
from mqlrules.repl.session import Session
from mqlrules.text.source import Source


@attrs.frozen(eq=False)
class _Part:
    label: str
    condition: p.Condition
    node: n.Node | None
    parts: "tuple[_Part, ...]" = ()


def funnel(session: Session, condition: p.Condition, source: Source) -> Branch:
    """The tree of a condition whose text stands in a source, with the counts at the instant that is looked at."""
    program = session.checked.program
    whole = _Reader(program, lowering_of(program), source).part(condition, n.EVERYTHING, "history")
    if session.now is None:
        return _branch(whole, {})
    asked = list({id(node): node for node in _asked(whole)}.values())
    found = ask(program, session.data, asked, session.now)
    return _branch(whole, dict(zip(map(id, asked), found, strict=True)))


@attrs.frozen(eq=False)
class _Reader:
    """Makes the parts. What is lowered is kept by the parts: the lowering knows conditions by their identity."""

    program: p.Program
    lower: Lower
    source: Source
    around: tuple[str, ...] = ()
    """The restrictions outside, as they are written."""
    counts: bool = True

    def part(self, condition: p.Condition, interval: n.Interval, scope: n.Scope) -> _Part:
        match condition:
            case p.And(operands=operands) | p.Or(operands=operands):
                word = "and" if isinstance(condition, p.And) else "or"
                parts = tuple(self.part(operand, interval, scope) for operand in operands)
                return self._made(word, condition, interval, scope, parts)
            case p.Not(operand=operand):
                inner = self.part(operand, interval, scope)
                return self._made("not", condition, interval, scope, (inner,))
            case p.Restricted(condition=inner, restrictions=restrictions):
                for restriction in restrictions:
                    interval = interval.narrowed(restriction, scope)
                written = tuple(self._text(restriction) for restriction in restrictions)
                return attrs.evolve(self, around=(*written, *self.around)).part(inner, interval, scope)
            case p.WithSame(condition=inner):
                of_a_part = attrs.evolve(self, counts=False, around=()).part(inner, interval, "part")
                label = " ".join(self.source.text[inner.span.end : condition.span.end].split()).lstrip(") ")
                return self._made(label, condition, interval, scope, (of_a_part,))
            case p.SegmentTest(segment=name):
                segment = self.program.segments[name]
                if segment.source is None:
                    return self._made(segment.name, condition, interval, scope)
                inside = attrs.evolve(self, source=segment.source).part(segment.condition, interval, scope)
                return self._made(self._text(condition), condition, interval, scope, (inside,))
            case p.Sequence():
                return self._made(
                    "sequence", condition, interval, scope, tuple(self._steps(condition, interval, scope))
                )
            case _:
                return self._made(self._text(condition), condition, interval, scope)

    def _steps(self, sequence: p.Sequence, interval: n.Interval, scope: n.Scope) -> Iterator[_Part]:
        """The beginnings of a sequence, each a step longer than the one before."""
        text, before = self.source.text, sequence.span.start
        for number, step in enumerate(sequence.steps, 1):
            end = step.span.end
            beginning = attrs.evolve(sequence, steps=sequence.steps[:number], final=None)
            if number == 1:
                # A single step is no sequence: it is a count.
                first: p.Condition = p.Count(step.pattern, ">=", step.count)
                yield self._made(" ".join(text[before:end].split()), first, interval, scope)
            else:
                yield self._made(" ".join(text[before:end].split()), beginning, interval, scope)
            before = end
        if sequence.final is not None:
            yield self._made(" ".join(text[before : sequence.span.end].split()), sequence, interval, scope)

    def _made(
        self, label: str, condition: p.Condition, interval: n.Interval, scope: n.Scope, parts: tuple[_Part, ...] = ()
    ) -> _Part:
        node = self.lower(condition, interval, scope) if self.counts else None
        return _Part(" ".join((label, *self.around)), condition, node, parts)

    def _text(self, node: p.Resolved) -> str:
        return " ".join(self.source.text[node.span.start : node.span.end].split())


def _asked(part: _Part) -> Iterator[n.Node]:
    if part.node is not None:
        yield part.node
    for inner in part.parts:
        yield from _asked(inner)


def _branch(part: _Part, censuses: dict[int, Census]) -> Branch:
    census = None if part.node is None else censuses.get(id(part.node))
    return Branch(part.label, census, tuple(_branch(inner, censuses) for inner in part.parts))
