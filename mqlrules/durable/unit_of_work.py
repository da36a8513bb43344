"""A unit of work: what one transaction reads, moves and writes.

Events arrive, and are held back until the watermark has passed them, or count at once. An event that counts moves its
lead; one whose identity an event of the lead already has moves nothing but time; one that is older than what its lead
has been settled to is refused. In the end everything is one ``Changes``.

Nothing depends on how events are grouped into units: an event is dealt with as if it had come alone.
"""

import heapq
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs

from mqlrules.durable.errors import OtherRules, StoreError
from mqlrules.durable.limits import passes
from mqlrules.durable.protocol import (
    PENDING,
    BaseRow,
    Changes,
    CheckpointRow,
    EventRow,
    LeadRow,
    PartitionRow,
    Transaction,
    TransitionRow,
    WaitingRow,
    next_number,
    partition_of,
)
from mqlrules.durable.records import event_of, transition_to_text
from mqlrules.durable.states import Checkpoint, States, Working
from mqlrules.engine.incremental import LateEvent
from mqlrules.engine.incremental.engine import LeadState
from mqlrules.engine.incremental.runner import Host
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

NO_TRAITS = "{}"

LARGE = 16_384
"""A state of more letters than this is not written with every event, but as a checkpoint now and then."""

LETTERS_AN_EVENT = 256
"""A checkpoint is written anew once so many of its letters come to each event since: what an event costs stays even."""


@attrs.frozen
class Arrival:
    """An event on its way in, with its texts."""

    event: Event
    lead: str
    identity: str | None
    body: str
    seq: int = -1
    """Its number, where it has one already: it was held back."""


def arrival(event: Event) -> Arrival:
    """An event with its texts. Raises ``EventError`` for one that can't be kept."""
    try:
        return Arrival(event, lead_to_text(event.lead), identity_of(event), event_to_text(event))
    except EventError:
        raise
    except ValueError:
        raise EventError("a lead or an id is a number of too many digits, and can't be kept") from None


@attrs.frozen
class Setting:
    """What units share: the rules as they run, and how the store is divided. ``lateness`` is in microseconds."""

    host: Host
    snapshots: Snapshots
    states: States
    traits: Traits
    fingerprint: str
    count: int
    """How many partitions the store has."""
    own: Sequence[int]
    lateness: int | None
    history: int
    """The most events that are kept of a lead."""


