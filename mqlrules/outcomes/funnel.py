"""The figures of a report: flow through the stages, conversion, time in stage, and what led to it.

Functions take journeys and give polars tables with one row a stage, a pair of stages, a period or a rule. Shares
are given as k, n, share, low, high (Wilson 95 %); durations in days.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import attrs
import numpy as np
import polars as pl

from mqlrules.outcomes.journeys import DAY, Journeys
from mqlrules.outcomes.statistics import Incidence, Share, aalen_johansen, kaplan_meier

SHARE_COLUMNS = {"k": pl.Int64, "n": pl.Int64, "share": pl.Float64, "low": pl.Float64, "high": pl.Float64}


@attrs.frozen(eq=False)
class Waits:
    """Leads that reached one stage, and how long they took from there to another.

    ``days`` is the time to the stage, to an exit, or to the end of observation; ``cause`` says which: 1 the stage, 2 an
    exit from the ladder, 0 neither yet.
    """

    leads: pl.Series
    since: np.ndarray[Any, np.dtype[np.int64]]
    days: np.ndarray[Any, np.dtype[np.float64]]
    cause: np.ndarray[Any, np.dtype[np.int64]]
    as_of: int

    @property
    def competing(self) -> bool:
        """Whether leads can leave otherwise: then Kaplan–Meier would be wrong."""
        return bool((self.cause == 2).any())

    @property
    def method(self) -> str:
        return "Aalen-Johansen" if self.competing else "Kaplan-Meier"

    def curve(self, entries: np.ndarray[Any, np.dtype[np.float64]] | None = None) -> Incidence:
        """The share that has arrived by each age, in days."""
        if self.competing or entries is not None:
            return aalen_johansen(self.days, self.cause, 1, entries)
        return kaplan_meier(self.days, self.cause == 1)

    def recorded_from(self, instant: int) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Ages from which a lead is at risk, where outcomes were recorded from an instant on (delayed entry)."""
        return np.where(self.since < instant, (instant - self.since) / DAY, -1.0)


def waits(journeys: Journeys, start: str, end: str) -> Waits:
    """From reaching one stage to reaching a higher one."""
    frame = journeys.reaching(start).rename({"at": "since"})
    frame = frame.join(journeys.reaching(end).rename({"at": "arrived"}), on="lead", how="left", maintain_order="left")
    frame = frame.join(journeys.exits.select("lead", exit="at"), on="lead", how="left", maintain_order="left")
    # An exit before the stage was reached is of an earlier round.
    frame = frame.with_columns(pl.when(pl.col("exit") >= pl.col("since")).then("exit").alias("exit"))
    arrived = pl.col("arrived").is_not_null() & (pl.col("exit").is_null() | (pl.col("arrived") <= pl.col("exit")))
    cause = pl.when(arrived).then(1).when(pl.col("exit").is_not_null()).then(2).otherwise(0)
    end_of = pl.when(arrived).then("arrived").otherwise(pl.coalesce("exit", pl.lit(journeys.as_of, pl.Int64)))
    frame = frame.with_columns(cause=cause.cast(pl.Int64), end=end_of)
    days = (frame["end"] - frame["since"]).to_numpy() / DAY
    return Waits(frame["lead"], frame["since"].to_numpy(), days, frame["cause"].to_numpy(), journeys.as_of)


def pairs(journeys: Journeys) -> list[tuple[str, str]]:
    """Neighbouring stages of the ladder that some lead has reached: where nobody ever was, no step is counted."""
    there = set(journeys.reached["stage"].unique().to_list())
    ladder = [stage for stage in journeys.lifecycle.ladder if stage in there]
    # A stage that nobody stops at is reached by those above it: the ladder is what the rules use.
    return list(pairwise(ladder))


def shares(rows: Iterable[dict[str, Any]], keys: dict[str, Any]) -> pl.DataFrame:
    """Rows with a ``share`` each (a ``Share``) as a table with its interval."""
    flat = [{**row, **row["share"].to_dict()} for row in rows]
    return pl.DataFrame(flat, schema={**keys, **SHARE_COLUMNS}, strict=False)


def reached(journeys: Journeys, by: str | None = None) -> pl.DataFrame:
    """How many leads reached each stage: stage, leads; with ``by`` a row a calendar period: period, stage, leads."""
    order = {stage: number for number, stage in enumerate(_stages(journeys))}
    frame = journeys.reached
    keys = ["stage"]
    if by is not None:
        frame = frame.with_columns(period=journeys.period("at", by))
        keys = ["period", "stage"]
    counted = frame.group_by(keys).agg(leads=pl.len().cast(pl.Int64))
    rank = pl.col("stage").replace_strict(order, return_dtype=pl.Int64)
    return counted.sort([pl.col("period"), rank] if by is not None else [rank]).select(*keys, "leads")


