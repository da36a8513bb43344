"""The program: a rule set with its names resolved, its types checked, and its literals as values.

This is what the language text speaks of, without its spelling: restrictions stand where the author wrote them, segments
and scores are referred to by name, event definitions are resolved to raw events. Lowering (``mqlrules.plan``) and the
reference evaluator start from here. Durations and instants are whole microseconds.
"""

from collections.abc import Mapping
from typing import Generic, Literal, TypeVar

import attrs

from mqlrules.language.aggregates import AggregateRecord
from mqlrules.language.operators import Operator
from mqlrules.language.restrictions import RestrictionRecord
from mqlrules.language.tests import TextTestRecord
from mqlrules.language.values import Literal as LiteralValue
from mqlrules.syntax.tree import TestDefinition
from mqlrules.text.source import Source
from mqlrules.text.span import Span

NOWHERE = Span(0, 0)
_NOT_SHOWN = ("span", "source")


def _exactly(value: LiteralValue) -> tuple[type, LiteralValue]:
    """What tells literals apart: to Python 1 and true are equal, in a rule they are not."""
    return type(value), value


def _all_exactly(values: tuple[LiteralValue, ...]) -> tuple[tuple[type, ...], tuple[LiteralValue, ...]]:
    return tuple(map(type, values)), values


@attrs.frozen(repr=False)
class Resolved:
    """Shared base: where it was written (equality ignores it)."""

    span: Span = attrs.field(default=NOWHERE, eq=False, kw_only=True)

    def __repr__(self) -> str:
        # One for all: a method that is made for each class costs a tenth of start-up.
        shown = (f"{f.name}={getattr(self, f.name)!r}" for f in attrs.fields(type(self)) if f.name not in _NOT_SHOWN)
        return f"{type(self).__name__}({', '.join(shown)})"


Part = TypeVar("Part", "Condition", "Predicate")
"""What ``And``, ``Or`` and ``Not`` join: conditions, or predicates."""


# -- predicates (section 4) ----------------------------------------------------------------------------------------


@attrs.frozen(repr=False)
class Compare(Resolved):
    """``PATH op VALUE``; ``ignoring_case`` only with text. ``duration``: the number was written as one, for showing."""

    path: tuple[str, ...]
    operator: Operator
    value: LiteralValue = attrs.field(eq=_exactly)
    ignoring_case: bool = False
    duration: bool = attrs.field(default=False, eq=False)


@attrs.frozen(repr=False)
class OneOf(Resolved):
    """``PATH in (…)`` or in a list: equal (``=``) to one of the values. ``list_name`` says which list, for showing, and
    ``durations`` which of the numbers were written as durations.
    """

    path: tuple[str, ...]
    values: tuple[LiteralValue, ...] = attrs.field(eq=_all_exactly)
    ignoring_case: bool = False
    list_name: str | None = attrs.field(default=None, eq=False)
    durations: frozenset[LiteralValue] = attrs.field(default=frozenset(), eq=False)


@attrs.frozen(repr=False)
class TextTest(Resolved):
    path: tuple[str, ...]
    record: TextTestRecord
    text: str
    ignoring_case: bool = False


@attrs.frozen(repr=False)
class Presence(Resolved):
    """``is known``, or ``is missing``."""

    path: tuple[str, ...]
    known: bool


@attrs.frozen(repr=False)
class IsTrue(Resolved):
    path: tuple[str, ...]


@attrs.frozen(repr=False)
class And(Resolved, Generic[Part]):
    """Joins conditions, or predicates."""

    operands: tuple[Part, ...]


@attrs.frozen(repr=False)
class Or(Resolved, Generic[Part]):
    operands: tuple[Part, ...]


@attrs.frozen(repr=False)
class Not(Resolved, Generic[Part]):
    operand: Part


Test = Compare | OneOf | TextTest | Presence | IsTrue
Predicate = Test | And["Predicate"] | Or["Predicate"] | Not["Predicate"]


# -- event patterns (section 4) ------------------------------------------------------------------------------------


@attrs.frozen
class Alternative:
    """A raw event by its normalised name, and what its properties must meet.

    ``name`` None is ``activity``: every name but ``identify``.
    """

    name: str | None
    where: Predicate | None = None


@attrs.frozen
class NamedEvent:
    """One event of a pattern as the author wrote it: the definition of this name if ``defined``, else the raw event;
    None is ``activity``. ``where`` is what was asked of it there, without what the definition asks.
    """

    name: str | None
    defined: bool = False
    where: Predicate | None = None


@attrs.frozen(cache_hash=True, repr=False)
class Pattern(Resolved):
    """An event matches if one of the alternatives does; matching several it is one match.

    ``words`` is how the author calls it, ``written`` what was written, event by event: both for showing alone.
    """

    alternatives: tuple[Alternative, ...]
    words: str = attrs.field(default="", eq=False)
    written: tuple[NamedEvent, ...] = attrs.field(default=(), eq=False)


# -- restrictions (section 3) --------------------------------------------------------------------------------------


@attrs.frozen(repr=False)
class Restriction(Resolved):
    """What it takes is a duration in microseconds, a pattern, or two instants: the first instant of the first date, and
    the first one after the last date.
    """

    record: RestrictionRecord
    argument: int | Pattern | tuple[int, int]


# -- conditions (sections 3, 5, 6) ---------------------------------------------------------------------------------


@attrs.frozen(repr=False)
class Count(Resolved):
    """The count of visible matches, compared. ``P`` is ``>= 1``, ``no P`` is ``= 0``."""

    pattern: Pattern
    operator: Operator
    number: int


