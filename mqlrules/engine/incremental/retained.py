"""What the engine holds on to for a lead: every event that can be reached from its cells."""

from collections.abc import Iterator
from typing import Any

from mqlrules.engine.incremental.state import Cells
from mqlrules.events.model import Event


def events_kept(cells: Cells) -> Iterator[Event]:
    """The events that can be reached from a lead's cells, each once."""
    seen: set[int] = set()
    # Cell 0 is the lead itself, in its own cells and in those of its parts.
    stack: list[Any] = list(cells.values()) if isinstance(cells, dict) else list(cells)
    while stack:
        value = stack.pop()
        if id(value) in seen or value is cells[0]:
            continue
        seen.add(id(value))
        match value:
            case Event():
                yield value
            case None | int() | str():
                pass
            case dict():
                stack.extend(value.values())
            case _ if hasattr(value, "__iter__"):
                stack.extend(value)
            case _:
                names = [name for of in type(value).__mro__ for name in getattr(of, "__slots__", ())]
                stack.extend(getattr(value, name) for name in names)
