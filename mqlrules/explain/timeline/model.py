"""What a timeline shows of a lead, as plain data.

Instants are microseconds since 1970 UTC, points are exact decimals. Names are as they came from rules and events; each
drawer escapes them for its own medium.
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

    ``names`` are the names under which they were sent, each once. ``merged`` is how many rows share this one for lack
    of space, 0 for a row of its own.
    """

    name: str
    names: tuple[str, ...]
    occurrences: tuple[Occurrence, ...]
    merged: int = 0


@attrs.frozen
class Stay:
    """The time that a lead was in a stage; its length is 0 if it moved on at once."""

    stage: str
    start: int
    end: int


@attrs.frozen
class Pointed:
    """An event that a move rests on: when, the name under which it was sent, and what the rules call it."""

    at: int
    sent: str
    called: str


@attrs.frozen
class Move:
    """A transition. Rows and windows refer to it by its ``number``, which counts from 1.

    ``description`` is the text of the rule, ``also`` are the other rules that could have made a move at that step.
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
    def now(self) -> Decimal:
        """The value at the end."""
        return self.steps[-1][1]

    @property
    def peak(self) -> Decimal:
        """The highest value."""
        return max(value for _, value in self.steps)

    @property
    def reach(self) -> tuple[Decimal, Decimal]:
        """The lowest and highest value of its axis: the clamp, unless all values are far from it."""
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
"""``within``: a time window with evidence. ``then within``: from one step of a sequence to the next. ``open``: from
the first to the last evidence of a part without a time limit. ``absence``: a time window without events. ``quiet``: the
wait after a step. ``stay``: the time in a stage that a rule waits for.
"""


@attrs.frozen
class Window:
    """A part of a rule's condition that depended on time, as it was when the rule moved the lead.

    ``first`` and ``last`` are its first and last evidence (of ``absence`` and ``stay`` the ends of the time looked at).
    ``end`` is when the first of them leaves the window, or when the wait of ``quiet`` is over; None without a limit.
    ``words`` is the part of the condition as its author wrote it, on one line.
    """

    move: int
    kind: WindowKind
    words: str
    first: int
    last: int
    end: int | None

    @property
    def ending(self) -> str:
        """What to write before its end."""
        return {"quiet": "over", "stay": ""}.get(self.kind, "until")


@attrs.frozen
class Timeline:
    """Everything that is drawn of one lead.

    ``span`` reaches from the first event to the end of evaluation. ``shown`` is the part of it on the axis, which ends
    early if nothing happens for a long time. Both are None for a lead without events. ``lanes`` are the stages to draw,
    from the top down. ``notes`` say in sentences what is merged or left out.
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
        """The stage at the end."""
        return self.stays[-1].stage if self.stays else self.ladder[0]
