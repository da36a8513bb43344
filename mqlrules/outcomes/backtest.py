"""Backtests: how well rules and scores went together with an outcome that came later.

For each lead, r is when a rule first held (the lifecycle ignored), o is its first outcome, s its start, and H the
horizon. A firing is in time if r < o as instants; firings at the instant of the outcome or after it are late. All
definitions: docs/outcomes.md.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import attrs
import numpy as np
import polars as pl

from mqlrules.events.errors import DataError
from mqlrules.language.instants import moment
from mqlrules.language.suggest import closest
from mqlrules.outcomes.document import Column, Document, Section, Table, rows
from mqlrules.outcomes.funnel import shares
from mqlrules.outcomes.journeys import DAY
from mqlrules.outcomes.rendering import Shown
from mqlrules.outcomes.statistics import NEVER, Share, auc, same_age_chance
from mqlrules.outcomes.study import Study, stage_named

LEAK_SHARE = 0.5
"""From this share of firings with an outcome at the very instant of it on, a rule says the outcome."""
LEAK_PRECISION = 0.95
LEAK_LEAD_TIME = 3_600_000_000
"""A rule of this precision whose median lead time is shorter (microseconds) most likely says the outcome."""
FEW_OUTCOMES = 100


@attrs.frozen(eq=False)
class Timings:
    """Leads as columns of equal length, in microseconds since 1970 UTC; ``NEVER`` where something has not happened.

    ``start`` is the first event, or the entry into the stage that was asked for; ``exit`` is when a lead left without
    the outcome.
    """

    lead: pl.Series
    start: np.ndarray[Any, np.dtype[np.int64]]
    outcome: np.ndarray[Any, np.dtype[np.int64]]
    exit: np.ndarray[Any, np.dtype[np.int64]]
    as_of: int

    def of(self, firsts: pl.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
        """First instants (columns lead, at) in the order of the leads."""
        # Without any row the type of leads is not known.
        firsts = firsts.cast({"lead": self.lead.dtype})
        joined = pl.DataFrame({"lead": self.lead}).join(firsts, on="lead", how="left", maintain_order="left")
        return joined["at"].fill_null(NEVER).to_numpy()


@attrs.frozen(eq=False)
class RuleOutcome:
    """How one rule went together with the outcome.

    ``fired`` are leads for whom it held at some time. ``late`` firings came at the instant of the outcome
    (``same_instant``) or after it; ``after_exit`` after the lead had left otherwise; ``immature`` ones are younger than
    the horizon (``immature_hits`` of them have the outcome already) and count nowhere. ``precision`` is over mature
    firings in time, ``recall`` over all outcomes. ``lift`` compares the precision of open leads with the mean chance of
    leads that were still open at the same age (``expected``). ``lead_time`` is the median from firing to outcome of
    those caught, in microseconds.
    """

    rule: str
    fired: int
    same_instant: int
    late: int
    after_exit: int
    immature: int
    immature_hits: int
    precision: Share
    precision_open: Share
    base: Share
    recall: Share
    missed_never: int
    missed_late: int
    missed_early: int
    expected: float | None
    lead_time: float | None
    caught: frozenset[Any] = attrs.field(repr=False, factory=frozenset)
    adds: int = 0
    """Outcomes that this rule caught and no other rule did."""

    @property
    def lift(self) -> float | None:
        """The lift at the same age: 1 is no better than waiting."""
        share = self.precision_open.share
        return None if share is None or not self.expected else share / self.expected

    @property
    def naive_lift(self) -> float | None:
        """Precision by the base rate of all leads: it flatters rules that fire late (immortal time)."""
        share, base = self.precision.share, self.base.share
        return None if share is None or not base else share / base

    @cached_property
    def leaks(self) -> str | None:
        """Why the rule seems to say the outcome rather than foresee it; None if it doesn't."""
        with_outcome = self.late + self.precision.k + self.immature_hits
        if with_outcome and self.same_instant / with_outcome >= LEAK_SHARE:
            return (
                f"it fires at the very instant of the outcome for {self.same_instant:,} of {self.fired:,} leads: "
                "it reports the outcome rather than predicting it"
            )
        share = self.precision.share
        if share is not None and share >= LEAK_PRECISION and (self.lead_time or 0) < LEAK_LEAD_TIME:
            return (
                f"{share:.0%} of its firings have the outcome within an hour (median): "
                "it most likely reports the outcome rather than predicting it"
            )
        return None

    def to_dict(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "fired": self.fired,
            "same_instant_as_outcome": self.same_instant,
            "late": self.late,
            "after_exit": self.after_exit,
            "immature": self.immature,
            "immature_hits": self.immature_hits,
            "precision": self.precision.to_dict(),
            "precision_open": self.precision_open.to_dict(),
            "base": self.base.to_dict(),
            "recall": self.recall.to_dict(),
            "outcomes": self.recall.n,
            "caught": self.recall.k,
            "missed_never": self.missed_never,
            "missed_late": self.missed_late,
            "missed_early": self.missed_early,
            "expected_same_age_open": self.expected,
            "lift": self.lift,
            "naive_lift": self.naive_lift,
            "lead_days_median": None if self.lead_time is None else self.lead_time / DAY,
            "adds": self.adds,
            "leaks": self.leaks,
        }


