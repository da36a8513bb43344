"""The statistics of outcomes: one definition of each number, with its source.

Times are numbers in one unit (the callers use days), and arrays are one-dimensional, one entry a lead. scipy computes
what it has (Kaplan–Meier, log-rank, false-discovery control, bootstrap); the rest is short, and the tests
compare it with statsmodels and scikit-learn.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

Z95 = 1.959964
"""The 97.5 % quantile of the standard normal distribution, as the definitions fix it."""

SMALL = 30
"""Below this many leads a share is shown in grey, and is neither ranked nor compared."""


@attrs.frozen
class Share:
    """``k`` of ``n``, with the Wilson 95 % interval.

    ``share``, ``low`` and ``high`` are None where ``n`` is 0.
    """

    k: int
    n: int

    @property
    def share(self) -> float | None:
        return self.k / self.n if self.n else None

    @property
    def low(self) -> float | None:
        return self._bounds[0]

    @property
    def high(self) -> float | None:
        return self._bounds[1]

    @property
    def is_small(self) -> bool:
        """Whether too few leads stand behind it to rank or compare it."""
        return self.n < SMALL

    @property
    def _bounds(self) -> tuple[float | None, float | None]:
        return wilson(self.k, self.n) if self.n else (None, None)

    def to_dict(self) -> dict[str, float | int | None]:
        return {"k": self.k, "n": self.n, "share": self.share, "low": self.low, "high": self.high}


def wilson(k: int, n: int, z: float = Z95) -> tuple[float, float]:
    """The Wilson score interval of a share (Wilson 1927, JASA 22:209).

    Raises ``ValueError`` unless 0 ≤ k ≤ n and n > 0.
    """
    if not 0 <= k <= n or n == 0:
        raise ValueError(f"a share needs 0 <= k <= n and n > 0, got k = {k}, n = {n}")
    p = k / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)))
    return (0.0 if k == 0 else max(0.0, centre - half)), (1.0 if k == n else min(1.0, centre + half))


@attrs.frozen(eq=False)
class Incidence:
    """A step function: the share of leads to whom something has happened by each time, with 95 % bounds.

    ``times`` increase. Between them the share is constant, and before the first it is 0. ``interval`` names the
    method of ``low`` and ``high``.
    """

    times: Floats
    share: Floats
    low: Floats
    high: Floats
    interval: str

    def at(self, time: float) -> tuple[float, float, float]:
        """Share, low and high by ``time``, inclusive."""
        index = int(np.searchsorted(self.times, time, side="right")) - 1
        if index < 0:
            return 0.0, 0.0, 0.0
        return float(self.share[index]), float(self.low[index]), float(self.high[index])

    def reached(self, share: float) -> float | None:
        """The smallest time by which at least ``share`` has happened; None if it is not reached."""
        found = np.flatnonzero(self.share >= share)
        return float(self.times[found[0]]) if len(found) else None

    @property
    def median(self) -> float | None:
        """The time by which half has happened; None if it is not reached."""
        return self.reached(0.5)


def kaplan_meier(durations: npt.ArrayLike, observed: npt.ArrayLike) -> Incidence:
    """1 − Kaplan–Meier: the share by each time, where nothing competes with the event.

    ``durations`` are times to the event, or to the end of observation where ``observed`` is false. The 95 % bounds are
    log-log, of Greenwood's variance (Kalbfleisch and Prentice 1980). scipy computes it.
    """
    times, flags = _checked(durations, observed)
    if not flags.any():
        empty = np.empty(0)
        return Incidence(empty, empty, empty, empty, "log-log")
    survival = stats.ecdf(stats.CensoredData(times[flags], right=times[~flags])).sf
    with np.errstate(all="ignore"), warnings.catch_warnings():
        # Where survival is 0 or 1 the interval is undefined, and scipy warns.
        warnings.simplefilter("ignore", RuntimeWarning)
        bounds = survival.confidence_interval(0.95, method="log-log")
    steps = np.isin(survival.quantiles, times[flags])
    share = 1 - survival.probabilities
    # An undefined bound is the estimate.
    low = np.where(np.isnan(bounds.high.probabilities), share, 1 - bounds.high.probabilities)
    high = np.where(np.isnan(bounds.low.probabilities), share, 1 - bounds.low.probabilities)
    return Incidence(survival.quantiles[steps], share[steps], low[steps], high[steps], "log-log")


def aalen_johansen(
    durations: npt.ArrayLike, causes: npt.ArrayLike, cause: int = 1, entries: npt.ArrayLike | None = None
) -> Incidence:
    """The cumulative incidence of one cause where others compete with it (Aalen and Johansen 1978).

    ``causes`` is 0 where observation ended, else the number of what happened. ``entries`` are the times from which a
    lead is at risk (delayed entry): at time t those with entry < t ≤ duration are, and a lead whose event opens the
    recording, with entry = duration, at that one time. The 95 % bounds are log-log, of the delta-method variance
    (Marubini and Valsecchi 1995).
    """
    times = np.asarray(durations, np.float64)
    kinds = np.asarray(causes, np.int64)
    starts = np.full(len(times), -np.inf) if entries is None else np.asarray(entries, np.float64)
    kept = starts <= times
    times, kinds, starts = times[kept], kinds[kept], starts[kept]
    steps = np.unique(times[kinds != 0])
    if not len(steps):
        empty = np.empty(0)
        return Incidence(empty, empty, empty, empty, "log-log")
    entered = np.searchsorted(np.sort(starts), steps, "left") + _count(times[(starts == times) & (kinds != 0)], steps)
    at_risk = entered - np.searchsorted(np.sort(times), steps, "left")
    events = _count(times[kinds != 0], steps)
    of_cause = _count(times[kinds == cause], steps)
    survival = np.cumprod(1 - events / at_risk)
    before = np.concatenate([[1.0], survival[:-1]])
    share = np.cumsum(before * of_cause / at_risk)
    variance = _variance(at_risk, events, of_cause, before, share)
    happened = of_cause > 0
    with np.errstate(all="ignore"):
        spread = Z95 * np.sqrt(variance) / (share * np.log(share))
        low, high = share ** np.exp(-spread), share ** np.exp(spread)
    low = np.where(np.isfinite(low), low, share)
    high = np.where(np.isfinite(high), high, share)
    return Incidence(steps[happened], share[happened], low[happened], high[happened], "log-log")


def _variance(at_risk: Floats, events: Floats, of_cause: Floats, before: Floats, share: Floats) -> Floats:
    """The delta-method variance of a cumulative incidence, at each step, by running sums.

    Σ (F(t) − F(tᵢ))² dᵢ / (nᵢ (nᵢ − dᵢ)) + Σ S(tᵢ₋₁)² dₖᵢ (nᵢ − dₖᵢ) / nᵢ³ − 2 Σ (F(t) − F(tᵢ)) S(tᵢ₋₁) dₖᵢ / nᵢ²
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        a = np.where(at_risk > events, events / (at_risk * (at_risk - events)), 0.0)
    b = before**2 * of_cause * (at_risk - of_cause) / at_risk**3
    c = before * of_cause / at_risk**2
    squares = share**2 * np.cumsum(a) - 2 * share * np.cumsum(a * share) + np.cumsum(a * share**2)
    cross = share * np.cumsum(c) - np.cumsum(c * share)
    variance: Floats = np.maximum(squares + np.cumsum(b) - 2 * cross, 0.0)
    return variance


