"""Whole tables of events through the engine, lead by lead: only one batch of leads is ever held as events."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import attrs

from mqlrules.check.program import Program
from mqlrules.console.terminal import printable
from mqlrules.engine.histories import by_lead, in_history_order
from mqlrules.engine.incremental import Probe, Runner, entries_of
from mqlrules.engine.results import Transition
from mqlrules.events.errors import DataError
from mqlrules.events.model import Event, Lead
from mqlrules.plan.dependencies import RISES
from mqlrules.plan.nodes import Plan
from mqlrules.readers import (
    ColumnNames,
    EventTable,
    Rejects,
    Remark,
    histories,
    read_events,
    read_leads,
)
from mqlrules.readers.columns import ROLES
from mqlrules.readers.rejects import together
from mqlrules.run.evaluation import in_order
from mqlrules.run.progress import progress

REJECTS_SHOWN = 5


@attrs.frozen(eq=False)
class Batch:
    """Events and traits that were read, and what could not be read of them."""

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
        """All leads, those known by traits alone too."""
        return {*self.traits, *self.table.frame.get_column("lead").unique().to_list()}

    def remarks_in_words(self) -> list[str]:
        """A line for each thing that is odd about the data, and for the first few rows that could not be read."""
        return in_words(self.remarks, self.rejects)


@attrs.frozen
class Held:
    """The first instant (microseconds since 1970 UTC) at which a rule held of a lead, the lifecycle ignored."""

    lead: Lead
    rule: str
    instant: int


def in_words(remarks: Sequence[Remark], rejects: Rejects) -> list[str]:
    """A line for each remark, and for the first few rows that could not be read."""
    lines = [
        f"{remark.file}:{remark.line}: {remark.message}" + (f" ({remark.count:,} times)" if remark.count > 1 else "")
        for remark in remarks
    ]
    count = len(rejects)
    if count:
        lines.append(
            f"{count:,} rows can't be read and are left out:" if count > 1 else "1 row can't be read and is left out:"
        )
        lines += [f"  {reject.file}:{reject.line}: {reject.reason}" for reject in rejects.first(REJECTS_SHOWN)]
    if count > REJECTS_SHOWN:
        lines.append(f"  … and {count - REJECTS_SHOWN:,} more")
    return [printable(line) for line in lines]


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

    ``properties`` are the properties of events to read, by default all; of ``columns`` and ``leads`` see ``named``.
    Raises ``DataError`` for an input that can't be read at all.
    """
    names = named(columns, leads)
    table = read_events(inputs, format=format, columns=names, program=program, properties=properties)
    traits = read_leads([] if leads is None else leads, columns=names, program=program, text=table.leads_are_text)
    rejects = together([table.rejects, traits.rejects])
    return Batch(table, traits.traits, rejects, (*table.remarks, *traits.remarks))


def named(columns: ColumnNames | Mapping[str, str] | None, leads: Any) -> ColumnNames:
    """The names of columns from ``{"lead": "user_id"}``, of lead, time, event, id, and leads: the column of the lead in
    a table of leads. Raises ``DataError`` for any other key, and for a name that is no text.
    """
    if isinstance(columns, Mapping):
        for role, name in columns.items():
            if role not in (*ROLES, "leads"):
                roles = ", ".join((*ROLES, "leads"))
                raise DataError("columns", f"there is no {role!r} to name a column for", f"There are {roles}.")
            if not isinstance(name, str) or not name:
                raise DataError("columns", f"the column for {role!r} needs a name, as text")
        columns = ColumnNames(**columns, shared=leads is not None)
    elif leads is not None:
        columns = attrs.evolve(columns or ColumnNames(), shared=True)
    return columns or ColumnNames()


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
    """Each lead that had an event by the end, and its history up to then; whoever waits sees a progress bar."""
    done = 0
    with progress("evaluating", len(table)) as watch:
        for lead, events in histories(table):
            done += len(events)
            by_then = events if events[-1].at <= end else [event for event in events if event.at <= end]
            if by_then:
                yield lead, in_history_order(by_then)
            if watch is not None:
                watch(done)
