"""Signatures of aggregates, shown while their parentheses are being filled in."""

import attrs

from mqlrules.ide.context import situations
from mqlrules.ide.keywords import keywords


@attrs.frozen
class Signature:
    """``label`` is the whole, ``parameters`` pieces of it with what each is; ``active`` is the one being written."""

    label: str
    documentation: str
    parameters: tuple[tuple[str, str], ...]
    active: int


_PROPERTY = ("property", "A property of the events, by its name.")
_EVENT = ("event", "The events whose property is looked at: a name, and perhaps `where (…)`.")
_COUNTED = ("event", "The events that are counted by their dates: a name, and perhaps `where (…)`.")


def signature(text: str, offset: int) -> Signature | None:
    """The aggregate inside of whose parentheses an offset lies; None if it lies in none."""
    found = situations(text, offset)
    if not found:
        return None
    steps = found[0].walked.steps
    depth = 0
    for at in range(len(steps) - 1, -1, -1):
        terminal = steps[at].terminal
        if terminal == "_RPAR":
            depth += 1
        elif terminal == "_LPAR" and depth:
            depth -= 1
        elif terminal == "_LPAR":
            function = steps[at - 1].terminal if at else None
            if function in ("SUM", "AVG", "MIN", "MAX", "FIRST", "LAST", "DISTINCT"):
                after_of = any(step.terminal == "_OF" for step in steps[at:])
                return _made(function, (_PROPERTY, _EVENT), int(after_of))
            if function == "DAYS":
                return _made(function, (_COUNTED,), 0)
    return None


def _made(function: str, parameters: tuple[tuple[str, str], ...], active: int) -> Signature:
    keyword = keywords()[function]
    inside = " of ".join(name for name, _ in parameters)
    return Signature(f"{keyword.words}({inside})", f"{keyword.says}\n\n`{keyword.example}`", parameters, active)
