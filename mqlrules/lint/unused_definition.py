"""An event or a list that nothing uses."""

from collections.abc import Iterator

from mqlrules.language.names import normalise
from mqlrules.lint.names_used import names_used
from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import statements
from mqlrules.syntax import tree


def check(context: LintContext) -> Iterator[Finding]:
    """Definitions of events and lists that no other statement names."""
    used = names_used(context.files)
    for source, statement in statements(context.files):
        if isinstance(statement, (tree.EventDefinition, tree.ListDefinition)):
            kind = "event" if isinstance(statement, tree.EventDefinition) else "list"
            if normalise(statement.name.text) not in used:
                yield Finding(
                    source,
                    statement.name.span,
                    f"Nothing uses the {kind} `{statement.name.text}`.",
                    "Remove it, or check whether a rule uses another name by mistake.",
                )


RULE = LintRule(
    code="L016",
    name="unused-definition",
    severity="warning",
    what="An event or a list is defined, and no rule, segment, score, event or test uses it.",
    why="It may be left over. Or a rule may use a raw event where this definition was meant.",
    remedy="Remove it, or use it.",
    example='event visited pricing = page_viewed where (path matches "/pricing*")\n\n'
    "rule warm: page_viewed >= 2 => MQL\n",
    corrected='event visited pricing = page_viewed where (path matches "/pricing*")\n\n'
    "rule warm: visited pricing >= 2 => MQL\n",
    check=check,
)
