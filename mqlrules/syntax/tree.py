"""The syntax tree: the author's text as nodes, with their places but without meaning.

Every node has a ``span`` that equality ignores. Names are as written, with runs of white space as one space; what they
stand for is decided in ``mqlrules.check``. ``And``, ``Or`` and ``Not`` join either conditions or predicates.
"""

from typing import Generic, TypeVar

import attrs

from mqlrules.language.aggregates import AggregateRecord
from mqlrules.language.operators import Operator as Operator
from mqlrules.language.restrictions import RestrictionRecord
from mqlrules.language.tests import TextTestRecord
from mqlrules.syntax.leaves import Boolean as Boolean
from mqlrules.syntax.leaves import Date as Date
from mqlrules.syntax.leaves import Duration as Duration
from mqlrules.syntax.leaves import Instant as Instant
from mqlrules.syntax.leaves import Name as Name
from mqlrules.syntax.leaves import Node as Node
from mqlrules.syntax.leaves import Number as Number
from mqlrules.syntax.leaves import Path as Path
from mqlrules.syntax.leaves import Phrase as Phrase
from mqlrules.syntax.leaves import Text as Text
from mqlrules.syntax.leaves import Value as Value
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source

Part = TypeVar("Part", "Condition", "Predicate")
"""What ``And``, ``Or`` and ``Not`` join: conditions, or predicates."""


# -- predicates over properties (section 4) ------------------------------------------------------------------------


@attrs.frozen(eq=False, repr=False)
class Comparison(Node):
    """``PATH op VALUE``."""

    path: Path
    operator: Operator
    value: Value
    ignoring_case: bool = False


@attrs.frozen(eq=False, repr=False)
class OneOf(Node):
    """``PATH in (…)``; with a ``Name`` it is ``PATH in LIST``."""

    path: Path
    values: "tuple[Value, ...] | Name"
    ignoring_case: bool = False


@attrs.frozen(eq=False, repr=False)
class TextTest(Node):
    """``PATH contains S`` and its kin."""

    path: Path
    record: TextTestRecord
    text: Text
    ignoring_case: bool = False


@attrs.frozen(eq=False, repr=False)
class Presence(Node):
    """``PATH is known`` or ``PATH is missing``."""

    path: Path
    known: bool


@attrs.frozen(eq=False, repr=False)
class Bare(Node):
    """A bare ``PATH``: true for the boolean true alone."""

    path: Path


@attrs.frozen(eq=False, repr=False)
class And(Node, Generic[Part]):
    """Two operands or more. Operands that are themselves ``And`` were in parentheses."""

    operands: tuple[Part, ...]


@attrs.frozen(eq=False, repr=False)
class Or(Node, Generic[Part]):
    operands: tuple[Part, ...]


@attrs.frozen(eq=False, repr=False)
class Not(Node, Generic[Part]):
    operand: Part


Predicate = Comparison | OneOf | TextTest | Presence | Bare | And["Predicate"] | Or["Predicate"] | Not["Predicate"]


# -- event patterns (section 4) ------------------------------------------------------------------------------------


@attrs.frozen(eq=False, repr=False)
class EventPattern(Node):
    """``PHRASE [where (PREDICATE)]``."""

    phrase: Phrase
    where: Predicate | None = None


@attrs.frozen(eq=False, repr=False)
class AnyPattern(Node):
    """``(P or P …)``: an event that matches one of two or more patterns."""

    alternatives: "tuple[EventPattern | AnyPattern, ...]"


Pattern = EventPattern | AnyPattern


# -- conditions (sections 3, 5, 6) ---------------------------------------------------------------------------------


@attrs.frozen(eq=False, repr=False)
class Occurrence(Node):
    """``P`` or ``P op NUMBER [times]``. A phrase that names a segment or a score looks just the same."""

    pattern: Pattern
    operator: Operator | None = None
    number: Number | None = None
    times: bool = False


@attrs.frozen(eq=False, repr=False)
class Absence(Node):
    """``no P``."""

    pattern: Pattern


@attrs.frozen(eq=False, repr=False)
class Aggregate(Node):
    """``sum(PATH of P) op VALUE``; ``days(P) op N`` has no path."""

    record: AggregateRecord
    path: Path | None
    pattern: Pattern
    operator: Operator
    value: Value


@attrs.frozen(eq=False, repr=False)
class Trait(Node):
    """``lead.PATH`` with a test; the test's path is without ``lead``."""

    test: Comparison | OneOf | TextTest | Presence | Bare


@attrs.frozen(eq=False, repr=False)
class Step(Node):
    """A step of a sequence after its ``then``: ``[within D] [after D] P [>= n]`` or ``no P [for D]``."""

    event: Occurrence | Absence
    within: Duration | None = None
    after: Duration | None = None
    lasting: Duration | None = None


@attrs.frozen(eq=False, repr=False)
class Sequence(Node):
    """``S1 then S2 …``: two steps or more, in the order in which they are written."""

    steps: tuple[Step, ...]


@attrs.frozen(eq=False, repr=False)
class Dates(Node):
    """``A to B``, both dates included."""

    first: Date
    last: Date


@attrs.frozen(eq=False, repr=False)
class Restriction(Node):
    """``within D``, ``since P``, ``during A to B`` and the others: which one it is, and what it takes."""

    record: RestrictionRecord
    argument: Duration | Pattern | Dates


@attrs.frozen(eq=False, repr=False)
class Restricted(Node):
    """A condition with the restrictions written after it, in their order (which never matters)."""

    condition: "Condition"
    restrictions: tuple[Restriction, ...]


@attrs.frozen(eq=False, repr=False)
class WithSame(Node):
    """``CONDITION with same PATH``."""

    condition: "Condition"
    path: Path


