"""What event data holds, as far as rules can be compared with it: names, properties, values, and how long it lasts."""

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from mqlrules.language.names import normalise

VALUES = 1000
"""A property with more different values than this is not compared by value: it is no small set of names."""


@attrs.frozen(eq=False)
class Property:
    """Its texts (None: too many to be a set of names), and whether some value is no text."""

    values: frozenset[str] | None
    others: bool = False


@attrs.frozen(eq=False)
class EventProfile:
    """An event as data spells it, how often it comes, and its properties by name (top level alone)."""

    name: str
    count: int
    properties: Mapping[str, Property]


@attrs.frozen(eq=False)
class Profile:
    """Events by normalised name; ``first`` and ``last`` are microseconds since 1970 UTC (None: no events)."""

    events: Mapping[str, EventProfile]
    first: int | None
    last: int | None


def profile_of(events: Iterable[tuple[str, int, Mapping[str, Any]]]) -> Profile:
    """The profile of events: name, time in microseconds, properties."""
    spelled: dict[str, str] = {}
    counts: dict[str, int] = {}
    found: dict[str, dict[str, tuple[set[str], bool]]] = {}
    first: int | None = None
    last: int | None = None
    for name, time, properties in events:
        key = normalise(name)
        spelled.setdefault(key, name)
        counts[key] = counts.get(key, 0) + 1
        of = found.setdefault(key, {})
        for path, value in properties.items():
            if value is None:
                continue
            values, others = of.get(path) or (set[str](), False)
            if isinstance(value, str):
                if len(values) <= VALUES:
                    values.add(value)
            else:
                others = True
            of[path] = values, others
        first = time if first is None else min(first, time)
        last = time if last is None else max(last, time)
    return Profile(
        {
            key: EventProfile(
                spelled[key],
                counts[key],
                {
                    path: Property(frozenset(values) if len(values) <= VALUES else None, others)
                    for path, (values, others) in of.items()
                },
            )
            for key, of in found.items()
        },
        first,
        last,
    )
