"""Feeding: from what callers hand in to what units take, and the calls that one transaction carries out."""

import datetime
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import attrs

from mqlrules.durable import segment
from mqlrules.durable.group_commit import Request
from mqlrules.durable.rows import NO_LEAD
from mqlrules.durable.segment import Step
from mqlrules.durable.unit_of_work import Arrival, Refusal, Setting, arrival
from mqlrules.durable.work import Work
from mqlrules.engine.results import Transition
from mqlrules.events.encoding import plain, to_text
from mqlrules.events.model import Event, as_event
from mqlrules.language.instants import LATEST, EventError, moment

Feedable = Event | Mapping[str, Any]
"""An event, or a mapping with ``lead``, ``time``, ``event``, optional ``id``; its other keys are properties."""


SLICE = 1_000
"""Events are checked, taken and written this many at a time, so that a large batch needs little memory, and no step of
it holds up other threads for long."""


class Events:
    """Events to feed, in slices. Only the first slice is checked before others have to wait for the transaction."""

    def __init__(self, values: Iterable[Feedable], check: Callable[[Feedable], Arrival | Refusal], own: Container[int]):
        self._values = values if isinstance(values, (list, tuple)) else list(values)
        self._check = check
        self._own = own
        self.first = self._slice(0)
        self.is_large = len(self._values) > SLICE

    def slices(self) -> Iterator[list[Arrival | Refusal]]:
        """The events that the engine is in charge of."""
        yield self.first
        for start in range(SLICE, len(self._values), SLICE):
            yield self._slice(start)

    def _slice(self, start: int) -> list[Arrival | Refusal]:
        found = map(self._check, self._values[start : start + SLICE])
        return [each for each in found if each.home in self._own]


@attrs.frozen
class Calls:
    """Segment calls to feed."""

    steps: Sequence[Step]


Task = Events | Calls


class Intake:
    """Checks what is fed. What is invalid, or too far ahead of the wall clock, becomes a refusal, or raises
    ``EventError`` if the engine doesn't keep dead letters. ``max_ahead`` is in microseconds.
    """

    def __init__(self, setting: Setting, max_ahead: int | None) -> None:
        self._setting = setting
        self.max_ahead = max_ahead

    def events(self, values: Iterable[Feedable]) -> Events:
        """Those of the events that this engine is in charge of."""
        latest = self.latest()
        return Events(values, lambda value: self._arrival(value, latest), self._setting.own)

    def calls(self, values: Iterable[Mapping[str, Any]]) -> Calls:
        """What each call asks for. A call may concern parts that its event doesn't, so all of them are here."""
        latest = self.latest()
        return Calls([self._step(value, number, latest) for number, value in enumerate(values, start=1)])

    def latest(self) -> int:
        """The latest instant that isn't too far ahead of the wall clock."""
        return LATEST if self.max_ahead is None else wall_clock() + self.max_ahead

    def require_reached(self, instant: int, what: str, latest: int | None = None) -> None:
        """Raises ``EventError`` for an instant that is too far ahead of the wall clock."""
        if instant > (self.latest() if latest is None else latest):
            ahead = datetime.timedelta(microseconds=self.max_ahead or 0)
            raise Ahead(
                f"{what}: {moment(instant).isoformat()} is more than {ahead} ahead of the clock, and would make later "
                "events late. Correct the time, or open the engine with a larger max_ahead (None allows any time)"
            )

    def _arrival(self, value: Feedable, latest: int) -> Arrival | Refusal:
        try:
            event = as_event(value)
            found = arrival(event, self._setting.count)
        except EventError as error:
            return self._invalid(value, error)
        if event.at <= latest:
            return found
        try:
            self.require_reached(event.at, f"event {event.event!r} of lead {event.lead!r}", latest)
        except Ahead as error:
            if not self._setting.refuses:
                raise
            return Refusal(found.lead, event.at, found.body, str(error), found.home)
        return found

    def _step(self, value: Mapping[str, Any], number: int, latest: int) -> Step:
        try:
            call = segment.call_of(value, number)
            event = segment.event_of_call(call)
        except EventError as error:
            return Step((), self._invalid(value, error))
        return Step(segment.joins_of(call), None if event is None else self._arrival(event, latest))

    def _invalid(self, value: object, error: EventError) -> Refusal:
        if not self._setting.refuses:
            raise error
        try:
            text = to_text(plain(value))
        except EventError:
            text = to_text(repr(value)[:10_000])
        # Nobody can say whose it is, so the first partition is in charge.
        return Refusal(NO_LEAD, wall_clock(), text, str(error), 0)


class Ahead(EventError):
    """An instant too far ahead of the wall clock."""


class NotTogether(Exception):
    """The results of these calls can't be told apart in one transaction. Never leaves the engine."""


def wall_clock() -> int:
    """The wall clock, in microseconds since 1970 UTC. It bounds what may be fed; evaluation never reads it."""
    return time.time_ns() // 1_000


def take(work: Work, requests: Sequence[Request[Task]]) -> list[list[Transition]]:
    """Carries out requests in their order; returns the transitions of each."""
    made: list[list[Transition]] = []
    for is_small, group in groupby(requests, key=lambda request: _is_small(request.task)):
        some = list(group)
        # The events of several requests are read and written together.
        for together in [some] if is_small else [[request] for request in some]:
            made += _taken(work, together)
            if len(requests) > 1 and work.units[-1].behind:
                raise NotTogether
    return made


def _taken(work: Work, requests: Sequence[Request[Task]]) -> list[list[Transition]]:
    first = len(work.units)
    task = requests[0].task
    if isinstance(task, Calls):
        segment.feed(work, task.steps, requests[0].offsets)
        return [[transition for unit in work.units[first:] for transition in unit.transitions]]
    unit = work.begin()
    if task.is_large:
        for some in task.slices():
            unit.take(some)
            unit.flush()
        unit.write(requests[0].offsets)
        return [unit.transitions]
    slices = [request.task.first for request in requests if isinstance(request.task, Events)]
    unit.take([each for some in slices for each in some])
    unit.write({name: text for request in requests for name, text in request.offsets.items()})
    made, start, fed = [], 0, 0
    for some in slices:
        fed += len(some)
        end = unit.marks[fed - 1] if fed else 0
        made.append(unit.transitions[start:end])
        start = end
    return made


def _is_small(task: Task) -> bool:
    return isinstance(task, Events) and not task.is_large
