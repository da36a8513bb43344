"""What is drawn of a lead, as plain data.

Instants are microseconds since 1970 UTC, points are exact decimals. Nothing here knows of pixels or columns. Names are
as they came from rules and events, unescaped: each drawer makes them safe for its own medium.
"""

from decimal import Decimal
from typing import Literal

import attrs

from mqlrules.events.model import Lead


@attrs.frozen
class Span:
    """From ``start`` to ``end``."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


@attrs.frozen
class Occurrence:
    """An event in its row. ``moves`` are the numbers of the moves that it is evidence of."""

    at: int
    moves: tuple[int, ...] = ()


@attrs.frozen
class Row:
    """Events under one name, in history order: those of a definition, or of a raw event.

    ``names`` are the names under which they were sent, each once. ``merged`` says how many rows were put together here
    because there were too many; 0 for a row of its own.
    """

    name: str
    names: tuple[str, ...]
    occurrences: tuple[Occurrence, ...]
    merged: int = 0


@attrs.frozen
class Stay:
    """The time that a lead was in a stage; of no length if it moved on at once."""

    stage: str
    start: int
    end: int


@attrs.frozen
class Pointed:
    """An event that a move rests on: when, under which name it was sent, and what the rules call it (or the same)."""

    at: int
    sent: str
    called: str


@attrs.frozen
class Move:
    """A transition. ``number`` counts them from 1: by it rows and windows refer to the move.

    ``description`` is the text of the rule, ``also`` names other rules that could have made a move at that step.
    ``down`` is true for a recycle, ``out`` for a move out of the ladder.
    """

    number: int
    at: int
    from_stage: str
    to_stage: str
    rule: str
    description: str | None
    also: tuple[str, ...]
    evidence: tuple[Pointed, ...]
    down: bool = False
    out: bool = False


@attrs.frozen
class Threshold:
    """A value that rules compare a score with: ``>= 50`` of these rules."""

    operator: str
    value: Decimal
    rules: tuple[str, ...]


@attrs.frozen
class ScoreLine:
    """A score over time: a step at each change, the first at the lead's first event. ``low`` and ``high`` are the clamp
    of the rules, or None.
    """

    name: str
    description: str | None
    steps: tuple[tuple[int, Decimal], ...]
    low: Decimal | None
    high: Decimal | None
    thresholds: tuple[Threshold, ...]

    @property
    def reach(self) -> tuple[Decimal, Decimal]:
        """From where to where its axis reaches: its clamp, unless that is far from all that happens."""
        values = [value for _, value in self.steps] + [limit.value for limit in self.thresholds]
        low, high = min(Decimal(0), *values), max(Decimal(0), *values)
        if self.high is not None and high <= self.high <= 4 * high:
            high = self.high
        if self.low is not None and 4 * low <= self.low <= low:
            low = self.low
        return low, high if high > low else low + 1


@attrs.frozen
class Membership:
    """When a lead was in a segment."""

    name: str
    description: str | None
    spans: tuple[Span, ...]


WindowKind = Literal["within", "then within", "open", "absence", "quiet", "stay"]
"""``within``: a window with evidence in it. ``then within``: from one step of a sequence to the next. ``open``: from
the first to the last evidence of a part that has no end. ``absence``: a window in which nothing was. ``quiet``: the
wait after a step. ``stay``: the time in a stage that a rule waits for.
"""


@attrs.frozen
class Window:
    """A part of a rule's condition that had to do with time, as it stood when the rule moved the lead.

    ``first`` and ``last`` are its first and its last evidence event (for ``absence`` and ``stay`` the two ends of the
    time looked at). ``end`` is when the first of them leaves the window (with ``quiet``: when the wait is over); None
    where nothing ends. ``words`` is the part of the condition, nearly as its author wrote it.
    """

    move: int
    kind: WindowKind
    words: str
    first: int
    last: int
    end: int | None


@attrs.frozen
class Timeline:
    """All that is drawn of one lead.

    ``span`` reaches from the first event to the end of evaluation, ``shown`` is what the axis shows of it: all, or, if
    nothing happens for very long in the end, a part; both are None for a lead without events. ``lanes`` are the stages
    that are drawn, from the top down. ``notes`` say in sentences what was put together or left out.
    """

    lead: Lead
    zone: str
    ladder: tuple[str, ...]
    outside: tuple[str, ...]
    lanes: tuple[str, ...]
    span: Span | None
    shown: Span | None
    stays: tuple[Stay, ...] = ()
    moves: tuple[Move, ...] = ()
    scores: tuple[ScoreLine, ...] = ()
    segments: tuple[Membership, ...] = ()
    windows: tuple[Window, ...] = ()
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def event_count(self) -> int:
        """How many events the lead has."""
        return sum(len(row.occurrences) for row in self.rows)

    @property
    def stage(self) -> str:
        """The stage in which the lead stands in the end."""
        return self.stays[-1].stage if self.stays else self.ladder[0]
