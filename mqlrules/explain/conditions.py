"""Conditions in unambiguous words (sections 3, 5 and 6).

Restrictions and negations go down to the event conditions that they are about. What `and` or `or` joins becomes a list
if it is more than two short parts.
"""

from typing import cast

import attrs

from mqlrules.check import program as p
from mqlrules.check.walk import nodes
from mqlrules.explain.document import Clause
from mqlrules.explain.events import ACTIVITY, Events, compared, events, how_many, said_of
from mqlrules.explain.windows import Term, Window, term
from mqlrules.explain.wording import counted, duration, named, quoted
from mqlrules.language.operators import OPPOSITE, Operator, holds

_INLINE = 150
"""Two parts, or the steps of a sequence, that are no longer than this stay on one line."""

_INLINE_STEPS = 4


def condition(node: p.Condition, program: p.Program) -> Clause:
    """What a condition asks of a lead, as part of a sentence: ``“visited pricing” has happened at least 2 times``."""
    return _Speaker(any_window(node)).say(term(node, Window(program)))


def leaf(of: Term, some_windows: bool) -> Clause:
    """What one part of a condition asks; ``some_windows``: other parts have a window."""
    return _Speaker(some_windows, inline=False).say(of)


def any_window(node: p.Condition) -> bool:
    """Whether a condition contains a restriction; then conditions without one say that they have no window."""
    return any(isinstance(inner, p.Restricted) for inner in nodes(node))


def _asks_events(node: p.Condition, program: p.Program) -> bool:
    """Whether a condition, or a segment in it, asks for events: a restriction narrows only those."""
    return any(
        isinstance(inner, p.Count | p.Aggregate | p.Sequence)
        or (isinstance(inner, p.SegmentTest) and _asks_events(program.segments[inner.segment].condition, program))
        for inner in nodes(node)
    )


@attrs.frozen
class _Speaker:
    some_windows: bool
    inline: bool = True

    def say(self, of: Term) -> Clause:
        node, window, negated = of
        match node:
            case p.And() | p.Or():
                return self._joined(of)
            case p.WithSame(condition=inner, path=path):
                same = "there is no {} for which" if negated else "for the same {},"
                said = attrs.evolve(self, inline=False).say(term(inner, window.split_by(path)))
                return attrs.evolve(said.after(same.format(named(path))), plain=False)
            case p.Count():
                return Clause(self._count(node, window, negated))
            case p.Aggregate():
                return Clause(self._aggregate(node, window, negated))
            case p.Sequence():
                return sequence(node, window, negated)
            case p.Trait(test=asked):
                trait = said_of(asked, negated, f"the lead's {quoted('.'.join(asked.path))}")
                return Clause(trait, plain=not negated or isinstance(asked, p.Presence))
            case p.SegmentTest(segment=name):
                return Clause(self._segment(name, window, negated))
            case p.ScoreTest(score=name, operator=operator, number=number):
                score = window.program.scores[name].name
                asked_of = OPPOSITE[operator] if negated else operator
                return Clause(f"the score {quoted(score)} {compared(asked_of, number)}")
            case p.Not() | p.Restricted():
                return self.say(term(node, window, negated))

    def _joined(self, of: Term) -> Clause:
        among = attrs.evolve(self, inline=True)
        parts = [among.say(operand) for operand in of.operands()]
        if self.inline and len(parts) == 2 and all(part.plain and not part.items for part in parts):
            text = f"{parts[0].text}, {'and' if of.joins_all else 'or'} {parts[1].text}"
            if len(text) <= _INLINE:
                return Clause(text, plain=False)
        which = ("both" if len(parts) == 2 else "all") if of.joins_all else "at least one"
        return Clause(f"{which} of these {'are' if of.joins_all else 'is'} true", tuple(parts), plain=False)

    def _when(self, window: Window) -> str:
        """The window as the end of a sentence."""
        if window.is_all:
            return " (at any time)" if self.some_windows else ""
        return f" {window.words()}"

    def _count(self, node: p.Count, window: Window, negated: bool) -> str:
        operator, many = OPPOSITE[node.operator] if negated else node.operator, node.number
        them = events(node.pattern, window.program)
        if (operator, many) in (("=", 0), ("<", 1), ("<=", 0)):
            said = them.not_happened(ever=window.is_all) + ("" if window.is_all else f" {window.words()}")
        elif (operator, many) in ((">=", 1), (">", 0), ("!=", 0)):
            said = them.happened(self._when(window))
        else:
            said = them.happened(f" {_times(operator, many, them)}{self._when(window)}")
        needs = window.needs() if holds(operator, 0 - many) else []
        return said + "".join(f" (also true if there has been no {anchor})" for anchor in needs)

    def _aggregate(self, node: p.Aggregate, window: Window, negated: bool) -> str:
        them = events(node.pattern, window.program)
        # With a value of no events, what is false of one comparison is true of the opposite one.
        if node.record.of_nothing is not None:
            operator = OPPOSITE[node.operator] if negated else node.operator
            if node.path is None:
                many = how_many(operator, cast(int, node.value))
                days = "day" if node.value == 1 else "different days"
                return them.happened(f" on {many} {days}{self._when(window)}")
            asked = compared(operator, node.value, node.duration)
        else:
            asked = compared(node.operator, node.value, node.duration, negated)
            asked += " (or there is none)" if negated else ""
        of = them.any if them.names[0].startswith(ACTIVITY) and not them.many else f"{them.any} events"
        return f"{node.record.english} {named(node.path or ())} of {of}{self._when(window) or ' so far'} {asked}"

    def _segment(self, name: str, window: Window, negated: bool) -> str:
        segment = window.program.segments[name]
        about = "" if segment.description is None else f" ({quoted(segment.description)})"
        said = f"the lead is {'not ' if negated else ''}in the segment {quoted(segment.name)}{about}"
        if window.is_all or not _asks_events(segment.condition, window.program):
            return said
        return f"{said}, counting only events {window.words()}"


