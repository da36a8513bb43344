"""The event: ``(lead, time, name, properties, id?)`` of section 2, and the forms in which callers hand it in."""

import datetime
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from mqlrules.language.instants import EventError, microseconds, moment
from mqlrules.language.names import normalise

Lead = str | int
"""How a lead is named."""


@attrs.frozen(eq=True, hash=False)
class Event:
    """Something that a lead did.

    ``time`` may be an aware datetime, ISO-8601 text, or whole microseconds since 1970 UTC; it is kept as microseconds
    in ``at``. ``event`` is the name as it was sent; ``name`` is its normalised form, in which names are compared.
    ``properties`` are numbers, text, booleans, times, lists of these, nested mappings; None and NaN are missing.
    Raises ``EventError`` for a time that is no time.
    """

    lead: Lead
    at: int = attrs.field(alias="time", converter=microseconds)
    event: str
    properties: Mapping[str, Any] = attrs.field(factory=dict)
    id: str | int | None = None
    name: str = attrs.field(init=False, eq=False, repr=False)

    @name.default
    def _name(self) -> str:
        return normalise(self.event)

    @property
    def time(self) -> datetime.datetime:
        """When it happened, as an aware datetime in UTC."""
        return moment(self.at)


_FIELDS = ("lead", "at", "event", "properties", "id", "name")


def events_from_columns(
    leads: Sequence[Lead],
    times: Sequence[int],
    events: Sequence[str],
    properties: Sequence[Mapping[str, Any]],
    ids: Sequence[str | int | None],
) -> list[Event]:
    """Events from columns of equal length that a reader has already checked; times are microseconds since 1970 UTC.

    Does what ``Event(...)`` does, row by row, in half the time: it sets one field of all events after another.
    """
    made = [object.__new__(Event) for _ in leads]
    columns = (leads, times, events, properties, ids, map(normalise, events))
    for field, column in zip(_FIELDS, columns, strict=True):
        deque(map(getattr(Event, field).__set__, made, column), maxlen=0)
    return made


_OWN_KEYS = frozenset(("lead", "time", "event", "id"))


def as_event(value: "Event | Mapping[str, Any]") -> Event:
    """An event from an ``Event``, or from a mapping with ``lead``, ``time``, ``event`` and optional ``id``.

    Other keys are properties. Raises ``EventError`` with what is missing or wrong.
    """
    if isinstance(value, Event):
        return value
    try:
        lead, time, event = value["lead"], value["time"], value["event"]
    except (KeyError, TypeError):
        raise EventError(f"an event needs lead, time and event: {_shown(value)}") from None
    if type(lead) not in (str, int) or lead == "":
        raise EventError(f"an event needs a lead, as text or a whole number: {_shown(value)}")
    if not isinstance(event, str) or not event:
        raise EventError(f"an event needs a name, as text: {_shown(value)}")
    identity = value.get("id")
    if identity is not None and type(identity) not in (str, int):
        if identity == identity:
            raise EventError(f"an event's id is text or a whole number: {_shown(value)}")
        # A data frame's empty cell may come as NaN.
        identity = None
    properties = {key: value[key] for key in value if key not in _OWN_KEYS}
    return Event(lead, time, event, properties, identity)


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 120 else shown[:117] + "..."
