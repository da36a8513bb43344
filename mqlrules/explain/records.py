"""An explanation as a record of plain values, ready for JSON: the shape that docs/explain.md describes and keeps.

Instants are ISO-8601 text in UTC. Keys are always there; what there is not is null or an empty list.
"""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mqlrules.engine.results import Transition
from mqlrules.events.model import Event
from mqlrules.explain.model import Explanation, Part, RuleExplanation, Step, Suggestion, Verdict
from mqlrules.language.instants import EARLIEST, LATEST, moment

Record = dict[str, Any]


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
        "transitions": [_transition(move) for move in explanation.transitions],
        "rules": [_rule(rule) for rule in explanation.rules],
    }


def iso(instant: int | None) -> str | None:
    """An instant as ISO-8601 text in UTC; one that no calendar has is an end that is not there."""
    if instant is None or not EARLIEST <= instant <= LATEST:
        return None
    return moment(instant).isoformat().replace("+00:00", "Z")


def plain(value: Any) -> Any:
    """A value of a property as JSON can say it: numbers as numbers, times as ISO-8601 text."""
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
            return (
                int(value)
                if value.is_finite() and value == int(value)
                else float(value)
                if (value.is_finite())
                else str(value)
            )
        case datetime.datetime() | datetime.date():
            return value.isoformat().replace("+00:00", "Z")
        case _:
            return str(value)


def event_record(event: Event) -> Record:
    """An event as ``run`` writes one."""
    return {"time": iso(event.at), "event": event.event, "id": event.id}


def _transition(move: Transition) -> Record:
    return {
        "from": move.from_stage,
        "to": move.to_stage,
        "at": iso(move.instant),
        "rule": move.rule,
        "also": list(move.also),
        "evidence": [event_record(event) for event in move.evidence],
    }


def _rule(rule: RuleExplanation) -> Record:
    return {
        "rule": rule.name,
        "description": rule.description,
        "stage": rule.stage,
        "recycle": rule.recycle,
        "verdict": verdict_record(rule.verdict),
        "tree": part_record(rule.tree),
        "fired": [_transition(move) for move in rule.fired],
        "notes": list(rule.notes),
    }


def verdict_record(verdict: Verdict) -> Record:
    """A verdict."""
    return {
        "kind": verdict.kind,
        "sentence": verdict.sentence,
        "since": iso(verdict.since),
        "until": iso(verdict.until),
        "decided_at": iso(verdict.decided_at),
        "evidence": [event_record(event) for event in verdict.evidence],
        "unless": [_step(step) for step in verdict.unless],
        "suggestions": [_suggestion(way) for way in verdict.suggestions],
        "reasons": list(verdict.reasons),
    }


def _suggestion(way: Suggestion) -> Record:
    return {
        "sentence": way.sentence,
        "steps": [_step(step) for step in way.steps],
        "events": [
            {"time": iso(event.at), "event": event.event, "properties": plain(event.properties)} for event in way.events
        ],
        "earliest": iso(way.earliest),
        "before": iso(way.before),
        "holds_at": iso(way.holds_at),
    }


def _step(step: Step) -> Record:
    return {
        "event": step.event.event,
        "properties": plain(step.event.properties),
        "times": step.times,
        "words": step.words,
        "trait": step.trait,
    }


def part_record(part: Part) -> Record:
    """One part of a condition with those below it."""
    return {
        "kind": part.kind,
        "asks": part.asks,
        "value": part.value,
        "holds": part.holds,
        "since": iso(part.since),
        "until": iso(part.until),
        "events": [event_record(event) for event in part.events],
        "window": None if part.window is None else [iso(part.window.start), iso(part.window.end)],
        "spans": [[iso(span.start), iso(span.end)] for span in part.spans],
        "points": None if part.points is None else plain(part.points),
        "parts": [part_record(inner) for inner in part.parts],
    }
