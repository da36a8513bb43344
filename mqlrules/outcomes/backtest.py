"""Backtests: how well rules and scores went together with an outcome that came later.

For each lead, r is when a rule first held (the lifecycle ignored), o is its first outcome, s its start, and H the horizon.
A firing is in time if r < o as instants; firings at the instant of the outcome or after it are late. All definitions:
docs/outcomes.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import attrs
import numpy as np
import polars as pl

from mqlrules.outcomes.journeys import DAY
from mqlrules.outcomes.statistics import NEVER, Share, same_age_chance

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
        joined = pl.DataFrame({"lead": self.lead}).join(firsts, on="lead", how="left", maintain_order="left")
        return joined["at"].fill_null(NEVER).to_numpy()


@attrs.frozen(eq=False)
class RuleOutcome:
    """How one rule went together with the outcome.

    ``fired`` are leads for whom it held at some time. ``late`` firings came at the instant of the outcome
    (``same_instant``) or after it; ``after_exit`` after the lead had left otherwise; ``immature`` ones are younger than
    the horizon (``immature_hits`` of them have the outcome already) and count nowhere. ``precision`` is over mature
    firings in time, ``recall`` over all outcomes. ``lift`` compares the precision of open leads with the mean chance of
    leads that were still open at the same age (``expected``). ``lead_time`` is the median from firing to outcome of those
    caught, in microseconds.
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