def judge(
    rule: str, fired: np.ndarray[Any, np.dtype[np.int64]], timings: Timings, horizon: int, ahead: int = 0
) -> RuleOutcome:
    """One rule, by when it first held for each lead (``NEVER`` where it never did).

    ``horizon`` and ``ahead`` (how long before the outcome a firing must be, at least) are in microseconds.
    """
    start, outcome, left, as_of = timings.start, timings.outcome, timings.exit, timings.as_of
    has_fired, has_outcome = fired != NEVER, outcome != NEVER
    late = has_fired & has_outcome & (fired >= outcome)
    # Differences only where both have happened: NEVER is as large as a number can be.
    wait = np.where(has_fired & has_outcome, outcome - np.where(has_fired, fired, 0), 0)
    in_time = has_fired & ~late
    hit = in_time & has_outcome & (wait <= horizon)
    mature = has_fired & (fired <= as_of - horizon)
    is_open = fired < left
    counted = mature & in_time
    immature = has_fired & ~mature & ~late
    caught = hit & (wait >= ahead)
    base = start <= as_of - horizon
    since_start = np.where(has_outcome, outcome - start, 0)
    base_hits = base & has_outcome & (since_start > 0) & (since_start <= horizon)
    waits = wait[caught]
    return RuleOutcome(
        rule=rule,
        fired=int(has_fired.sum()),
        same_instant=int((has_fired & (fired == outcome)).sum()),
        late=int(late.sum()),
        after_exit=int((in_time & ~is_open).sum()),
        immature=int(immature.sum()),
        immature_hits=int((immature & has_outcome).sum()),
        precision=Share(int((hit & counted).sum()), int(counted.sum())),
        precision_open=Share(int((hit & counted & is_open).sum()), int((counted & is_open).sum())),
        base=Share(int(base_hits.sum()), int(base.sum())),
        recall=Share(int(caught.sum()), int(has_outcome.sum())),
        missed_never=int((has_outcome & ~has_fired).sum()),
        missed_late=int((late | (hit & ~caught)).sum()),
        missed_early=int((in_time & has_outcome & ~hit).sum()),
        expected=_expected(fired, counted & is_open, timings, horizon),
        lead_time=float(np.median(waits)) if len(waits) else None,
        caught=frozenset(timings.lead.filter(pl.Series(caught)).to_list()),
    )


def _expected(
    fired: np.ndarray[Any, np.dtype[np.int64]],
    counted: np.ndarray[Any, np.dtype[np.bool_]],
    timings: Timings,
    horizon: int,
) -> float | None:
    """The mean chance of the outcome in the horizon, over leads still open at the ages of the firings."""
    if not counted.any():
        return None
    ages = fired[counted] - timings.start[counted]

    def since(instants: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.int64]]:
        known = instants != NEVER
        return np.where(known, instants - np.where(known, timings.start, 0), NEVER)

    chances, _ = same_age_chance(
        ages,
        since(timings.outcome),
        since(np.minimum(timings.outcome, timings.exit)),
        timings.as_of - timings.start,
        horizon,
    )
    known = chances[~np.isnan(chances)]
    return float(known.mean()) if len(known) else None


def with_additions(judged: Sequence[RuleOutcome]) -> list[RuleOutcome]:
    """The same, each with the number of outcomes that it alone caught."""
    times: dict[Any, int] = {}
    for each in judged:
        for lead in each.caught:
            times[lead] = times.get(lead, 0) + 1
    return [attrs.evolve(each, adds=sum(times[lead] == 1 for lead in each.caught)) for each in judged]


