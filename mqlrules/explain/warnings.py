"""What is easily misread in a condition, one sentence each."""

from collections.abc import Iterator

import attrs

from mqlrules.check import program as p
from mqlrules.explain.events import ACTIVITY, events
from mqlrules.explain.windows import Term, Window, term
from mqlrules.explain.wording import duration, listed, named
from mqlrules.plan.interval import Interval


def warnings(node: p.Condition, program: p.Program) -> tuple[str, ...]:
    """The warnings about a condition, each once."""
    return tuple(dict.fromkeys(_warnings(term(node, Window(program)))))


def lasting_warnings(node: p.Condition, program: p.Program) -> tuple[str, ...]:
    """The warnings about a condition that is asked at every moment: of a segment, of a line of a score."""
    return tuple(dict.fromkeys((*warnings(node, program), *_stays(term(node, Window(program))))))


def _stays(of: Term) -> Iterator[str]:
    match of.node:
        case p.And() | p.Or():
            for operand in of.operands():
                yield from _stays(operand)
        case p.WithSame(condition=inner, path=path) if not of.negated:
            yield from _stays(term(inner, of.window.split_by(path)))
        case p.Sequence(final=p.Absent(lasting=int(lasting))) if of.window.is_all and not of.negated:
            yield f"Once the {duration(lasting)} have passed, it stays true whatever happens later."


def _warnings(of: Term) -> Iterator[str]:
    match of.node:
        case p.And(operands=operands) | p.Or(operands=operands):
            yield from _window_of_the_last(operands, of.window)
            for operand in operands:
                yield from _warnings(term(operand, of.window, of.negated))
        case p.WithSame(condition=inner, path=path):
            yield f"Each {named(path)} is considered separately; events without a {named(path)} don't count."
            yield from _warnings(term(inner, of.window.split_by(path)))
        case p.Count(pattern=pattern) if of.window.is_all and _is_never(of.node, of.negated):
            them = events(pattern, of.window.program).any
            one = "anything" if them.startswith(ACTIVITY) else f"one {them}"
            yield f"“Never” has no time limit: {one}, however long ago, rules it out."
        case p.Sequence(steps=(_, *others)) if others and of.window.is_all and not of.negated:
            limited = [step.within is not None for step in others]
            if not any(limited):
                yield "There is no time limit between the steps."
            elif not all(limited):
                yield "Steps without a time limit may be any time apart."


def _is_never(node: p.Count, negated: bool) -> bool:
    never = (("=", 0), ("<", 1), ("<=", 0))
    ever = ((">=", 1), (">", 0), ("!=", 0))
    return (node.operator, node.number) in (ever if negated else never)


def _window_of_the_last(operands: tuple[p.Condition, ...], around: Window) -> Iterator[str]:
    """In ``a and b within 30d`` the thirty days are for b alone."""
    everything = Window(around.program)
    *before, last = (term(operand, everything) for operand in operands)
    bound = _short(last)
    if not last.window.is_timed or around.is_timed or bound is None:
        return
    # If an event is asked for both with and without the window, the condition itself says which is which.
    shorts = [_short(operand) for operand in before if operand.window.is_all]
    asked = [short for short in shorts if short is not None and short != bound]
    if asked:
        timed = {record.field: kept for record, kept in last.window.interval.restrictions if record.takes != "pattern"}
        words = attrs.evolve(everything, interval=Interval(**timed)).words()
        verb = "counts" if len(asked) == 1 else "count"
        yield f"“{words}” applies only to {bound}; {listed(asked, 'and')} {verb} at any time."


def _short(of: Term) -> str | None:
    """The events of a single condition, for referring to it; None for conditions without events."""
    match of.node:
        case p.Count(pattern=pattern) | p.Aggregate(pattern=pattern):
            return events(pattern, of.window.program).any
        case p.Sequence(steps=steps):
            return f"the sequence that starts with {events(steps[0].pattern, of.window.program).any}"
        case _:
            return None
