"""Seeing inside: figures of a store, metrics, the logger. Nothing in them says who a lead is or what it did."""

import datetime
import logging
from collections.abc import Sequence
from typing import Any, Protocol

import attrs

from mqlrules.engine.results import Transition

LOG = logging.getLogger("mqlrules.engine")
# Whether anything is shown is the application's business.
LOG.addHandler(logging.NullHandler())


@attrs.frozen
class Stats:
    """Figures of a store, or of one part of it.

    ``events`` are those that count; ``repeated`` and ``late`` those that did not; ``held`` are held back for now.
    ``dropped``: events that counted, or were refused, and are not kept any more; ``unmerged``: how often
    ``feed_segment`` could not join two names because of that. ``history``: the most events that are kept of a lead.
    ``transitions`` are those that the store still has: acknowledged ones go with the events of their time.
    ``watermark``: up to when everything that is held back has been let go. ``lateness`` is in microseconds.
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
    """The part of an OpenTelemetry meter that is used."""

    def create_counter(self, name: str, unit: str = "", description: str = "") -> Any:
        """Something with ``add``."""

    def create_histogram(self, name: str, unit: str = "", description: str = "") -> Any:
        """Something with ``record``."""


class Meters:
    """Counts what units do, on the instruments of a meter; without one it does nothing."""

    def __init__(self, meter: Meter | None) -> None:
        self._instruments: tuple[Any, ...] = ()
        if meter is not None:
            self._instruments = (
                meter.create_counter("mqlrules.events", "{event}", "Events that were fed"),
                meter.create_counter("mqlrules.transitions", "{transition}", "Transitions that were made"),
                meter.create_counter("mqlrules.dead_letters", "{event}", "Events that came too late"),
                meter.create_histogram("mqlrules.transaction.duration", "s", "How long a transaction took"),
            )

    def record(self, made: Sequence[Transition], events: int, late: int, seconds: float) -> None:
        """What one transaction has done."""
        if not self._instruments:
            return
        fed, transitions, dead_letters, duration = self._instruments
        fed.add(events)
        for each in made:
            transitions.add(1, {"mqlrules.rule": each.rule, "mqlrules.stage": each.to_stage})
        dead_letters.add(late)
        duration.record(seconds)
