"""Layer A: the factors, the recursion against its definition, the bounds, and what separate tails see."""

import numpy as np
import pytest
from scipy.stats import beta, binom

from holdfast.collapse.alarm.tails import BETS, begin, floors, log_factors, log_values, loss_paths, step


def mean_factor(rate, least, items=200):
    k = np.arange(items + 1)
    logs = log_factors(k[:, None], np.array(items), np.full(1, least))[:, 0]
    return binom.pmf(k, items, rate) @ np.exp(logs)


def test_a_factor_has_mean_one_at_the_edge_of_the_null_and_less_inside():
    assert mean_factor(0.05, 0.05) == pytest.approx(np.ones(len(BETS)))
    assert (mean_factor(0.06, 0.05) < 1).all()
    assert (mean_factor(0.03, 0.05) > 1).any()


def test_the_recursion_is_the_definition():
    rng = np.random.default_rng(0)
    items, least = 500, np.array([0.05])
    hits = rng.binomial(items, 0.04, (6, 1))
    factors = np.array([log_factors(k, np.array(items), least)[0] for k in hits])
    for t in range(1, 7):
        direct = sum(np.exp(factors[s - 1 : t].sum(axis=0)).mean() / (s * (s + 1)) for s in range(1, t + 1)) + 1 / (
            t + 1
        )
        bets = begin((1,))
        for one in hits[:t]:
            bets = step(bets, log_factors(one, np.array(items), least))
        assert np.exp(log_values(bets))[0] == pytest.approx(direct)


def test_bounds_are_those_of_clopper_and_pearson_shared_out():
    found = floors(np.array([0, 7, 100]), 100, 0.03)
    assert found[0] == 0
    assert found[1] == pytest.approx(beta.ppf(0.01, 7, 94))
    assert found[2] == pytest.approx(0.01 ** (1 / 100))


def test_nothing_lost_is_no_alarm_and_a_loss_is_one():
    rng = np.random.default_rng(1)
    rates = np.full((60, 400, 2), 0.05)
    floor = floors(rng.binomial(20_000, rates[0]), 20_000, 0.025)
    items = np.full(60, 2_000)
    quiet = loss_paths(rng.binomial(2_000, rates), items, floor, 0.1)
    assert (quiet.max(axis=0) < np.log(40)).mean() >= 0.99
    rates[30:] *= 0.5
    loud = loss_paths(rng.binomial(2_000, rates), items, floor, 0.1)
    assert (loud[29] < np.log(40)).all()
    assert (loud[34] > np.log(40)).mean() > 0.95


def test_two_tails_see_a_shift_that_their_sum_hides():
    left, right = 0.02, 0.09  # of 0.05 each: the mean has moved, the sum has grown
    items, floor = np.full(5, 2_000), np.array([0.048])
    apart = loss_paths(np.full((5, 1), int(2_000 * left)), items, floor, 0.1)
    together = loss_paths(np.full((5, 1), int(2_000 * (left + right))), items, 2 * floor, 0.1)
    assert apart[-1, 0] > np.log(1_000)
    assert together[-1, 0] < 0


def test_a_stratum_that_real_data_may_not_fill_says_nothing():
    path = loss_paths(np.zeros((4, 1), dtype=np.int64), np.full(4, 100), np.zeros(1), 0.1)
    assert np.exp(path) == pytest.approx(np.ones((4, 1)))


def test_a_thousand_generations_are_no_trouble():
    path = loss_paths(np.zeros((1_000, 2), dtype=np.int64), np.full(1_000, 10_000), np.full(2, 0.2), 0.1)
    assert np.isfinite(path).all()
