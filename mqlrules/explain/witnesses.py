"""Concrete events that match a pattern, and traits that pass a test: what suggestions are made of.

Values are guessed from the literals of the tests, and each guess is checked with the language itself. If no guess
passes, there is no witness.
"""

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice, product
from typing import Any

import attrs

from mqlrules.check import program as p
from mqlrules.check.walk import nodes
from mqlrules.engine.reference.matching import matches, meets
from mqlrules.events.model import Event, checked_event
from mqlrules.explain.events import events, said_of
from mqlrules.explain.wording import data
from mqlrules.language.instants import EARLIEST, LATEST, moment
from mqlrules.language.names import IDENTIFY, normalise
from mqlrules.language.operators import OPPOSITE
from mqlrules.language.values import DateLiteral, InstantLiteral, Literal, at_path

Path = tuple[str, ...]
Properties = dict[str, Any]
Demand = tuple[p.Test, bool]
"""A test, and whether it must be passed or failed."""

MISSING = object()
"""The value of a property that is not there."""

_KEPT = 10_000
"""How many answers are kept: the values that split leads are unlimited."""

_ALTERNATIVES = 24
"""How many ways through ``and`` and ``or`` are examined."""

_GUESSES = 400
"""How many guesses are made for one property."""

_UNLIKE = ("x", "other", 1, 0, -1, True, False)
_OF_TYPE = {"number": 1, "boolean": True, "duration": 60, "time": "2026-01-01", "list": ["x"]}


@attrs.frozen(eq=False)
class Spec:
    """An event that could happen: its name, its properties, and what the author calls it.

    ``given`` are values that were asked for in addition to the pattern's own. ``bounds`` says of some of them that any
    value that is ``at least`` or ``at most`` this one will do.
    """

    name: str
    properties: Properties
    words: str
    trait: bool = False
    given: tuple[tuple[Path, Any], ...] = ()
    bounds: Mapping[Path, str] = attrs.field(factory=dict)

    def event(self, lead: Any, at: int) -> Event:
        """The event itself."""
        return checked_event(lead, at, self.name, self.properties)

    def bounded(self, path: Path, bound: str) -> "Spec":
        """The same event, of which other amounts will do too."""
        return attrs.evolve(self, bounds={**self.bounds, path: bound})

    def having(self, path: Path, value: Any) -> "Spec":
        """The same event with another value of a given property."""
        made = dict(self.properties)
        _put(made, path, value)
        given = tuple((of, value if of == path else each) for of, each in self.given)
        return attrs.evolve(self, properties=made, given=given)


class Witnesses:
    """Makes events for one program, with names spelled as in the lead's own events."""

    def __init__(self, program: p.Program, history: Sequence[Event] = ()) -> None:
        self.program = program
        self._spelled = {name: schema.name for name, schema in program.schemas.items()}
        for event in history:
            self._spelled.setdefault(event.name, event.event)
        for definition in program.events.values():
            for one in definition.pattern.written:
                if one.name is not None and not one.defined:
                    self._spelled.setdefault(normalise(one.name), one.name)
        self._specs: dict[Any, list[Spec]] = {}

    def specs(self, pattern: p.Pattern, fixed: Mapping[Path, Any] | None = None) -> list[Spec]:
        """Events that match a pattern and have the given values at these paths: one for each of its alternatives. The
        same question gives the same objects.
        """
        fixed = fixed or {}
        key = pattern, tuple((path, type(value), value) for path, value in fixed.items())
        if key not in self._specs:
            if len(self._specs) > _KEPT:
                self._specs.clear()
            self._specs[key] = list(self._made(pattern, fixed))
        return self._specs[key]

    def _made(self, pattern: p.Pattern, fixed: Mapping[Path, Any]) -> Iterator[Spec]:
        them = events(pattern, self.program)
        for k, alternative in enumerate(pattern.alternatives):
            name = "activity" if alternative.name is None else alternative.name
            schema = self.program.schemas.get(name)
            made = next(properties(alternative.where, fixed, {} if schema is None else schema.properties), None)
            if made is not None:
                words = them.names[k] if len(them.names) == len(pattern.alternatives) else them.any
                written = (one.name for one in pattern.written if one.name and normalise(one.name) == name)
                spelled = self._spelled.get(name) or next(written, name)
                spec = Spec(spelled, made, words, given=tuple(fixed.items()))
                if matches(pattern, spec.event("", 0)):
                    yield spec

    def trait(self, test: p.Test, wanted: bool, known: Mapping[str, Any] | None = None) -> Spec | None:
        """An ``identify`` event after which a trait passes (or fails) a test. Without ``known``, the present traits,
        the words don't say what the trait is now.
        """
        schema = self.program.lead_schema
        kind = None if schema is None else schema.properties.get(".".join(test.path))
        for value in _values([(test, wanted)], kind):
            made = dict(known or {})
            _put(made, test.path, None if value is MISSING else value)
            if meets(test, {key: each for key, each in made.items() if each is not None}) == wanted:
                return Spec(IDENTIFY, {test.path[0]: made[test.path[0]]}, wish(test, wanted, known), trait=True)
        return None


_WISHED = {"is": "were", "contains": "contained", "starts": "started", "ends": "ended", "matches": "matched",
           "does": "did"}  # fmt: skip


