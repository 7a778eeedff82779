"""Scores with their interval, and differences with the test that suits."""

import numpy as np
import pytest

from holdfast.audit.metrics import METRICS
from holdfast.audit.models import Predictions
from holdfast.audit.resampling import bootstrap
from holdfast.audit.scoring import difference, estimate, joint, span
from holdfast.core.errors import NotApplicable


def classes(rng, n, k=2, skill=0.7):
    truth = rng.integers(k, size=n)
    said = np.where(rng.random(n) < skill, truth, rng.integers(k, size=n))
    scores = np.eye(k)[said] + rng.normal(scale=0.3, size=(n, k))
    return truth, Predictions(said.astype(float), tuple("abcdefgh"[:k]), None, scores)


def numbers(rng, n):
    truth = rng.normal(size=n)
    return truth, Predictions(truth + rng.normal(scale=0.5, size=n))


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("accuracy", classes),
        ("roc_auc", classes),
        ("balanced_accuracy", lambda rng, n: classes(rng, n, k=3)),
        ("r2", numbers),
        ("mae", numbers),
    ],
)
def test_intervals_cover_the_true_score(name, make):
    metric = METRICS[name]
    large = metric.score(*make(np.random.default_rng(99), 200_000))
    rng, covered = np.random.default_rng(0), 0
    for _ in range(120):
        found = estimate(metric, *make(rng, 150), rng)
        covered += found.low <= large <= found.high
    assert covered / 120 >= 0.89  # 0.95 less three standard errors


@pytest.mark.parametrize("name", ["accuracy", "roc_auc", "balanced_accuracy", "f1", "r2", "mae", "rmse"])
def test_a_better_model_has_a_positive_difference_whatever_the_metric(name):
    rng, metric = np.random.default_rng(1), METRICS[name]
    make = numbers if "regression" in metric.tasks else classes
    truth, good = make(rng, 300)
    bad = Predictions(
        rng.permutation(good.values), good.classes, None, None if good.scores is None else rng.permutation(good.scores)
    )
    found = difference(metric, truth, good, bad, rng)
    assert found.low > 0.0
    assert found.p_value < 0.01
    sign = 1.0 if metric.higher_is_better else -1.0
    assert found.difference == pytest.approx(sign * (metric.score(truth, good) - metric.score(truth, bad)))
    opposite = difference(metric, truth, bad, good, rng)
    assert opposite.difference == pytest.approx(-found.difference)


def test_two_of_the_same_skill_differ_as_often_as_announced():
    rng, metric = np.random.default_rng(2), METRICS["balanced_accuracy"]
    p_values = []
    for _ in range(300):
        truth, a = classes(rng, 200, k=3)
        b = Predictions(np.where(rng.random(200) < 0.7, truth, rng.integers(3, size=200)).astype(float), a.classes)
        p_values.append(difference(metric, truth, a, b, rng).p_value)
    assert np.mean(np.array(p_values) < 0.05) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 300)


def test_a_perfect_ranking_is_not_known_to_be_perfect():
    truth = np.repeat([0, 1], [50, 10])
    perfect = Predictions(truth.astype(float), ("a", "b"), None, np.eye(2)[truth])
    found = estimate(METRICS["roc_auc"], truth, perfect, np.random.default_rng(0))
    assert found.value == found.high == 1.0
    assert found.low == pytest.approx(0.025 ** (1 / 10))  # the exact limit for ten positives


def test_one_class_has_no_area():
    truth, model = np.zeros(20, dtype=int), classes(np.random.default_rng(0), 20)[1]
    with pytest.raises(NotApplicable):
        estimate(METRICS["roc_auc"], truth, model, np.random.default_rng(0))
    with pytest.raises(NotApplicable):
        difference(METRICS["roc_auc"], truth, model, model, np.random.default_rng(0))


@pytest.mark.parametrize("name", ["r2", "balanced_accuracy", "mae"])
def test_joint_covariance_is_that_of_the_bootstrap(name):
    rng, metric = np.random.default_rng(4), METRICS[name]
    make = numbers if "regression" in metric.tasks else classes
    truth, a = make(rng, 500)
    b = Predictions(a.values if name == "balanced_accuracy" else a.values + rng.normal(scale=0.2, size=500), a.classes)
    drawn = bootstrap([metric.evaluator(truth, item) for item in (a, b)], 500, rng, resamples=2000)
    assert joint(metric, truth, [a, b], rng)[1] == pytest.approx(np.cov(drawn), rel=0.15)


@pytest.mark.parametrize("name", ["accuracy", "roc_auc", "balanced_accuracy"])
def test_joint_covariance_gives_the_error_of_each_difference(name):
    rng, metric = np.random.default_rng(3), METRICS[name]
    truth, a = classes(rng, 400)
    _, other = classes(rng, 400, skill=0.0)
    scores, covariance = joint(metric, truth, [a, other], rng)
    error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    found = difference(metric, truth, a, other, rng)
    assert scores[0] - scores[1] == pytest.approx(found.difference)
    assert (found.high - found.low) / 3.92 == pytest.approx(error, rel=0.1)


def test_errors_are_measured_by_themselves():
    assert span(METRICS["accuracy"], 0.8) == 1.0
    assert span(METRICS["mae"], 50.0) == 50.0
