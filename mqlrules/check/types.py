"""Literals as values, and whether they fit what is known of a property or trait (section 4).

Without a schema nothing is known of a property, and only what the literals themselves say is checked.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import attrs

from mqlrules.check import value_errors
from mqlrules.check.program import EventSchema, PropertyType
from mqlrules.check.scope import Here
from mqlrules.language.calendar import seconds
from mqlrules.language.values import DateLiteral, InstantLiteral, as_date
from mqlrules.language.values import Literal as LiteralValue
from mqlrules.syntax import tree

PROPERTY_TYPES: tuple[PropertyType, ...] = ("text", "number", "boolean", "time", "duration", "list")

OTHER_NAMES: dict[str, PropertyType] = {
    "string": "text",
    "str": "text",
    "varchar": "text",
    "int": "number",
    "integer": "number",
    "float": "number",
    "decimal": "number",
    "double": "number",
    "bool": "boolean",
    "date": "time",
    "datetime": "time",
    "timestamp": "time",
    "array": "list",
    "interval": "duration",
    "seconds": "duration",
}
"""What the types are called elsewhere."""

_FITS: dict[PropertyType, frozenset[str]] = {
    "text": frozenset(("text", "date", "time")),
    "number": frozenset(("number", "duration")),
    "duration": frozenset(("number", "duration")),
    "boolean": frozenset(("boolean",)),
    "time": frozenset(("date", "time")),
    "list": frozenset(),
}
"""Which literals a property can equal: a duration is a number of seconds, text in ISO form is a time."""

_WRITE: dict[PropertyType, str] = {
    "text": 'Write text in quotes: `"software"`.',
    "number": "Write a number, `200`, or a duration, `30s`.",
    "duration": "Write a duration, `30s`, or a number of seconds.",
    "boolean": "Write `true` or `false`.",
    "time": "Write a date without quotes, `2026-01-31`, or an instant, `2026-01-31T09:30:00Z`.",
    "list": 'Ask whether it has a member: `contains "…"`.',
}


@attrs.frozen
class Known:
    """What is known of the properties of some events, or of the traits.

    ``owner`` is how the author calls them; ``schemas`` are those of the events, None if one of them has no schema.
    """

    owner: str
    schemas: tuple[EventSchema, ...] | None

    def types(self, path: Sequence[str]) -> frozenset[PropertyType] | None:
        """The types that a property can have: none if no event has it; None if that is not known."""
        if self.schemas is None:
            return None
        name = ".".join(path)
        return frozenset(schema.properties[name] for schema in self.schemas if name in schema.properties)

    def is_parent(self, path: Sequence[str]) -> bool:
        """Whether a property is one that others lie in."""
        inside = ".".join(path) + "."
        return any(name.startswith(inside) for schema in self.schemas or () for name in schema.properties)

    def names(self) -> list[str]:
        """All properties."""
        return list(dict.fromkeys(name for schema in self.schemas or () for name in schema.properties))


UNKNOWN = Known("", None)


def kind_of(value: tree.Value) -> str:
    """What an author calls this kind of literal."""
    match value:
        case tree.Number():
            return "number"
        case tree.Text():
            return "text"
        case tree.Duration():
            return "duration"
        case tree.Date():
            return "date"
        case tree.Instant():
            return "time"
        case tree.Boolean():
            return "boolean"


def number(node: tree.Number) -> int | Decimal:
    """The value of a number: whole numbers are int. Parsing has seen to it that its digits are few."""
    whole = node.value.to_integral_value()
    return int(whole) if whole == node.value else node.value.normalize()


def literal(here: Here, node: tree.Value) -> LiteralValue:
    """The value that a literal stands for: durations are numbers of seconds, dates know their first instant."""
    match node:
        case tree.Number():
            return number(node)
        case tree.Text(value=text):
            return text
        case tree.Duration(microseconds=microseconds):
            duration = seconds(microseconds)
            return duration if isinstance(duration, int) else duration.normalize()
        case tree.Date(value=date):
            return DateLiteral(date, here.scope.first_instant(date))
        case tree.Instant(microseconds=at):
            return InstantLiteral(at)
        case tree.Boolean(value=truth):
            return truth


def expect_property(here: Here, known: Known, path: tree.Path) -> frozenset[PropertyType] | None:
    """The types of a property; an error, and None, if no event of these has it."""
    types = known.types(path.parts)
    if types is None or types:
        return types
    names = known.names()
    shown = ".".join(path.parts)
    close = here.scope.suggestions.closest(shown, names)
    here.report(value_errors.unknown_property(here.place(path), shown, known.owner, close, names))
    return None


def expect_fitting(here: Here, known: Known, path: tree.Path, values: Iterable[tree.Value]) -> None:
    """An error for each literal that a property can't be equal to."""
    types = expect_property(here, known, path)
    if types is None:
        return
    for value in values:
        kind = kind_of(value)
        if not any(kind in _FITS[type_] for type_ in types):
            type_ = _first(types)
            here.report(
                value_errors.wrong_type(
                    here.place(value), ".".join(path.parts), type_, kind, _how_to_write(type_, value)
                )
            )


def expect_type(
    here: Here, known: Known, path: tree.Path, wanted: Sequence[PropertyType], test: str, node: tree.Node
) -> None:
    """An error if a property has none of the types that a test asks for."""
    types = expect_property(here, known, path)
    if types is None or types & frozenset(wanted):
        return
    type_ = _first(types)
    needs = " or ".join(value_errors.of_type(name) for name in wanted)
    hint = _WRITE["list"] if type_ == "list" else "Compare it with `=`, `<` or `>=`."
    here.report(value_errors.wrong_test(here.place(node), ".".join(path.parts), type_, test, needs, hint))


def expect_boolean(here: Here, known: Known, path: tree.Path) -> None:
    """An error if a property that stands alone is no boolean."""
    types = expect_property(here, known, path)
    if types is not None and "boolean" not in types:
        here.report(value_errors.bare_property(here.place(path), ".".join(path.parts), _first(types)))


def _how_to_write(type_: PropertyType, value: tree.Value) -> str:
    match type_, value:
        case "number" | "duration", tree.Text(value=text) if _reads_as_number(text):
            return f"Write it without quotes: `{text}`."
        case "time", tree.Text(value=text) if as_date(text) is not None:
            return f"Write it without quotes: `{text}`."
        case "boolean", tree.Text(value=text) if text.casefold() in ("true", "false"):
            return f"Write it without quotes: `{text.casefold()}`."
        case "text", tree.Number(value=digits):
            return f'Write it in quotes: `"{digits}"`.'
        case "text", tree.Boolean(value=truth):
            return f'Write it in quotes: `"{str(truth).lower()}"`.'
        case _:
            return _WRITE[type_]


def _reads_as_number(text: str) -> bool:
    return text.isascii() and text.lstrip("-").replace(".", "", 1).isdigit()


def _first(types: frozenset[PropertyType]) -> PropertyType:
    return next(type_ for type_ in PROPERTY_TYPES if type_ in types)
