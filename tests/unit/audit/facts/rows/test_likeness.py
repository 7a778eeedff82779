import numpy as np
import pytest

from holdfast.audit.facts.rows.likeness import _of_values, intraclass


def test_the_correlation_is_the_share_of_spread_between_groups():
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(400), 5)
    values = rng.normal(size=400)[who] + rng.normal(size=2000)
    assert intraclass(who, values[:, None]).value == pytest.approx(0.5, abs=0.06)


def test_equal_rows_have_correlation_one_and_one_group_has_none():
    who = np.repeat(np.arange(20), 3)
    assert intraclass(who, who[:, None] * 1.0).value == pytest.approx(1.0)
    assert intraclass(np.zeros(10, dtype=int), np.arange(10.0)[:, None]).p_value == 1.0


@pytest.mark.parametrize("n_with_value", [2, 5, 60, 300])
def test_p_values_are_honest_however_rare_the_value(n_with_value):
    rng = np.random.default_rng(1)
    p_values = []
    for _ in range(300):
        found = np.zeros(600, dtype=int)
        found[rng.choice(600, n_with_value, replace=False)] = 1
        p_values.append(_of_values(rng.integers(0, 150, 600), found).p_value)
    assert np.mean(np.array(p_values) < 0.01) <= 0.03
    assert min(p_values) > 1e-5


def test_values_that_persons_keep_are_found():
    rng = np.random.default_rng(2)
    who = np.repeat(np.arange(100), 4)
    found = (rng.normal(size=100)[who] + rng.normal(size=400) > 0).astype(int)
    assert _of_values(who, found).p_value < 1e-6
