"""Sequences: any choice of positions that fits counts (section 6)."""

from mqlrules.check.program import Absent, Sequence, Step
from mqlrules.engine.reference.matching import matches
from mqlrules.engine.reference.visible import Placed, View

Choice = tuple[Placed, ...]
"""The events at p1 < p2 < … that complete the steps."""


def latest_choice(sequence: Sequence, view: View) -> Choice | None:
    """Of all choices that fit the one whose positions are latest, compared from the last step backwards, or None."""
    for last in reversed(view.visible):
        if sequence.final is not None and not _quiet(sequence.final, last, view, until=view.now):
            continue
        choice = _ending(sequence.steps, last, view, {})
        if choice is not None:
            return choice
    return None


def contributing(sequence: Sequence, choice: Choice, view: View) -> list[Placed]:
    """Of each step the n latest matches up to pk that lie after p(k-1) (section 8, evidence)."""
    found: list[Placed] = []
    before = None
    for step, completing in zip(sequence.steps, choice, strict=True):
        found += _matches(step, before, completing, view)[-step.count :]
        before = completing
    return found


_Tried = dict[tuple[int, int], Choice | None]


def _ending(steps: tuple[Step, ...], completing: Placed, view: View, tried: _Tried) -> Choice | None:
    """The latest choice for these steps whose last one is completed by this event."""
    # What fits a step depends on the two completing positions around it alone: the same question has the same answer.
    question = len(steps), completing.position
    if question not in tried:
        tried[question] = _search(steps, completing, view, tried)
    return tried[question]


def _search(steps: tuple[Step, ...], completing: Placed, view: View, tried: _Tried) -> Choice | None:
    *earlier, step = steps
    if not earlier:
        return (completing,) if _completed(step, None, completing, view) else None
    for before in reversed(view.visible):
        if before.position < completing.position and _fits(step, before, completing, view):
            choice = _ending(tuple(earlier), before, view, tried)
            if choice is not None:
                return (*choice, completing)
    return None


def _fits(step: Step, before: Placed, completing: Placed, view: View) -> bool:
    """Whether the step is completed there, the step before it being completed before, in time, nothing in the way."""
    elapsed = completing.event.at - before.event.at
    return (
        _completed(step, before, completing, view)
        and (step.within is None or elapsed < step.within)
        and (step.after is None or elapsed >= step.after)
        and (step.absent is None or _nothing_between(step.absent, before, completing, view))
    )


def _completed(step: Step, before: Placed | None, completing: Placed, view: View) -> bool:
    """The event at pk matches, and at least n visible matches lie in (p(k-1), pk]."""
    return matches(step.pattern, completing.event) and len(_matches(step, before, completing, view)) >= step.count


def _matches(step: Step, before: Placed | None, completing: Placed, view: View) -> list[Placed]:
    return [
        placed
        for placed in view.matching(step.pattern)
        if placed.position <= completing.position and (before is None or placed.position > before.position)
    ]


def _nothing_between(absent: Absent, before: Placed, completing: Placed, view: View) -> bool:
    if absent.lasting is not None:
        return _quiet(absent, before, view, until=completing.event.at)
    # `A then no X then B`: no visible X at a position between the completing positions.
    return not any(before.position < placed.position < completing.position for placed in view.matching(absent.pattern))


def _quiet(absent: Absent, completing: Placed, view: View, until: int) -> bool:
    """``no X for D``: the wait is over by ``until``, and no later X, visible or not, came before its end."""
    assert absent.lasting is not None
    end = completing.event.at + absent.lasting
    return until >= end and not any(
        placed.position > completing.position and placed.event.at < end and matches(absent.pattern, placed.event)
        for placed in view.known
    )
