"""A window after the last of several conditions: it narrows that one alone."""

from collections.abc import Iterator

from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import in_parentheses, is_condition_name, one_line
from mqlrules.syntax import tree
from mqlrules.text.source import Source
from mqlrules.text.span import Span


def check(context: LintContext) -> Iterator[Finding]:
    """``a and b within 30d``, where nothing says when ``a`` must have happened."""
    for source, _, node in context.nodes:
        if not isinstance(node, (tree.And, tree.Or)):
            continue
        *before, last = node.operands
        narrowed = last.operand if isinstance(last, tree.Not) else last
        if (
            not isinstance(narrowed, tree.Restricted)
            or not any(restriction.record.leaves for restriction in narrowed.restrictions)
            or in_parentheses(source, narrowed.span)
            or in_parentheses(source, last.span)
            or any(isinstance(inner, (tree.Restricted, tree.WithSame)) for inner in before)
        ):
            continue
        events = [inner for inner in before if _asks_events(context, inner)]
        if events:
            restrictions = Span(narrowed.restrictions[0].span.start, narrowed.restrictions[-1].span.end)
            happened = [inner for inner in events if not isinstance(inner, (tree.Absence, tree.Not))]
            yield _finding(source, node, last, restrictions, (happened or events)[-1])


def _asks_events(context: LintContext, node: tree.Node) -> bool:
    match node:
        case tree.Occurrence(pattern=pattern):
            return not is_condition_name(context.program, pattern)
        case tree.Absence() | tree.Aggregate() | tree.Sequence():
            return True
        case tree.And(operands=operands) | tree.Or(operands=operands):
            return any(_asks_events(context, operand) for operand in operands)
        case tree.Not(operand=operand):
            return _asks_events(context, operand)
        case _:
            return False


def _finding(
    source: Source,
    node: tree.And[tree.Condition] | tree.Or[tree.Condition],
    last: tree.Node,
    restrictions: Span,
    other: tree.Node,
) -> Finding:
    window = one_line(source, restrictions)
    inner = one_line(source, Span(last.span.start, restrictions.start))
    first = one_line(source, Span(node.span.start, last.span.start))
    word = "and" if isinstance(node, tree.And) else "or"
    rest = first.removesuffix(word).rstrip()
    absent = isinstance(other, (tree.Absence, tree.Not))
    whenever = "covers the whole past" if absent else "may be any time ago"
    return Finding(
        source,
        restrictions,
        f"`{window}` narrows only `{inner}`: `{one_line(source, other.span)}` {whenever}.",
        f"For both: `({rest} {word} {inner}) {window}`.\n"
        f"For `{inner}` only, and clear to every reader: `{inner} {window} {word} {rest}`.",
    )


RULE = LintRule(
    code="L005",
    name="window-on-last-condition",
    severity="hint",
    what="In `a and b within 30d` the window narrows only `b`: a restriction binds to the smallest condition before "
    "it. `a` may be years ago.",
    why="Many readers take such a rule for the other one.",
    remedy="Write `(a and b) within 30d` if both must be recent. If only `b` must be, put it first: "
    "`b within 30d and a`. To keep it as it is, add `# mql: ignore[window-on-last-condition]`.",
    example="rule warm: visited pricing >= 2 and attended webinar within 30d => MQL\n",
    corrected="rule warm: (visited pricing >= 2 and attended webinar) within 30d => MQL\n",
    check=check,
)
