"""A unit of work: the events that a transaction takes, and all that they change.

Events are held back until the watermark passes them, or count at once. An event that counts moves its lead. One with an
identity that its lead already has moves nothing but time. One that is older than what has been settled is refused. How
events are grouped into units makes no difference: each is treated as if it had come alone.

How parts share a store
-----------------------
A store is divided into partitions, and a *part* is an engine for one of them. Every part reads the whole stream at its
own pace, with an offset of its own, so between two parts there is no order at all. These rules keep each event from
being lost or taken twice, even if names are merged meanwhile:

1. Every *name* has a home partition, by the checksum of its text. An event is taken by the part of its name's home, and
   passes all other parts. Merging names doesn't change their homes, so of every event exactly one part is in charge,
   whether that part reads it before or after the merge.
2. A lead lives in the home partition of its own name. If a name with another home was merged into the lead, the part in
   charge of the name applies its events to the lead where that lives: it locks the lead's partition, too. Partitions
   are locked in order of their numbers. A transaction that discovers it needs another one starts over with both.
3. Whether an event is late is decided by the part in charge of it alone. A lead that spans partitions has a *floor* for
   each: up to when that partition has taken the lead's events. An event below its floor is late. One at or above it is
   in time, even if the lead has been settled further by a part that is ahead: such an event comes *behind*.
4. An event that comes behind is inserted where it belongs: the lead is rebuilt from its history, as after a merge.
   Transitions that no longer stand are withdrawn, new ones go into the outbox. Once all parts have read the same, the
   lead is what one engine would have made of the stream, whichever part was ahead.

Any lock of a name's home also keeps others from merging that name, because a merge locks the homes of all names that it
joins. So what a name means doesn't change during a transaction.
"""

import heapq
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs

from mqlrules.durable.errors import OtherRules, StoreError
from mqlrules.durable.records import event_of, transition_to_text
from mqlrules.durable.rows import (
    CHECKPOINTS,
    HELD,
    NO_LEAD,
    NO_TRAITS,
    PENDING,
    BaseRow,
    Changes,
    CheckpointRow,
    DeadLetterRow,
    EventRow,
    FloorRow,
    HeldRow,
    LeadRow,
    PartitionRow,
    TransitionRow,
    next_number,
    partition_of,
)
from mqlrules.durable.state_cache import Checkpoint, StateCache, Working
from mqlrules.durable.store import Session
from mqlrules.engine.incremental import LateEvent
from mqlrules.engine.incremental.runner import LeadState, Runner
from mqlrules.engine.incremental.snapshot import Snapshots
from mqlrules.engine.results import Transition
from mqlrules.events.encoding import (
    event_from_text,
    event_to_text,
    from_text,
    identity_of,
    lead_from_text,
    lead_to_text,
    properties_to_text,
)
from mqlrules.events.model import Event, Lead
from mqlrules.events.traits import Traits
from mqlrules.language.instants import EventError, moment

LARGE = 16_384
"""A state with more characters is not written with every event, but as an occasional checkpoint."""

CHARACTERS_PER_EVENT = 256
"""A checkpoint is rewritten once fewer of its characters fall to each event since: the cost per event stays even."""

LONG_AGO = -(1 << 62)
"""Before every instant."""


@attrs.frozen
class Arrival:
    """An event on its way in, with its texts. ``home`` is the partition in charge of it."""

    event: Event
    lead: str
    identity: str | None
    body: str
    home: int
    seq: int = -1
    """Its number, if it was held back under one."""


@attrs.frozen
class Refusal:
    """What was fed and can't be taken: an event of a lead, or with ``NO_LEAD`` something that is not a valid event."""

    lead: str
    at: int
    body: str
    reason: str
    home: int


def arrival(event: Event, partitions: int) -> Arrival:
    """An event with its texts, in a store with so many partitions. Raises ``EventError`` for one that can't be kept."""
    try:
        lead = lead_to_text(event.lead)
        home = partition_of(lead, partitions) if partitions > 1 else 0
        return Arrival(event, lead, identity_of(event), event_to_text(event), home)
    except EventError:
        raise
    except ValueError:
        raise EventError("a lead or an id is a number with too many digits to be kept") from None


