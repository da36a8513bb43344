"""The table of events: what every reader makes, and the events and histories in it."""

import gc
import json
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
import polars as pl

from mqlrules.events.model import Event, Lead, events_from_columns
from mqlrules.readers.rejects import Rejects, Remark

_AT_A_TIME = 50_000


@attrs.frozen(eq=False)
class Origin:
    """Rows from ``start`` on come from this file; ``lines`` are their lines, None if they are numbered from 1."""

    file: str
    start: int
    lines: pl.Series | None


@attrs.frozen(eq=False)
class EventTable:
    """Events in order of arrival.

    ``frame`` has ``lead`` (Int64 or String), ``time`` (Datetime, microseconds, UTC), ``event`` (String), perhaps
    ``id`` (Int64 or String), and a column for each property. ``properties`` says which column is which property: they
    have the same name, but where a property is called ``lead``, ``time``, ``event`` or ``id``. A null is a missing
    property. The columns of properties in ``encoded`` hold JSON text, since their values are of several types.
    """

    frame: pl.DataFrame
    properties: Mapping[str, str]
    encoded: frozenset[str] = frozenset()
    origins: tuple[Origin, ...] = ()
    rejects: Rejects = attrs.field(factory=Rejects)
    remarks: tuple[Remark, ...] = ()

    def __len__(self) -> int:
        return self.frame.height

    @property
    def leads_are_text(self) -> bool:
        """Whether there are leads, and they are text."""
        return bool(len(self)) and self.frame.schema["lead"] != pl.Int64

    def where(self, row: int) -> tuple[str, int]:
        """File and line of a row of the frame."""
        origin = self.origins[bisect_right([origin.start for origin in self.origins], row) - 1]
        here = row - origin.start
        return origin.file, here + 1 if origin.lines is None else int(origin.lines[here])

    def lead(self, text: str) -> Lead:
        """The lead that somebody means who can only write text: a whole number where leads are whole numbers."""
        if self.frame.schema["lead"] == pl.Int64:
            try:
                number = int(text)
            except ValueError:
                return text
            return number if str(number) == text else text
        return text


def property_column(name: str) -> str:
    """The column of the frame that holds a property."""
    return f"properties.{name}" if name in ("lead", "time", "event", "id") else name


def events_of(table: EventTable, properties: Collection[str] | None = None) -> Iterator[Event]:
    """The events in order of arrival, with the properties asked for, by default all. A missing property is left out."""
    for start in range(0, len(table), _AT_A_TIME):
        yield from _events(table, table.frame.slice(start, _AT_A_TIME), properties)


def histories(table: EventTable, properties: Collection[str] | None = None) -> Iterator[tuple[Lead, list[Event]]]:
    """Each lead and its events by time, those of one time in order of arrival; leads in their own order.

    Repeated ids are still there (``mqlrules.engine.histories`` leaves them out).
    """
    frame = table.frame.sort("lead", "time", maintain_order=True)
    runs = frame.get_column("lead").rle().struct.unnest()
    leads, lengths = runs["value"].to_list(), runs["len"].to_list()
    at = first = 0
    while first < len(leads):
        # Whole leads, as many as make a good batch.
        last, rows = first, 0
        while last < len(leads) and (rows == 0 or rows + lengths[last] <= _AT_A_TIME):
            rows += lengths[last]
            last += 1
        events = _events(table, frame.slice(at, rows), properties)
        taken = 0
        for number in range(first, last):
            yield leads[number], events[taken : taken + lengths[number]]
            taken += lengths[number]
        at, first = at + rows, last


def _events(table: EventTable, frame: pl.DataFrame, properties: Collection[str] | None) -> list[Event]:
    height = frame.height
    with _no_collection():
        given: list[dict[str, Any]] = [{} for _ in range(height)]
        for name, column in table.properties.items():
            if properties is None or name in properties:
                _fill(given, name, frame.get_column(column), name in table.encoded)
        ids: Sequence[str | int | None] = frame.get_column("id").to_list() if "id" in frame.columns else [None] * height
        return events_from_columns(
            frame.get_column("lead").to_list(),
            frame.get_column("time").to_physical().to_list(),
            frame.get_column("event").to_list(),
            given,
            ids,
        )


def _fill(given: list[dict[str, Any]], name: str, series: pl.Series, encoded: bool) -> None:
    """Sets one property of each event that has it."""
    missing = series.null_count()
    if missing == len(series):
        return
    if missing:
        there = series.is_not_null().arg_true()
        rows: list[dict[str, Any]] = list(map(given.__getitem__, there.to_list()))
        values = series.gather(there).to_list()
    else:
        rows, values = given, series.to_list()
    if encoded:
        values = list(map(json.loads, values))
    for row, value in zip(rows, values, strict=True):
        row[name] = value


@contextmanager
def _no_collection() -> Iterator[None]:
    """Many new objects and no cycles: looking for garbage among them would take half the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
