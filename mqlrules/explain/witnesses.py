"""Concrete events that match a pattern, and traits that pass a test: what a suggestion is made of.

Values are guessed from the literals of the tests, and each guess is asked of the language itself: what is handed on
meets what it was made for. Where no guess does, there is none.
"""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice, product
from typing import Any

import attrs

from mqlrules.check.program import (
    And,
    Compare,
    IsTrue,
    Not,
    OneOf,
    Or,
    Pattern,
    Predicate,
    Presence,
    Program,
    Test,
    TextTest,
)
from mqlrules.engine.reference.matching import matches, meets
from mqlrules.events.model import Event, checked_event
from mqlrules.explain.events import events
from mqlrules.language.instants import EARLIEST, LATEST, moment
from mqlrules.language.names import IDENTIFY, normalise
from mqlrules.language.values import DateLiteral, InstantLiteral, Literal

Path = tuple[str, ...]
Properties = dict[str, Any]
Demand = tuple[Test, bool]
"""A test, and whether it must be passed or failed."""

MISSING = object()
"""The value of a property that is not there."""

_KEPT = 10_000
"""So many answers are kept: values that split leads may be without number."""

_ALTERNATIVES = 24
"""How many ways through ``and`` and ``or`` are looked at."""

_GUESSES = 400
"""How many guesses are made for one property."""

_UNLIKE = ("x", "other", 1, 0, -1, True, False)


@attrs.frozen(eq=False)
class Spec:
    """An event that could happen: its name, its properties, and what the author calls it."""

    name: str
    properties: Properties
    words: str
    trait: bool = False
    given: tuple[tuple[Path, Any], ...] = ()
    """Values that were asked for besides the pattern's own."""

    def event(self, lead: Any, at: int) -> Event:
        """The event itself."""
        return checked_event(lead, at, self.name, self.properties)


class Concrete:
    """Makes events for one program. ``spelled`` are names as the lead's own events spell them, by normalised name."""

    def __init__(self, program: Program, history: Sequence[Event] = ()) -> None:
        self.program = program
        self._spelled = {name: schema.name for name, schema in program.schemas.items()}
        for event in history:
            self._spelled.setdefault(event.name, event.event)
        for definition in program.events.values():
            for one in definition.pattern.written:
                if one.name is not None and not one.defined:
                    self._spelled.setdefault(normalise(one.name), one.name)
        self._specs: dict[Any, list[Spec]] = {}

    def specs(self, pattern: Pattern, fixed: Mapping[Path, Any] | None = None) -> list[Spec]:
        """Events that match a pattern and have the given values at these paths: one for each of its alternatives. Asked
        the same again they are the same.
        """
        fixed = fixed or {}
        key = pattern, tuple((path, type(value), value) for path, value in fixed.items())
        if key not in self._specs:
            if len(self._specs) > _KEPT:
                self._specs.clear()
            self._specs[key] = list(self._made(pattern, fixed))
        return self._specs[key]

    def _made(self, pattern: Pattern, fixed: Mapping[Path, Any]) -> Iterator[Spec]:
        them = events(pattern, self.program)
        for k, alternative in enumerate(pattern.alternatives):
            name = "activity" if alternative.name is None else alternative.name
            made = self._properties(name, alternative.where, fixed)
            if made is None:
                continue
            words = them.names[k] if len(them.names) == len(pattern.alternatives) else them.any
            spelled = self._spelled.get(name, self._written(pattern, name))
            spec = Spec(spelled, made, words, given=tuple(fixed.items()))
            if matches(pattern, spec.event("", 0)):
                yield spec

    def trait(self, test: Test, wanted: bool, known: Mapping[str, Any], words: str) -> Spec | None:
        """An ``identify`` after which a trait passes (or fails) a test."""
        schema = self.program.lead_schema
        kind = None if schema is None else schema.properties.get(".".join(test.path))
        for value in _values([(test, wanted)], kind):
            made = dict(known)
            _put(made, test.path, None if value is MISSING else value)
            if meets(test, {key: each for key, each in made.items() if each is not None}) == wanted:
                return Spec(IDENTIFY, {test.path[0]: made[test.path[0]]}, words, trait=True)
        return None

    def _written(self, pattern: Pattern, name: str) -> str:
        spelled = [one.name for one in pattern.written if one.name is not None and normalise(one.name) == name]
        return spelled[0] if spelled else name

    def _properties(self, name: str, where: Predicate | None, fixed: Mapping[Path, Any]) -> Properties | None:
        schema = self.program.schemas.get(name)
        kinds = {} if schema is None else schema.properties
        return next(properties(where, fixed, kinds), None)


