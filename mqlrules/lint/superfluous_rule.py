"""A rule that another rule makes superfluous: every lead that matches it also matches the other one."""

from collections.abc import Iterator

from mqlrules.check.program import Rule
from mqlrules.engine.lifecycle import Ladder
from mqlrules.language.names import IDENTIFY
from mqlrules.lint.record import Finding, LintContext, LintRule, Move
from mqlrules.plan import nodes as n
from mqlrules.plan.dependencies import can_hold_of_nothing
from mqlrules.plan.lower import patterns_of
from mqlrules.proof.implication import Implication
from mqlrules.proof.implication.atoms import Key, are_related
from mqlrules.text.diagnostic import Note


def check(context: LintContext) -> Iterator[Finding]:
    """Rules whose condition implies that of another one, so that without them each lead has the same stages."""
    found = []
    search = _Search(context)
    # From behind: of two that say the same the first stays. What is superfluous makes no other rule so.
    for move in reversed(search.moves):
        other = search.other(move)
        if other is not None:
            search.superfluous.add(move.planned.order)
            found.append(_finding(context, move, other))
    yield from reversed(found)


def _finding(context: LintContext, move: Move, other: Move) -> Finding:
    rule, by = move.rule, other.rule
    if rule.recycle:
        outcome = f"also recycles to {by.stage}"
    elif by.stage == rule.stage:
        outcome = f"also leads to {by.stage}"
    else:
        outcome = f"leads to {by.stage}, which is higher"
    return Finding(
        move.source,
        move.written.condition.span,
        f"`{rule.name}` never matters: every lead that matches it also matches `{by.name}`, which {outcome}.",
        "Remove it, let it lead to a higher stage, or correct the number or duration that is wrong.",
        (Note(other.source, other.written.condition.span, f"`{by.name}` is here"),),
    )


class _Search:
    """Finds for a rule another one that it implies, among those that speak of the same events, traits or scores."""

    def __init__(self, context: LintContext) -> None:
        self._context = context
        self._ladder = Ladder(context.program.lifecycle)
        self._implication = Implication()
        self.moves = self._worth_asking()
        self.superfluous: set[int] = set()
        self._recycled_to = {move.rule.stage for move in context.moves if move.rule.recycle}
        conditions = {move.planned.order: move.planned.condition for move in self.moves}
        self._given = {order: self._implication.given(condition) for order, condition in conditions.items()}
        self._denied = {order: self._implication.denied(condition) for order, condition in conditions.items()}
        self._told: dict[int, frozenset[Key]] = {
            order: frozenset().union(*(case.keys for case in given or ())) for order, given in self._given.items()
        }
        self._by_key = self._index()

    def other(self, move: Move) -> Move | None:
        """A rule that stays and makes this one superfluous."""
        told = self._told[move.planned.order]
        candidates: dict[int, Move] = {}
        for key in self._by_key if None in told else told | {None}:
            candidates |= self._by_key.get(key, {})
        for order in sorted(candidates):
            other = candidates[order]
            if other is not move and order not in self.superfluous and self._makes_superfluous(other, move):
                return other
        return None

    def _worth_asking(self) -> list[Move]:
        """Of duplicates the first (``duplicate-rule`` finds the others), and none that always holds, or never."""
        first: dict[object, Move] = {}
        for move in self._context.moves:
            rule, condition = move.rule, move.planned.condition
            first.setdefault((rule.when, rule.lasting, rule.stage, rule.recycle, condition), move)
        return [
            move
            for move in first.values()
            if not self._implication.never_holds(move.planned.condition)
            and not self._implication.always_holds(move.planned.condition)
        ]

    def _index(self) -> dict[Key, dict[int, Move]]:
        """Rules by what one must speak of to imply them: of all that they ask for, that which the fewest rules do."""
        often: dict[Key, int] = {}
        for told in self._told.values():
            for key in told:
                often[key] = often.get(key, 0) + 1
        found: dict[Key, dict[int, Move]] = {}
        for move in self.moves:
            asked = [case.keys for case in self._denied[move.planned.order] or ()]
            for key in min(asked, key=lambda keys: sum(often.get(key, 0) for key in keys), default=()):
                found.setdefault(key, {})[move.planned.order] = move
        return found

    def _makes_superfluous(self, other: Move, move: Move) -> bool:
        by, rule = other.rule, move.rule
        if not (_is_no_stricter(by, rule) and self._leads_as_high(by, rule)):
            return False
        denied, told = self._denied[other.planned.order], self._told[move.planned.order]
        if denied is None or not all(are_related(told, case.keys) for case in denied):
            return False
        return self._implication.exclude(self._given[move.planned.order], denied) and (
            not self._recycled_to or (self._is_never_withheld(other, move) and self._uses_nothing_else(other, move))
        )

    def _leads_as_high(self, by: Rule, rule: Rule) -> bool:
        if by.recycle or rule.recycle or by.stage == rule.stage:
            return by.recycle == rule.recycle and by.stage == rule.stage
        rank = self._ladder.rank
        return by.stage in rank and rule.stage in rank and rank[by.stage] > rank[rule.stage]

    def _is_never_withheld(self, other: Move, move: Move) -> bool:
        """A recycle withholds the rules that hold of a fresh start until they have been false once (section 8): then
        the narrower one may fire alone. Two that hold at the same points are withheld together.
        """
        by, rule = other.rule, move.rule
        if by.lasting or (by.when is not None and by.when not in self._recycled_to):
            return True
        if can_hold_of_nothing(other.planned.condition) is False:
            return True
        return (by.when, by.lasting) == (rule.when, rule.lasting) and self._implication.implies(
            other.planned.condition, move.planned.condition
        )

    def _uses_nothing_else(self, other: Move, move: Move) -> bool:
        """Whether all events of a rule are used without it: an event that is used lets a lead be recycled again."""
        plan = self._context.plan
        kept = _names([other.planned.condition, *plan.segments.values(), *plan.scores.values()])
        return all(
            name in kept or (None in kept and name not in (None, IDENTIFY)) for name in _names([move.planned.condition])
        )


def _is_no_stricter(by: Rule, rule: Rule) -> bool:
    """Whether what a rule asks of the stage is met wherever what another asks is."""
    if by.when is None:
        return True
    return by.when == rule.when and (by.lasting or 0) <= (rule.lasting or 0)


def _names(nodes: list[n.Node | n.Score]) -> set[str | None]:
    return {alternative.name for pattern in patterns_of(nodes) for alternative in pattern.alternatives}


RULE = LintRule(
    code="L004",
    name="superfluous-rule",
    severity="warning",
    what="Every lead that matches the rule also matches another rule that leads at least as high. Without it, each "
    "lead would have the same stages at the same times.",
    why="The rule seems to matter. Usually a number, a window or a stage is not what its author meant, and a later "
    "change to it has no effect.",
    remedy="Remove it, let it lead to a higher stage, or correct the number or duration that is wrong.",
    example="rule eager:  visited pricing >= 3 within 7d  => MQL\n"
    "rule steady: visited pricing >= 2 within 30d => MQL\n",
    corrected="rule eager:  visited pricing >= 3 within 7d  => SQL\n"
    "rule steady: visited pricing >= 2 within 30d => MQL\n",
    check=check,
)