@attrs.frozen(repr=False)
class Aggregate(Resolved):
    """``path`` is None where no property is looked at. ``duration``: the number was written as one, for showing."""

    record: AggregateRecord
    path: tuple[str, ...] | None
    pattern: Pattern
    operator: Operator
    value: LiteralValue = attrs.field(eq=_exactly)
    duration: bool = attrs.field(default=False, eq=False)


@attrs.frozen(repr=False)
class Trait(Resolved):
    """A test of the lead's traits; its path is without ``lead``."""

    test: Test


@attrs.frozen(repr=False)
class SegmentTest(Resolved):
    """The condition of the segment with this (normalised) name, in place."""

    segment: str


@attrs.frozen(repr=False)
class ScoreTest(Resolved):
    """The score with this (normalised) name, compared with a number."""

    score: str
    operator: Operator
    number: LiteralValue


@attrs.frozen(repr=False)
class Absent(Resolved):
    """``no X`` between two steps; with ``lasting``, ``no X for D`` after a step (microseconds)."""

    pattern: Pattern
    lasting: int | None = None


@attrs.frozen(repr=False)
class Step(Resolved):
    """A positive step.

    ``within``, ``after`` and ``absent`` speak of the way from the step before it; the first has none of them.
    """

    pattern: Pattern
    count: int = 1
    within: int | None = None
    after: int | None = None
    absent: Absent | None = None


@attrs.frozen(repr=False)
class Sequence(Resolved):
    """The positive steps in order; ``final`` is ``then no X for D`` after the last of them (its ``lasting`` is set)."""

    steps: tuple[Step, ...]
    final: Absent | None = None


@attrs.frozen(repr=False)
class Restricted(Resolved):
    """A condition and the restrictions written after it, as written."""

    condition: "Condition"
    restrictions: tuple[Restriction, ...]


@attrs.frozen(repr=False)
class WithSame(Resolved):
    """``CONDITION with same PATH``."""

    condition: "Condition"
    path: tuple[str, ...]


Condition = (
    And["Condition"]
    | Or["Condition"]
    | Not["Condition"]
    | Count
    | Aggregate
    | Trait
    | SegmentTest
    | ScoreTest
    | Sequence
    | Restricted
    | WithSame
)


# -- scores (section 7) --------------------------------------------------------------------------------------------


@attrs.frozen(repr=False)
class EventLine(Resolved):
    """``+N per P`` (``every``: each visible match) or ``+N for P`` (the latest alone).

    ``points`` and ``cap`` are millionths, ``cap`` is not negative, ``halving`` is microseconds.
    """

    every: bool
    points: int
    pattern: Pattern
    restrictions: tuple[Restriction, ...] = ()
    cap: int | None = None
    halving: int | None = None


@attrs.frozen(repr=False)
class ConditionLine(Resolved):
    """``+N if CONDITION``; ``points`` in millionths."""

    points: int
    condition: Condition


ScoreLine = EventLine | ConditionLine


@attrs.frozen(repr=False)
class Score(Resolved):
    """``low`` and ``high`` clamp the sum, in millionths; both or neither. ``name`` is as written."""

    name: str
    lines: tuple[ScoreLine, ...]
    low: int | None = None
    high: int | None = None
    description: str | None = attrs.field(default=None, eq=False)
    source: Source | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen(repr=False)
class Segment(Resolved):
    name: str
    condition: Condition
    description: str | None = attrs.field(default=None, eq=False)
    source: Source | None = attrs.field(default=None, eq=False, repr=False)


# -- the rest ------------------------------------------------------------------------------------------------------


@attrs.frozen(repr=False)
class Rule(Resolved):
    """A rule. ``when`` is the stage that the lead must be in, ``lasting`` for how long at least (microseconds)."""

    name: str
    condition: Condition
    stage: str
    recycle: bool = False
    when: str | None = None
    lasting: int | None = None
    bare: bool = attrs.field(default=False, eq=False)
    description: str | None = attrs.field(default=None, eq=False)
    source: Source | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen
class Lifecycle:
    """The ladder from its first stage up, and the stages outside it, each in its order."""

    ladder: tuple[str, ...]
    outside: tuple[str, ...] = ()


DEFAULT_LIFECYCLE = Lifecycle(("anonymous", "MCL", "MEL", "MQL", "SQL", "SRL", "customer"), ("disqualified",))

PropertyType = Literal["text", "number", "boolean", "time", "duration", "list"]


@attrs.frozen
class EventSchema:
    """``name`` as written (``lead`` for traits); the types of its properties by their path, joined with dots."""

    name: str
    properties: Mapping[str, PropertyType]


@attrs.frozen(repr=False)
class EventDefinition(Resolved):
    name: str
    pattern: Pattern
    source: Source | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen(repr=False)
class ListOfValues(Resolved):
    """What a list holds, each value once; conditions carry the values that they compare with themselves."""

    name: str
    values: tuple[LiteralValue, ...]
    source: Source | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen
class Program:
    """A checked rule set. Mappings go by normalised name, in the order of the files."""

    lifecycle: Lifecycle = DEFAULT_LIFECYCLE
    timezone: str = "UTC"
    schemas: Mapping[str, EventSchema] = attrs.field(factory=dict, eq=False)
    lead_schema: EventSchema | None = attrs.field(default=None, eq=False)
    events: Mapping[str, EventDefinition] = attrs.field(factory=dict)
    segments: Mapping[str, Segment] = attrs.field(factory=dict)
    scores: Mapping[str, Score] = attrs.field(factory=dict)
    lists: Mapping[str, ListOfValues] = attrs.field(factory=dict, eq=False)
    rules: tuple[Rule, ...] = ()
    tests: tuple[tuple[Source, TestDefinition], ...] = attrs.field(default=(), eq=False)
