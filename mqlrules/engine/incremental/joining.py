"""Functions put together: several conditions, several updates, as one."""

from collections.abc import Iterable

from mqlrules.engine.incremental.state import Cells, Condition, Entry, Evidence, Predicate, Tested, Update


def tested(test: Predicate | bool, update: Update) -> list[Tested]:
    """An update of events that match."""
    if isinstance(test, bool):
        return [(None, update)] if test else []
    return [(test, update)]


def joined(groups: Iterable[tuple[Predicate | None, list[Update]]]) -> Update:
    """One function for what an event moves."""
    steps = list(groups)

    def update(cells: Cells, entry: Entry) -> None:
        properties = entry[2].properties
        for predicate, updates in steps:
            if predicate is None or predicate(properties):
                for each in updates:
                    each(cells, entry)

    return update


def all_hold(conditions: list[Condition]) -> Condition:
    """Holds where all do."""
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
    """Holds where one does."""
    if len(conditions) == 2:
        first, second = conditions
        return lambda cells, now: first(cells, now) or second(cells, now)

    def some(cells: Cells, now: int) -> bool:
        for condition in conditions:  # noqa: SIM110 - a generator here costs more than the conditions
            if condition(cells, now):
                return True
        return False

    return some


def of_the_first_that_holds(operands: list[tuple[Condition, Evidence]]) -> Evidence:
    """The evidence of the first operand that holds."""

    def evidence(cells: Cells, now: int) -> list[Entry]:
        for condition, of in operands:
            if condition(cells, now):
                return of(cells, now)
        return []

    return evidence
