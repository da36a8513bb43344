"""Rebuilding leads from their histories: two that are merged, one with late events, one with events that came behind.

A lead is replayed from its first event and settled up to where it was settled. The transitions that this makes are
compared with those made before: some stand, some no longer do, some are new.
"""

from collections.abc import Iterable, Sequence

import attrs

from mqlrules.durable.errors import NotMerged, StoreError
from mqlrules.durable.records import Rebuilt, event_of, transition_of, transition_to_text
from mqlrules.durable.rows import (
    ACKNOWLEDGED,
    BASES,
    CHECKPOINTS,
    CLAIMS,
    DEAD_LETTERS,
    FLOORS,
    HISTORY,
    NO_TRAITS,
    PENDING,
    RECALLED,
    RETIRED,
    STANDING,
    TO_WITHDRAW,
    UNDELIVERABLE,
    UNTOLD,
    WITHDRAWN,
    BaseRow,
    DeadLetterRow,
    EventRow,
    LeadRow,
    TransitionRow,
    partition_of,
)
from mqlrules.durable.state_cache import Working
from mqlrules.durable.unit_of_work import LONG_AGO, Arrival, Unit, traits_of
from mqlrules.engine.results import Transition
from mqlrules.events.encoding import identity_of, lead_from_text, properties_to_text
from mqlrules.language.instants import moment

Pair = tuple[TransitionRow, Transition]


# -- transitions made before, and made now -------------------------------------------------------------------------


@attrs.frozen
class Compared:
    """``standing`` were made before and are made now. ``gone`` were only made before, ``new`` only now.

    Those that rest on dropped events are in none of these: they stand, and nothing more is known of them.
    """

    standing: tuple[Pair, ...]
    gone: tuple[Pair, ...]
    new: tuple[Transition, ...]


def compare(
    made: Sequence[Transition], before: Sequence[TransitionRow], base: BaseRow | None, revived: frozenset[int]
) -> Compared:
    """Compares what is made now with what was recorded; ``base`` is where the history began.

    Two transitions are the same if their stages, instant and rule are equal. A recorded one that didn't stand stands
    again under its old id if its status is among ``revived``.
    """
    recorded: dict[tuple[str, str, int, str], list[Pair]] = {}
    # Those that stand are matched first, each group in the order in which it was made.
    for old in sorted(before, key=lambda old: (old.status not in STANDING, old.id)):
        if base is not None and old.instant <= base.until and old.id <= base.last:
            continue
        if old.status in STANDING or old.status in revived:
            transition = transition_of(old)
            recorded.setdefault(_key(transition), []).append((old, transition))
    standing: list[Pair] = []
    new: list[Transition] = []
    for transition in made:
        known = recorded.get(_key(transition))
        if known:
            standing.append((known.pop(0)[0], transition))
        else:
            new.append(transition)
    gone = [pair for left in recorded.values() for pair in left if pair[0].status in STANDING]
    return Compared(tuple(standing), tuple(sorted(gone, key=lambda pair: pair[0].id)), tuple(new))


def _key(transition: Transition) -> tuple[str, str, int, str]:
    return transition.from_stage, transition.to_stage, transition.instant, transition.rule


_REVIVED = {TO_WITHDRAW: ACKNOWLEDGED, RETIRED: ACKNOWLEDGED, RECALLED: PENDING}
"""The receiver never heard that these don't stand: if they do after all, all is well. One that was withdrawn is
announced again under a new id, because receivers ignore an id that they have seen.
"""

_GONE = {PENDING: RECALLED, UNDELIVERABLE: WITHDRAWN, UNTOLD: WITHDRAWN, ACKNOWLEDGED: TO_WITHDRAW}


# -- rebuilding ----------------------------------------------------------------------------------------------------


