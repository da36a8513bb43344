"""What every part of checking asks and tells: names, schemas, lists and zone of the rule set, and what was found."""

import datetime
from collections.abc import Mapping

import attrs

from mqlrules.check.errors import Place
from mqlrules.check.program import Condition, EventSchema, Lifecycle, ListOfValues, Pattern
from mqlrules.check.symbols import Symbols
from mqlrules.language.calendar import Zone
from mqlrules.language.instants import LATEST
from mqlrules.language.names import IDENTIFY, normalise
from mqlrules.language.suggest import Suggestions
from mqlrules.syntax import tree
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source


@attrs.frozen
class RawUse:
    """A raw event named in a condition, a definition or a score."""

    name: str
    phrase: tree.Phrase
    source: Source


@attrs.frozen
class ResolvedPattern:
    """An event pattern: ``size`` counts its alternatives and tests, ``depth`` definitions in one another."""

    pattern: Pattern
    size: int
    depth: int


@attrs.define(eq=False)
class Scope:
    """The rule set that is being checked; parts of it are filled in as they are understood.

    ``lists`` has None for a list that could not be loaded, ``events`` for a definition that is wrong: what uses them is
    left out in silence, since the error has been told. ``compared`` are the raw events that stand alone with a number
    that their count is compared with. ``definitions`` are the event definitions of all files by
    normalised name, ``unsound`` the sources of which parsing could not read everything. ``loose`` are conditions that
    are sound, but stand in something that is not: what they ask is still looked at.
    """

    symbols: Symbols
    diagnostics: list[Diagnostic] = attrs.field(factory=list)
    suggestions: Suggestions = attrs.field(factory=Suggestions)
    lifecycle: Lifecycle = attrs.field(factory=lambda: Lifecycle(()))
    lifecycle_place: Place | None = None
    stages_known: bool = True
    zone: Zone = attrs.field(factory=lambda: Zone("UTC"))
    schemas: Mapping[str, EventSchema] = attrs.field(factory=dict)
    lead_schema: EventSchema | None = None
    lists: dict[str, ListOfValues | None] = attrs.field(factory=dict)
    definitions: dict[str, tuple[Source, tree.EventDefinition]] = attrs.field(factory=dict)
    events: dict[str, ResolvedPattern | None] = attrs.field(factory=dict)
    raw_uses: list[RawUse] = attrs.field(factory=list)
    compared: list[tuple[RawUse, int]] = attrs.field(factory=list)
    loose: list[tuple[Condition, Source]] = attrs.field(factory=list)
    expanded: int = 0
    unsound: frozenset[Source] = frozenset()

    @property
    def stages(self) -> tuple[str, ...]:
        """All stages, the ladder first."""
        return self.lifecycle.ladder + self.lifecycle.outside

    def schema_of(self, event: str | None) -> EventSchema | None:
        """The schema of a raw event by its normalised name; traits are the properties of ``identify``."""
        if event is None:
            return None
        return self.schemas.get(event) or (self.lead_schema if event == IDENTIFY else None)

    def first_instant(self, date: datetime.date) -> int:
        """The first instant of a date in the zone, in microseconds since 1970 UTC."""
        return self.zone.first_instant(date)

    def end_of(self, date: datetime.date) -> int:
        """The instant just after a date in the zone."""
        if date == datetime.date.max:
            return LATEST + 1
        return self.zone.first_instant(date + datetime.timedelta(days=1))


@attrs.frozen
class Here:
    """The place of work: one statement of one source. ``own`` is the normalised name that it defines."""

    scope: Scope
    source: Source
    own: str | None = None

    def place(self, node: tree.Node) -> Place:
        """Where a node is."""
        return self.source, node.span

    def report(self, diagnostic: Diagnostic) -> None:
        """Tell what was found."""
        self.scope.diagnostics.append(diagnostic)

    def leave(self, *conditions: Condition | None) -> None:
        """Keep the sound conditions of something that is wrong, so that all that is wrong is told at once."""
        self.scope.loose.extend((condition, self.source) for condition in conditions if condition is not None)

    def is_own(self, name: str) -> bool:
        """Whether this is the name that is being defined: inside its own definition it means the raw event."""
        return self.own is not None and normalise(name) == self.own
