"""A condition that always means the same as a simpler one."""

from collections.abc import Iterator

from mqlrules.check import program as p
from mqlrules.lint.conditions import Part
from mqlrules.lint.record import Finding, LintContext, LintRule
from mqlrules.lint.trees import shown
from mqlrules.proof.implication import Implication
from mqlrules.proof.truth import Truth

MOST = 20
"""How many operands of one ``and`` or ``or`` are compared with each other; more than that were written by a program."""


def check(context: LintContext) -> Iterator[Finding]:
    """Parts that always hold, and operands of ``and`` and ``or`` that have no effect next to another one."""
    truth, implication = Truth(), Implication()
    for whole in context.parts:
        for part in _always(whole, truth):
            yield Finding(
                part.source,
                part.condition.span,
                f"{shown(part.source, part.condition.span)} always holds, for every lead.",
                "Remove it, or write what you meant.",
            )
        yield from _idle(whole, implication)


def _always(part: Part, truth: Truth) -> Iterator[Part]:
    """The smallest parts that always hold, but for `not` of what never holds."""
    if part.closes:
        # It is impossible that anything happens there; that is said by another rule.
        return
    below = [found for inner in part.parts for found in _always(inner, truth)]
    if below:
        yield from below
    elif truth.of(part.node) is True and not isinstance(part.condition, (p.Not, p.SegmentTest)):
        yield part


def _idle(part: Part, implication: Implication) -> Iterator[Finding]:
    """Operands that say what another one says. What is split by ``with same`` is not looked into."""
    match part.condition:
        case p.And():
            yield from _idle_operands(part, implication, "and")
        case p.Or():
            yield from _idle_operands(part, implication, "or")
        case p.WithSame():
            return
    for inner in part.parts:
        yield from _idle(inner, implication)


def _idle_operands(part: Part, implication: Implication, word: str) -> Iterator[Finding]:
    operands = [
        inner
        for inner in part.parts[:MOST]
        if not implication.never_holds(inner.node) and not implication.always_holds(inner.node)
    ]
    gone: set[int] = set()
    for number, idle in enumerate(operands):
        for other, kept in enumerate(operands):
            one, two = (kept.node, idle.node) if word == "and" else (idle.node, kept.node)
            if other == number or other in gone or one == two or not implication.implies(one, two):
                continue
            if number < other and implication.implies(two, one):
                # Of two that say the same the second is idle, and not the first one too.
                continue
            gone.add(number)
            yield Finding(
                part.source,
                idle.condition.span,
                f"{shown(part.source, idle.condition.span)} has no effect next to "
                f"{shown(part.source, kept.condition.span)}: {_together(word)}.",
                f"Write {shown(part.source, kept.condition.span)} alone, or correct the one that is wrong.",
            )
            break


def _together(word: str) -> str:
    return "the second implies the first" if word == "and" else "the first implies the second"


RULE = LintRule(
    code="L003",
    name="roundabout-condition",
    severity="warning",
    what="A condition means the same as a simpler one: a part of it always holds, or is implied by another part.",
    why="Readers look for a meaning that isn't there. Often a number is wrong.",
    remedy="Write the simpler condition, or correct the number.",
    example="rule warm: visited pricing >= 3 and visited pricing >= 2 => MQL\n",
    corrected="rule warm: visited pricing >= 3 => MQL\n",
    check=check,
)
