"""What every engine hands on: transitions, and the changes of one lead's timeline (section 8)."""

import datetime
from decimal import Decimal
from typing import Literal

import attrs

from mqlrules.events.model import Event, Lead
from mqlrules.language.instants import moment


@attrs.frozen
class Transition:
    """A lead moved from one stage to another.

    ``instant`` is microseconds since 1970 UTC, ``at`` the same as an aware datetime. ``also`` names the other rules
    that could have made a move at that step, in file order. ``evidence`` is in history order.
    """

    lead: Lead
    from_stage: str
    to_stage: str
    instant: int
    rule: str
    also: list[str]
    evidence: list[Event]
    fingerprint: str = ""

    @property
    def at(self) -> datetime.datetime:
        """When, as an aware datetime in UTC."""
        return moment(self.instant)


@attrs.frozen
class Change:
    """One change in a lead's timeline: of its stage (``value`` is the stage), of a segment (``value`` True or False),
    of a score (``value`` a Decimal, exact in millionths). ``name`` is the segment's or score's name as written,
    ``"stage"`` for stages.
    """

    instant: int
    kind: Literal["stage", "segment", "score"]
    name: str
    value: str | bool | Decimal

    @property
    def at(self) -> datetime.datetime:
        """When, as an aware datetime in UTC."""
        return moment(self.instant)


@attrs.frozen
class LeadRun:
    """One lead, evaluated to the end: its transitions in order, and, if they were asked for, all changes of its
    timeline.

    The changes begin with the stage, every segment that holds and every score that is not 0 at the first event's point.
    """

    transitions: tuple[Transition, ...]
    changes: tuple[Change, ...] = ()


def points(millionths: int) -> Decimal:
    """Whole millionths as the number that they are, exact, and without zeros at its end: 60, 2.5, 0.000001."""
    whole, rest = divmod(abs(millionths), 1_000_000)
    sign = "-" if millionths < 0 else ""
    return Decimal(f"{sign}{whole}.{rest:06}".rstrip("0").rstrip("."))
