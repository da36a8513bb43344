"""A rule whose condition holds before anything has happened: it moves every lead with its first event."""

from collections.abc import Iterator

from mqlrules.lint.record import Finding, LintContext, LintRule, Move
from mqlrules.plan.dependencies import can_hold_of_nothing
from mqlrules.plan.lower import patterns_of


def check(context: LintContext) -> Iterator[Finding]:
    """Rules that ask for nothing that must have happened, and for no stage that must have been reached."""
    first = context.program.lifecycle.ladder[0]
    for move in context.moves:
        rule = move.rule
        anybody = rule.when is None or (rule.when == first and rule.lasting is None)
        if anybody and not rule.recycle and _asks_for_nothing(move):
            yield Finding(
                move.source,
                move.written.condition.span,
                f"A lead that has done nothing meets the rule `{rule.name}`: "
                f"nearly everybody is {rule.stage} with the first event.",
                "Ask for something that must have happened too: `visited pricing and …`; "
                "or say in which stage the lead must be: `when MEL, …`.",
            )


def _asks_for_nothing(move: Move) -> bool:
    # The first event of a lead is an activity: a condition that asks for `activity` is not met by everybody.
    asks_activity = any(
        alternative.name is None
        for pattern in patterns_of([move.planned.condition])
        for alternative in pattern.alternatives
    )
    return not asks_activity and can_hold_of_nothing(move.planned.condition) is True


RULE = LintRule(
    code="L001",
    name="condition-met-by-everybody",
    severity="warning",
    what="A rule holds of a lead that has done nothing at all, so nearly every lead meets it with its first event.",
    why="A stage that everybody is in says nothing. Most often a condition was lost, or `no …` stands alone.",
    mend="Ask for something that must have happened too, or say in which stage the lead must be with `when`.",
    example="rule quiet: no unsubscribed within 30d => MQL\n",
    mended="rule quiet: visited pricing >= 2 and no unsubscribed within 30d => MQL\n",
    check=check,
)
