"""The paired tests against published values, brute force and simulation."""

import numpy as np
import pytest

from holdfast.audit.comparison import (
    benjamini_hochberg,
    bootstrap_mean,
    bootstrap_ratio,
    bootstrap_two_means,
    delong,
    diebold_mariano,
    holm,
    mcnemar,
    newcombe,
    optimism_of_best,
    paired_mean,
    roc_areas,
)

# The fifteen p-values of Benjamini & Hochberg (1995), section 3.2.
PUBLISHED = np.array(
    [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1]
)


def rejections(p_values, alpha):
    """Return the share of rejections and a bound that a test of size alpha exceeds with chance below 1e-4."""
    share = float(np.mean(np.asarray(p_values) <= alpha))
    return share, alpha + 4 * np.sqrt(alpha * (1 - alpha) / len(p_values))


def test_mcnemar_of_a_published_table():
    # Agresti, Categorical Data Analysis, table 10.1: 150 changed one way, 86 the other, of 1,600.
    a = np.repeat([True, True, False, False], [794, 150, 86, 570])
    b = np.repeat([True, False, True, False], [794, 150, 86, 570])
    found = mcnemar(a, b)
    assert found.difference == pytest.approx(0.04)
    # Agresti gives 0.04 ± 0.0187 (Wald); the adjusted interval agrees to the third place.
    assert (found.low, found.high) == pytest.approx((0.021, 0.059), abs=1e-3)
    assert found.p_value == pytest.approx(3.7e-5, rel=0.05)


def test_mcnemar_keeps_its_size_and_has_power():
    rng = np.random.default_rng(0)
    null, shifted, covered = [], [], 0
    for _ in range(600):
        shared = rng.random(200) < 0.7
        a, b = (np.where(rng.random(200) < 0.3, rng.random(200) < 0.7, shared) for _ in range(2))
        found = mcnemar(a, b)
        null.append(found.p_value)
        covered += found.low <= 0.0 <= found.high
        shifted.append(mcnemar(a | (rng.random(200) < 0.3), b).p_value)
    share, bound = rejections(null, 0.05)
    assert share <= bound
    assert covered / 600 >= 0.93
    assert np.mean(np.array(shifted) < 0.05) > 0.6


def test_mcnemar_of_equal_and_of_no_answers():
    same = np.array([True, False, True])
    assert mcnemar(same, same).p_value == 1.0
    assert mcnemar(same[:0], same[:0]).difference == 0.0


def test_delong_is_its_definition():
    rng = np.random.default_rng(1)
    positive = np.arange(60) < 25
    a, b = np.round(rng.normal(size=(2, 60)) + positive, 1)  # rounded: ties count half

    def placements(score):
        beats = (score[positive][:, None] > score[~positive]) + 0.5 * (score[positive][:, None] == score[~positive])
        return beats.mean(axis=1), beats.mean(axis=0)

    (high_a, low_a), (high_b, low_b) = placements(a), placements(b)
    variance = np.var(high_a - high_b, ddof=1) / 25 + np.var(low_a - low_b, ddof=1) / 35
    areas, covariance = roc_areas(positive, a, b)
    assert areas == pytest.approx([high_a.mean(), high_b.mean()])
    assert covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1] == pytest.approx(variance)
    found = delong(positive, a, b)
    assert found.high - found.difference == pytest.approx(1.959964 * np.sqrt(variance))


def test_delong_keeps_its_size_and_has_power():
    rng = np.random.default_rng(2)
    positive = np.arange(200) < 60
    null, shifted = [], []
    for _ in range(400):
        signal = positive + rng.normal(size=200)
        a, b = signal + 1.5 * rng.normal(size=(2, 200))
        null.append(delong(positive, a, b).p_value)
        shifted.append(delong(positive, signal, b).p_value)
    share, bound = rejections(null, 0.05)
    assert share <= bound
    assert np.mean(np.array(shifted) < 0.05) > 0.6


def test_delong_of_a_constant_score_is_a_half():
    positive = np.arange(20) < 10
    areas, _ = roc_areas(positive, np.zeros(20))
    assert areas[0] == 0.5


def test_paired_mean_is_scipys_paired_t():
    from scipy.stats import ttest_rel

    a, b = np.random.default_rng(3).normal(size=(2, 30))
    found, expected = paired_mean(a, b), ttest_rel(a, b)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval()))


def test_diebold_mariano_without_correlation_is_nearly_the_t_test():
    a, b = np.random.default_rng(6).normal(size=(2, 2000)) ** 2
    assert diebold_mariano(a, b).p_value == pytest.approx(paired_mean(a, b).p_value, abs=0.1)


def test_diebold_mariano_keeps_its_size_under_correlation_where_the_t_test_does_not():
    from scipy.signal import lfilter

    rng = np.random.default_rng(7)
    gains = lfilter([1.0], [1.0, -0.6], rng.normal(size=(400, 600)), axis=1)
    zeros = np.zeros(600)
    ours = np.mean([diebold_mariano(gain, zeros).p_value <= 0.05 for gain in gains])
    plain = np.mean([paired_mean(gain, zeros).p_value <= 0.05 for gain in gains])
    assert ours < 0.15  # Bartlett weights leave some of the correlation out, and say so in any textbook
    assert plain > 0.25
    assert np.mean([diebold_mariano(gain + 0.6, zeros).p_value <= 0.05 for gain in gains]) > 0.95