@attrs.frozen(eq=False)
class ScoreOutcome:
    """How a score went together with the outcome, asked of each open lead once, at one age (days).

    ``thresholds`` has a row for each value of the score: at_least, k, n, share, low, high. ``auc`` is the chance that a
    lead with the outcome scores higher than one without.
    """

    score: str
    landmark: float
    at_risk: int
    outcomes: int
    auc: float | None
    thresholds: pl.DataFrame = attrs.field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        return {
            "score": self.score,
            "landmark_days": self.landmark,
            "at_risk": self.at_risk,
            "outcomes": self.outcomes,
            "auc": self.auc,
            "thresholds": rows(self.thresholds),
        }


def judge_score(
    score: str, values: np.ndarray[Any, np.dtype[np.float64]], timings: Timings, landmark: int, horizon: int
) -> ScoreOutcome:
    """A score at one age: ``values`` are those of the leads at their start + ``landmark`` (microseconds).

    At risk are leads that have neither the outcome nor an exit by then, and whose horizon after it lies before the end.
    """
    then = timings.start + landmark
    is_open = (timings.outcome > then) & (timings.exit > then) & (then <= timings.as_of - horizon)
    hit = (
        is_open
        & (timings.outcome != NEVER)
        & (np.where(timings.outcome != NEVER, timings.outcome, 0) <= then + horizon)
    )
    found, hits = values[is_open], hit[is_open]
    table = []
    for value in np.unique(found):
        above = found >= value
        table.append({"at_least": float(value), "share": Share(int(hits[above].sum()), int(above.sum()))})
    return ScoreOutcome(
        score,
        landmark / DAY,
        int(is_open.sum()),
        int(hits.sum()),
        auc(found, hits),
        shares(table, {"at_least": pl.Float64}),
    )


@attrs.frozen(eq=False)
class Backtest(Shown):
    """How rules and scores went together with an outcome within a horizon (microseconds).

    ``rules`` has one entry a rule in the order of the files, ``scores`` one a score and landmark. What goes together
    with an outcome need not be its cause.
    """

    outcome: str
    horizon: int
    lead_time: int
    as_of: int
    rules: Sequence[RuleOutcome]
    scores: Sequence[ScoreOutcome] = ()
    naive: bool = False
    notes: Sequence[str] = ()

    @property
    def outcomes(self) -> int:
        """How many leads had the outcome."""
        return self.rules[0].recall.n if self.rules else (self.scores[0].outcomes if self.scores else 0)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before trusting the figures."""
        found = list(self.notes)
        if self.outcomes < FEW_OUTCOMES:
            found.append(
                f"Only {self.outcomes:,} leads had the outcome: intervals are wide, and ranks are not reliable."
            )
        found += [f"Rule {rule.rule}: {rule.leaks}." for rule in self.rules if rule.leaks]
        immature = sum(rule.immature for rule in self.rules)
        if immature:
            found.append(
                f"{immature:,} firings are younger than {self.horizon / DAY:g} days: they count nowhere, even where "
                "the outcome is there already."
            )
        return tuple(found)

    @property
    def table(self) -> pl.DataFrame:
        """One row a rule, with all its figures."""
        flat = []
        for rule in self.rules:
            row = rule.to_dict()
            for name in ("precision", "precision_open", "base", "recall"):
                part = row.pop(name)
                row |= {name: part["share"], **{f"{name}_{key}": part[key] for key in ("k", "n", "low", "high")}}
            flat.append(row)
        return pl.DataFrame(flat, infer_schema_length=None)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, as JSON can say them."""
        return {
            "outcome": self.outcome,
            "within_days": self.horizon / DAY,
            "lead_time_days": self.lead_time / DAY,
            "as_of": moment(self.as_of).isoformat(),
            "outcomes": self.outcomes,
            "warnings": list(self.warnings),
            "rules": [rule.to_dict() for rule in self.rules],
            "scores": [score.to_dict() for score in self.scores],
        }

    @cached_property
    def document(self) -> Document:
        """The backtest as sections of text and tables."""
        days = f"{self.horizon / DAY:g} days"
        columns = [
            Column("rule", "rule"),
            Column("fired", "fired", "count"),
            Column("precision", f"outcome within {days}", "share", "precision_"),
            Column("lift", "lift, same age", "ratio"),
            Column("recall", "of all outcomes, caught", "share", "recall_"),
            Column("lead_days_median", "ahead (median)", "days"),
            Column("adds", "caught by it alone", "count"),
        ]
        if self.naive:
            columns.insert(4, Column("naive_lift", "lift, naive", "ratio"))
        missed = [
            Column("rule", "rule"),
            Column("missed_never", "never fired", "count"),
            Column("missed_late", "too late", "count"),
            Column("missed_early", "too early", "count"),
            Column("immature", "too young to judge", "count"),
            Column("after_exit", "fired after the lead had left", "count"),
        ]
        text = [
            "Lift, same age: the share of firings on open leads that had the outcome, compared with leads that were "
            "still open at the same age. 1 is no better than waiting.",
        ]
        empty = "There are no rules to judge."
        sections = [Section("Rules", text, [Table(self.table, columns, empty=empty)])] if self.rules else []
        if self.rules:
            sections.append(Section("Outcomes that rules missed", [], [Table(self.table, missed)]))
        for score in self.scores:
            shown = [Column("at_least", "at least", "number"), Column("share", f"outcome within {days}", "share")]
            area = "not defined" if score.auc is None else f"{score.auc:.3f}"
            about = f"{score.at_risk:,} leads were open {score.landmark:g} days after their start. AUC {area}."
            sections.append(Section(f"Score {score.score}", [about], [Table(score.thresholds, shown)]))
        summary = [
            f"What went together with {self.outcome} within {days}, up to {moment(self.as_of):%d %b %Y, %H:%M} UTC.",
            f"{self.outcomes:,} leads had the outcome.",
        ]
        return Document("Backtest", summary, sections, self.warnings)


