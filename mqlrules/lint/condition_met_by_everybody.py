"""A rule whose condition holds before anything has happened, so it moves every lead with its first event."""

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
                f"nearly every lead becomes {rule.stage} with its first event.",
                "Add something that must have happened: `visited pricing and …`; "
                "or name the stage that the lead must be in: `when MEL, …`.",
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
    what="A rule holds for a lead that has done nothing at all, so nearly every lead meets it with its first event.",
    why="A stage that contains every lead says nothing. Usually a condition was lost, or `no …` is the only condition.",
    remedy="Add something that must have happened, or name the stage that the lead must be in with `when`.",
    example="rule quiet: no unsubscribed within 30d => MQL\n",
    corrected="rule quiet: visited pricing >= 2 and no unsubscribed within 30d => MQL\n",
    check=check,
)
