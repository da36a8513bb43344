"""What is easily misread in a condition, one sentence each; nothing is said of what reads as it means."""

from collections.abc import Iterator

from mqlrules.check.program import (
    Absent,
    Aggregate,
    And,
    Condition,
    Count,
    Not,
    Or,
    Program,
    Restricted,
    WithSame,
)
from mqlrules.check.program import Sequence as EventSequence
from mqlrules.explain.events import ACTIVITY, events
from mqlrules.explain.windows import Window
from mqlrules.explain.wording import duration, listed, named


def warnings(node: Condition, program: Program) -> tuple[str, ...]:
    """What to say under a condition, each thing once."""
    return tuple(dict.fromkeys(_warnings(node, program, Window(program), False)))


def lasting_warnings(node: Condition, program: Program) -> tuple[str, ...]:
    """The same of a condition that is asked at every moment: of a segment, of a line of a score."""
    stays = list(_stays(node, Window(program)))
    return tuple(dict.fromkeys((*warnings(node, program), *stays)))


def _stays(node: Condition, window: Window) -> Iterator[str]:
    match node:
        case And(operands=operands) | Or(operands=operands):
            for operand in operands:
                yield from _stays(operand, window)
        case Restricted(condition=inner, restrictions=restrictions):
            yield from _stays(inner, window.narrowed(restrictions))
        case WithSame(condition=inner):
            yield from _stays(inner, window)
        case EventSequence(final=Absent(lasting=int(lasting))) if window.is_all:
            yield f"Once the {duration(lasting)} have passed, it stays true whatever happens later."
        case _:
            pass


def _warnings(node: Condition, program: Program, window: Window, negated: bool) -> Iterator[str]:
    match node:
        case And(operands=operands) | Or(operands=operands):
            yield from _window_of_the_last(operands, window)
            for operand in operands:
                yield from _warnings(operand, program, window, negated)
        case Not(operand=inner):
            yield from _warnings(inner, program, window, not negated)
        case Restricted(condition=inner, restrictions=restrictions):
            yield from _warnings(inner, program, window.narrowed(restrictions), negated)
        case WithSame(condition=inner, path=path):
            yield f"Each {named(path)} is considered separately; events without a {named(path)} don't count."
            yield from _warnings(inner, program, window.split_by(path), False)
        case Count() if window.is_all and _is_never(node, negated):
            them = events(node.pattern, program).any
            one = "anything" if them.startswith(ACTIVITY) else f"one {them}"
            yield f"“Never” has no time limit: {one}, however long ago, rules it out."
        case EventSequence() if len(node.steps) > 1 and window.is_all and not negated:
            yield from _no_limit(node)
        case _:
            pass


def _is_never(node: Count, negated: bool) -> bool:
    never = (("=", 0), ("<", 1), ("<=", 0))
    ever = ((">=", 1), (">", 0), ("!=", 0))
    return (node.operator, node.number) in (ever if negated else never)


def _window_of_the_last(operands: tuple[Condition, ...], window: Window) -> Iterator[str]:
    """``a and b within 30d``: the thirty days are b's alone."""
    program = window.program
    *before, last = operands
    while isinstance(last, Not):
        last = last.operand
    if not (isinstance(last, Restricted) and _windowless(last.condition)):
        return
    timed = [one for one in last.restrictions if one.record.takes != "pattern"]
    unbound = [operand for operand in before if _windowless(operand)]
    if not timed or window.is_timed:
        return
    bound = _short(last.condition, program)
    # Of an event that is asked for with and without the window, the condition itself says which is which.
    asked = [short for operand in unbound if (short := _short(operand, program)) != bound]
    if asked:
        narrow = Window(program).narrowed(timed)
        verb = "counts" if len(asked) == 1 else "count"
        yield f"“{narrow.words()}” applies only to {bound}; {listed(asked, 'and')} {verb} at any time."


def _windowless(node: Condition) -> bool:
    match node:
        case Count() | Aggregate() | EventSequence():
            return True
        case Not(operand=inner):
            return _windowless(inner)
        case _:
            return False


def _short(node: Condition, program: Program) -> str:
    """The events of a condition without a window, to speak of it."""
    match node:
        case Count(pattern=pattern) | Aggregate(pattern=pattern):
            return events(pattern, program).any
        case EventSequence(steps=steps):
            return f"the sequence that starts with {events(steps[0].pattern, program).any}"
        case Not(operand=inner):
            return _short(inner, program)
        case _:
            return "the other"


def _no_limit(node: EventSequence) -> Iterator[str]:
    limited = [step.within is not None for step in node.steps[1:]]
    if not any(limited):
        yield "There is no time limit between the steps."
    elif not all(limited):
        yield "Steps without a time limit may be any time apart."
