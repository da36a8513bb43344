"""Hints in the line: what a window belongs to where a quick reader may take it for more (section 3).

In ``a and b within 30d`` the window is b's alone.
"""

from collections.abc import Iterator

import attrs

from mqlrules.ide.document import Sheet
from mqlrules.syntax import tree
from mqlrules.text.span import Span


@attrs.frozen
class Hint:
    """A few words that are shown after an offset of the text, and what they mean in a sentence."""

    offset: int
    words: str
    explanation: str


def hints(sheet: Sheet, span: Span) -> list[Hint]:
    """The hints of the parts of a file that a span touches."""
    found = []
    first, last = sheet.part_of(span.start), sheet.part_of(span.end)
    for part in sheet.parts[first : last + 1]:
        on_sheet = sheet.parsed.source.text
        for statement in part.parsed.tree.statements:
            for condition in _conditions(statement):
                for hint in _in_condition(condition, on_sheet):
                    place = sheet.in_text(Span(hint.offset, hint.offset))
                    if place is not None and span.start <= place.start <= span.end:
                        found.append(attrs.evolve(hint, offset=place.start))
    return found


def _conditions(statement: tree.Statement) -> Iterator[tree.Condition]:
    match statement:
        case tree.RuleDefinition(condition=condition) | tree.SegmentDefinition(condition=condition):
            yield condition
        case tree.ScoreDefinition(lines=lines):
            for line in lines:
                if isinstance(line, tree.IfLine):
                    yield line.condition


def _in_condition(node: object, text: str) -> Iterator[Hint]:
    match node:
        case tree.And(operands=operands) | tree.Or(operands=operands):
            for at, operand in enumerate(operands):
                if at and any(map(_counts_events, operands[:at])):
                    yield from _bare(operand, text)
                yield from _in_condition(operand, text)
        case tree.Not(operand=inner):
            yield from _in_condition(inner, text)
        case tree.Restricted(condition=inner) | tree.WithSame(condition=inner):
            yield from _in_condition(inner, text)


def _bare(node: object, text: str) -> Iterator[Hint]:
    """The hint of a window that stands behind the last of several conditions without parentheses around them."""
    while isinstance(node, tree.Not):
        node = node.operand
    if not isinstance(node, tree.Restricted) or isinstance(node.condition, (tree.And, tree.Or)):
        return
    if text[max(0, node.span.start - 200) : node.span.start].rstrip().endswith("("):
        return
    asked = " ".join(text[node.condition.span.start : node.condition.span.end].split())
    shown = asked if len(asked) <= 30 else f"{asked[:29]}…"
    window = " ".join(text[node.restrictions[0].span.start : node.restrictions[-1].span.end].split())
    yield Hint(
        node.span.end,
        f"of `{shown}` alone",
        f"`{window}` belongs to `{asked}` alone. For all that stands before it, too, put that in parentheses: "
        f"`(… and {asked}) {window}`.",
    )


def _counts_events(node: object) -> bool:
    """Whether a condition asks for events without a window of its own."""
    match node:
        case tree.Occurrence() | tree.Absence() | tree.Aggregate() | tree.Sequence():
            return True
        case tree.Not(operand=inner):
            return _counts_events(inner)
        case _:
            return False
