"""A negation of a negation."""

from collections.abc import Iterator

from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import one_line, shown, with_parentheses
from mqlrules.syntax import tree
from mqlrules.text.edit import Edit, Fix
from mqlrules.text.source import Source
from mqlrules.text.span import Span


def check(context: LintContext) -> Iterator[Finding]:
    """``not no P``, ``not not x``, of conditions and of tests of properties."""
    for source, _, node in context.nodes:
        match node:
            case tree.Not(operand=tree.Not(operand=inner)):
                yield _finding(source, node, inner.span)
            case tree.Not(operand=tree.Absence(pattern=pattern)):
                yield _finding(source, node, with_parentheses(source, pattern.span) if _joined(pattern) else None)
            case tree.Not(operand=tree.Restricted(condition=tree.Absence(pattern=pattern)) as narrowed):
                start = with_parentheses(source, pattern.span).start if _joined(pattern) else pattern.span.start
                yield _finding(source, node, Span(start, narrowed.span.end))


def _joined(pattern: tree.Pattern) -> bool:
    return isinstance(pattern, tree.AnyPattern)


def _finding(source: Source, node: tree.Not[tree.Condition], meant: Span | None) -> Finding:
    if meant is None:
        assert isinstance(node.operand, tree.Absence), "it was matched"
        meant = node.operand.pattern.span
    better = one_line(source, meant)
    if isinstance(node.operand, tree.Not):
        # What is joined goes on standing in parentheses.
        inner = node.operand.operand
        better = f"({better})" if isinstance(inner, (tree.And, tree.Or)) else better
    return Finding(
        source,
        node.span,
        f"{shown(source, node.span)} is a double negation.",
        f"Write `{better}`.",
        fix=Fix(f"write `{better}`", (Edit(source, node.span, better),), "unsafe"),
    )


RULE = LintRule(
    code="L011",
    name="double-negation",
    severity="warning",
    what="A negation of a negation: `not no P`, or `not not x`.",
    why="It is hard to read. It also has no evidence: a transition can't show which events it rests on.",
    remedy="Write what must have happened: `P`.",
    example="rule warm: not no visited pricing => MEL\n",
    corrected="rule warm: visited pricing => MEL\n",
    check=check,
)
