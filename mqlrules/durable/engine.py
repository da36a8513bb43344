"""The engine with a store: every call is one transaction of events, states, due instants, transitions and offset.

After a crash the store is as the last completed call left it. Feeding again from ``offset`` makes exactly the
transitions of a run without the crash.
"""

import datetime
import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import attrs

from mqlrules.durable import erasure, outbox, rebuilding
from mqlrules.durable.call_queue import CallQueue
from mqlrules.durable.erasure import Forgotten
from mqlrules.durable.errors import NotMerged, OtherRules, StoreError
from mqlrules.durable.feeding import Feedable, Intake, Task, take
from mqlrules.durable.group_commit import GroupCommit, Request
from mqlrules.durable.pruning import prune
from mqlrules.durable.records import DeadLetter, Due, Pending, Rebuilt, dead_letter_of
from mqlrules.durable.rewinding import Rewound, rewind
from mqlrules.durable.rows import FORMAT, PENDING, TO_WITHDRAW, UNDELIVERABLE
from mqlrules.durable.state_cache import StateCache
from mqlrules.durable.store import NeedsLock, Session, Store
from mqlrules.durable.telemetry import LOG, Meter, Meters, Stats
from mqlrules.durable.unit_of_work import Setting
from mqlrules.durable.work import Work
from mqlrules.engine.histories import by_lead
from mqlrules.engine.incremental.runner import Runner
from mqlrules.engine.incremental.snapshot import Snapshots
from mqlrules.engine.results import Transition
from mqlrules.events.durations import Duration, in_microseconds
from mqlrules.events.encoding import event_from_text, lead_from_text, lead_to_text
from mqlrules.events.model import Event, Lead, valid_lead
from mqlrules.events.traits import Traits
from mqlrules.language.instants import EventError, Time, microseconds, moment
from mqlrules.plan import nodes as n
from mqlrules.plan.cost import horizon

STATES_KEPT = 50_000
"""How many leads' states stay in memory. Others are read from the store when they are needed."""

AT_ONCE = 1_000
"""How many leads ``advance`` settles in one transaction."""

HISTORY = 100_000
"""The most events kept per lead, unless the store says otherwise."""

Offset = str | int | float | bool | None | list[Any] | dict[str, Any]
"""The caller's position in its input: any JSON value."""


class Unchanged:
    """No offset is given: that of the store stays."""


UNCHANGED = Unchanged()

Result = TypeVar("Result")


