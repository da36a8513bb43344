"""Evaluating many leads with an engine: the histories, each lead's run, all transitions in order (section 8)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import attrs

from mqlrules.engine import reference
from mqlrules.engine.histories import by_lead, gather, in_history_order
from mqlrules.engine.incremental import Runner, TimelineRunner
from mqlrules.engine.results import LeadRun, Transition
from mqlrules.events.model import Event, Lead
from mqlrules.events.traits import LeadTable, as_traits
from mqlrules.plan.nodes import Plan
from mqlrules.run.result import Result, TimelineOf


def evaluate(
    plan: Plan,
    fingerprint: str,
    events: Iterable[Event | Mapping[str, Any]],
    as_of: int | None,
    leads: LeadTable | None,
    engine: str,
) -> Result:
    """Evaluates events of any number of leads, in any order, with the engine of that name.

    Raises ``EventError`` for an event that can't be read, ``ValueError`` for an engine that there is not, ``TypeError``
    for a file or a table.
    """
    if isinstance(events, (str, bytes, Path)) or hasattr(events, "__arrow_c_stream__"):
        raise TypeError("evaluate takes events, one by one; for a file or a table use run")
    traits = as_traits(leads)
    histories, end = gather(events, as_of)
    transitions: list[Transition] = []
    timeline_of: TimelineOf
    match engine:
        case "incremental":
            runner = Runner(plan, fingerprint)
            for lead, history in histories.items():
                transitions += runner.run(history, traits.get(lead, {}), end or 0)
            timeline_of = _incremental_timelines(plan, traits, fingerprint)
        case "reference":
            timeline_of = _reference_timelines(plan, traits, fingerprint)
            for lead, history in histories.items():
                run = reference.run(plan.program, history, traits.get(lead, {}), end or 0, lead, fingerprint)
                transitions += run.transitions
        case _:
            raise ValueError(f"unknown engine {engine!r}; choose 'incremental' or 'reference'")
    transitions.sort(key=in_order)
    return Result(plan.program, transitions, histories, frozenset(traits) | frozenset(histories), end, timeline_of)


@attrs.frozen(eq=False)
class Alone:
    """A lead that is evaluated up to an instant of its own (microseconds), in which its last event lies or before it.

    ``events`` are in the order of time; ``traits`` are those of a table of leads.
    """

    lead: Lead
    events: Sequence[Event]
    traits: Mapping[str, Any]
    as_of: int


def evaluate_alone(plan: Plan, leads: Sequence[Alone], engine: str) -> Iterator[Result]:
    """What comes out of each lead, one after the other, as they are asked for.

    Raises ``ValueError`` for an engine that there is not.
    """
    traits = {alone.lead: dict(alone.traits) for alone in leads}
    runner: Runner | None = None
    match engine:
        case "incremental":
            runner = Runner(plan)
            timeline_of = _incremental_timelines(plan, traits, "")
        case "reference":
            timeline_of = _reference_timelines(plan, traits, "")
        case _:
            raise ValueError(f"unknown engine {engine!r}; choose 'incremental' or 'reference'")
    for alone in leads:
        history = in_history_order(list(alone.events))
        if runner is not None:
            moves: Sequence[Transition] = runner.run(history, alone.traits, alone.as_of)
        else:
            moves = reference.run(plan.program, history, alone.traits, alone.as_of, alone.lead).transitions
        histories = {alone.lead: history} if history else {}
        yield Result(plan.program, list(moves), histories, frozenset((alone.lead,)), alone.as_of, timeline_of)


def in_order(transition: Transition) -> tuple[int, tuple[bool, Lead]]:
    """The order of transitions: by time, then lead; those of one lead at one instant keep theirs."""
    return transition.instant, by_lead(transition.lead)


def _incremental_timelines(plan: Plan, traits: Mapping[Lead, Mapping[str, Any]], fingerprint: str) -> TimelineOf:
    # Most results are never asked for a timeline: the runner that notes them is made at the first question.
    runner = cache(lambda: TimelineRunner(plan, fingerprint))

    def timeline_of(lead: Lead, history: Sequence[Event], as_of: int) -> LeadRun:
        return runner().run(history, traits.get(lead, {}), as_of)

    return timeline_of


def _reference_timelines(plan: Plan, traits: Mapping[Lead, Mapping[str, Any]], fingerprint: str) -> TimelineOf:
    def timeline_of(lead: Lead, history: Sequence[Event], as_of: int) -> LeadRun:
        known = traits.get(lead, {})
        return reference.run(plan.program, history, known, as_of, lead, fingerprint, timeline=True)

    return timeline_of