Condition = (
    And["Condition"]
    | Or["Condition"]
    | Not["Condition"]
    | Occurrence
    | Absence
    | Aggregate
    | Trait
    | Sequence
    | Restricted
    | WithSame
)


# -- statements ----------------------------------------------------------------------------------------------------


@attrs.frozen(eq=False, repr=False)
class Lifecycle(Node):
    ladder: tuple[Name, ...]
    outside: tuple[Name, ...] = ()


@attrs.frozen(eq=False, repr=False)
class Timezone(Node):
    zone: Text


@attrs.frozen(eq=False, repr=False)
class PropertyDeclaration(Node):
    path: Path
    type: Name


@attrs.frozen(eq=False, repr=False)
class Schema(Node):
    """``schema NAME (property: type, …)``; ``schema lead`` declares traits."""

    event: Phrase
    properties: tuple[PropertyDeclaration, ...]


@attrs.frozen(eq=False, repr=False)
class EventDefinition(Node):
    name: Phrase
    pattern: Pattern


@attrs.frozen(eq=False, repr=False)
class ListDefinition(Node):
    name: Name
    file: Text
    column: Name | Text | None = None


@attrs.frozen(eq=False, repr=False)
class SegmentDefinition(Node):
    name: Name
    description: Text | None
    condition: Condition


@attrs.frozen(eq=False, repr=False)
class PerLine(Node):
    """``+N per P …``: each visible match counts."""

    points: Number
    pattern: Pattern
    restrictions: tuple[Restriction, ...] = ()
    cap: Number | None = None
    halving: Duration | None = None


@attrs.frozen(eq=False, repr=False)
class ForLine(Node):
    """``+N for P …``: counts once, for the latest."""

    points: Number
    pattern: Pattern
    restrictions: tuple[Restriction, ...] = ()
    cap: Number | None = None
    halving: Duration | None = None


@attrs.frozen(eq=False, repr=False)
class IfLine(Node):
    """``+N if CONDITION``."""

    points: Number
    condition: Condition


@attrs.frozen(eq=False, repr=False)
class BetweenLine(Node):
    """``between A and B``."""

    low: Number
    high: Number


ScoreLine = PerLine | ForLine | IfLine | BetweenLine


@attrs.frozen(eq=False, repr=False)
class ScoreDefinition(Node):
    name: Name
    description: Text | None
    lines: tuple[ScoreLine, ...]


@attrs.frozen(eq=False, repr=False)
class When(Node):
    """``when STAGE [for D]``."""

    stage: Name
    lasting: Duration | None = None


@attrs.frozen(eq=False, repr=False)
class Outcome(Node):
    """``=> STAGE`` or ``=> recycle to STAGE``."""

    stage: Name
    recycle: bool = False


@attrs.frozen(eq=False, repr=False)
class RuleDefinition(Node):
    """``rule NAME ["text"]: [when …,] CONDITION => OUTCOME``; a bare rule has no name."""

    name: Name | None
    description: Text | None
    when: When | None
    condition: Condition
    outcome: Outcome


# -- tests in rule files (section 9) -------------------------------------------------------------------------------


@attrs.frozen(eq=False, repr=False)
class Moment(Node):
    """WHEN: ``day N [clock]``, a date with or without one, or an instant. ``clock`` is microseconds after midnight."""

    day: "Number | Date | Instant"
    clock: int | None = None


@attrs.frozen(eq=False, repr=False)
class PropertyValue(Node):
    path: Path
    value: Value


@attrs.frozen(eq=False, repr=False)
class TestLead(Node):
    """``lead (trait: value, …)``."""

    traits: tuple[PropertyValue, ...]


@attrs.frozen(eq=False, repr=False)
class TestEvent(Node):
    """``WHEN PHRASE [(property: value, …)]``."""

    moment: Moment
    phrase: Phrase
    properties: tuple[PropertyValue, ...] = ()


@attrs.frozen(eq=False, repr=False)
class ExpectReached(Node):
    """``expect [no] STAGE [on WHEN] [by RULE]``. A segment looks the same where there is no ``by``: check tells."""

    stage: Name
    negated: bool = False
    moment: Moment | None = None
    rule: Name | None = None


@attrs.frozen(eq=False, repr=False)
class ExpectStage(Node):
    """``expect stage STAGE on WHEN``."""

    stage: Name
    moment: Moment


@attrs.frozen(eq=False, repr=False)
class ExpectScore(Node):
    """``expect SCORE op NUMBER on WHEN``."""

    score: Name
    operator: Operator
    number: Number
    moment: Moment


@attrs.frozen(eq=False, repr=False)
class TestEnd(Node):
    """``as of WHEN``."""

    moment: Moment


TestLine = TestLead | TestEvent | ExpectReached | ExpectStage | ExpectScore | TestEnd


@attrs.frozen(eq=False, repr=False)
class TestDefinition(Node):
    name: Text
    lines: tuple[TestLine, ...]


Statement = (
    Lifecycle
    | Timezone
    | Schema
    | EventDefinition
    | ListDefinition
    | SegmentDefinition
    | ScoreDefinition
    | RuleDefinition
    | TestDefinition
)


@attrs.frozen(eq=False, repr=False)
class Comment(Node):
    """From ``#`` to the end of the line, the ``#`` included."""

    text: str


@attrs.frozen(eq=False, repr=False)
class File(Node):
    """The statements of one rule file, in their order. Statements that could not be read are left out."""

    statements: tuple[Statement, ...]


@attrs.frozen(eq=False, repr=False)
class Parsed:
    """What parsing hands on: always a tree, always all diagnostics of the file."""

    source: Source
    tree: File
    comments: tuple[Comment, ...]
    diagnostics: tuple[Diagnostic, ...]
