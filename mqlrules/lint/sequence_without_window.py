"""A sequence whose steps may be years apart."""

from collections.abc import Iterator

from mqlrules.check import program as p
from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import shown
from mqlrules.plan import nodes as n


def check(context: LintContext) -> Iterator[Finding]:
    """Sequences of several events that nothing holds together in time."""
    for whole in context.parts:
        for part in whole.walk():
            if (
                isinstance(part.condition, p.Sequence)
                and len(part.condition.steps) > 1
                and not any(step.within for step in part.condition.steps)
                and _unbounded(part.interval)
            ):
                text = shown(part.source, part.condition.span)
                yield Finding(
                    part.source,
                    part.condition.span,
                    f"The steps of {text} may be years apart.",
                    "Add a window: `… within 30d` after the sequence, or `then within 7d …` for one step.",
                )


def _unbounded(interval: n.Interval) -> bool:
    return interval.within is None and interval.during is None and not interval.since


RULE = LintRule(
    code="L006",
    name="sequence-without-window",
    severity="hint",
    what="A sequence has no window: neither `within` after it, nor `then within` at one of its steps.",
    why="What a lead did three years ago rarely matters today, but it still completes the sequence.",
    remedy="Add the time in which it must happen: `visited pricing then attended webinar within 30d`.",
    example="rule nurture: visited pricing then attended webinar => MQL\n",
    corrected="rule nurture: visited pricing then attended webinar within 30d => MQL\n",
    check=check,
)
