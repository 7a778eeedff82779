"""Effect sizes of drift: what they measure, and that they do not grow with rows."""

import numpy as np
import pytest
from scipy import stats

from holdfast.audit.cases import subject
from holdfast.audit.facts.shift.numbers import kolmogorov
from holdfast.audit.runner import Facts


def shift_of(train, test, **more):
    split = ["train"] * len(train) + ["test"] * len(test)
    dataset = subject({"a": np.concatenate([train, test]), **more}, split=split)
    return Facts({"dataset": dataset})["column_shifts"].columns[0]


@pytest.mark.parametrize("x", [0.2, 0.5, 0.9, 1.36, 1.63, 2.5])
def test_kolmogorov_is_that_of_scipy(x):
    assert kolmogorov(x) == pytest.approx(stats.kstwobign.sf(x), abs=1e-6)


def test_the_effect_of_numbers_is_that_of_scipy():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=500), rng.normal(0.7, 1, size=300)
    expected = stats.ks_2samp(a, b, method="asymp")
    found = shift_of(a, b)
    assert found.effect == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(expected.pvalue, rel=0.5)
    assert found.low < found.effect < found.high


def test_the_effect_does_not_grow_with_rows():
    rng = np.random.default_rng(1)
    small, large = (shift_of(rng.normal(size=n), rng.normal(0.5, 1, size=n)) for n in (2000, 15_000))
    assert small.effect == pytest.approx(large.effect, abs=0.05)
    assert large.p_value < small.p_value


def test_categories_without_a_shift_have_next_to_no_effect():
    rng = np.random.default_rng(2)
    words = np.array([f"w{i}" for i in range(300)])
    found = shift_of(rng.choice(words, size=2000), rng.choice(words, size=500))
    assert found.effect < 0.03  # the plain total variation is about 0.13 here
    assert found.p_value > 1e-3


def test_the_effect_of_categories_is_total_variation():
    found = shift_of(np.array(["a", "b"] * 500), np.array((["a"] * 3 + ["b"]) * 250))
    assert found.effect == pytest.approx(0.25, abs=0.03)
    assert "'a' is 50.0% of train, 75.0% of test" in found.said


def test_missing_values_are_compared_too():
    rng = np.random.default_rng(3)
    test = rng.normal(size=400)
    test[:100] = np.nan
    found = shift_of(rng.normal(size=400), test)
    assert found.missing == pytest.approx(0.25)
    assert found.missing_low < 0.25 < found.missing_high
    assert found.missing_p_value < 1e-6


def test_groups_count_as_evidence_not_their_rows():
    rng = np.random.default_rng(4)
    person = np.repeat(np.arange(60), 20)
    values = np.repeat(rng.normal(size=60), 20)
    alone = shift_of(values[:800], values[800:])
    dataset = subject({"a": values, "person": person}, split=["train"] * 800 + ["test"] * 400, person="group")
    grouped = Facts({"dataset": dataset})["column_shifts"]
    assert grouped.columns[0].p_value > 1e3 * alone.p_value


def test_a_model_tells_what_single_columns_do_not():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(2, 1200))
    b[600:] = a[600:]
    facts = Facts({"dataset": subject({"a": a, "b": b}, split=["train"] * 600 + ["test"] * 600)})
    assert facts["split_classifier"].auc > 0.8
    assert {name for name, _ in facts["split_classifier"].telling} == {"a", "b"}
    assert all(shift.p_value > 1e-4 for shift in facts["column_shifts"].columns)
