"""Signatures of aggregates, shown while their parentheses are being filled in."""

import attrs

from mqlrules.ide.context import situations
from mqlrules.language.aggregates import AggregateRecord
from mqlrules.language.by_terminal import AGGREGATE_TERMINALS


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
            record = AGGREGATE_TERMINALS.get(function or "")
            if record is not None and record.takes_property:
                after_of = any(step.terminal == "_OF" for step in steps[at:])
                return _made(record, (_PROPERTY, _EVENT), int(after_of))
            if record is not None:
                return _made(record, (_COUNTED,), 0)
    return None


def _made(record: AggregateRecord, parameters: tuple[tuple[str, str], ...], active: int) -> Signature:
    inside = " of ".join(name for name, _ in parameters)
    return Signature(f"{record.name}({inside})", f"{record.means}\n\n`{record.example}`", parameters, active)
