"""The energy distance: its value, its interval, and a permutation test that keeps its level."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from holdfast.audit.drifting.energy import energy, landmarks
from holdfast.audit.drifting.permuting import p_value


def distance(rng, shift, n=80):
    points = rng.normal(size=(2 * n, 2))
    points[n:] += shift
    marks = landmarks(2 * n, rng)
    return energy(cdist(points, points[marks]), marks, n, rng)


def test_no_difference_is_next_to_nothing():
    p_values = [distance(np.random.default_rng(seed), 0.0).p_value for seed in range(20)]
    assert np.mean(np.array(p_values) < 0.05) <= 0.2
    assert distance(np.random.default_rng(0), 0.0).value < 0.03


def test_a_difference_is_seen_and_lies_in_its_interval():
    found = distance(np.random.default_rng(0), 1.0)
    assert found.low < found.value < found.high
    assert found.low > 0.02
    assert found.p_value < 1e-3


def test_samples_that_never_meet():
    assert distance(np.random.default_rng(0), 1_000.0).value == pytest.approx(1.0, abs=0.01)


def test_a_p_value_beyond_the_permutations_follows_their_law():
    null = np.random.default_rng(0).chisquare(4, size=499)
    assert p_value(3.0, null) == pytest.approx((1 + (null >= 3).sum()) / 500)
    assert 1e-6 < p_value(30.0, null) < 1e-4  # 4.9e-6 by the law itself
    assert p_value(1.0, np.ones(99)) == 1.0
