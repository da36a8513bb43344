"""Whether what a test expects came to pass, and if not, what happened instead, in words (section 9)."""

from collections.abc import Sequence

from mqlrules.check import moments
from mqlrules.check.program import Program
from mqlrules.engine.results import Transition
from mqlrules.language.calendar import Zone
from mqlrules.language.names import normalise
from mqlrules.language.operators import holds
from mqlrules.run.result import Result
from mqlrules.syntax import tree
from mqlrules.testing.clock import Clock
from mqlrules.testing.scenarios import Expectation, Scenario


def instead(expected: Expectation, scenario: Scenario, result: Result, program: Program, zone: Zone) -> str | None:
    """What happened instead of what is expected; None if it is met.

    With a clock an expectation speaks of that very instant; without one, of a transition at any time on the date, of
    everything else at its end (or at the end of the test, if that is earlier).
    """
    clock = Clock(zone, scenario.by_day)
    match expected:
        case tree.ExpectStage(stage=stage, moment=moment):
            stood = result.stage(scenario.lead, _end(moment, scenario, zone))
            return None if stood == stage.text else f"the lead was in {stood} then"
        case tree.ExpectScore(score=score, operator=operator, number=number, moment=moment):
            value = result.score(scenario.lead, score.text, _end(moment, scenario, zone))
            met = holds(operator, (value > number.value) - (value < number.value))
            return None if met else f"{score.text} was {value.normalize():f} then"
        case tree.ExpectReached(stage=name) if is_segment(expected, program):
            assert expected.moment is not None, "checked: a segment is expected at a time"
            inside = scenario.lead in result.members(name.text, _end(expected.moment, scenario, zone))
            if inside != expected.negated:
                return None
            return f"the lead was {'' if inside else 'not '}in {name.text} then"
        case tree.ExpectReached():
            return _moved_instead(expected, result.transitions, program, zone, clock)


def is_segment(expected: Expectation, program: Program) -> bool:
    """Whether ``expect NAME`` speaks of a segment."""
    stages = program.lifecycle.ladder + program.lifecycle.outside
    return isinstance(expected, tree.ExpectReached) and expected.stage.text not in stages


def moves(expected: tree.ExpectReached, transitions: Sequence[Transition], zone: Zone) -> list[Transition]:
    """The transitions of which an expectation speaks."""
    return [move for move in transitions if move.to_stage == expected.stage.text and _speaks_of(expected, move, zone)]


def _speaks_of(expected: tree.ExpectReached, move: Transition, zone: Zone) -> bool:
    if expected.rule is not None and normalise(expected.rule.text) != normalise(move.rule):
        return False
    moment = expected.moment
    return moment is None or moments.begin(moment, zone) <= move.instant <= moments.end(moment, zone)


def _moved_instead(
    expected: tree.ExpectReached, transitions: Sequence[Transition], program: Program, zone: Zone, clock: Clock
) -> str | None:
    stage = expected.stage.text
    found = moves(expected, transitions, zone)
    if bool(found) != expected.negated:
        return None
    there = found if expected.negated else [move for move in transitions if move.to_stage == stage]
    if there:
        came = " and ".join(f"on {clock.show(move.instant)} by {move.rule}" for move in there)
        return f"the lead came to {stage} {came}"
    if stage == program.lifecycle.ladder[0]:
        return f"no rule moved the lead to {stage}, where every lead starts; ask for `expect stage {stage} on …`"
    return f"the lead never came to {stage}"


def _end(moment: tree.Moment, scenario: Scenario, zone: Zone) -> int:
    return min(moments.end(moment, zone), scenario.as_of)
