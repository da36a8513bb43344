"""A lead's timeline: every change of its stage, its segments and its scores, point by point."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from mqlrules.engine.incremental.runner import Runner, Watched
from mqlrules.engine.results import Change, LeadRun, points
from mqlrules.events.model import Event
from mqlrules.plan import nodes as n


class Timeline:
    """Watches leads, and notes the changes of the one at hand in ``changes``."""

    def __init__(self, plan: n.Plan) -> None:
        program = plan.program
        self.nodes: Sequence[n.Node | n.Score] = (*plan.segments.values(), *plan.scores.values())
        self.changes: list[Change] = []
        self._segments = [program.segments[name].name for name in plan.segments]
        self._scores = [program.scores[name].name for name in plan.scores]
        self._known: dict[tuple[str, str], str | bool | Decimal] = {}

    def begin(self) -> None:
        """Another lead comes next."""
        self.changes, self._known = [], {}

    def point(self, watched: Watched) -> None:
        """Notes what has changed since the last point. At the beginning no segment holds and every score is 0."""
        if not self.changes:
            self.moved(watched)
        for number, name in enumerate(self._segments):
            self._note(Change(watched.now, "segment", name, watched.holds(number)), False)
        for number, name in enumerate(self._scores, start=len(self._segments)):
            self._note(Change(watched.now, "score", name, points(watched.value(number))), Decimal(0))

    def moved(self, watched: Watched) -> None:
        """Notes the stage that the lead has come to."""
        self.changes.append(Change(watched.now, "stage", "stage", watched.stage))

    def _note(self, change: Change, nothing: bool | Decimal) -> None:
        key = change.kind, change.name
        if self._known.get(key, nothing) != change.value:
            self._known[key] = change.value
            self.changes.append(change)


class TimelineRunner:
    """Runs one lead after another, with their timelines."""

    def __init__(self, plan: n.Plan, fingerprint: str = "") -> None:
        self._timeline = Timeline(plan)
        self._runner = Runner(plan, fingerprint, watcher=self._timeline)

    def run(self, history: Sequence[Event], traits: Mapping[str, Any], as_of: int) -> LeadRun:
        """A lead's transitions and changes, settled up to ``as_of``."""
        self._timeline.begin()
        transitions = self._runner.run(history, traits, as_of)
        return LeadRun(tuple(transitions), tuple(self._timeline.changes))
