"""Stores for tests, and random inputs in the forms in which they are fed."""

import os
import random
from collections.abc import Sequence
from pathlib import Path

import attrs

from mqlrules import DurableEngine, Event, Transition
from mqlrules.engine.histories import gather
from mqlrules.events.model import as_event
from mqlrules.ruleset import RuleSet, loads
from tests.strategies import Case, random_case

CASES = int(os.environ.get("MQLRULES_STORE_CASES", "40"))
"""How many random cases each property is tried on."""


@attrs.frozen
class Input:
    """A random case whose events come in order of time."""

    seed: int
    case: Case
    rules: RuleSet
    events: tuple[Event, ...]
    end: int

    def engine(self, store: str, lateness: str | None = None, history: int | None = None) -> DurableEngine:
        """An engine with a store; the times of a random case may be those of any year."""
        return self.rules.engine(self.case.leads, store=store, lateness=lateness, history=history, max_ahead=None)


def random_inputs(count: int = CASES, first: int = 0) -> list[Input]:
    """Random cases with events."""
    found = []
    for seed in range(first, first + count):
        case = random_case(seed)
        _, end = gather(case.events, case.end)
        if end is None or not any(as_event(event).at <= end for event in case.events):
            continue
        events = sorted((as_event(event) for event in case.events), key=lambda event: event.at)
        found.append(Input(seed, case, loads(case.rules), tuple(e for e in events if e.at <= end), end))
    return found


def in_memory(given: Input, events: Sequence[Event] | None = None) -> list[Transition]:
    """What an uninterrupted engine in memory makes of it, to the end."""
    engine = given.rules.engine(leads=given.case.leads, max_ahead=None)
    made = [t for event in (given.events if events is None else events) for t in engine.feed(event)]
    return in_order(made + engine.advance(given.end))


def in_order(transitions: Sequence[Transition]) -> list[Transition]:
    """Transitions as they can be compared: each lead's in the order in which they were made."""
    return sorted(transitions, key=lambda transition: str(transition.lead))


def batches(events: Sequence[Event], choose: random.Random) -> list[list[Event]]:
    """Events, cut at random."""
    left, found = list(events), []
    while left:
        size = choose.choice((1, 1, 2, 3, 7))
        found.append(left[:size])
        del left[:size]
    return found


def address(folder: Path, name: str = "leads.db") -> str:
    """The address of an SQLite file in a folder."""
    return f"sqlite:///{folder / name}?synchronous=normal"


def outbox(engine: DurableEngine) -> list[Transition]:
    """What is pending, in the order in which it can be compared."""
    return in_order([pending.transition for pending in engine.pending()])


def by_instant(transitions: Sequence[Transition]) -> list[Transition]:
    """Transitions of leads that were made anew: the outbox has them in the order in which they were found."""
    return sorted(transitions, key=lambda t: (str(t.lead), t.instant, t.from_stage, t.to_stage, t.rule))
