"""Traits: what is known of leads, from a table and from ``identify`` events (section 2)."""

from collections.abc import Iterable, Mapping
from typing import Any

from mqlrules.events.model import Event, Lead
from mqlrules.language.instants import EventError
from mqlrules.language.values import is_missing

Traits = Mapping[Lead, Mapping[str, Any]]
LeadTable = Traits | Iterable[Mapping[str, Any]]
"""A table of leads: ``{lead: {trait: value}}``, or rows with ``lead`` and the traits."""


def known(traits: Mapping[str, Any]) -> dict[str, Any]:
    """The traits that are not missing."""
    return {key: value for key, value in traits.items() if not is_missing(value)}


def learn(traits: dict[str, Any], event: Event) -> None:
    """Merges the properties of an ``identify``: they replace what was known, key by key; a null removes one."""
    for key, value in event.properties.items():
        if is_missing(value):
            traits.pop(key, None)
        else:
            traits[key] = value


def as_traits(
    leads: LeadTable | None,
) -> dict[Lead, dict[str, Any]]:
    """Traits by lead from ``{lead: {trait: value}}``, or from rows with ``lead`` and a key for each trait.

    Of several rows of one lead the later ones add to the earlier ones. None is no leads. Raises ``EventError`` for a
    row that has no lead, or that is no mapping.
    """
    if leads is None:
        return {}
    if isinstance(leads, Mapping):
        return {_lead(lead, lead): dict(_mapping(traits)) for lead, traits in leads.items()}
    found: dict[Lead, dict[str, Any]] = {}
    for row in leads:
        lead = _lead(_mapping(row).get("lead"), row)
        found.setdefault(lead, {}).update((key, value) for key, value in row.items() if key != "lead")
    return found


def _lead(lead: Any, shown: object) -> Lead:
    if type(lead) not in (str, int) or lead == "":
        raise EventError(f"a row of leads needs a lead, as text or a whole number: {_short(shown)}")
    return lead  # type: ignore[no-any-return]


def _mapping(row: Any) -> Mapping[str, Any]:
    if not isinstance(row, Mapping):
        raise EventError(f"a row of leads must be a mapping: {_short(row)}")
    return row


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 120 else shown[:117] + "..."
