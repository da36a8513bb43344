"""A definition with the name of a raw event, which can then be written only as a string."""

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
                    f"The definition `{name}` hides the event with the same name that your systems send.",
                    f'Rename the definition. Until then, write the raw event as a string: `"{name}"`.',
                )


RULE = LintRule(
    code="L017",
    name="hidden-event-name",
    severity="warning",
    what="A definition has the name of a raw event: the one that it narrows, or one in `--events`.",
    why="Everywhere else the name now means the definition. Someone who knows the event from the data and writes it "
    "in a rule gets something else.",
    remedy="Give the definition a name that says what it narrows to.",
    example='event page viewed = page_viewed where (path matches "/pricing*")\n\nrule warm: page viewed >= 2 => MQL\n',
    corrected='event visited pricing = page_viewed where (path matches "/pricing*")\n\n'
    "rule warm: visited pricing >= 2 => MQL\n",
    check=check,
)
