"""Metrics under weights: held to scikit-learn, and to what weights mean."""

import time

import numpy as np
import pytest
import sklearn.metrics as sk

from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.metrics import METRICS, metric_called, metric_for, row_values
from holdfast.audit.models import Predictions
from holdfast.audit.resampling import bootstrap, resampled_weights
from holdfast.core.errors import BadInput, NotApplicable


def labels_of(*classes: str) -> Labels:
    return Labels("y", classes, np.array([0, 1]), np.array([0.0, 1.0]))


def classes(n: int, k: int, seed: int = 0) -> tuple[np.ndarray, Predictions]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    raw = np.round(rng.dirichlet(np.ones(k), n) + 0.7 * np.eye(k)[truth] * rng.random((n, 1)), 1) + 0.01  # with ties
    chances = raw / raw.sum(axis=1, keepdims=True)
    return truth, Predictions(chances.argmax(axis=1).astype(float), tuple("abcdefg"[:k]), chances, chances)


BINARY = {
    "roc_auc": lambda y, p: sk.roc_auc_score(y, p.scores[:, 1]),
    "average_precision": lambda y, p: sk.average_precision_score(y, p.scores[:, 1]),
    "accuracy": lambda y, p: sk.accuracy_score(y, p.values),
    "balanced_accuracy": lambda y, p: sk.balanced_accuracy_score(y, p.values),
    "f1": lambda y, p: sk.f1_score(y, p.values),
    "f1_macro": lambda y, p: sk.f1_score(y, p.values, average="macro"),
    "f1_weighted": lambda y, p: sk.f1_score(y, p.values, average="weighted"),
    "precision": lambda y, p: sk.precision_score(y, p.values),
    "recall": lambda y, p: sk.recall_score(y, p.values),
    "matthews_corrcoef": lambda y, p: sk.matthews_corrcoef(y, p.values),
    "log_loss": lambda y, p: sk.log_loss(y, p.probabilities),
    "brier": lambda y, p: sk.brier_score_loss(y, p.scores[:, 1]),
}
MANY = {
    "roc_auc": lambda y, p: sk.roc_auc_score(y, p.probabilities, multi_class="ovr"),
    "accuracy": BINARY["accuracy"],
    "balanced_accuracy": BINARY["balanced_accuracy"],
    "f1_macro": BINARY["f1_macro"],
    "f1_weighted": BINARY["f1_weighted"],
    "matthews_corrcoef": BINARY["matthews_corrcoef"],
    "log_loss": BINARY["log_loss"],
}
NUMBERS = {
    "r2": sk.r2_score,
    "mae": sk.mean_absolute_error,
    "mse": sk.mean_squared_error,
    "rmse": sk.root_mean_squared_error,
    "mape": sk.mean_absolute_percentage_error,
}


@pytest.mark.parametrize("name", BINARY)
def test_two_classes_agree_with_scikit_learn(name: str) -> None:
    truth, said = classes(300, 2)
    assert METRICS[name].score(truth, said) == pytest.approx(BINARY[name](truth, said), abs=1e-12)


@pytest.mark.parametrize("name", MANY)
def test_many_classes_agree_with_scikit_learn(name: str) -> None:
    truth, said = classes(300, 5)
    assert METRICS[name].score(truth, said) == pytest.approx(MANY[name](truth, said), abs=1e-12)


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_agree_with_scikit_learn(name: str) -> None:
    rng = np.random.default_rng(1)
    truth = 1e6 + rng.normal(size=200)
    said = truth + 0.3 * rng.normal(size=200)
    assert METRICS[name].score(truth, Predictions(said)) == pytest.approx(NUMBERS[name](truth, said), rel=1e-9)


@pytest.mark.parametrize("name", METRICS)
def test_a_weight_is_a_count(name: str) -> None:
    rng = np.random.default_rng(2)
    if "regression" in METRICS[name].tasks:
        truth = rng.normal(size=50)
        said = Predictions(truth + rng.normal(size=50))
    else:
        truth, said = classes(50, 2)
    weights = rng.integers(0, 4, 50)
    repeated = np.repeat(np.arange(50), weights)
    expected = METRICS[name].score(truth[repeated], said.take(repeated))
    assert METRICS[name].score(truth, said, weights) == pytest.approx(expected, abs=1e-9)


def test_a_metric_that_is_not_defined_is_nan() -> None:
    truth, said = np.zeros(10, dtype=int), classes(10, 2)[1]
    assert np.isnan(METRICS["roc_auc"].score(truth, said))
    assert np.isnan(METRICS["average_precision"].score(truth, said))
    assert np.isnan(METRICS["r2"].score(np.ones(5), Predictions(np.ones(5))))
    assert np.isnan(METRICS["accuracy"].score(truth, said, np.zeros(10)))


def test_the_bootstrap_is_paired_and_has_the_right_spread() -> None:
    truth, said = classes(2_000, 2)
    one = METRICS["accuracy"].evaluator(truth, said)
    first, second = bootstrap([one, one], 2_000, np.random.default_rng(3), resamples=600)
    assert np.array_equal(first, second)
    share = METRICS["accuracy"].score(truth, said)
    assert first.std() == pytest.approx(np.sqrt(share * (1 - share) / 2_000), rel=0.1)


def test_clusters_are_drawn_whole() -> None:
    clusters = np.repeat(np.arange(20), 5)
    [weights] = resampled_weights(np.random.default_rng(4), 100, 50, clusters)
    assert (weights.reshape(50, 20, 5).std(axis=2) == 0).all()
    assert (weights[:, ::5].sum(axis=1) == 20).all()


def test_two_thousand_resamples_of_twenty_thousand_rows_take_seconds() -> None:
    truth, said = classes(20_000, 2)
    started = time.process_time()
    bootstrap([METRICS["roc_auc"].evaluator(truth, said)], 20_000, np.random.default_rng(5), resamples=2000)
    assert time.process_time() - started < 4.0


def test_names_and_defaults() -> None:
    assert metric_for(labels_of("a", "b")).name == "roc_auc"
    assert metric_for(labels_of("a", "b", "c")).name == "balanced_accuracy"
    assert metric_for(labels_of()).name == "r2"
    assert metric_for(labels_of(), "neg_mean_absolute_error").name == "mae"
    assert metric_for(labels_of("a", "b"), "neg_log_loss").higher_is_better is False
    with pytest.raises(BadInput, match="Did you mean 'accuracy'"):
        metric_called("acuracy")
    with pytest.raises(BadInput, match="does not fit a label of numbers"):
        metric_for(labels_of(), "accuracy")
    with pytest.raises(BadInput, match="f1_macro"):
        metric_for(labels_of("a", "b", "c"), "f1")


def test_what_the_predictions_lack_is_said() -> None:
    bare = Predictions(np.zeros(2), ("a", "b"))
    with pytest.raises(NotApplicable, match="class scores"):
        METRICS["roc_auc"].score(np.array([0, 1]), bare)
    ranked = Predictions(np.zeros(2), ("a", "b"), None, np.zeros((2, 2)))
    with pytest.raises(NotApplicable, match="class probabilities"):
        METRICS["log_loss"].score(np.array([0, 1]), ranked)


def test_row_values_are_what_the_mean_is_of() -> None:
    truth, said = classes(40, 2)
    assert row_values(METRICS["brier"], truth, said).mean() == METRICS["brier"].score(truth, said)
    with pytest.raises(NotApplicable):
        row_values(METRICS["roc_auc"], truth, said)
