"""A definition that has the name of a raw event, which can then no longer be named."""

from collections.abc import Iterator

from mqlrules.language.names import normalise
from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import statements
from mqlrules.syntax import tree

_DEFINITIONS = (tree.EventDefinition, tree.SegmentDefinition, tree.ScoreDefinition)


def check(context: LintContext) -> Iterator[Finding]:
    """Definitions with the name of an event that is in the data, or in the definition itself."""
    raw = set() if context.profile is None else set(context.profile.events)
    for source, statement in statements(context.files):
        if isinstance(statement, _DEFINITIONS):
            key = normalise(statement.name.text)
            event = context.program.events.get(key) if isinstance(statement, tree.EventDefinition) else None
            itself = event is not None and any(a.name == key for a in event.pattern.alternatives)
            if key in raw or itself:
                name = statement.name.text
                yield Finding(
                    source,
                    statement.name.span,
                    f"The definition `{name}` hides the event of that name that your systems send.",
                    f'Give it a name of its own. Until then the raw event is `"{name}"`, as a string.',
                )


RULE = LintRule(
    code="L017",
    name="hidden-event-name",
    severity="warning",
    what="A definition has the name of a raw event: the very one that it narrows, or one of `--events`.",
    why="Everywhere else the name now means the definition. Whoever knows the event from the data and writes it in a "
    "rule gets something else.",
    mend="Give the definition a name that says what it narrows to.",
    example='event page viewed = page_viewed where (path matches "/pricing*")\n\nrule warm: page viewed >= 2 => MQL\n',
    mended='event visited pricing = page_viewed where (path matches "/pricing*")\n\n'
    "rule warm: visited pricing >= 2 => MQL\n",
    check=check,
)
