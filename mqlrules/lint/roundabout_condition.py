"""A condition that always means the same as a simpler one."""

from collections.abc import Iterator

from mqlrules.check import program as p
from mqlrules.lint.conditions import Part
from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import shown
from mqlrules.plan import nodes as n
from mqlrules.plan.truth import Truth, negated

MOST = 50
"""So many comparisons of one count are compared with each other: who writes more in one place is a program."""


def check(context: LintContext) -> Iterator[Finding]:
    """Parts that always hold, and operands of ``and`` and ``or`` that decide nothing beside another one."""
    truth = Truth()
    for whole in context.parts:
        for part in _always(whole, truth):
            yield Finding(
                part.source,
                part.condition.span,
                f"{shown(part.source, part.condition.span)} always holds, of every lead.",
                "Take it out, or ask for what was meant.",
            )
        for part in whole.walk():
            match part.condition:
                case p.And():
                    yield from _idle_operands(part, truth, "and")
                case p.Or():
                    yield from _idle_operands(part, truth, "or")


def _always(part: Part, truth: Truth) -> Iterator[Part]:
    """The smallest parts that always hold, but for `not` of what never holds."""
    if part.closes:
        # It is impossible that anything happens there; that is said by another rule.
        return
    below = [found for inner in part.parts for found in _always(inner, truth)]
    if below:
        yield from below
    elif truth.of(part.node) is True and not isinstance(part.condition, (p.Not, p.SegmentTest)):
        yield part


def _idle_operands(part: Part, truth: Truth, word: str) -> Iterator[Finding]:
    """Comparisons of one count (or sum, or score) beside each other, one of which says what the other says."""
    compared: dict[n.Leaf, list[Part]] = {}
    for inner in part.parts:
        if isinstance(inner.node, n.Compare) and truth.of(inner.node) is None:
            compared.setdefault(inner.node.leaf, []).append(inner)
    for leaf, of in compared.items():
        if isinstance(leaf, n.Aggregate) and leaf.function not in ("sum", "distinct", "days"):
            continue
        for number, idle in enumerate(of[:MOST]):
            kept = next(
                (k for m, k in enumerate(of[:MOST]) if m != number and _is_idle(idle, k, m < number, word, truth)), None
            )
            if kept is not None:
                yield Finding(
                    part.source,
                    idle.condition.span,
                    f"{shown(part.source, idle.condition.span)} decides nothing beside "
                    f"{shown(part.source, kept.condition.span)}: {_together(word)}.",
                    f"Write {shown(part.source, kept.condition.span)} alone, or correct the one that is wrong.",
                )


def _is_idle(idle: Part, kept: Part, kept_is_first: bool, word: str, truth: Truth) -> bool:
    one, other = (kept.node, idle.node) if word == "and" else (idle.node, kept.node)
    if one == other or not _implies(one, other, truth):
        return False
    # Of two that say the same the second is idle, and not the first one too.
    return kept_is_first or not _implies(other, one, truth)


def _together(word: str) -> str:
    return "whoever meets the second meets the first" if word == "and" else "whoever meets the first meets the second"


def _implies(one: n.Node, other: n.Node, truth: Truth) -> bool:
    return truth.of(n.All((one, negated(other)))) is False


RULE = LintRule(
    code="L003",
    name="roundabout-condition",
    severity="warning",
    what="A condition means what a simpler one means: a part of it always holds, or says less than the part beside it.",
    why="Whoever reads it looks for a meaning that is not there; often a number is wrong.",
    mend="Write the simpler condition, or correct the number.",
    example="rule warm: visited pricing >= 3 and visited pricing >= 2 => MQL\n",
    mended="rule warm: visited pricing >= 3 => MQL\n",
    check=check,
)
