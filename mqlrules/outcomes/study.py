"""A study: what rules and conditions make of one input, as tables.

Every question is asked through a run, so small inputs go to the incremental engine and large ones to the columnar one.
Instants in the tables are whole microseconds since 1970 UTC.
"""

import warnings
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import attrs
import numpy as np
import polars as pl

from mqlrules.check.program import Condition, Pattern, Program, Rule
from mqlrules.engine.incremental import Runner
from mqlrules.engine.reference.matching import matches
from mqlrules.events.errors import DataError
from mqlrules.events.model import Event, Lead
from mqlrules.language.names import IDENTIFY, normalise
from mqlrules.outcomes.journeys import Journeys
from mqlrules.plan.fingerprint import fingerprint
from mqlrules.plan.lower import lower
from mqlrules.readers import ColumnNames, EventTable, events_of, histories, read_events, read_leads
from mqlrules.run.evaluation import Alone, evaluate_alone
from mqlrules.run.incremental_run import read
from mqlrules.run.outcome import whole
from mqlrules.run.request import in_words, named
from mqlrules.run.running import Request, start

Ask = Callable[[str], Condition]
"""Reads a condition that uses the rules' definitions. Raises ``RuleError``."""

_EVERYTHING = "(activity or identify)"


@attrs.frozen(eq=False)
class Input:
    """Where events and traits come from, and how to read them: what ``RuleSet.run`` takes."""

    events: Any
    leads: Any = None
    as_of: int | None = None
    format: str | None = None
    columns: ColumnNames | Mapping[str, str] | None = None
    engine: Any = "auto"
    memory: int | str | None = None


