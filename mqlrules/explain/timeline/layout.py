"""From a rule set and a lead's events to what a timeline shows of them, in the units of the data."""

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
from mqlrules.explain.wording import counted, listed
from mqlrules.language.calendar import Zone, closing_instant
from mqlrules.language.instants import Time
from mqlrules.language.names import normalise
from mqlrules.plan import nodes as n
from mqlrules.plan.lower import lowering_of, walk

ROWS = 14
"""How many rows of events there are at most; the least important names share the last one."""

LANES = 12
"""A longer ladder is drawn without the stages that the lead never was in."""

SCORES = 6
SEGMENTS = 14
WINDOWS_OF_A_MOVE = 6
WINDOWS = 36
"""How many scores, segments and windows are drawn at most."""

_IDLE = 0.55
"""The axis is cut if nothing happens for more than this part of it at the end."""

_AFTER_THE_LAST = 0.2

_Drawn = TypeVar("_Drawn", ScoreLine, Membership)


def timeline_of(
    plan: n.Plan,
    events: Iterable[Event | Mapping[str, Any]],
    lead: Lead,
    leads: LeadTable | None = None,
    as_of: Time | None = None,
) -> Timeline:
    """The timeline of one lead. ``events`` may be those of many leads, in any order; ``leads`` gives traits.

    ``as_of`` is when evaluation ends: by default the time of the last event of all. Raises ``EventError`` for an event
    that can't be read.
    """
    program = plan.program
    histories, end = gather(events, None if as_of is None else closing_instant(as_of, program.timezone))
    history = histories.get(lead, [])
    ladder, outside = program.lifecycle.ladder, program.lifecycle.outside
    if not history or end is None:
        return Timeline(lead, program.timezone, ladder, outside, ladder[:1], None, None)
    transitions, changes, proofs = witnessed(plan, history, as_traits(leads).get(lead, {}), end)
    span = Span(history[0].at, end)
    naming = _Naming(program)
    moves = tuple(_moves(transitions, program, naming))
    stays = tuple(_stays(changes, span))
    rules, lower = {rule.name: rule for rule in program.rules}, lowering_of(program)
    windows = [
        windows_of(rules[move.rule], move.number, move.at, stay.start, proof, program, lower)
        for move, stay, proof in zip(moves, stays, proofs, strict=False)
    ]
    notes: list[str] = []
    return Timeline(
        lead,
        program.timezone,
        ladder,
        outside,
        tuple(_lanes(ladder, outside, {stay.stage for stay in stays}, notes)),
        span,
        _shown(span, history, changes, Zone(program.timezone), notes),
        stays,
        moves,
        tuple(_scores(plan, changes, span, notes)),
        tuple(_segments(program, changes, span, notes)),
        tuple(_fewer(windows, notes)),
        tuple(_rows(history, transitions, plan, naming, notes)),
        tuple(notes),
    )


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
    """The stages to draw, from the top down: the ladder, and below it other stages that the lead was in."""
    lanes = list(ladder)
    if len(ladder) > LANES:
        highest = max(number for number, stage in enumerate(ladder) if stage in visited)
        lanes = [stage for number, stage in enumerate(ladder) if stage in visited or number in (0, highest + 1)]
        notes.append(
            f"{len(ladder) - len(lanes)} of the {len(ladder)} stages, which the lead was never in, are not drawn."
        )
    return [*reversed(lanes), *(stage for stage in outside if stage in visited)]


def _shown(span: Span, history: Sequence[Event], changes: Sequence[Change], zone: Zone, notes: list[str]) -> Span:
    """The span of the axis, which ends early if nothing happens for most of the time."""
    last = max(history[-1].at, max(change.instant for change in changes))
    lively = last - span.start
    if not lively or span.end - last <= _IDLE * span.length:
        return span
    notes.append(f"Nothing changes from {day(last, zone)} to {day(span.end, zone)}; most of that time is not drawn.")
    return Span(span.start, last + max(int(lively * _AFTER_THE_LAST), 1))


# -- scores, segments and windows ----------------------------------------------------------------------------------


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
        notes.append(f"{_few(flat)} {'is' if len(flat) == 1 else 'are'} 0 throughout.")
    # If there are too many, those that rules ask for come first.
    if len(found) > SCORES:
        found.sort(key=lambda score: not score.thresholds)
    return _drawn(found, SCORES, "score", notes)