class DurableEngine:
    """Feeds events to leads that are kept in a store, and returns their transitions. Made by ``RuleSet.engine``.

    Threads may share an engine; each process opens its own. A method that raises has changed nothing, unless it raises
    ``UnknownOutcome``.
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
        max_ahead: int | None = None,
        dead_letters: bool = False,
        meter: Meter | None = None,
        partition: tuple[int, int] | None = None,
        states_kept: int = STATES_KEPT,
    ) -> None:
        self._plan = plan
        self._store = store
        self._fingerprint = fingerprint
        self._meter = meter
        self._meters = Meters(meter)
        self._lock = threading.RLock()
        self._group = GroupCommit(self._carry_out)
        self.queue: CallQueue[Task] = CallQueue(self._carry_out)
        """The calls from asyncio."""
        self._part = partition
        is_new = store.divide(fingerprint, None if partition is None else partition[1])
        rows = store.session.partitions()
        if any(row.fingerprint != fingerprint for row in rows):
            raise OtherRules(
                f"the store was filled under rules with fingerprint {rows[0].fingerprint}; these have {fingerprint} "
                "and mean something else. Preview the change with rules.migrate(store, dry_run=True), then run "
                "rules.migrate(store)"
            )
        host = Runner(plan, fingerprint)
        self._setting = Setting(
            host, Snapshots(host), StateCache(states_kept), leads or {}, fingerprint, len(rows),
            range(len(rows)) if partition is None else range(partition[0], partition[0] + 1),
            _remembered(store, "lateness", lateness, None),
            _remembered(store, "history", history, HISTORY) or HISTORY,
            dead_letters,
        )  # fmt: skip
        self._intake = Intake(self._setting, max_ahead)
        LOG.info("%s a store of format %d under rules %s", "made" if is_new else "opened", FORMAT, fingerprint)

    # -- events ----------------------------------------------------------------------------------------------------

    def feed(self, event: Feedable, offset: Offset | Unchanged = UNCHANGED) -> list[Transition]:
        """Feeds one event; returns its transitions, which are in the outbox, too.

        Calls from several threads at the same time share a transaction. With a lateness the transitions are those of
        all events that the watermark passes now. Raises ``LateEvent`` for an event that is too late, unless the engine
        has a lateness or keeps dead letters, and ``EventError`` for an invalid one, unless it keeps dead letters.
        """
        return self.feed_many([event], offset)

    def feed_many(self, events: Iterable[Feedable], offset: Offset | Unchanged = UNCHANGED) -> list[Transition]:
        """Feeds events in one transaction, together with the caller's offset: all of it is written, or nothing.

        Returns the transitions in the order in which they were made. Raises as ``feed`` does.
        """
        return self._group.submit(self._intake.events(events), self._offsets(offset))

    def feed_segment(
        self, calls: Iterable[Mapping[str, Any]], offset: Offset | Unchanged = UNCHANGED
    ) -> list[Transition]:
        """Feeds calls of the Segment spec, from a webhook or an export, in one transaction with the offset.

        A call with an anonymous and a known id joins the two, unless the anonymous id belongs to somebody already; an
        ``alias`` joins its two ids (see ``merge``). Raises ``EventError`` for an invalid call, and as ``feed`` does.
        """
        return self._group.submit(self._intake.calls(calls), self._offsets(offset))

    def _carry_out(self, requests: Sequence[Request[Task]]) -> None:
        """Carries out requests in one transaction, or if one of them is at fault each in its own."""
        if len(requests) > 1:
            try:
                self._carry_out_together(requests)
                return
            except StoreError as error:
                if not isinstance(error, NotMerged):
                    for request in requests:
                        request.error = type(error)(str(error))
                        request.error.__cause__ = error
                    return
            except Exception as error:
                LOG.debug("calls don't share a transaction: %s", type(error).__name__)
        for request in requests:
            try:
                self._carry_out_together([request])
            except Exception as error:
                request.error = error

    def _carry_out_together(self, requests: Sequence[Request[Task]]) -> None:
        work, made = self._transact(lambda work: take(work, requests))
        if len(requests) == 1:
            made = [work.transitions]
        for request, transitions in zip(requests, made, strict=True):
            request.transitions = transitions

    def _offsets(self, offset: Offset | Unchanged) -> dict[str, str]:
        return {} if isinstance(offset, Unchanged) else {self._name: _offset_text(offset)}

    @property
    def offset(self) -> Offset:
        """The offset given with the last events fed; None if there was none."""
        text = self._locked(lambda: self._store.session.offset(self._name))
        return None if text is None else json.loads(text)

    # -- time ------------------------------------------------------------------------------------------------------

    def advance(self, until: Time) -> list[Transition]:
        """Lets time pass for every lead, up to and including ``until``: aware datetime, ISO text, or microseconds.

        With a lateness everything is settled up to ``until`` minus the lateness, because events may still be on their
        way. Leads that are due are found by an index and settled in transactions of a thousand. Raises ``ValueError``
        for an instant that is further ahead of the wall clock than ``max_ahead`` allows.
        """
        clock = microseconds(until)
        self._intake.require_reached(clock, "advance")
        own, lateness = self._setting.own, self._setting.lateness
        target = clock - (lateness or 0)

        def release(work: Work) -> None:
            unit = work.begin()
            for number in own:
                if lateness is not None:
                    unit.release(number, target)
                unit.set_clock(number, clock)
            unit.write()

        def settle(work: Work) -> bool:
            unit = work.begin()
            rows = unit.session.due(own, target, AT_ONCE)
            for row in rows:
                unit.settle(unit.work_on(row), target)
            if len(rows) < AT_ONCE:
                for number in own:
                    unit.set_clock(number, clock, target)
            unit.write()
            return len(rows) == AT_ONCE

        made = self._transact(release)[0].transitions
        are_left = True
        while are_left:
            work, are_left = self._transact(settle)
            made += work.transitions
        made.sort(key=lambda transition: (transition.instant, by_lead(transition.lead)))
        return made

    def due(self, until: Time) -> list[Due]:
        """The leads for which something may change by time alone up to ``until``, the earliest first. Only leads that
        are due are read.
        """
        instant = microseconds(until)
        rows = self._locked(lambda: self._store.session.due(self._setting.own, instant))
        return [Due(lead_from_text(row.lead), row.due or 0) for row in rows]

    # -- the outbox ------------------------------------------------------------------------------------------------

    def pending(self, limit: int | None = None, lease: Duration | None = None) -> list[Pending]:
        """The transitions that haven't been acknowledged, in the order in which they were made.

        With a ``lease`` (``"60s"``) they are claimed for that long: other calls with a lease skip them, and later ones
        of the same leads. So several workers can deliver without delivering anything at the same time.
        """
        return self._outbox(PENDING, limit, lease)

    def withdrawn(self, limit: int | None = None, lease: Duration | None = None) -> list[Pending]:
        """Transitions that were acknowledged and no longer stand (see ``merge`` and ``rebuild``), until that is
        acknowledged as well. ``lease`` is that of ``pending``.
        """
        return self._outbox(TO_WITHDRAW, limit, lease)

    def undeliverable(self, limit: int | None = None) -> list[Pending]:
        """The transitions that were given up, with their notes."""
        return self._outbox(UNDELIVERABLE, limit, None)

    def acknowledge(self, transitions: Iterable[Pending | int]) -> int:
        """Marks transitions as taken, given as ``pending`` or ``withdrawn`` returned them, or by their ids; returns how
        many weren't until now.
        """
        return self._mark(transitions, outbox.acknowledge)

    def postpone(self, transitions: Iterable[Pending | int], duration: Duration, note: str = "") -> int:
        """Extends the claims on transitions from now on, until they are to be tried again. ``note`` says why."""
        span = in_microseconds(duration, "duration")
        return self._mark(transitions, lambda session, ids: outbox.postpone(session, ids, session.now() + span, note))

    def give_up(self, transitions: Iterable[Pending | int], note: str) -> int:
        """Takes transitions that can't be delivered out of the outbox: ``undeliverable`` lists them with the note.
        Returns how many were in it.
        """
        return self._mark(transitions, lambda session, ids: outbox.give_up(session, ids, note))

    def retry(self, transitions: Iterable[Pending | int]) -> int:
        """Puts undeliverable transitions back into the outbox; returns how many."""
        return self._mark(transitions, outbox.retry)

    def _outbox(self, status: int, limit: int | None, lease: Duration | None) -> list[Pending]:
        if limit is not None and limit < 0:
            raise ValueError(f"limit must be at least 0, got {limit}")
        own = self._setting.own
        if lease is None:
            return self._locked(lambda: outbox.listed(self._store.session, own, status, limit))
        span = in_microseconds(lease, "lease")

        def claim(work: Work) -> list[Pending]:
            now = work.session.now()
            return outbox.claim(work.session, own, status, limit, now, now + span)

        return self._transact(claim)[1]

    def _mark(self, transitions: Iterable[Pending | int], mark: Callable[[Session, list[int]], int]) -> int:
        ids = [each.id if isinstance(each, Pending) else each for each in transitions]
        for each in ids:
            if type(each) is not int or not 0 <= each < 1 << 63:
                raise ValueError(f"{each!r} is not a valid id of a transition")
        return self._transact(lambda work: mark(work.session, ids))[1] if ids else 0

    # -- leads -----------------------------------------------------------------------------------------------------

    def stage(self, lead: Lead) -> str:
        """The stage of a lead; the first stage for one that was never seen."""
        row = self._locked(lambda: self._store.session.resolve(_named(lead)))
        return self._plan.program.lifecycle.ladder[0] if row is None or row.stage is None else row.stage

    def history(self, lead: Lead) -> list[Event]:
        """The events of a lead that count, in order, under the name that it has now."""
        with self._lock:
            row = self._store.session.resolve(_named(lead))
            events = [] if row is None else self._store.session.history(row.number)
        name = lead if row is None else lead_from_text(row.lead)
        return [event_from_text(name, event.at, event.body) for event in events]

    def events_kept(self, lead: Lead) -> int:
        """How many events the state of a lead refers to: bounded by its rules, however long its history."""

        def count(work: Work) -> int:
            row = work.session.resolve(_named(lead))
            state = None if row is None else work.begin().work_on(row).state
            return 0 if state is None else self._setting.host.events_kept(state)

        return self._transact(count)[1]

    def dead_letters(self) -> list[DeadLetter]:
        """What was fed and didn't count, in order of arrival."""
        rows = self._locked(self._store.session.dead_letters)
        return [dead_letter_of(row) for row in rows if row.partition in self._setting.own]

    def merge(self, anonymous: Lead, known: Lead) -> Rebuilt:
        """Merges two leads: from now on ``anonymous`` means ``known``, and their histories are one, in order.

        The lead is where it would be had it been one from the start. Transitions that still stand aren't announced
        again, and new ones go into the outbox. Those that no longer stand leave the outbox; if they were acknowledged,
        ``withdrawn`` lists them.
        """
        self._whole("merge")
        one, other = _named(anonymous), _named(known)
        return self._rebuilt("merged two leads", lambda work: rebuilding.merge(work.begin(), one, other))

    def rebuild(self, lead: Lead) -> Rebuilt:
        """Rebuilds a lead from its history and its dead letters, as if they had arrived in time."""
        self._whole("rebuild")
        name, latest = _named(lead), self._intake.latest()
        return self._rebuilt("rebuilt a lead", lambda work: rebuilding.rebuild(work.begin(), name, latest))

    def rewind(self, lead: Lead | None = None, *, to: Time) -> Rewound:
        """Undoes what lies after an instant, for one lead, or for all leads and the clock: after an ``advance`` to the
        wrong year, or an event from the future.

        Events after ``to`` become dead letters. Transitions that no longer stand are withdrawn. Late events from before
        ``to`` are taken in. It is one transaction.
        """
        self._whole("rewind")
        instant, name = microseconds(to), None if lead is None else _named(lead)
        self._intake.require_reached(instant, "rewind")
        found = self._transact(lambda work: rewind(work, instant, name))[1]
        LOG.info("rewound %d leads: %d events undone, %d taken in", found.leads, found.undone, found.taken)
        return found

    def _rebuilt(self, what: str, do: Callable[[Work], Rebuilt]) -> Rebuilt:

        def carry_out(work: Work) -> Rebuilt:
            found = do(work)
            work.write()
            return found

        found = self._transact(carry_out)[1]
        LOG.info("%s: %d transitions new, %d withdrawn", what, len(found.new), len(found.withdrawn))
        return found

    @property
    def horizon(self) -> datetime.timedelta | None:
        """How far back any rule looks; None if one looks back without end. Older events no longer matter."""
        found = horizon([rule.condition for rule in self._plan.rules])
        return None if found is None else datetime.timedelta(microseconds=found)

    def prune(self, before: Time) -> int:
        """Drops the events and dead letters from before an instant, and the acknowledged transitions of that time;
        returns how many events and dead letters were dropped.

        What they led to stays: nothing changes for the leads, and a rebuild gives the same as before. But the leads
        can't be migrated to other rules in full any more, or merged with a lead that has events from that time.
        """
        instant, own = microseconds(before), self._setting.own
        self._intake.require_reached(instant, "prune")
        dropped = 0
        after: int | None = 0

        def drop(work: Work) -> tuple[int, int | None]:
            unit = work.begin()
            rows = unit.session.all_leads(own, after or 0, AT_ONCE)
            gone = sum(prune(unit, row, instant) for row in rows)
            if not rows:
                letters = unit.session.drop_dead_letters(own, instant)
                unit.tally(own[0]).dropped += letters
                gone += letters
            unit.write()
            return gone, rows[-1].number if rows else None

        while after is not None:
            gone, after = self._transact(drop)[1]
            dropped += gone
        LOG.info("dropped %d events", dropped)
        return dropped

    def forget(self, lead: Lead, scrub: bool = True) -> Forgotten:
        """Erases a person, under all names: events, traits, transitions, dead letters. Later events begin a new lead.

        With ``scrub`` the database files are rewritten, so that no byte is left in them (SQLite: also the write-ahead
        log). That takes time in proportion to the store and blocks it meanwhile: to erase many, leave it out and call
        ``scrub`` once. Backups, and PostgreSQL's write-ahead log, are yours to erase.
        """
        self._whole("forget")
        name, count = _named(lead), self._setting.count
        found = self._transact(lambda work: erasure.forget(work.session, name, count))[1]
        LOG.info("erased a person: %d events, %d transitions", found.events, found.transitions)
        return attrs.evolve(found, scrubbed=scrub and self.scrub())

    def scrub(self) -> bool:
        """Rewrites the database files without what was deleted. False if another process keeps them busy, or the
        rights for it are missing.
        """
        return self._locked(self._store.scrub)

    def export(self, lead: Lead) -> dict[str, Any]:
        """Everything that the store holds of a person, under all names, as JSON values."""
        name, count = _named(lead), self._setting.count
        return self._locked(lambda: erasure.export(self._store.session, name, count))

    # -- parts -----------------------------------------------------------------------------------------------------

    def partition(self, index: int, count: int) -> "DurableEngine":
        """An engine for one of ``count`` parts: it ignores events of other parts, and lets time pass for its own leads.

        Parts have their own offsets and watermarks, and don't wait for each other if the store can do that
        (PostgreSQL). The number of parts is fixed once the store holds events.
        """
        if not 0 <= index < count:
            raise ValueError(f"part {index} of {count} doesn't exist; parts are counted from 0")
        if self._setting.count != count:
            with self._lock:
                self._store.divide(self._fingerprint, count)
                self._setting = attrs.evolve(self._setting, count=count, own=range(count))
                self._intake = Intake(self._setting, self._intake.max_ahead)
        return DurableEngine(
            self._plan, self._fingerprint, self._store.another(), leads=self._setting.traits, meter=self._meter,
            max_ahead=self._intake.max_ahead, dead_letters=self._setting.refuses, partition=(index, count),
        )  # fmt: skip

    def _whole(self, what: str) -> None:
        if self._part is not None:
            raise StoreError(f"{what} may concern leads of several parts; use an engine of the whole store")

    @property
    def _name(self) -> str:
        return "all" if self._part is None else f"{self._part[0]}/{self._part[1]}"

    # -- from asyncio ----------------------------------------------------------------------------------------------

    async def afeed(self, event: Feedable, offset: Offset | Unchanged = UNCHANGED) -> list[Transition]:
        """``feed`` without blocking the event loop. Calls are carried out in the order in which they were made, and
        those that wait at the same time share a transaction. See ``RuleSet.aengine`` for all other methods.
        """
        return await self.queue.feed(lambda: self._intake.events([event]), self._offsets(offset))

    async def afeed_many(self, events: Iterable[Feedable], offset: Offset | Unchanged = UNCHANGED) -> list[Transition]:
        """``feed_many`` without blocking the event loop, as ``afeed``."""
        return await self.queue.run(lambda: self.feed_many(events, offset))

    async def afeed_segment(
        self, calls: Iterable[Mapping[str, Any]], offset: Offset | Unchanged = UNCHANGED
    ) -> list[Transition]:
        """``feed_segment`` without blocking the event loop, as ``afeed``."""
        return await self.queue.feed(lambda: self._intake.calls(calls), self._offsets(offset))

    async def aadvance(self, until: Time) -> list[Transition]:
        """``advance`` without blocking the event loop, as ``afeed``."""
        return await self.queue.run(lambda: self.advance(until))

    # -- the store -------------------------------------------------------------------------------------------------

    def stats(self) -> Stats:
        """Statistics of the store, counted now."""
        setting = self._setting
        with self._lock:
            rows = [row for row in self._store.session.partitions() if row.number in setting.own]
            counts = self._store.session.counts(setting.own)
        clocks = [row.clock for row in rows if row.clock is not None]
        is_held = setting.lateness is not None and clocks
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
            watermark=moment(min(clocks) - (setting.lateness or 0)) if is_held else None,
            lateness=setting.lateness,
            history=setting.history,
            partitions=setting.count,
            states_in_memory=len(setting.states),
            fingerprint=self._fingerprint,
            format=FORMAT,
        )

    def verify(self) -> list[str]:
        """What is damaged in the store, as sentences; empty if nothing is. Reads all of it."""
        return self._locked(self._store.verify)

    def close(self) -> None:
        """Closes the store. Everything fed is in it already."""
        self.queue.close()
        with self._lock:
            self._store.close()

    def __enter__(self) -> "DurableEngine":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _locked(self, ask: Callable[[], Result]) -> Result:
        with self._lock:
            return ask()

    def _transact(self, do: Callable[[Work], Result]) -> tuple[Work, Result]:
        """Runs ``do`` in a transaction; again with more partitions locked, if it needs them.

        After an exception neither the store nor the memory has changed.
        """
        began = time.perf_counter()
        locked = frozenset(self._setting.own)
        with self._lock:
            while True:
                try:
                    work, result = self._attempt(sorted(locked), do)
                    break
                except NeedsLock as needed:
                    locked |= needed.partitions
        letters = len(work.dead_letters)
        if letters:
            LOG.warning("%d events became dead letters", letters)
        if work.dropped:
            LOG.warning("%d old events were dropped from leads that had too many", work.dropped)
        self._meters.record(work.transitions, work.fed, letters, time.perf_counter() - began)
        return work, result

    def _attempt(self, locked: Sequence[int], do: Callable[[Work], Result]) -> tuple[Work, Result]:
        work: Work | None = None
        try:
            with self._store.transaction(locked) as session:
                work = Work(self._setting, session)
                result = do(work)
                work.end()
        except BaseException as error:
            if work is not None:
                work.forget()
            if isinstance(error, StoreError):
                LOG.error("a transaction failed: %s", type(error).__name__)
            raise
        work.keep()
        return work, result


def _remembered(store: Store, name: str, given: int | None, default: int | None) -> int | None:
    """A setting that the store remembers once it was given."""
    known = store.meta().get(name)
    if given is None:
        return default if known is None else int(known)
    if known != str(given):
        store.set_meta(name, str(given))
    return given


def _named(lead: Lead) -> str:
    """The text of a lead that a caller names. Raises ``ValueError`` for an invalid name: None would be one person for
    everybody without a name.
    """
    try:
        return lead_to_text(valid_lead(lead))
    except EventError:
        raise ValueError(f"a lead must be text or a whole number, got {lead!r}") from None


def _offset_text(offset: object) -> str:
    try:
        return json.dumps(offset)
    except (TypeError, ValueError) as error:
        raise StoreError(f"an offset must be a JSON value: {error}") from None