@pytest.mark.parametrize("clustered", [False, True])
def test_bootstrap_of_a_mean_covers_the_truth(clustered):
    rng = np.random.default_rng(8)
    clusters = np.repeat(np.arange(40), 5)
    covered = 0
    for _ in range(150):
        gain = rng.normal(size=200) + (rng.normal(size=40)[clusters] if clustered else 0.0)
        found = bootstrap_mean(gain, rng, clusters=clusters if clustered else None, resamples=400)
        covered += found.low <= 0.0 <= found.high
    assert covered / 150 >= 0.88


def test_the_bootstrap_of_a_mean_is_what_drawing_rows_gives():
    gain = np.random.default_rng(9).normal(0.1, 1.0, size=300)
    for members in (np.arange(300)[:, None], np.arange(300).reshape(100, 3)):
        rng, n = np.random.default_rng(1), len(members)
        drawn = [gain[members[rng.integers(n, size=n)].ravel()].mean() for _ in range(1000)]
        clusters = np.repeat(np.arange(n), members.shape[1])
        found = bootstrap_mean(gain, np.random.default_rng(0), clusters=clusters)
        assert (found.low, found.high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.02)


def test_holm_and_benjamini_hochberg_on_the_published_example():
    """The authors reject four at 0.05 with their procedure, three with Bonferroni's (and Holm's)."""
    assert int(np.sum(benjamini_hochberg(PUBLISHED) <= 0.05)) == 4
    assert int(np.sum(holm(PUBLISHED) <= 0.05)) == 3


def test_adjusted_p_values_do_not_depend_on_order():
    order = np.random.default_rng(10).permutation(15)
    for adjust in (holm, benjamini_hochberg):
        assert adjust(PUBLISHED[order]) == pytest.approx(adjust(PUBLISHED)[order])
        assert adjust(np.array([])).size == 0


def test_benjamini_hochberg_is_scipys():
    from scipy.stats import false_discovery_control

    assert benjamini_hochberg(PUBLISHED) == pytest.approx(false_discovery_control(PUBLISHED))


def test_optimism_is_that_of_the_maximum():
    """Twenty equal independent scores: the best is too high by 1.867 standard errors (order statistics)."""
    found = optimism_of_best(np.full(20, 0.8), 0.02**2 * np.eye(20), np.random.default_rng(11))
    assert found == pytest.approx(1.867 * 0.02, rel=0.03)


def test_no_optimism_when_one_model_is_far_ahead_or_all_move_together():
    rng = np.random.default_rng(12)
    assert optimism_of_best(np.array([0.5, 0.6, 0.9]), 0.01**2 * np.eye(3), rng) < 0.001
    assert optimism_of_best(np.full(5, 0.8), np.full((5, 5), 0.02**2), rng) < 0.001
    assert optimism_of_best(np.array([0.8]), np.eye(1), rng) == 0.0


def test_one_row_leaves_everything_open():
    one = np.array([1.0])
    for found in (paired_mean(one, 0 * one), diebold_mariano(one, 0 * one)):
        assert found.p_value == 1.0
        assert found.low < 0.0 < found.high


def test_newcombe_of_a_published_table():
    # Newcombe (1998), Statistics in Medicine 17:873, table II, method 10: 56/70 - 48/80, 9/10 - 3/10, 5/56 - 0/29.
    for table, ends in (
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ):
        found = newcombe(*table)
        assert (found.low, found.high) == pytest.approx(ends, abs=1e-4)
    assert newcombe(0, 10, 0, 20).p_value == 1.0
    assert newcombe(0, 0, 3, 9).low == -np.inf
    # Pearson's chi-square of the first table, by hand: 150 (56·32 - 14·48)² / (70·80·104·46).
    from scipy.stats import chi2

    assert newcombe(56, 70, 48, 80).p_value == pytest.approx(
        chi2.sf(150 * (56 * 32 - 14 * 48) ** 2 / (70 * 80 * 104 * 46), 1)
    )


def test_bootstrap_of_two_means_covers_their_difference():
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(200):
        found = bootstrap_two_means(rng.exponential(1.0, 60), rng.exponential(0.5, 90), rng, resamples=400)
        covered += found.low <= 0.5 <= found.high
    assert covered >= 178  # 95% less four standard errors, and the percentile interval's known shortfall
    assert bootstrap_two_means(np.ones(1), np.ones(3), rng).high == np.inf


def test_bootstrap_of_a_ratio_draws_whole_units():
    rng = np.random.default_rng(4)
    tokens = rng.integers(5, 200, size=300).astype(float)
    nats = tokens * rng.normal(2.0, 0.3, size=300)
    found = bootstrap_ratio(nats, tokens, rng)
    assert found.difference == pytest.approx(nats.sum() / tokens.sum())
    # The delta method: variance of the residuals of the ratio.
    error = np.std(nats - found.difference * tokens) / tokens.mean() / np.sqrt(300)
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.1)