def merge(unit: Unit, anonymous: str, known: str) -> Rebuilt:
    """From now on ``anonymous`` means ``known``, and their histories are one."""
    homes = [partition_of(name, unit.setting.count) for name in (anonymous, known)]
    unit.session.require(homes)
    source, target = unit.session.resolve(anonymous), unit.session.resolve(known)
    if source is not None and target is not None and source.number == target.number:
        return _unchanged(unit, target)
    if anonymous == known:
        raise StoreError("a lead can't be merged with itself")
    if target is None:
        target = new_row(unit, known)
    aliases = [] if source is None else unit.session.aliases(source.number)
    joined = [row for row in (source, target) if row is not None]
    unit.session.require([*(row.partition for row in joined), *(_home(unit, row) for row in (*joined, *aliases))])
    working = unit.work_on(target)
    working.touched = True
    for letter in unit.session.dead_letters(anonymous if source is None else source.lead):
        unit.changes.put(attrs.evolve(letter, lead=target.lead, partition=target.partition))
    if source is None:
        # Nothing is known under that name yet. What comes under it belongs to the other.
        alias = unit.new_row(anonymous, homes[0])
        unit.changes.put_lead(attrs.evolve(alias, merged_into=target.number), "")
        return _unchanged(unit, target)
    base = _base_of_both(unit, source, target)
    before = [*unit.session.transitions(source.number), *unit.session.transitions(target.number)]
    unit.changes.drop(CHECKPOINTS, source.number)
    gone = attrs.evolve(source, stage=None, due=None, settled=None, layout="")
    for row in (gone, *aliases):
        unit.changes.put_lead(attrs.evolve(row, merged_into=target.number, version=row.version + 1), "")
    if unit.setting.count > 1:
        _join_floors(unit, source, target)
    working.row = attrs.evolve(working.row, traits=_traits_of_both(source, working.row))
    theirs = [attrs.evolve(row, lead=target.number) for row in unit.session.history(source.number)]
    ours = unit.session.history(target.number)
    if base is None and not theirs and working.state is None:
        return Rebuilt(working.name)
    until = max(source.settled or LONG_AGO, target.settled or LONG_AGO)
    count(unit, working, [*theirs, *ours], uncounted=0)
    return remade(unit, working, base, [*theirs, *ours], theirs, before, until)


def rebuild(unit: Unit, name: str, latest: int) -> Rebuilt:
    """Rebuilds a lead with those of its dead letters that are not later than ``latest``."""
    unit.session.require([partition_of(name, unit.setting.count)])
    row = unit.session.resolve(name)
    base = None
    if row is not None:
        unit.session.require([row.partition])
        base = unit.session.base(row.number)
    letters = dead_letters_in_reach(unit, name if row is None else row.lead, base, latest)
    if row is None:
        if not letters:
            raise StoreError(f"no lead {lead_from_text(name)!r} in the store")
        row = new_row(unit, name)
    working = unit.work_on(row)
    late = take_in(unit, row, letters)
    events = [*unit.session.history(row.number), *late]
    if base is None and not events:
        return Rebuilt(working.name)
    before = unit.session.transitions(row.number)
    count(unit, working, events, uncounted=len(late))
    return remade(unit, working, base, events, late, before, row.settled or LONG_AGO)


def insert(unit: Unit, arrivals: dict[int, list[Arrival]]) -> None:
    """Inserts events that came behind into the histories of their leads, given by number."""
    for row in unit.session.leads_by_number(arrivals).values():
        working, base = unit.work_on(row), unit.session.base(row.number)
        tally = unit.tally(row.partition)
        events = []
        for each in arrivals[row.number]:
            number = unit.next(row.partition)
            if base is not None and each.event.at <= base.until:
                reason = f"the lead's events up to {moment(base.until).isoformat()} were dropped"
                unit.changes.put(DeadLetterRow(number, row.partition, row.lead, each.event.at, each.body, reason))
                tally.late += 1
            else:
                events.append(EventRow(number, row.number, each.event.at, each.identity, each.body))
        known = unit.session.history(row.number)
        history = [*known, *events]
        count(unit, working, history, uncounted=len(events))
        # Where all of them are repeated, nothing changes.
        if _in_order(history)[0] != known:
            before = unit.session.transitions(row.number)
            remade(unit, working, base, history, events, before, row.settled or LONG_AGO)


def _home(unit: Unit, row: LeadRow) -> int:
    return partition_of(row.lead, unit.setting.count)


def dead_letters_in_reach(unit: Unit, lead: str, base: BaseRow | None, latest: int) -> list[DeadLetterRow]:
    """The dead letters that a lead's history has room for: from after what was dropped, and up to an instant."""
    letters = unit.session.dead_letters(lead)
    return [letter for letter in letters if letter.at <= latest and (base is None or letter.at > base.until)]


def take_in(unit: Unit, row: LeadRow, letters: Sequence[DeadLetterRow]) -> list[EventRow]:
    """Dead letters as events of a lead."""
    for letter in letters:
        unit.changes.drop(DEAD_LETTERS, letter.seq)
    return [
        EventRow(letter.seq, row.number, letter.at, identity_of(event_of(letter)), letter.body) for letter in letters
    ]


def _base_of_both(unit: Unit, source: LeadRow, target: LeadRow) -> BaseRow | None:
    """Where the joined history begins. If old events of one were dropped, the other must have come later."""
    of_source, of_target = unit.session.base(source.number), unit.session.base(target.number)
    base = of_target if of_source is None else of_source
    if base is None:
        return None
    other = source if of_source is None else target
    both = of_source is not None and of_target is not None
    first = unit.session.first_at(other.number)
    if both or other.traits != NO_TRAITS or (first is not None and first <= base.until):
        raise NotMerged(
            f"can't merge: events before {moment(base.until + 1).isoformat()} were dropped, and the other lead has "
            "events from that time, or traits"
        )
    if of_source is not None:
        unit.changes.drop(BASES, source.number)
        base = attrs.evolve(base, lead=target.number)
        unit.changes.put(base)
    return base


