"""A count that means the same as the event alone, or as ``no``."""

from collections.abc import Iterator

from mqlrules.lint.exact_count import operator
from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import is_condition_name, one_line, shown
from mqlrules.syntax import tree
from mqlrules.text.edit import Edit, Fix, Grade
from mqlrules.text.source import Source
from mqlrules.text.span import Span


def check(context: LintContext) -> Iterator[Finding]:
    """``P >= 1`` and ``P > 0``; ``P = 0``, ``P < 1`` and ``P <= 0``."""
    for source, _, node in context.nodes:
        if not isinstance(node, tree.Occurrence) or node.number is None:
            continue
        if is_condition_name(context.program, node.pattern):
            continue
        match node.operator, node.number.value:
            case (">=", 1) | (">", 0):
                # `(a or b)` alone is two conditions, with another evidence.
                one_event = isinstance(node.pattern, tree.EventPattern)
                yield _finding(source, node, "", "safe" if node.operator == ">=" and one_event else "unsafe")
            case ("=", 0) | ("<", 1) | ("<=", 0):
                yield _finding(source, node, "no ", "safe" if node.operator == "=" else "unsafe")


def _finding(source: Source, node: tree.Occurrence, before: str, grade: Grade) -> Finding:
    place = operator(source, node)
    fix = None
    better = f"`{before}…`"
    if place is not None:
        start = len(source.text[: place.start].rstrip())
        better = f"`{before}{one_line(source, Span(node.span.start, start))}`"
        insertion = (Edit(source, Span(node.span.start, node.span.start), before),) if before else ()
        fix = Fix(f"write {better}", (*insertion, Edit(source, Span(start, node.span.end), "")), grade)
    return Finding(
        source, node.span, f"{shown(source, node.span)} means the same as {better}.", f"Write {better}.", fix=fix
    )


RULE = LintRule(
    code="L010",
    name="needless-count",
    severity="hint",
    what="A count asks for one event or more, or for none: that is what `P` and `no P` mean.",
    why="Rules are read more often than written; a number without meaning costs every reader time.",
    remedy="Write `P` for `P >= 1`, and `no P` for `P < 1`. (`--fix` alone doesn't change `P > 0`, `P < 1` and "
    "`P <= 0`: the meaning stays, but the fingerprint changes.)",
    example="rule warm: visited pricing >= 1 => MEL\n",
    corrected="rule warm: visited pricing => MEL\n",
    check=check,
)
