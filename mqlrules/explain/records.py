"""An explanation as plain values for JSON: the shape that docs/explain.md documents.

Instants are ISO-8601 text in UTC. Every key is always there; what is missing is null or an empty list.
"""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from mqlrules.engine.results import Transition
from mqlrules.events.model import Event
from mqlrules.explain.model import RuleExplanation, Span, Step, Suggestion
from mqlrules.explain.pages import Explanation
from mqlrules.language.instants import EARLIEST, LATEST, moment

Record = dict[str, Any]

_INSTANTS = {"since", "until", "decided_at", "earliest", "before", "holds_at"}
"""The fields that are instants."""


def record(explanation: Explanation) -> Record:
    """The whole explanation."""
    return {
        "lead": explanation.lead,
        "at": iso(explanation.instant),
        "stage": explanation.stage,
        "stage_since": iso(explanation.stage_since),
        "timezone": explanation.timezone,
        "events": len(explanation.events),
        "traits": plain(explanation.traits),
        "notes": list(explanation.notes),
        "transitions": plain(explanation.transitions),
        "rules": plain(explanation.rules),
    }


def iso(instant: int | None) -> str | None:
    """An instant as ISO-8601 text in UTC; null for None and for instants outside the calendar."""
    if instant is None or not EARLIEST <= instant <= LATEST:
        return None
    return moment(instant).isoformat().replace("+00:00", "Z")


def plain(value: Any) -> Any:
    """A value as JSON can say it: numbers as numbers, times as ISO-8601 text, parts of an explanation as objects."""
    match value:
        case Mapping():
            return {str(key): plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case float() if value != value or value in (float("inf"), float("-inf")):
            return None if value != value else str(value)
        case bool() | int() | float() | str() | None:
            return value
        case Decimal():
            if not value.is_finite():
                return str(value)
            return int(value) if value == int(value) else float(value)
        case datetime.datetime() | datetime.date():
            return value.isoformat().replace("+00:00", "Z")
        case Event():
            return {"time": iso(value.at), "event": value.event, "id": value.id}
        case Transition():
            return {
                "from_stage": value.from_stage,
                "to_stage": value.to_stage,
                "at": iso(value.instant),
                "rule": value.rule,
                "also": list(value.also),
                "evidence": plain(value.evidence),
            }
        case Span():
            return [iso(value.start), iso(value.end)]
        case Step():
            happens = {"event": value.event.event, "properties": plain(value.event.properties)}
            return happens | {"times": value.times, "words": value.words, "trait": value.trait}
        case Suggestion():
            events = [
                {"time": iso(event.at), "event": event.event, "properties": plain(event.properties)}
                for event in value.events
            ]
            return _fields(value) | {"events": events}
        case RuleExplanation():
            return {"rule": value.name, **_fields(value, without="name")}
        case _ if attrs.has(type(value)):
            return _fields(value)
        case _:
            return str(value)


def _fields(value: Any, without: str = "") -> Record:
    names = [field.name for field in attrs.fields(type(value)) if field.name != without]
    return {name: iso(getattr(value, name)) if name in _INSTANTS else plain(getattr(value, name)) for name in names}
