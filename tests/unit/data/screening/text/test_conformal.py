import numpy as np
import pytest

from holdfast.data.screening.text.conformal import p_values, rates


def test_p_values_of_people_are_never_too_small():
    rng = np.random.default_rng(0)
    zeros, held = np.zeros(4000, int), np.zeros(39, int)
    flagged = [
        (p_values(rng.standard_normal(4000), zeros, rng.standard_normal(39), held) <= 0.05).mean() for _ in range(200)
    ]
    assert np.mean(flagged) == pytest.approx(0.05, abs=0.008)


def test_strata_are_calibrated_apart():
    scores = np.array([0.5, 0.5])
    p = p_values(scores, np.array([0, 1]), np.array([0.0, 0.1, 1.0]), np.array([0, 0, 1]))
    assert p.tolist() == [1 / 3, 1.0]


def test_a_stratum_that_nobody_calibrates_has_no_p_value():
    assert np.isnan(p_values(np.array([1.0]), np.array([3]), np.array([0.0]), np.array([0]))[0])


def test_the_rate_of_a_calibration_lies_in_its_interval():
    rng = np.random.default_rng(1)
    inside = []
    for _ in range(400):
        held = rng.standard_normal(99)
        (rate,) = rates(held, np.zeros(99, int), 0.05)
        assert rate.mean <= 0.05
        from scipy.stats import norm

        inside.append(rate.low <= norm.sf(rate.threshold) <= rate.high)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.035)


def test_threshold_and_p_value_agree():
    rng = np.random.default_rng(2)
    held, asked = rng.standard_normal(59), rng.standard_normal(500)
    (rate,) = rates(held, np.zeros(59, int), 0.05)
    p = p_values(asked, np.zeros(500, int), held, np.zeros(59, int))
    assert ((p <= 0.05) == (asked >= rate.threshold)).all()


def test_a_level_out_of_reach_flags_nothing():
    (rate,) = rates(np.arange(10.0), np.zeros(10, int), 0.05)
    assert rate.threshold == np.inf
    assert rate.mean == 0
