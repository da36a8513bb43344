"""From a rule set and a lead's events to what is drawn of them: the layout, in the units of the data."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from mqlrules.check.program import EventDefinition, Program
from mqlrules.engine.histories import gather
from mqlrules.engine.reference.matching import matches
from mqlrules.engine.results import Change, Transition, points
from mqlrules.events.model import Event, Lead
from mqlrules.events.traits import LeadTable, as_traits
from mqlrules.explain.clock import day
from mqlrules.explain.timeline.model import (
    Membership,
    Move,
    Occurrence,
    Pointed,
    Row,
    ScoreLine,
    Span,
    Stay,
    Threshold,
    Timeline,
    Window,
)
from mqlrules.explain.timeline.windows import windows_of, witnessed
from mqlrules.explain.wording import counted
from mqlrules.language.calendar import Zone
from mqlrules.language.instants import Time, microseconds
from mqlrules.language.names import normalise
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import walk

ROWS = 14
"""How many rows of events there are at most: the names that matter least share the last one."""

LANES = 12
"""A longer ladder is drawn without the stages in which the lead never was."""

SCORES = 6
SEGMENTS = 14
"""How many scores and segments are drawn at most."""

WINDOWS_OF_A_MOVE = 6
WINDOWS = 36

_Drawn = TypeVar("_Drawn", ScoreLine, Membership)

_IDLE = 0.55
"""The axis is cut where nothing happens any more, if that is for more than this part of it."""

_AFTER_THE_LAST = 0.2


def timeline_of(
    plan: n.Plan,
    events: Iterable[Event | Mapping[str, Any]],
    lead: Lead,
    leads: LeadTable | None = None,
    as_of: Time | None = None,
) -> Timeline:
    """What is drawn of one lead. ``events`` may be those of many leads, in any order; ``leads`` gives traits.

    ``as_of`` is when evaluation ends: by default the time of the last event of all. A lead without events has a
    timeline with nothing on it. Raises ``EventError`` for an event that can't be read.
    """
    program = plan.program
    histories, end = gather(events, None if as_of is None else microseconds(as_of))
    history = histories.get(lead, [])
    ladder, outside = program.lifecycle.ladder, program.lifecycle.outside
    if not history or end is None:
        return Timeline(lead, program.timezone, ladder, outside, ladder[:1], None, None)
    transitions, changes, proofs = witnessed(plan, history, as_traits(leads).get(lead, {}), end)
    span = Span(history[0].at, end)
    zone = Zone(program.timezone)
    naming = _Naming(program)
    moves = tuple(_moves(transitions, program, naming))
    stays = tuple(_stays(changes, span))
    notes: list[str] = []
    found = [
        windows_of(_planned(plan, move.rule), move.number, move.at, stay.start, proof, program, zone)
        for move, stay, proof in zip(moves, stays, proofs, strict=False)
    ]
    windows = tuple(_fewer(found, notes))
    return Timeline(
        lead,
        program.timezone,
        ladder,
        outside,
        tuple(_lanes(ladder, outside, {stay.stage for stay in stays}, notes)),
        span,
        _shown(span, history, changes, zone, notes),
        stays,
        moves,
        tuple(_scores(plan, changes, span, notes)),
        tuple(_segments(program, changes, span, notes)),
        windows,
        tuple(_rows(history, transitions, plan, naming, notes)),
        tuple(notes),
    )


def _planned(plan: n.Plan, name: str) -> n.PlannedRule:
    return next(rule for rule in plan.rules if rule.rule.name == name)


# -- stages --------------------------------------------------------------------------------------------------------


def _moves(transitions: Sequence[Transition], program: Program, naming: "_Naming") -> Iterator[Move]:
    rules = {rule.name: rule for rule in program.rules}
    for number, transition in enumerate(transitions, start=1):
        rule = rules[transition.rule]
        yield Move(
            number,
            transition.instant,
            transition.from_stage,
            transition.to_stage,
            transition.rule,
            rule.description,
            tuple(transition.also),
            tuple(Pointed(event.at, event.event, naming.of(event)) for event in transition.evidence),
            down=rule.recycle,
            out=transition.to_stage in program.lifecycle.outside,
        )


def _stays(changes: Sequence[Change], span: Span) -> Iterator[Stay]:
    entered = [change for change in changes if change.kind == "stage"]
    ends = [*(change.instant for change in entered[1:]), span.end]
    for change, end in zip(entered, ends, strict=True):
        yield Stay(str(change.value), change.instant, end)


def _lanes(ladder: Sequence[str], outside: Sequence[str], visited: set[str], notes: list[str]) -> list[str]:
    """The stages to draw, from the top down: the ladder, and below it where else the lead has been."""
    lanes = list(ladder)
    if len(ladder) > LANES:
        highest = max(number for number, stage in enumerate(ladder) if stage in visited)
        lanes = [stage for number, stage in enumerate(ladder) if stage in visited or number in (0, highest + 1)]
        notes.append(
            f"{len(ladder) - len(lanes)} of the {len(ladder)} stages, in which the lead never was, are not drawn."
        )
    return [*reversed(lanes), *(stage for stage in outside if stage in visited)]


def _shown(span: Span, history: Sequence[Event], changes: Sequence[Change], zone: Zone, notes: list[str]) -> Span:
    """What the axis shows: without the end, if nothing happens there for most of the time."""
    last = max(history[-1].at, max(change.instant for change in changes))
    lively = last - span.start
    if not lively or span.end - last <= _IDLE * span.length:
        return span
    notes.append(f"Nothing changes from {day(last, zone)} to {day(span.end, zone)}: most of that time is not drawn.")
    return Span(span.start, last + max(int(lively * _AFTER_THE_LAST), 1))


# -- scores and segments -------------------------------------------------------------------------------------------


def _scores(plan: n.Plan, changes: Sequence[Change], span: Span, notes: list[str]) -> list[ScoreLine]:
    thresholds = _thresholds(plan)
    found, flat = [], []
    for key, score in plan.program.scores.items():
        noted = [change for change in changes if change.kind == "score" and change.name == score.name]
        if not noted:
            flat.append(score.name)
            continue
        steps = {span.start: Decimal(0)}
        for change in noted:
            assert isinstance(change.value, Decimal)
            steps[change.instant] = change.value
        low, high = (None if bound is None else points(bound) for bound in (score.low, score.high))
        asked = tuple(thresholds.get(key, ()))
        found.append(ScoreLine(score.name, score.description, tuple(steps.items()), low, high, asked))
    if flat:
        notes.append(f"{_listed(flat)} {'is' if len(flat) == 1 else 'are'} 0 throughout.")
    # Where they are too many, those that rules ask for come first.
    if len(found) > SCORES:
        found.sort(key=lambda score: not score.thresholds)
    return _drawn(found, SCORES, "score", notes)


def _thresholds(plan: n.Plan) -> dict[str, list[Threshold]]:
    """What rules compare scores with, by the score's normalised name."""
    found: dict[str, dict[tuple[str, Decimal], list[str]]] = {}
    for rule in plan.rules:
        for node in walk([rule.condition]):
            match node:
                case n.Compare(leaf=n.Score(name=name), operator=operator, value=int() as value):
                    named = found.setdefault(name, {}).setdefault((operator, points(value)), [])
                    if rule.rule.name not in named:
                        named.append(rule.rule.name)
                case _:
                    pass
    return {
        name: [Threshold(operator, value, tuple(rules)) for (operator, value), rules in of_score.items()]
        for name, of_score in found.items()
    }


