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
    Restriction,
    WithSame,
)
from mqlrules.check.program import Sequence as EventSequence
from mqlrules.explain.events import ACTIVITY, events
from mqlrules.explain.windows import Window
from mqlrules.explain.wording import duration, listed, named


def cautions(node: Condition, program: Program) -> tuple[str, ...]:
    """What to say under a condition, each thing once."""
    return tuple(dict.fromkeys(_cautions(node, program, Window(program), False)))


def lasting_cautions(node: Condition, program: Program) -> tuple[str, ...]:
    """The same of a condition that is asked at every moment: of a segment, of a line of a score."""
    stays = list(_stays(node, Window(program)))
    return tuple(dict.fromkeys((*cautions(node, program), *stays)))


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
            yield f"Once the {duration(lasting)} have passed, it stays true, whatever happens later."
        case _:
            pass


def _cautions(node: Condition, program: Program, window: Window, negated: bool) -> Iterator[str]:
    match node:
        case And(operands=operands) | Or(operands=operands):
            yield from _window_of_the_last(operands, window)
            for operand in operands:
                yield from _cautions(operand, program, window, negated)
        case Not(operand=inner):
            yield from _cautions(inner, program, window, not negated)
        case Restricted(condition=inner, restrictions=restrictions):
            yield from _cautions(inner, program, window.narrowed(restrictions), negated)
        case WithSame(condition=inner, path=path):
            yield f"Each {named(path)} is looked at by itself; what happened without a {named(path)} does not count."
            yield from _cautions(inner, program, window.split_by(path), False)
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
    if not (isinstance(last, Restricted) and _is_timed(last.restrictions) and _windowless(last.condition)):
        return
    unbound = [operand for operand in before if _windowless(operand)]
    if not unbound or any(_is_timed((one,)) for one, _ in window.restrictions):
        return
    asked = listed([_short(operand, program) for operand in unbound], "and")
    narrow = Window(program).narrowed(tuple(one for one in last.restrictions if _is_timed((one,))))
    verb = "counts" if len(unbound) == 1 else "count"
    yield f"“{narrow.words()}” belongs to {_short(last.condition, program)} alone; {asked} {verb} no matter when."


def _is_timed(restrictions: tuple[Restriction, ...]) -> bool:
    return any(one.record.takes != "pattern" for one in restrictions)


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
            return f"the order that begins with {events(steps[0].pattern, program).any}"
        case Not(operand=inner):
            return _short(inner, program)
        case _:
            return "the other"


def _no_limit(node: EventSequence) -> Iterator[str]:
    limited = [step.within is not None for step in node.steps[1:]]
    if not any(limited):
        yield "There is no time limit: any time may pass from one step to the next."
    elif not all(limited):
        yield "Where no time is given from one step to the next, any time may pass."
