"""Intervals of shares: against libraries, published examples and one another."""

import pytest
from scipy.stats import beta, hypergeom

from holdfast.data.intervals import exact, more_needed, weighted, wilson


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 50), (50, 50), (1, 1), (500, 1000)])
def test_exact_is_clopper_and_pearson(k, n):
    found = exact(k, n)
    assert found.low == pytest.approx(beta.ppf(0.025, k, n - k + 1) if k else 0.0)
    assert found.high == pytest.approx(beta.ppf(0.975, k + 1, n - k) if k < n else 1.0)


@pytest.mark.parametrize(("k", "n", "of"), [(0, 10, 50), (3, 50, 200), (8, 10, 20), (10, 10, 10), (7, 100, 600)])
def test_exact_in_a_finite_population_holds_what_is_not_too_unlikely(k, n, of):
    found = exact(k, n, of=of)
    possible = [
        total
        for total in range(k, of - (n - k) + 1)
        if hypergeom.sf(k - 1, of, total, n) > 0.025 and hypergeom.cdf(k, of, total, n) > 0.025
    ]
    assert (round(found.low * of), round(found.high * of)) == (possible[0], possible[-1])


def test_wilson_against_its_published_example():
    found = wilson(81, 263)  # Newcombe 1998, Statistics in Medicine 17:857, table I: 0.2553 to 0.3662
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    assert wilson(5, 50, of=50).half == 0
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)
    assert wilson(20, 20).high == 1.0


def test_weighted_with_equal_weights_is_nearly_exact():
    for k, n in ((0, 40), (3, 40), (20, 40), (40, 40)):
        p = k / n
        found, right = weighted(p, p * (1 - p) / n, 1 / n), exact(k, n)
        assert found.low == pytest.approx(right.low, abs=0.01)
        assert found.high == pytest.approx(right.high, abs=0.01)


def test_the_reviews_that_are_said_to_be_enough_are():
    for p, n, half in ((0.05, 100, 0.02), (0.3, 50, 0.05)):
        more = more_needed(p, n, half)
        assert wilson((p * n + 1) / (n + 2) * (n + more), n + more).half <= half
        assert wilson((p * n + 1) / (n + 2) * (n + more - 1), n + more - 1).half > half
    assert more_needed(0.05, 100, 0.02, of=120) <= 20
    assert more_needed(0.05, 10_000, 0.02) == 0
