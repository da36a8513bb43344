"""Files and tables through the incremental engine, lead by lead: only one batch of leads is in memory as events."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import attrs

from mqlrules.check.program import Program
from mqlrules.engine.histories import by_lead, in_history_order
from mqlrules.engine.incremental import Probe, Runner, entries_of
from mqlrules.engine.results import Transition
from mqlrules.events.model import Event, Lead
from mqlrules.plan.dependencies import RISES
from mqlrules.plan.nodes import Plan
from mqlrules.plan.projection import properties_of
from mqlrules.profile.unknown_events import NamesMet
from mqlrules.readers import (
    ColumnNames,
    EventTable,
    Rejects,
    Remark,
    histories,
    read_events,
    read_leads,
)
from mqlrules.readers.rejects import together
from mqlrules.run.evaluation import in_order
from mqlrules.run.outcome import Held, Listed, Result
from mqlrules.run.progress import progress
from mqlrules.run.request import Request, Running, in_words, named


@attrs.frozen(eq=False)
class Batch:
    """Events and traits that were read, and the rows that could not be read."""

    table: EventTable
    traits: Mapping[Lead, Mapping[str, Any]]
    rejects: Rejects
    remarks: tuple[Remark, ...]

    def end(self, as_of: int | None) -> int | None:
        """When evaluation ends: ``as_of``, or the time of the last event; None if there is neither."""
        if as_of is not None or not len(self.table):
            return as_of
        return int(self.table.frame.get_column("time").to_physical().max())  # type: ignore[arg-type]

    def leads(self) -> set[Lead]:
        """All leads, including those known by traits alone."""
        return {*self.traits, *self.table.frame.get_column("lead").unique().to_list()}

    def remarks_in_words(self) -> list[str]:
        """A line for each remark on the data and for the first few rows that could not be read."""
        return in_words(self.remarks, self.rejects)


def read(
    program: Program,
    inputs: Any,
    leads: Any = None,
    *,
    format: str | None = None,
    columns: ColumnNames | Mapping[str, str] | None = None,
    properties: Collection[str] | None = None,
) -> Batch:
    """The events of files, folders, globs or tables, and the traits of a leads file or table.

    ``properties`` are the properties of events to read, by default all; ``named`` says what ``columns`` is.
    Raises ``DataError`` for an input that can't be read at all.
    """
    names = named(columns, leads)
    table = read_events(inputs, format=format, columns=names, program=program, properties=properties)
    traits = read_leads([] if leads is None else leads, columns=names, program=program, text=table.leads_are_text)
    rejects = together([table.rejects, traits.rejects])
    return Batch(table, traits.traits, rejects, (*table.remarks, *traits.remarks))


def transitions_of(plan: Plan, fingerprint: str, batch: Batch, as_of: int | None) -> list[Transition]:
    """All transitions, ordered by time, lead and position (section 8)."""
    runner = Runner(plan, fingerprint)
    end = batch.end(as_of) or 0
    transitions: list[Transition] = []
    for lead, history in _histories(batch.table, end):
        transitions += runner.run(history, batch.traits.get(lead, {}), end)
    transitions.sort(key=in_order)
    return transitions


def first_times_of(plan: Plan, batch: Batch, as_of: int | None) -> list[Held]:
    """The first time each rule held of each lead, ordered by time, lead and place of the rule."""
    probe = Probe([planned.condition for planned in plan.rules], plan.program.timezone, (RISES,))
    names = [planned.rule.name for planned in plan.rules]
    end = batch.end(as_of) or 0
    held: list[Held] = []
    for lead, history in _histories(batch.table, end):
        firsts = probe.first_times(entries_of(history), batch.traits.get(lead, {}), end)
        held += [Held(lead, name, at) for name, at in zip(names, firsts, strict=True) if at is not None]
    held.sort(key=lambda one: (one.instant, by_lead(one.lead)))
    return held


def _histories(table: EventTable, end: int) -> Iterator[tuple[Lead, list[Event]]]:
    """Each lead that had an event by the end, and its history up to then, under a progress bar."""
    done = 0
    with progress("evaluating", len(table)) as watch:
        for lead, events in histories(table):
            done += len(events)
            by_then = events if events[-1].at <= end else [event for event in events if event.at <= end]
            if by_then:
                yield lead, in_history_order(by_then)
            if watch is not None:
                watch(done)


@attrs.frozen(eq=False)
class IncrementalRun:
    """A request that the incremental engine evaluates; a ``Running``."""

    request: Request
    batch: Batch

    @property
    def rejects(self) -> Rejects:
        return self.batch.rejects

    @property
    def remarks(self) -> Sequence[Remark]:
        return self.batch.remarks

    @property
    def events(self) -> int:
        return len(self.batch.table)

    def names(self) -> Sequence[str]:
        met = NamesMet()
        met.add(self.batch.table.frame.get_column("event").unique(maintain_order=True).to_list())
        return met.all()

    def leads(self) -> int:
        return len(self.batch.leads())

    def end(self) -> int | None:
        return self.batch.end(self.request.as_of)

    def outcome(self) -> Listed:
        asked = self.request
        results: Sequence[Result]
        if asked.each_rule:
            results = first_times_of(asked.plan, self.batch, asked.as_of)
        else:
            results = transitions_of(asked.plan, asked.fingerprint, self.batch, asked.as_of)
        return Listed(results, asked.each_rule, asked.evidence)

    def __enter__(self) -> "IncrementalRun":
        return self

    def __exit__(self, *raised: object) -> None:
        pass


def run(request: Request) -> Running:
    """Reads the input of a request for this engine."""
    batch = read(
        request.plan.program,
        request.inputs,
        request.leads,
        format=request.format,
        columns=request.columns,
        properties=properties_of(request.plan),
    )
    return IncrementalRun(request, batch)
