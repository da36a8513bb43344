"""Results of a run in order of time, lead and position (section 8), as objects and as polars tables.

Small outcomes are lists; ``mqlrules.run.spilled_results`` has large ones.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import attrs
import polars as pl

from mqlrules.engine.results import Transition
from mqlrules.events.model import Lead

OF_EVIDENCE = pl.List(pl.Struct({"time": pl.Datetime("us", "UTC"), "event": pl.String, "id": pl.String}))
"""The type of a column of evidence."""


@attrs.frozen
class Held:
    """The first instant (microseconds since 1970 UTC) at which a rule held for a lead, ignoring the lifecycle."""

    lead: Lead
    rule: str
    instant: int


Result = Transition | Held


@attrs.frozen
class Tally:
    """The number of results by rule. For transitions also the number of moves into each stage and out of it, and of
    leads that ever reached it.
    """

    by_rule: Mapping[str, int]
    into: Mapping[str, int]
    out_of: Mapping[str, int]
    reached: Mapping[str, int]


class Outcome(Protocol):
    """Results in order. They can be iterated more than once."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Result]: ...

    def frames(self) -> Iterator[pl.DataFrame]:
        """Tables with the columns that ``RuleSet.run`` gives, and ``evidence`` if it was asked for; at least one."""

    def tally(self) -> Tally:
        """Totals."""


@attrs.frozen(eq=False)
class Listed:
    """Results in a list, of ``Held`` if ``each_rule``. With ``evidence`` tables have a column of it."""

    results: Sequence[Result]
    each_rule: bool
    evidence: bool = False

    def __len__(self) -> int:
        return len(self.results)

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def frames(self) -> Iterator[pl.DataFrame]:
        """One table."""
        columns = [
            _leads([result.lead for result in self.results]),
            pl.Series("rule", [result.rule for result in self.results], dtype=pl.String),
            _instants([result.instant for result in self.results]),
        ]
        yield pl.DataFrame(columns) if self.each_rule else self._transitions(*columns)

    def _transitions(self, leads: pl.Series, rules: pl.Series, at: pl.Series) -> pl.DataFrame:
        moves = self._moves()
        columns = [
            leads,
            pl.Series("from_stage", [move.from_stage for move in moves], dtype=pl.String),
            pl.Series("to_stage", [move.to_stage for move in moves], dtype=pl.String),
            at,
            rules,
            pl.Series("also", [move.also for move in moves], dtype=pl.List(pl.String)),
            pl.Series("fingerprint", [move.fingerprint for move in moves], dtype=pl.String),
        ]
        if self.evidence:
            rests_on = [
                [{"time": e.time, "event": e.event, "id": None if e.id is None else str(e.id)} for e in move.evidence]
                for move in moves
            ]
            columns.append(pl.Series("evidence", rests_on, dtype=OF_EVIDENCE))
        return pl.DataFrame(columns)

    def _moves(self) -> list[Transition]:
        return [result for result in self.results if isinstance(result, Transition)]

    def tally(self) -> Tally:
        """Totals."""
        moves = self._moves()
        return Tally(
            Counter(result.rule for result in self.results),
            Counter(move.to_stage for move in moves),
            Counter(move.from_stage for move in moves),
            Counter(stage for _, stage in {(move.lead, move.to_stage) for move in moves}),
        )


def _leads(leads: list[Lead]) -> pl.Series:
    whole = all(type(lead) is int for lead in leads) and bool(leads)
    return pl.Series("lead", leads if whole else [str(lead) for lead in leads], dtype=pl.Int64 if whole else pl.String)


def _instants(instants: list[int]) -> pl.Series:
    return pl.Series("at", instants, dtype=pl.Int64).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def whole(outcome: Outcome) -> pl.DataFrame:
    """All results as one table."""
    return pl.concat(outcome.frames())
