"""A window that is longer than the time that the data covers."""

from collections.abc import Iterator

from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import shown
from mqlrules.syntax import tree

_DAY = 86_400_000_000


def check(context: LintContext) -> Iterator[Finding]:
    """``within`` and ``older than`` longer than the time from the first event of the data to the last one."""
    profile = context.profile
    if profile is None or profile.first is None or profile.last is None:
        return
    length = profile.last - profile.first
    for source, _, node in context.nodes:
        match node:
            case tree.Restriction(argument=tree.Duration(microseconds=asked)) if asked > length:
                yield Finding(
                    source,
                    node.span,
                    f"{shown(source, node.span)} is longer than the data, which covers {_in_words(length)}.",
                    "Results on this data say little about later results.",
                )


def _in_words(microseconds: int) -> str:
    days = microseconds / _DAY
    return f"{days:,.0f} days" if days >= 2 else f"{days * 24:,.1f} hours"


RULE = LintRule(
    code="L027",
    name="window-longer-than-data",
    severity="hint",
    what="With `--events`: a window is longer than the time that the data covers.",
    why="It has no effect on this data. With a year of data the rule will find something else.",
    remedy="Try the rule on data that covers more than its windows.",
    example="rule warm: visited pricing >= 2 within 90d => MQL\n",
    corrected="rule warm: visited pricing >= 2 within 7d => MQL\n",
    check=check,
    asks="events",
    example_events=(
        {"event": "visited pricing", "time": 0},
        {"event": "visited pricing", "time": 30 * _DAY},
    ),
)
