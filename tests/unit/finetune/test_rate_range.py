"""The learning-rate range test: on a real descent with a known limit, on noise, and on what bursts."""

import numpy as np
import pytest

from holdfast.core.errors import BadInput
from holdfast.finetune.rate_range import suggested_rate, swept_rates


def descent(seed, rates, curvature=10.0):
    """Return losses of noisy gradient descent on a bowl; it is stable for rates below 2/curvature."""
    rng = np.random.default_rng(seed)
    at, losses = np.full(20, 1.0), []
    for rate in rates:
        with np.errstate(over="ignore", invalid="ignore"):
            losses.append(0.5 * curvature * float(at @ at) + 0.1 * rng.random())
            at = at - rate * (curvature * at + 0.3 * rng.normal(size=20))
    return np.array(losses)


@pytest.mark.parametrize("seed", range(5))
def test_the_rate_lies_below_the_limit_of_stability_and_does_something(seed):
    rates = swept_rates(1e-5, 10.0, 150)
    found = suggested_rate(rates, descent(seed, rates))
    assert 1e-4 < found.rate < 0.2
    assert found.burst > 0.2
    assert f"{found.rate:.2g}" in found.reason


def test_losses_that_only_scatter_suggest_nothing():
    rates = swept_rates(1e-6, 1e-2, 100)
    found = suggested_rate(rates, 2.0 + 0.1 * np.random.default_rng(0).normal(size=100))
    assert found.rate is None
    assert "never fell" in found.reason


def test_a_sweep_that_bursts_at_once_says_so():
    rates = swept_rates(1.0, 10.0, 20)
    losses = np.append(np.ones(5), np.full(15, np.nan))
    found = suggested_rate(rates, losses)
    assert found.rate is None
    assert "after 5 updates" in found.reason


def test_a_sweep_that_still_falls_takes_the_steepest():
    rates = swept_rates(1e-5, 1e-2, 100)
    found = suggested_rate(rates, 3.0 - np.linspace(0, 1, 100) ** 3)
    assert found.burst is None
    assert found.rate == found.steepest


def test_ends_of_the_sweep_are_exact():
    rates = swept_rates(1e-7, 10.0, 50)
    assert (rates[0], rates[-1]) == (1e-7, 10.0)
    assert np.diff(np.log(rates)) == pytest.approx(np.full(49, np.log(1e8) / 49))


@pytest.mark.parametrize(
    "call",
    [
        lambda: swept_rates(0.0, 1.0, 20),
        lambda: swept_rates(1.0, 0.1, 20),
        lambda: suggested_rate(np.arange(1.0, 20), np.ones(5)),
        lambda: suggested_rate(np.ones(20), np.ones(20)),
    ],
)
def test_what_is_no_sweep(call):
    with pytest.raises(BadInput):
        call()
