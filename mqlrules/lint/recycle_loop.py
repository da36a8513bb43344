"""A recycle that takes a lead back at the moment it arrives."""

from collections.abc import Iterator

from mqlrules.lint.record import Finding, LintContext, LintRule, Move
from mqlrules.plan import nodes as n
from mqlrules.plan.dependencies import can_hold_of_nothing
from mqlrules.plan.lower import patterns_of
from mqlrules.text.diagnostic import Note


def check(context: LintContext) -> Iterator[Finding]:
    """Recycles with no ``for`` that hold of leads which a rule has just moved up."""
    ladder = {stage: level for level, stage in enumerate(context.program.lifecycle.ladder)}
    rising: dict[str, _Rising] = {}
    for move in context.moves:
        if not move.rule.recycle and move.rule.stage in ladder:
            rising.setdefault(move.rule.stage, _Rising()).add(move)
    for back in context.moves:
        rule = back.rule
        if not rule.recycle or rule.lasting is not None:
            continue
        for stage, ways in rising.items():
            if ladder[stage] <= ladder[rule.stage] or rule.when not in (None, stage):
                continue
            up = ways.met_by(back)
            if up is not None:
                yield Finding(
                    back.source,
                    back.written.condition.span,
                    f"`{rule.name}` sends a lead back to {rule.stage} at the moment when "
                    f"`{up.rule.name}` makes it {stage}.",
                    f"Require some time in the stage: `when {stage} for 30d, …`.",
                    (Note(up.source, up.written.condition.span, f"`{up.rule.name}` is here"),),
                )
                break


class _Rising:
    """The rules that lead up to one stage, found by what they ask for: no rule is compared with every other."""

    def __init__(self) -> None:
        self._moves: list[tuple[Move, frozenset[n.Node], frozenset[str | None]]] = []
        self._asking: dict[n.Node, list[int]] = {}

    def add(self, move: Move) -> None:
        operands = frozenset(_all(move.planned.condition))
        for operand in operands:
            self._asking.setdefault(operand, []).append(len(self._moves))
        self._moves.append((move, operands, _names(move.planned.condition)))

    def met_by(self, back: Move) -> Move | None:
        """A rule that moves leads which meet the condition of the recycle at once."""
        asked = frozenset(_all(back.planned.condition))
        fewest = min((self._asking.get(operand, []) for operand in asked), key=len)
        for number in fewest:
            move, operands, _ = self._moves[number]
            if asked <= operands:
                return move
        if can_hold_of_nothing(back.planned.condition) is not True:
            return None
        # A recycle that asks for nothing holds of every lead that has not done what it forbids.
        forbidden = _names(back.planned.condition)
        if None in forbidden:
            return None
        return next((move for move, _, needed in self._moves if not forbidden & needed), None)


def _names(node: n.Node) -> frozenset[str | None]:
    return frozenset(alternative.name for pattern in patterns_of([node]) for alternative in pattern.alternatives)


def _all(node: n.Node) -> tuple[n.Node, ...]:
    return node.operands if isinstance(node, n.And) else (node,)


RULE = LintRule(
    code="L014",
    name="recycle-loop",
    severity="warning",
    what="A rule recycles leads that another rule has just moved up: its condition already holds when they arrive.",
    why="Such a lead reaches a stage and leaves it at the same moment. It goes up and down forever, and nobody can "
    "work on it.",
    remedy="Require some time in the stage: `when MQL for 30d, …`; or require an event that happens later.",
    example="rule warm: visited pricing >= 2 => MQL\n"
    "rule cold: when MQL, no requested demo within 30d => recycle to MEL\n",
    corrected="rule warm: visited pricing >= 2 => MQL\n"
    "rule cold: when MQL for 30d, no requested demo within 30d => recycle to MEL\n",
    check=check,
)
