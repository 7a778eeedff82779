"""Averages of e-values, thresholds, and which parts of an alarm can be named."""

from itertools import combinations

import numpy as np
import pytest

from holdfast.audit.generations import Alarm, Part, named, threshold
from holdfast.collapse.alarm.combining import averaged


def test_an_average_is_taken_of_values_and_not_of_logarithms():
    assert np.exp(averaged(np.log([[2.0, 8.0]]), np.array([0.25, 0.75]))) == pytest.approx([6.5])


def test_a_threshold_leaves_out_what_the_bounds_have_spent():
    assert threshold(0.05, 0.025) == pytest.approx(40)
    assert threshold(0.05) == pytest.approx(20)
    assert threshold(0.02, 0.025) == np.inf


def brute(values, weights, at):
    """Closed testing as defined: every set that holds the part has an average at or above the threshold."""
    n = len(values)
    sets = [one for size in range(1, n + 1) for one in combinations(range(n), size)]
    mean = {one: values[list(one)] @ weights[list(one)] / weights[list(one)].sum() for one in sets}
    return [all(mean[one] >= at for one in sets if j in one) for j in range(n)]


@pytest.mark.parametrize("seed", range(30))
def test_naming_is_closed_testing(seed):
    rng = np.random.default_rng(seed)
    values, weights = rng.lognormal(2, 2, 6), rng.dirichlet(np.ones(6))
    assert named(np.log(values), weights, 20.0).tolist() == brute(values, weights, 20.0)


def test_an_alarm_says_when_and_what():
    strong, weak = np.log([0.5, 5.0, 400.0]), np.log([0.5, 0.4, 0.3])
    nan = np.full(3, np.nan)
    parts = (Part("weak", weak, 0.5, nan, 0.1), Part("strong", strong, 0.5, nan, 0.1))
    alarm = Alarm("tails", averaged(np.stack([weak, strong], axis=1), np.full(2, 0.5)), parts, ("a", "b", "c"))
    assert alarm.first(0.05) == 2
    assert alarm.first(1e-4) is None
    assert [part.name for part in alarm.lost(2, 0.05)] == ["strong"]
