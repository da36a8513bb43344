"""The engine with a store: every call is one transaction of events, states, due instants, transitions and offset.

What a crash leaves is what the last call that came back has written, and nothing of the one that did not. Feeding again
from ``offset`` gives exactly the transitions of a run without the crash.
"""

import asyncio
import contextlib
import datetime
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import attrs

from mqlrules.durable import segment
from mqlrules.durable.errors import OtherRules, StoreError
from mqlrules.durable.limits import HISTORY
from mqlrules.durable.protocol import FORMAT, PENDING, TO_WITHDRAW, Store
from mqlrules.durable.pruning import horizon, keep_within, prune
from mqlrules.durable.rebuilding import merge, rebuild
from mqlrules.durable.records import DeadLetter, Due, Pending, Rebuilt, event_of, transition_of
from mqlrules.durable.states import States
from mqlrules.durable.telemetry import LOG, Meter, Meters, Stats
from mqlrules.durable.unit_of_work import Setting, Unit, arrival
from mqlrules.engine.histories import by_lead
from mqlrules.engine.incremental.retained import events_kept
from mqlrules.engine.incremental.runner import Host
from mqlrules.engine.incremental.snapshot import Snapshots
from mqlrules.engine.results import Transition
from mqlrules.events.encoding import event_from_text, lead_from_text, lead_to_text
from mqlrules.events.model import Event, Lead, as_event
from mqlrules.events.traits import Traits
from mqlrules.language.instants import EventError, Time, microseconds, moment
from mqlrules.plan import nodes as n

STATES_KEPT = 50_000
"""The states of so many leads stay in memory; those of the others are read from the store when they are needed."""

AT_ONCE = 1_000
"""So many leads are settled in one transaction of ``advance``."""

Offset = str | int | float | bool | None | list[Any] | dict[str, Any]
"""Where the caller has come to in its input: anything that JSON can say."""


class _Unchanged:
    """No offset was given."""


UNCHANGED = _Unchanged()

Result = TypeVar("Result")


