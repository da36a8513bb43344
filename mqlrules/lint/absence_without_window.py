"""An absence that looks at a lead's whole past."""

from collections.abc import Iterator

from mqlrules.check import program as p
from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import shown
from mqlrules.plan import nodes as n


def check(context: LintContext) -> Iterator[Finding]:
    """``no P`` with no restriction around it."""
    for whole in context.parts:
        for part in whole.walk():
            match part.condition:
                case p.Count(operator="=", number=0) if part.interval == n.EVERYTHING:
                    text = shown(part.source, part.condition.span)
                    yield Finding(
                        part.source,
                        part.condition.span,
                        f"{text} looks at the lead's whole past: once it has happened, this never holds again.",
                        f"If you mean never, ignore this. Otherwise add a window: {text[:-1]} within 30d`.",
                    )


RULE = LintRule(
    code="L008",
    name="absence-without-window",
    severity="hint",
    what="`no P` has no window, so it looks at a lead's whole past.",
    why="A lead that did it once, years ago, never meets the condition again. That is right for `no unsubscribed`, but "
    "rarely for `no purchased`.",
    remedy="Give it a window, `no purchased within 60d`, or a beginning: `no purchased since asked for quote`.",
    example="rule cold: opened email and no visited pricing => MCL\n",
    corrected="rule cold: opened email and no visited pricing within 60d => MCL\n",
    check=check,
)