def logrank(
    first: tuple[npt.ArrayLike, npt.ArrayLike], second: tuple[npt.ArrayLike, npt.ArrayLike]
) -> tuple[float, float]:
    """The log-rank test of two groups, each ``(durations, observed)``: chi-square and p (Mantel 1966), by scipy."""
    groups = []
    for durations, observed in (first, second):
        times, flags = _checked(durations, observed)
        groups.append(stats.CensoredData(times[flags], right=times[~flags]))
    found = stats.logrank(*groups)
    return float(found.statistic) ** 2, float(found.pvalue)


def two_shares(first: Share, second: Share) -> tuple[float, float]:
    """The pooled two-proportion z test: z and the two-sided p.

    Both are nan where the pooled share is 0 or 1, or a group is empty: there is nothing to compare.
    """
    total = first.n + second.n
    pooled = (first.k + second.k) / total if total else float("nan")
    if not first.n or not second.n or pooled in (0.0, 1.0):
        return float("nan"), float("nan")
    z = (first.k / first.n - second.k / second.n) / np.sqrt(pooled * (1 - pooled) * (1 / first.n + 1 / second.n))
    return float(z), float(2 * stats.norm.sf(abs(z)))


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for several comparisons in one table (Benjamini and Hochberg 1995); nan stays nan."""
    p = np.asarray(p_values, np.float64)
    known = ~np.isnan(p)
    adjusted = p.copy()
    if known.any():
        adjusted[known] = stats.false_discovery_control(p[known])
    return [float(value) for value in adjusted]


def same_age_chance(
    ages: npt.NDArray[np.int64],
    outcomes: npt.NDArray[np.int64],
    exits: npt.NDArray[np.int64],
    watched: npt.NDArray[np.int64],
    horizon: int,
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The share of leads with an outcome in (a, a + horizon] among those still open at age a, for each of ``ages``.

    Per lead, in whole microseconds since its start: ``outcomes``, the first outcome; ``exits``, the first instant at
    which it was no longer open (the outcome included); ``watched``, the end of observation. ``NEVER`` stands for what
    has not happened. At risk at age a are leads with exit > a that are watched for at least a + horizon: for those the
    question is answered, so the share is exact. Returns the shares (nan where nobody is at risk) and the numbers at
    risk. Comparing a rule's precision with their mean corrects for immortal time (Suissa 2008).
    """
    last = np.minimum(exits - 1, watched - horizon)
    at_risk = len(last) - np.searchsorted(np.sort(last), ages, "left")
    converts = (outcomes != NEVER) & (outcomes == exits)
    begins = np.maximum(outcomes[converts] - horizon, 0)
    ends = last[converts]
    real = begins <= ends
    converting = np.searchsorted(np.sort(begins[real]), ages, "right") - np.searchsorted(
        np.sort(ends[real]), ages, "left"
    )
    with np.errstate(invalid="ignore"):
        return np.where(at_risk > 0, converting / np.maximum(at_risk, 1), np.nan), at_risk.astype(np.int64)