def flow(journeys: Journeys, by: str) -> pl.DataFrame:
    """In, out and balance of each stage a calendar period: period, stage, entered, left, balance.

    The balance is the number of leads in the stage after all events before the first instant of the next period; it is
    null for a period that is not over.
    """
    visits = journeys.visits
    entered = (
        visits.with_columns(period=journeys.period("entered", by)).group_by("period", "stage").agg(entered=pl.len())
    )
    gone = visits.drop_nulls("left").with_columns(period=journeys.period("left", by))
    left = gone.group_by("period", "stage").agg(left=pl.len())
    ends = journeys.ends(by)
    balances = []
    for period, end in ends.iter_rows():
        there = visits.filter((pl.col("entered") < end) & (pl.col("left").is_null() | (pl.col("left") >= end)))
        balances.append(there.group_by("stage").agg(balance=pl.len()).with_columns(period=pl.lit(period, pl.Date)))
    schema = {"stage": pl.String, "balance": pl.UInt32, "period": pl.Date}
    balance = pl.concat(balances) if balances else pl.DataFrame(schema=schema)
    frame = entered.join(left, on=["period", "stage"], how="full", coalesce=True)
    frame = frame.join(balance, on=["period", "stage"], how="full", coalesce=True)
    over = (
        frame["period"].is_in(ends["period"].to_list()) if len(ends) else pl.Series([False]).extend_constant(False, 0)
    )
    order = {stage: number for number, stage in enumerate(_stages(journeys))}
    return (
        frame.with_columns(
            pl.col("entered").fill_null(0),
            pl.col("left").fill_null(0),
            balance=pl.when(over).then(pl.col("balance").fill_null(0)),
        )
        .sort("period", pl.col("stage").replace_strict(order, return_dtype=pl.Int64))
        .select("period", "stage", pl.col("entered", "left", "balance").cast(pl.Int64))
    )


def steps(journeys: Journeys) -> pl.DataFrame:
    """Conversion from each stage to the next, ever up to the end: from_stage, to_stage, k, n, share, low, high."""
    rows = []
    for start, end in pairs(journeys):
        found = waits(journeys, start, end)
        rows.append(
            {"from_stage": start, "to_stage": end, "share": Share(int((found.cause == 1).sum()), len(found.days))}
        )
    return shares(rows, {"from_stage": pl.String, "to_stage": pl.String})


def conversion(journeys: Journeys, start: str, end: str, within: int, by: str | None) -> pl.DataFrame:
    """Conversion within a horizon (microseconds), by the period in which leads reached the first stage.

    Only mature leads count, those whose whole horizon lies before the end: period, immature, so_far, k, n, share, low,
    high, expected. ``so_far`` is how many of all leads of the period have converted; ``expected`` an estimate for the
    whole period where some of it is immature, from the curve of all leads.
    """
    found = waits(journeys, start, end)
    frame = pl.DataFrame({"since": found.since, "days": found.days, "cause": found.cause})
    mature = (found.as_of - found.since) >= within
    hit = (found.cause == 1) & (found.days * DAY <= within + 0.5)
    frame = frame.with_columns(mature=pl.Series(mature), hit=pl.Series(hit))
    frame = frame.with_columns(period=journeys.period("since", by) if by else pl.lit(None, pl.Date))
    curve = found.curve()
    rows = []
    for (period,), of in frame.sort("since").group_by("period", maintain_order=True):
        whole = of.filter("mature")
        young = of.filter(~pl.col("mature"))
        rows.append(
            {
                "period": period,
                "leads": of.height,
                "immature": young.height,
                "so_far": int((of["cause"] == 1).sum()),
                "expected": _expected(whole, young, curve, within / DAY) if young.height else None,
                "share": Share(int(whole["hit"].sum()), whole.height),
            }
        )
    keys = {"period": pl.Date, "leads": pl.Int64, "immature": pl.Int64, "so_far": pl.Int64, "expected": pl.Float64}
    return shares(rows, keys).select("period", "leads", "immature", "so_far", *SHARE_COLUMNS, "expected")


def _expected(whole: pl.DataFrame, young: pl.DataFrame, curve: Incidence, horizon: float) -> float:
    """The share of a whole cohort by the horizon: what has happened, and what the curve expects of those still open."""
    happened = float(int(whole["hit"].sum()) + int(young["hit"].sum()))
    by_horizon = curve.at(horizon)[0]
    for age in young.filter(pl.col("cause") == 0)["days"].to_list():
        so_far = curve.at(age)[0]
        happened += max(0.0, by_horizon - so_far) / max(1 - so_far, 1e-12)
    return happened / (whole.height + young.height)


