"""The report of a rule set: what moved, who converted, how long it took, which rules did it."""

import datetime
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

import attrs
import polars as pl

from mqlrules.language.instants import moment
from mqlrules.outcomes import funnel
from mqlrules.outcomes.document import Chart, Column, Document, Kind, Section, Table, rows
from mqlrules.outcomes.journeys import DAY, Journeys
from mqlrules.outcomes.rendering import Shown
from mqlrules.outcomes.statistics import SMALL, Share, benjamini_hochberg, logrank, two_shares

Period = Literal["week", "month", "quarter", "year"]

BENCHMARKS: Mapping[str, tuple[float, str]] = {
    "MQL>SQL": (0.13, "13 % of MQLs become SQLs; widely quoted, attributed to Implisit (2015)"),
    "SQL>customer": (0.5, "fewer than half of SQLs buy; widely quoted, attributed to Gleanster Research"),
    "anonymous>customer": (0.21, "79 % of leads never convert; widely quoted, attributed to MarketingSherpa"),
}
"""Shares that the field quotes, each with the source it is attributed to. They are orientation, not a norm."""

MANY_EARLIER = 0.05
"""From this share of leads on that came before the first recorded outcome, a report warns of a late start."""


@attrs.frozen(eq=False)
class Report(Shown):
    """The figures of a report as polars tables, and ways to show them.

    ``tables`` has them by name: ``reached``, ``flow``, ``steps``, ``conversion``, ``comparisons``, ``time_in_stage``,
    ``moves``, ``rules``, and, where they were asked for, ``split``, ``value`` and ``touch``. Shares have the columns k,
    n, share, low, high; durations are in days; periods are named by their first date.
    """

    journeys: Journeys = attrs.field(repr=False)
    by: Period
    within: int
    pair: tuple[str, str] | None
    split: pl.DataFrame | None = attrs.field(default=None, repr=False)
    value: pl.DataFrame | None = attrs.field(default=None, repr=False)
    touch: pl.DataFrame | None = attrs.field(default=None, repr=False)
    benchmarks: Mapping[tuple[str, str], tuple[float, str]] = attrs.field(factory=dict, repr=False)
    remarks: Sequence[str] = attrs.field(default=(), repr=False)

    @property
    def as_of(self) -> Any:
        """When evaluation ended, as an aware datetime in UTC."""
        return moment(self.journeys.as_of)

    @cached_property
    def tables(self) -> Mapping[str, pl.DataFrame]:
        """All figures by name."""
        journeys = self.journeys
        found = {
            "reached": funnel.reached(journeys),
            "reached_by_period": funnel.reached(journeys, self.by),
            "flow": funnel.flow(journeys, self.by),
            "steps": funnel.steps(journeys),
            "time_in_stage": funnel.time_in_stage(journeys),
            "moves": funnel.moves_out(journeys),
            "rules": funnel.rules(journeys),
        }
        if self.pair is not None:
            found["conversion"] = funnel.conversion(journeys, *self.pair, self.within, self.by)
            found["comparisons"] = comparisons(found["conversion"])
            found["arrival"] = funnel.arrival(journeys, *self.pair, (7, 14, 30, 60, 90, 180, 365))
        for name, frame in (("split", self.split), ("value", self.value), ("touch", self.touch)):
            if frame is not None:
                found[name] = frame
        return found

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before trusting the figures."""
        found = list(self.remarks)
        if self.pair is not None:
            start, end = self.pair
            recorded = funnel.first_recorded(self.journeys, start, end)
            reached = self.journeys.reaching(start).height
            if recorded is not None and reached and recorded[1] / reached >= MANY_EARLIER:
                found.append(
                    f"The first {end} is recorded on {moment(recorded[0]):%d %b %Y}, and {recorded[1]:,} leads reached "
                    f"{start} before. If recording began late, early cohorts seem to convert worse than they did."
                )
            young = int(self.tables["conversion"]["immature"].sum())
            if young:
                found.append(
                    f"{young:,} leads reached {start} less than {self.within / DAY:g} days before the end. "
                    "They are in no share; shares marked ≈ are estimates."
                )
        small = sum(1 for row in self.tables["steps"].iter_rows(named=True) if row["n"] < SMALL)
        if small:
            found.append(f"{small} of the steps rest on fewer than {SMALL} leads: their shares are shown in grey.")
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, as JSON can say them."""
        return {
            "as_of": moment(self.journeys.as_of).isoformat(),
            "leads": self.journeys.spans.height,
            "timezone": self.journeys.timezone,
            "by": self.by,
            "within_days": self.within / DAY,
            "warnings": list(self.warnings),
            "tables": {name: rows(frame) for name, frame in self.tables.items()},
        }

    @cached_property
    def document(self) -> Document:
        """The report as sections of text, tables and charts."""
        journeys = self.journeys
        summary = [
            f"{journeys.spans.height:,} leads, {journeys.moves.height:,} moves, up to "
            f"{moment(journeys.as_of):%d %b %Y, %H:%M} UTC. Calendar periods are of the zone {journeys.timezone}."
        ]
        sections = [self._funnel(), *self._conversion(), self._flow(), self._times(), self._rules()]
        sections += self._asked_for()
        return Document("Report", summary, sections, self.warnings)

    def _funnel(self) -> Section:
        columns = [Column("stage", "stage"), Column("leads", "leads that reached it", "count")]
        steps = self.tables["steps"]
        known = {(start, end): value for (start, end), (value, _) in self.benchmarks.items()}
        steps = steps.with_columns(
            benchmark=pl.Series(
                [known.get((row["from_stage"], row["to_stage"])) for row in steps.iter_rows(named=True)],
                dtype=pl.Float64,
            )
        )
        step_columns = [
            Column("from_stage", "from"),
            Column("to_stage", "to"),
            Column("share", "reached it so far (95 % interval)", "share"),
        ]
        text = ["A stage that was jumped over counts as reached."]
        if known:
            step_columns.append(Column("benchmark", "benchmark", "percent"))
            text += [f"Benchmark {start} to {end}: {source}." for (start, end), (_, source) in self.benchmarks.items()]
        reached = self.tables["reached"]
        chart = Chart(
            "bars", "Leads that reached each stage", reached["stage"].to_list(), {"leads": reached["leads"].to_list()}
        )
        return Section("Funnel", text, [Table(reached, columns), Table(steps, step_columns)], [chart])

    def _conversion(self) -> list[Section]:
        if self.pair is None:
            return []
        start, end = self.pair
        frame = self.tables["conversion"]
        days = f"{self.within / DAY:g} days"
        columns = [
            Column("period", f"{start} in", "date"),
            Column("leads", "leads", "count"),
            Column("share", f"{end} within {days}", "share"),
            Column("so_far", "so far", "count"),
            Column("immature", "too young", "count"),
            Column("expected", "≈ expected", "percent"),
        ]
        labels = [period_name(period, self.by) for period in frame["period"].to_list()]
        # Shares of few leads are in the table, and not in the chart.
        large = frame.with_columns(pl.when(pl.col("n") >= SMALL).then(pl.col("share", "low", "high") * 100))
        percents = {name: large[name].to_list() for name in ("share", "low", "high")}
        title = f"{start} to {end} within {days}, by {self.by} of {start}"
        chart = Chart(
            "lines", title, labels, {"share": percents["share"]}, "%", {"share": (percents["low"], percents["high"])}
        )
        waits = funnel.waits(self.journeys, start, end)
        curve = waits.curve()
        steps = Chart(
            "steps",
            f"Share that became {end}, by days since {start} ({waits.method})",
            [0.0, *curve.times.tolist()],
            {"share": [0.0, *(100 * curve.share).tolist()]},
            "%",
            {"share": ([0.0, *(100 * curve.low).tolist()], [0.0, *(100 * curve.high).tolist()])},
            f"days since {start}",
        )
        text = [
            "Only leads with the whole time behind them count. ≈ is an estimate for the whole period.",
            f"Share by age: {waits.method}, 95 % bounds {curve.interval}.",
        ]
        median = "is not reached" if curve.median is None else f"is {curve.median:,.1f} days"
        text.append(f"The median time from {start} to {end} over all leads {median}.")
        tables = [Table(frame, columns), self._arrival(), self._comparisons()]
        charts = [chart, steps] if len(labels) > 1 else [steps]
        return [Section(f"From {start} to {end}", text, tables, charts)]

    def _arrival(self) -> Table:
        columns = [Column("days", "after days", "number")]
        columns += [
            Column(name, heading, "percent") for name, heading in (("share", "share"), ("low", "low"), ("high", "high"))
        ]
        return Table(self.tables["arrival"], columns)

    def _comparisons(self) -> Table:
        columns = [
            Column("first", "period", "date"),
            Column("second", "compared with", "date"),
            Column("z", "z", "number"),
            Column("p", "p", "number"),
            Column("p_adjusted", "p, adjusted", "number"),
        ]
        caption = "Neighbouring periods compared (two-proportion z test, Benjamini–Hochberg)."
        return Table(
            self.tables["comparisons"], columns, caption, "No two neighbouring periods are large enough to compare."
        )

    def _flow(self) -> Section:
        columns = [
            Column("period", self.by, "date"),
            Column("stage", "stage"),
            Column("entered", "entered", "count"),
            Column("left", "left", "count"),
            Column("balance", f"there at the end of the {self.by}", "count"),
        ]
        return Section("Flow", [], [Table(self.tables["flow"], columns)])

    def _times(self) -> Section:
        columns = [
            Column("stage", "stage"),
            Column("visits", "visits", "count"),
            Column("still_there", "still there", "count"),
            Column("median_days", "median time (Kaplan–Meier)", "days"),
            Column("median_days_of_those_left", "median of those who left", "days"),
        ]
        moves = [Column("from_stage", "from"), Column("to_stage", "to"), Column("moves", "moves", "count")]
        text = ["A recycle or a step back begins a new visit. Leads still in a stage are censored at the end."]
        return Section(
            "Time in stage, and where leads went",
            text,
            [Table(self.tables["time_in_stage"], columns), Table(self.tables["moves"], moves)],
        )

    def _rules(self) -> Section:
        columns = [
            Column("rule", "rule"),
            Column("to_stage", "to"),
            Column("moves", "moves", "count"),
            Column("leads", "leads", "count"),
            Column("share", "of them, reached a higher stage later", "share"),
        ]
        return Section("Rules", [], [Table(self.tables["rules"], columns, empty="No rule moved a lead.")])

    def _asked_for(self) -> list[Section]:
        found = []
        kinds: dict[str, Kind] = {
            "share": "share",
            "sum": "number",
            "per_lead": "number",
            "leads": "count",
            "period": "date",
        }
        titles = {"split": "Groups", "value": "Value", "touch": "Last touch before"}
        for name in ("split", "value", "touch"):
            if name in self.tables:
                frame = self.tables[name]
                hidden = {"k", "n", "low", "high"} if "share" in frame.columns else set()
                columns = [
                    Column(
                        column,
                        column.replace("_", " "),
                        kinds.get(column, "number" if frame.schema[column].is_numeric() else "text"),
                    )
                    for column in frame.columns
                    if column not in hidden
                ]
                found.append(Section(titles[name], [], [Table(frame, columns)]))
        return found