NEVER = np.iinfo(np.int64).max
"""What has not happened, as a time in microseconds."""


def auc(scores: npt.ArrayLike, outcomes: npt.ArrayLike) -> float | None:
    """The chance that a lead with the outcome scores higher than one without; ties count half (Hanley and McNeil 1982).

    None where one of the two groups is empty.
    """
    values = np.asarray(scores, np.float64)
    flags = np.asarray(outcomes, np.bool_)
    with_outcome, without = int(flags.sum()), int((~flags).sum())
    if not with_outcome or not without:
        return None
    ranks = stats.rankdata(values)
    return float((ranks[flags].sum() - with_outcome * (with_outcome + 1) / 2) / (with_outcome * without))


SEED = 20_260_101
RESAMPLES = 1_000


def bootstrap(
    rows: Sequence[npt.ArrayLike], statistic: Callable[..., Any], resamples: int = RESAMPLES
) -> tuple[float, float]:
    """The percentile 95 % interval of a statistic over leads drawn with replacement, with a fixed seed.

    ``rows`` are arrays with one entry a lead; ``statistic`` takes resampled ones and returns a number. By scipy.
    """
    found = stats.bootstrap(
        [np.asarray(row) for row in rows],
        statistic,
        paired=True,
        vectorized=False,
        n_resamples=resamples,
        method="percentile",
        rng=np.random.default_rng(SEED),
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def _checked(durations: npt.ArrayLike, observed: npt.ArrayLike) -> tuple[Floats, Flags]:
    times, flags = np.asarray(durations, np.float64), np.asarray(observed, np.bool_)
    if times.shape != flags.shape:
        raise ValueError(f"durations and observed must have the same length, got {len(times)} and {len(flags)}")
    return times, flags


def _count(times: Floats, steps: Floats) -> Floats:
    return np.bincount(np.searchsorted(steps, times), minlength=len(steps)).astype(np.float64)
