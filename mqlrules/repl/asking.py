"""Questions to the events in memory: how many leads meet a condition now, how many ever did, which, and since when."""

from collections.abc import Sequence
from heapq import nsmallest

import attrs

from mqlrules.check.program import Program
from mqlrules.engine.histories import by_lead
from mqlrules.engine.incremental.condition_status import Standings
from mqlrules.events.model import Lead
from mqlrules.plan import nodes as n
from mqlrules.repl.data import Data
from mqlrules.run.progress import progress


@attrs.frozen
class Met:
    """A lead of which a condition held: when first (microseconds since 1970 UTC), and whether it does now."""

    lead: Lead
    first: int
    holds: bool


@attrs.frozen(eq=False)
class Census:
    """How leads stand to a condition at ``at``.

    ``leads`` are those whose timeline had begun by then, ``now`` of them meet it, ``met`` did at some time, in no
    order. Of ``known`` leads that have no event at all, but traits, ``known_now`` meet it.
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
        """Those of whom it held first, in order of time, then of leads."""
        return nsmallest(count, self.met, key=lambda met: (met.first, by_lead(met.lead)))


def ask(program: Program, data: Data, conditions: Sequence[n.Node], at: int) -> tuple[Census, ...]:
    """How leads stand to conditions that speak of a program's definitions, at an instant; asked of all at once."""
    standings = Standings(program, conditions)
    met: list[list[Met]] = [[] for _ in conditions]
    now = [0] * len(conditions)
    leads = done = 0
    skips = not standings.of_nothing
    traits = data.traits
    with progress("asking leads", len(data.leads)) as watch:
        for lead, begins, entries in data.entries(standings.names, at):
            leads += 1
            if skips and not entries:
                continue
            for k, standing in enumerate(standings.of(begins, entries, traits.get(lead, {}), at)):
                if standing.first is not None:
                    met[k].append(Met(lead, standing.first, standing.holds))
                    now[k] += standing.holds
            done += 1
            if watch is not None and not done % 100:
                watch(leads)
    known = [lead for lead in traits if lead not in data.places]
    known_now = [0] * len(conditions)
    for lead in known:
        for k, standing in enumerate(standings.of(at, (), traits[lead], at)):
            known_now[k] += standing.holds
    return tuple(Census(at, leads, now[k], tuple(met[k]), len(known), known_now[k]) for k in range(len(conditions)))
