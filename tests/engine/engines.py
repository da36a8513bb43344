"""The engines under test, and how a test asks any of them. A new engine is one more line in ``ENGINES``."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from mqlrules.check.program import Condition, Program
from mqlrules.check.resolve import check, check_condition
from mqlrules.engine import incremental, reference
from mqlrules.engine.histories import by_lead, gather
from mqlrules.engine.results import Change, LeadRun, Transition
from mqlrules.events.model import Event, Lead
from mqlrules.plan.lower import lower
from mqlrules.syntax.parse import parse, parse_condition
from mqlrules.text.diagnostic import Diagnostic
from mqlrules.text.source import Source
from tests.engine import columnar_lead

Run = Callable[..., LeadRun]
"""``run(program, history, traits, as_of, lead, timeline=…)``: one lead."""


def _incremental(program: Program, *asked: Any, timeline: bool = False) -> LeadRun:
    history, traits, as_of, *_ = asked
    if timeline:
        return incremental.TimelineRunner(lower(program)).run(history, traits, as_of)
    return LeadRun(tuple(incremental.Runner(lower(program)).run(history, traits, as_of)))


def _columnar(program: Program, *asked: Any, timeline: bool = False) -> LeadRun:
    return columnar_lead.run(lower(program), *asked, timeline=timeline)


ENGINES: dict[str, Run] = {
    "reference": reference.run,
    "incremental": _incremental,
    "columnar": _columnar,
}


def checked(rules: str, folder: Path | None = None) -> tuple[Program, list[Diagnostic]]:
    """The program of a rule file's text, which lies in the folder if there is one, and the errors in it."""
    source = Source("<rules>", rules) if folder is None else Source("rules.mql", rules, folder / "rules.mql")
    program, diagnostics = check([parse(source)], folder)
    return program, [found for found in diagnostics if found.severity == "error"]


def program_of(rules: str, folder: Path | None = None) -> Program:
    """The program of a rule file's text. Fails with the errors if there are any."""
    program, errors = checked(rules, folder)
    shown = [f"{error.code} line {error.line} column {error.column}: {error.message}" for error in errors]
    assert shown == [], "\n".join([rules, *shown])
    return program


def condition_of(rules: str, condition: str) -> tuple[Program, Condition]:
    """A condition in the words of a rule set, and the program in which it stands."""
    program = program_of(rules)
    source = Source("<condition>", condition)
    node, diagnostics = parse_condition(source)
    assert node is not None, diagnostics
    resolved, diagnostics = check_condition(node, source, program)
    assert resolved is not None, diagnostics
    return program, resolved


@attrs.frozen
class Outcome:
    """What an engine makes of a whole input: all transitions in order, and each lead's timeline."""

    transitions: tuple[Transition, ...]
    changes: Mapping[Lead, tuple[Change, ...]]


def evaluate(
    run: Run,
    program: Program,
    events: Iterable[Mapping[str, Any] | Event],
    leads: Mapping[Lead, Mapping[str, Any]],
    end: int | None,
) -> Outcome:
    """Every lead of an input through one engine."""
    histories, as_of = gather(events, end)
    transitions: list[Transition] = []
    changes: dict[Lead, tuple[Change, ...]] = {}
    if as_of is not None:
        for lead in sorted(histories.keys() | leads.keys(), key=by_lead):
            found = run(program, histories.get(lead, []), leads.get(lead, {}), as_of, lead, timeline=True)
            transitions += found.transitions
            changes[lead] = found.changes
    # Stable: moves of one lead at one instant stay in the order in which they happened.
    transitions.sort(key=lambda transition: (transition.instant, by_lead(transition.lead)))
    return Outcome(tuple(transitions), changes)
