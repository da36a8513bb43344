"""What rules ask for and the data never has: events, properties and values, with close ones that it has.

Most often they are only spelled differently, and then no lead ever meets the condition.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from mqlrules.check import program as p
from mqlrules.check.walk import tests
from mqlrules.console.terminal import printable
from mqlrules.events.model import Event, Lead
from mqlrules.language.names import IDENTIFY
from mqlrules.language.suggest import closest
from mqlrules.language.values import at_path
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import patterns_of, walk
from mqlrules.profile.unknown_events import asked_for

_VALUES_COMPARED = 1000
"""A property with more different texts than this is hardly an enumeration: an unseen text need not be a typo."""

_LONGEST_TEXT = 60


class EventData(Protocol):
    """Events by normalised name, and the traits of a table of leads."""

    @property
    def by_name(self) -> Mapping[str, Sequence[int]]:
        """Something for each event of a name."""

    @property
    def traits(self) -> Mapping[Lead, Mapping[str, Any]]:
        """The traits of each lead."""

    def named(self, name: str) -> list[Event]:
        """The events of a normalised name."""

    def spelling(self, name: str) -> str:
        """A normalised name as the data spells it."""


def oddities(data: EventData, roots: Sequence[n.Node | n.Score]) -> Iterator[str]:
    """A sentence for each event, property and value that is asked for and that the data never has."""
    if data.by_name:
        yield from dict.fromkeys(_of_events(data, roots))
    if data.by_name or data.traits:
        known = [*data.traits.values(), *(event.properties for event in data.named(IDENTIFY))]
        traits = (node.test for node in walk(list(roots)) if isinstance(node, n.Trait))
        yield from dict.fromkeys(line for test in traits for line in _odd(known, test, "No lead has"))


def _of_events(data: EventData, roots: Sequence[n.Node | n.Score]) -> Iterator[str]:
    for name in asked_for(roots):
        if name not in data.by_name and name != IDENTIFY:
            by_count = sorted(data.by_name, key=lambda key: -len(data.by_name[key]))
            yield f"The data has no event `{name}`.{_meant(closest(name, map(data.spelling, by_count)))}"
    for pattern in patterns_of(list(roots)):
        for each in pattern.alternatives:
            if each.name is not None and each.name in data.by_name and each.where is not None:
                for test in tests(each.where):
                    yield from _odd(_properties(data.named(each.name)), test, _no(data, each.name))
    for node in walk(list(roots)):
        if isinstance(node, n.Aggregate) and node.path is not None:
            for each in node.pattern.alternatives:
                if each.name is not None and each.name in data.by_name:
                    yield from _missing(_properties(data.named(each.name)), node.path, _no(data, each.name))


def _properties(events: Sequence[Event]) -> Sequence[Mapping[str, Any]]:
    return [event.properties for event in events]


def _no(data: EventData, name: str) -> str:
    return f"No `{printable(data.spelling(name))}` has"


def _odd(held: Sequence[Mapping[str, Any]], test: p.Test, nobody: str) -> Iterator[str]:
    missing = list(_missing(held, test.path, nobody))
    yield from missing
    if missing:
        return
    match test:
        case p.Compare(operator="=", value=str(text), ignoring_case=False):
            yield from _unseen(held, test.path, [text])
        case p.OneOf(values=values, list_name=None, ignoring_case=False):
            yield from _unseen(held, test.path, [value for value in values if isinstance(value, str)])


def _missing(held: Sequence[Mapping[str, Any]], path: tuple[str, ...], nobody: str) -> Iterator[str]:
    """A property that never has a value."""
    if any(at_path(properties, path) is not None for properties in held):
        return
    name = ".".join(path)
    names = {key: None for properties in held for key in properties}
    yield f"{nobody} a value of `{printable(name)}`.{_meant(closest(name, names))}"


def _unseen(held: Iterable[Mapping[str, Any]], path: tuple[str, ...], texts: Sequence[str]) -> Iterator[str]:
    """Texts that the property never has."""
    seen: set[str] = set()
    left = set(texts)
    for properties in held:
        value = at_path(properties, path)
        if isinstance(value, str) and value not in seen:
            seen.add(value)
            left.discard(value)
            if not left or len(seen) > _VALUES_COMPARED:
                return
    # Without any text it holds something else, such as dates.
    if seen:
        for text in texts:
            if text in left:
                close = closest(text, sorted(seen))
                yield f'`{printable(".".join(path))}` is never "{_cut(text)}".{_meant(close, quote=chr(34))}'


def _meant(close: str | None, quote: str = "`") -> str:
    return f" Did you mean {quote}{printable(close)}{quote}?" if close else ""


def _cut(text: str) -> str:
    text = printable(text)
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"
