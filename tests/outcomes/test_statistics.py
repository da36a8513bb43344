"""The statistics agree with scipy, statsmodels and scikit-learn, and with answers worked out by hand."""

import math

import pytest

np = pytest.importorskip("numpy")
stats = pytest.importorskip("scipy.stats")

from mqlrules.outcomes import statistics as s  # noqa: E402 - it needs what has just been asked for

RANDOM = np.random.default_rng(7)
SHARES = [(k, n) for n in (1, 2, 7, 30, 842, 8000) for k in {0, 1, n // 3, n - 1, n} if 0 <= k <= n]


def random_leads(n: int = 400, ties: bool = True) -> tuple[np.ndarray, np.ndarray]:
    times = RANDOM.integers(0, 60, n).astype(float) if ties else RANDOM.exponential(20, n)
    return times, RANDOM.integers(0, 3, n)


@pytest.mark.parametrize(("k", "n"), SHARES)
def test_wilson_agrees_with_statsmodels(k: int, n: int) -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    low, high = proportion.proportion_confint(k, n, method="wilson")
    assert pytest.approx((low, high), abs=1e-6) == s.wilson(k, n)


def test_a_share_of_nothing_has_no_value_and_no_interval() -> None:
    assert {"k": 0, "n": 0, "share": None, "low": None, "high": None} == s.Share(0, 0).to_dict()


def test_wilson_refuses_more_than_all() -> None:
    with pytest.raises(ValueError, match="0 <= k <= n"):
        s.wilson(3, 2)


@pytest.mark.parametrize("ties", [True, False])
def test_kaplan_meier_agrees_with_statsmodels(ties: bool) -> None:
    duration = pytest.importorskip("statsmodels.duration.survfunc")
    times, kinds = random_leads(ties=ties)
    found = s.kaplan_meier(times, kinds > 0)
    expected = duration.SurvfuncRight(times, (kinds > 0).astype(int))
    at = [float(found.at(t)[0]) for t in expected.surv_times]
    assert pytest.approx(1 - expected.surv_prob) == at


@pytest.mark.parametrize("ties", [True, False])
def test_aalen_johansen_agrees_with_statsmodels(ties: bool) -> None:
    duration = pytest.importorskip("statsmodels.duration.survfunc")
    times, kinds = random_leads(ties=ties)
    expected = duration.CumIncidenceRight(times, kinds)
    for cause in (1, 2):
        found = s.aalen_johansen(times, kinds, cause)
        assert pytest.approx(expected.cinc[cause - 1]) == [found.at(t)[0] for t in expected.times]
        near = [(e, found.at(t)) for e, t in zip(expected.cinc_se[cause - 1], expected.times, strict=True)]
        for deviation, (share, low, high) in near:
            if 0.02 < share < 0.98:
                spread = math.exp(-s.Z95 * deviation / (share * math.log(share)))
                assert pytest.approx((share**spread, share ** (1 / spread)), rel=0.05) == (low, high)


def test_one_cause_alone_is_kaplan_meier() -> None:
    times, kinds = random_leads()
    one = s.aalen_johansen(times, kinds > 0)
    other = s.kaplan_meier(times, kinds > 0)
    assert pytest.approx(list(other.share)) == list(one.share)
    assert list(other.times) == list(one.times)


def test_delayed_entry_agrees_with_statsmodels() -> None:
    duration = pytest.importorskip("statsmodels.duration.survfunc")
    times, kinds = random_leads()
    entries = times - RANDOM.integers(1, 30, len(times))
    found = s.aalen_johansen(times, kinds > 0, entries=entries)
    expected = duration.SurvfuncRight(times, (kinds > 0).astype(int), entry=entries)
    assert pytest.approx(1 - expected.surv_prob) == [found.at(t)[0] for t in expected.surv_times]


def test_a_median_that_is_not_reached_is_none() -> None:
    assert s.kaplan_meier([1.0, 2.0, 3.0, 4.0], [True, False, False, False]).median is None


def test_nothing_observed_is_a_share_of_zero() -> None:
    assert (0.0, 0.0, 0.0) == s.kaplan_meier([1.0, 2.0], [False, False]).at(5)
    assert (0.0, 0.0, 0.0) == s.aalen_johansen([1.0, 2.0], [0, 0]).at(5)


def test_the_log_rank_test_agrees_with_statsmodels() -> None:
    duration = pytest.importorskip("statsmodels.duration.survfunc")
    times, kinds = random_leads()
    group = np.arange(len(times)) % 2
    chi2, p = s.logrank((times[group == 0], kinds[group == 0] > 0), (times[group == 1], kinds[group == 1] > 0))
    expected = duration.survdiff(times, (kinds > 0).astype(int), group)
    assert pytest.approx(expected) == (chi2, p)


def test_two_shares_agree_with_statsmodels() -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    z, p = s.two_shares(s.Share(30, 200), s.Share(50, 210))
    assert pytest.approx(proportion.proportions_ztest([30, 50], [200, 210])) == (z, p)


def test_nothing_can_be_compared_with_an_empty_group() -> None:
    assert all(map(math.isnan, s.two_shares(s.Share(0, 0), s.Share(3, 10))))
    assert all(map(math.isnan, s.two_shares(s.Share(0, 5), s.Share(0, 10))))


def test_adjusted_p_values_agree_with_statsmodels() -> None:
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    p = [0.409807, 0.752479, 0.62708, 0.000328619]
    assert pytest.approx(multitest.multipletests(p, method="fdr_bh")[1]) == s.benjamini_hochberg(p)
    assert math.isnan(s.benjamini_hochberg([0.01, math.nan])[1])


def test_the_auc_agrees_with_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    scores, outcomes = RANDOM.integers(0, 20, 500), RANDOM.integers(0, 2, 500)
    assert pytest.approx(metrics.roc_auc_score(outcomes, scores)) == s.auc(scores, outcomes)
    assert s.auc([1, 2], [True, True]) is None


def test_the_chance_at_the_same_age_is_what_counting_gives() -> None:
    n, horizon = 300, 20
    watched = RANDOM.integers(0, 100, n)
    outcomes = np.where(RANDOM.random(n) < 0.4, RANDOM.integers(0, 100, n), s.NEVER)
    outcomes = np.where(outcomes > watched, s.NEVER, outcomes)
    left = np.where(RANDOM.random(n) < 0.3, RANDOM.integers(0, 100, n), s.NEVER)
    left = np.where(left > watched, s.NEVER, left)
    exits = np.minimum(outcomes, left)
    ages = np.arange(0, 100)
    shares, at_risk = s.same_age_chance(ages, outcomes, exits, watched, horizon)
    for age in ages:
        open_then = (exits > age) & (watched >= age + horizon)
        hit = open_then & (outcomes != s.NEVER) & (outcomes <= age + horizon) & (outcomes == exits)
        assert at_risk[age] == open_then.sum()
        if open_then.any():
            assert pytest.approx(hit.sum() / open_then.sum()) == shares[age]
        else:
            assert math.isnan(shares[age])


def test_the_bootstrap_has_a_fixed_seed_and_covers_the_estimate() -> None:
    values = RANDOM.normal(10, 2, 200)
    low, high = s.bootstrap([values], lambda row: float(np.mean(row)))
    assert (low, high) == s.bootstrap([values], lambda row: float(np.mean(row)))
    assert low < values.mean() < high