def period_name(first: datetime.date, by: Period) -> str:
    """A calendar period as it is written in a chart: 2026-03, 2026 Q1, 2026, or the date of a week's Monday."""
    match by:
        case "month":
            return f"{first:%Y-%m}"
        case "quarter":
            return f"{first.year} Q{(first.month + 2) // 3}"
        case "year":
            return str(first.year)
        case "week":
            return str(first)


def comparisons(conversion: pl.DataFrame) -> pl.DataFrame:
    """Neighbouring periods of a conversion table compared: first, second, z, p, p_adjusted.

    Periods of fewer than 30 mature leads are compared with nothing.
    """
    large = [row for row in conversion.iter_rows(named=True) if row["n"] >= SMALL]
    found = []
    for first, second in pairwise(large):
        z, p = two_shares(Share(first["k"], first["n"]), Share(second["k"], second["n"]))
        found.append({"first": first["period"], "second": second["period"], "z": z, "p": p})
    adjusted = benjamini_hochberg([row["p"] for row in found])
    schema = {"first": pl.Date, "second": pl.Date, "z": pl.Float64, "p": pl.Float64}
    return pl.DataFrame(found, schema=schema).with_columns(p_adjusted=pl.Series(adjusted, dtype=pl.Float64))


def split_by(journeys: Journeys, pair: tuple[str, str], groups: pl.DataFrame, within: int) -> pl.DataFrame:
    """Conversion by a group of leads (columns lead, group): group, leads, k, n, share, low, high, p_adjusted.

    Each group of 30 leads or more is compared with all other leads by a log-rank test, adjusted for their number.
    """
    waits = funnel.waits(journeys, *pair)
    frame = pl.DataFrame({"lead": waits.leads, "days": waits.days, "cause": waits.cause, "since": waits.since})
    frame = frame.join(groups, on="lead", how="left", maintain_order="left").with_columns(
        pl.col("group").fill_null("(unknown)")
    )
    found: list[dict[str, Any]] = []
    for (group,), of in frame.sort("group").group_by("group", maintain_order=True):
        others = frame.filter(pl.col("group") != group)
        mature = of.filter(journeys.as_of - pl.col("since") >= within)
        hits = mature.filter((pl.col("cause") == 1) & (pl.col("days") * DAY <= within + 0.5)).height
        p = float("nan")
        if of.height >= SMALL and others.height >= SMALL:
            _, p = logrank((of["days"], of["cause"] == 1), (others["days"], others["cause"] == 1))
        found.append({"group": str(group), "leads": of.height, "p": p, "share": Share(hits, mature.height)})
    adjusted = benjamini_hochberg([row["p"] for row in found])
    table = funnel.shares(found, {"group": pl.String, "leads": pl.Int64, "p": pl.Float64})
    return table.with_columns(p_adjusted=pl.Series(adjusted, dtype=pl.Float64)).drop("p")
