"""The event: ``(lead, time, name, properties, id?)`` of section 2, and the forms in which callers hand it in."""

import datetime
import re
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from mqlrules.events.names import normalise

Lead = str | int
"""How a lead is named."""

Time = datetime.datetime | str | int
"""An instant: an aware datetime, ISO-8601 text, or microseconds since 1970 UTC. Without an offset it is UTC."""

UTC = datetime.UTC
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)

EARLIEST = -62_135_596_800_000_000
LATEST = 253_402_300_799_999_999
"""The instants of the years 1 to 9999, in microseconds since 1970 UTC: what a datetime can say."""


class EventError(ValueError):
    """An event that can't be read: no lead, no time, no name, or a time that is no time."""


_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|z|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII
)


def parse_time(text: str) -> int:
    """Microseconds since 1970 UTC of ISO-8601 text; a date alone is midnight UTC, finer digits are cut off.

    Raises ``EventError`` for anything else.
    """
    if len(text) == 20 and text[19] == "Z" and text[4] == text[7] == "-" and text[10] == "T" and text[13] == ":":
        # The shape that most systems write, read without a regular expression.
        try:
            return (datetime.datetime.fromisoformat(text) - EPOCH) // _MICROSECOND
        except ValueError:
            return _parse_any_time(text)
    return _parse_any_time(text)


def _parse_any_time(text: str) -> int:
    match = _ISO.fullmatch(text.strip())
    if match is None:
        raise EventError(f"{text!r} is no time; write it as 2026-01-31T09:30:00Z")
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        moment = datetime.datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")), UTC,
        )  # fmt: skip
    except ValueError as error:
        raise EventError(f"{text!r} is no time: {error}") from None
    microseconds = (moment - EPOCH) // _MICROSECOND
    if offset and offset not in "Zz":
        hours, minutes = int(offset[1:3]), int(offset[-2:]) if len(offset) > 3 else 0
        if hours > 23 or minutes > 59:
            raise EventError(f"{text!r} is no time: there is no offset {offset}")
        shift = (hours * 60 + minutes) * 60_000_000
        microseconds += shift if offset[0] == "-" else -shift
    return _in_range(microseconds, text)


def microseconds(time: Time) -> int:
    """Microseconds since 1970 UTC of any form of time. Raises ``EventError`` for what is no time."""
    if type(time) is int:
        return _in_range(time, time)
    if isinstance(time, datetime.datetime):
        if time.tzinfo is None:
            time = time.replace(tzinfo=UTC)
        return (time - EPOCH) // _MICROSECOND
    if isinstance(time, str):
        return parse_time(time)
    raise EventError(
        f"{time!r} is no time; give an aware datetime, ISO-8601 text, or whole microseconds since 1970 UTC"
    )


def moment(microseconds: int) -> datetime.datetime:
    """The aware datetime (UTC) of an instant."""
    return EPOCH + datetime.timedelta(microseconds=microseconds)


def _in_range(microseconds: int, shown: object) -> int:
    if EARLIEST <= microseconds <= LATEST:
        return microseconds
    raise EventError(f"{shown!r} is outside the years 1 to 9999; times as numbers are microseconds since 1970 UTC")


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
