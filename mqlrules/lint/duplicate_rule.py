"""Two rules with the same condition and outcome."""

from collections.abc import Iterator

from mqlrules.lint.record import Finding, LintContext, LintRule, Move
from mqlrules.text.diagnostic import Note


def check(context: LintContext) -> Iterator[Finding]:
    """Rules with the same `when`, the same condition and the same outcome."""
    first: dict[object, Move] = {}
    for move in context.moves:
        rule = move.rule
        key = (rule.when, rule.lasting, rule.stage, rule.recycle, move.planned.condition)
        earlier = first.setdefault(key, move)
        if earlier is not move:
            yield Finding(
                move.source,
                move.written.condition.span,
                f"The rule `{rule.name}` is the same as `{earlier.rule.name}`, so it never moves a lead itself.",
                "Remove one of them, or write what you meant.",
                (Note(earlier.source, earlier.written.condition.span, f"`{earlier.rule.name}` is here"),),
            )


RULE = LintRule(
    code="L013",
    name="duplicate-rule",
    severity="warning",
    what="Two rules have the same condition and the same outcome.",
    why="The first one makes every move; the second appears only in `also`. Someone who changes one of them later "
    "won't see why nothing changes.",
    remedy="Remove one of them, or write what you meant.",
    example="rule warm: visited pricing >= 2 => MQL\nrule hot: visited pricing >= 2 => MQL\n",
    corrected="rule warm: visited pricing >= 2 => MQL\nrule hot: visited pricing >= 2 and requested demo => SQL\n",
    check=check,
)
