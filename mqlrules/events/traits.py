"""Traits: what is known about leads, from a table and from ``identify`` events (section 2)."""

from collections.abc import Iterable, Mapping
from typing import Any

from mqlrules.events.model import Event, Lead, plain_values, shown, valid_lead
from mqlrules.language.instants import EventError
from mqlrules.language.values import is_missing

Traits = Mapping[Lead, Mapping[str, Any]]
LeadTable = Traits | Iterable[Mapping[str, Any]]
"""A table of leads: ``{lead: {trait: value}}``, or rows with ``lead`` and the traits."""


def known(traits: Mapping[str, Any]) -> dict[str, Any]:
    """The traits that are not missing."""
    return {key: value for key, value in traits.items() if not is_missing(value)}


def learn(traits: dict[str, Any], event: Event) -> None:
    """Merges the properties of an ``identify``: they replace known values, key by key; a null removes one."""
    for key, value in event.properties.items():
        if is_missing(value):
            traits.pop(key, None)
        else:
            traits[key] = value


def as_traits(leads: LeadTable | None) -> dict[Lead, dict[str, Any]]:
    """Traits by lead from ``{lead: {trait: value}}``, or from rows with ``lead`` and a key for each trait.

    If a lead has several rows, later ones add to earlier ones. None is no leads. Raises ``EventError`` for a row that
    has no lead, or that isn't a mapping.
    """
    if leads is None:
        return {}
    if isinstance(leads, Mapping):
        return {_lead(lead, lead): plain_values(_mapping(traits)) for lead, traits in leads.items()}
    found: dict[Lead, dict[str, Any]] = {}
    for row in leads:
        traits = plain_values(_mapping(row))
        found.setdefault(_lead(traits.pop("lead", None), row), {}).update(traits)
    return found


def _lead(lead: Any, row: object) -> Lead:
    try:
        return valid_lead(lead)
    except EventError:
        raise EventError(f"a row of leads needs a lead, as text or a whole number: {shown(row)}") from None


def _mapping(row: Any) -> Mapping[str, Any]:
    if not isinstance(row, Mapping):
        raise EventError(f"a row of leads must be a mapping: {shown(row)}")
    return row
