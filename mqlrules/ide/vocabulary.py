"""Everything that a rule text can name: what a program defines, speaks of and declares, and what data holds."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import attrs

from mqlrules.check import program as p
from mqlrules.check.walk import nodes, tests
from mqlrules.language.names import IDENTIFY, normalise
from mqlrules.profile.catalogue import NOTHING, Catalogue
from mqlrules.syntax import grammar, tree
from mqlrules.syntax.parse import parse_condition
from mqlrules.syntax.unparse import quoted
from mqlrules.text.source import Source


@attrs.frozen
class Property:
    """What is known of a property: its type by the schema, and texts that it has in data or is compared with."""

    type: p.PropertyType | None = None
    values: tuple[str, ...] = ()


Properties = Mapping[str, Property]
"""By path, its parts joined with dots."""


@attrs.frozen(eq=False)
class RawEvent:
    """An event as it is sent. ``count`` is how often it comes in data (None: not known)."""

    name: str
    properties: Properties
    count: int | None = None


@attrs.frozen(eq=False)
class Vocabulary:
    """What can be named. ``events`` are the raw ones by normalised name; definitions are those of the program."""

    program: p.Program
    events: Mapping[str, RawEvent]
    traits: Properties

    def raw_events_of(self, phrase: str) -> Sequence[RawEvent]:
        """The raw events that a phrase stands for (a quoted one with its quotes); all of them for ``activity``."""
        key = normalise(phrase.strip('"'))
        definition = None if phrase.startswith('"') else self.program.events.get(key)
        if definition is not None:
            names = [alternative.name for alternative in definition.pattern.alternatives]
        else:
            names = [None if key == "activity" and not phrase.startswith('"') else key]
        if None in names:
            return list(self.events.values())
        return [self.events[name] for name in names if name is not None and name in self.events]


def vocabulary(program: p.Program, catalogue: Catalogue = NOTHING) -> Vocabulary:
    """The words of a rule set and of the data beside it."""
    found = _Found()
    for node in nodes((program.rules, program.segments, program.scores, program.events)):
        found.see(node)
    for key, schema in program.schemas.items():
        found.declare(key, schema)
    if program.lead_schema is not None:
        found.declare(IDENTIFY, program.lead_schema)
    for key, entry in catalogue.events.items():
        found.names[key] = entry.name
        found.counts[key] = entry.count
        found.hold(key, entry.properties)
    found.hold(IDENTIFY, catalogue.traits)
    events = {
        key: RawEvent(name, found.of(key), found.counts.get(key))
        for key, name in found.names.items()
        if key != IDENTIFY
    }
    return Vocabulary(program, events, found.of(IDENTIFY))


@attrs.define(eq=False)
class _Found:
    names: dict[str, str] = attrs.field(factory=dict)
    counts: dict[str, int] = attrs.field(factory=dict)
    types: dict[str, dict[str, p.PropertyType | None]] = attrs.field(factory=dict)
    values: dict[tuple[str, str], dict[str, None]] = attrs.field(factory=dict)

    def see(self, node: Any) -> None:
        match node:
            case p.Pattern(alternatives=alternatives, written=written):
                for event in written:
                    if event.name is not None and not event.defined:
                        self.names.setdefault(normalise(event.name), event.name)
                for alternative in alternatives:
                    if alternative.name is not None:
                        for test in tests(alternative.where):
                            self._compared(alternative.name, test)
            case p.Aggregate(path=tuple(path), pattern=pattern):
                for alternative in pattern.alternatives:
                    if alternative.name is not None:
                        self._named(alternative.name, path)
            case p.Trait(test=test):
                self._compared(IDENTIFY, test)

    def declare(self, key: str, schema: p.EventSchema) -> None:
        self.names.setdefault(key, schema.name)
        self.types.setdefault(key, {}).update(schema.properties)

    def hold(self, key: str, properties: Mapping[str, Iterable[str]]) -> None:
        for path, values in properties.items():
            self.types.setdefault(key, {}).setdefault(path, None)
            self.values[key, path] = dict.fromkeys(values) | self.values.get((key, path), {})

    def of(self, key: str) -> Properties:
        return {
            path: Property(type_, tuple(self.values.get((key, path), ())))
            for path, type_ in self.types.get(key, {}).items()
        }

    def _compared(self, key: str, test: p.Test) -> None:
        self._named(key, test.path)
        texts: Sequence[Any] = ()
        match test:
            case p.Compare(value=str(text)):
                texts = [text]
            case p.OneOf(values=values, list_name=None):
                texts = values
        known = self.values.setdefault((key, ".".join(test.path)), {})
        known.update(dict.fromkeys(text for text in texts if isinstance(text, str)))

    def _named(self, key: str, path: tuple[str, ...]) -> None:
        self.types.setdefault(key, {}).setdefault(".".join(path), None)


# -- how names are written -----------------------------------------------------------------------------------------


@lru_cache(maxsize=16384)
def spelled_event(name: str) -> str:
    """A raw event's name as a condition writes it: in plain words if they can, else as a string."""
    parsed, wrong = parse_condition(Source("", name))
    match parsed:
        case tree.Occurrence(pattern=tree.EventPattern(phrase=tree.Phrase(quoted=False) as phrase, where=None)) if (
            not wrong and parsed.operator is None and normalise(phrase.text) == normalise(name)
        ):
            return name
    return quoted(name)


def spelled_path(path: str) -> str:
    """A property's path as rules write it: a part that is no word stands in quotes."""
    shapes = grammar.vocabulary().shapes
    parts = []
    for part in path.split("."):
        found = shapes.fullmatch(part)
        parts.append(part if found is not None and found.lastgroup == "NAME" else quoted(part))
    return ".".join(parts)
