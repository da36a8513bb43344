"""From events in any order to each lead's history (section 2)."""

from collections.abc import Iterable, Mapping
from typing import Any

from mqlrules.events.model import Event, Lead, as_event


def gather(
    events: Iterable[Event | Mapping[str, Any]], as_of: int | None
) -> tuple[dict[Lead, list[Event]], int | None]:
    """Each lead's history, and the instant at which evaluation ends: ``as_of``, or the time of the last event of the
    input.

    A history is in order of time, events at the same time in order of arrival; of several events with one id and one
    name the first counts, the others do not exist (ids compare as text); neither do events after ``as_of``. Without
    events and without ``as_of`` the end is None. Raises ``EventError`` for an event that can't be read.
    """
    arrived: dict[Lead, list[Event]] = {}
    latest: int | None = None
    for value in events:
        event = as_event(value)
        if latest is None or event.at > latest:
            latest = event.at
        if as_of is None or event.at <= as_of:
            of_lead = arrived.get(event.lead)
            if of_lead is None:
                arrived[event.lead] = [event]
            else:
                of_lead.append(event)
    return {lead: in_history_order(of_lead) for lead, of_lead in arrived.items()}, latest if as_of is None else as_of


def in_history_order(arrived: list[Event]) -> list[Event]:
    """One lead's events as a history: by time, then arrival, repeated ids left out."""
    history = sorted(arrived, key=lambda event: event.at)
    if all(event.id is None for event in history):
        return history
    seen: set[tuple[str, str]] = set()
    kept = []
    for event in history:
        if event.id is not None:
            key = (event.name, str(event.id))
            if key in seen:
                continue
            seen.add(key)
        kept.append(event)
    return kept


def by_lead(lead: Lead) -> tuple[bool, Lead]:
    """The order of leads: numbers before text, each in its own order."""
    return isinstance(lead, str), lead
