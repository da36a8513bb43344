"""The result of an evaluation: the transitions, and what can be asked of each lead afterwards (section 8)."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from mqlrules.check.program import Program
from mqlrules.engine.results import Change, LeadRun, Transition
from mqlrules.events.model import Event, Lead
from mqlrules.language.calendar import closing_instant
from mqlrules.language.instants import Time, moment
from mqlrules.language.names import normalise

TimelineOf = Callable[[Lead, Sequence[Event], int], LeadRun]
"""Evaluates one lead's history up to an instant, with its timeline."""


class Result:
    """What came out of an evaluation.

    ``transitions`` are ordered by time, lead and position. Stages, scores and members are as they were after everything
    at an instant; without one, at the end. A lead that had no event stands in the first stage, is in no segment, and
    its scores are 0.
    """

    def __init__(
        self,
        program: Program,
        transitions: list[Transition],
        histories: Mapping[Lead, Sequence[Event]],
        leads: frozenset[Lead],
        as_of: int | None,
        timeline_of: TimelineOf,
    ) -> None:
        self.transitions = transitions
        self.leads = leads
        """All leads, those known by traits alone too."""
        self._program = program
        self._histories = histories
        self._as_of = as_of
        self._timeline_of = timeline_of
        self._timelines: dict[Lead, list[Change]] = {}

    def __repr__(self) -> str:
        end = "nothing" if self._as_of is None else f"up to {moment(self._as_of).isoformat()}"
        return f"Result({len(self.transitions)} transitions of {len(self.leads)} leads, {end})"

    def timeline(self, lead: Lead) -> list[Change]:
        """Every change of stage, segment and score of one lead, in order, from its first event on."""
        if lead not in self._timelines:
            history = self._histories.get(lead)
            changes: list[Change] = []
            if history and self._as_of is not None:
                changes = list(self._timeline_of(lead, history, self._as_of).changes)
            self._timelines[lead] = changes
        return list(self._timelines[lead])

    def stage(self, lead: Lead, at: Time | None = None) -> str:
        """The stage in which a lead stands."""
        value = self._value(lead, "stage", "stage", at)
        return self._program.lifecycle.ladder[0] if value is None else str(value)

    def score(self, lead: Lead, name: str, at: Time | None = None) -> Decimal:
        """A score of a lead, exact: at most six decimals. Raises ``KeyError`` if the rules have no such score."""
        score = self._program.scores.get(normalise(name))
        if score is None:
            raise KeyError(f"the rules have no score {name!r}")
        value = self._value(lead, "score", score.name, at)
        return value if isinstance(value, Decimal) else Decimal(0)

    def members(self, segment: str, at: Time | None = None) -> set[Lead]:
        """The leads that are in a segment. Raises ``KeyError`` if the rules have no such segment."""
        found = self._program.segments.get(normalise(segment))
        if found is None:
            raise KeyError(f"the rules have no segment {segment!r}")
        return {lead for lead in self._histories if self._value(lead, "segment", found.name, at) is True}

    def _value(self, lead: Lead, kind: str, name: str, at: Time | None) -> str | bool | Decimal | None:
        """The value after the last change up to an instant; None if there was none."""
        if kind == "stage" and at is None and lead not in self._timelines:
            return self._last_stages.get(lead)
        changes = [change for change in self.timeline(lead) if change.kind == kind and change.name == name]
        if at is None:
            count = len(changes)
        else:
            end = closing_instant(at, self._program.timezone)
            count = bisect_right(changes, end, key=lambda change: change.instant)
        return changes[count - 1].value if count else None

    @property
    def _last_stages(self) -> dict[Lead, str]:
        return {transition.lead: transition.to_stage for transition in self.transitions}
