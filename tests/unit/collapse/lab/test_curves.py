"""Distances between simulation and theory mean what they say."""

import numpy as np
import pytest

from holdfast.collapse.lab.curves import _quantiles, deviations

RNG = np.random.default_rng(0)
N = 4000


def distances(make, predicted, statistic, times=300):
    taken = np.stack([make() for _ in range(times)])
    return deviations(taken, np.full(times, predicted), statistic)


@pytest.mark.parametrize(
    ("make", "predicted", "statistic"),
    [
        (lambda: RNG.standard_normal(N), 0.0, "mean"),
        (lambda: RNG.exponential(size=N), 1.0, "mean"),
        (lambda: RNG.standard_normal(N) * 2, 4.0, "variance"),
        (lambda: RNG.exponential(size=N), np.log(2), "median"),
        (lambda: RNG.uniform(size=N), 0.05, "low"),
        (lambda: RNG.uniform(size=N), 0.95, "high"),
        (lambda: (RNG.uniform(size=N) < 0.01).astype(float), 0.01, "mean"),
    ],
)
def test_under_a_right_theory_they_are_standard_normal(make, predicted, statistic):
    z = distances(make, predicted, statistic)
    assert abs(z.mean()) < 0.2
    assert 0.88 < z.std() < 1.12


@pytest.mark.parametrize(("statistic", "wrong"), [("mean", 0.2), ("median", 0.2), ("variance", 1.3), ("low", -1.2)])
def test_a_wrong_theory_is_far_away(statistic, wrong):
    assert np.abs(distances(lambda: RNG.standard_normal(N), wrong, statistic, 5)).min() > 5


def test_their_sign_is_simulation_less_theory():
    above = [deviations(np.full((1, 50), 1.0) + RNG.random((1, 50)), np.array([0.5]), s)[0] for s in ("mean", "median")]
    assert min(above) > 0


def test_what_rare_histories_carry_is_not_compared():
    assert np.isnan(distances(lambda: np.exp(3 * RNG.standard_normal(N)), np.exp(4.5), "mean", 20)).mean() > 0.9


def test_events_that_are_too_rare_are_not_compared():
    assert np.isnan(deviations(np.zeros((1, 100)), np.array([0.001]), "mean")).all()


def test_where_nothing_varies_there_is_no_distance():
    for statistic in ("mean", "median", "variance"):
        assert np.isnan(deviations(np.full((1, 10), 3.0), np.array([3.0]), statistic)).all()


def test_a_quantile_on_an_atom_agrees():
    taken = np.repeat([[1.0, 2.0, 3.0]], 30, axis=0).T.reshape(1, -1)
    assert deviations(taken, np.array([2.0]), "median") == 0.0


def test_one_history_has_no_standard_error():
    assert np.isnan(deviations(np.array([[1.0]]), np.array([1.0]), "mean")).all()


def test_quantiles_are_infinite_where_that_many_histories_are():
    taken = np.array([[*range(6), *[np.inf] * 5], [*range(10), np.inf], [np.inf] * 11, range(11)], dtype=float)
    low, median, high = _quantiles(taken)
    assert low.tolist() == [0.5, 0.5, np.inf, 0.5]
    assert median.tolist() == [5.0, 5.0, np.inf, 5.0]
    assert high.tolist() == [np.inf, np.inf, np.inf, 9.5]