def arrival(journeys: Journeys, start: str, end: str, days: Sequence[float]) -> pl.DataFrame:
    """The share that reached the next stage after some days: days, share, low, high."""
    curve = waits(journeys, start, end).curve()
    rows = [(day, *curve.at(day)) for day in days]
    return pl.DataFrame(
        rows, schema={"days": pl.Float64, "share": pl.Float64, "low": pl.Float64, "high": pl.Float64}, orient="row"
    )


def time_in_stage(journeys: Journeys) -> pl.DataFrame:
    """Visits of each stage: stage, visits, still_there, median_days (Kaplan–Meier, null if not reached),
    median_days_of_those_left.

    A lead that is still there is censored at the end. Stages outside the ladder are left out: leads stay.
    """
    rows = []
    visits = journeys.visits
    for stage in journeys.lifecycle.ladder[:-1]:
        of = visits.filter(pl.col("stage") == stage)
        if not of.height:
            continue
        gone = of["left"].is_not_null()
        days = (of["left"].fill_null(journeys.as_of) - of["entered"]).to_numpy() / DAY
        curve = kaplan_meier(days, gone.to_numpy())
        left = days[gone.to_numpy()]
        rows.append((stage, of.height, int((~gone).sum()), curve.median, float(np.median(left)) if len(left) else None))
    schema = {
        "stage": pl.String,
        "visits": pl.Int64,
        "still_there": pl.Int64,
        "median_days": pl.Float64,
        "median_days_of_those_left": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def moves_out(journeys: Journeys) -> pl.DataFrame:
    """Where leads went from each stage: from_stage, to_stage, moves."""
    counted = journeys.moves.group_by("from_stage", "to_stage").agg(moves=pl.len().cast(pl.Int64))
    return counted.sort("from_stage", "moves", "to_stage", descending=[False, True, False])


def rules(journeys: Journeys) -> pl.DataFrame:
    """What each rule did, and whether its leads went on: rule, to_stage, moves, leads, k, n, share, low, high.

    ``k`` of ``n``: of the leads that the rule moved, those that later reached a stage above. The last stage and stages
    outside the ladder have none above.
    """
    ranks = {stage: rank for rank, stage in enumerate(journeys.lifecycle.ladder)}
    rank = pl.col("to_stage").replace_strict(ranks, default=None, return_dtype=pl.Int64)
    moves = journeys.moves.with_columns(rank=rank).with_row_index("order")
    # The highest rank that a lead reaches after each of its moves.
    later = (
        moves.sort("order", descending=True)
        .with_columns(later=pl.col("rank").cum_max().shift(1).over("lead"))
        .filter(pl.col("rank").is_not_null() & (pl.col("rank") < len(ranks) - 1))
    )
    went_on = later.group_by("rule", "to_stage", "lead").agg(
        on=(pl.col("later") > pl.col("rank")).fill_null(False).any()
    )
    counts = moves.group_by("rule", "to_stage", maintain_order=True).agg(
        moves=pl.len().cast(pl.Int64), leads=pl.col("lead").n_unique().cast(pl.Int64)
    )
    by_rule = {
        (rule, stage): (k, n)
        for rule, stage, k, n in went_on.group_by("rule", "to_stage").agg(k=pl.col("on").sum(), n=pl.len()).iter_rows()
    }
    rows = [
        {
            "rule": rule,
            "to_stage": stage,
            "moves": moved,
            "leads": leads,
            "share": Share(*by_rule.get((rule, stage), (0, 0))),
        }
        for rule, stage, moved, leads in counts.sort("moves", "rule", descending=[True, False]).iter_rows()
    ]
    return shares(rows, {"rule": pl.String, "to_stage": pl.String, "moves": pl.Int64, "leads": pl.Int64})


def first_recorded(journeys: Journeys, start: str, end: str) -> tuple[int, int] | None:
    """The instant of the first entry into a stage, and how many leads had reached the one before it earlier.

    Where they are many, recording began late: their outcomes could not be seen. None if nobody entered.
    """
    first = journeys.reaching(end)["at"].min()
    if first is None:
        return None
    earlier = journeys.reaching(start).filter(pl.col("at") < first).height
    return int(first), earlier  # type: ignore[arg-type]


def last_touches(journeys: Journeys, stage: str, touches: pl.DataFrame) -> pl.DataFrame:
    """The latest matching event before each entry into a stage: event, leads.

    ``touches`` has lead, at, event. At equal times the event counts as before the entry: a rule looks after each event.
    """
    entries = journeys.reaching(stage).rename({"at": "entered"}).sort("entered")
    joined = entries.join_asof(touches.sort("at"), left_on="entered", right_on="at", by="lead", strategy="backward")
    counted = joined.group_by(event=pl.col("event").fill_null("(none)")).agg(leads=pl.len().cast(pl.Int64))
    return counted.sort("leads", "event", descending=[True, False])


def _stages(journeys: Journeys) -> tuple[str, ...]:
    return (*journeys.lifecycle.ladder, *journeys.lifecycle.outside)
