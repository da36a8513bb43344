"""What is odd about a question, held against the events: names, properties and values that no lead ever had.

Most often they are only spelled otherwise, and then nothing ever meets the condition.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import attrs

from mqlrules.check import program as p
from mqlrules.check.walk import tests
from mqlrules.console.terminal import printable
from mqlrules.language.names import IDENTIFY
from mqlrules.language.suggest import closest
from mqlrules.language.values import at_path
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import patterns_of, walk
from mqlrules.profile.unknown_events import asked_for
from mqlrules.repl.data import Data
from mqlrules.repl.values import shown

_VALUES_COMPARED = 1000
"""A property with more different texts than this is no set of names: what is not among them need not be a slip."""


def oddities(data: Data, roots: Sequence[n.Node | n.Score]) -> Iterator[str]:
    """A sentence for each event, property and value that is asked for and that the data does not hold."""
    if data.by_name:
        yield from dict.fromkeys(_of_events(data, roots))
    if data.by_name or data.traits:
        yield from dict.fromkeys(_of_traits(data, roots))


# -- events --------------------------------------------------------------------------------------------------------


def _of_events(data: Data, roots: Sequence[n.Node | n.Score]) -> Iterator[str]:
    for name in asked_for(roots):
        if name not in data.by_name and name != IDENTIFY:
            by_count = sorted(data.by_name, key=lambda key: -len(data.by_name[key]))
            close = closest(name, [data.events[data.by_name[key][0]].event for key in by_count])
            yield f"No event of the data is called `{name}`.{_meant(close)}"
    for pattern in patterns_of(list(roots)):
        for alternative in pattern.alternatives:
            if alternative.name in data.by_name and alternative.where is not None:
                for test in tests(alternative.where):
                    yield from _odd(_of_name(data, alternative.name), test, _nobody(data, alternative.name))
    for node in walk(list(roots)):
        if isinstance(node, n.Aggregate) and node.path is not None:
            for alternative in node.pattern.alternatives:
                if alternative.name in data.by_name:
                    yield from _unheld(_of_name(data, alternative.name), node.path, _nobody(data, alternative.name))


def _of_name(data: Data, name: str | None) -> "Held":
    places = data.by_name[name or ""]
    return Held(lambda: (data.events[place].properties for place in places))


def _nobody(data: Data, name: str | None) -> str:
    """The beginning of a sentence about events of a name that is in the data, as it is spelled there."""
    return f"No `{printable(data.events[data.by_name[name or ''][0]].event)}` has"


def _of_traits(data: Data, roots: Sequence[n.Node | n.Score]) -> Iterator[str]:
    def known() -> Iterator[Any]:
        yield from data.traits.values()
        yield from (data.events[place].properties for place in data.by_name.get(IDENTIFY, ()))

    for node in walk(list(roots)):
        if isinstance(node, n.Trait):
            yield from _odd(Held(known), node.test, "No lead has")


# -- properties and values -----------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class Held:
    """Properties of some events, or traits of leads: each a mapping, gone through as often as is needed."""

    each: Callable[[], Iterable[Any]]


def _odd(held: Held, test: p.Test, nobody: str) -> Iterator[str]:
    unheld = list(_unheld(held, test.path, nobody))
    yield from unheld
    if unheld:
        return
    match test:
        case p.Compare(operator="=", value=str(text), ignoring_case=False):
            yield from _unseen(held, test.path, [text])
        case p.OneOf(values=values, list_name=None, ignoring_case=False):
            yield from _unseen(held, test.path, [value for value in values if isinstance(value, str)])


def _unheld(held: Held, path: tuple[str, ...], nobody: str) -> Iterator[str]:
    """A property that is never there, at any time."""
    if any(at_path(properties, path) is not None for properties in held.each()):
        return
    name = ".".join(path)
    names = {key: None for properties in held.each() for key in properties}
    yield f"{nobody} a value of `{printable(name)}`.{_meant(closest(name, names))}"


def _unseen(held: Held, path: tuple[str, ...], texts: Sequence[str]) -> Iterator[str]:
    """Texts that the property never is."""
    seen: set[str] = set()
    left = set(texts)
    for properties in held.each():
        value = at_path(properties, path)
        if isinstance(value, str) and value not in seen:
            seen.add(value)
            left.discard(value)
            if not left or len(seen) > _VALUES_COMPARED:
                return
    # Without texts it holds something else, such as dates in a text of their own.
    if seen:
        for text in texts:
            if text in left:
                close = closest(text, sorted(seen))
                yield f'`{printable(".".join(path))}` is never "{shown(text)}".{_meant(close, quote=chr(34))}'


def _meant(close: str | None, quote: str = "`") -> str:
    return f" Did you mean {quote}{printable(close)}{quote}?" if close else ""