def wish(test: p.Test, wanted: bool, known: Mapping[str, Any] | None) -> str:
    """``lead.employees were at least 200 (now 50)``."""
    name = ".".join(["lead", *(part if part.isidentifier() else f"“{part}”" for part in test.path)])
    if not wanted and isinstance(test, p.Compare) and test.operator not in ("=", "!="):
        test, wanted = attrs.evolve(test, operator=OPPOSITE[test.operator]), True
    asked = said_of(test, not wanted, name).removeprefix(f"{name} ").removeprefix("is missing or ")
    said = re.sub(r"^\w+", lambda verb: _WISHED.get(verb[0], verb[0]), asked)
    if known is None:
        return f"{name} {said}"
    now = at_path(known, test.path)
    return f"{name} {said} (now {'unknown' if now is None else data(now)})"


def literals(pattern: p.Pattern, path: Path) -> list[Any]:
    """The values that the ``where`` of a pattern itself names for a property."""
    found: list[Any] = []
    for node in nodes(pattern):
        match node:
            case p.Compare(path=of, operator="=", value=str() | int() as value) if of == path:
                found.append(value)
            case p.OneOf(path=of, values=values) if of == path:
                found += [value for value in values[:20] if isinstance(value, (str, int))]
    return found


def properties(
    where: p.Predicate | None, fixed: Mapping[Path, Any], kinds: Mapping[str, str] | None = None
) -> Iterator[Properties]:
    """Some properties that meet a predicate, with the given values at these paths.

    ``kinds`` are the types of properties that a schema knows, by their path joined with dots.
    """
    for demands in islice(_demands(where, True), _ALTERNATIVES):
        by_path: dict[Path, list[Demand]] = {}
        for test, wanted in demands:
            by_path.setdefault(test.path, []).append((test, wanted))
        made: Properties = {}
        for path, value in fixed.items():
            _put(made, path, value)
        for path, asked in by_path.items():
            value = MISSING if path in fixed else next(_values(asked, (kinds or {}).get(".".join(path))), MISSING)
            if value is not MISSING:
                _put(made, path, value)
        if where is None or meets(where, made):
            yield made


# -- guesses -------------------------------------------------------------------------------------------------------


def _demands(predicate: p.Predicate | None, wanted: bool) -> Iterator[tuple[Demand, ...]]:
    """Sets of tests that together meet a predicate, or fail it."""
    match predicate:
        case None:
            yield ()
        case p.Not(operand=operand):
            yield from _demands(operand, not wanted)
        case p.And(operands=operands) | p.Or(operands=operands):
            if isinstance(predicate, p.And) == wanted:
                each = [list(islice(_demands(operand, wanted), _ALTERNATIVES)) for operand in operands]
                for chosen in product(*each):
                    yield tuple(demand for demands in chosen for demand in demands)
            else:
                for operand in operands:
                    yield from _demands(operand, wanted)
        case _:
            yield ((predicate, wanted),)


def _values(asked: Sequence[Demand], kind: str | None) -> Iterator[Any]:
    """Values of one property that pass and fail the tests that they must."""
    for value in islice(_guesses(asked, kind), _GUESSES):
        made: Properties = {}
        if value is not MISSING:
            _put(made, asked[0][0].path, value)
        if all(meets(test, made) == wanted for test, wanted in asked):
            yield value


def _guesses(asked: Sequence[Demand], kind: str | None) -> Iterator[Any]:
    if all(isinstance(test, p.Presence) for test, _ in asked):
        yield _OF_TYPE.get(kind or "", "x")
    # What is asked for first, then what is close to it.
    for test, _ in sorted(asked, key=lambda demand: not demand[1]):
        match test:
            case p.Compare(value=literal):
                yield from _near(literal)
            case p.OneOf(values=values):
                for literal in values[:10]:
                    yield from _near(literal)
            case p.TextTest(text=text, record=record):
                yield _plain(text) if record.end == "glob" else text
                yield f"{_plain(text)}x"
                yield f"x{_plain(text)}"
            case p.IsTrue():
                yield True
                yield False
    texts = [test for test, wanted in asked if isinstance(test, p.TextTest) and wanted]
    if len(texts) > 1:
        ends = ("start", "glob", "any", "end")
        yield "".join(_plain(test.text) for test in sorted(texts, key=lambda test: ends.index(test.record.end)))
    yield MISSING
    yield from _UNLIKE


def _plain(text: str) -> str:
    """A text that a glob matches."""
    return text.replace("*", "").replace("?", "x")


def _near(literal: Literal) -> Iterator[Any]:
    """A literal as a value in data, and values on both sides of it."""
    match literal:
        case bool():
            yield literal
            yield not literal
        case int() | Decimal():
            yield from (number(literal + step) for step in (0, 1, -1, Decimal("0.5"), Decimal("-0.5")))
        case str():
            yield from (literal, f"{literal}x", literal[:-1], literal.swapcase())
        case DateLiteral(date=date):
            for day in (date.toordinal() + days for days in (0, 1, -1)):
                if 1 <= day <= datetime.date.max.toordinal():
                    yield datetime.date.fromordinal(day).isoformat()
        case InstantLiteral(at=at):
            for step in (0, 1, -1, 60_000_000, -60_000_000):
                if EARLIEST <= at + step <= LATEST:
                    yield moment(at + step).isoformat().replace("+00:00", "Z")


def number(exact: int | Decimal) -> Any:
    """A number as data has it: an int, a float that equals it, or the exact decimal."""
    if exact == int(exact):
        return int(exact)
    as_double = float(exact)
    return as_double if Decimal(repr(as_double)) == exact else exact


def _put(made: Properties, path: Path, value: Any) -> None:
    *parents, last = path
    for parent in parents:
        inside = made.get(parent)
        inside = made[parent] = dict(inside) if isinstance(inside, Mapping) else {}
        made = inside
    made[last] = value
