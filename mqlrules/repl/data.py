"""Events in memory, by lead and by name; and questions to them: which leads meet a condition, and since when."""

import gc
import os
from array import array
from collections.abc import Iterator, Mapping, Sequence
from heapq import nsmallest
from itertools import chain
from pathlib import Path
from typing import Any

import attrs

from mqlrules.check.program import Program
from mqlrules.engine.histories import by_lead, in_history_order
from mqlrules.engine.incremental import Probe
from mqlrules.engine.incremental.state import Entry
from mqlrules.events.model import Event, Lead
from mqlrules.plan import nodes as n
from mqlrules.plan.dependencies import RISES
from mqlrules.run.progress import progress

Stamps = tuple[tuple[str, int, int], ...]
"""Files, each with the time at which it was changed and its size."""


@attrs.frozen
class Given:
    """The inputs of a call: event files, a table of leads, and how to read them.

    ``columns`` are the names of the columns of lead, time, event and ID, and of the lead in the table of leads.
    """

    events: tuple[str, ...] = ()
    leads: str | None = None
    format: str | None = None
    columns: tuple[str | None, ...] = ()


@attrs.frozen(eq=False)
class Data:
    """Events by lead, each lead's in the order of its history, and traits from a table of leads.

    The events of lead ``k`` are those from ``starts[k]`` up to ``starts[k + 1]``; ``by_name`` has the places in
    ``events`` of the events of a normalised name. ``begin`` and ``end`` are the times of the first and the last event.
    ``remarks`` are lines about the files and about rows that can't be read, of which there are ``rejected``; ``stamps``
    and ``schemas`` tell whether the files have to be read again.
    """

    given: Given
    events: Sequence[Event] = ()
    leads: Sequence[Lead] = ()
    starts: Sequence[int] = (0,)
    by_name: Mapping[str, Sequence[int]] = attrs.field(factory=dict)
    traits: Mapping[Lead, Mapping[str, Any]] = attrs.field(factory=dict)
    begin: int | None = None
    end: int | None = None
    remarks: tuple[str, ...] = ()
    rejected: int = 0
    stamps: Stamps = ()
    schemas: object = None
    numbered: bool = False
    """Whether leads are whole numbers."""
    places: Mapping[Lead, int] = attrs.field(init=False)

    @places.default
    def _places(self) -> Mapping[Lead, int]:
        return dict(zip(self.leads, range(len(self.leads)), strict=True))

    def lead(self, text: str) -> Lead | None:
        """The lead with an ID that was typed; None if there is none."""
        named: Lead = text
        if self.numbered and text.strip().removeprefix("-").isdecimal():
            named = int(text)
        return named if named in self.places or named in self.traits else None

    def history(self, lead: Lead, at: int | None = None) -> Sequence[Event]:
        """A lead's history, up to an instant if one is given."""
        place = self.places.get(lead)
        if place is None:
            return ()
        history = self.events[self.starts[place] : self.starts[place + 1]]
        return history if at is None else [event for event in history if event.at <= at]

    def named(self, name: str) -> list[Event]:
        """The events of a normalised name."""
        return [self.events[place] for place in self.by_name.get(name, ())]

    def spelling(self, name: str) -> str:
        """A normalised name as its first event spells it."""
        return self.events[self.by_name[name][0]].event

    def entries(self, names: frozenset[str] | None, at: int) -> Iterator[tuple[Lead, int, list[Entry]]]:
        """Each lead that has begun by an instant: the lead, the time of its first event, and its events of these names
        (None: all) up to the instant with their times and positions.
        """
        events, starts = self.events, self.starts
        places: Sequence[int] = range(len(events))
        if names is not None:
            chosen = [self.by_name[name] for name in names if name in self.by_name]
            places = chosen[0] if len(chosen) == 1 else sorted(chain.from_iterable(chosen))
        index, count = 0, len(places)
        for number, lead in enumerate(self.leads):
            start, stop = starts[number], starts[number + 1]
            begins = events[start].at
            entries: list[Entry] = []
            before = start - 1
            while index < count and (place := places[index]) < stop:
                event = events[place]
                if event.at <= at:
                    entries.append((event.at, place - before, event))
                index += 1
            if begins <= at:
                yield lead, begins, entries


