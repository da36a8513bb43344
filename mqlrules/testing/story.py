"""The story of a test's lead, as it was: events, what they changed, and the expectations that were not met."""

from collections.abc import Sequence
from decimal import Decimal

from mqlrules.check import moments
from mqlrules.check.program import Program
from mqlrules.engine.results import Change
from mqlrules.language.calendar import Zone
from mqlrules.run.result import Result
from mqlrules.syntax import tree
from mqlrules.testing import expectations
from mqlrules.testing.clock import Clock
from mqlrules.testing.results import Told, Unmet
from mqlrules.testing.scenarios import Expectation, Scenario

# At one instant: events, what they changed, moves, what was expected, the end.
_ORDER = {"event": 0, "change": 1, "move": 2, "unmet": 3, "end": 4}


def story(
    scenario: Scenario, result: Result, failed: Sequence[tuple[Expectation, Unmet]], program: Program, zone: Zone
) -> tuple[Told, ...]:
    """The lines of the story in order; an expectation stands where its time is over, or where it was broken."""
    clock = Clock(zone, scenario.by_day)
    told = [
        Told(event.at, clock.show(event.at), "event", written)
        for event, written in zip(scenario.events, scenario.written, strict=True)
    ]
    changes = [change for change in result.timeline(scenario.lead) if change.kind != "stage"]
    told += [Told(change.instant, clock.show(change.instant), "change", _changed(change)) for change in changes]
    for move in result.transitions:
        also = f" ({', '.join(move.also)} held too)" if move.also else ""
        text = f"from {move.from_stage} to {move.to_stage} by {move.rule}{also}"
        told.append(Told(move.instant, clock.show(move.instant), "move", text))
    for expected, unmet in failed:
        at = _place(expected, scenario, result, program, zone)
        when = clock.date(at) if _is_whole_date(expected.moment) else clock.show(at)
        told.append(Told(at, when, "unmet", unmet.expected, f"{unmet.file}:{unmet.line}: {unmet.instead}"))
    told.append(Told(scenario.as_of, clock.show(scenario.as_of), "end", "the test ends"))
    return tuple(sorted(told, key=lambda line: (line.instant, _ORDER[line.kind])))


def _changed(change: Change) -> str:
    match change.value:
        case Decimal() as points:
            return f"{change.name} = {points.normalize():f}"
        case True:
            return f"in {change.name}"
        case _:
            return f"no longer in {change.name}"


def _is_whole_date(moment: tree.Moment | None) -> bool:
    return moment is not None and moment.clock is None and not isinstance(moment.day, tree.Instant)


def _place(expected: Expectation, scenario: Scenario, result: Result, program: Program, zone: Zone) -> int:
    if isinstance(expected, tree.ExpectReached) and not expectations.is_segment(expected, program) and expected.negated:
        return expectations.moves(expected, result.transitions, zone)[0].instant
    if expected.moment is None:
        return scenario.as_of
    return min(moments.end(expected.moment, zone), scenario.as_of)
