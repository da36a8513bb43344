"""Erasure and access: what a store holds of one person, under all of that person's names."""

from collections.abc import Sequence
from typing import Any

import attrs

from mqlrules.durable.records import event_of, transition_of
from mqlrules.durable.rows import (
    BASES,
    CHECKPOINTS,
    CLAIMS,
    DEAD_LETTERS,
    FLOORS,
    HELD,
    HISTORY,
    LEADS,
    NO_LEAD,
    STANDING,
    TRANSITIONS,
    Changes,
    DeadLetterRow,
    HeldRow,
    LeadRow,
)
from mqlrules.durable.store import Session
from mqlrules.engine.incremental.snapshot import standing
from mqlrules.events.encoding import event_from_text, from_text, lead_from_text, plain
from mqlrules.events.model import Event
from mqlrules.language.instants import moment


@attrs.frozen
class Forgotten:
    """What was erased of a person. ``names`` counts the names; the others count what was stored under them.

    ``scrubbed`` says whether the database files hold no trace of it any more. It is False if another process kept the
    files busy, or the rights for it are missing: call ``scrub`` later.
    """

    names: int
    events: int
    held: int
    dead_letters: int
    transitions: int
    scrubbed: bool = False


@attrs.frozen
class Person:
    """The rows that belong to one person."""

    rows: Sequence[LeadRow]
    """The lead, and the names that were merged into it; empty for a name that the store doesn't know."""
    names: Sequence[str]
    held: Sequence[HeldRow]
    dead_letters: Sequence[DeadLetterRow]


def person(session: Session, name: str, partitions: int) -> Person:
    """The rows of the person that a name belongs to."""
    row = session.resolve(name)
    rows = [] if row is None else [row, *session.aliases(row.number)]
    names = [each.lead for each in rows] or [name]
    # Events under a name that was merged may have been held back in another partition by an older version.
    held = [each for number in range(partitions) for each in session.held(number, None, names)]
    letters = [letter for each in names for letter in session.dead_letters(each)]
    # What wasn't a valid event may still name the person.
    unreadable = [letter for letter in session.dead_letters(NO_LEAD) if any(each in letter.body for each in names)]
    return Person(rows, names, held, [*letters, *unreadable])


def forget(session: Session, name: str, partitions: int) -> Forgotten:
    """Deletes the rows of a person. Their bytes may be left in the database files until these are scrubbed."""
    session.require(range(partitions))
    found = person(session, name, partitions)
    changes = Changes()
    events = transitions = 0
    for row in found.rows:
        for event in session.history(row.number):
            changes.drop(HISTORY, event.seq)
            events += 1
        for transition in session.transitions(row.number):
            changes.drop(TRANSITIONS, transition.id)
            changes.drop(CLAIMS, transition.id)
            transitions += 1
        for table in (LEADS, BASES, CHECKPOINTS, FLOORS):
            changes.drop(table, row.number)
    for held in found.held:
        changes.drop(HELD, held.seq)
    for letter in found.dead_letters:
        changes.drop(DEAD_LETTERS, letter.seq)
    session.write(changes)
    return Forgotten(len(found.rows), events, len(found.held), len(found.dead_letters), transitions)


def export(session: Session, name: str, partitions: int) -> dict[str, Any]:
    """Everything that the store holds of a person, as JSON values."""
    found = person(session, name, partitions)
    row = found.rows[0] if found.rows else None
    lead = lead_from_text(name if row is None else row.lead)
    history = [] if row is None else session.history(row.number)
    transitions = [] if row is None else session.transitions(row.number)
    base = None if row is None else session.base(row.number)
    return {
        "lead": lead,
        "names": [lead_from_text(each) for each in found.names],
        "stage": None if row is None else row.stage,
        "traits": {} if row is None else plain(from_text(row.traits)),
        "events": [_event(event_from_text(lead, event.at, event.body)) for event in history],
        "held": [_event(event_of(held)) for held in found.held],
        "dead_letters": [_letter(letter) for letter in found.dead_letters],
        "transitions": [
            {
                "id": each.id,
                "from_stage": (made := transition_of(each)).from_stage,
                "to_stage": made.to_stage,
                "at": made.at.isoformat(),
                "rule": made.rule,
                "stands": each.status in STANDING,
                "evidence": [_event(event) for event in made.evidence],
            }
            for each in transitions
        ],
        "before_events_kept": None if base is None else _before(base.until, base.state),
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "lead": event.lead,
        "time": event.time.isoformat(),
        "event": event.event,
        "id": event.id,
        "properties": plain(event.properties),
    }


def _letter(letter: DeadLetterRow) -> dict[str, Any]:
    if letter.lead == NO_LEAD:
        return {"value": plain(from_text(letter.body)), "reason": letter.reason}
    return {**_event(event_of(letter)), "reason": letter.reason}


def _before(until: int, state: str) -> dict[str, Any]:
    """What is known of the time whose events were dropped."""
    found = standing(state)
    return {"until": moment(until).isoformat(), "stage": found.stage, "traits": plain(found.traits)}
