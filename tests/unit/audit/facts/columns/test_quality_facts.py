"""Codes for missing, strays, twins, mixed columns and units: what counts, and what is let be."""

import numpy as np
import pytest

from holdfast.audit.cases import subject
from holdfast.audit.facts.columns.limits import limits_of
from holdfast.audit.runner import Facts


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def coded(**columns):
    found = Facts({"dataset": subject(columns)})["sentinels"].found
    return {(item.column, item.value): item for item in found}


def test_zeros_together_with_far_zeros_are_codes(rng):
    absent = rng.random(600) < 0.3
    pressure = np.where(absent, 0, np.round(rng.normal(120, 10, size=600)))
    insulin = np.where(absent | (rng.random(600) < 0.1), 0, np.round(rng.lognormal(4.8, 0.7, size=600)) + 12)
    assert set(coded(pressure=pressure, insulin=insulin)) == {("pressure", "0"), ("insulin", "0")}
    assert coded(insulin=insulin) == {}


@pytest.mark.parametrize("value", [-1, -999, 99999])
def test_numbers_used_as_codes(rng, value):
    values = rng.integers(1, 400, size=500)
    values[:9] = value
    item = coded(v=values)["v", str(value)]
    assert item.rows.tolist() == list(range(9))
    assert item.sure


def test_unknown_is_a_question_not_a_verdict():
    item = coded(job=np.array(["nurse", "unknown", "smith", "smith"] * 20))["job", "'unknown'"]
    assert not item.sure


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("Patient Age", "an age in years"),
        ("pickup_latitude", "a latitude"),
        ("pctFree", "a percentage"),
        ("fare", "an amount"),
    ],
)
def test_names_that_limit_values(name, what):
    limits = limits_of(name)
    assert limits is not None
    assert limits.what == what


@pytest.mark.parametrize("name", ["percent_change", "language", "x1", "log price", "age_group"])
def test_names_that_say_nothing(name):
    assert limits_of(name) is None


def test_a_far_value_is_improbable_under_a_light_tail_only(rng):
    light, heavy = rng.normal(size=2000), rng.standard_cauchy(size=2000)
    light[5], heavy[5] = 40.0, 2 * np.abs(heavy).max()
    found = Facts({"dataset": subject({"light": light, "heavy": heavy})})["strays"].found
    p_values = {stray.column: stray.p_value for stray in found if 5 in stray.rows}
    assert p_values["light"] < 1e-5
    assert p_values.get("heavy", 1.0) > 1e-3


def twins(**columns):
    found = Facts({"dataset": subject(columns)})["column_twins"].found
    return {(item.how, item.columns) for item in found}


def test_columns_that_say_the_same(rng):
    a, k = rng.normal(size=300), rng.integers(0, 9, size=300)
    b = rng.gamma(2, size=300)
    words = np.array([f"w{v}" for v in k])
    assert twins(a=a, twice=2 * a + 1, k=k, words=words, b=b, product=a * b) == {
        ("rescaled", ("a", "twice")),
        ("renamed", ("k", "words")),
        ("product", ("product", "a", "b")),
    }


def test_numbers_as_text_take_part_in_products(rng):
    months, price = rng.integers(1, 70, size=300), rng.uniform(20, 120, size=300)
    total = [f"{v:.2f}" for v in months * price]
    total[9] = " "
    assert twins(months=months, price=price, total=total) == {("product", ("total", "months", "price"))}


@pytest.mark.parametrize(("factor", "units"), [(2.54, "inches and centimetres"), (1000.0, "a factor of a thousand")])
def test_units_that_change(rng, factor, units):
    size = rng.normal(60, 5, size=500)
    size[200:] *= factor
    change = Facts({"dataset": subject({"size": size})})["unit_changes"].found[0]
    assert (change.units, change.where) == (units, "row")
    assert abs(int(change.rows[0]) - 200) <= 3


def test_a_true_step_is_no_unit(rng):
    size = rng.normal(60, 5, size=500)
    size[200:] *= 5.5
    assert Facts({"dataset": subject({"size": size})})["unit_changes"].found == ()
