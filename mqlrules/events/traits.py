"""Traits: what is known of a lead, from a table and from ``identify`` events (section 2)."""

from collections.abc import Mapping
from typing import Any

from mqlrules.events.model import Event
from mqlrules.language.values import is_missing


def known(table: Mapping[str, Any]) -> dict[str, Any]:
    """The traits that a row of a table gives: those that are not missing."""
    return {key: value for key, value in table.items() if not is_missing(value)}


def learn(traits: dict[str, Any], event: Event) -> None:
    """Merges the properties of an ``identify``: they replace what was known, key by key; a null removes one."""
    for key, value in event.properties.items():
        if is_missing(value):
            traits.pop(key, None)
        else:
            traits[key] = value