@attrs.frozen
class Setting:
    """What units share: the rules, and how the store is divided. ``lateness`` is in microseconds."""

    host: Runner
    snapshots: Snapshots
    states: StateCache
    traits: Traits
    fingerprint: str
    count: int
    """The number of the store's partitions."""
    own: Sequence[int]
    """The partitions that this engine is in charge of."""
    lateness: int | None
    history: int
    """The most events kept per lead."""
    refuses: bool
    """Whether an event that can't be taken becomes a dead letter, where it would otherwise raise."""


class Unit:
    """Takes events within a transaction. Ends with ``write``; events that came ``behind`` are left to ``Work``."""

    def __init__(self, setting: Setting, session: Session) -> None:
        self.setting = setting
        self.session = session
        self.changes = Changes()
        self.transitions: list[Transition] = []
        self.marks: list[int] = []
        """The number of transitions after each of the events that ``take`` was given."""
        self.behind: dict[int, list[Arrival]] = {}
        """Events in time, by leads that are settled further."""
        self.counting: set[int] = set()
        """Leads that may have more events now than are to be kept."""
        rows = session.partitions()
        if any(row.fingerprint != setting.fingerprint for row in rows):
            raise OtherRules("the store was migrated to other rules while this engine was open; open a new one")
        if len(rows) != setting.count:
            raise StoreError("the store was divided while this engine was open; open a new one")
        self.partitions: dict[int, PartitionRow] = {row.number: row for row in rows if row.number in session.locked}
        self.refused: list[DeadLetterRow] = []
        """What became a dead letter."""
        self._changed: set[int] = set()
        self._rows: dict[str, LeadRow | None] = {}
        self.working: dict[int, Working] = {}
        """The leads that this unit works on, by number."""
        self._states: dict[int, str] = {}
        self._identities: dict[tuple[int, str], int] = {}
        self.floors: dict[int, dict[int, int]] = {}
        """Of leads that span partitions: up to when each partition has taken their events."""
        self._floors_changed: set[int] = set()

    # -- events ----------------------------------------------------------------------------------------------------

    def take(self, arrivals: Sequence[Arrival | Refusal]) -> None:
        """Takes events in order of arrival. Raises ``LateEvent`` where late events don't become dead letters."""
        self._look_up(arrivals)
        lateness = self.setting.lateness
        waiting = None if lateness is None else self._let_go(arrivals, lateness)
        for each in arrivals:
            if isinstance(each, Refusal):
                self._bury(each.lead, each.at, each.body, each.reason, each.home)
            elif waiting is None:
                self._apply(each)
            elif each.event.at < self._floor(self.lead(each.lead), each.home):
                self._refuse(each)
            else:
                seq = self.next(each.home)
                heapq.heappush(waiting[each.home], (each.event.at, seq, attrs.evolve(each, seq=seq)))
                self.set_clock(each.home, each.event.at)
                watermark = (self.partitions[each.home].clock or 0) - (lateness or 0)
                while (held := waiting[each.home]) and held[0][0] <= watermark:
                    self._apply(heapq.heappop(held)[2])
            self.marks.append(len(self.transitions))
        for number, left in (waiting or {}).items():
            for _, _, each in left:
                self.changes.put(HeldRow(each.seq, number, each.lead, each.event.at, each.body))

    def release(self, number: int, until: int) -> None:
        """Takes what is held back in a partition up to an instant."""
        arrivals = self._held(number, until)
        self._look_up(arrivals)
        for each in arrivals:
            self._apply(each)

    def _let_go(
        self, arrivals: Sequence[Arrival | Refusal], lateness: int
    ) -> dict[int, list[tuple[int, int, Arrival]]]:
        """What is held back and will count before the last of the arrivals is taken, as heaps by partition."""
        latest: dict[int, int] = {}
        for each in arrivals:
            if isinstance(each, Arrival):
                latest[each.home] = max(latest.get(each.home, each.event.at), each.event.at)
        held = {number: self._held(number, at - lateness) for number, at in latest.items()}
        self._look_up([each for some in held.values() for each in some])
        # They are in order, and a sorted list is a heap.
        return {number: [(each.event.at, each.seq, each) for each in some] for number, some in held.items()}

    def _held(self, number: int, until: int) -> list[Arrival]:
        found = []
        for row in self.session.held(number, until):
            self.changes.drop(HELD, row.seq)
            event = event_of(row)
            found.append(Arrival(event, row.lead, identity_of(event), row.body, number, row.seq))
        return found

    def _floor(self, working: Working | None, home: int) -> int:
        """Up to when a partition has taken the events of a lead, or of one that doesn't exist yet."""
        settled = self.partitions[home].settled
        floor = LONG_AGO if settled is None else settled
        if working is None or working.state is None:
            return floor
        floors = self.floors.get(working.row.number)
        if floors is not None:
            return max(floor, floors.get(home, LONG_AGO))
        return max(floor, working.state.settled) if home == working.row.partition else floor

    def _raise_floor(self, working: Working, home: int, at: int) -> None:
        row = working.row
        floors = self.floors.get(row.number)
        if floors is None:
            if home == row.partition:
                return
            settled = None if working.state is None else working.state.settled
            floors = self.floors[row.number] = {} if settled is None else {row.partition: settled}
        floors[home] = max(floors.get(home, at), at)
        self._floors_changed.add(row.number)

    def _apply(self, each: Arrival) -> None:
        """An event counts, unless it is a repeated one or a late one."""
        working = self.lead(each.lead)
        if self._floor(working, each.home) > each.event.at:
            self._refuse(each)
            return
        if working is None:
            working = self._new_lead(each.lead, each.home)
        row, event = working.row, each.event
        is_behind = working.state is not None and event.at < working.state.settled
        self._raise_floor(working, each.home, event.at)
        if is_behind:
            # It counts even if it has a known id, where the other event with that id is a later one.
            self.behind.setdefault(row.number, []).append(each)
            return
        if each.identity is not None:
            if (row.number, each.identity) in self._identities:
                self.tally(row.partition).repeated += 1
                if working.state is not None:
                    self.settle(working, event.at)
                return
            self._identities[row.number, each.identity] = event.at
        if working.name != event.lead:
            event = event_from_text(working.name, event.at, each.body)
        made = self._moved(working, event)
        # Numbered as it counts, so that a history is ordered as its state has seen it.
        seq = self.next(row.partition)
        working.touched = True
        working.taken += 1
        working.last = event.at, seq
        self.changes.put(EventRow(seq, row.number, event.at, each.identity, each.body))
        self.tally(row.partition).events += 1
        if made:
            self.announce(working, made)

    def _moved(self, working: Working, event: Event) -> list[Transition]:
        host = self.setting.host
        if working.state is not None:
            return host.feed(working.state, event)
        traits = self.setting.traits.get(working.name)
        if working.row.traits != NO_TRAITS:
            traits = traits_of(working.row)
        elif traits:
            working.row = attrs.evolve(working.row, traits=properties_to_text(traits))
        working.state, made = host.begin(event, traits or {})
        return made

    def _refuse(self, each: Arrival) -> None:
        """A late event becomes a dead letter, unless it repeats one that has counted.

        Where the known event with its id is a later one, this is the one that counts: nothing may be lost of it.
        """
        working = self.lead(each.lead)
        if working is not None and each.identity is not None:
            known = self._identities.get((working.row.number, each.identity))
            if known is not None and known <= each.event.at:
                self.tally(working.row.partition).repeated += 1
                return
        settled = moment(self._floor(working, each.home)).isoformat()
        if self.setting.lateness is None and not self.setting.refuses:
            raise LateEvent(
                f"event {each.event.event!r} of lead {each.event.lead!r} at {each.event.time.isoformat()} is too late: "
                f"the lead is already settled to {settled}"
            )
        reason = f"too late: the lead was already settled to {settled}"
        self._bury(each.lead, each.event.at, each.body, reason, each.home)
        self.tally(each.home if working is None else working.row.partition).late += 1

    def _bury(self, name: str, at: int, body: str, reason: str, home: int) -> None:
        row = None if name == NO_LEAD else self._rows[name]
        partition, lead = (home, name) if row is None else (row.partition, row.lead)
        letter = DeadLetterRow(self.next(partition), partition, lead, at, body, reason)
        self.changes.put(letter)
        self.refused.append(letter)

    # -- leads -----------------------------------------------------------------------------------------------------

    def _look_up(self, arrivals: Sequence[Arrival | Refusal]) -> None:
        """Reads at once what the arrivals will ask for."""
        names = {each.lead for each in arrivals if each.lead != NO_LEAD}
        self._look_up_leads(names)
        rows = {name: row for name in names if (row := self._rows[name])}
        self.session.require(row.partition for row in rows.values())
        needed = {row.number for row in rows.values() if self.setting.states.get(row) is None}
        self._states.update(self.session.states(needed - self.working.keys() - self._states.keys()))
        if self.setting.count > 1:
            self.look_up_floors({row.number for row in rows.values()})
        pairs = {
            (row.number, each.identity)
            for each in arrivals
            if isinstance(each, Arrival) and each.identity is not None and (row := rows.get(each.lead)) is not None
        }
        self._identities |= self.session.repeated(pairs - self._identities.keys())

    def look_up_floors(self, numbers: Collection[int]) -> None:
        """Reads the floors of leads, where they have any."""
        for floor in self.session.floors(set(numbers) - self.floors.keys()):
            self.floors.setdefault(floor.lead, {})[floor.partition] = floor.settled

    def set_floors(self, lead: int, floors: dict[int, int]) -> None:
        """Replaces the floors of a lead."""
        self.floors[lead] = floors
        self._floors_changed.add(lead)

    def _look_up_leads(self, names: Collection[str]) -> None:
        names = [name for name in names if name not in self._rows]
        if not names:
            return
        self._rows.update(dict.fromkeys(names))
        found = self.session.leads(names)
        merged = [row.merged_into for row in found.values() if row.merged_into is not None]
        if merged:
            into = self.session.leads_by_number(merged)
            found = {n: row if row.merged_into is None else into[row.merged_into] for n, row in found.items()}
        self._rows.update(found)

    def lead(self, name: str) -> Working | None:
        """A lead by a name that was looked up before; None if it doesn't exist yet."""
        row = self._rows[name]
        return None if row is None else self.work_on(row)

    def work_on(self, row: LeadRow) -> Working:
        """A lead by its row. Its state comes from memory, from the store, or from its history."""
        found = self.working.get(row.number)
        if found is not None:
            return found
        name = lead_from_text(row.lead)
        state, checkpoint = None, None
        if row.stage is not None:
            state, checkpoint = self.setting.states.get(row) or self._read(row, name)
        self._rows[row.lead] = row
        working = self.working[row.number] = Working(row, state, name, checkpoint=checkpoint)
        return working

    def _read(self, row: LeadRow, name: Lead) -> tuple[LeadState, Checkpoint | None]:
        if not self.setting.snapshots.can_read(row.layout):
            # Written by a version of mqlrules with other states. The history says the same.
            history, base = self.session.history(row.number), self.session.base(row.number)
            return self.replay(row, name, history, row.settled or 0, base)[0], None
        if row.number not in self._states:
            self._states.update(self.session.states([row.number]))
        text = self._states.get(row.number)
        if text:
            return self.setting.snapshots.read(name, text), None
        found = self.session.checkpoint(row.number)
        if found is None or found.layout != row.layout:
            raise StoreError("the store is damaged: a lead has no state")
        state = self.setting.snapshots.read(name, found.state)
        since = self.session.history(row.number, after=(found.at, found.seq))
        events = [event_from_text(name, event.at, event.body) for event in since]
        # Their transitions have been written already.
        self.setting.host.go_on(state, events, row.settled or 0)
        return state, Checkpoint(len(found.state), len(since))

    def replay(
        self, row: LeadRow, name: Lead, history: Sequence[EventRow], until: int, base: BaseRow | None
    ) -> tuple[LeadState, list[Transition]]:
        """A lead from the beginning of its history, settled up to an instant."""
        events = [event_from_text(name, event.at, event.body) for event in history]
        if base is None:
            if not events:
                raise StoreError("the store is damaged: a lead has no history")
            return self.setting.host.replay(events, traits_of(row), until)
        if not self.setting.snapshots.can_read(base.layout):
            raise StoreError(
                "a lead's old events were dropped, and the state that replaces them was written by another version of "
                "mqlrules; convert the store with rules.migrate(store)"
            )
        state = self.setting.snapshots.read(name, base.state)
        return state, self.setting.host.go_on(state, events, until)

    def _new_lead(self, lead: str, partition: int) -> Working:
        row = self.new_row(lead, partition)
        working = self.working[row.number] = Working(row, None, lead_from_text(lead), touched=True)
        self._rows[lead] = row
        return working

    def new_row(self, lead: str, partition: int) -> LeadRow:
        """The row of a lead that doesn't exist yet."""
        return LeadRow(self.next(partition), lead, partition, 0, None, None, None, NO_TRAITS, "")

    # -- time ------------------------------------------------------------------------------------------------------

    def settle(self, working: Working, until: int) -> None:
        """Makes due for a lead what falls due up to an instant."""
        assert working.state is not None, "a lead without events has nothing to settle"
        made = self.setting.host.settle(working.state, until)
        working.touched = True
        if made:
            self.announce(working, made)

    def announce(self, working: Working, made: Sequence[Transition]) -> None:
        """Puts transitions into the outbox."""
        self.transitions += made
        partition, lead = working.row.partition, working.row.number
        for t in made:
            text = transition_to_text(t)
            self.changes.put(TransitionRow(self.next(partition), partition, lead, t.instant, PENDING, text))

    # -- partitions ------------------------------------------------------------------------------------------------

    def next(self, number: int) -> int:
        """A number for a new row. No other partition draws the same."""
        return next_number(self.tally(number), self.setting.count)

    def outnumber(self, number: int, most: int) -> None:
        """Lets new rows of a partition have greater numbers than ``most``."""
        tally = self.tally(number)
        tally.counter = max(tally.counter, most // self.setting.count)

    def tally(self, number: int) -> PartitionRow:
        """A partition whose counters are about to change."""
        self._changed.add(number)
        return self.partitions[number]

    def set_clock(self, number: int, clock: int, settled: int | None = None) -> None:
        """Moves the clock of a partition forward, and the instant up to which it is settled."""
        row = self.tally(number)
        row.clock = clock if row.clock is None else max(row.clock, clock)
        if settled is not None:
            row.settled = settled if row.settled is None else max(row.settled, settled)

    # -- the end ---------------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Writes events and transitions so far. Leads and partitions are written at the end."""
        self.session.write(self.changes)
        self.changes = Changes()
        # From now on they are looked up in the store.
        self._identities.clear()

    def write(self, offsets: Mapping[str, str] | None = None) -> None:
        """Writes everything that has changed."""
        setting, changes = self.setting, self.changes
        for working in self.working.values():
            state = working.state
            if not working.touched:
                continue
            version = working.row.version + max(1, working.taken)
            if state is None:
                working.row = attrs.evolve(working.row, version=version)
                changes.put_lead(working.row, "")
                continue
            if passes(working.row.version, version, setting.history):
                self.counting.add(working.row.number)
            working.row = attrs.evolve(
                working.row,
                version=version,
                stage=state.stage.name,
                due=state.due,
                settled=state.settled,
                layout=setting.snapshots.layout,
            )
            changes.put_lead(working.row, self._state_to_write(working, state))
        for number in sorted(self._changed):
            changes.put(self.partitions[number])
        for lead in sorted(self._floors_changed):
            for partition, settled in self.floors[lead].items():
                changes.put(FloorRow(lead, partition, settled))
        changes.offsets.update(offsets or {})
        self.session.write(changes)

    def write_whole(self, working: Working, history: Sequence[EventRow]) -> None:
        """Has the state of a lead written whole: its checkpoint doesn't fit its history any more."""
        working.touched = True
        working.last = (history[-1].at, history[-1].seq) if history else None
        if working.checkpoint is not None:
            self.changes.drop(CHECKPOINTS, working.row.number)
            working.checkpoint = None

    def _state_to_write(self, working: Working, state: LeadState) -> str:
        """The state as text; empty if a new checkpoint has it, or the last one will do."""
        known = working.checkpoint
        if known is not None:
            known = attrs.evolve(known, behind=known.behind + working.taken)
            if working.last is None or known.behind * CHARACTERS_PER_EVENT < known.size:
                working.checkpoint = known
                return ""
        text = self.setting.snapshots.write(state)
        if len(text) > LARGE and working.last is not None:
            number, layout = working.row.number, working.row.layout
            self.changes.put(CheckpointRow(number, *working.last, layout, text))
            working.checkpoint = Checkpoint(len(text), 0)
            return ""
        if known is not None:
            self.changes.drop(CHECKPOINTS, working.row.number)
        working.checkpoint = None
        return text


def traits_of(row: LeadRow) -> dict[str, Any]:
    """The traits that were known of a lead before its first event."""
    traits: dict[str, Any] = from_text(row.traits)
    return traits


def passes(before: int, after: int, most: int) -> bool:
    """Whether a lead's events are to be counted, now that its version goes from one number to another.

    They are counted once per eighth of what is kept, not with every event; ``is_too_many`` leaves room for what comes
    until the next count.
    """
    return before // _eighth(most) != after // _eighth(most)


def is_too_many(count: int, most: int) -> bool:
    """Whether a lead that was counted has so many events that older ones have to go."""
    return count > max(most - 2 * _eighth(most), 0)


def _eighth(most: int) -> int:
    return max(1, most // 8)
