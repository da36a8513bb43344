"""Rules: their stages, and whether they can ever move a lead (section 8)."""

from collections.abc import Sequence

from mqlrules.check import condition_errors, errors, program
from mqlrules.check.conditions import condition
from mqlrules.check.scope import Here
from mqlrules.syntax import tree

_AROUND = ("in", "at", "is", "the", "stage", "lead", "status")


def rule(here: Here, node: tree.RuleDefinition, name: str) -> program.Rule | None:
    """A rule; None if something in it is wrong, which has been reported."""
    when = None if node.when is None else stage(here, node.when.stage)
    asked = condition(here, node.condition)
    outcome = None if _asks_at_the_end(here, node) else stage(here, node.outcome.stage)
    if outcome is not None and node.outcome.recycle and outcome in here.scope.lifecycle.outside:
        place = here.place(node.outcome)
        here.report(errors.outside_the_ladder(place, outcome, here.scope.lifecycle.ladder))
        outcome = None
    if outcome is None or asked is None or (node.when is not None and when is None):
        here.leave(asked)
        return None
    lasting = None if node.when is None or node.when.lasting is None else node.when.lasting.microseconds
    description = None if node.description is None else node.description.value
    _expect_move(here, node, outcome, when)
    return program.Rule(
        name,
        asked,
        outcome,
        node.outcome.recycle,
        when,
        lasting,
        node.name is None,
        description,
        here.source,
        span=node.span,
    )


def stage(here: Here, node: tree.Name) -> str | None:
    """A stage as the lifecycle spells it; an error if it has none of this name. Case counts."""
    stages = here.scope.stages
    if node.text in stages:
        return node.text
    if here.scope.stages_known:
        close = _said_around(node.text, stages) or here.scope.suggestions.closest(node.text, stages)
        here.report(errors.unknown_stage(here.place(node), node.text, close, stages, here.scope.lifecycle_place))
    return None


def _said_around(text: str, stages: Sequence[str]) -> str | None:
    """The stage in ``when in MQL``, ``when the stage is MQL``."""
    words = text.split(" ")
    while len(words) > 1 and words[0].lower() in _AROUND:
        del words[0]
        if " ".join(words) in stages:
            return " ".join(words)
    return None


def _asks_at_the_end(here: Here, node: tree.RuleDefinition) -> bool:
    """An error, and true, for ``x => MQL when MEL``: ``when`` would be a word of the stage's name."""
    before, when, after = node.outcome.stage.text.partition(" when ")
    if not when or node.outcome.stage.text in here.scope.stages or not here.scope.stages_known:
        return False
    after = _said_around(after, here.scope.stages) or after
    arrow = "=> recycle to" if node.outcome.recycle else "=>"
    here.report(errors.when_after_outcome(here.place(node.outcome.stage), after, f"{arrow} {before}"))
    return True


def _expect_move(here: Here, node: tree.RuleDefinition, outcome: str, when: str | None) -> None:
    """A warning if the outcome is a move from none of the stages in which the rule is looked at."""
    ladder = here.scope.lifecycle.ladder
    if when is not None and when not in ladder:
        why = f"a lead that is in `{when}` has left the ladder for good"
        here.report(
            condition_errors.never_moves(here.place(node), why, "Ask for a stage of the ladder, or take the rule out.")
        )
        return
    if outcome not in ladder or len(ladder) == 1:
        return
    there = ladder.index(outcome)
    here_rank = None if when is None else ladder.index(when)
    if node.outcome.recycle:
        if here_rank is None and there == len(ladder) - 1:
            why, hint = f"`{outcome}` is the last stage, and recycling moves down", "Recycle to an earlier stage."
        elif here_rank is not None and here_rank <= there:
            why, hint = (
                f"recycling moves down, and `{outcome}` is not below `{when}`",
                f"Write `=> {outcome}` to move up.",
            )
        else:
            return
    elif here_rank is None and there == 0:
        why, hint = f"every lead starts in `{outcome}`", f"To send a lead back, write `=> recycle to {outcome}`."
    elif here_rank is not None and there == here_rank:
        why, hint = f"it is in `{outcome}` already", "Name another stage."
    elif here_rank is not None and there < here_rank:
        why, hint = f"`{outcome}` is not above `{when}`", f"To move down, write `=> recycle to {outcome}`."
    else:
        return
    here.report(condition_errors.never_moves(here.place(node.outcome), why, hint))
