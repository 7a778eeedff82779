"""What chance does: exact where it says so, close where it says that."""

import numpy as np
import pytest
from scipy import stats

from holdfast.data.screening.watermarks.nulls import binomial_p, power, weighted_p
from holdfast.data.screening.watermarks.tournament import Tournament


def test_binomial_tail():
    n, hits = np.array([0, 10, 10, 10, 200]), np.array([0, 0, 3, 10, 120])
    assert binomial_p(n, hits, 0.25) == pytest.approx(stats.binom.sf(hits - 1, n, 0.25), rel=1e-10)


def _exact(weights, n):
    """The law of the weighted sum by convolution."""
    token = np.array([1.0])
    for weight in weights:
        coin = np.zeros(weight + 1)
        coin[[0, -1]] = 0.5
        token = np.convolve(token, coin)
    law = np.array([1.0])
    for _ in range(n):
        law = np.convolve(law, token)
    return np.cumsum(law[::-1])[::-1]


@pytest.mark.parametrize(("depth", "n"), [(8, 20), (10, 20), (19, 10), (30, 5)])
def test_weighted_tail_is_within_half_a_percent(depth, n):
    weights = Tournament(depth=depth).weights
    tail = _exact(weights, n)
    for wanted in (0.9, 0.6, 0.5, 0.4, 0.1, 1e-2, 1e-4, 1e-8, 1e-11):
        at = int(np.searchsorted(-tail, -wanted))
        assert weighted_p(np.array([n]), np.array([at]), weights)[0] == pytest.approx(tail[at], rel=5e-3)


def test_weighted_tail_at_the_ends():
    weights = Tournament().weights
    n, best = np.array([0, 4, 4, 4]), int(weights.sum())
    p = weighted_p(n, np.array([0, 0, 2 * best, 4 * best]), weights)
    assert p[0] == 1
    assert p[1] == pytest.approx(1)
    assert p[2] == pytest.approx(0.5, abs=0.01)
    assert p[3] == pytest.approx(2.0 ** -(4 * 30))


def test_power_is_that_of_the_binomial_test():
    # 50 tokens, γ = 1/4: p ≤ 0.001 needs 24 green ones.
    assert stats.binom.sf(23, 50, 0.25) <= 0.001 < stats.binom.sf(22, 50, 0.25)
    assert power(50, 0.25, 0.5, 0.001) == pytest.approx(stats.binom.sf(23, 50, 0.5))
    assert power(3, 0.25, 0.9, 0.001) == 0
