"""Events in memory: read once, kept by lead and by name, so that a question touches only those that it asks for."""

import gc
import os
from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from mqlrules.check.program import Program
from mqlrules.engine.histories import in_history_order
from mqlrules.engine.incremental.state import Entry
from mqlrules.events.model import Event, Lead
from mqlrules.run.progress import progress

if TYPE_CHECKING:
    from mqlrules.readers import ColumnNames


@attrs.frozen
class Given:
    """What a caller calls the events: files, a table of leads, and how to read them.

    ``columns`` are the names of the columns of lead, time, event and id, and that of the table of leads.
    """

    events: tuple[str, ...] = ()
    leads: str | None = None
    format: str | None = None
    columns: tuple[str | None, ...] = ()


@attrs.frozen(eq=False)
class Data:
    """Events by lead, each lead's in the order of its history, and traits from a table of leads.

    The events of lead ``k`` are those from ``starts[k]`` up to ``starts[k + 1]``; ``by_name`` has the places of the
    events of a normalised name in ``events``. ``end`` is the time of the last event of all (None: there is none).
    ``remarks`` is what there is to say about the files, ``stamps`` tells whether one has changed since.
    """

    given: Given
    events: Sequence[Event] = ()
    leads: Sequence[Lead] = ()
    starts: Sequence[int] = (0,)
    by_name: Mapping[str, Sequence[int]] = attrs.field(factory=dict)
    traits: Mapping[Lead, Mapping[str, Any]] = attrs.field(factory=dict)
    end: int | None = None
    begin: int | None = None
    remarks: tuple[str, ...] = ()
    rejected: int = 0
    stamps: tuple[tuple[str, int, int], ...] = ()
    schemas: object = None
    """The schemas by which they were read."""
    numbered: bool = False
    """Whether leads are whole numbers."""
    places: Mapping[Lead, int] = attrs.field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        self.places.update(zip(self.leads, range(len(self.leads)), strict=True))  # type: ignore[attr-defined]

    def lead(self, text: str) -> Lead | None:
        """The lead that somebody means who can only write text; None if there is none."""
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
    """Reads events and traits; whoever waits sees how far it is.

    Raises ``DataError`` for an input that can't be read at all, ``MissingExtra`` where the readers are not installed.
    ``KeyboardInterrupt`` ends it with nothing read.
    """
    from mqlrules.readers import ColumnNames, histories
    from mqlrules.run.incremental_run import read

    names = ColumnNames(*given.columns)
    stamps = stamps_of(given)
    if not given.events:
        return _of_leads_alone(given, program, names, stamps)
    batch = read(program, list(given.events), given.leads, format=given.format, columns=names)
    table = batch.table
    events: list[Event] = []
    leads: list[Lead] = []
    starts = [0]
    with progress("loading events", len(table)) as watch:
        for lead, arrived in histories(table):
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
    # All of this stays until the session ends: whoever looks for garbage need not look there.
    gc.freeze()
    return Data(
        given,
        events,
        leads,
        starts,
        by_name,
        batch.traits,
        max(times, default=None),
        min(times, default=None),
        tuple(batch.remarks_in_words()),
        len(batch.rejects),
        stamps,
        (program.schemas, program.lead_schema),
        bool(leads) and isinstance(leads[0], int),
    )


def _of_leads_alone(
    given: Given, program: Program, names: "ColumnNames", stamps: tuple[tuple[str, int, int], ...]
) -> Data:
    from mqlrules.readers import read_leads
    from mqlrules.run.incremental_run import in_words

    table = read_leads(given.leads or [], columns=names, program=program)
    said = in_words(table.remarks, table.rejects)
    numbered = all(isinstance(lead, int) for lead in table.traits)
    return Data(
        given,
        traits=table.traits,
        remarks=tuple(said),
        rejected=len(table.rejects),
        stamps=stamps,
        schemas=(program.schemas, program.lead_schema),
        numbered=numbered,
    )


def stamps_of(given: Given) -> tuple[tuple[str, int, int], ...]:
    """Each file that is meant, with the time at which it was changed and its size. Raises ``DataError``."""
    from mqlrules.readers.inputs import inputs_of

    files = [each.path for each in inputs_of(list(given.events), given.format)] if given.events else []
    if given.leads is not None:
        files.append(Path(given.leads))
    found: list[tuple[str, int, int]] = []
    for path in files:
        if path is not None:
            status = os.stat(path)
            found.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(found)
