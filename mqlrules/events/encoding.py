"""Events and their values as JSON text, and back again exactly: what a store keeps of them.

Text, booleans, numbers and lists of them are JSON as it is. What JSON has no word for is an object with the key ``$``:
``{"$": "decimal", "": "1.50"}``. The text is ASCII: any text of Python survives it, in any database.
"""

import datetime
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mqlrules.events.model import Event, Lead, checked_event
from mqlrules.language.instants import EventError

_SIMPLE = frozenset((str, bool, int, float, type(None)))
_TEXT = frozenset((str,))


DEEPEST = 100
"""How deeply lists and mappings of a property may be nested."""


def plain(value: Any, depth: int = 0) -> Any:
    """A value of a property as something that JSON can say. Raises ``EventError`` for what can't be kept."""
    if type(value) in _SIMPLE or (type(value) is dict and _is_plain(value)):
        return value
    if depth > DEEPEST:
        raise EventError(f"a property is nested more than {DEEPEST} deep, and can't be kept")
    match value:
        case Mapping():
            if all(type(key) is str and key != "$" for key in value):
                return {key: plain(inner, depth + 1) for key, inner in value.items()}
            return _tagged("map", [[plain(key, depth + 1), plain(inner, depth + 1)] for key, inner in value.items()])
        case list():
            return [plain(inner, depth + 1) for inner in value]
        case tuple():
            return _tagged("tuple", [plain(inner, depth + 1) for inner in value])
        case Decimal():
            return _tagged("decimal", str(value))
        case datetime.datetime():
            return _tagged("datetime", value.isoformat())
        case datetime.date():
            return _tagged("date", value.isoformat())
        case bool():
            return bool(value)
        case int():
            return int(value)
        case float():
            return float(value)
        case str():
            return str.__str__(value)
    raise EventError(
        f"a property holds a value of the type {type(value).__name__}, which can't be kept; "
        "give numbers, text, booleans, times, lists of these or nested mappings"
    )


def _is_plain(value: dict[Any, Any]) -> bool:
    """Whether a mapping can go into JSON as it is: so it is for most events."""
    if "$" in value or not _SIMPLE.issuperset(map(type, value.values())):
        return False
    return _TEXT.issuperset(map(type, value))


def _tagged(kind: str, value: Any) -> dict[str, Any]:
    return {"$": kind, "": value}


def _value(found: dict[str, Any]) -> Any:
    """The value of a JSON object; the values in it are made already."""
    match found:
        case {"$": "map", "": pairs}:
            return {key: inner for key, inner in pairs}  # noqa: C416 - pairs are lists
        case {"$": "tuple", "": items}:
            return tuple(items)
        case {"$": "decimal", "": text}:
            return Decimal(text)
        case {"$": "datetime", "": text}:
            return datetime.datetime.fromisoformat(text)
        case {"$": "date", "": text}:
            return datetime.date.fromisoformat(text)
    return found


_encode = json.JSONEncoder(separators=(",", ":")).encode
_decode = json.JSONDecoder(object_hook=_value).decode
_decode_json = json.JSONDecoder().decode


def to_text(value: Any) -> str:
    """JSON text of what ``plain`` makes. Raises ``EventError`` for what can't be kept."""
    try:
        return _encode(value)
    except ValueError as error:
        raise EventError(f"a property can't be kept: {error}") from None


def from_text(text: str) -> Any:
    """What ``to_text`` was given, its values made again."""
    return _decode(text) if '"$"' in text else _decode_json(text)


def properties_to_text(properties: Mapping[str, Any]) -> str:
    """The JSON text of properties or traits. Raises ``EventError`` for what can't be kept."""
    return _kept(properties, properties)


def event_to_text(event: Event) -> str:
    """The JSON text of an event but for its lead and its time: name, id, properties. Raises ``EventError`` for a
    property that can't be kept.
    """
    return _kept([event.event, event.id, event.properties], event.properties)


def _kept(whole: Any, properties: Mapping[str, Any]) -> str:
    return to_text(whole if type(properties) is dict and _is_plain(properties) else plain(whole))


def event_from_text(lead: Lead, at: int, text: str) -> Event:
    """The event that ``event_to_text`` was given."""
    name, identity, properties = from_text(text)
    return checked_event(lead, at, name, properties, identity)


def lead_to_text(lead: Lead) -> str:
    """A lead as text in which 17 and ``"17"`` are two: JSON."""
    return _encode(lead)


def lead_from_text(text: str) -> Lead:
    """The lead that ``lead_to_text`` was given."""
    lead: Lead = _decode_json(text)
    return lead


def identity_of(event: Event) -> str | None:
    """What makes an event a repeated one within its lead (section 2): its normalised name and its id as text; None
    without an id.
    """
    return None if event.id is None else f"[{_encode(event.name)},{_encode(str(event.id))}]"