class Unit:
    """What one transaction does."""

    def __init__(self, setting: Setting, transaction: Transaction) -> None:
        self.setting = setting
        self.transaction = transaction
        self.changes = Changes()
        self.transitions: list[Transition] = []
        self.fed = 0
        """How many events have arrived."""
        self.counting: set[int] = set()
        """Leads that may have more events now than are to be kept."""
        rows = transaction.partitions()
        self.partitions: dict[int, PartitionRow] = {row.number: row for row in rows if row.number in setting.own}
        self._changed: set[int] = set()
        self._rows: dict[str, LeadRow | None] = {}
        self._working: dict[int, Working] = {}
        self._states: dict[int, str] = {}
        self._identities: set[tuple[int, str]] = set()
        if any(row.fingerprint != setting.fingerprint for row in rows):
            raise OtherRules("the store has been taken over by other rules while this engine was at work: open it anew")
        if len(rows) != setting.count:
            raise StoreError("the store has been divided into parts while this engine was at work: open it anew")

    # -- events ----------------------------------------------------------------------------------------------------

    def own(self, events: Sequence[Event]) -> list[Event]:
        """Those events whose leads are in our partitions; the others pass by."""
        names = [lead_to_text(event.lead) for event in events]
        self._look_up_leads(dict.fromkeys(names))
        return [event for name, event in zip(names, events, strict=True) if self._partition(name) in self.partitions]

    def take(self, arrivals: Sequence[Arrival]) -> None:
        """Events, in the order in which they arrive. Raises ``LateEvent`` where no lateness is allowed for."""
        self.fed += len(arrivals)
        self._look_up(arrivals)
        if self.setting.lateness is None:
            for each in arrivals:
                self._apply(each)
            return
        waiting = self._let_go(arrivals)
        for each in arrivals:
            number = self._partition(each.lead)
            if number not in self.partitions:
                continue
            if self._is_too_late(each, number):
                self._refuse(each, number)
                continue
            seq = self._next(number)
            heapq.heappush(waiting[number], (each.event.at, seq, attrs.evolve(each, seq=seq)))
            self.set_clock(number, each.event.at)
            self._release(waiting[number], (self.partitions[number].clock or 0) - self.setting.lateness)
        for number, left in waiting.items():
            self.changes.held += [WaitingRow(e.seq, number, e.lead, e.event.at, e.body) for _, _, e in left]

    def release(self, number: int, until: int) -> None:
        """What is held back in a partition up to an instant counts now."""
        rows = self.transaction.held(number, until)
        arrivals = [self._arrival_of(row) for row in rows]
        self.changes.held_gone += [row.seq for row in rows]
        self._look_up(arrivals)
        for each in arrivals:
            self._apply(each)

    def _let_go(self, arrivals: Sequence[Arrival]) -> dict[int, list[tuple[int, int, Arrival]]]:
        """What is held back and will count before the last of the arrivals has arrived, as heaps by partition."""
        lateness = self.setting.lateness or 0
        heaps: dict[int, list[tuple[int, int, Arrival]]] = {number: [] for number in self.partitions}
        latest: dict[int, int] = {}
        for each in arrivals:
            number = self._partition(each.lead)
            latest[number] = max(latest.get(number, each.event.at), each.event.at)
        held: list[Arrival] = []
        for number, at in latest.items():
            if number in self.partitions:
                rows = self.transaction.held(number, at - lateness)
                self.changes.held_gone += [row.seq for row in rows]
                some = [self._arrival_of(row) for row in rows]
                # They are in order: a sorted list is a heap.
                heaps[number] = [(each.event.at, each.seq, each) for each in some]
                held += some
        self._look_up(held)
        return heaps

    def _release(self, waiting: list[tuple[int, int, Arrival]], watermark: int) -> None:
        while waiting and waiting[0][0] <= watermark:
            self._apply(heapq.heappop(waiting)[2])

    def _arrival_of(self, row: WaitingRow) -> Arrival:
        event = event_of(row)
        return Arrival(event, row.lead, identity_of(event), row.body, row.seq)

    def _is_too_late(self, each: Arrival, number: int) -> bool:
        working = self.lead(each.lead)
        return each.event.at < self._floor(working, number)

    def _floor(self, working: Working | None, number: int) -> int:
        """Up to when everything is settled, for a lead or for one that is not there yet."""
        settled = self.partitions[number].settled
        floor = -(1 << 62) if settled is None else settled
        return floor if working is None or working.state is None else max(floor, working.state.settled)

    def _apply(self, each: Arrival) -> None:
        """An event counts, unless it is a repeated one, or too late."""
        working = self.lead(each.lead)
        number = self._partition(each.lead)
        if number not in self.partitions:
            return
        if self._floor(working, number) > each.event.at:
            self._refuse(each, number)
            return
        if working is None:
            working = self._new_lead(each.lead, number)
        setting, event = self.setting, each.event
        if working.name != event.lead:
            event = event_from_text(working.name, event.at, each.body)
        if each.identity is not None:
            if (working.row.number, each.identity) in self._identities:
                self.tally(number).repeated += 1
                if working.state is not None:
                    self.settle(working, event.at)
                return
            self._identities.add((working.row.number, each.identity))
        if working.state is None:
            traits = setting.traits.get(working.name)
            if traits and working.row.traits == NO_TRAITS:
                working.row = attrs.evolve(working.row, traits=properties_to_text(traits))
            elif working.row.traits != NO_TRAITS:
                traits = traits_of(working.row)
            working.state, made = setting.host.begin(event, traits or {})
        else:
            made = setting.host.feed(working.state, event)
        working.touched = True
        seq = each.seq if each.seq >= 0 else self._next(number)
        working.taken += 1
        working.last = event.at, seq
        self.changes.events.append(EventRow(seq, working.row.number, event.at, each.identity, each.body))
        self.tally(number).events += 1
        if made:
            self.announce(working, made)

    def _refuse(self, each: Arrival, number: int) -> None:
        """An event that is too late: a dead letter, unless it is a repeated one, which is none at all."""
        working = self.lead(each.lead)
        if working is not None and (working.row.number, each.identity) in self._identities:
            self.tally(number).repeated += 1
            return
        settled = moment(self._floor(working, number)).isoformat()
        reason = f"it came too late: the lead had been settled to {settled}"
        if self.setting.lateness is None:
            raise LateEvent(
                f"the event {each.event.event!r} of lead {each.event.lead!r} at {each.event.time.isoformat()} comes "
                f"too late: the lead has been settled to {settled}"
            )
        seq = each.seq if each.seq >= 0 else self._next(number)
        self.tally(number).late += 1
        name = each.lead if working is None else working.row.lead
        self.changes.refused.append(WaitingRow(seq, number, name, each.event.at, each.body, reason))

    # -- leads -----------------------------------------------------------------------------------------------------

    def _look_up(self, arrivals: Sequence[Arrival]) -> None:
        """Reads at once what the arrivals will ask for."""
        names = {each.lead for each in arrivals}
        self._look_up_leads(names)
        rows = {name: row for name in names if (row := self._rows[name]) and row.partition in self.partitions}
        needed = {row.number for row in rows.values() if self.setting.states.get(row) is None}
        self._states.update(self.transaction.states(needed - self._working.keys() - self._states.keys()))
        pairs = {
            (row.number, each.identity)
            for each in arrivals
            if each.identity is not None and (row := rows.get(each.lead)) is not None
        }
        self._identities |= self.transaction.repeated(pairs - self._identities)

    def _look_up_leads(self, names: Collection[str]) -> None:
        names = [name for name in names if name not in self._rows]
        if not names:
            return
        self._rows.update(dict.fromkeys(names))
        found = self.transaction.leads(names)
        merged = [row.merged_into for row in found.values() if row.merged_into is not None]
        if merged:
            into = self.transaction.leads_by_number(set(merged))
            found = {n: row if row.merged_into is None else into[row.merged_into] for n, row in found.items()}
        self._rows.update(found)

    def _partition(self, lead: str) -> int:
        row = self._rows.get(lead)
        return partition_of(lead, self.setting.count) if row is None else row.partition

    def lead(self, name: str) -> Working | None:
        """A lead by its text, looked up before; None if it is not there yet."""
        row = self._rows[name]
        if row is None:
            return None
        working = self._working.get(row.number)
        if working is None:
            working = self.work_on(row)
        return working

    def work_on(self, row: LeadRow) -> Working:
        """A lead by its row. Its state comes from memory, from the store, or from its history."""
        found = self._working.get(row.number)
        if found is not None:
            return found
        name = lead_from_text(row.lead)
        state, checkpoint = None, None
        if row.stage is not None:
            state, checkpoint = self.setting.states.get(row) or self._read(row, name)
        self._rows[row.lead] = row
        working = self._working[row.number] = Working(row, state, name, checkpoint=checkpoint)
        return working

    def _read(self, row: LeadRow, name: Lead) -> tuple[LeadState, Checkpoint | None]:
        if row.layout != self.setting.snapshots.layout:
            # Written by a version of mqlrules that keeps states in another way. The history says the same.
            history, base = self.transaction.history(row.number), self.transaction.base(row.number)
            return self.replay(row, name, history, row.settled or 0, base)[0], None
        if row.number not in self._states:
            self._states.update(self.transaction.states([row.number]))
        text = self._states.get(row.number)
        if text:
            return self.setting.snapshots.read(name, text), None
        found = self.transaction.checkpoint(row.number)
        if found is None or found.layout != row.layout:
            raise StoreError("the store is damaged: a lead has no state")
        state = self.setting.snapshots.read(name, found.state)
        since = self.transaction.history_after(row.number, found.at, found.seq)
        events = [event_from_text(name, event.at, event.body) for event in since]
        # What they made has been written already.
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
        if base.layout != self.setting.snapshots.layout:
            raise StoreError(
                "old events of a lead have been dropped, and what they came to was written by another version of "
                "mqlrules: take the store over with rules.migrate(store)"
            )
        state = self.setting.snapshots.read(name, base.state)
        return state, self.setting.host.go_on(state, events, until)

    def _new_lead(self, lead: str, partition: int) -> Working:
        row = self.new_row(lead, partition)
        working = self._working[row.number] = Working(row, None, lead_from_text(lead), touched=True)
        self._rows[lead] = row
        return working

    def new_row(self, lead: str, partition: int) -> LeadRow:
        """The row of a lead that is not there yet."""
        return LeadRow(self._next(partition), lead, partition, 0, None, None, None, NO_TRAITS, "")

    # -- time ------------------------------------------------------------------------------------------------------

    def settle(self, working: Working, until: int) -> None:
        """What falls due for a lead up to an instant."""
        assert working.state is not None, "a lead that has not begun has nothing to settle"
        made = self.setting.host.settle(working.state, until)
        working.touched = True
        if made:
            self.announce(working, made)

    def announce(self, working: Working, made: Sequence[Transition]) -> None:
        """Puts transitions into the outbox."""
        self.transitions += made
        partition, lead = working.row.partition, working.row.number
        self.changes.transitions += [
            TransitionRow(self._next(partition), partition, lead, t.instant, PENDING, transition_to_text(t))
            for t in made
        ]

    # -- partitions ------------------------------------------------------------------------------------------------

    def _next(self, number: int) -> int:
        """A number for a new row: no other partition gives the same."""
        return next_number(self.tally(number), self.setting.count)

    def tally(self, number: int) -> PartitionRow:
        """A partition whose figures are about to change."""
        self._changed.add(number)
        return self.partitions[number]

    def set_clock(self, number: int, clock: int, settled: int | None = None) -> None:
        """Lets the clock of a partition, and the instant up to which it is settled, go on; never back."""
        row = self.partitions[number]
        row.clock = clock if row.clock is None else max(row.clock, clock)
        if settled is not None:
            row.settled = settled if row.settled is None else max(row.settled, settled)
        self._changed.add(number)

    # -- the end ---------------------------------------------------------------------------------------------------

    def write(self, offsets: Mapping[str, str] | None = None) -> None:
        """Writes all that has changed."""
        setting, changes = self.setting, self.changes
        for working in self._working.values():
            state = working.state
            if not working.touched:
                continue
            version = working.row.version + max(1, working.taken)
            if state is None:
                working.row = attrs.evolve(working.row, version=version)
                changes.leads.append((working.row, ""))
                continue
            if passes(working.row.version, version, setting.history):
                self.counting.add(working.row.number)
            working.row = attrs.evolve(
                working.row,
                version=version,
                stage=state.stage.name,
                due=setting.host.due(state),
                settled=state.settled,
                layout=setting.snapshots.layout,
            )
            changes.leads.append((working.row, self._state_to_write(working, state)))
        changes.partitions += [self.partitions[number] for number in sorted(self._changed)]
        changes.offsets.update(offsets or {})
        self.transaction.write(changes)

    def write_anew(self, working: Working, history: Sequence[EventRow]) -> None:
        """The state of a lead is to be written whole: what its checkpoint goes on from is not there any more."""
        working.touched = True
        working.last = (history[-1].at, history[-1].seq) if history else None
        if working.checkpoint is not None:
            self.changes.checkpoints_gone.append(working.row.number)
            working.checkpoint = None

    def _state_to_write(self, working: Working, state: LeadState) -> str:
        """The state as text; empty where a checkpoint has it, or where the last one will do."""
        known = working.checkpoint
        if known is not None:
            known = attrs.evolve(known, behind=known.behind + working.taken)
            if working.last is None or known.behind * LETTERS_AN_EVENT < known.letters:
                working.checkpoint = known
                return ""
        text = self.setting.snapshots.write(state)
        if len(text) > LARGE and working.last is not None:
            number, layout = working.row.number, working.row.layout
            self.changes.checkpoints.append(CheckpointRow(number, *working.last, layout, text))
            working.checkpoint = Checkpoint(len(text), 0)
            return ""
        if known is not None:
            self.changes.checkpoints_gone.append(working.row.number)
        working.checkpoint = None
        return text

    def keep(self) -> None:
        """Called once everything is on the disk: the states are those of the store."""
        for working in self._working.values():
            if working.state is not None:
                self.setting.states.put(working.row, working.state, working.checkpoint)

    def forget(self) -> None:
        """Called when nothing was written: the states have been moved all the same."""
        self.setting.states.drop(self._working)


def traits_of(row: LeadRow) -> dict[str, Any]:
    """The traits that were known of a lead before its first event."""
    traits: dict[str, Any] = from_text(row.traits)
    return traits
