import numpy as np
import pytest
from scipy.stats import chi2

from holdfast.collapse.definitions import Setting
from holdfast.collapse.graph import graph
from holdfast.collapse.learners.gaussian import Gaussian
from holdfast.collapse.regimes import PRESETS, Regime
from holdfast.collapse.theories.descent import widened
from holdfast.collapse.theories.normal_law import factors, moments
from holdfast.collapse.theories.normal_logarithm import quantile
from holdfast.collapse.theories.normal_moments import (
    normal_item_kurtosis,
    normal_variance,
    normal_variance_spread,
    normal_wasserstein,
)


def setting(samples, generations, variance="unbiased", regime=PRESETS["replace"]):
    return Setting(Gaussian(variance=variance), regime, graph(regime, samples, generations), samples, generations)


def test_one_generation_has_the_quantiles_of_a_chi_square():
    for m in (2, 5, 100):
        found = quantile(factors(setting(m, 1)), 0.05)[1]
        assert found == pytest.approx(np.log(chi2.ppf(0.05, m - 1) / (m - 1)), abs=1e-6)
        assert quantile(factors(setting(m, 1)), 0.95)[1] == pytest.approx(
            np.log(chi2.ppf(0.95, m - 1) / (m - 1)), abs=1e-6
        )


def test_the_median_is_a_third_of_a_degree_above_the_mean():
    law = factors(setting(50, 400))
    assert np.allclose(quantile(law, 0.5)[1:] - law.log_drift()[1:], 1 / (3 * 49), rtol=0.05)


def test_generations_in_between_are_interpolated_to_what_a_simulation_cannot_tell():
    law = factors(setting(10, 2000))
    for t in (77, 313, 1501):
        exact = quantile(factors(setting(10, t)), 0.05)[-1]
        assert quantile(law, 0.05)[t] == pytest.approx(exact, abs=1e-3)


def test_the_median_half_life_is_137_generations_at_100_items():
    half = quantile(factors(setting(100, 200)), 0.5)
    assert np.argmax(half < -2 * np.log(2)) == pytest.approx(2 * np.log(2) * 99, abs=1) or np.argmax(
        half / 2 < -np.log(2)
    ) == pytest.approx(137, abs=2)


def test_moments_are_the_closed_forms():
    m, n = 10.0, 8
    t = np.arange(n + 1)
    here = setting(10, n)
    assert np.allclose(normal_variance.run(here), 1)
    assert np.allclose(normal_variance_spread.run(here), ((m + 1) / (m - 1)) ** t - 1)
    a = 1 + 2 / (m - 1)
    square = [
        a**k + 2 / m * sum(a**i for i in range(k)) + sum(a**i * (1 + 2 * (k - 1 - i)) for i in range(k)) / m**2
        for k in range(n + 1)
    ]
    kurtosis = normal_item_kurtosis.run(here) / (1 + t / m) ** 2
    assert np.allclose(kurtosis, 3 * np.array(square) / (1 + t / m) ** 2)
    assert kurtosis[-1] == pytest.approx(8.92, abs=0.005)


def test_maximum_likelihood_is_the_closed_form_too():
    m, t = 10.0, np.arange(9)
    here = setting(10, 8, "mle")
    assert np.allclose(normal_variance.run(here), (1 - 1 / m) ** t)
    assert np.allclose(normal_variance_spread.run(here), (1 - m**-2) ** t - (1 - 1 / m) ** (2 * t))
    assert np.allclose(moments(here)(2, 0), 1 - (1 - 1 / m) ** t)


def test_late_distances_are_not_the_large_sample_form():
    late = normal_wasserstein.run(setting(20, 20))[-1]
    assert 4 * late == pytest.approx(5.85, abs=0.005), "and not 6, at a variance of 4"


def test_a_growing_schedule_has_a_distance_that_stops():
    regime = Regime.model_validate({"name": "g", "feeds": [{"name": "s", "of": "model", "power": 1.5}]})
    assert normal_wasserstein.run(setting(50, 400, regime=regime))[-1] == pytest.approx(0.0753, abs=5e-4)


def test_no_prediction_is_infinite():
    here = setting(5, 3000)
    for values in (normal_variance_spread.run(here), normal_item_kurtosis.run(here)):
        assert not np.isinf(values).any()
        assert np.isnan(values[-1])


def test_a_truncated_normal_keeps_this_much_of_its_variance():
    from scipy.stats import truncnorm

    from holdfast.collapse.regimes import Rule

    c = 1.6448536
    assert widened(Rule(top_p=0.9)) == pytest.approx(truncnorm(-c, c).var(), abs=1e-6)
    assert widened(Rule(top_p=0.9, temperature=2.0)) == pytest.approx(2 * truncnorm(-c, c).var(), abs=1e-6)
