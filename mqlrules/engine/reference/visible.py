"""The visible history: the one idea behind windows (section 3)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import attrs

from mqlrules.check.program import Pattern, Program, Restriction
from mqlrules.engine.reference.matching import matches
from mqlrules.events.model import Event
from mqlrules.language.values import at_path, identity


class Placed(NamedTuple):
    """An event and its position in the lead's history (section 2)."""

    position: int
    event: Event


@attrs.frozen
class View:
    """The events that a condition is asked of.

    ``known`` is where ``P`` of a restriction and ``X`` of a quiet step are looked up: the lead's history so far, or
    inside ``with same`` the part. ``visible`` are those of them that lie in the visible interval. ``now`` is in
    microseconds since 1970 UTC.
    """

    known: tuple[Placed, ...]
    visible: tuple[Placed, ...]
    now: int

    def matching(self, pattern: Pattern) -> tuple[Placed, ...]:
        """The visible events that match."""
        return tuple(placed for placed in self.visible if matches(pattern, placed.event))

    def narrowed(self, restriction: Restriction) -> "View":
        """The same under one more restriction. Several intersect, so their order never matters (section 3)."""
        return attrs.evolve(self, visible=tuple(placed for placed in self.visible if self._keeps(restriction, placed)))

    def _keeps(self, restriction: Restriction, placed: Placed) -> bool:
        taken = restriction.argument
        argument = self._positions(taken) if isinstance(taken, Pattern) else taken
        return restriction.record.is_visible(placed.event.at, placed.position, self.now, argument)

    def _positions(self, pattern: Pattern) -> list[int]:
        # In the whole history (inside `with same`: in the part), never in a narrowed one (section 3).
        return [placed.position for placed in self.known if matches(pattern, placed.event)]

    def parts(self, path: tuple[str, ...]) -> "list[View]":
        """The lead's events split by the value of a property (section 3).

        Events without it, or with a list or a nested value, belong to no part.
        """
        values: dict[object, set[int]] = {}
        for position, event in self.known:
            value = identity(at_path(event.properties, path))
            if value is not None:
                values.setdefault(value, set()).add(position)
        return [
            attrs.evolve(
                self,
                known=tuple(placed for placed in self.known if placed.position in positions),
                visible=tuple(placed for placed in self.visible if placed.position in positions),
            )
            for positions in values.values()
        ]


@attrs.frozen
class Point:
    """Where rules are evaluated: after an event at its position, or at an instant between events (section 8).

    ``history`` are the events so far that count (after a recycle those at later positions alone), ``traits`` what is
    known of the lead as of now.
    """

    program: Program
    history: tuple[Placed, ...]
    now: int
    traits: Mapping[str, Any]

    def view(self) -> View:
        """With no restriction all events so far are visible (section 3)."""
        return View(self.history, self.history, self.now)
