"""What the store keeps of transitions, and what an application is handed of the outbox and of dead letters."""

import datetime

import attrs

from mqlrules.durable.protocol import TransitionRow, WaitingRow
from mqlrules.engine.results import Transition
from mqlrules.events.encoding import event_from_text, from_text, lead_from_text, plain, to_text
from mqlrules.events.model import Event, Lead
from mqlrules.language.instants import moment


@attrs.frozen
class Pending:
    """A transition that has not been acknowledged. ``id`` is its number in the store, for good."""

    id: int
    transition: Transition


@attrs.frozen
class DeadLetter:
    """An event that came too late to count, and why. ``rebuild`` of its lead takes it in after all."""

    id: int
    event: Event
    reason: str


@attrs.frozen
class Due:
    """A lead for whom something may change at an instant, with no event."""

    lead: Lead
    instant: int

    @property
    def at(self) -> datetime.datetime:
        """When, as an aware datetime in UTC."""
        return moment(self.instant)


@attrs.frozen
class Rebuilt:
    """What came of making a lead anew from its history.

    ``announced`` are transitions that had been made before and stand; ``withdrawn`` those that had been made and are
    none any more; ``new`` those that had not been made: they are in the outbox now. Two transitions are the same if
    stages, instant and rule are; the evidence may have grown.
    """

    lead: Lead
    announced: tuple[Transition, ...] = ()
    withdrawn: tuple[Transition, ...] = ()
    new: tuple[Transition, ...] = ()


def transition_to_text(transition: Transition) -> str:
    """The text of a transition but for its instant."""
    t = transition
    evidence = [[e.at, e.event, e.id, plain(e.properties)] for e in t.evidence]
    return to_text([t.lead, t.from_stage, t.to_stage, t.rule, t.also, evidence, t.fingerprint])


def transition_of(row: TransitionRow) -> Transition:
    """The transition of a row."""
    lead, before, after, rule, also, evidence, fingerprint = from_text(row.body)
    events = [Event(lead, at, name, properties, identity) for at, name, identity, properties in evidence]
    return Transition(lead, before, after, row.instant, rule, also, events, fingerprint)


def event_of(row: WaitingRow) -> Event:
    """The event of a row."""
    return event_from_text(lead_from_text(row.lead), row.at, row.body)
