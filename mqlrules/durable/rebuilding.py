"""Making leads anew from their histories: two that are one, and one whose late events are taken in after all.

The lead is replayed from its first event, settled up to where it had been settled, and what comes out is compared with
the transitions that had been made: those that stand, those that are none any more, those that are new.
"""

from collections.abc import Iterable, Sequence

import attrs

from mqlrules.durable.comparing import MADE, compare
from mqlrules.durable.errors import NotMerged, StoreError
from mqlrules.durable.protocol import (
    PENDING,
    TO_WITHDRAW,
    WITHDRAWN,
    BaseRow,
    EventRow,
    LeadRow,
    TransitionRow,
    partition_of,
)
from mqlrules.durable.records import Rebuilt, event_of, transition_of, transition_to_text
from mqlrules.durable.states import Working
from mqlrules.durable.unit_of_work import NO_TRAITS, Unit, traits_of
from mqlrules.engine.results import Transition
from mqlrules.events.encoding import identity_of, lead_from_text, properties_to_text
from mqlrules.language.instants import moment


def merge(unit: Unit, anonymous: str, known: str) -> Rebuilt:
    """``anonymous`` means ``known`` from now on; the two histories are one."""
    source, target = _resolved(unit, anonymous), _resolved(unit, known)
    if source is not None and target is not None and source.number == target.number:
        return _as_it_was(unit, target)
    if anonymous == known:
        raise StoreError("a lead can't be merged with itself")
    if target is None:
        target = _fresh(unit, known)
    working = unit.work_on(target)
    working.touched = True
    if source is None:
        # Nothing is known under that name yet; what comes under it is the other's.
        alias = unit.new_row(anonymous, target.partition)
        unit.changes.leads.append((attrs.evolve(alias, merged_into=target.number), ""))
        return _as_it_was(unit, target)
    base = _base_of_both(unit, source, target)
    before = [*unit.transaction.transitions(source.number), *unit.transaction.transitions(target.number)]
    unit.changes.checkpoints_gone.append(source.number)
    # What comes from now on has greater numbers than all that is there.
    tally = unit.tally(target.partition)
    tally.counter = max(tally.counter, unit.partitions[source.partition].counter)
    names = [source, *unit.transaction.merged_into(source.number)]
    gone = attrs.evolve(source, merged_into=target.number, stage=None, due=None, settled=None, layout="")
    for row in (gone, *names[1:]):
        moved = attrs.evolve(row, merged_into=target.number, partition=target.partition, version=row.version + 1)
        unit.changes.leads.append((moved, ""))
    _move_what_waits(unit, source, target, [row.lead for row in names])
    working.row = attrs.evolve(working.row, traits=_traits_of_both(source, working.row))
    theirs = unit.transaction.history(source.number)
    ours = unit.transaction.history(target.number)
    theirs = [attrs.evolve(row, lead=target.number) for row in theirs]
    if base is None and not theirs and working.state is None:
        return Rebuilt(working.name)
    until = max(source.settled or _LONG_AGO, target.settled or _LONG_AGO)
    _count(unit, working, [*theirs, *ours], uncounted=0)
    return _made_anew(unit, working, base, [*theirs, *ours], theirs, before, until)


def _base_of_both(unit: Unit, source: LeadRow, target: LeadRow) -> BaseRow | None:
    """Where the history of both begins. Where old events of one have been dropped, the other must have come later."""
    of_source, of_target = unit.transaction.base(source.number), unit.transaction.base(target.number)
    base = of_target if of_source is None else of_source
    if base is None:
        return None
    other = source if of_source is None else target
    both = of_source is not None and of_target is not None
    first = unit.transaction.first_at(other.number)
    if both or other.traits != NO_TRAITS or (first is not None and first <= base.until):
        raise NotMerged(
            f"events before {moment(base.until + 1).isoformat()} have been dropped, and the other lead has some from "
            "then or was known before: what they would come to together can't be told any more"
        )
    if of_source is not None:
        unit.changes.bases_gone.append(source.number)
        base = attrs.evolve(base, lead=target.number)
        unit.changes.bases.append(base)
    return base


def rebuild(unit: Unit, name: str) -> Rebuilt:
    """A lead from its history, its dead letters taken in."""
    row = _resolved(unit, name)
    base = None if row is None else unit.transaction.base(row.number)
    letters = [
        letter
        for letter in unit.transaction.refused(name if row is None else row.lead)
        if base is None or letter.at > base.until
    ]
    if row is None:
        if not letters:
            raise StoreError(f"there is no lead {lead_from_text(name)!r} in the store")
        row = _fresh(unit, name)
    working = unit.work_on(row)
    late = [
        EventRow(letter.seq, row.number, letter.at, identity_of(event_of(letter)), letter.body) for letter in letters
    ]
    unit.changes.refused_gone += [letter.seq for letter in letters]
    events = [*unit.transaction.history(row.number), *late]
    if base is None and not events:
        return Rebuilt(working.name)
    before = unit.transaction.transitions(row.number)
    _count(unit, working, events, uncounted=len(late))
    return _made_anew(unit, working, base, events, late, before, row.settled or _LONG_AGO)


