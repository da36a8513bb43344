"""A text that a property never has in the data."""

from collections.abc import Iterator

from mqlrules.language.suggest import closest
from mqlrules.lint.asked_of_events import properties_asked, texts_missing
from mqlrules.lint.record import Finding, LintContext, LintRule


def check(context: LintContext) -> Iterator[Finding]:
    """Texts after ``=``, ``!=`` and in ``in (…)`` that no event has; another letter case is another rule's."""
    if context.profile is None:
        return
    for asked in properties_asked(context, context.profile):
        for text, there in texts_missing(asked):
            if any(known.casefold() == text.value.casefold() for known in there):
                continue
            close = closest(text.value, sorted(there))
            some = ", ".join(f'"{known}"' for known in sorted(there)[:6])
            yield Finding(
                asked.source,
                text.span,
                f'`{asked.name}` of `{asked.event}` is never "{text.value}" in the data.',
                f'Did you mean "{close}"?' if close else f"It is {some}{' …' if len(there) > 6 else ''}.",
            )


RULE = LintRule(
    code="L026",
    name="unknown-value",
    severity="warning",
    what="With `--events`: a property is compared with a text that it never has in the data. Properties with more than "
    "a thousand different texts are not looked at.",
    why="Text compares exactly, so the test is never met.",
    remedy="Write the text as the data has it.",
    example='rule trial: started trial where (plan = "busines") => MQL\n',
    corrected='rule trial: started trial where (plan = "business") => MQL\n',
    check=check,
    asks="events",
    example_events=({"event": "started trial", "time": 0, "plan": "business"},),
)