def properties(
    where: Predicate | None, fixed: Mapping[Path, Any], kinds: Mapping[str, str] | None = None
) -> Iterator[Properties]:
    """Properties that meet a predicate, with the given values at these paths; few of all that do.

    ``kinds`` are the types of properties that a schema knows, by their path joined with dots.
    """
    kinds = kinds or {}
    for demands in islice(_demands(where, True), _ALTERNATIVES):
        by_path: dict[Path, list[Demand]] = {}
        for test, wanted in demands:
            by_path.setdefault(test.path, []).append((test, wanted))
        made: Properties = {}
        for path, value in fixed.items():
            _put(made, path, value)
        for path, asked in by_path.items():
            if path in fixed:
                continue
            value = next(_values(asked, kinds.get(".".join(path))), MISSING)
            if value is not MISSING:
                _put(made, path, value)
        if where is None or meets(where, made):
            yield made


# -- what must be so -----------------------------------------------------------------------------------------------


def _demands(predicate: Predicate | None, wanted: bool) -> Iterator[tuple[Demand, ...]]:
    match predicate:
        case None:
            yield ()
        case Not(operand=operand):
            yield from _demands(operand, not wanted)
        case And(operands=operands) | Or(operands=operands):
            if isinstance(predicate, And) == wanted:
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
        if all(meets(test, _at(test.path, value)) == wanted for test, wanted in asked):
            yield value


def _guesses(asked: Sequence[Demand], kind: str | None) -> Iterator[Any]:
    if all(isinstance(test, Presence) for test, _ in asked):
        yield {"number": 1, "boolean": True, "duration": 60, "time": "2026-01-01", "list": ["x"]}.get(kind or "", "x")
    # What is asked for first, then what is next to it.
    for test, wanted in sorted(asked, key=lambda demand: not demand[1]):
        yield from _of_test(test, wanted)
    texts = [test for test, wanted in asked if isinstance(test, TextTest) and wanted]
    if len(texts) > 1:
        ends = ("start", "glob", "any", "end")
        yield "".join(_plain(test.text) for test in sorted(texts, key=lambda test: ends.index(test.record.end)))
    yield MISSING
    yield from _UNLIKE


def _of_test(test: Test, wanted: bool) -> Iterator[Any]:
    match test:
        case Compare(value=literal, operator=operator):
            yield from _near(literal, operator, wanted)
        case OneOf(values=values):
            for literal in values[:10]:
                yield from _near(literal, "=", True)
        case TextTest(text=text, record=record):
            yield _plain(text) if record.end == "glob" else text
            yield f"{_plain(text)}x"
            yield f"x{_plain(text)}"
        case IsTrue():
            yield True
            yield False
        case Presence():
            pass


def _plain(text: str) -> str:
    """A text that a glob matches."""
    return text.replace("*", "").replace("?", "x")


def _near(literal: Literal, operator: str, wanted: bool) -> Iterator[Any]:
    """A literal as a value in data, and values on both sides of it."""
    match literal:
        case bool():
            yield literal
            yield not literal
        case int() | Decimal():
            steps = (0, 1, -1, Decimal("0.5"), Decimal("-0.5"))
            yield from (number(literal + step) for step in steps)
        case str():
            yield literal
            yield f"{literal}x"
            yield literal[:-1]
            yield literal.swapcase()
        case DateLiteral(date=date):
            for days in (0, 1, -1):
                day = date.toordinal() + days
                if 1 <= day <= datetime.date.max.toordinal():
                    yield datetime.date.fromordinal(day).isoformat()
        case InstantLiteral(at=at):
            for step in (0, 1, -1, 60_000_000, -60_000_000):
                if EARLIEST <= at + step <= LATEST:
                    yield moment(at + step).isoformat().replace("+00:00", "Z")


def number(exact: int | Decimal) -> Any:
    """A number as data has it: whole, a double where that is the same number, else exact."""
    if exact == int(exact):
        return int(exact)
    as_double = float(exact)
    return as_double if Decimal(repr(as_double)) == exact else exact


def _at(path: Path, value: Any) -> Properties:
    made: Properties = {}
    if value is not MISSING:
        _put(made, path, value)
    return made


def _put(made: Properties, path: Path, value: Any) -> None:
    *parents, last = path
    for parent in parents:
        inside = made.get(parent)
        inside = made[parent] = dict(inside) if isinstance(inside, Mapping) else {}
        made = inside
    made[last] = value
