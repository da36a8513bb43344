"""A rule without a name: it is named by its place in the file, and renamed when another rule is put before it."""

from collections.abc import Iterator

from mqlrules.lint.record import Finding, LintContext, LintRule


def check(context: LintContext) -> Iterator[Finding]:
    """Rules without a name."""
    for move in context.moves:
        if move.rule.bare:
            yield Finding(
                move.source,
                move.written.span,
                f"This rule has no name. Results call it `{move.rule.name}`, by its place in the file.",
                f'Give it one: `rule warm_lead "…": … => {move.rule.stage}`.',
            )


RULE = LintRule(
    code="L022",
    name="nameless-rule",
    severity="hint",
    what="A rule has no name, so it is named by its file and its place among the unnamed rules there.",
    why="Reports and transitions name `rules_2`, and another name once an unnamed rule is put before it.",
    remedy="Write `rule NAME:` before it.",
    example="visited pricing >= 2 => MQL\n",
    corrected="rule warm: visited pricing >= 2 => MQL\n",
    check=check,
)