def _thresholds(plan: n.Plan) -> dict[str, list[Threshold]]:
    """The values that rules compare scores with, by the score's normalised name."""
    found: dict[str, dict[tuple[str, Decimal], dict[str, None]]] = {}
    for rule in plan.rules:
        for node in walk([rule.condition]):
            if isinstance(node, n.Compare) and isinstance(node.leaf, n.Score) and isinstance(node.value, int):
                limits = found.setdefault(node.leaf.name, {})
                limits.setdefault((node.operator, points(node.value)), {})[rule.rule.name] = None
    return {
        name: [Threshold(operator, value, tuple(rules)) for (operator, value), rules in limits.items()]
        for name, limits in found.items()
    }


def _segments(program: Program, changes: Sequence[Change], span: Span, notes: list[str]) -> list[Membership]:
    found, never = [], []
    for segment in program.segments.values():
        noted = [change for change in changes if change.kind == "segment" and change.name == segment.name]
        # Entering and leaving alternate, beginning with entering.
        ends = [*(change.instant for change in noted), span.end]
        spans = [Span(ends[k], ends[k + 1]) for k in range(0, len(noted), 2)]
        if spans:
            found.append(Membership(segment.name, segment.description, tuple(spans)))
        else:
            never.append(segment.name)
    if never:
        notes.append(f"Never in {_few(never)}.")
    return _drawn(found, SEGMENTS, "segment", notes)


def _drawn(found: list[_Drawn], most: int, thing: str, notes: list[str]) -> list[_Drawn]:
    if hidden := found[most:]:
        notes.append(f"{_not_drawn(len(hidden), f'more {thing}')}: {_few([one.name for one in hidden])}.")
    return found[:most]


def _not_drawn(hidden: int, thing: str) -> str:
    return f"{counted(str(hidden), thing)} {'is' if hidden == 1 else 'are'} not drawn"


def _few(names: Sequence[str]) -> str:
    return listed(names if len(names) <= 6 else [*names[:5], f"{len(names) - 5} more"], "and")


def _fewer(found: Sequence[Sequence[Window]], notes: list[str]) -> Iterator[Window]:
    """The windows of all moves, within the limits."""
    left = WINDOWS
    for windows in found:
        kept = windows[: min(left, WINDOWS_OF_A_MOVE)]
        left -= len(kept)
        yield from kept
    if hidden := sum(map(len, found)) - (WINDOWS - left):
        notes.append(f"{_not_drawn(hidden, 'more window')}.")


# -- events --------------------------------------------------------------------------------------------------------


class _Naming:
    """What the rules call an event: the first definition that it matches, else its own name."""

    def __init__(self, program: Program) -> None:
        self._of_name: dict[str, list[EventDefinition]] = {}
        for definition in program.events.values():
            names = {alternative.name for alternative in definition.pattern.alternatives}
            # A definition of any activity would hide every other name.
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

    def importance(key: tuple[bool, str]) -> tuple[int, int, int]:
        events = by_row[key]
        moves = [number for event in events for number in pointed.get(id(event), ())]
        if moves:
            return 0, min(moves), events[0].at
        return (1 if key[0] or plan.uses(key[1]) else 2), 0, -len(events)

    def row(name: str, events: Sequence[Event], merged: int = 0) -> Row:
        occurrences = tuple(Occurrence(event.at, tuple(pointed.get(id(event), ()))) for event in events)
        return Row(name, tuple(dict.fromkeys(event.event for event in events)), occurrences, merged)

    keys = sorted(by_row, key=importance)
    alone = keys if len(keys) <= ROWS else keys[: ROWS - 1]
    for key in alone:
        yield row(naming.of(by_row[key][0]), by_row[key])
    if rest := keys[len(alone) :]:
        events = sorted((event for key in rest for event in by_row[key]), key=lambda event: event.at)
        yield row(f"{len(rest)} other names", events, merged=len(rest))
        notes.append(
            f"{counted(f'{len(events):,}', 'event')} of {len(rest)} other names share a row: "
            f"{_few([by_row[key][0].event for key in rest])}."
        )
