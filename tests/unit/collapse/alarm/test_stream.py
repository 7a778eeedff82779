"""Layer C: the sums, how long they run, and what they see."""

import numpy as np
import pytest

from holdfast.collapse.alarm.drift import conformal_ranks
from holdfast.collapse.alarm.stream import drift_detector, loss_detector, restarted


def test_the_sum_is_that_of_all_beginnings():
    factors = np.log([0.5, 3.0, 2.0])
    sums = np.array(-np.inf)
    for one in factors:
        sums = restarted(sums, np.array(one))
    assert np.exp(sums) == pytest.approx(0.5 * 3 * 2 + 3 * 2 + 2)


def test_it_runs_as_long_as_it_promises():
    rng = np.random.default_rng(1)
    ranks = conformal_ranks(rng.normal(size=(10, 500, 1)), rng.normal(size=(80, 500, 1)), rng)
    crossed = drift_detector(ranks) >= np.log(20)
    first = np.where(crossed.any(axis=0), crossed.argmax(axis=0) + 1, 80)
    assert first.mean() >= 20


def test_a_loss_after_a_long_quiet_time_is_seen_at_once():
    hits = np.full((205, 1), 100)
    hits[200:] = 50
    path = loss_detector(hits, np.full(205, 2_000), np.array([0.049]), 0.1)[:, 0]
    assert (path[:200] < np.log(1_000)).all()
    assert path[203] > np.log(1_000)
