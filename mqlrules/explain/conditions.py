"""Conditions in words (sections 3, 5 and 6): what must be so, with nothing that could be read two ways.

Restrictions go down to the event conditions that they narrow, negations to what they deny, and what `and` or `or` joins
becomes a list as soon as it is more than two short parts.
"""

from typing import cast

import attrs

from mqlrules.check.program import (
    Aggregate,
    And,
    Condition,
    Count,
    Not,
    Or,
    Presence,
    Program,
    Restricted,
    ScoreTest,
    SegmentTest,
    Trait,
    WithSame,
)
from mqlrules.check.program import Sequence as EventSequence
from mqlrules.explain.document import Clause
from mqlrules.explain.events import Events, compared, events, how_many, said_of
from mqlrules.explain.sequences import sequence
from mqlrules.explain.windows import Window
from mqlrules.explain.wording import named, quoted
from mqlrules.language.operators import OPPOSITE, holds

_INLINE = 150
"""Two parts that are no longer than this together stay in one line."""


def condition(node: Condition, program: Program) -> Clause:
    """What a condition asks of a lead, as part of a sentence: ``“visited pricing” has happened at least 2 times``."""
    return _Speaker(program, any_window(node)).say(node, Window(program), False)


def leaf(node: Condition, window: Window, negated: bool, some_windows: bool) -> Clause:
    """What one part of a condition asks, given the window around it; ``some_windows``: others have one."""
    return _Speaker(window.program, some_windows, inline=False).say(node, window, negated)


def any_window(node: Condition) -> bool:
    """Whether a restriction stands anywhere in a condition; then those without one say so."""
    match node:
        case Restricted():
            return True
        case And(operands=operands) | Or(operands=operands):
            return any(any_window(operand) for operand in operands)
        case Not(operand=inner) | WithSame(condition=inner):
            return any_window(inner)
        case _:
            return False


def asks_events(node: Condition, program: Program) -> bool:
    """Whether a condition asks for events anywhere, through its segments too; a restriction narrows those alone."""
    match node:
        case Count() | Aggregate() | EventSequence():
            return True
        case And(operands=operands) | Or(operands=operands):
            return any(asks_events(operand, program) for operand in operands)
        case Not(operand=inner) | Restricted(condition=inner) | WithSame(condition=inner):
            return asks_events(inner, program)
        case SegmentTest(segment=name):
            return asks_events(program.segments[name].condition, program)
        case _:
            return False


