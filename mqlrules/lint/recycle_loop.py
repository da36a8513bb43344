"""A recycle that takes a lead back in the moment in which it arrives."""

from collections.abc import Iterator

from mqlrules.lint.record import Finding, LintContext, LintRule, Move
from mqlrules.plan import nodes as n
from mqlrules.plan.change import can_hold_of_nothing
from mqlrules.plan.lower import patterns_of
from mqlrules.text.diagnostic import Note


def check(context: LintContext) -> Iterator[Finding]:
    """Recycles with no ``for`` that hold of leads which a rule has just moved up."""
    ladder = {stage: level for level, stage in enumerate(context.program.lifecycle.ladder)}
    rising: dict[str, list[Move]] = {}
    for move in context.moves:
        if not move.rule.recycle and move.rule.stage in ladder:
            rising.setdefault(move.rule.stage, []).append(move)
    for back in context.moves:
        rule = back.rule
        if not rule.recycle or rule.lasting is not None:
            continue
        stages = [stage for stage in rising if ladder[stage] > ladder[rule.stage] and rule.when in (None, stage)]
        for stage in stages:
            up = next((move for move in rising[stage] if _meets(move, back)), None)
            if up is not None:
                yield Finding(
                    back.source,
                    back.written.condition.span,
                    f"`{rule.name}` sends a lead back to {rule.stage} in the moment in which "
                    f"`{up.rule.name}` makes it {stage}.",
                    f"Say how long it must have been there: `when {stage} for 30d, …`.",
                    (Note(up.source, up.written.condition.span, f"`{up.rule.name}` is here"),),
                )
                break


def _meets(up: Move, back: Move) -> bool:
    """Whether a lead that a rule has just moved meets the condition of the recycle, too."""
    asked, met = back.planned.condition, up.planned.condition
    if set(_all(asked)) <= set(_all(met)):
        return True
    if can_hold_of_nothing(asked) is not True:
        return False
    # A recycle that asks for nothing holds of every lead that has not done what it forbids.
    forbidden = {a.name for pattern in patterns_of([asked]) for a in pattern.alternatives}
    needed = {a.name for pattern in patterns_of([met]) for a in pattern.alternatives}
    return None not in forbidden and not forbidden & needed


def _all(node: n.Node) -> tuple[n.Node, ...]:
    return node.operands if isinstance(node, n.All) else (node,)


RULE = LintRule(
    code="L014",
    name="recycle-loop",
    severity="warning",
    what="A rule recycles leads that another rule has just moved up: its condition holds already when they arrive.",
    why="Such a lead reaches a stage and leaves it in the same moment. It goes up and down for ever, and nobody can "
    "work on it.",
    mend="Give the recycle time: `when MQL for 30d, …`; or ask for something that has happened since.",
    example="rule warm: visited pricing >= 2 => MQL\n"
    "rule cold: when MQL, no requested demo within 30d => recycle to MEL\n",
    mended="rule warm: visited pricing >= 2 => MQL\n"
    "rule cold: when MQL for 30d, no requested demo within 30d => recycle to MEL\n",
    check=check,
)