class DurableEngine:
    """Feeds events to leads that are kept in a store, and gives their transitions. Made by ``RuleSet.engine``.

    Threads may share one; processes and machines open one each. ``StoreError`` is raised for what the store refuses or
    can't do: then nothing has changed.
    """

    def __init__(
        self,
        plan: n.Plan,
        fingerprint: str,
        store: Store,
        *,
        leads: Traits | None = None,
        lateness: int | None = None,
        history: int | None = None,
        meter: Meter | None = None,
        partition: tuple[int, int] | None = None,
        states_kept: int = STATES_KEPT,
    ) -> None:
        self._plan = plan
        self._store = store
        self._traits = leads or {}
        self._fingerprint = fingerprint
        self._meter = meter
        self._meters = Meters(meter)
        self._lock = threading.RLock()
        self._worker: ThreadPoolExecutor | None = None
        self._part = partition
        rows = store.partition_rows()
        founded = not rows and store.found(fingerprint, 1 if partition is None else partition[1])
        rows = rows or store.partition_rows()
        if any(row.fingerprint != fingerprint for row in rows):
            raise OtherRules(
                f"the store was filled under rules with the fingerprint {rows[0].fingerprint}, and these have "
                f"{fingerprint}: they mean something else. See what would change with "
                "rules.migrate(store, dry_run=True), then take it over with rules.migrate(store)"
            )
        own = range(len(rows))
        if partition is not None:
            if len(rows) != partition[1]:
                raise StoreError(
                    f"the store is divided into {len(rows)}, not into {partition[1]}: that is settled when it is made"
                )
            own = range(partition[0], partition[0] + 1)
        host = Host(plan, fingerprint)
        self._setting = Setting(
            host, Snapshots(host.engine), States(states_kept), self._traits, fingerprint, len(rows), own,
            _remembered(store, "lateness", lateness, None),
            _remembered(store, "history", history, HISTORY) or HISTORY,
        )  # fmt: skip
        LOG.info("%s store of format %d, rules %s", "made a" if founded else "opened a", FORMAT, fingerprint)

    # -- events ----------------------------------------------------------------------------------------------------

    def feed(self, event: Event | Mapping[str, Any], offset: Offset | _Unchanged = UNCHANGED) -> list[Transition]:
        """The transitions of one event, as those of ``Engine.feed``; they are in the outbox too.

        With a lateness they are those of all events that the watermark has passed now. Raises ``LateEvent`` for an
        event that is too late, where no lateness is allowed for; ``EventError`` for what is no event.
        """
        return self.feed_many([event], offset)

    def feed_many(
        self, events: Iterable[Event | Mapping[str, Any]], offset: Offset | _Unchanged = UNCHANGED
    ) -> list[Transition]:
        """Many events in one transaction, and the caller's offset with them: all of it is written, or nothing.

        The transitions are in the order in which they were made. Raises as ``feed`` does.
        """
        checked = [_checked(event) for event in events]
        # What can be done before others have to wait is done before.
        arrivals = [arrival(event) for event in checked] if self._part is None else []
        with self._unit() as unit:
            unit.take(arrivals or [arrival(event) for event in unit.own(checked)])
            unit.write(self._offsets(offset))
        return unit.transitions

    def feed_segment(
        self, calls: Iterable[Mapping[str, Any]], offset: Offset | _Unchanged = UNCHANGED
    ) -> list[Transition]:
        """Calls of the Segment spec, as a webhook or an export brings them, in one transaction with the offset.

        A call with an anonymous id and a user's joins the two, unless the anonymous one is somebody's already; an
        ``alias`` joins its two (see ``merge``). Raises ``EventError`` for what is no call, and as ``feed`` does.
        """
        self._whole("feed_segment")
        understood = segment.calls_of(calls)
        with self._units() as begin:
            return segment.feed(begin, understood, self._offsets(offset))

    def _offsets(self, offset: Offset | _Unchanged) -> dict[str, str]:
        return {} if isinstance(offset, _Unchanged) else {self._name: _offset_text(offset)}

    @property
    def offset(self) -> Offset:
        """The offset that was given with the last events that were fed; None if there was none."""
        text = self._locked(lambda: self._store.offset(self._name))
        return None if text is None else json.loads(text)

    def advance(self, until: Time) -> list[Transition]:
        """Lets time pass for every lead, up to and including ``until``: aware datetime, ISO text, microseconds.

        With a lateness everything is settled up to ``until`` less that: events may still be on their way. What falls
        due is found by an index, and settled in transactions of a thousand leads.
        """
        clock = microseconds(until)
        target = clock - (self._setting.lateness or 0)
        made: list[Transition] = []
        with self._unit() as unit:
            for number in self._setting.own:
                if self._setting.lateness is not None:
                    unit.release(number, target)
                unit.set_clock(number, clock)
            unit.write()
        made += unit.transitions
        left = True
        while left:
            with self._unit() as unit:
                rows = unit.transaction.due(target, AT_ONCE)
                for row in rows:
                    unit.settle(unit.work_on(row), target)
                left = len(rows) == AT_ONCE
                if not left:
                    for number in self._setting.own:
                        unit.set_clock(number, clock, target)
                unit.write()
            made += unit.transitions
        made.sort(key=lambda transition: (transition.instant, by_lead(transition.lead)))
        return made

    def due(self, until: Time) -> list[Due]:
        """The leads for whom something may change with time alone, up to ``until``, the earliest first. No lead that is
        not due is looked at.
        """
        instant = microseconds(until)
        found = self._locked(lambda: self._store.due(self._setting.own, instant))
        return [Due(lead_from_text(lead), at) for lead, at in found]

    # -- the outbox ------------------------------------------------------------------------------------------------

    def pending(self, limit: int | None = None) -> list[Pending]:
        """The transitions that have not been acknowledged, in the order in which they were made."""
        if limit is not None and limit < 0:
            raise ValueError(f"pending gives at most so many transitions, and not {limit}")
        rows = self._locked(lambda: self._store.pending(self._setting.own, PENDING, limit))
        return [Pending(row.id, transition_of(row)) for row in rows]

    def withdrawn(self) -> list[Pending]:
        """Transitions that had been acknowledged, and would not have happened as the lead is known now (see ``merge``
        and ``rebuild``); until they are acknowledged once more.
        """
        rows = self._locked(lambda: self._store.pending(self._setting.own, TO_WITHDRAW, None))
        return [Pending(row.id, transition_of(row)) for row in rows]

    def acknowledge(self, transitions: Iterable[Pending | int]) -> int:
        """Marks transitions as taken, by what ``pending`` or ``withdrawn`` gave or by its ids; gives how many were not
        until now.
        """
        ids = [each.id if isinstance(each, Pending) else each for each in transitions]
        for each in ids:
            if type(each) is not int or not 0 <= each < 1 << 63:
                raise ValueError(f"{each!r} is no id of a transition")
        return self._locked(lambda: self._store.acknowledge(self._setting.own, ids)) if ids else 0

    # -- leads -----------------------------------------------------------------------------------------------------

    def stage(self, lead: Lead) -> str:
        """The stage in which a lead stands; the first for one that was never seen."""
        row = self._locked(lambda: self._store.lead(_named(lead)))
        return self._plan.program.lifecycle.ladder[0] if row is None or row.stage is None else row.stage

    def history(self, lead: Lead) -> list[Event]:
        """The events of a lead that count, in order; under the name that it has now."""
        with self._lock:
            row = self._store.lead(_named(lead))
            events = [] if row is None else self._store.history(row.number)
        name = lead if row is None else lead_from_text(row.lead)
        return [event_from_text(name, event.at, event.body) for event in events]

    def events_kept(self, lead: Lead) -> int:
        """How many events the state of a lead holds on to: what its rules' bounds say, whatever its history has."""
        with self._unit() as unit:
            row = self._store.lead(_named(lead))
            state = None if row is None else unit.work_on(row).state
            return 0 if state is None else sum(1 for _ in events_kept(state.cells))

    def dead_letters(self) -> list[DeadLetter]:
        """The events that came too late, in the order in which they arrived."""
        rows = self._locked(lambda: self._store.dead_letters(self._setting.own))
        return [DeadLetter(row.seq, event_of(row), row.reason) for row in rows]

    def merge(self, anonymous: Lead, known: Lead) -> Rebuilt:
        """Two names are one person: from now on ``anonymous`` means ``known``, and the two histories are one, in order.

        The lead stands where it would stand had it been one from the start. Transitions that stand are not announced
        again, new ones go into the outbox, and those that would not have happened are withdrawn: gone from the outbox,
        or, if they had been acknowledged, listed by ``withdrawn``.
        """
        self._whole("merge")
        one, other = _named(anonymous), _named(known)
        with self._unit() as unit:
            result = merge(unit, one, other)
            unit.write()
        LOG.info("merged two leads: %d transitions new, %d withdrawn", len(result.new), len(result.withdrawn))
        return result

    def rebuild(self, lead: Lead) -> Rebuilt:
        """Makes a lead anew from its history, its dead letters taken in: as if they had come in time."""
        self._whole("rebuild")
        name = _named(lead)
        with self._unit() as unit:
            result = rebuild(unit, name)
            unit.write()
        LOG.info("rebuilt a lead: %d transitions new, %d withdrawn", len(result.new), len(result.withdrawn))
        return result

    @property
    def horizon(self) -> datetime.timedelta | None:
        """How far back any rule looks; None where one looks back without end. Older events can't matter any more."""
        found = horizon([rule.condition for rule in self._plan.rules])
        return None if found is None else datetime.timedelta(microseconds=found)

    def prune(self, before: Time) -> int:
        """Drops the events before an instant, and the transitions of that time that have been acknowledged; gives how
        many events there were.

        What they came to stays: nothing changes for the leads, and a rebuild gives what it would have given. But other
        rules can't be asked of them any more, and neither can a merge with a lead that has events from that time. Dead
        letters from before that instant go, too.
        """
        instant = microseconds(before)
        dropped = after = 0
        left = True
        while left:
            with self._unit() as unit:
                rows = unit.transaction.all_leads(after, AT_ONCE)
                dropped += sum(prune(unit, row, instant) for row in rows)
                left = bool(rows)
                after = rows[-1].number if rows else after
                if not left:
                    letters = unit.transaction.drop_refused_before(instant)
                    unit.tally(self._setting.own[0]).dropped += letters
                    dropped += letters
                unit.write()
        LOG.info("dropped %d events", dropped)
        return dropped

    # -- parts -----------------------------------------------------------------------------------------------------

    def partition(self, index: int, count: int) -> "DurableEngine":
        """An engine for one of ``count`` parts of the leads: events of others pass it by, time passes for its own.

        Parts don't wait for each other where the store can do that (PostgreSQL), and each has its own offset and its
        own watermark. Into how many parts a store is divided is settled with its first event.
        """
        if not 0 <= index < count:
            raise ValueError(f"there is no part {index} of {count}: parts are counted from 0")
        if self._setting.count != count:
            with self._lock:
                self._store.divide(self._fingerprint, count)
                self._setting = attrs.evolve(self._setting, count=count, own=range(count))
        return DurableEngine(
            self._plan, self._fingerprint, self._store.another(), leads=self._traits, meter=self._meter,
            partition=(index, count),
        )  # fmt: skip

    def _whole(self, what: str) -> None:
        if self._part is not None:
            raise StoreError(f"{what} may concern leads of several parts: ask an engine of the whole store")

    @property
    def _name(self) -> str:
        return "all" if self._part is None else f"{self._part[0]}/{self._part[1]}"

    # -- from asyncio ----------------------------------------------------------------------------------------------

    async def afeed(
        self, event: Event | Mapping[str, Any], offset: Offset | _Unchanged = UNCHANGED
    ) -> list[Transition]:
        """``feed`` in a thread, so that the event loop does not wait. Calls are carried out in the order in which they
        were made; one that is cancelled may have been carried out.
        """
        return await self._in_thread(lambda: self.feed(event, offset))

    async def afeed_many(
        self, events: Sequence[Event | Mapping[str, Any]], offset: Offset | _Unchanged = UNCHANGED
    ) -> list[Transition]:
        """``feed_many`` in a thread, as ``afeed``."""
        return await self._in_thread(lambda: self.feed_many(events, offset))

    async def aadvance(self, until: Time) -> list[Transition]:
        """``advance`` in a thread, as ``afeed``."""
        return await self._in_thread(lambda: self.advance(until))

    async def _in_thread(self, call: Any) -> list[Transition]:
        with self._lock:
            if self._worker is None:
                self._worker = ThreadPoolExecutor(1, "mqlrules")
        made: list[Transition] = await asyncio.get_running_loop().run_in_executor(self._worker, call)
        return made

    # -- the store -------------------------------------------------------------------------------------------------

    def stats(self) -> Stats:
        """Figures of the store, counted now."""
        with self._lock:
            rows = [row for row in self._store.partition_rows() if row.number in self._setting.own]
            counts = self._store.counts(self._setting.own)
        clocks = [row.clock for row in rows if row.clock is not None]
        lateness = self._setting.lateness
        watermark = None if lateness is None or not clocks else moment(min(clocks) - lateness)
        return Stats(
            leads=counts.leads,
            events=sum(row.events for row in rows),
            repeated=sum(row.repeated for row in rows),
            late=sum(row.late for row in rows),
            dropped=sum(row.dropped for row in rows),
            unmerged=sum(row.unmerged for row in rows),
            held=counts.held,
            dead_letters=counts.dead_letters,
            transitions=counts.transitions,
            pending=counts.pending,
            watermark=watermark,
            lateness=lateness,
            history=self._setting.history,
            partitions=self._setting.count,
            states_in_memory=len(self._setting.states),
            fingerprint=self._fingerprint,
            format=FORMAT,
        )

    def verify(self) -> list[str]:
        """What is damaged in the store, as sentences; empty if nothing is. Reads all of it."""
        return self._locked(self._store.verify)

    def close(self) -> None:
        """Lets go of the store. What was fed is there already."""
        with self._lock:
            if self._worker is not None:
                self._worker.shutdown()
                self._worker = None
            self._store.close()

    def __enter__(self) -> "DurableEngine":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _locked(self, ask: Callable[[], Result]) -> Result:
        with self._lock:
            return ask()

    @contextlib.contextmanager
    def _unit(self) -> Iterator[Unit]:
        """One transaction of one unit."""
        with self._units() as begin:
            yield begin()

    @contextlib.contextmanager
    def _units(self) -> Iterator[Callable[[], Unit]]:
        """One transaction, for units that are begun one after the other, each once the one before has written.

        After an exception neither the store nor the memory knows anything of it.
        """
        began = time.perf_counter()
        units: list[Unit] = []
        dropped = 0
        with self._lock:
            try:
                with self._store.transaction(self._setting.own) as transaction:

                    def begin() -> Unit:
                        units.append(Unit(self._setting, transaction))
                        return units[-1]

                    yield begin
                    dropped = keep_within(tuple(units), begin, self._setting.history)
            except BaseException as error:
                for unit in units:
                    unit.forget()
                if isinstance(error, StoreError):
                    LOG.error("a transaction was given up: %s", type(error).__name__)
                raise
            for unit in units:
                unit.keep()
        if late := sum(len(unit.changes.refused) for unit in units):
            LOG.warning("%d events came too late and are dead letters", late)
        if dropped:
            LOG.warning("%d old events were dropped, of leads that had too many", dropped)
        made = [transition for unit in units for transition in unit.transitions]
        self._meters.record(made, sum(unit.fed for unit in units), late, time.perf_counter() - began)


