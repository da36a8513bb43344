"""Things by the names of the events that concern them."""

from collections.abc import Iterable
from typing import Generic, TypeVar

from mqlrules.check.program import Pattern
from mqlrules.language.names import IDENTIFY

Item = TypeVar("Item")


class ByName(Generic[Item]):
    """Items with the patterns that concern them, found by the name of an event without a look at all the others."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._places: dict[str | None, list[int]] = {}

    def add(self, patterns: Iterable[Pattern], item: Item) -> None:
        """Adds an item that events of these patterns concern."""
        place = len(self._items)
        self._items.append(item)
        for name in {alternative.name for pattern in patterns for alternative in pattern.alternatives}:
            self._places.setdefault(name, []).append(place)

    def of(self, name: str) -> list[Item]:
        """The items that an event of a (normalised) name may concern, in the order in which they were added."""
        places = set(self._places.get(name, ()))
        if name != IDENTIFY:
            places.update(self._places.get(None, ()))
        return [self._items[place] for place in sorted(places)]
