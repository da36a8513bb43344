"""Calls of the Segment spec into an engine: events, and which names are one person.

An anonymous id belongs to the first known user that it came with; an ``alias`` joins two ids, and the newer one is the
name from then on. Two known users who shared a browser stay two leads. So do two names for whose joining it would take
events that have been dropped: that is counted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mqlrules.durable.errors import NotMerged
from mqlrules.durable.rebuilding import merge
from mqlrules.durable.telemetry import LOG
from mqlrules.durable.unit_of_work import Arrival, Unit, arrival
from mqlrules.engine.results import Transition
from mqlrules.events.calls import Call, understood
from mqlrules.events.encoding import lead_to_text
from mqlrules.events.model import Event
from mqlrules.language.instants import EventError


def calls_of(values: Iterable[Mapping[str, Any]]) -> list[Call]:
    """Calls, understood. Raises ``EventError`` for one that is none, with its place among them."""
    found = []
    for number, value in enumerate(values, start=1):
        call = understood(value) if isinstance(value, Mapping) else "no JSON object"
        if not isinstance(call, Call):
            raise EventError(f"call {number} can't be taken: {call}")
        found.append(call)
    return found


def feed(begin: Callable[[], Unit], calls: Sequence[Call], offsets: Mapping[str, str]) -> list[Transition]:
    """Feeds calls, in units of one transaction: a new one wherever two names turn out to be one person."""
    transitions: list[Transition] = []
    waiting: list[Arrival] = []
    unit = begin()

    def write() -> None:
        unit.take(waiting)
        unit.write()
        transitions.extend(unit.transitions)
        waiting.clear()

    for call in calls:
        for previous, name in _joined(call, unit):
            write()
            unit = begin()
            try:
                merge(unit, lead_to_text(previous), lead_to_text(name))
            except NotMerged:
                # Two leads they stay: else this call, and all that come with it, would be refused for ever.
                unit = begin()
                unit.tally(unit.setting.own[0]).unmerged += 1
                LOG.warning("two names stay two leads: events have been dropped that it would take to join them")
            unit.write()
            transitions.extend(unit.transitions)
            unit = begin()
        if call.event is not None:
            lead = call.user or call.anonymous or ""
            waiting.append(arrival(Event(lead, call.at, call.event, call.properties, call.id)))
    unit.take(waiting)
    unit.write(offsets)
    transitions.extend(unit.transitions)
    return transitions


def _joined(call: Call, unit: Unit) -> list[tuple[str, str]]:
    """The names that a call joins, and that are not one lead yet."""
    found = []
    if call.user is not None:
        anonymous = call.anonymous
        if anonymous is not None and anonymous != call.user and not _is_somebodys(anonymous, unit):
            found.append((anonymous, call.user))
        if call.previous is not None and call.previous != call.user:
            found.append((call.previous, call.user))
    return found


def _is_somebodys(name: str, unit: Unit) -> bool:
    text = lead_to_text(name)
    row = unit.transaction.leads([text]).get(text)
    return row is not None and row.merged_into is not None
