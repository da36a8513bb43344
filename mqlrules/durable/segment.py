"""Segment calls: the events they hold, and the names they join.

An anonymous id belongs to the first known user it came with; an ``alias`` joins two ids under the newer one. Two known
users who shared a browser stay two leads. So do two names whose merge would need dropped events: that is counted.

Where parts read the calls, the part in charge of the anonymous or previous id joins, and the part in charge of the lead
takes the event. So one part alone decides whom an anonymous id belongs to, in the order of the calls.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from mqlrules.durable.errors import NotMerged
from mqlrules.durable.rebuilding import merge
from mqlrules.durable.rows import partition_of
from mqlrules.durable.telemetry import LOG
from mqlrules.durable.unit_of_work import Arrival, Refusal, Unit
from mqlrules.durable.work import Work
from mqlrules.events.calls import Call, understood
from mqlrules.events.encoding import lead_to_text
from mqlrules.events.model import Event, checked_event
from mqlrules.language.instants import EventError


@attrs.frozen
class Join:
    """Two names, as text, of which the first is to mean the second: ``always``, or unless it means somebody already."""

    name: str
    known: str
    always: bool


@attrs.frozen
class Step:
    """What one call asks for: names to join, then an event to take."""

    joins: tuple[Join, ...]
    arrival: Arrival | Refusal | None


def calls_of(values: Iterable[Mapping[str, Any]]) -> list[Call]:
    """Calls that have been understood. Raises ``EventError`` for an invalid one, with its number."""
    return [call_of(value, number) for number, value in enumerate(values, start=1)]


def call_of(value: object, number: int) -> Call:
    """One call. Raises ``EventError``."""
    call = understood(value) if isinstance(value, Mapping) else "not a JSON object"
    if not isinstance(call, Call):
        raise EventError(f"call {number} was rejected: {call}")
    return call


def event_of_call(call: Call) -> Event | None:
    """The event of a call; None for an ``alias``."""
    if call.event is None:
        return None
    return checked_event(call.user or call.anonymous or "", call.at, call.event, call.properties, call.id)


def joins_of(call: Call) -> tuple[Join, ...]:
    """The names that a call joins."""
    if call.user is None:
        return ()
    known = lead_to_text(call.user)
    joined = {call.anonymous: False, call.previous: True}
    return tuple(
        Join(lead_to_text(name), known, always)
        for name, always in joined.items()
        if name is not None and name != call.user
    )


def feed(work: Work, steps: Sequence[Step], offsets: Mapping[str, str]) -> None:
    """Feeds calls in units of one transaction, a new one whenever two names turn out to mean one lead."""
    waiting: list[Arrival | Refusal] = []
    unit = work.begin()
    for step in steps:
        for join in step.joins:
            home = partition_of(join.name, work.setting.count)
            if home not in work.setting.own or (not join.always and _is_merged(join.name, unit)):
                continue
            unit.take(waiting)
            unit.write()
            waiting.clear()
            unit = work.begin()
            try:
                merge(unit, join.name, join.known)
            except NotMerged:
                # They stay two leads: otherwise this call, and all that come with it, would be refused for ever.
                unit = work.begin()
                unit.tally(home).unmerged += 1
                LOG.warning("two names stay two leads, because merging them would need events that were dropped")
            unit.write()
            unit = work.begin()
        if step.arrival is not None and step.arrival.home in work.setting.own:
            waiting.append(step.arrival)
    unit.take(waiting)
    unit.write(offsets)


def _is_merged(name: str, unit: Unit) -> bool:
    row = unit.session.leads([name]).get(name)
    return row is not None and row.merged_into is not None
