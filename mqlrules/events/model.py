"""The event ``(lead, time, name, properties, id?)`` of section 2, and the forms in which callers pass one."""

import datetime
import json
from collections import deque
from collections.abc import Mapping, Sequence
from decimal import Decimal
from operator import index
from typing import Any

import attrs

from mqlrules.language.instants import EventError, microseconds, moment
from mqlrules.language.names import normalise

Lead = str | int
"""The id of a lead."""

PROPERTIES = "properties"
"""The key or column whose own keys are properties."""

_PLAIN = frozenset((str, int, float, bool, type(None), Decimal, datetime.date))
"""Types of values that need no conversion."""

_DEEPEST = 100
_LARGEST = 10**1000
"""Whole numbers of more digits name no lead and no event."""


def valid_lead(lead: Any) -> Lead:
    """A lead as text or a whole number. Raises ``EventError`` for anything else."""
    if isinstance(lead, str):
        if lead and not lead.isspace():
            return lead if type(lead) is str else str(lead)
    elif type(lead) is int:
        if -_LARGEST < lead < _LARGEST:
            return lead
    elif not isinstance(lead, (int, float)) and hasattr(lead, "__index__"):
        return index(lead)  # the whole numbers of NumPy
    raise EventError(f"an event needs a lead, as text or a whole number, not {shown(lead)}")


def _name(name: Any) -> str:
    if isinstance(name, str):
        return name if type(name) is str else str(name)
    raise EventError(f"an event needs a name, as text, not {shown(name)}")


def _id(id: Any) -> str | int | None:
    """An id; None for a missing or blank one."""
    if id is None or (type(id) is int and -_LARGEST < id < _LARGEST):
        return id
    if isinstance(id, str):
        if not id or id.isspace():
            return None
        return id if type(id) is str else str(id)
    if not isinstance(id, (bool, float, int)) and hasattr(id, "__index__"):
        return index(id)
    if id != id:  # an empty cell of a data frame
        return None
    raise EventError(f"an event's id is text or a whole number, not {shown(id)}")


@attrs.frozen(eq=True, hash=False)
class Event:
    """Something that a lead did.

    ``time`` may be an aware datetime, ISO-8601 text, a date, or whole microseconds since 1970 UTC; it is kept as
    microseconds in ``at``. ``event`` is the name as it was sent; ``name`` is its normalised form, by which names are
    compared. ``properties`` are numbers, text, booleans, times, lists of these and nested mappings; None and NaN are
    missing. A blank ``id`` is no id. Raises ``EventError`` for a value that can't be used.
    """

    lead: Lead = attrs.field(converter=valid_lead)
    at: int = attrs.field(alias="time", converter=microseconds)
    event: str = attrs.field(converter=_name)
    properties: Mapping[str, Any] = attrs.field(factory=dict)
    id: str | int | None = attrs.field(default=None, converter=_id)
    name: str = attrs.field(init=False, eq=False, repr=False)

    @name.default
    def _normalised(self) -> str:
        if name := normalise(self.event):
            return name
        raise EventError(f"an event needs a name, as text, not {shown(self.event)}")

    @property
    def time(self) -> datetime.datetime:
        """When it happened, as an aware datetime in UTC."""
        return moment(self.at)


_FIELDS = ("lead", "at", "event", "properties", "id", "name")
_SETTERS = tuple(getattr(Event, field).__set__ for field in _FIELDS)


def checked_event(lead: Lead, at: int, event: str, properties: Mapping[str, Any], id: str | int | None = None) -> Event:
    """An event from values that have been checked before: from a store, a history, a test block."""
    made = object.__new__(Event)
    for setter, value in zip(_SETTERS, (lead, at, event, properties, id, normalise(event)), strict=True):
        setter(made, value)
    return made


def events_from_columns(
    leads: Sequence[Lead],
    times: Sequence[int],
    events: Sequence[str],
    properties: Sequence[Mapping[str, Any]],
    ids: Sequence[str | int | None],
) -> list[Event]:
    """Events from columns of equal length that a reader has checked; times are microseconds since 1970 UTC.

    Equivalent to ``Event(...)`` for each row, in half the time: it sets one field of all events after another.
    """
    made = [object.__new__(Event) for _ in leads]
    for setter, column in zip(_SETTERS, (leads, times, events, properties, ids, map(normalise, events)), strict=True):
        deque(map(setter, made, column), maxlen=0)
    return made


def as_event(value: "Event | Mapping[str, Any]") -> Event:
    """An event from an ``Event``, or from a mapping with ``lead``, ``time``, ``event`` and optional ``id``.

    All other keys are properties; a mapping called ``properties``, or JSON text of one, is opened, as in a file.
    NumPy's scalars become Python's. Raises ``EventError`` with what is missing or wrong.
    """
    if isinstance(value, Event):
        return value
    try:
        properties = dict(value)
        lead, time, event = properties.pop("lead"), properties.pop("time"), properties.pop("event")
    except (KeyError, TypeError, ValueError):
        raise EventError(f"an event needs lead, time and event: {shown(value)}") from None
    id = properties.pop("id", None)
    if PROPERTIES in properties:
        properties = _opened(properties)
    if not _PLAIN.issuperset(map(type, properties.values())):
        properties = plain_values(properties)
    try:
        return Event(lead, time, event, properties, id)
    except EventError as error:
        if str(error).startswith("an event needs"):
            raise EventError(f"{str(error).partition(', not ')[0]}: {shown(value)}") from None
        raise


def _opened(properties: dict[str, Any]) -> dict[str, Any]:
    """Properties with those inside ``properties`` beside them; one at the top level counts first."""
    inside = properties[PROPERTIES]
    if isinstance(inside, str) and inside.lstrip().startswith("{"):
        try:
            inside = json.loads(inside)
        except (ValueError, RecursionError) as error:
            raise EventError(f"{PROPERTIES} isn't valid JSON: {error}") from None
    if not isinstance(inside, Mapping):
        return properties
    rest = {key: value for key, value in properties.items() if key != PROPERTIES}
    return {**inside, **{key: value for key, value in rest.items() if value is not None or key not in inside}}


def plain_values(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties or traits with NumPy's scalars as Python's. Raises ``EventError`` for a datetime without a zone."""
    return {key: _converted(value) for key, value in properties.items()}


def _converted(value: Any, depth: int = 0) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, datetime.datetime):
        if value == value and value.tzinfo is None:
            raise EventError(f"the datetime {value.isoformat()} in a property has no time zone")
        return value if value == value else None
    if depth > _DEEPEST:
        raise EventError(f"a property is nested more than {_DEEPEST} deep")
    if isinstance(value, Mapping):
        return {key: _converted(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_converted(inner, depth + 1) for inner in value]
    kind = type(value)
    if kind.__module__ == "numpy" and hasattr(value, "tolist"):
        plain = value.tolist()
        if kind.__name__ == "datetime64" and plain is not None:
            raise EventError(f"the time {value} in a property has no time zone")
        return _converted(plain, depth + 1)
    return None if kind.__name__ in ("NAType", "NaTType") else value


def shown(value: object) -> str:
    """A value as a message shows it."""
    try:
        text = repr(value)
    except ValueError:  # a whole number with more digits than Python prints
        return "a number of too many digits"
    return text if len(text) <= 120 else text[:117] + "..."
