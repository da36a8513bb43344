"""One lead through its lifecycle: points in time, moves, recycling (section 8)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

import attrs

from mqlrules.check.program import Condition, Program, Rule
from mqlrules.engine.lifecycle import Ladder
from mqlrules.engine.reference import conditions, walk
from mqlrules.engine.reference import evidence as pointing
from mqlrules.engine.reference.visible import Placed, Point
from mqlrules.engine.results import Change, LeadRun, Transition, points
from mqlrules.events.model import Event, Lead
from mqlrules.language.names import IDENTIFY, normalise
from mqlrules.language.values import is_missing

Traits = Mapping[str, Any]


# -- what is known at a point (section 2) --------------------------------------------------------------------------


def known_traits(traits: Traits, history: Iterable[Event]) -> dict[str, Any]:
    """The traits of a table, and what the ``identify`` events of a history made of them (section 2).

    A null removes one. Nested traits are replaced whole, not merged.
    """
    known = dict(traits)
    for event in history:
        if event.name == IDENTIFY:
            known.update(event.properties)
    return {name: value for name, value in known.items() if not is_missing(value)}


def _after_everything_at(program: Program, history: Sequence[Event], now: int, traits: Traits) -> Point:
    # "`holds … at T` means after everything at T" (section 8).
    so_far = [event for event in history if event.at <= now]
    return Point(program, _placed(so_far), now, known_traits(traits, so_far))


def _placed(history: Sequence[Event]) -> tuple[Placed, ...]:
    return tuple(Placed(position, event) for position, event in enumerate(history))


# -- questions outside the lifecycle -------------------------------------------------------------------------------


def holds(program: Program, condition: Condition, history: Sequence[Event], now: int, traits: Traits) -> bool:
    """Whether a condition holds after everything at ``now`` (microseconds); the lifecycle is ignored.

    Before a lead's first event it is asked of an empty history.
    """
    point = _after_everything_at(program, history, now, traits)
    return conditions.holds(condition, point.view(), point)


def evidence(program: Program, condition: Condition, history: Sequence[Event], now: int, traits: Traits) -> list[Event]:
    """The evidence of a condition after everything at ``now``, in history order; empty where it doesn't hold."""
    return pointing.evidence(condition, _after_everything_at(program, history, now, traits))


def score(program: Program, name: str, history: Sequence[Event], now: int, traits: Traits) -> int:
    """A score after everything at ``now``, in millionths; the lifecycle is ignored (section 7)."""
    return conditions.score(normalise(name), _after_everything_at(program, history, now, traits))


def first_true(
    program: Program, condition: Condition, history: Sequence[Event], traits: Traits, as_of: int
) -> int | None:
    """The first point at which a condition holds, as its instant (microseconds), or None; the lifecycle is ignored."""
    for now, count in _points(history, walk.dues(program, history, condition), as_of):
        so_far = history[:count]
        point = Point(program, _placed(so_far), now, known_traits(traits, so_far))
        if conditions.holds(condition, point.view(), point):
            return now
    return None


def _points(history: Sequence[Event], dues: set[int], as_of: int) -> Iterator[tuple[int, int]]:
    """The points of a lead: their instants, and how many events lie before them or at them (section 8).

    ``dues`` are the instants at which something can change with no event; more may be added on the way. At one instant
    what falls due with time is settled first, then the events in their order.
    """
    # A lead's timeline begins at its first event: what is due before it is no point.
    for count, event in enumerate(history, start=1):
        if event.at > as_of:
            return
        if count > 1:
            for due in _in_order(dues, history[count - 2].at, event.at):
                yield due, count - 1
        yield event.at, count
    if history:
        for due in _in_order(dues, history[-1].at, as_of):
            yield due, len(history)


def _in_order(dues: set[int], after: int, until: int) -> Iterator[int]:
    # Asked anew each time, for a point may add one.
    while (due := min((due for due in dues if after < due <= until), default=None)) is not None:
        yield due
        after = due


# -- the lifecycle (section 8) -------------------------------------------------------------------------------------


def run(
    program: Program,
    history: Sequence[Event],
    traits: Traits,
    as_of: int,
    lead: Lead,
    fingerprint: str = "",
    timeline: bool = False,
) -> LeadRun:
    """One lead, evaluated to the end.

    ``history`` is one lead's, as ``engine.histories.gather`` gives it; ``traits`` are those of a table of leads;
    ``as_of`` is in microseconds, inclusive. A lead known by traits alone has no transitions and no timeline.
    """
    journey = _Journey(program, history, traits, lead, fingerprint, timeline)
    journey.dues.update(walk.dues(program, history))
    for now, count in _points(history, journey.dues, as_of):
        journey.settle(now, count)
    return LeadRun(tuple(journey.transitions), tuple(journey.changes))


