"""How to read a description: what windows, days, orders and scores mean, as far as the rule set uses them."""

from collections.abc import Iterator
from typing import Any

from mqlrules.check.program import (
    Absent,
    Aggregate,
    Compare,
    EventLine,
    OneOf,
    Program,
    Restriction,
    Sequence,
    TextTest,
    Trait,
)
from mqlrules.check.walk import nodes
from mqlrules.explain.wording import capital, duration, last
from mqlrules.language.values import DateLiteral


def reading(program: Program) -> Iterator[str]:
    """Sentences without their full stops; each is there only if something in the rule set needs it."""
    found = list(nodes((program.rules, program.segments, program.scores, program.events)))
    kinds = {type(node) for node in found}
    if program.rules:
        yield "A lead moves at the very moment at which what a rule asks becomes true"
        back = any(rule.recycle for rule in program.rules)
        only = ", except where a rule says that it “goes back”" if back else ""
        outside = "a stage outside of the order comes first, then " if program.lifecycle.outside else ""
        yield f"A lead only moves up{only}. If several rules could move it at once, {outside}the highest stage"
        if back:
            yield "A lead that “starts afresh” has a clean slate: only what it does from then on counts"
    lengths = [(node.record, node.argument) for node in found if isinstance(node, Restriction)]
    if within := next((length for record, length in lengths if record.leaves and isinstance(length, int)), None):
        yield (
            f"“In {last(within)}” moves along with time: it looks back from each moment. "
            f"What happened counts until it is {duration(within)} old, and at that very moment no longer"
        )
    if older := next((length for record, length in lengths if record.enters and isinstance(length, int)), None):
        yield f"“At least {duration(older)} ago” becomes true by waiting, when it has become that old"
    waits = within or older or any(isinstance(node, Absent) for node in found)
    if waits or any(rule.lasting for rule in program.rules):
        yield "A day is 24 hours from some moment, not a date of the calendar"
    dates = any(record.takes == "dates" for record, _ in lengths) or any(map(_names_a_date, found))
    if dates or any(map(_counts_days, found)):
        what = "Dates are" if dates else "“Different days” are dates of the calendar,"
        yield f"{what} those of the time zone {program.timezone}, from midnight to midnight"
    if any(isinstance(node, Sequence) and len(node.steps) > 1 for node in found):
        yield "Where things must happen in an order, others may happen in between. One event never counts for two steps"
    if silence := next((n.lasting for n in found if isinstance(n, Absent) and n.lasting is not None), None):
        days = duration(silence)
        yield f"“{capital(days)} with no …” is true only once the {days} are over; nothing has to happen at that moment"
    if any(isinstance(node, EventLine) and node.halving is not None for node in found):
        yield "Points that are halved stay the same until the next halving: they fall in steps"
    if Trait in kinds or any(isinstance(node, Compare | TextTest) for node in found):
        yield "Whatever is not known of a lead or an event passes no test except “is missing”"


def _names_a_date(node: Any) -> bool:
    match node:
        case Compare(value=literal) | Aggregate(value=literal):
            return isinstance(literal, DateLiteral)
        case OneOf(values=values):
            return any(isinstance(literal, DateLiteral) for literal in values)
        case _:
            return False


def _counts_days(node: Any) -> bool:
    return isinstance(node, Aggregate) and node.record.looks_at == "date"
