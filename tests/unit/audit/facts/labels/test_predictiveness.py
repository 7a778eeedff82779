import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from holdfast.audit.cases import subject
from holdfast.audit.facts.labels.predictiveness import (
    N_FOLDS,
    Question,
    answers,
    area,
    best_of_shuffles,
    by_model,
    by_value,
    halves,
    paired,
    question,
    units,
)
from holdfast.audit.runner import Facts
from holdfast.data.bulk.bits import folds_by_number


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def asked_of(truth, classes=("a", "b"), unit=None):
    unit = np.arange(len(truth)) if unit is None else unit
    folds = folds_by_number(unit, N_FOLDS)
    return Question(np.arange(len(truth)), np.asarray(truth, dtype=float), classes, unit, folds)


def test_the_area_is_that_of_the_curve_inside_folds(rng):
    asked = asked_of(rng.integers(0, 2, 300))
    score = rng.normal(size=300) + asked.truth
    each = [(asked.folds == f) for f in np.unique(asked.folds)]
    pairs = [asked.truth[f].sum() * (1 - asked.truth[f]).sum() for f in each]
    areas = [roc_auc_score(asked.truth[f], score[f]) for f in each]
    assert area(asked, score, asked.truth == 1) == pytest.approx(np.average(areas, weights=pairs))


def test_a_value_that_tells_is_found_out_of_fold(rng):
    truth = rng.integers(0, 2, 400)
    asked = asked_of(truth)
    bins = np.where(rng.random(400) < 0.9, truth, 1 - truth)
    [found] = answers(asked, by_value(asked, bins))
    assert found.value == pytest.approx(0.9, abs=0.05)
    assert found.low < found.value < found.high
    assert found.p_value < 1e-10


def test_values_that_occur_once_tell_nothing(rng):
    asked = asked_of(rng.integers(0, 2, 400))
    found = answers(asked, by_value(asked, np.arange(400)))
    assert all(item.value < 0.6 for item in found)


def test_chance_passes_the_test_as_often_as_it_says(rng):
    p_values = []
    for _ in range(300):
        asked = asked_of(rng.integers(0, 2, 200))
        p_values += [item.p_value for item in answers(asked, by_value(asked, rng.integers(0, 6, 200)), least=-1.0)]
    assert np.mean(np.array(p_values) < 0.05) <= 0.08


def test_rows_of_one_unit_count_as_one(rng):
    mark, truth = rng.integers(0, 2, (2, 30))
    unit = np.repeat(np.arange(30), 20)
    alone = asked_of(truth[unit], unit=unit)
    each = asked_of(truth[unit])
    score = mark[unit] + 0.01 * rng.normal(size=600)
    [by_unit], [by_row] = (answers(one, np.column_stack([-score, score]), least=-1.0) for one in (alone, each))
    assert by_unit.high - by_unit.low > 2 * (by_row.high - by_row.low)
    assert len(np.unique(np.column_stack([alone.folds, unit]), axis=0)) == 30


def test_shuffles_move_the_truth_of_whole_units(rng):
    unit = np.repeat(np.arange(40), 5)
    asked = asked_of(rng.integers(0, 2, 40)[unit], unit=unit)
    moved = asked.shuffled(rng)
    assert moved.truth.sum() == asked.truth.sum()
    assert all(len(np.unique(moved.truth[unit == one])) == 1 for one in range(40))


def test_the_best_of_shuffles_is_near_chance(rng):
    truth = rng.integers(0, 2, 400)
    asked = asked_of(truth)
    best = best_of_shuffles(asked, "b", lambda other: by_value(other, truth), rng, 20)
    assert 0.45 < best < 0.65


def test_a_model_hears_what_two_values_say_together(rng):
    a, b = rng.integers(0, 2, (2, 800))
    asked = asked_of(a ^ b)
    [found] = answers(asked, by_model(asked, np.column_stack([a, b]).astype(float)))
    assert found.value > 0.95
    assert not answers(asked, by_value(asked, a), least=0.2)


def test_two_scores_on_the_same_rows_are_compared(rng):
    asked = asked_of(rng.integers(0, 2, 500))
    good, bad = asked.truth + 0.5 * rng.normal(size=500), asked.truth + 3 * rng.normal(size=500)
    more, p_value = paired(asked, good, bad, asked.truth == 1)
    assert more > 0.2
    assert p_value < 1e-6
    assert paired(asked, bad, good, asked.truth == 1)[1] > 0.99


def test_a_number_is_told_by_the_mean_of_a_value(rng):
    bins = rng.integers(0, 4, 500)
    dataset = subject({"x": rng.normal(size=500), "y": bins + 0.2 * rng.normal(size=500)})
    facts = Facts({"dataset": dataset})
    rows = np.arange(500)
    asked = question(facts["labels"], rows, units(rows, facts["groups"], facts["row_groups"]))
    [found] = answers(asked, by_value(asked, bins))
    assert found.value > 0.8
    assert found.p_value < 1e-6
    assert halves(facts["labels"], rows, rows).classes == ("lower half", "upper half")


def test_classes_with_few_independent_rows_are_not_judged():
    unit = np.r_[np.arange(100), np.full(40, 100)]
    assert asked_of(np.r_[np.zeros(100), np.ones(40)], unit=unit).judged == ()
    assert asked_of(np.r_[np.zeros(100), np.ones(40)]).judged == (1,)
