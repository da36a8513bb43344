"""The nodes of the evaluation tree.

Below are leaves, each an aggregate over the events of one pattern that lie in a visible interval; above them
comparisons, ``and``, ``or``, ``not``, and nothing else. Equal sub-trees are one object, so a node's identity is its
meaning. Durations and instants are whole microseconds, points are millionths.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Literal

import attrs

from mqlrules.check.program import Pattern, Program, Rule, Test
from mqlrules.language.values import Literal as LiteralValue
from mqlrules.syntax.tree import AggregateFunction, Operator

Scope = Literal["history", "part"]
"""Where an anchor is looked up: in the lead's whole history, or in the part that ``with same`` made."""

Threshold = int | Decimal | Fraction


def _exactly(value: object) -> tuple[bool, object]:
    """What tells values apart: to Python 1 and true are equal, in a rule they are not."""
    return isinstance(value, bool), value


@attrs.frozen(cache_hash=True)
class Anchor:
    """A pattern of ``since``, ``after`` or ``before``: its first and its latest position are asked for."""

    pattern: Pattern
    scope: Scope = "history"


@attrs.frozen(cache_hash=True)
class Interval:
    """The visible interval (section 3), all restrictions intersected.

    Visible at ``now`` are events with time > now - within, time <= now - older, start <= time < end of ``during``, at
    positions after the latest of each ``since``, after the first of each ``after`` and before the first of each
    ``before``.
    """

    within: int | None = None
    older: int = 0
    since: frozenset[Anchor] = frozenset()
    after: frozenset[Anchor] = frozenset()
    before: frozenset[Anchor] = frozenset()
    during: tuple[int, int] | None = None

    @property
    def anchors(self) -> frozenset[Anchor]:
        """All anchors of the interval."""
        return self.since | self.after | self.before


EVERYTHING = Interval()


# -- leaves --------------------------------------------------------------------------------------------------------


@attrs.frozen(cache_hash=True)
class Count:
    """How many visible events match."""

    pattern: Pattern
    interval: Interval


@attrs.frozen(cache_hash=True)
class Aggregate:
    """``function`` of a property over the visible matches that have it in a type that fits.

    ``fits`` is the literal that ``first`` and ``last`` are compared with (their values are of its type), else None.
    """

    function: AggregateFunction
    path: tuple[str, ...] | None
    pattern: Pattern
    interval: Interval
    fits: LiteralValue | None = attrs.field(default=None, eq=_exactly)


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
