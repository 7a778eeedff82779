import numpy as np
import pytest

from holdfast.audit.cases import subject
from holdfast.audit.facts.columns.repairs import _agreement
from holdfast.audit.facts.rows.synthetic import _between
from holdfast.audit.runner import Facts

SPLIT = ["train"] * 400 + ["test"] * 100


def repairs_of(**columns):
    return Facts({"dataset": subject(columns, split=SPLIT)})["repairs"]


def test_columns_of_one_norm_count_as_standardised():
    values = np.random.default_rng(0).gamma(2, 1, size=(500, 2))
    centred = values - values.mean(axis=0)
    scaled = centred / np.sqrt((centred**2).sum(axis=0))
    assert {item.column for item in repairs_of(a=scaled[:, 0], b=scaled[:, 1]).scaled} == {"a", "b"}


def test_one_centred_column_of_any_spread_is_no_scaling():
    values = np.random.default_rng(1).gamma(2, 3, 500)
    assert repairs_of(a=values - values.mean()).scaled == ()


def test_each_side_scaled_on_its_own_is_not_joint():
    values = np.random.default_rng(2).gamma(2, 3, 500)
    apart = np.concatenate([(part - part.mean()) / part.std() for part in (values[:400], values[400:])])
    assert repairs_of(a=apart).scaled == ()


def test_a_rounded_fill_is_still_the_mean():
    rng = np.random.default_rng(3)
    values = np.round(rng.gamma(2, 3, 500), 4)
    gaps = rng.random(500) < 0.1
    values[gaps] = np.round(values[~gaps].mean(), 6)
    found = repairs_of(a=values).filled
    assert [(item.column, item.statistic) for item in found] == [("a", "mean")]
    assert len(found[0].rows) == gaps.sum()


def test_agreement_finds_the_weight_of_smoothing():
    rng = np.random.default_rng(4)
    town = rng.integers(0, 20, 400)
    y = (rng.random(400) < 0.2 + 0.03 * town).astype(float)
    counts, sums = np.bincount(town), np.bincount(town, y)
    share, weight = _agreement(((sums + 7 * y.mean()) / (counts + 7))[town], y)
    assert share == 1.0
    assert weight == pytest.approx(7.0)


def test_a_copy_of_the_label_is_no_encoding():
    y = np.round(np.random.default_rng(5).normal(size=300), 1)
    assert _agreement(y, y) == (0.0, 0.0)


def test_points_between_two_others_are_found_and_only_those():
    rng = np.random.default_rng(6)
    table = rng.normal(size=(200, 4))
    asked = np.concatenate((table[:1] + 0.3 * (_nearest(table, 0) - table[:1]), rng.normal(size=(50, 4))))
    found = _between(np.concatenate((table, asked)), asked)
    assert found[0] == 0
    assert np.all(found[1:] == -1)


def _nearest(table, row):
    distance = ((table - table[row]) ** 2).sum(axis=1)
    distance[row] = np.inf
    return table[distance.argmin()]