def _remembered(store: Store, name: str, given: int | None, default: int | None) -> int | None:
    """A setting that the store remembers, once it has been given."""
    known = store.meta().get(name)
    if given is None:
        return default if known is None else int(known)
    if known != str(given):
        store.set_meta(name, str(given))
    return given


def _named(lead: Lead) -> str:
    """The text of a lead that somebody names. Raises ``ValueError`` for what is none: None would be one person for all
    who have no name.
    """
    if type(lead) not in (str, int) or lead == "":
        raise ValueError(f"a lead is text or a whole number, and not {lead!r}")
    return lead_to_text(lead)


def _checked(event: Event | Mapping[str, Any]) -> Event:
    """An event whose lead and id are what they should be. Raises ``EventError``."""
    if not isinstance(event, Event):
        return as_event(event)
    if type(event.lead) not in (str, int) or event.lead == "":
        raise EventError(f"an event needs a lead, as text or a whole number, not {type(event.lead).__name__}")
    if event.id is not None and type(event.id) not in (str, int):
        raise EventError(f"an event's id is text or a whole number, not {type(event.id).__name__}")
    return event


def _offset_text(offset: Any) -> str:
    try:
        return json.dumps(offset)
    except (TypeError, ValueError) as error:
        raise StoreError(f"an offset is something that JSON can say: {error}") from None
