"""Dropping old events: what they came to stays, as a state from which the history goes on.

A lead whose events up to an instant have been dropped is made anew from that state and the events after it, exactly as
it would be from all of them. What can't be done any more is what needs the old events themselves: other rules, and a
merge with a lead that has events from before.

It is done when it is asked for (``prune``), and by itself for a lead that has too many events (``keep_within``).
"""

from collections.abc import Callable, Sequence

from mqlrules.durable.limits import is_too_many
from mqlrules.durable.protocol import ACKNOWLEDGED, WITHDRAWN, BaseRow, EventRow, LeadRow
from mqlrules.durable.unit_of_work import Unit
from mqlrules.events.encoding import lead_from_text
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import walk


def horizon(conditions: Sequence[n.Node]) -> int | None:
    """How far back conditions look, in microseconds; None where one looks back without end.

    Traits don't count, and what has been learned of them: they are kept with the lead.
    """
    furthest = 0
    for node in walk(list(conditions)):
        match node:
            case n.Count() | n.Aggregate() | n.Sequence():
                furthest = max(furthest, _of_interval(node.interval))
            case n.Split():
                # An event makes its part for good: of it a condition may hold that is about what is not there.
                return None
            case n.Score(lines=lines):
                for line in lines:
                    if isinstance(line, n.EventPoints):
                        furthest = max(furthest, _of_line(line))
    return None if furthest >= _NO_END else furthest


_NO_END = 1 << 62


def _of_interval(interval: n.Interval) -> int:
    # What an anchor stands on may lie anywhere before.
    if interval.within is None or interval.anchors:
        return _NO_END
    return interval.within


def _of_line(line: n.EventPoints) -> int:
    if line.halving is not None and not line.interval.anchors:
        spent = line.halving * (abs(line.points).bit_length() + 1) + line.interval.older
        return spent if line.interval.within is None else min(spent, line.interval.within)
    return _of_interval(line.interval)


def prune(unit: Unit, row: LeadRow, before: int) -> int:
    """Drops the events of a lead before an instant; gives how many there were.

    Those of the instant to which the lead has been settled stay: they may come again, and would not be known any more.
    """
    if row.stage is None or row.settled is None:
        return 0
    settled = unit.partitions[row.partition].settled
    may_come_again = settled is None or settled <= row.settled
    return _drop(unit, row, min(before - 1, row.settled - may_come_again), unit.transaction.history(row.number))


def keep_within(units: Sequence[Unit], begin: Callable[[], Unit], most: int) -> int:
    """Drops the older half of what is kept of each lead that may have more than ``most`` events, or dead letters, once
    these units are written; gives how many were dropped.
    """
    leads = {number for unit in units for number in unit.counting}
    letters = {letter.lead: letter.partition for unit in units for letter in unit.changes.refused}
    if not leads and not letters:
        return 0
    unit = begin()
    dropped = 0
    for row in unit.transaction.leads_by_number(leads).values():
        if row.merged_into is None and is_too_many(unit.transaction.kept(row.number), most):
            dropped += _drop_half(unit, row, most)
    for lead, partition in letters.items():
        if gone := unit.transaction.drop_refused(lead, most):
            unit.tally(partition).dropped += gone
            dropped += gone
    if dropped:
        unit.write()
    return dropped


def _drop_half(unit: Unit, row: LeadRow, most: int) -> int:
    history = unit.transaction.history(row.number)
    first = history[-max(most // 2, 1)].at
    # Events of one instant go together.
    left = sum(event.at >= first for event in history)
    return _drop(unit, row, first if is_too_many(left, most) else first - 1, history)


def _drop(unit: Unit, row: LeadRow, until: int, history: Sequence[EventRow]) -> int:
    """Drops the events of a lead up to an instant to which it has been settled; gives how many there were."""
    old = [event for event in history if event.at <= until]
    if not old:
        return 0
    name = lead_from_text(row.lead)
    if unit.transaction.checkpoint(row.number) is not None:
        unit.write_anew(unit.work_on(row), history)
    state, _ = unit.replay(row, name, old, until, unit.transaction.base(row.number))
    transitions = unit.transaction.transitions(row.number)
    base = BaseRow(
        row.number,
        until,
        max((each.id for each in transitions), default=0),
        unit.setting.snapshots.layout,
        unit.setting.snapshots.write(state),
    )
    changes = unit.changes
    changes.bases.append(base)
    changes.events_gone += [event.seq for event in old]
    changes.transitions_gone += [
        each.id for each in transitions if each.instant <= until and each.status in (ACKNOWLEDGED, WITHDRAWN)
    ]
    unit.tally(row.partition).dropped += len(old)
    return len(old)
