"""An event that the data does not hold."""

from collections.abc import Iterator

from mqlrules.language.names import normalise
from mqlrules.language.suggest import closest
from mqlrules.lint.asked_of_events import raw_names
from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.syntax import tree


def check(context: LintContext) -> Iterator[Finding]:
    """Raw events that are named in rules and definitions, and that never happened."""
    if context.profile is None:
        return
    there = context.profile.events
    spelled = [event.name for event in sorted(there.values(), key=lambda event: -event.count)]
    near: dict[str, str | None] = {}
    for source, statement, node in context.nodes:
        if not isinstance(node, tree.EventPattern):
            continue
        # What a definition stands for is looked at where it is defined.
        if raw_names(context.program, node.phrase, statement) != {key := normalise(node.phrase.text)} or key in there:
            continue
        if key not in near:
            near[key] = closest(node.phrase.text, spelled)
        close = near[key]
        yield Finding(
            source,
            node.phrase.span,
            f"No event of the data is called `{node.phrase.text}`.",
            f"Did you mean `{close}`?" if close else "Look how your systems spell it.",
        )


RULE = LintRule(
    code="L024",
    name="unknown-event",
    severity="warning",
    what="With `--events`: a rule names an event that the data does not hold.",
    why="A name that nobody sends is no error, but nothing ever comes of it. Most often it is spelled another way.",
    remedy="Write the name as the data has it; letter case, spaces, `_` and `-` make no difference.",
    example="rule warm: visited pricng >= 2 => MQL\n",
    corrected="rule warm: visited pricing >= 2 => MQL\n",
    check=check,
    asks="events",
    example_events=({"event": "visited pricing", "time": 0},),
)
