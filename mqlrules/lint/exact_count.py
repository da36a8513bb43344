"""A count that must be exact: one more event makes the condition false again."""

import re
from collections.abc import Iterator

from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import is_condition_name, one_line, shown
from mqlrules.syntax import tree
from mqlrules.text.edit import Edit, Fix
from mqlrules.text.source import Source
from mqlrules.text.span import Span


def check(context: LintContext) -> Iterator[Finding]:
    """``P = 3``."""
    for source, _, node in context.nodes:
        match node:
            case tree.Occurrence(operator="=", number=tree.Number(value=value)) if value >= 1:
                if not is_condition_name(context.program, node.pattern):
                    yield _finding(source, node)


def _finding(source: Source, node: tree.Occurrence) -> Finding:
    assert node.number is not None, "it has an operator"
    place = operator(source, node)
    text = shown(source, node.span)
    more = one_line(source, node.span).replace("=", ">=", 1)
    fix = None if place is None else Fix(f"write `{more}`", (Edit(source, place, ">="),), "unsafe")
    return Finding(
        source,
        node.span,
        f"{text} holds for exactly {node.number.value}: the next event makes it false again.",
        f"For {node.number.value} or more, write `{more}`.",
        fix=fix,
    )


def operator(source: Source, node: tree.Occurrence) -> Span | None:
    """Where the operator of a count is written; None if something else (a comment) is there too."""
    if node.number is None:
        return None
    start = node.pattern.span.end
    found = re.fullmatch(r"[\s)]*?(=|!=|<=|<|>=|>)\s*", source.text[start : node.number.span.start])
    return None if found is None else Span(start + found.start(1), start + found.end(1))


RULE = LintRule(
    code="L009",
    name="exact-count",
    severity="warning",
    what="A count is compared with `=`, so it holds only between that event and the next one.",
    why="`visited pricing = 3` usually means three visits or more. A lead with four visits is missed.",
    remedy="Write `>=`. If you do mean exactly that number, keep it with `# mql: ignore[exact-count]`.",
    example="rule warm: visited pricing = 3 => MQL\n",
    corrected="rule warm: visited pricing >= 3 => MQL\n",
    check=check,
)