def load(given: Given, program: Program) -> Data:
    """Reads events and traits, with a progress bar.

    Raises ``DataError`` for an input that can't be read at all, ``MissingExtra`` if the readers are not installed.
    ``KeyboardInterrupt`` stops it with nothing read.
    """
    from mqlrules.readers import ColumnNames, histories, read_leads
    from mqlrules.run.incremental_run import read
    from mqlrules.run.request import in_words

    names = ColumnNames(*given.columns)
    known = Data(given, stamps=stamps_of(given), schemas=schemas_of(program))
    if not given.events:
        table = read_leads(given.leads or [], columns=names, program=program)
        return attrs.evolve(
            known,
            traits=table.traits,
            remarks=tuple(in_words(table.remarks, table.rejects)),
            rejected=len(table.rejects),
            numbered=all(isinstance(lead, int) for lead in table.traits),
        )
    batch = read(program, list(given.events), given.leads, format=given.format, columns=names)
    events: list[Event] = []
    leads: list[Lead] = []
    starts = [0]
    with progress("loading events", len(batch.table)) as watch:
        for lead, arrived in histories(batch.table):
            events += in_history_order(arrived)
            leads.append(lead)
            starts.append(len(events))
            if watch is not None:
                watch(len(events))
    by_name: dict[str, array[int]] = {}
    for place, event in enumerate(events):
        places = by_name.get(event.name)
        if places is None:
            places = by_name[event.name] = array("q")
        places.append(place)
    times = [event.at for event in events]
    # All of this stays until the session ends; garbage collection need not look at it.
    gc.freeze()
    return attrs.evolve(
        known,
        events=events,
        leads=leads,
        starts=starts,
        by_name=by_name,
        traits=batch.traits,
        begin=min(times, default=None),
        end=max(times, default=None),
        remarks=tuple(batch.remarks_in_words()),
        rejected=len(batch.rejects),
        numbered=bool(leads) and isinstance(leads[0], int),
    )


def schemas_of(program: Program) -> object:
    """What determines how values are read."""
    return program.schemas, program.lead_schema


def stamps_of(given: Given) -> Stamps:
    """Each input file with the time at which it was changed and its size. Raises ``DataError``."""
    from mqlrules.readers.inputs import inputs_of

    files = [each.path for each in inputs_of(list(given.events), given.format)] if given.events else []
    if given.leads is not None:
        files.append(Path(given.leads))
    found = ((str(path), os.stat(path)) for path in files if path is not None)
    return tuple((path, status.st_mtime_ns, status.st_size) for path, status in found)


# -- questions -----------------------------------------------------------------------------------------------------


@attrs.frozen
class Met:
    """A lead for which a condition held: when first (microseconds since 1970 UTC), and whether it holds now."""

    lead: Lead
    first: int
    holds: bool


@attrs.frozen(eq=False)
class Census:
    """Which leads meet a condition at ``at``.

    Of ``leads`` that have begun by then, ``now`` meet it, and ``met`` did at some time, in no order. Of ``known`` leads
    that have traits but no events, ``known_now`` meet it.
    """

    at: int
    leads: int
    now: int
    met: tuple[Met, ...]
    known: int = 0
    known_now: int = 0

    @property
    def ever(self) -> int:
        """How many leads met it at some time."""
        return len(self.met)

    def first(self, count: int) -> list[Met]:
        """The leads that met it first, in order of time, then of leads."""
        return nsmallest(count, self.met, key=lambda met: (met.first, by_lead(met.lead)))


def ask(program: Program, data: Data, conditions: Sequence[n.Node], at: int) -> tuple[Census, ...]:
    """Which leads meet conditions at an instant; all conditions are asked in one pass."""
    probe = Probe(conditions, program.timezone, (RISES,))
    met: list[list[Met]] = [[] for _ in conditions]
    now = [0] * len(conditions)
    leads = done = 0
    skips = not probe.holds_of_nothing
    traits = data.traits
    with progress("asking leads", len(data.leads)) as watch:
        for lead, begins, entries in data.entries(probe.names, at):
            leads += 1
            if skips and not entries:
                continue
            for k, status in enumerate(probe.status(entries, traits.get(lead, {}), at, begins)):
                if status.first is not None:
                    met[k].append(Met(lead, status.first, status.holds))
                    now[k] += status.holds
            done += 1
            if watch is not None and not done % 100:
                watch(leads)
    known = [lead for lead in traits if lead not in data.places]
    known_now = [0] * len(conditions)
    for lead in known:
        for k, status in enumerate(probe.status((), traits[lead], at, begins=at)):
            known_now[k] += status.holds
    return tuple(Census(at, leads, now[k], tuple(met[k]), len(known), known_now[k]) for k in range(len(conditions)))
