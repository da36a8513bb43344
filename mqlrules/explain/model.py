"""The parts of an explanation as plain values: what a rule asks of a lead, part by part, and the verdict on it.

Instants are whole microseconds since 1970 UTC.
"""

import datetime
from decimal import Decimal
from typing import Literal

import attrs

from mqlrules.engine.results import Transition
from mqlrules.events.model import Event
from mqlrules.language.instants import moment

VerdictKind = Literal["holds", "pending", "would hold", "cannot"]
"""The four verdicts; a rule always has exactly one of them."""

PartKind = Literal[
    "all", "any", "not", "count", "aggregate", "trait", "segment", "score", "sequence", "same", "value", "line", "step",
    "stage",
]  # fmt: skip
"""What a part is. ``stage`` is the ``when`` of a rule. Below other parts are ``value``, one value of ``with same``;
``line``, a line of a score; and ``step``, a step of a sequence.
"""


@attrs.frozen
class Span:
    """From an instant (included) to another (excluded); None means without end on that side."""

    start: int | None
    end: int | None


@attrs.frozen(eq=False)
class Part:
    """One part of a condition, and its state for one lead at one instant.

    ``asks`` is what it asks, in plain words. ``value`` is what was found (``2 of 2: 3 Jan, 9 Jan``); it is empty if the
    parts below say it all. ``holds`` is None for a line of a score, which is neither true nor false.
    """

    kind: PartKind
    asks: str
    value: str
    holds: bool | None
    events: tuple[Event, ...] = ()
    """The events that count here, in history order."""
    since: int | None = None
    """Since when ``holds`` has had this value; None: from the beginning of the history."""
    until: int | None = None
    """Until when it keeps it if nothing happens; None: for good."""
    spans: tuple[Span, ...] = ()
    """When it was true, in order, up to the instant of the explanation; the last one may be open."""
    window: Span | None = None
    """The time that is visible to it now; None: all of it, or it looks at no events."""
    points: Decimal | None = None
    """The value of a score, or what a line of it gives."""
    parts: "tuple[Part, ...]" = ()

    @property
    def since_at(self) -> datetime.datetime | None:
        """``since`` as an aware datetime in UTC."""
        return None if self.since is None else moment(self.since)

    @property
    def until_at(self) -> datetime.datetime | None:
        """``until`` as an aware datetime in UTC."""
        return None if self.until is None else moment(self.until)


@attrs.frozen(eq=False)
class Step:
    """A step of a suggestion: an event that happens ``times`` times, or traits that would have to be different.

    ``event`` can be fed to an engine as it is; with ``times`` each one comes after the other. ``words`` is what its
    author calls it. A trait is an ``identify`` event, and ``words`` is a wish: ``lead.employees were at least 200``.
    """

    event: Event
    words: str
    times: int = 1
    trait: bool = False


@attrs.frozen(eq=False)
class Suggestion:
    """One way to make a rule hold. It was verified by the engine: with these events the rule holds at ``holds_at``.

    ``events`` are all its events, in order, with the times at which they were tried. All of them may also come later,
    at the same distances from one another, as long as the first comes before ``before`` (None: at any time) and not
    earlier than ``earliest``.
    """

    sentence: str
    """In plain words, without a full stop: ``with one more “visited pricing” before 12 Mar 2026, 09:00``."""
    steps: tuple[Step, ...]
    events: tuple[Event, ...]
    earliest: int
    before: int | None
    holds_at: int


@attrs.frozen(eq=False)
class Verdict:
    """The verdict on a rule and a lead at an instant.

    - ``holds``: since ``since``, on ``evidence``, until ``until`` if nothing happens (None: for good);
    - ``pending``: it will hold at ``decided_at`` if nothing happens, unless one of ``unless`` comes before;
    - ``would hold``: with one of the ``suggestions``, fewest events first; none if the search found none within its
      bounds, which ``reasons`` then names;
    - ``cannot``: it can no longer hold, and ``reasons`` say why.
    """

    kind: VerdictKind
    sentence: str
    since: int | None = None
    until: int | None = None
    decided_at: int | None = None
    evidence: tuple[Event, ...] = ()
    unless: tuple[Step, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    reasons: tuple[str, ...] = ()


@attrs.frozen(eq=False)
class RuleExplanation:
    """One rule and one lead.

    ``asks`` says what the rule does (``A lead becomes MQL as soon as``). ``tree`` is its condition, with its ``when``
    as the first part if it has one. ``fired`` are the moves that it made. ``notes`` are about the lifecycle: why the
    rule held and moved nobody, what it would do.
    """

    name: str
    description: str | None
    stage: str
    recycle: bool
    asks: str
    verdict: Verdict
    tree: Part
    fired: tuple[Transition, ...] = ()
    notes: tuple[str, ...] = ()
