"""A property that an event of the data does not have."""

from collections.abc import Iterator

from mqlrules.language.suggest import closest
from mqlrules.lint.asked_of_events import properties_asked
from mqlrules.lint.record import Finding, LintContext, LintRule


def check(context: LintContext) -> Iterator[Finding]:
    """Properties that rules ask for, and that no event of that name has; another letter case is another rule's."""
    if context.profile is None:
        return
    for asked in properties_asked(context, context.profile):
        there = sorted({name for event in asked.known for name in event.properties})
        if asked.name in there or any(name.casefold() == asked.name.casefold() for name in there):
            continue
        close = closest(asked.name, there)
        some = ", ".join(f"`{name}`" for name in there[:8])
        yield Finding(
            asked.source,
            asked.span,
            f"No `{asked.event}` of the data has a property `{asked.name}`.",
            f"Did you mean `{close}`?" if close else f"It has {some}." if some else "It has no properties.",
        )


RULE = LintRule(
    code="L025",
    name="unknown-property",
    severity="warning",
    what="With `--events`: a rule asks for a property that no event of that name has in the data.",
    why="A missing property makes every test false but `is missing`, so nothing ever holds, and nothing says so.",
    remedy="Write the property as the data has it.",
    example='rule warm: page_viewed where (pth = "/pricing") >= 2 => MQL\n',
    corrected='rule warm: page_viewed where (path = "/pricing") >= 2 => MQL\n',
    check=check,
    asks="events",
    example_events=({"event": "page_viewed", "time": 0, "path": "/pricing"},),
)
