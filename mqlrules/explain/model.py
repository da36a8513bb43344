"""An explanation as plain values: what a rule asks of a lead, part by part, and the one verdict above it.

Instants are whole microseconds since 1970 UTC; each has a twin that is an aware datetime. How an explanation is drawn
(terminal, Markdown, JSON, timeline) is the business of others; they read what stands here and nothing else.
"""

import datetime
from decimal import Decimal
from typing import Any, Literal

import attrs

from mqlrules.engine.results import Transition
from mqlrules.events.model import Event, Lead
from mqlrules.language.instants import moment

VerdictKind = Literal["holds", "pending", "would hold", "cannot"]
"""The four verdicts; a rule always has exactly one of them."""

PartKind = Literal[
    "all", "any", "not", "count", "aggregate", "trait", "segment", "score", "sequence", "same", "value", "line", "step",
    "stage",
]  # fmt: skip
"""What a part is. ``value`` is one part of ``with same``, ``line`` a line of a score, ``step`` a step of a sequence;
these three stand below what they belong to. ``stage`` is the ``when`` of a rule.
"""


@attrs.frozen
class Span:
    """From an instant (included) to another (not included); None is without end on that side."""

    start: int | None
    end: int | None


@attrs.frozen(eq=False)
class Part:
    """One part of a condition and how it stands with one lead, at one instant.

    ``asks`` is what it asks, in plain words; ``value`` is what was found (``2 of 2: 3 Jan, 9 Jan``), empty where the
    parts below say it all. ``holds`` is None for what is neither true nor false (a line of a score).
    """

    kind: PartKind
    asks: str
    value: str
    holds: bool | None
    events: tuple[Event, ...] = ()
    """The events that count here, in history order."""
    since: int | None = None
    """Since when ``holds`` has been what it is; None: from the beginning of the history."""
    until: int | None = None
    """Until when it stays so if nothing happens; None: for good."""
    spans: tuple[Span, ...] = ()
    """When it was true, in order, up to the instant of the explanation; the last one may go on."""
    window: Span | None = None
    """The part of time that is visible to it now; None: all of it, or it looks at no events."""
    points: Decimal | None = None
    """Of a score its value, of a line of it what it gives."""
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
    """One thing of a suggestion: an event, fed so many times, or traits that would have to be other than they are.

    ``event`` can be fed to an engine as it stands; of several of them (``times``) each comes after the other.
    ``words`` is what its author calls it. A trait comes as an ``identify`` event, and ``words`` says it as a wish:
    ``lead.employees were at least 200``.
    """

    event: Event
    words: str
    times: int = 1
    trait: bool = False


@attrs.frozen(eq=False)
class Suggestion:
    """One way to make a rule hold. It has been tried: with these events the rule holds at ``holds_at``.

    ``events`` are all events of it, in order, with the times at which they were tried. All of them may as well come
    later, as long as the first comes before ``before`` (None: at any time) and not earlier than ``earliest``, at the
    same distances from one another.
    """

    steps: tuple[Step, ...]
    events: tuple[Event, ...]
    earliest: int
    before: int | None
    holds_at: int
    sentence: str
    """In plain words, without a full stop: ``one more “visited pricing” before 12 March 2026, 09:00 UTC``."""


@attrs.frozen(eq=False)
class Verdict:
    """What is to be said of a rule and a lead at an instant.

    - ``holds``: since ``since``, on ``evidence``, until ``until`` if nothing happens (None: for good);
    - ``pending``: at ``decided_at`` it will hold if nothing happens, unless one of ``unless`` comes before;
    - ``would hold``: with one of the ``suggestions``, fewest events first; none if no way was found within the
      bounds of the search, which ``reasons`` then names;
    - ``cannot``: it cannot hold any more, and ``reasons`` say why.
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

    ``asks`` says what the rule does (``A lead becomes MQL as soon as``); ``tree`` is its condition, with its ``when``
    as the first part if it has one. ``fired`` are the moves that it made, ``notes`` what is to be said about the
    lifecycle: why it held and moved nobody, what it would do.
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


@attrs.frozen(eq=False)
class Explanation:
    """Why a lead qualified, why not, and what is still missing, at one instant.

    ``rules`` are those that were asked for; without a name those that lead to the next stage. ``events`` is the
    lead's history up to the instant, ``begins`` the number of events in it that a recycle has taken away (they count
    for traits alone).
    """

    lead: Lead
    instant: int
    stage: str
    stage_since: int | None
    timezone: str
    events: tuple[Event, ...]
    begins: int
    traits: dict[str, Any]
    transitions: tuple[Transition, ...]
    rules: tuple[RuleExplanation, ...]
    notes: tuple[str, ...] = ()

    @property
    def at(self) -> datetime.datetime:
        """The instant as an aware datetime in UTC."""
        return moment(self.instant)

    def __str__(self) -> str:
        """The explanation as indented text."""
        from mqlrules.explain.pages import as_text

        return as_text(self)