@attrs.frozen
class _Speaker:
    program: Program
    some_windows: bool
    inline: bool = True

    def say(self, node: Condition, window: Window, negated: bool) -> Clause:
        match node:
            case And() | Or():
                return self._joined(node, window, negated)
            case Not(operand=inner):
                return self.say(inner, window, not negated)
            case Restricted(condition=inner, restrictions=restrictions):
                return self.say(inner, window.narrowed(restrictions), negated)
            case WithSame(condition=inner, path=path):
                same = "there is no {} for which" if negated else "for the same {},"
                said = attrs.evolve(self, inline=False).say(inner, window.split_by(path), False)
                return attrs.evolve(said.after(same.format(named(path))), plain=False)
            case Count():
                return Clause(self._count(node, window, negated))
            case Aggregate():
                return Clause(self._aggregate(node, window, negated))
            case EventSequence():
                return sequence(node, window, negated)
            case Trait(test=asked):
                trait = said_of(asked, negated, f"the lead's {quoted('.'.join(asked.path))}")
                return Clause(trait, plain=not negated or isinstance(asked, Presence))
            case SegmentTest(segment=name):
                return Clause(self._segment(name, window, negated))
            case ScoreTest(score=name, operator=operator, number=number):
                score = self.program.scores[name].name
                asked_of = OPPOSITE[operator] if negated else operator
                return Clause(f"the score {quoted(score)} {compared(asked_of, number)}")

    def _joined(self, node: And[Condition] | Or[Condition], window: Window, negated: bool) -> Clause:
        among = attrs.evolve(self, inline=True)
        parts = [among.say(part, inner, denied) for part, inner, denied in joined(node, window, negated)]
        both = isinstance(node, And) != negated
        if self.inline and len(parts) == 2 and all(part.plain and not part.items for part in parts):
            text = f"{parts[0].text}, {'and' if both else 'or'} {parts[1].text}"
            if len(text) <= _INLINE:
                return Clause(text, plain=False)
        all_of_them = "both of these are true" if len(parts) == 2 else "all of these are true"
        return Clause(all_of_them if both else "at least one of these is true", tuple(parts), plain=False)

    def _when(self, window: Window) -> str:
        """The window as the end of a sentence; where others have one, the whole history is said to be meant."""
        if window.is_all:
            return " (at any time)" if self.some_windows else ""
        return f" {window.words()}"

    def _count(self, node: Count, window: Window, negated: bool) -> str:
        operator, many = OPPOSITE[node.operator] if negated else node.operator, node.number
        them = events(node.pattern, self.program)
        nothing_will_do = holds(operator, 0 - many)
        if (operator, many) in (("=", 0), ("<", 1), ("<=", 0)):
            said = them.not_happened(ever=window.is_all) + ("" if window.is_all else f" {window.words()}")
        elif (operator, many) in ((">=", 1), (">", 0), ("!=", 0)):
            said = them.happened(self._when(window))
        else:
            said = them.happened(f" {_times(operator, many, them)}{self._when(window)}")
        nowhere = window.needs() if nothing_will_do else []
        return said + "".join(f" (also true if there has been no {anchor})" for anchor in nowhere)

    def _aggregate(self, node: Aggregate, window: Window, negated: bool) -> str:
        them = events(node.pattern, self.program)
        when = self._when(window) or " so far"
        # These have a value of no events, too: what is not so is then so the other way round.
        if node.record.of_nothing is not None:
            operator = OPPOSITE[node.operator] if negated else node.operator
            if node.path is None:
                days = "day" if node.value == 1 else "different days"
                many = how_many(operator, cast(int, node.value))
                return them.happened(f" on {many} {days}{self._when(window)}")
            asked = compared(operator, node.value, node.duration)
        else:
            asked = compared(node.operator, node.value, node.duration, negated)
            asked += " (or there is none)" if negated else ""
        of = them.any if them.names[0].startswith("activity") and not them.many else f"{them.any} events"
        return f"{node.record.english} {named(node.path or ())} of {of}{when} {asked}"

    def _segment(self, name: str, window: Window, negated: bool) -> str:
        segment = self.program.segments[name]
        about = "" if segment.description is None else f" ({quoted(segment.description)})"
        said = f"the lead is {'not ' if negated else ''}in the segment {quoted(segment.name)}{about}"
        if window.is_all or not asks_events(segment.condition, self.program):
            return said
        return f"{said}, counting only events {window.words()}"


def joined(node: And[Condition] | Or[Condition], window: Window, negated: bool) -> list[tuple[Condition, Window, bool]]:
    """All that the same word joins, through parentheses, restrictions and negations: what is denied of `or` is `and` of
    what is denied. Each part with its window, and whether it is denied.
    """
    return _operands(node, isinstance(node, And) != negated, window, negated)


def _operands(node: Condition, both: bool, window: Window, negated: bool) -> list[tuple[Condition, Window, bool]]:
    inner: Condition = node
    narrowed, denied = window, negated
    while isinstance(inner, Not | Restricted):
        match inner:
            case Not(operand=operand):
                inner, denied = operand, not denied
            case Restricted(condition=around, restrictions=restrictions):
                inner, narrowed = around, narrowed.narrowed(restrictions)
    match inner:
        case And(operands=operands) | Or(operands=operands) if (isinstance(inner, And) != denied) == both:
            of = (_operands(operand, both, narrowed, denied) for operand in operands)
            return [found for part in of for found in part]
        case _:
            return [(node, window, negated)]


def _times(operator: str, many: int, them: Events) -> str:
    times = "time" if many == 1 else "times"
    together = " (counted together)" if them.many else ""
    match operator:
        case "=":
            return f"exactly {many} {times}{together}"
        case "!=":
            return f"any number of times except {many}{together}"
        case "<":
            impossible = " (which is impossible)" if many == 0 else " (or not at all)"
            return f"fewer than {many} {times}{together}{impossible}"
        case "<=":
            return f"at most {many} {times}{together} (or not at all)"
        case ">":
            return f"more than {many} {times}{together}"
        case _:
            return f"at least {many} {times}{together}" + (" (which is always true)" if many == 0 else "")