@attrs.define(eq=False)
class _Journey:
    """Where a lead stands, between points."""

    program: Program
    history: Sequence[Event]
    traits: Traits
    lead: Lead
    fingerprint: str
    timeline: bool

    uses: walk.Uses = attrs.field(init=False)
    ladder: Ladder = attrs.field(init=False)
    stage: str | None = None
    """None before the first event."""
    entered: int = 0
    """When the lead came into its stage, in microseconds."""
    begin: int = 0
    """The position from which events count: 0, or the one after the latest recycle."""
    withheld: set[str] = attrs.field(factory=set)
    """The rules that would have held of the empty fresh history at the latest recycle, and were never false since."""
    recycled: bool = False
    """Whether the lead was recycled, and no event that the set uses has come since."""
    dues: set[int] = attrs.field(factory=set)
    """The instants at which something can change with no event."""
    transitions: list[Transition] = attrs.field(factory=list)
    changes: list[Change] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.ladder = Ladder(self.program.lifecycle)
        self.uses = walk.uses(self.program)

    def settle(self, now: int, count: int) -> None:
        """Settle the point at which this many events have happened."""
        if self.stage is None:
            self._enter(self.ladder.first, now)
        latest = self.history[count - 1]
        if count > self.begin and self.uses.event(latest.name):
            self.recycled = False
        point = self._point(now, count)
        self._note_segments_and_scores(point)
        if self.withheld:
            self.withheld -= {rule.name for rule in self.program.rules if not self._holds(rule, point)}
        fired: set[str] = set()
        while moves := [rule for rule in self._movers(point) if rule.name not in fired]:
            winner = self.ladder.winner(moves)
            fired.add(winner.name)
            self._move(winner, moves, point)
            if winner.recycle:
                self._start_afresh(now, count)
                break

    def _point(self, now: int, count: int) -> Point:
        # Only events at later positions than the recycle count, for everything but traits and ids.
        so_far = self.history[:count]
        return Point(self.program, _placed(so_far)[self.begin :], now, known_traits(self.traits, so_far))

    def _holds(self, rule: Rule, point: Point) -> bool:
        """Whether a rule holds, its ``when`` included."""
        return (
            (rule.when is None or rule.when == self.stage)
            and (rule.lasting is None or point.now - self.entered >= rule.lasting)
            and conditions.holds(rule.condition, point.view(), point)
        )

    def _movers(self, point: Point) -> list[Rule]:
        """The rules that can make a move, in file order."""
        assert self.stage is not None
        return [
            rule
            for rule in self.program.rules
            if self.ladder.can_move(rule, self.stage)
            and rule.name not in self.withheld
            and not (rule.recycle and self.recycled)
            and self._holds(rule, point)
        ]

    def _move(self, winner: Rule, moves: list[Rule], point: Point) -> None:
        assert self.stage is not None
        self.transitions.append(
            Transition(
                lead=self.lead,
                from_stage=self.stage,
                to_stage=winner.stage,
                instant=point.now,
                rule=winner.name,
                also=[rule.name for rule in moves if rule is not winner],
                evidence=pointing.evidence(winner.condition, point),
                fingerprint=self.fingerprint,
            )
        )
        self._enter(winner.stage, point.now)

    def _enter(self, stage: str, now: int) -> None:
        self.stage, self.entered = stage, now
        if self.timeline:
            self.changes.append(Change(now, "stage", "stage", stage))
        self.dues.update(now + rule.lasting for rule in self.program.rules if rule.lasting is not None)

    def _start_afresh(self, now: int, count: int) -> None:
        """A recycle ends its point, and the history begins anew after it."""
        self.begin, self.recycled = count, True
        empty = self._point(now, count)
        self.withheld = {rule.name for rule in self.program.rules if self._holds(rule, empty)}
        self._note_segments_and_scores(empty)

    def _note_segments_and_scores(self, point: Point) -> None:
        """Note what has changed since it was noted last; in the beginning no segment holds and every score is 0."""
        if not self.timeline:
            return
        before = {(change.kind, change.name): change.value for change in self.changes}
        for segment in self.program.segments.values():
            now_holds = conditions.holds(segment.condition, point.view(), point)
            self._note(before, Change(point.now, "segment", segment.name, now_holds), False)
        for name, definition in self.program.scores.items():
            value = points(conditions.score(name, point))
            self._note(before, Change(point.now, "score", definition.name, value), Decimal(0))

    def _note(
        self, before: "dict[tuple[_Kind, str], str | bool | Decimal]", change: Change, nothing: bool | Decimal
    ) -> None:
        if before.get((change.kind, change.name), nothing) != change.value:
            self.changes.append(change)


_Kind = Literal["stage", "segment", "score"]
