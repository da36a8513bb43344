"""The conditions of a rule set, each part with its place and its plan there."""

from collections.abc import Iterator
from typing import Literal

import attrs

from mqlrules.check import program as p
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import lowering_of
from mqlrules.text.source import Source

Owner = p.Rule | p.Segment | p.Score


@attrs.frozen(eq=False)
class Part:
    """A condition or a part of one, lowered with the restrictions around it.

    ``parts`` are the conditions right inside it; those of a segment or score that it names are not among them.
    """

    owner: Owner
    source: Source
    condition: p.Condition
    node: n.Node
    interval: n.Interval
    parts: tuple["Part", ...]

    @property
    def text(self) -> str:
        """The part as its author wrote it, in one line."""
        return written(self.source, self.condition)

    @property
    def closes(self) -> bool:
        """Whether it has restrictions that leave no event visible, while those around it do."""
        return (
            isinstance(self.condition, p.Restricted) and self.parts[0].interval.is_empty and not self.interval.is_empty
        )

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, from above."""
        yield self
        for part in self.parts:
            yield from part.walk()


def written(source: Source, node: p.Condition) -> str:
    """A condition as written, in one line."""
    return " ".join(source.text[node.span.start : node.span.end].split())


def conditions(program: p.Program) -> Iterator[Part]:
    """The whole conditions of all rules and segments, and those of the ``if`` lines of scores."""
    placing = _Placing(program)
    for rule in program.rules:
        yield placing.part(rule, rule.condition, n.EVERYTHING, "history")
    for segment in program.segments.values():
        yield placing.part(segment, segment.condition, n.EVERYTHING, "history")
    for score in program.scores.values():
        for line in score.lines:
            if isinstance(line, p.ConditionLine):
                yield placing.part(score, line.condition, n.EVERYTHING, "history")


class _Placing:
    def __init__(self, program: p.Program) -> None:
        self._lowered = lowering_of(program)

    def part(
        self, owner: Owner, condition: p.Condition, interval: n.Interval, scope: Literal["history", "part"]
    ) -> Part:
        assert owner.source is not None, "checked: a rule from a file has one"
        inside: tuple[Part, ...] = ()
        match condition:
            case p.And(operands=operands) | p.Or(operands=operands):
                inside = tuple(self.part(owner, o, interval, scope) for o in operands)
            case p.Not(operand=operand):
                inside = (self.part(owner, operand, interval, scope),)
            case p.Restricted(condition=inner, restrictions=restrictions):
                narrower = interval
                for restriction in restrictions:
                    narrower = narrower.narrowed(restriction, scope)
                inside = (self.part(owner, inner, narrower, scope),)
            case p.WithSame(condition=inner):
                inside = (self.part(owner, inner, interval, "part"),)
        node = self._lowered(condition, interval, scope)
        return Part(owner, owner.source, condition, node, interval, inside)