def _count(unit: Unit, working: Working, events: Sequence[EventRow], uncounted: int) -> None:
    """What the events of a lead come to, of which so many had not been counted."""
    history, repeated = _in_order(events)
    tally = unit.tally(working.row.partition)
    tally.events += len(history) - (len(events) - uncounted)
    tally.repeated += len(repeated)


_LONG_AGO = -(1 << 62)


def _made_anew(
    unit: Unit,
    working: Working,
    base: BaseRow | None,
    events: Sequence[EventRow],
    moved: Sequence[EventRow],
    before: Sequence[TransitionRow],
    until: int,
) -> Rebuilt:
    """The lead of these events; ``moved`` are those of them that are not written as its own yet."""
    history, repeated = _in_order(events)
    new_here = {row.seq for row in moved}
    unit.changes.events += [row for row in history if row.seq in new_here]
    unit.changes.events_gone += [row.seq for row in repeated]
    row = working.row
    settled = unit.partitions[row.partition].settled
    until = max(until, history[-1].at if history else until, _LONG_AGO if settled is None else settled)
    working.state, made = unit.replay(row, working.name, history, until, base)
    unit.write_anew(working, history)
    unit.counting.add(row.number)
    return _announced(unit, working, base, made, before)


def _announced(
    unit: Unit,
    working: Working,
    base: BaseRow | None,
    made: Sequence[Transition],
    before: Sequence[TransitionRow],
) -> Rebuilt:
    """What was made before is compared with what is made now; the outbox is put right."""
    row = working.row
    found = compare(made, before, base)
    changes: list[TransitionRow] = list(found.behind)
    for old, transition in found.standing:
        text = transition_to_text(transition) if old.status == PENDING else old.body
        changes.append(attrs.evolve(old, body=text))
    for old, _ in found.gone:
        changes.append(attrs.evolve(old, status=WITHDRAWN if old.status == PENDING else TO_WITHDRAW))
    unit.changes.transitions += [attrs.evolve(each, lead=row.number, partition=row.partition) for each in changes]
    if found.new:
        unit.announce(working, found.new)
    return Rebuilt(
        working.name,
        tuple(transition for _, transition in found.standing),
        tuple(transition for _, transition in found.gone),
        found.new,
    )


def _as_it_was(unit: Unit, row: LeadRow) -> Rebuilt:
    """Nothing has changed for a lead: what was made stands."""
    made = [transition_of(old) for old in unit.transaction.transitions(row.number) if old.status in MADE]
    return Rebuilt(lead_from_text(row.lead), tuple(made))


def _in_order(events: Iterable[EventRow]) -> tuple[list[EventRow], list[EventRow]]:
    """Events as one history, and those of them that are repeated ones."""
    history, repeated = [], []
    seen: set[str] = set()
    for row in sorted(events, key=lambda row: (row.at, row.seq)):
        if row.identity is not None and row.identity in seen:
            repeated.append(row)
            continue
        if row.identity is not None:
            seen.add(row.identity)
        history.append(row)
    return history, repeated


def _resolved(unit: Unit, name: str) -> LeadRow | None:
    row = unit.transaction.leads([name]).get(name)
    while row is not None and row.merged_into is not None:
        row = unit.transaction.leads_by_number([row.merged_into])[row.merged_into]
    return row


def _fresh(unit: Unit, name: str) -> LeadRow:
    """The row of a lead that has not begun, with the traits that are known of it."""
    row = unit.new_row(name, partition_of(name, unit.setting.count))
    traits = unit.setting.traits.get(lead_from_text(name))
    return attrs.evolve(row, traits=properties_to_text(traits)) if traits else row


def _traits_of_both(source: LeadRow, target: LeadRow) -> str:
    """What was known of both before their first events; of what both have, the known name's counts."""
    if source.traits == NO_TRAITS:
        return target.traits
    return properties_to_text(traits_of(source) | traits_of(target))


def _move_what_waits(unit: Unit, source: LeadRow, target: LeadRow, names: Sequence[str]) -> None:
    """What is held back or was refused under the old names is the other's."""
    held = unit.transaction.held(source.partition, None, names)
    unit.changes.held += [attrs.evolve(row, partition=target.partition) for row in held]
    letters = unit.transaction.refused(source.lead)
    unit.changes.refused += [attrs.evolve(row, lead=target.lead, partition=target.partition) for row in letters]
