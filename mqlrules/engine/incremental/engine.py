"""Engines in memory: one for any number of leads, and one for a single lead whose state its caller keeps.

A runner moves the leads. An engine decides which events the runner gets: late ones are refused, repeated ones are left
out, and with a lateness events wait until those before them have had time to arrive.
"""

import heapq
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from mqlrules.engine.histories import by_lead
from mqlrules.engine.incremental.errors import LateEvent, OtherRules, SnapshotError
from mqlrules.engine.incremental.ids import Ids
from mqlrules.engine.incremental.runner import LeadState, Runner
from mqlrules.engine.incremental.snapshot import TAG, VERSION, Snapshots, standing_of
from mqlrules.engine.incremental.state import NEVER
from mqlrules.engine.results import Transition, points
from mqlrules.events.encoding import event_from_text, event_to_text, from_text, plain, to_text
from mqlrules.events.model import Event, Lead, as_event
from mqlrules.events.traits import known
from mqlrules.language.calendar import closing_instant
from mqlrules.language.instants import LATEST, EventError, Time, moment
from mqlrules.language.names import normalise
from mqlrules.plan import nodes as n
from mqlrules.text.error import Error

AHEAD = 3_650 * 86_400_000_000
"""How far past everything that has happened time may pass by default: ten years."""


