"""Journeys: from the transitions of a run to the stages that each lead reached, and the visits that it paid to them.

Instants are whole microseconds since 1970 UTC in columns of 64-bit numbers; a lead's start is its first event.
"""

from functools import cached_property
from zoneinfo import ZoneInfo

import attrs
import polars as pl

from mqlrules.check.program import Lifecycle

DAY = 86_400_000_000
"""Microseconds of a day."""

PERIODS = {"month": "1mo", "quarter": "1q", "year": "1y", "week": "1w"}
"""Calendar periods by their names, as polars spells them."""


@attrs.frozen(eq=False)
class Journeys:
    """All leads of a run, up to ``as_of``.

    ``spans`` has a row for each lead with events: lead, first. ``moves`` has lead, from_stage, to_stage, at, rule, in
    order of time, those of one lead at one instant in the order in which they happened.
    """

    spans: pl.DataFrame
    moves: pl.DataFrame
    as_of: int
    lifecycle: Lifecycle
    timezone: str

    @cached_property
    def reached(self) -> pl.DataFrame:
        """The first instant at which a lead was in a stage or in a higher one: lead, stage, at.

        A stage that was jumped over counts at the jump. For a stage outside the ladder it is the entry.
        """
        ladder = self.lifecycle.ladder
        ranks = {stage: rank for rank, stage in enumerate(ladder)}
        start = self.spans.select("lead", at="first", rank=pl.lit(0, pl.Int64))
        entered = self.moves.select("lead", "at", rank=pl.col("to_stage").replace_strict(ranks, default=None))
        inside = pl.concat([start, entered.drop_nulls("rank").cast({"rank": pl.Int64})])
        frames = [
            inside.filter(pl.col("rank") >= rank)
            .group_by("lead")
            .agg(pl.col("at").min())
            .select("lead", "at", stage=pl.lit(stage))
            for rank, stage in enumerate(ladder)
        ]
        outside = self.moves.filter(pl.col("to_stage").is_in(list(self.lifecycle.outside)))
        frames.append(outside.group_by("lead", "to_stage").agg(pl.col("at").min()).rename({"to_stage": "stage"}))
        return pl.concat([frame.select("lead", "stage", "at") for frame in frames])

    def reaching(self, stage: str) -> pl.DataFrame:
        """The leads that reached a stage, and when: lead, at."""
        return self.reached.filter(pl.col("stage") == stage).select("lead", "at")

    @cached_property
    def visits(self) -> pl.DataFrame:
        """Each stay of a lead in a stage: lead, stage, entered, left, next, rule.

        ``left`` and ``next`` (the stage after it) are null where the lead was still there at the end; ``rule`` is null
        for the first stage of all. A recycle or a step back begins a new visit.
        """
        start = self.spans.select(
            "lead", stage=pl.lit(self.lifecycle.ladder[0]), entered="first", rule=pl.lit(None, pl.String)
        )
        entered = self.moves.select("lead", stage="to_stage", entered="at", rule="rule")
        together = pl.concat([start, entered]).with_row_index("order")
        # A start stands before all moves, so the order of one instant is kept.
        together = together.sort("entered", "order", maintain_order=True)
        return together.select(
            "lead",
            "stage",
            "entered",
            left=pl.col("entered").shift(-1).over("lead"),
            next=pl.col("stage").shift(-1).over("lead"),
            rule="rule",
        )

    @cached_property
    def last_stages(self) -> pl.DataFrame:
        """Where each lead is at the end: lead, stage, since, rule."""
        return self.visits.filter(pl.col("left").is_null()).select("lead", "stage", since="entered", rule="rule")

    @cached_property
    def exits(self) -> pl.DataFrame:
        """The first instant at which each lead was outside the ladder: lead, at, stage."""
        outside = self.moves.filter(pl.col("to_stage").is_in(list(self.lifecycle.outside)))
        return outside.group_by("lead", maintain_order=True).agg(
            pl.col("at").first(), pl.col("to_stage").first().alias("stage")
        )

    def period(self, column: str, by: str) -> pl.Expr:
        """The first date of the calendar period in which an instant lies, in the rules' zone."""
        return local(column, self.timezone).dt.truncate(PERIODS[by]).dt.date()

    def ends(self, by: str) -> pl.DataFrame:
        """Every calendar period that is over at the end: period (its first date), end (its last instant and 1 µs)."""
        first = self.spans["first"].min()
        if first is None:
            return pl.DataFrame(schema={"period": pl.Date, "end": pl.Int64})
        instants = pl.DataFrame({"at": [first, self.as_of]}, schema={"at": pl.Int64})
        start, stop = instants.select(self.period("at", by))["at"].to_list()
        starts = pl.date_range(start, stop, PERIODS[by], eager=True).alias("period")
        ends = starts.dt.offset_by(PERIODS[by])
        zone = ZoneInfo(self.timezone)
        at = ends.cast(pl.Datetime("us")).dt.replace_time_zone(zone.key, ambiguous="earliest", non_existent="null")
        frame = pl.DataFrame({"period": starts, "end": at.dt.convert_time_zone("UTC").dt.epoch("us")})
        return frame.filter(pl.col("end") <= self.as_of + 1)


def local(column: str, timezone: str) -> pl.Expr:
    """Microseconds since 1970 UTC as an instant in a zone."""
    return pl.col(column).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(timezone)