def _segments(program: Program, changes: Sequence[Change], span: Span, notes: list[str]) -> list[Membership]:
    found, never = [], []
    for segment in program.segments.values():
        noted = [change for change in changes if change.kind == "segment" and change.name == segment.name]
        # In and out take turns, beginning with in.
        ends = [*(change.instant for change in noted), span.end]
        spans = [Span(ends[k], ends[k + 1]) for k in range(0, len(noted), 2)]
        if spans:
            found.append(Membership(segment.name, segment.description, tuple(spans)))
        else:
            never.append(segment.name)
    if never:
        notes.append(f"Never in {_listed(never)}.")
    return _drawn(found, SEGMENTS, "segment", notes)


def _drawn(found: list[_Drawn], most: int, thing: str, notes: list[str]) -> list[_Drawn]:
    """As many as there is room for."""
    if hidden := found[most:]:
        verb = "is" if len(hidden) == 1 else "are"
        notes.append(
            f"{counted(str(len(hidden)), f'more {thing}')} {verb} not drawn: {_listed([h.name for h in hidden])}."
        )
    return found[:most]


def _listed(names: Sequence[str]) -> str:
    shown = names if len(names) <= 6 else [*names[:5], f"{len(names) - 5} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


# -- windows -------------------------------------------------------------------------------------------------------


def _fewer(found: Sequence[Sequence[Window]], notes: list[str]) -> Iterator[Window]:
    """The windows of all moves, unless they are too many to be read."""
    left = WINDOWS
    for windows in found:
        kept = windows[: min(left, WINDOWS_OF_A_MOVE)]
        left -= len(kept)
        yield from kept
    hidden = sum(map(len, found)) - (WINDOWS - left)
    if hidden:
        notes.append(f"{counted(str(hidden), 'more window')} of the rules {'is' if hidden == 1 else 'are'} not drawn.")


# -- events --------------------------------------------------------------------------------------------------------


class _Naming:
    """What the rules call an event: the first definition that it meets, else its own name."""

    def __init__(self, program: Program) -> None:
        self._of_name: dict[str, list[EventDefinition]] = {}
        for definition in program.events.values():
            names = {alternative.name for alternative in definition.pattern.alternatives}
            # A definition of any activity would swallow every other name.
            for name in names if None not in names else ():
                self._of_name.setdefault(str(name), []).append(definition)

    def of(self, event: Event) -> str:
        definition = self.definition(event)
        return event.event if definition is None else definition.name

    def definition(self, event: Event) -> EventDefinition | None:
        return next((d for d in self._of_name.get(event.name, ()) if matches(d.pattern, event)), None)


def _rows(
    history: Sequence[Event], transitions: Sequence[Transition], plan: n.Plan, naming: _Naming, notes: list[str]
) -> Iterator[Row]:
    pointed: dict[int, list[int]] = {}
    for number, transition in enumerate(transitions, start=1):
        for event in transition.evidence:
            pointed.setdefault(id(event), []).append(number)
    by_row: dict[tuple[bool, str], list[Event]] = {}
    for event in history:
        definition = naming.definition(event)
        key = (False, event.name) if definition is None else (True, normalise(definition.name))
        by_row.setdefault(key, []).append(event)

    def matters(key: tuple[bool, str]) -> tuple[int, int, int]:
        events = by_row[key]
        moves = [number for event in events for number in pointed.get(id(event), ())]
        if moves:
            return 0, min(moves), events[0].at
        return (1 if key[0] or plan.uses(key[1]) else 2), 0, -len(events)

    keys = sorted(by_row, key=matters)
    alone = keys if len(keys) <= ROWS else keys[: ROWS - 1]
    for key in alone:
        events = by_row[key]
        definition = naming.definition(events[0])
        yield _row(events[0].event if definition is None else definition.name, events, pointed)
    rest = keys[len(alone) :]
    if rest:
        events = sorted((event for key in rest for event in by_row[key]), key=lambda event: event.at)
        yield _row(f"{len(rest)} other names", events, pointed, merged=len(rest))
        notes.append(
            f"{counted(f'{len(events):,}', 'event')} of {len(rest)} other names share a row: "
            f"{_listed([by_row[key][0].event for key in rest])}."
        )


def _row(name: str, events: Sequence[Event], pointed: Mapping[int, Sequence[int]], merged: int = 0) -> Row:
    occurrences = tuple(Occurrence(event.at, tuple(pointed.get(id(event), ()))) for event in events)
    return Row(name, tuple(dict.fromkeys(event.event for event in events)), occurrences, merged)
