"""Two rules that do the same."""

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
                f"The rule `{rule.name}` does what `{earlier.rule.name}` does: it never moves a lead itself.",
                "Take one of them out, or write what was meant.",
                (Note(earlier.source, earlier.written.condition.span, f"`{earlier.rule.name}` is here"),),
            )


RULE = LintRule(
    code="L013",
    name="duplicate-rule",
    severity="warning",
    what="Two rules have the same condition and the same outcome.",
    why="The first one makes every move; the second is named in `also` alone. Whoever changes one of them later does "
    "not see why nothing changes.",
    mend="Take one of them out, or write what was meant.",
    example="rule warm: visited pricing >= 2 => MQL\nrule hot: visited pricing >= 2 => MQL\n",
    mended="rule warm: visited pricing >= 2 => MQL\nrule hot: visited pricing >= 2 and requested demo => SQL\n",
    check=check,
)
