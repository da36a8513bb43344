"""A condition whose memory per lead grows without limit."""

from collections.abc import Iterator

from mqlrules.check import program as p
from mqlrules.lint.conditions import Part
from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import shown
from mqlrules.plan import nodes as n
from mqlrules.plan.cost import Bound, bound, bounds
from mqlrules.text.source import Source


def check(context: LintContext) -> Iterator[Finding]:
    """Leaves of conditions, and lines of scores, whose state has no bound."""
    for whole in context.parts:
        for part in _smallest(whole):
            yield _finding(part.source, part.condition, bound(part.node))
    for name, score in context.plan.scores.items():
        written = context.program.scores[name]
        of_lines = {id(line): of for line, of in bounds(score) if isinstance(line, n.EventPoints)}
        for line, place in zip(score.lines, written.lines, strict=True):
            of = of_lines.get(id(line))
            if of is not None and of.growth == "history" and written.source is not None:
                yield _finding(written.source, place, of)


def _smallest(part: Part) -> Iterator[Part]:
    if isinstance(part.condition, (p.SegmentTest, p.ScoreTest)):
        return
    below = [found for inner in part.parts for found in _smallest(inner)]
    if isinstance(part.condition, p.WithSame) or (not part.parts and bound(part.node).growth == "history"):
        yield part
    else:
        yield from below


def _finding(source: Source, node: p.Condition | p.ScoreLine, of: Bound) -> Finding:
    what = "with each new value" if of.growth == "values" else "with the length of its history"
    return Finding(
        source,
        node.span,
        f"For {shown(source, node.span, 50)}, memory per lead grows {what}: {of.reason}.",
        None if of.growth == "values" else "Add a window: `within 90d`.",
    )


RULE = LintRule(
    code="L020",
    name="unbounded-state",
    severity="hint",
    what="For a condition or a line of a score, an engine that takes one event at a time needs more and more "
    "memory per lead.",
    why="Most conditions depend on a few events, however long a lead's history is. Sums, averages and points without "
    "a window don't; nor does `with same`, which keeps state for each value.",
    remedy="Add a window. For a few thousand events per lead it makes no difference.",
    example="rule big: sum(amount of purchased) >= 1000 => customer\n",
    corrected="rule big: sum(amount of purchased) >= 1000 within 365d => customer\n",
    check=check,
)
