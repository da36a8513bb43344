"""Rewinding a store: undoing a mistaken clock, and events from a future that hasn't come.

An ``advance`` to the wrong year, or one event from it, settles leads up to then, and later events are too late.
Rewinding sets the clocks back to an instant. Events after that instant become dead letters. Leads that were settled
further are rebuilt, and dead letters from before the instant are taken in: most were late by the mistaken clock.
"""

import attrs

from mqlrules.durable.rebuilding import count, dead_letters_in_reach, new_row, remade, take_in, unbegun
from mqlrules.durable.rows import HELD, HISTORY, NO_LEAD, DeadLetterRow, LeadRow
from mqlrules.durable.unit_of_work import Unit
from mqlrules.durable.work import Work
from mqlrules.events.encoding import lead_from_text
from mqlrules.events.model import Lead
from mqlrules.language.instants import moment

AT_ONCE = 1_000
"""How many leads are rewound in one unit."""


@attrs.define
class Rewound:
    """What a rewind changed."""

    leads: int = 0
    """Leads that were rebuilt."""
    undone: int = 0
    """Events that became dead letters."""
    taken: int = 0
    """Dead letters that were taken in."""
    new: int = 0
    """Transitions that are in the outbox now."""
    withdrawn: int = 0
    """Transitions that no longer stand."""
    incomplete: tuple[Lead, ...] = ()
    """Leads whose events were dropped up to a later instant: they could only be rewound to that one."""


def rewind(work: Work, to: int, name: str | None) -> Rewound:
    """Rewinds one lead, or with no name all leads and the clocks, in one transaction."""
    found = Rewound()
    reason = f"undone: the store was rewound to {moment(to).isoformat()}"
    if name is None:
        _set_clocks_back(work, to)
    _let_go_of_what_is_held(work, to, name, reason, found)
    names = [name] if name is not None else _concerned(work, to)
    for start in range(0, len(names), AT_ONCE):
        unit = work.begin()
        for each in names[start : start + AT_ONCE]:
            _rewind_lead(unit, each, to, reason, found)
        unit.write()
    return found


def _set_clocks_back(work: Work, to: int) -> None:
    unit = work.begin()
    for number in unit.partitions:
        row = unit.tally(number)
        row.clock = None if row.clock is None else min(row.clock, to)
        row.settled = None if row.settled is None else min(row.settled, to)
    unit.write()


def _let_go_of_what_is_held(work: Work, to: int, name: str | None, reason: str, found: Rewound) -> None:
    """Events that are held back and lie after the instant become dead letters."""
    unit = work.begin()
    row = None if name is None else unit.session.resolve(name)
    names = None if name is None else [name]
    if row is not None:
        names = [row.lead, *(alias.lead for alias in unit.session.aliases(row.number))]
    for number in unit.partitions:
        for held in unit.session.held(number, None, names):
            if held.at > to:
                target = unit.session.resolve(held.lead)
                lead, partition = (held.lead, number) if target is None else (target.lead, target.partition)
                unit.changes.drop(HELD, held.seq)
                unit.changes.put(DeadLetterRow(held.seq, partition, lead, held.at, held.body, reason))
                found.undone += 1
    unit.write()


def _concerned(work: Work, to: int) -> list[str]:
    """The leads that are settled further than an instant, and those with dead letters."""
    names: dict[str, None] = {}
    after = 0
    while rows := work.session.all_leads(work.setting.own, after, AT_ONCE):
        after = rows[-1].number
        names.update((row.lead, None) for row in rows if row.settled is not None and row.settled > to)
    letters = work.session.dead_letters()
    names.update((letter.lead, None) for letter in letters if letter.at <= to and letter.lead != NO_LEAD)
    return list(names)


def _rewind_lead(unit: Unit, name: str, to: int, reason: str, found: Rewound) -> None:
    row = unit.session.resolve(name)
    base = None if row is None else unit.session.base(row.number)
    letters = dead_letters_in_reach(unit, name if row is None else row.lead, base, to)
    if row is None:
        if not letters:
            return
        row = new_row(unit, name)
    start = to if base is None else max(to, base.until)
    if start > to:
        found.incomplete = (*found.incomplete, lead_from_text(row.lead))
    history = unit.session.history(row.number)
    later = [event for event in history if event.at > start]
    if not later and not letters and (row.settled is None or row.settled <= start):
        return
    for event in later:
        unit.changes.drop(HISTORY, event.seq)
        letter = DeadLetterRow(unit.next(row.partition), row.partition, row.lead, event.at, event.body, reason)
        unit.changes.put(letter)
    unit.tally(row.partition).events -= len(later)
    _lower_floors(unit, row, start)
    late = take_in(unit, row, letters)
    events = [*history[: len(history) - len(later)], *late]
    working, before = unit.work_on(row), unit.session.transitions(row.number)
    if events or base is not None:
        count(unit, working, events, uncounted=len(late))
        until = start if row.settled is None else min(row.settled, start)
        result = remade(unit, working, base, events, late, before, until)
    else:
        result = unbegun(unit, working, before)
    found.leads += 1
    found.undone += len(later)
    found.taken += len(late)
    found.new += len(result.new)
    found.withdrawn += len(result.withdrawn)


def _lower_floors(unit: Unit, row: LeadRow, to: int) -> None:
    if unit.setting.count > 1:
        unit.look_up_floors([row.number])
        if floors := unit.floors.get(row.number):
            unit.set_floors(row.number, {partition: min(settled, to) for partition, settled in floors.items()})
