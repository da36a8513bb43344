"""The leaves of the syntax tree (words and values), and the base of all nodes."""

import datetime
from decimal import Decimal

import attrs

from mqlrules.text.span import Span


@attrs.frozen(eq=False, repr=False)
class Node:
    """The base of all nodes. It compares and shows them, since generating methods for each class slows start-up."""

    span: Span = attrs.field(kw_only=True)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((type(self), self._parts()))

    def _parts(self) -> tuple[object, ...]:
        """The values that make two nodes equal: all but their places."""
        return tuple(getattr(self, f.name) for f in attrs.fields(type(self)) if f.name != "span")

    def __repr__(self) -> str:
        shown = (f"{f.name}={getattr(self, f.name)!r}" for f in attrs.fields(type(self)) if f.name != "span")
        return f"{type(self).__name__}({', '.join(shown)})"


@attrs.frozen(eq=False, repr=False)
class Name(Node):
    """A name: of a rule, a stage, a segment, a list … (one word or several)."""

    text: str


@attrs.frozen(eq=False, repr=False)
class Phrase(Node):
    """An event phrase. A quoted one is a string and always means the raw event (section 2)."""

    text: str
    quoted: bool = False


@attrs.frozen(eq=False, repr=False)
class Path(Node):
    """A property path, ``name.name``; without the leading ``lead`` in traits."""

    parts: tuple[str, ...]


@attrs.frozen(eq=False, repr=False)
class Number(Node):
    value: Decimal


@attrs.frozen(eq=False, repr=False)
class Text(Node):
    """A string, its escapes resolved."""

    value: str


@attrs.frozen(eq=False, repr=False)
class Duration(Node):
    """A duration in whole microseconds."""

    microseconds: int


@attrs.frozen(eq=False, repr=False)
class Date(Node):
    value: datetime.date


@attrs.frozen(eq=False, repr=False)
class Instant(Node):
    """An instant with an offset, in microseconds since 1970 UTC."""

    microseconds: int


@attrs.frozen(eq=False, repr=False)
class Boolean(Node):
    value: bool


Value = Number | Text | Duration | Date | Instant | Boolean
