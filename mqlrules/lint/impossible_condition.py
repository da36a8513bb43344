"""A condition that never holds, whatever a lead does."""

from collections.abc import Iterator

from mqlrules.check import program as p
from mqlrules.lint.conditions import Part
from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import shown
from mqlrules.plan import nodes as n
from mqlrules.proof.contradictions import pattern_is_impossible
from mqlrules.proof.implication import Implication
from mqlrules.proof.truth import Range, Truth, nothing_visible

_HINT = "Check its numbers and durations, or remove it."


def check(context: LintContext) -> Iterator[Finding]:
    """The smallest parts of conditions that never hold, lines of scores that never count, events that never match."""
    truth, implication = Truth(), Implication()
    for part in context.parts:
        for inner in _never(part, truth, implication):
            reason = _reason(inner, truth)
            yield Finding(
                inner.source,
                inner.condition.span,
                f"{shown(inner.source, inner.condition.span)} can never hold: {reason}.",
                _HINT,
            )
    for score in context.program.scores.values():
        for line in score.lines:
            if isinstance(line, p.EventLine) and score.source is not None and _never_counts(line):
                message = f"{shown(score.source, line.span)} never gives points, because it can't count any event."
                yield Finding(score.source, line.span, message, _HINT)
    for event in context.program.events.values():
        if event.source is not None and pattern_is_impossible(event.pattern):
            message = f"No event can match `{event.name}`: its tests contradict each other."
            yield Finding(event.source, event.span, message, "Check the tests after `where`.")


def _never(part: Part, truth: Truth, implication: Implication | None) -> Iterator[Part]:
    """The smallest parts that never hold. A segment is looked at where it is defined."""
    # Implication speaks of whole histories, not of the parts that `with same` makes.
    inside = None if isinstance(part.condition, p.WithSame) else implication
    below = [found for inner in part.parts for found in _never(inner, truth, inside)]
    if part.closes:
        yield part
    elif below:
        yield from below
    elif (truth.of(part.node) is False or (implication is not None and implication.never_holds(part.node))) and not (
        isinstance(part.condition, p.Not)
        or (isinstance(part.condition, p.SegmentTest) and part.interval == n.EVERYTHING)
    ):
        yield part


def _never_counts(line: p.EventLine) -> bool:
    interval = n.EVERYTHING
    for restriction in line.restrictions:
        interval = interval.narrowed(restriction, "history")
    return nothing_visible(line.pattern, interval)


def _reason(part: Part, truth: Truth) -> str:
    node = part.node
    if part.closes or part.interval.is_empty:
        return "no event can pass all of its restrictions"
    match node:
        case n.Compare(leaf=n.Score() as score):
            numbers = truth.range_of(score)
            assert numbers is not None, "a score always has a value"
            low, high = (f"{end / 1_000_000:g}" for end in (numbers.low, numbers.high))
            return f"`{score.name}` is between {low} and {high}"
        case n.Compare(leaf=n.Count(pattern=pattern) | n.Aggregate(pattern=pattern)):
            if pattern_is_impossible(pattern):
                return "no event meets its tests"
            if isinstance(node, n.Compare) and truth.range_of(node.leaf) in (None, Range(0, 0)):
                return "none of its events can pass its restrictions"
            return "no number meets it"
        case n.Sequence():
            return "its steps don't fit into its times, or none of its events is ever visible"
        case n.And():
            return "its parts contradict each other"
        case _:
            return "nothing can meet it"


RULE = LintRule(
    code="L002",
    name="impossible-condition",
    severity="error",
    what="A condition can never hold: counts that contradict each other, a score above what it can reach, a sequence "
    "that takes longer than its window, restrictions that exclude each other.",
    why="The rule seems to work, but no lead ever meets it.",
    remedy="Correct the number or the duration that is wrong, or remove the condition.",
    example="score engagement\n    +10 per visited pricing up to 30\n    +20 for attended webinar\n\n"
    "rule scored: engagement >= 60 => MQL\n",
    corrected="score engagement\n    +10 per visited pricing up to 30\n    +20 for attended webinar\n\n"
    "rule scored: engagement >= 40 => MQL\n",
    check=check,
)
