"""The nodes of the evaluation tree.

Below are leaves, each an aggregate over the events of one pattern that lie in a visible interval; above them
comparisons, ``and``, ``or``, ``not``, and nothing else. Equal sub-trees are one object, so a node's identity is its
meaning. Durations and instants are whole microseconds, points are millionths.
"""

from decimal import Decimal
from fractions import Fraction

import attrs

from mqlrules.check.program import Pattern, Program, Rule, Test
from mqlrules.language.aggregates import AggregateRecord
from mqlrules.language.operators import Operator
from mqlrules.language.values import Literal as LiteralValue
from mqlrules.plan.interval import EVERYTHING as EVERYTHING
from mqlrules.plan.interval import Anchor as Anchor
from mqlrules.plan.interval import Interval as Interval
from mqlrules.plan.interval import Scope as Scope

Threshold = int | Decimal | Fraction


def _exactly(value: object) -> tuple[bool, object]:
    """What tells values apart: to Python 1 and true are equal, in a rule they are not."""
    return isinstance(value, bool), value


# -- leaves --------------------------------------------------------------------------------------------------------


@attrs.frozen(cache_hash=True)
class Count:
    """How many visible events match."""

    pattern: Pattern
    interval: Interval


@attrs.frozen(cache_hash=True)
class Aggregate:
    """An aggregate of a property over the visible matches that have it in a type that fits.

    ``literal`` is the one that it is compared with, where only values of that type count; None for a number.
    """

    record: AggregateRecord
    path: tuple[str, ...] | None
    pattern: Pattern
    interval: Interval
    literal: LiteralValue | None = attrs.field(default=None, eq=_exactly)


@attrs.frozen(cache_hash=True)
class Quiet:
    """No event of the pattern, visible or not, for ``lasting`` after a step."""

    pattern: Pattern
    lasting: int


@attrs.frozen(cache_hash=True)
class Step:
    """A positive step, and the way to it from the step before: less than ``within``, at least ``after``, no visible
    ``absent`` between, ``quiet`` after the step before."""

    pattern: Pattern
    count: int = 1
    within: int | None = None
    after: int = 0
    absent: Pattern | None = None
    quiet: Quiet | None = None


@attrs.frozen(cache_hash=True)
class Sequence:
    """Whether some choice of positions fits (section 6)."""

    steps: tuple[Step, ...]
    final: Quiet | None
    interval: Interval


@attrs.frozen(cache_hash=True)
class Trait:
    """Whether a test of the lead's traits holds."""

    test: Test


@attrs.frozen(cache_hash=True)
class EventPoints:
    """A line ``+N per P`` (``every``) or ``+N for P`` of a score."""

    every: bool
    points: int
    pattern: Pattern
    interval: Interval
    cap: int | None
    halving: int | None


@attrs.frozen(cache_hash=True)
class ConditionPoints:
    """A line ``+N if CONDITION`` of a score."""

    points: int
    condition: "Node"


@attrs.frozen(cache_hash=True)
class Score:
    """The sum of the lines in millionths, clamped. ``name`` is the normalised name."""

    name: str
    lines: tuple[EventPoints | ConditionPoints, ...]
    low: int | None
    high: int | None


@attrs.frozen(cache_hash=True)
class Split:
    """Whether the condition holds of a part (``with same PATH``) in which an event matches a pattern of it."""

    path: tuple[str, ...]
    condition: "Node"


Leaf = Count | Aggregate | Sequence | Trait | Score | Split

# -- above the leaves ----------------------------------------------------------------------------------------------


@attrs.frozen(cache_hash=True)
class Compare:
    """``leaf op value``: of counts, aggregates and scores (there in millionths)."""

    leaf: Count | Aggregate | Score
    operator: Operator
    value: LiteralValue | Threshold = attrs.field(eq=_exactly)


@attrs.frozen(cache_hash=True)
class And:
    operands: "tuple[Node, ...]"


@attrs.frozen(cache_hash=True)
class Or:
    operands: "tuple[Node, ...]"


@attrs.frozen(cache_hash=True)
class Not:
    operand: "Node"


Node = Compare | Sequence | Trait | Split | And | Or | Not
"""What is true or false."""


@attrs.frozen
class PlannedRule:
    """A rule and its condition, lowered. ``order`` is its place in the file order."""

    order: int
    rule: Rule
    condition: Node


@attrs.frozen(eq=False)
class Plan:
    """A lowered program. Segments and scores go by normalised name."""

    program: Program
    rules: tuple[PlannedRule, ...]
    segments: dict[str, Node]
    scores: dict[str, Score]
    names_used: frozenset[str | None]
    """Normalised names of the raw events that some rule, segment or score uses; None stands for ``activity``."""

    def uses(self, name: str) -> bool:
        """Whether some rule, segment or score uses an event of this normalised name (section 8)."""
        return name in self.names_used or (None in self.names_used and name != "identify")