def backtest(
    study: Study,
    outcome: str,
    horizon: int,
    *,
    lead_time: int = 0,
    among: str | None = None,
    exits: str | None = None,
    landmarks: Sequence[int] = (),
    naive: bool = False,
) -> Backtest:
    """Judges every rule, and at landmarks every score, by an outcome: a stage, or a condition.

    ``among`` is the stage or condition from which leads are looked at; by default their first event. ``exits`` is a
    condition that ends a lead without the outcome, besides the stages outside the ladder. Raises ``DataError`` where
    nobody has the outcome.
    """
    program = study.program
    conditions = {rule.name: rule.condition for rule in program.rules}
    asked: dict[str, str] = (
        {"outcome": outcome} | ({"among": among} if among else {}) | ({"exit": exits} if exits else {})
    )
    stages = {name: stage_named(program, text) for name, text in asked.items()}
    own = {f"\0{name}": study.condition(text) for name, text in asked.items() if stages[name] is None}
    found = study.first_times({**conditions, **own})

    def first(name: str) -> pl.DataFrame:
        stage = stages.get(name)
        if stage is not None:
            return study.journeys.reaching(stage)
        return found.filter(pl.col("name") == f"\0{name}").select("lead", "at")

    start = first("among") if among else study.spans.select("lead", at="first")
    leads = start["lead"]
    timings = Timings(leads, start["at"].to_numpy(), np.empty(0, np.int64), np.empty(0, np.int64), study.as_of)
    has = timings.of(first("outcome"))
    left = np.full(len(leads), NEVER)
    if program.lifecycle.outside and stages["outcome"] not in program.lifecycle.outside:
        left = np.minimum(left, timings.of(study.journeys.exits.select("lead", "at")))
    if exits:
        left = np.minimum(left, timings.of(first("exit")))
    if not (has != NEVER).any():
        raise DataError("outcome", f"no lead ever had the outcome {outcome}", _nearest(study, outcome))
    # A lead that had the outcome, or had left, before it was looked at is not at risk.
    at_risk = np.minimum(has, left) >= timings.start
    timings = Timings(
        leads.filter(pl.Series(at_risk)), timings.start[at_risk], has[at_risk], left[at_risk], study.as_of
    )
    judged = []
    for rule in program.rules:
        fired = timings.of(found.filter(pl.col("name") == rule.name).select("lead", "at"))
        fired = np.where(fired < timings.start, timings.start, fired)
        judged.append(judge(rule.name, fired, timings, horizon, lead_time))
    scores = [
        judge_score(
            score.name, study.score_at(score.name, timings.lead, timings.start + landmark), timings, landmark, horizon
        )
        for landmark in landmarks
        for score in program.scores.values()
    ]
    return Backtest(outcome, horizon, lead_time, study.as_of, with_additions(judged), scores, naive, study.remarks)


def _nearest(study: Study, outcome: str) -> str | None:
    names = study.event_names()
    near = closest(outcome, names)
    return f"Did you mean {near}?" if near else None
