"""What event data holds, as far as prompts and editors offer it: names, properties, values."""

from collections.abc import Mapping

import attrs

from mqlrules.language.names import IDENTIFY
from mqlrules.profile.profile import EventProfile, Profile

VALUES = 100
"""So many values of a property are offered; one with more of them is no small set of names."""


@attrs.frozen(eq=False)
class EventEntry:
    """An event as data spells it, how often it comes, and the texts of its properties (none: no texts, or too many)."""

    name: str
    count: int
    properties: Mapping[str, tuple[str, ...]]


@attrs.frozen(eq=False)
class Catalogue:
    """``events`` go by normalised name; ``traits`` are the properties of leads with their texts."""

    events: Mapping[str, EventEntry] = attrs.field(factory=dict)
    traits: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)


NOTHING = Catalogue()


def catalogue_of(profile: Profile) -> Catalogue:
    """The catalogue of event data that the linter's profile tells of."""
    entries = {key: EventEntry(event.name, event.count, _texts(event)) for key, event in profile.events.items()}
    identify = entries.pop(IDENTIFY, None)
    return Catalogue(entries, {} if identify is None else identify.properties)


def _texts(event: EventProfile) -> dict[str, tuple[str, ...]]:
    return {
        path: tuple(sorted(held.values)) if held.values is not None and len(held.values) <= VALUES else ()
        for path, held in event.properties.items()
    }
