"""The values that an engine with a store returns, and the text under which transitions are stored."""

import datetime
from typing import Any

import attrs

from mqlrules.durable.rows import NO_LEAD, DeadLetterRow, HeldRow, TransitionRow
from mqlrules.engine.results import Transition
from mqlrules.events.encoding import event_from_text, from_text, lead_from_text, plain, to_text
from mqlrules.events.model import Event, Lead, checked_event
from mqlrules.language.instants import moment


@attrs.frozen
class Pending:
    """A transition in the outbox. Its ``id`` never changes."""

    id: int
    transition: Transition
    attempts: int = 0
    """How often it was claimed with a lease."""
    note: str = ""
    """Why it couldn't be delivered."""


@attrs.frozen
class DeadLetter:
    """What was fed and didn't count, with the reason. ``event`` is None if it wasn't a valid event; then ``value`` is
    what was fed.

    ``rebuild`` of the lead takes a late event in after all.
    """

    id: int
    event: Event | None
    reason: str
    value: Any = None


@attrs.frozen
class Due:
    """A lead for which something may change at an instant without an event."""

    lead: Lead
    instant: int

    @property
    def at(self) -> datetime.datetime:
        """The instant as an aware datetime in UTC."""
        return moment(self.instant)


@attrs.frozen
class Rebuilt:
    """The transitions of a lead that was rebuilt from its history, compared with those made before.

    ``announced`` were made before and still stand. ``withdrawn`` were made before and no longer stand. ``new`` weren't
    made before; they are in the outbox now. Two transitions are the same if their stages, instant and rule are equal;
    the evidence may have grown.
    """

    lead: Lead
    announced: tuple[Transition, ...] = ()
    withdrawn: tuple[Transition, ...] = ()
    new: tuple[Transition, ...] = ()


def transition_to_text(transition: Transition) -> str:
    """The text of a transition without its instant."""
    t = transition
    evidence = [[e.at, e.event, e.id, plain(e.properties)] for e in t.evidence]
    return to_text([t.lead, t.from_stage, t.to_stage, t.rule, t.also, evidence, t.fingerprint])


def transition_of(row: TransitionRow) -> Transition:
    """The transition of a row."""
    lead, before, after, rule, also, evidence, fingerprint = from_text(row.body)
    events = [checked_event(lead, at, name, properties, identity) for at, name, identity, properties in evidence]
    return Transition(lead, before, after, row.instant, rule, also, events, fingerprint)


def event_of(row: HeldRow) -> Event:
    """The event of a row that is held back, or of a dead letter that holds one."""
    return event_from_text(lead_from_text(row.lead), row.at, row.body)


def dead_letter_of(row: DeadLetterRow) -> DeadLetter:
    """The dead letter of a row."""
    if row.lead == NO_LEAD:
        return DeadLetter(row.seq, None, row.reason, from_text(row.body))
    return DeadLetter(row.seq, event_of(row), row.reason)
