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
        yield "A lead moves at the moment when a rule's condition becomes true"
        back = any(rule.recycle for rule in program.rules)
        only = " unless a rule says that it “goes back”" if back else ""
        outside = "a stage outside the order wins, then " if program.lifecycle.outside else ""
        wins = "the highest stage" if outside else "the highest stage wins"
        yield f"A lead only moves up{only}. If several rules could move it at the same time, {outside}{wins}"
        if back:
            yield "A lead that “starts over” has a clean slate: only later events count"
    lengths = [(node.record, node.argument) for node in found if isinstance(node, Restriction)]
    if within := next((length for record, length in lengths if record.leaves and isinstance(length, int)), None):
        yield (
            f"“In {last(within)}” always looks back from the current moment. "
            f"An event stops counting exactly {duration(within)} after it happened"
        )
    if older := next((length for record, length in lengths if record.enters and isinstance(length, int)), None):
        yield f"“At least {duration(older)} ago” becomes true by waiting: an event starts to count at that age"
    waits = within or older or any(isinstance(node, Absent) for node in found)
    if waits or any(rule.lasting for rule in program.rules):
        yield "A day means 24 hours, not a calendar date"
    dates = any(record.takes == "dates" for record, _ in lengths) or any(map(_names_a_date, found))
    if dates or any(map(_counts_days, found)):
        what = "Dates" if dates else "“Different days”"
        yield f"{what} are calendar dates in the time zone {program.timezone}, from midnight to midnight"
    if any(isinstance(node, Sequence) and len(node.steps) > 1 for node in found):
        yield "In a sequence, other events may happen in between. One event never counts for two steps"
    if silence := next((n.lasting for n in found if isinstance(n, Absent) and n.lasting is not None), None):
        days = duration(silence)
        yield f"“{capital(days)} without …” becomes true when the {days} are over; no event is needed at that moment"
    if any(isinstance(node, EventLine) and node.halving is not None for node in found):
        yield "Points that are halved drop in steps: they stay the same until the next halving"
    if Trait in kinds or any(isinstance(node, Compare | TextTest) for node in found):
        yield "A property that is not known passes no test except “is missing”"


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