def _join_floors(unit: Unit, source: LeadRow, target: LeadRow) -> None:
    unit.look_up_floors([source.number, target.number])
    joined: dict[int, int] = {}
    for row in (source, target):
        own = {} if row.settled is None else {row.partition: row.settled}
        for partition, settled in unit.floors.get(row.number, own).items():
            joined[partition] = max(joined.get(partition, settled), settled)
    unit.changes.drop(FLOORS, source.number)
    if joined.keys() != {target.partition}:
        unit.set_floors(target.number, joined)


def count(unit: Unit, working: Working, events: Sequence[EventRow], uncounted: int) -> None:
    """Counts the events of a lead, of which some hadn't been counted."""
    history, repeated = _in_order(events)
    tally = unit.tally(working.row.partition)
    tally.events += len(history) - (len(events) - uncounted)
    tally.repeated += len(repeated)


def remade(
    unit: Unit,
    working: Working,
    base: BaseRow | None,
    events: Sequence[EventRow],
    moved: Sequence[EventRow],
    before: Sequence[TransitionRow],
    until: int,
) -> Rebuilt:
    """Replays the lead with these events; ``moved`` are those of them that aren't written as its own yet."""
    history, repeated = _in_order(events)
    new_here = {row.seq for row in moved}
    for event in history:
        if event.seq in new_here:
            unit.changes.put(event)
    for event in repeated:
        unit.changes.drop(HISTORY, event.seq)
    row = working.row
    unit.outnumber(row.partition, max([0, *(event.seq for event in history), *(old.id for old in before)]))
    settled = unit.partitions[row.partition].settled
    until = max(until, history[-1].at if history else until, LONG_AGO if settled is None else settled)
    working.state, made = unit.replay(row, working.name, history, until, base)
    unit.write_whole(working, history)
    unit.counting.add(row.number)
    return _announced(unit, working, before, compare(made, before, base, frozenset(_REVIVED)))


def unbegun(unit: Unit, working: Working, before: Sequence[TransitionRow]) -> Rebuilt:
    """The lead has no events any more: it is as if it had never been seen, but for its name and its traits."""
    working.state = None
    working.row = attrs.evolve(working.row, stage=None, due=None, settled=None, layout="")
    unit.write_whole(working, [])
    return _announced(unit, working, before, compare([], before, None, frozenset()))


def _announced(unit: Unit, working: Working, before: Sequence[TransitionRow], found: Compared) -> Rebuilt:
    """Brings the outbox up to date."""
    row = working.row
    changed = {old.id: old for old in before}
    for old, transition in found.standing:
        text = transition_to_text(transition) if old.status == PENDING else old.body
        changed[old.id] = attrs.evolve(old, body=text, status=_REVIVED.get(old.status, old.status))
    for old, _ in found.gone:
        changed[old.id] = attrs.evolve(old, status=_GONE[old.status])
        unit.changes.drop(CLAIMS, old.id)
    for old in before:
        now = attrs.evolve(changed[old.id], lead=row.number, partition=row.partition)
        if now != old:
            unit.changes.put(now)
    if found.new:
        unit.announce(working, found.new)
    return Rebuilt(
        working.name,
        tuple(transition for _, transition in found.standing),
        tuple(transition for _, transition in found.gone),
        found.new,
    )


def _unchanged(unit: Unit, row: LeadRow) -> Rebuilt:
    """Everything that was made of a lead stands."""
    made = [transition_of(old) for old in unit.session.transitions(row.number) if old.status in STANDING]
    return Rebuilt(lead_from_text(row.lead), tuple(made))


def _in_order(events: Iterable[EventRow]) -> tuple[list[EventRow], list[EventRow]]:
    """Events as one history, and the repeated ones among them."""
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


def new_row(unit: Unit, name: str) -> LeadRow:
    """The row of a lead without events, with the traits that are known of it."""
    row = unit.new_row(name, partition_of(name, unit.setting.count))
    traits = unit.setting.traits.get(lead_from_text(name))
    return attrs.evolve(row, traits=properties_to_text(traits)) if traits else row


def _traits_of_both(source: LeadRow, target: LeadRow) -> str:
    """What was known of both before their first events; where they differ, the target's."""
    if source.traits == NO_TRAITS:
        return target.traits
    return properties_to_text(traits_of(source) | traits_of(target))
