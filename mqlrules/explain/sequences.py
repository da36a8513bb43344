"""Sequences in words (section 6)."""

from mqlrules.check.program import Absent, Sequence, Step
from mqlrules.explain.document import Clause
from mqlrules.explain.events import events
from mqlrules.explain.windows import Window
from mqlrules.explain.wording import counted, duration

_INLINE_STEPS = 4
_INLINE = 150


def sequence(node: Sequence, window: Window, negated: bool) -> Clause:
    """``these events have happened in this order, all in the last 14 days: “a”, then “b”``; a long one as a list."""
    first, *others = (step_words(step, window) for step in node.steps)
    when = "" if window.is_all else f" {window.words()}"
    together = "both" if len(node.steps) == 2 else "all"
    if not others and node.final is not None:
        return Clause(_followed(first, node.final, when, window, negated), plain=False)
    steps = [first, *(f"then {step}" for step in others)]
    if node.final is not None:
        steps.append(f"then {_silence(node.final, window)}")
    if node.final is not None:
        # No window narrows the silence at the end.
        steps[-2] += f", {together}{when}" if when else ""
        when = ""
    happened = "have happened" if not negated else "have not happened" if when else "have never happened"
    above = f"these events {happened} in this order{f', {together}{when}' if when else ''}"
    if len(steps) <= _INLINE_STEPS and sum(map(len, steps)) <= _INLINE:
        return Clause(f"{above}: {', '.join(steps)}", plain=False)
    return Clause(above, tuple(map(Clause, steps)), plain=False)


def _followed(first: str, final: Absent, when: str, window: Window, negated: bool) -> str:
    followed = f"{first}{when} has been followed by {_silence(final, window)}"
    return f"it is not true that {followed}" if negated else followed


def step_words(step: Step, window: Window) -> str:
    them = events(step.pattern, window.program).any
    said = them if step.count == 1 else f"{them} at least {counted(str(step.count), 'time')}"
    gaps = [] if step.after is None else [f"at least {duration(step.after)}"]
    gaps += [] if step.within is None else [f"less than {duration(step.within)}"]
    if gaps:
        said += f"{',' if step.count > 1 else ''} {' and '.join(gaps)} later"
    if step.absent is None:
        return said
    if step.absent.lasting is not None:
        return f"{said}{',' if gaps else ''} after {_silence(step.absent, window)}"
    return f"{said}{',' if gaps else ''} without {events(step.absent.pattern, window.program).any} in between"


def _silence(absent: Absent, window: Window) -> str:
    assert absent.lasting is not None
    return f"{duration(absent.lasting)} without {events(absent.pattern, window.program).any}"
