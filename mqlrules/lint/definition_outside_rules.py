"""A segment or a score that no rule uses."""

from collections.abc import Iterator

from mqlrules.language.names import normalise
from mqlrules.lint.names_used import names_used
from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import statements
from mqlrules.syntax import tree


def check(context: LintContext) -> Iterator[Finding]:
    """Segments and scores that no rule, no other definition and no test names."""
    used = names_used(context.files)
    for source, statement in statements(context.files):
        if isinstance(statement, (tree.SegmentDefinition, tree.ScoreDefinition)):
            kind = "segment" if isinstance(statement, tree.SegmentDefinition) else "score"
            if normalise(statement.name.text) not in used:
                yield Finding(
                    source,
                    statement.name.span,
                    f"No rule, test or other definition uses the {kind} `{statement.name.text}`.",
                    "If an application uses it, ignore this. Otherwise remove it, or use it in a rule.",
                )


RULE = LintRule(
    code="L023",
    name="definition-outside-rules",
    severity="hint",
    what="A segment or a score is defined, and nothing in the rule set uses it.",
    why="It changes no stage. That is right if an application uses it; otherwise it is left over.",
    remedy="Use it in a rule, or remove it. A test that expects it shows that it is wanted.",
    example="segment big = lead.employees >= 200\n\nrule warm: visited pricing >= 2 => MQL\n",
    corrected="segment big = lead.employees >= 200\n\nrule warm: visited pricing >= 2 and big => MQL\n",
    check=check,
)
