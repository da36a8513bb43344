"""A property or a text that the data spells in another letter case."""

from collections.abc import Iterator

from mqlrules.lint.asked_of_events import properties_asked, texts_missing
from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.text.edit import Edit, Fix


def check(context: LintContext) -> Iterator[Finding]:
    """Names of properties, and texts that are compared, that differ from the data in letter case alone."""
    if context.profile is None:
        return
    for asked in properties_asked(context, context.profile):
        names = sorted({name for event in asked.known for name in event.properties})
        near = [name for name in names if name.casefold() == asked.name.casefold()]
        if near and asked.name not in near:
            yield Finding(
                asked.source,
                asked.span,
                f"`{asked.event}` has `{near[0]}` in the data, not `{asked.name}`.",
                f"Property names are case-sensitive: write `{near[0]}`.",
            )
        for text, there in texts_missing(asked):
            alike = sorted(known for known in there if known.casefold() == text.value.casefold())
            if alike:
                quoted = asked.source.text[text.span.start : text.span.end]
                new = quoted.replace(text.value, alike[0])
                edit = Edit(asked.source, text.span, new)
                yield Finding(
                    asked.source,
                    text.span,
                    f'`{asked.name}` of `{asked.event}` is "{alike[0]}" in the data, not "{text.value}".',
                    f'Write "{alike[0]}", or `ignoring case` after the test.',
                    fix=Fix(f'write "{alike[0]}"', (edit,), "unsafe") if text.value in quoted else None,
                )


RULE = LintRule(
    code="L028",
    name="different-case",
    severity="warning",
    what="With `--events`: a property, or a text that it is compared with, is spelled in another letter case than in "
    "the data.",
    why="Event names ignore case; properties and text values don't, so the test never holds.",
    remedy="Spell it as in the data, or write `ignoring case` after the test.",
    example='rule trial: started trial where (plan = "Business") => MQL\n',
    corrected='rule trial: started trial where (plan = "business") => MQL\n',
    check=check,
    asks="events",
    example_events=({"event": "started trial", "time": 0, "plan": "business"},),
)
