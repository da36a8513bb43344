"""A rule with a name and no text."""

from collections.abc import Iterator

from mqlrules.lint.record import Finding, LintContext, LintRule


def check(context: LintContext) -> Iterator[Finding]:
    """Named rules that nothing describes."""
    for move in context.moves:
        if move.rule.description is None and move.written.name is not None:
            name = move.rule.name
            yield Finding(
                move.source,
                move.written.name.span,
                f"The rule `{name}` has no description.",
                f'Describe its purpose in a few words: `rule {name} "Has seen the prices twice": …`.',
            )


RULE = LintRule(
    code="L019",
    name="undescribed-rule",
    severity="hint",
    what="A rule has a name, and no text that says what it is for.",
    why="The text is what sales reads beside a lead, and what tells a later author what was meant.",
    remedy="Put a sentence after the name.",
    example="rule warm: visited pricing >= 2 => MQL\n",
    corrected='rule warm "Has seen the prices twice": visited pricing >= 2 => MQL\n',
    check=check,
)
