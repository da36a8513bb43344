"""Dropping old events. What they led to stays, as a state from which the lead's history goes on.

A lead whose events up to an instant were dropped is rebuilt from that state and the events after it, exactly as from
all of them. Only what needs the old events themselves is no longer possible: other rules, and a merge with a lead that
has events from that time.

Events are dropped on request (``prune``), and automatically for a lead that has too many (``keep_within``).
"""

from collections.abc import Callable, Sequence

from mqlrules.durable.rows import (
    ACKNOWLEDGED,
    HISTORY,
    RECALLED,
    RETIRED,
    TRANSITIONS,
    UNTOLD,
    WITHDRAWN,
    BaseRow,
    EventRow,
    LeadRow,
)
from mqlrules.durable.unit_of_work import Unit, is_too_many
from mqlrules.events.encoding import lead_from_text


def prune(unit: Unit, row: LeadRow, before: int) -> int:
    """Drops the events of a lead before an instant; returns how many.

    Those of the instant to which the lead is settled stay, because they may be fed again and have to be recognised.
    """
    if row.stage is None or row.settled is None:
        return 0
    settled = unit.partitions[row.partition].settled
    may_come_again = settled is None or settled <= row.settled
    return _drop(unit, row, min(before - 1, row.settled - may_come_again), unit.session.history(row.number))


def keep_within(units: Sequence[Unit], begin: Callable[[], Unit], most: int) -> int:
    """Drops about the older half of the events of each lead that has more than ``most`` after these units, and its
    oldest dead letters; returns how many.
    """
    leads = {number for unit in units for number in unit.counting}
    letters = {letter.lead: letter.partition for unit in units for letter in unit.refused}
    if not leads and not letters:
        return 0
    unit = begin()
    dropped = 0
    for row in unit.session.leads_by_number(leads).values():
        if row.merged_into is None and is_too_many(unit.session.kept(row.number), most):
            dropped += _drop_half(unit, row, most)
    for lead, partition in letters.items():
        if gone := unit.session.limit_dead_letters(lead, most):
            unit.tally(partition).dropped += gone
            dropped += gone
    if dropped:
        unit.write()
    return dropped


def _drop_half(unit: Unit, row: LeadRow, most: int) -> int:
    history = unit.session.history(row.number)
    first = history[-max(most // 2, 1)].at
    # Events of one instant go together.
    left = sum(event.at >= first for event in history)
    return _drop(unit, row, first if is_too_many(left, most) else first - 1, history)


def _drop(unit: Unit, row: LeadRow, until: int, history: Sequence[EventRow]) -> int:
    """Drops the events of a lead up to an instant to which it is settled; returns how many."""
    old = [event for event in history if event.at <= until]
    if not old:
        return 0
    name = lead_from_text(row.lead)
    if unit.session.checkpoint(row.number) is not None:
        unit.write_whole(unit.work_on(row), history)
    state, _ = unit.replay(row, name, old, until, unit.session.base(row.number))
    transitions = unit.session.transitions(row.number)
    last = max((each.id for each in transitions), default=0)
    snapshots = unit.setting.snapshots
    unit.changes.put(BaseRow(row.number, until, last, snapshots.layout, snapshots.write(state)))
    for event in old:
        unit.changes.drop(HISTORY, event.seq)
    for each in transitions:
        if each.instant <= until and each.status in (ACKNOWLEDGED, WITHDRAWN, UNTOLD, RETIRED, RECALLED):
            unit.changes.drop(TRANSITIONS, each.id)
    unit.tally(row.partition).dropped += len(old)
    return len(old)
