"""A restriction without effect, because another one is narrower."""

from collections.abc import Iterator

from mqlrules.check import program as p
from mqlrules.lint.conditions import Part
from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import removal, shown
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import Lower, lowering_of
from mqlrules.text.edit import Fix


def check(context: LintContext) -> Iterator[Finding]:
    """Restrictions without which the same comes out."""
    lowered = lowering_of(context.program)
    for whole in context.parts:
        yield from _below(whole, lowered, "history")


def _below(part: Part, lowered: Lower, scope: n.Scope) -> Iterator[Finding]:
    if isinstance(part.condition, p.Restricted):
        found = list(_idle(part, part.condition, lowered, scope))
        if found:
            # One inside it may be idle because of this one; without this one that is looked at again.
            yield from found
            return
    inside: n.Scope = "part" if isinstance(part.condition, p.WithSame) else scope
    for inner in part.parts:
        yield from _below(inner, lowered, inside)


def _idle(part: Part, condition: p.Restricted, lowered: Lower, scope: n.Scope) -> Iterator[Finding]:
    for restriction in condition.restrictions:
        others = tuple(other for other in condition.restrictions if other is not restriction)
        interval = part.interval
        for other in others:
            interval = interval.narrowed(other, scope)
        if lowered(condition.condition, interval, scope) == part.node:
            text = shown(part.source, restriction.span)
            yield Finding(
                part.source,
                restriction.span,
                f"{text} has no effect: a narrower restriction already applies.",
                "Remove it, or correct its duration.",
                fix=Fix(f"remove {text}", (removal(part.source, restriction.span),)),
            )
            # Of two that say the same each is idle, but not both.
            return


RULE = LintRule(
    code="L007",
    name="idle-window",
    severity="warning",
    what="A window (or another restriction) has no effect, because another one is narrower.",
    why="Nested restrictions intersect: the outer one doesn't override the inner one. The author of the wider one "
    "most likely wanted it to apply.",
    remedy="Remove the one without effect, or the one that you didn't mean.",
    example="rule warm: (visited pricing >= 2 within 30d and attended webinar) within 14d => MQL\n",
    corrected="rule warm: (visited pricing >= 2 and attended webinar) within 14d => MQL\n",
    check=check,
)
