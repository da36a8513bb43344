"""Evidence is enough, and no more than enough (section 8)."""

from typing import Any

import attrs
from hypothesis import event as count
from hypothesis import given

from mqlrules.check.program import And, Condition, Or, Restricted, WithSame
from mqlrules.engine import reference
from mqlrules.engine.histories import gather
from mqlrules.events.model import Event
from tests.engine.engines import program_of
from tests.strategies import Case, growing_conditions


def _single(condition: Any) -> bool:
    """Whether it is one count or sequence, however narrowed and split."""
    match condition:
        case And() | Or():
            return False
        case Restricted(condition=inner) | WithSame(condition=inner):
            return _single(inner)
        case _:
            return True


def _parts(condition: Any) -> list[Any]:
    """The counts and sequences that a condition joins: their evidence is minimal one by one. A union need not be, since
    an event may be the evidence of two operands, and of two the later one alone might do for both.
    """
    match condition:
        case And(operands=operands) | Or(operands=operands):
            return [part for operand in operands for part in _parts(operand)]
        case _ if _single(condition):
            return [condition]
        case _:
            return []


@given(case=growing_conditions(evident=True))
def test_no_smaller_part_of_the_evidence_makes_a_count_or_a_sequence_hold(case: Case) -> None:
    program = program_of(case.rules)
    assert case.end is not None
    history = gather(case.events, case.end)[0]["a"]
    for condition in _parts(program.rules[0].condition):
        for now in sorted({event.at for event in history} | {case.end}):

            def holds(events: list[Event], condition: Condition = condition, now: int = now) -> bool:
                return reference.holds(program, condition, events, now, {})

            if not holds(history):
                continue
            found = reference.evidence(program, condition, history, now, {})
            count(f"{len(found)} events")
            assert holds(found)
            assert [] == [one for one in found if holds([other for other in found if other is not one])]


@given(case=growing_conditions())
def test_evidence_is_made_of_events_that_some_pattern_of_the_condition_names(case: Case) -> None:
    program = program_of(case.rules)
    condition = program.rules[0].condition
    assert case.end is not None
    history = gather(case.events, case.end)[0]["a"]
    names = {pattern.name for pattern in _alternatives(condition)}
    found = reference.evidence(program, condition, history, case.end, {})
    assert [] == [one for one in found if one.name not in names and (None not in names or one.name == "identify")]


def _alternatives(node: Any) -> list[Any]:
    if isinstance(node, tuple):
        return [found for each in node for found in _alternatives(each)]
    if not attrs.has(type(node)):
        return []
    mine = [node] if type(node).__name__ == "Alternative" else []
    return mine + [found for f in attrs.fields(type(node)) if f.eq for found in _alternatives(getattr(node, f.name))]
