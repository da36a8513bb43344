"""A bare rule: it is called after its file and its place, and is called something else when one is put before it."""

from collections.abc import Iterator

from mqlrules.lint.record import Finding, LintContext, LintRule


def check(context: LintContext) -> Iterator[Finding]:
    """Rules without a name."""
    for move in context.moves:
        if move.rule.bare:
            yield Finding(
                move.source,
                move.written.span,
                f"This rule has no name of its own: in results it is `{move.rule.name}`, by its place in the file.",
                f'Give it one: `rule warm_lead "…": … => {move.rule.stage}`.',
            )


RULE = LintRule(
    code="L022",
    name="nameless-rule",
    severity="hint",
    what="A rule has no name, so it is called after its file and its place among the bare rules there.",
    why="Reports and transitions speak of `rules_2`, and of something else once a bare rule is put before it.",
    mend="Write `rule NAME:` before it.",
    example="visited pricing >= 2 => MQL\n",
    mended="rule warm: visited pricing >= 2 => MQL\n",
    check=check,
)