class Study:
    """One input under one rule set. Tables are made when they are first asked for."""

    def __init__(self, program: Program, given: Input, condition: Ask) -> None:
        self.program = program
        self.given = given
        self.condition = condition
        self._remarks: dict[str, None] = {}

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was odd about the input, a sentence each."""
        return tuple(self._remarks)

    @cached_property
    def _moves_and_end(self) -> tuple[pl.DataFrame, int]:
        frame, end = self._ran(self.program, each_rule=False)
        if end is None:
            raise DataError("events", "there are no events, so there is nothing to report")
        return frame.with_columns(pl.col("at").dt.epoch("us")), end

    @property
    def as_of(self) -> int:
        """The instant at which evaluation ended. Raises ``DataError`` where the input has no events."""
        return self._moves_and_end[1]

    @cached_property
    def spans(self) -> pl.DataFrame:
        """The first event of each lead: lead, first."""
        found = self.first_times({"first": self.condition(_EVERYTHING)})
        return found.select("lead", first="at")

    @cached_property
    def journeys(self) -> Journeys:
        """The stages that each lead went through."""
        moves, end = self._moves_and_end
        moves = moves.select("lead", "from_stage", "to_stage", "at", "rule")
        # Without any row the type of leads is not known.
        moves = moves.cast({"lead": self.spans.schema["lead"]})
        return Journeys(self.spans, moves, end, self.program.lifecycle, self.program.timezone)

    def first_times(self, conditions: Mapping[str, Condition]) -> pl.DataFrame:
        """When each condition first held for each lead, the lifecycle ignored: lead, name, at."""
        stage = self.program.lifecycle.ladder[-1]
        rules = tuple(Rule(name, condition, stage) for name, condition in conditions.items())
        frame, _ = self._ran(attrs.evolve(self.program, rules=rules), each_rule=True)
        return frame.select("lead", name="rule", at=pl.col("at").dt.epoch("us"))

    def matching(self, patterns: Mapping[str, Pattern]) -> pl.DataFrame:
        """The events that patterns match, by lead, time and order of arrival: lead, at, position, name, event, and
        ``value``, the properties of the event.

        Of several events of a lead with one id and one name the first counts.
        """
        names = {alternative.name for pattern in patterns.values() for alternative in pattern.alternatives}
        rows = []
        for position, event in enumerate(self._events):
            if None not in names and event.name not in names:
                continue
            for name, pattern in patterns.items():
                if matches(pattern, event):
                    rows.append((event.lead, event.at, position, name, event.event, event.properties))
        return pl.DataFrame(
            rows,
            schema={
                "lead": self.spans.schema["lead"],
                "at": pl.Int64,
                "position": pl.Int64,
                "name": pl.String,
                "event": pl.String,
                "value": pl.Object,
            },
            orient="row",
        )

    @cached_property
    def _table(self) -> EventTable:
        given = self.given
        return read_events(
            given.events, format=given.format, columns=named(given.columns, given.leads), program=self.program
        )

    @cached_property
    def _events(self) -> list[Event]:
        """All events up to the end, by time and order of arrival; of repeated ids the first."""
        seen: set[tuple[Any, str, Any]] = set()
        ordered = sorted(events_of(self._table), key=lambda event: event.at)
        return [event for event in ordered if event.at <= self.as_of and _first(event, seen)]

    def known_traits(self) -> tuple[Mapping[Lead, Mapping[str, Any]], list[Event]]:
        """The table of leads, and the events that carry traits, by time."""
        given = self.given
        names = named(given.columns, given.leads)
        table = read_leads(
            [] if given.leads is None else given.leads,
            columns=names,
            program=self.program,
            text=self._table.leads_are_text,
        )
        return table.traits, [event for event in self._events if event.name == IDENTIFY]

    def entries(self, stage: str) -> dict[Lead, tuple[int, int]]:
        """When each lead reached a stage, and the position of the event that caused it.

        An entry that time alone caused stands before all events of its instant.
        """
        plan = lower(self.program)
        table, _ = self.known_traits()
        runner = Runner(plan)
        reached = dict(self.journeys.reaching(stage).iter_rows())
        by_lead: dict[Lead, list[tuple[int, Event]]] = {}
        for position, event in enumerate(self._events):
            if event.lead in reached:
                by_lead.setdefault(event.lead, []).append((position, event))
        found: dict[Lead, tuple[int, int]] = {}
        for lead, history in by_lead.items():
            at = reached[lead]
            causes = {
                (event.at, event.name)
                for move in runner.run([event for _, event in history], table.get(lead, {}), self.as_of)
                if move.instant == at
                for event in move.evidence
                if event.at == at
            }
            here = [position for position, event in history if (event.at, event.name) in causes]
            first = [position for position, event in history if event.at == at]
            found[lead] = at, here[-1] if here else (first[0] if first and at == history[0][1].at else -1)
        return found

    def score_at(self, score: str, leads: pl.Series, instants: np.ndarray[Any, np.dtype[np.int64]]) -> Any:
        """A score of each lead after everything at an instant of its own, as a float; 0 before its first event."""
        wanted = dict(zip(leads.to_list(), instants.tolist(), strict=True))
        batch = read(
            self.program, self.given.events, self.given.leads, format=self.given.format, columns=self.given.columns
        )
        plan = lower(self.program)
        found = dict.fromkeys(wanted, 0.0)
        alone = (
            Alone(
                lead, [event for event in history if event.at <= wanted[lead]], batch.traits.get(lead, {}), wanted[lead]
            )
            for lead, history in histories(batch.table)
            if lead in wanted
        )
        some = [one for one in alone if one.events]
        for one, result in zip(some, evaluate_alone(plan, some, "incremental"), strict=True):
            found[one.lead] = float(result.score(one.lead, score))
        return np.array([found[lead] for lead in wanted], np.float64)

    def event_names(self) -> list[str]:
        """The names of events in the input, as they are spelled."""
        return sorted(name for name in self._table.frame["event"].unique().to_list() if name)

    def _ran(self, program: Program, *, each_rule: bool) -> tuple[pl.DataFrame, int | None]:
        plan = lower(program)
        given = self.given
        request = Request(
            plan,
            fingerprint(plan),
            given.events,
            given.leads,
            given.as_of,
            each_rule=each_rule,
            engine=given.engine,
            memory=given.memory,
            format=given.format,
            columns=given.columns,
        )
        with start(request, lambda line: warnings.warn(line, stacklevel=4)) as running:
            self._remarks |= dict.fromkeys(in_words(running.remarks, running.rejects))
            frame = whole(running.outcome())
            return frame, running.end()


def _first(event: Event, seen: set[tuple[Any, str, Any]]) -> bool:
    """Whether no event of the lead with this id and name came before."""
    if event.id is None:
        return True
    key = (event.lead, event.name, event.id)
    if key in seen:
        return False
    seen.add(key)
    return True


def stage_named(program: Program, text: str) -> str | None:
    """The stage that a person means by a name, compared as names are; None if there is none."""
    stages = (*program.lifecycle.ladder, *program.lifecycle.outside)
    return next((stage for stage in stages if normalise(stage) == normalise(text)), None)
