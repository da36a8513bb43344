"""Joints: the places where the lines of a statement may break, and how loosely its parts are joined there.

They come from the tree, since words don't tell: a property may be called `and`, a rule `then`.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from enum import IntEnum

import attrs

from mqlrules.syntax import tree
from mqlrules.syntax.lexer import Token


class Joint(IntEnum):
    """The loosest first: lines break at their loosest joints."""

    RULE = 0
    """After `when STAGE,` and before `=>`; before the stages outside the ladder."""
    OR = 1
    AND = 2
    THEN = 3
    """Before each `then` of a sequence, and before the restrictions of a sequence without parentheses."""
    ITEM = 4
    """After a comma, and between the stages of a lifecycle."""


Node = tree.Statement | tree.ScoreLine | tree.TestLine
"""The node of a statement or an item."""


@attrs.frozen
class Joints:
    """The joint before a token, by its index; and the indices of functions, such as `sum` in `sum(…)`."""

    before: dict[int, Joint]
    called: frozenset[int]


def joints(node: Node, tokens: Sequence[Token]) -> Joints:
    """The joints of a statement or an item, which has these tokens."""
    starts = [token.start for token in tokens]
    before: dict[int, Joint] = {}
    called = set()
    for offset, joint in _joints(node):
        at = bisect_left(starts, offset)
        if joint is None:
            called.add(at)
            continue
        while tokens[at].kind == "_RPAR":  # operands end before the parentheses around them
            at += 1
        before[at] = joint
    for at, token in enumerate(tokens):
        if token.kind == "_COMMA":
            before.setdefault(at + 1, Joint.ITEM)
        elif token.kind == "GREATER" and isinstance(node, tree.Lifecycle):
            before[at] = Joint.ITEM
    if isinstance(node, tree.Lifecycle) and node.outside:
        before[bisect_left(starts, node.outside[0].span.start)] = Joint.RULE
    return Joints(before, frozenset(called))


Found = Iterator[tuple[int, Joint | None]]
"""The offsets of joints, and of functions (None)."""


def _joints(node: tree.Node) -> Found:
    match node:
        case tree.RuleDefinition(when=when, condition=condition):
            if when is not None:
                yield when.span.end, Joint.RULE
            yield from _joints(condition)
            yield condition.span.end, Joint.RULE
        case tree.SegmentDefinition(condition=condition) | tree.IfLine(condition=condition):
            yield from _joints(condition)
        case tree.EventDefinition(pattern=pattern) | tree.Occurrence(pattern=pattern) | tree.Absence(pattern=pattern):
            yield from _joints(pattern)
        case tree.Restriction(argument=(tree.EventPattern() | tree.AnyPattern()) as pattern):
            yield from _joints(pattern)
        case tree.PerLine() | tree.ForLine():
            yield from _joints(node.pattern)
            for restriction in node.restrictions:
                yield from _joints(restriction)
        case tree.Or(operands=operands) | tree.AnyPattern(alternatives=operands):
            yield from _between(operands, Joint.OR)
        case tree.And(operands=operands):
            yield from _between(operands, Joint.AND)
        case tree.Not(operand=operand):
            yield from _joints(operand)
        case tree.Sequence(steps=steps):
            yield from _between(steps, Joint.THEN)
        case tree.Step(event=event):
            yield from _joints(event)
        case tree.Restricted(condition=condition, restrictions=restrictions):
            yield from _joints(condition)
            for restriction in restrictions:
                if _is_open_sequence(node):
                    yield restriction.span.start, Joint.THEN
                yield from _joints(restriction)
        case tree.WithSame(condition=condition):
            yield from _joints(condition)
            if _is_open_sequence(node):
                yield condition.span.end, Joint.THEN
        case tree.Aggregate(pattern=pattern):
            yield node.span.start, None
            yield from _joints(pattern)
        case tree.EventPattern(where=tree.Node() as where):
            yield from _joints(where)


def _between(parts: Sequence[tree.Node], joint: Joint) -> Found:
    for part in parts:
        yield from _joints(part)
        if part is not parts[-1]:
            yield part.span.end, joint


def _is_open_sequence(node: tree.Restricted | tree.WithSame) -> bool:
    """Whether a sequence without parentheses of its own is restricted or split."""
    condition = node.condition
    if node.span.start < condition.span.start:
        return False
    return isinstance(condition, tree.Sequence) or (
        isinstance(condition, tree.Restricted) and _is_open_sequence(condition)
    )