class Engine:
    """Takes events one at a time and gives the transitions of their leads. Made by ``RuleSet.engine``.

    Leads are kept in memory: of each what ``plan.cost`` says, and the ids of its events. An engine can be used as a
    context manager; at the end it lets go of its leads. ``len(engine)`` is the number of leads.
    """

    def __init__(
        self,
        plan: n.Plan,
        leads: Mapping[Lead, Mapping[str, Any]] | None = None,
        fingerprint: str = "",
        *,
        lateness: int | None = None,
        max_ahead: int | None = AHEAD,
        snapshot: bytes | str | None = None,
        migrate: bool = False,
    ) -> None:
        self._runner = Runner(plan, fingerprint)
        self._timezone = plan.program.timezone
        self._traits = leads or {}
        self._lateness = lateness
        self._max_ahead = max_ahead
        self._leads: dict[Lead, LeadState] = {}
        self._due: list[tuple[int, int, LeadState]] = []
        """The leads by the instants at which they fall due."""
        self._clock = -NEVER
        """Up to when time has passed for every lead, but for those that are ``behind``."""
        self._behind: list[LeadState] = []
        self._held: list[tuple[int, int, Event]] = []
        """With a lateness: the events that wait, by their times."""
        self._latest = -NEVER
        """The latest instant known to have been reached by an event or by ``advance``; there may be later events."""
        self._count = 0
        if snapshot is not None:
            self._restore(snapshot, migrate)

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._leads)

    def close(self) -> None:
        """Lets go of all leads."""
        self._leads.clear()
        self._due.clear()
        self._behind.clear()
        self._held.clear()

    # -- events and time -------------------------------------------------------------------------------------------

    def feed(self, event: Event | Mapping[str, Any]) -> list[Transition]:
        """The transitions of one event: what time made due for its lead first, then the event's own.

        Of several events of one lead with one id and one name the first fed counts. With a lateness the transitions are
        those of all events that need not wait any longer. Raises ``LateEvent`` for an event older than what its lead
        has been settled to, ``EventError`` for what is not an event; then nothing has changed.
        """
        if type(event) is not Event:
            event = as_event(event)
        if self._lateness is not None:
            return self.feed_many((event,))
        state = self._leads.get(event.lead)
        if state is not None and (event.at < state.settled or (event.at < self._clock and not state.behind)):
            raise _late(event, self._settled(event.lead))
        return self._feed(state, event)

    def feed_many(self, events: Iterable[Event | Mapping[str, Any]]) -> list[Transition]:
        """The transitions of many events, in the order in which they were made. If one event is refused, as by
        ``feed``, none is taken.
        """
        given = [event if type(event) is Event else as_event(event) for event in events]
        settled: dict[Lead, int] = {}
        for event in given:
            until = settled.get(event.lead)
            if until is None:
                until = self._settled(event.lead)
            if event.at < until:
                raise _late(event, until)
            settled[event.lead] = until if self._lateness is not None else event.at
        out: list[Transition] = []
        if self._lateness is None:
            for event in given:
                out += self._feed(self._leads.get(event.lead), event)
            return out
        latest = max((event.at for event in given), default=self._latest)
        self._refuse_far_ahead(latest, "the event at")
        for event in given:
            self._count += 1
            heapq.heappush(self._held, (event.at, self._count, event))
        self._latest = max(self._latest, latest)
        return self._release(self._latest - self._lateness)

    def advance(self, until: Time) -> list[Transition]:
        """Lets time pass for every lead, up to and including ``until``: microseconds, an aware datetime, or ISO text (a
        date alone is its end in the rules' zone).

        With a lateness time passes up to ``until`` less that. A lead whose first event comes later begins when that
        event says. Raises ``EventError`` for an instant further than ``max_ahead`` past everything that has happened.
        """
        end = closing_instant(until, self._timezone)
        self._refuse_far_ahead(end, "advance to")
        self._latest = max(self._latest, end)
        out: list[Transition] = []
        if self._lateness is not None:
            end -= self._lateness
            out += self._release(end)
        while self._due and self._due[0][0] <= end:
            instant, _, state = heapq.heappop(self._due)
            if instant == state.registered:
                state.registered = NEVER
                if state.timers.due <= end:
                    out += self._runner.settle(state, end)
                self._register(state)
        for state in self._behind:
            state.settled = max(state.settled, end)
            state.behind = end < self._clock
        self._behind = [state for state in self._behind if state.behind]
        self._clock = max(self._clock, end)
        out.sort(key=lambda transition: (transition.instant, by_lead(transition.lead)))
        return out

    def stage(self, lead: Lead) -> str:
        """The stage of a lead; the first for one that had no event."""
        state = self._leads.get(lead)
        return self._runner.first.name if state is None else state.stage.name

    def events_kept(self, lead: Lead) -> int:
        """How many events the engine holds on to for a lead: what the bounds of its rules say, and no more."""
        state = self._leads.get(lead)
        return 0 if state is None else self._runner.events_kept(state)

    def _feed(self, state: LeadState | None, event: Event) -> list[Transition]:
        if state is None:
            state, out = self._runner.begin(event, self._traits.get(event.lead, {}))
            self._leads[event.lead] = state
            if event.id is not None:
                state.ids = Ids()
                state.ids.has(event, self._lateness)
            if event.at < self._clock:
                state.behind = True
                self._behind.append(state)
        elif event.id is not None and self._is_repeated(state, event):
            out = self._runner.settle(state, event.at)
        else:
            out = self._runner.feed(state, event)
        if state.timers.due < state.registered:
            self._register(state)
        return out

    def _is_repeated(self, state: LeadState, event: Event) -> bool:
        if state.ids is None:
            state.ids = Ids()
        return state.ids.has(event, self._lateness)

    def _release(self, until: int) -> list[Transition]:
        """The events up to an instant need not wait any longer."""
        out: list[Transition] = []
        while self._held and self._held[0][0] <= until:
            event = heapq.heappop(self._held)[2]
            out += self._feed(self._leads.get(event.lead), event)
        return out

    def _register(self, state: LeadState) -> None:
        if state.timers.due < state.registered:
            state.registered = state.timers.due
            self._count += 1
            heapq.heappush(self._due, (state.timers.due, self._count, state))

    def _settled(self, lead: Lead) -> int:
        """Up to when a lead has been settled. One that had no event yet may begin at any time."""
        state = self._leads.get(lead)
        if state is None:
            return -NEVER
        return state.settled if state.behind else max(state.settled, self._clock)

    def _refuse_far_ahead(self, until: int, what: str) -> None:
        ahead = self._max_ahead
        if ahead is None or until - self._latest <= ahead:
            return
        self._latest = max([self._latest, *(state.settled for state in self._leads.values())])
        if self._latest > -NEVER and until - self._latest > ahead:
            raise _too_far(what, until, self._latest)

    # -- snapshots -------------------------------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """All leads as JSON, for ``RuleSet.engine(snapshot=...)``. Raises ``EventError`` for a property that can't be
        kept.
        """
        snapshots = Snapshots(self._runner)
        leads = [[lead, state.behind, snapshots.dump(state)] for lead, state in self._leads.items()]
        held = [[event.lead, event.at, event_to_text(event)] for _, _, event in sorted(self._held, key=_order)]
        clock, latest = (None if at == -NEVER else at for at in (self._clock, self._latest))
        return _written("engine", snapshots, [clock, latest, leads, held])

    def _restore(self, snapshot: bytes | str, migrate: bool) -> None:
        snapshots, runner = Snapshots(self._runner), self._runner
        try:
            text = _text(snapshot)
            (clock, latest, leads, held), same = _checked("engine", snapshots, text, migrate)
            tagged = TAG in text
            self._clock, self._latest = (-NEVER if at is None else at for at in (clock, latest))
            for lead, behind, dumped in leads:
                state = snapshots.load(lead, dumped, tagged) if same else runner.start(lead, standing_of(dumped))
                self._leads[lead] = state
                self._register(state)
                if behind:
                    state.behind = True
                    self._behind.append(state)
            for lead, at, event in held:
                self._count += 1
                heapq.heappush(self._held, (at, self._count, event_from_text(lead, at, event)))
        except Error:
            raise
        except _BROKEN:
            raise _damaged() from None


class LeadEngine:
    """The state of one lead, for a caller that keeps it: in a cache, in the state of a stream, in a table. Made by
    ``RuleSet.lead``.

    What is kept is small and independent of the process: ``snapshot`` gives it as JSON. Events are fed in order.
    """

    def __init__(
        self,
        snapshots: Snapshots,
        lead: Lead,
        traits: Mapping[str, Any] | None = None,
        snapshot: bytes | str | None = None,
        *,
        lateness: int | None = None,
        max_ahead: int | None = AHEAD,
        migrate: bool = False,
    ) -> None:
        self.lead = lead
        self._snapshots = snapshots
        self._runner = snapshots.runner
        self._lateness = lateness
        self._max_ahead = max_ahead
        self._traits: Mapping[str, Any] = traits or {}
        self._state: LeadState | None = None
        if snapshot is not None:
            try:
                text = _text(snapshot)
                content, same = _checked("lead", snapshots, text, migrate)
                if type(content) is dict:
                    self._traits = {**content, **self._traits}
                elif same:
                    self._state = snapshots.load(lead, content, TAG in text)
                else:
                    self._state = self._runner.start(lead, standing_of(content))
            except Error:
                raise
            except _BROKEN:
                raise _damaged() from None

    def feed(self, event: Event | Mapping[str, Any]) -> list[Transition]:
        """The transitions of one event, as those of ``Engine.feed``. A mapping need not have the key ``lead``."""
        if not isinstance(event, Event):
            event = as_event({"lead": self.lead, **event})
        if event.lead != self.lead:
            raise EventError(f"the event is of lead {event.lead!r}, and this is the state of lead {self.lead!r}")
        state = self._state
        if state is None:
            state, out = self._runner.begin(event, self._traits)
            self._state = state
            if event.id is not None:
                state.ids = Ids()
                state.ids.has(event, self._lateness)
            return out
        if event.at < state.settled:
            raise _late(event, state.settled)
        if event.id is not None:
            state.ids = state.ids or Ids()
            if state.ids.has(event, self._lateness):
                return self._runner.settle(state, event.at)
        return self._runner.feed(state, event)

    def advance(self, until: Time) -> list[Transition]:
        """Lets time pass, as ``Engine.advance``."""
        state, end = self._state, closing_instant(until, self._runner.plan.program.timezone)
        if state is None:
            return []
        if self._max_ahead is not None and end - state.settled > self._max_ahead:
            raise _too_far("advance to", end, state.settled)
        return self._runner.settle(state, end)

    @property
    def stage(self) -> str:
        """The stage that the lead is in."""
        return self._runner.first.name if self._state is None else self._state.stage.name

    @property
    def since(self) -> datetime | None:
        """When it came into the stage; None before its first event."""
        return None if self._state is None else moment(self._state.since)

    @property
    def next_due(self) -> datetime | None:
        """The first instant at which something may change with no event; None if there is none. Nothing is missed by a
        caller that calls ``advance`` then.
        """
        due = None if self._state is None else self._state.due
        return None if due is None or due > LATEST else moment(due)

    def score(self, name: str) -> Decimal:
        """A score at the instant to which the lead has been settled; 0 before its first event. Raises ``KeyError`` if
        the rules have no such score.
        """
        root = self._runner.scores.get(normalise(name))
        if root is None:
            raise KeyError(f"the rules have no score {name!r}")
        return Decimal(0) if self._state is None else points(root.value(self._state.cells, self._state.settled))

    def snapshot(self) -> bytes:
        """The state as JSON, for ``RuleSet.lead(snapshot=...)``. Raises ``EventError`` for a property that can't be
        kept.
        """
        snapshots, state = self._snapshots, self._state
        return _written("lead", snapshots, plain(known(self._traits)) if state is None else snapshots.dump(state))


def _written(kind: str, snapshots: Snapshots, content: Any) -> bytes:
    return to_text([VERSION, kind, snapshots.runner.fingerprint, snapshots.layout, content]).encode("ascii")


def _checked(kind: str, snapshots: Snapshots, text: str, migrate: bool) -> tuple[Any, bool]:
    """The content of a snapshot, and whether it was written under the same rules, in a way that can be read."""
    version, of, fingerprint, layout, content = from_text(text)
    if of != kind:
        raise SnapshotError(f"this is a snapshot of {_SHOWN.get(of, 'something else')}, not of {_SHOWN[kind]}")
    if version > VERSION:
        raise SnapshotError("a newer version of mqlrules wrote this snapshot: update mqlrules")
    own = snapshots.runner.fingerprint
    if fingerprint == own and snapshots.can_read(layout):
        return content, True
    if migrate:
        return content, False
    if fingerprint == own:
        raise SnapshotError(f"another version of mqlrules wrote this snapshot, in a way that can't be read. {_MIGRATE}")
    raise OtherRules(
        f"the snapshot was written under rules with the fingerprint {fingerprint}, and these have {own}: they mean "
        f"something else. {_MIGRATE}"
    )


_MIGRATE = "With migrate=True leads keep their stages and traits, and what they did before no longer counts"
_BROKEN = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What reading a damaged snapshot may raise."""

_SHOWN = {"engine": "an engine", "lead": "a lead"}


def _damaged() -> SnapshotError:
    return SnapshotError("the snapshot is damaged: it is not what snapshot() gave")


def _text(snapshot: bytes | str) -> str:
    return snapshot if isinstance(snapshot, str) else str(snapshot, "ascii")


def _order(held: tuple[int, int, Event]) -> tuple[int, int]:
    return held[:2]


def _late(event: Event, settled: int) -> LateEvent:
    return LateEvent(
        f"the event {event.event!r} of lead {event.lead!r} at {event.time.isoformat()} is too late: the lead has been "
        f"settled to {moment(settled).isoformat()}"
    )


def _too_far(what: str, until: int, latest: int) -> EventError:
    years = (until - latest) // (365 * 86_400_000_000)
    return EventError(
        f"{what} {moment(until).isoformat()} is {years:,} years past everything that has happened, which is up to "
        f"{moment(latest).isoformat()}. If you mean it, raise max_ahead, or give max_ahead=None"
    )