def _times(operator: Operator, many: int, them: Events) -> str:
    said = f"{how_many(operator, many)} {'time' if many == 1 else 'times'}{' (counted together)' if them.many else ''}"
    match operator:
        case "!=":
            return f"any number of times except {many}{' (counted together)' if them.many else ''}"
        case "<":
            return f"{said} {'(which is impossible)' if many == 0 else '(or not at all)'}"
        case "<=":
            return f"{said} (or not at all)"
        case ">=" if many == 0:
            return f"{said} (which is always true)"
        case _:
            return said


# -- sequences (section 6) -----------------------------------------------------------------------------------------


def sequence(node: p.Sequence, window: Window, negated: bool) -> Clause:
    """``these events have happened in this order, all in the last 14 days: “a”, then “b”``; a long one as a list."""
    first, *others = (step_words(step, window) for step in node.steps)
    if not others and node.final is not None:
        when = "" if window.is_all else f" {window.words()}"
        followed = f"{first}{when} has been followed by {silence(node.final, window)}"
        return Clause(f"it is not true that {followed}" if negated else followed, plain=False)
    when = together(node, window)
    steps = [first, *(f"then {step}" for step in others)]
    if node.final is not None:
        # No window narrows the silence at the end.
        steps[-1] += when
        steps.append(f"then {silence(node.final, window)}")
        when = ""
    happened = "have happened" if not negated else "have not happened" if when else "have never happened"
    above = f"these events {happened} in this order{when}"
    if len(steps) <= _INLINE_STEPS and sum(map(len, steps)) <= _INLINE:
        return Clause(f"{above}: {', '.join(steps)}", plain=False)
    return Clause(above, tuple(map(Clause, steps)), plain=False)


def together(node: p.Sequence, window: Window) -> str:
    """The window of all steps."""
    return "" if window.is_all else f", {'both' if len(node.steps) == 2 else 'all'} {window.words()}"


def step_words(step: p.Step, window: Window) -> str:
    """A step, and the time and absences between it and the step before."""
    them = events(step.pattern, window.program).any
    said = them if step.count == 1 else f"{them} at least {counted(str(step.count), 'time')}"
    gaps = [] if step.after is None else [f"at least {duration(step.after)}"]
    gaps += [] if step.within is None else [f"less than {duration(step.within)}"]
    if gaps:
        said += f"{',' if step.count > 1 else ''} {' and '.join(gaps)} later"
    if step.absent is None:
        return said
    if step.absent.lasting is not None:
        return f"{said}{',' if gaps else ''} after {silence(step.absent, window)}"
    return f"{said}{',' if gaps else ''} without {events(step.absent.pattern, window.program).any} in between"


def silence(absent: p.Absent, window: Window) -> str:
    """``2 days without “checked out”``."""
    assert absent.lasting is not None
    return f"{duration(absent.lasting)} without {events(absent.pattern, window.program).any}"
