"""Which functions an event of a name calls, and several functions called as one."""

from collections.abc import Iterable
from typing import Generic, TypeVar

from mqlrules.check.program import Pattern
from mqlrules.engine.incremental.state import Cells, Condition, Entry, Evidence, Held, Predicate, Tested, Update
from mqlrules.language.names import IDENTIFY

Item = TypeVar("Item")

Group = tuple[Predicate | None, list[Update]]
"""Updates, and what an event's properties must meet for them (None: nothing)."""


class ByName(Generic[Item]):
    """Items with the patterns that concern them, found by the name of an event without looking at the others."""

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


def tested(test: Predicate | bool, update: Update) -> list[Tested]:
    """An update of events that match."""
    if isinstance(test, bool):
        return [(None, update)] if test else []
    return [(test, update)]


def joined(groups: Iterable[Group]) -> Update:
    """One function for everything that an event moves."""
    steps = list(groups)

    def update(cells: Cells, entry: Entry) -> None:
        properties = entry[2].properties
        for predicate, updates in steps:
            if predicate is None or predicate(properties):
                for each in updates:
                    each(cells, entry)

    return update


def all_hold(conditions: list[Condition]) -> Condition:
    """Holds where every condition holds."""
    if len(conditions) == 2:
        first, second = conditions
        return lambda cells, now: first(cells, now) and second(cells, now)
    if len(conditions) == 3:
        first, second, third = conditions
        return lambda cells, now: first(cells, now) and second(cells, now) and third(cells, now)

    def every(cells: Cells, now: int) -> bool:
        for condition in conditions:  # noqa: SIM110 - a generator here costs more than the conditions
            if not condition(cells, now):
                return False
        return True

    return every


def any_holds(conditions: list[Condition]) -> Condition:
    """Holds where one condition holds."""
    if len(conditions) == 2:
        first, second = conditions
        return lambda cells, now: first(cells, now) or second(cells, now)

    def some(cells: Cells, now: int) -> bool:
        for condition in conditions:  # noqa: SIM110 - a generator here costs more than the conditions
            if condition(cells, now):
                return True
        return False

    return some


def nothing(cells: Cells, now: int) -> list[Held]:
    """The evidence of a condition that has none."""
    return []


def union(each: list[Evidence]) -> Evidence:
    """The evidence of several conditions together."""
    return lambda cells, now: [held for of in each for held in of(cells, now)]


def of_the_first_that_holds(operands: list[tuple[Condition, Evidence]]) -> Evidence:
    """The evidence of the first operand that holds."""

    def evidence(cells: Cells, now: int) -> list[Held]:
        for condition, of in operands:
            if condition(cells, now):
                return of(cells, now)
        return []

    return evidence
