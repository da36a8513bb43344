"""What can be seen of a store from outside: statistics, metrics, a logger. None of it says who a lead is."""

import datetime
import logging
from collections.abc import Sequence
from typing import Any, Protocol

import attrs

from mqlrules.engine.results import Transition

LOG = logging.getLogger("mqlrules.engine")
# The application decides whether anything is shown.
LOG.addHandler(logging.NullHandler())


@attrs.frozen
class Stats:
    """Statistics of a store, or of one part of it.

    ``events`` counted; ``repeated`` and ``late`` ones didn't; ``held`` ones are held back for now. ``dropped`` events
    and dead letters are no longer kept. ``unmerged`` is how often ``feed_segment`` couldn't join two names because of
    that. ``history`` is the most events kept per lead. ``transitions`` are those still kept: acknowledged ones are
    dropped with the events of their time. Nothing before the ``watermark`` is held back. ``lateness`` is in
    microseconds.
    """

    leads: int
    events: int
    repeated: int
    late: int
    dropped: int
    unmerged: int
    held: int
    dead_letters: int
    transitions: int
    pending: int
    watermark: datetime.datetime | None
    lateness: int | None
    history: int
    partitions: int
    states_in_memory: int
    fingerprint: str
    format: int


class Meter(Protocol):
    """What is used of an OpenTelemetry meter."""

    def create_counter(self, name: str, unit: str = "", description: str = "") -> Any:
        """An instrument with ``add``."""

    def create_histogram(self, name: str, unit: str = "", description: str = "") -> Any:
        """An instrument with ``record``."""


class Meters:
    """Counts what transactions do, on the instruments of a meter. Without a meter it does nothing."""

    def __init__(self, meter: Meter | None) -> None:
        self._instruments: tuple[Any, ...] = ()
        if meter is not None:
            self._instruments = (
                meter.create_counter("mqlrules.events", "{event}", "Events fed"),
                meter.create_counter("mqlrules.transitions", "{transition}", "Transitions made"),
                meter.create_counter("mqlrules.dead_letters", "{event}", "Events that became dead letters"),
                meter.create_histogram("mqlrules.transaction.duration", "s", "Duration of transactions"),
            )

    def record(self, made: Sequence[Transition], events: int, late: int, seconds: float) -> None:
        """Records what one transaction did."""
        if not self._instruments:
            return
        fed, transitions, dead_letters, duration = self._instruments
        fed.add(events)
        for each in made:
            transitions.add(1, {"mqlrules.rule": each.rule, "mqlrules.stage": each.to_stage})
        dead_letters.add(late)
        duration.record(seconds)
