"""Sequences: steps that happen, and what must not happen between and after them (section 6).

In the tree ``no X`` is a step like others; in the program it belongs to the step that follows it, or ends the sequence.
"""

import math

from mqlrules.check import condition_errors, limit_errors, limits, program
from mqlrules.check.durations import shown
from mqlrules.check.patterns import pattern, words
from mqlrules.check.scope import Here
from mqlrules.check.types import number
from mqlrules.syntax import tree


def sequence(here: Here, node: tree.Sequence) -> program.Sequence | None:
    """A sequence with its ``no`` steps folded in; None if something in it is wrong, which has been reported."""
    if len(node.steps) > limits.STEPS:
        here.report(limit_errors.too_many_steps(here.place(node)))
        return None
    fine = True
    steps: list[program.Step] = []
    absent: program.Absent | None = None
    before: tree.Step | None = None
    for at, step in enumerate(node.steps):
        last = at == len(node.steps) - 1
        match step.event:
            case tree.Absence() as absence:
                fine &= _may_be_absent(here, step, absence, before, None if last else node.steps[at + 1], last)
                missing = pattern(here, absence.pattern, "absent step")
                fine &= missing is not None
                if missing is not None:
                    lasting = None if step.lasting is None else step.lasting.microseconds
                    absent = program.Absent(missing, lasting, span=step.span)
            case tree.Occurrence() as occurrence:
                positive = _positive(here, step, occurrence, absent)
                fine &= positive is not None
                if positive is not None:
                    steps.append(positive)
                absent = None
        before = step
    if not fine:
        return None
    return program.Sequence(tuple(steps), absent, span=node.span)


def _positive(
    here: Here, step: tree.Step, occurrence: tree.Occurrence, absent: program.Absent | None
) -> program.Step | None:
    called = words(occurrence.pattern)
    happens = pattern(here, occurrence.pattern, "step")
    many = _count(here, occurrence, called)
    if step.lasting is not None:
        here.report(condition_errors.lasting_step(here.place(step.lasting), called, shown(step.lasting)))
        return None
    within, after = step.within, step.after
    if within is not None and after is not None and within.microseconds <= after.microseconds:
        here.report(condition_errors.impossible_gap(here.place(within), shown(within), shown(after)))
    if happens is None or many is None:
        return None
    return program.Step(
        happens,
        many,
        None if within is None else within.microseconds,
        None if after is None else after.microseconds,
        absent,
        span=step.span,
    )


def _count(here: Here, occurrence: tree.Occurrence, called: str) -> int | None:
    """The number of matches that complete a step: ``P`` or ``P >= n``, nothing else."""
    if occurrence.operator is None or occurrence.number is None:
        return 1
    many = number(occurrence.number)
    operator = occurrence.operator
    if operator == ">=" and isinstance(many, int) and 1 <= many <= limits.COUNT:
        return many
    if many > limits.COUNT:
        here.report(limit_errors.count_too_large(here.place(occurrence.number)))
        return None
    if (operator, many) in (("=", 0), ("<", 1), ("<=", 0)):
        hint = f"Write `no {called}`."
    elif operator == ">" and isinstance(many, int) and many >= 0:
        hint = f"Write `{called} >= {many + 1}`."
    elif many >= 1 and operator in ("=", ">=", ">"):
        hint = f"Write `{called} >= {math.ceil(many)}`: the step is complete when it has happened so often."
    else:
        hint = (
            f"Write `{called}`, or take the count out: `(… then …) and {called} {operator} {occurrence.number.value}`."
        )
    comparison = f"{operator} {occurrence.number.value}"
    here.report(condition_errors.step_comparison(here.place(occurrence), called, comparison, hint))
    return None


def _may_be_absent(
    here: Here,
    step: tree.Step,
    absence: tree.Absence,
    before: tree.Step | None,
    following: tree.Step | None,
    last: bool,
) -> bool:
    """Whether ``no X`` may stand here; an error that says what to write, if not."""
    called = _in_parentheses(absence.pattern)
    fine = True
    for word, duration in (("within", step.within), ("after", step.after)):
        if duration is not None:
            here.report(condition_errors.gap_before_no(here.place(step), word, shown(duration), called))
            fine = False
    if before is None:
        next_words = _in_parentheses(following.event.pattern) if following is not None else "…"
        here.report(condition_errors.starts_with_no(here.place(step), called, next_words))
        return False
    if isinstance(before.event, tree.Absence):
        here.report(condition_errors.two_noes(here.place(step), words(before.event.pattern), words(absence.pattern)))
        return False
    if last and step.lasting is None and fine:
        here.report(condition_errors.ends_with_no(here.place(step), called))
        return False
    return fine


def _in_parentheses(node: tree.Pattern) -> str:
    called = words(node)
    return f"({called})" if isinstance(node, tree.AnyPattern) else called
