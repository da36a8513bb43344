"""The same condition twice in one ``and`` or ``or``."""

from collections.abc import Iterator

from mqlrules.check import program as p
from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import shown, with_parentheses
from mqlrules.plan import nodes as n
from mqlrules.text.diagnostic import Note
from mqlrules.text.edit import Edit, Fix
from mqlrules.text.span import Span


def check(context: LintContext) -> Iterator[Finding]:
    """Operands of one ``and`` or ``or`` that mean the same."""
    for whole in context.parts:
        for part in whole.walk():
            if not isinstance(part.condition, (p.And, p.Or)):
                continue
            first: dict[n.Node, Span] = {}
            before = part.parts[0].condition.span
            for inner in part.parts:
                span = with_parentheses(part.source, inner.condition.span)
                if inner.node in first:
                    text = shown(part.source, inner.condition.span)
                    edit = Edit(part.source, Span(before.end, span.end), "")
                    yield Finding(
                        part.source,
                        inner.condition.span,
                        f"{text} is here twice.",
                        "Remove one, or write what you meant in its place.",
                        (Note(part.source, first[inner.node], "first written here"),),
                        Fix(f"remove the second {text}", (edit,)),
                    )
                first.setdefault(inner.node, inner.condition.span)
                before = span


RULE = LintRule(
    code="L012",
    name="repeated-condition",
    severity="warning",
    what="A condition is written twice in one `and` or `or`. Layout and spelling of names make no difference.",
    why="The second one has no effect. Usually it was copied and should have been changed.",
    remedy="Remove it, or write what you meant.",
    example="rule warm: visited pricing and Visited_Pricing => MQL\n",
    corrected="rule warm: visited pricing and attended webinar => MQL\n",
    check=check,
)
