"""Metrics by name, evaluated under row weights: one pass serves the score, its bootstrap, and scores without some rows.

A weight of 0 leaves a row out, 2 counts it twice. Ranking metrics sort once and are then cumulative sums, so that
2,000 resamples of 20,000 rows take about a second.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.models import Predictions
from holdfast.audit.resampling import Evaluator, Weights
from holdfast.core.errors import BadInput, NotApplicable, unknown

Builder = Callable[[np.ndarray, Predictions], Evaluator]
Task = Literal["binary", "multiclass", "regression"]
_SMALLEST = 1e-15  # a probability is not taken for less, as in scikit-learn's log loss


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: which task it judges, which way is better, and what it needs of the predictions."""

    name: str
    title: str
    tasks: frozenset[Task]
    build: Builder
    higher_is_better: bool = True
    needs: Literal["values", "scores", "probabilities"] = "values"
    by_row: bool = False  # a mean over rows, which tests of paired differences may use row by row

    def evaluator(self, truth: np.ndarray, predictions: Predictions) -> Evaluator:
        """Return the metric of these predictions as a function of row weights.

        `truth` holds class codes, or numbers. Raises NotApplicable when the predictions lack what the metric needs.
        """
        if self.needs != "values" and predictions.scores is None:
            raise NotApplicable(f"{self.name} needs class scores, and only the predicted classes are there")
        if self.needs == "probabilities" and predictions.probabilities is None:
            raise NotApplicable(f"{self.name} needs class probabilities, and the model gives none")
        return self.build(np.asarray(truth), predictions)

    def score(self, truth: np.ndarray, predictions: Predictions, weights: np.ndarray | None = None) -> float:
        """Return the score; NaN where it is not defined, such as an AUC with one class."""
        row = np.ones(len(truth)) if weights is None else np.asarray(weights, dtype=np.float64)
        return float(self.evaluator(truth, predictions)(row[None, :])[0])


def task_of(labels: Labels) -> Task:
    """Return which kind of task these labels make."""
    if not labels.is_classes:
        return "regression"
    return "binary" if len(labels.classes) <= 2 else "multiclass"


def metric_for(labels: Labels, name: str | None = None) -> Metric:
    """Return the metric called `name` (scikit-learn's scorer names work), or the default of the task.

    Defaults: area under the ROC curve for two classes, balanced accuracy for more, R² for numbers; none of them
    rewards a model for knowing the majority. Raises BadInput for an unknown name, or one that does not fit the task.
    """
    task = task_of(labels)
    wanted = name or {"binary": "roc_auc", "multiclass": "balanced_accuracy", "regression": "r2"}[task]
    metric = metric_called(wanted)
    if metric.name == "f1" and task == "multiclass":
        raise BadInput("the metric f1 is for two classes; for more, name f1_macro or f1_weighted")
    if task not in metric.tasks:
        kind = {"binary": "two classes", "multiclass": f"{len(labels.classes)} classes", "regression": "numbers"}[task]
        fitting = ", ".join(name for name, item in METRICS.items() if task in item.tasks)
        raise BadInput(f"the metric {wanted} does not fit a label of {kind}; fitting are {fitting}")
    return metric


def metric_called(name: str) -> Metric:
    """Return the metric of this name, whichever task it is for. Raises BadInput for an unknown one."""
    key = name.lower().replace("-", "_").removeprefix("neg_")
    key = _ALIASES.get(key, key)
    if key not in METRICS:
        raise unknown("metric", name, METRICS)
    return METRICS[key]


def truth_of(labels: Labels, rows: np.ndarray) -> np.ndarray:
    """Return what predictions of `rows` are compared with: class codes, or numbers."""
    return labels.codes[rows] if labels.is_classes else labels.values[rows]


# ---- builders: truth and predictions to a function of weights ---------------------------------------------------


def row_values(metric: Metric, truth: np.ndarray, predictions: Predictions) -> np.ndarray:
    """Return each row's share in a metric that is a mean over rows. Raises NotApplicable for the others."""
    if not metric.by_row:
        raise NotApplicable(f"{metric.name} is not a mean over rows")
    return np.asarray(_ROW_VALUES[metric.name](np.asarray(truth), predictions), dtype=np.float64)


def _mean_of(values: Callable[[np.ndarray, Predictions], np.ndarray]) -> Builder:
    def build(truth: np.ndarray, predictions: Predictions) -> Evaluator:
        each = np.asarray(values(truth, predictions), dtype=np.float64)
        return lambda weights: _ratio(weights @ each.astype(weights.dtype), weights.sum(axis=1))

    return build


def _hit(truth: np.ndarray, predictions: Predictions) -> np.ndarray:
    return truth == predictions.values


def _log_loss(truth: np.ndarray, predictions: Predictions) -> np.ndarray:
    given = _probabilities(predictions)[np.arange(len(truth)), truth]
    return -np.log(np.clip(given, _SMALLEST, 1.0))


def _brier(truth: np.ndarray, predictions: Predictions) -> np.ndarray:
    given = _probabilities(predictions)
    if given.shape[1] == 2:
        return np.asarray((given[:, 1] - truth) ** 2)
    wanted = np.eye(given.shape[1])[truth]
    return np.asarray(((given - wanted) ** 2).sum(axis=1))


def _absolute(truth: np.ndarray, predictions: Predictions) -> np.ndarray:
    return np.abs(truth - predictions.values)


def _squared(truth: np.ndarray, predictions: Predictions) -> np.ndarray:
    return np.asarray((truth - predictions.values) ** 2)


def _percentage(truth: np.ndarray, predictions: Predictions) -> np.ndarray:
    return np.abs(truth - predictions.values) / np.maximum(np.abs(truth), np.finfo(np.float64).eps)


def _rmse(truth: np.ndarray, predictions: Predictions) -> Evaluator:
    mean = _mean_of(_squared)(truth, predictions)
    return lambda weights: np.sqrt(mean(weights))


def _r2(truth: np.ndarray, predictions: Predictions) -> Evaluator:
    centred = truth - truth.mean() if len(truth) else truth  # the score does not change, cancellation shrinks
    parts = np.stack([(truth - predictions.values) ** 2, centred, centred**2], axis=1)

    def evaluate(weights: Weights) -> np.ndarray:
        total = weights.sum(axis=1)
        error, first, second = (weights.astype(np.float64) @ parts).T
        spread = second - _ratio(first**2, total)
        return 1.0 - _ratio(error, np.where(spread > 1e-12 * np.maximum(second, 1e-300), spread, 0.0))

    return evaluate


def _confusion(formula: Callable[[np.ndarray], np.ndarray]) -> Builder:
    """Return the builder of a metric that is a function of the confusion matrix (resamples × truth × predicted)."""

    def build(truth: np.ndarray, predictions: Predictions) -> Evaluator:
        n_classes = max(len(predictions.classes), 1)
        predicted = np.clip(predictions.values.astype(np.int64), 0, n_classes - 1)
        cell = truth.astype(np.int64) * n_classes + predicted
        order = np.argsort(cell, kind="stable")
        cells, starts = np.unique(cell[order], return_index=True)

        def evaluate(weights: Weights) -> np.ndarray:
            matrix = np.zeros((len(weights), n_classes * n_classes))
            if len(cells):
                matrix[:, cells] = np.add.reduceat(weights[:, order], starts, axis=1)
            return formula(matrix.reshape(-1, n_classes, n_classes))

        return evaluate

    return build


def _recalls(matrix: np.ndarray) -> np.ndarray:
    return _ratio(np.einsum("bkk->bk", matrix), matrix.sum(axis=2))


def _balanced_accuracy(matrix: np.ndarray) -> np.ndarray:
    return _mean_of_present(_recalls(matrix))


def _f1s(matrix: np.ndarray) -> np.ndarray:
    hits = np.einsum("bkk->bk", matrix)
    return _ratio(2 * hits, matrix.sum(axis=1) + matrix.sum(axis=2))


def _f1(matrix: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(_f1s(matrix)[:, -1]), 0.0, _f1s(matrix)[:, -1])


def _f1_macro(matrix: np.ndarray) -> np.ndarray:
    return _mean_of_present(_f1s(matrix))


def _f1_weighted(matrix: np.ndarray) -> np.ndarray:
    support = matrix.sum(axis=2)
    return _ratio((np.nan_to_num(_f1s(matrix)) * support).sum(axis=1), support.sum(axis=1))


def _precision(matrix: np.ndarray) -> np.ndarray:
    return np.nan_to_num(_ratio(matrix[:, -1, -1], matrix[:, :, -1].sum(axis=1)))


def _recall(matrix: np.ndarray) -> np.ndarray:
    return _recalls(matrix)[:, -1]


def _matthews(matrix: np.ndarray) -> np.ndarray:
    # Gorodkin (2004): the correlation of truth and prediction over any number of classes.
    truth, predicted, total = matrix.sum(axis=2), matrix.sum(axis=1), matrix.sum(axis=(1, 2))
    hits = np.einsum("bkk->b", matrix)
    over = hits * total - (truth * predicted).sum(axis=1)
    under = np.sqrt((total**2 - (predicted**2).sum(axis=1)) * (total**2 - (truth**2).sum(axis=1)))
    return np.where((total > 0) & (under == 0), 0.0, _ratio(over, under))


def _roc_auc(truth: np.ndarray, predictions: Predictions) -> Evaluator:
    scores = _scores(predictions)
    if scores.shape[1] == 2:
        return _auc_of(truth == 1, scores[:, 1])
    each = [_auc_of(truth == k, scores[:, k]) for k in range(scores.shape[1])]  # one class against the rest
    return lambda weights: _mean_of_present(np.stack([one(weights) for one in each], axis=1))


def _auc_of(positive: np.ndarray, score: np.ndarray) -> Evaluator:
    """Return the Mann–Whitney form of the area: the share of (positive, negative) pairs in order, ties half."""
    up, down = np.flatnonzero(positive), np.flatnonzero(~positive)
    down = down[np.argsort(score[down], kind="stable")]
    below = np.searchsorted(score[down], score[up], side="left")
    up_to = np.searchsorted(score[down], score[up], side="right")
    tied = bool((below != up_to).any())

    def evaluate(weights: Weights) -> np.ndarray:
        passed = np.zeros((len(weights), len(down) + 1), dtype=weights.dtype)
        np.cumsum(weights[:, down], axis=1, out=passed[:, 1:])
        wins = (passed[:, below] + passed[:, up_to]) / 2 if tied else passed[:, below]
        of_up = weights[:, up]
        pairs = of_up.sum(axis=1, dtype=np.float64) * passed[:, -1]
        return _ratio(np.einsum("br,br->b", of_up, wins).astype(np.float64), pairs)

    return evaluate


def _average_precision(truth: np.ndarray, predictions: Predictions) -> Evaluator:
    scores = _scores(predictions)
    if scores.shape[1] == 2:
        return _precision_of(truth == 1, scores[:, 1])
    each = [_precision_of(truth == k, scores[:, k]) for k in range(scores.shape[1])]
    return lambda weights: _mean_of_present(np.stack([one(weights) for one in each], axis=1))


def _precision_of(positive: np.ndarray, score: np.ndarray) -> Evaluator:
    """Return the mean precision over the positives, at thresholds that take tied scores together."""
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1) if len(order) else np.empty(0, np.int64)
    hit = positive[order]

    def evaluate(weights: Weights) -> np.ndarray:
        taken = weights[:, order].astype(np.float64)
        hits = np.cumsum(taken * hit, axis=1)[:, last]
        precision = np.nan_to_num(_ratio(hits, np.cumsum(taken, axis=1)[:, last]))
        gained = np.diff(hits, axis=1, prepend=0.0)
        return _ratio((precision * gained).sum(axis=1), hits[:, -1] if len(last) else np.zeros(len(weights)))

    return evaluate


def _scores(predictions: Predictions) -> np.ndarray:
    assert predictions.scores is not None  # `Metric.evaluator` has looked
    return predictions.scores


def _probabilities(predictions: Predictions) -> np.ndarray:
    assert predictions.probabilities is not None  # `Metric.evaluator` has looked
    return predictions.probabilities


def _ratio(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    out = np.full(np.broadcast_shapes(np.shape(over), np.shape(under)), np.nan)
    np.divide(over, under, out=out, where=np.asarray(under) != 0)
    return out


def _mean_of_present(values: np.ndarray) -> np.ndarray:
    """Return the mean over classes that occur; NaN if none does."""
    present = ~np.isnan(values)
    return _ratio(np.where(present, values, 0.0).sum(axis=1), present.sum(axis=1))


_ROW_VALUES: Mapping[str, Callable[[np.ndarray, Predictions], np.ndarray]] = {
    "accuracy": _hit,
    "log_loss": _log_loss,
    "brier": _brier,
    "mae": _absolute,
    "mse": _squared,
    "mape": _percentage,
}
_TWO: frozenset[Task] = frozenset({"binary"})
_CLASSES: frozenset[Task] = frozenset({"binary", "multiclass"})
_NUMBERS: frozenset[Task] = frozenset({"regression"})
METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("roc_auc", "area under the ROC curve", _CLASSES, _roc_auc, needs="scores"),
        Metric("average_precision", "average precision", _CLASSES, _average_precision, needs="scores"),
        Metric("accuracy", "accuracy", _CLASSES, _mean_of(_hit), by_row=True),
        Metric("balanced_accuracy", "balanced accuracy", _CLASSES, _confusion(_balanced_accuracy)),
        Metric("f1", "F1", _TWO, _confusion(_f1)),
        Metric("f1_macro", "macro F1", _CLASSES, _confusion(_f1_macro)),
        Metric("f1_weighted", "weighted F1", _CLASSES, _confusion(_f1_weighted)),
        Metric("precision", "precision", _TWO, _confusion(_precision)),
        Metric("recall", "recall", _TWO, _confusion(_recall)),
        Metric("matthews_corrcoef", "Matthews correlation", _CLASSES, _confusion(_matthews)),
        Metric(
            "log_loss",
            "log loss",
            _CLASSES,
            _mean_of(_log_loss),
            higher_is_better=False,
            needs="probabilities",
            by_row=True,
        ),
        Metric(
            "brier",
            "Brier score",
            _CLASSES,
            _mean_of(_brier),
            higher_is_better=False,
            needs="probabilities",
            by_row=True,
        ),
        Metric("r2", "R²", _NUMBERS, _r2),
        Metric("mae", "mean absolute error", _NUMBERS, _mean_of(_absolute), higher_is_better=False, by_row=True),
        Metric("mse", "mean squared error", _NUMBERS, _mean_of(_squared), higher_is_better=False, by_row=True),
        Metric("rmse", "root mean squared error", _NUMBERS, _rmse, higher_is_better=False),
        Metric(
            "mape",
            "mean absolute percentage error",
            _NUMBERS,
            _mean_of(_percentage),
            higher_is_better=False,
            by_row=True,
        ),
    )
}
_ALIASES: Mapping[str, str] = {
    "auc": "roc_auc",
    "auroc": "roc_auc",
    "roc_auc_ovr": "roc_auc",
    "ap": "average_precision",
    "pr_auc": "average_precision",
    "acc": "accuracy",
    "mcc": "matthews_corrcoef",
    "logloss": "log_loss",
    "brier_score": "brier",
    "brier_score_loss": "brier",
    "mean_absolute_error": "mae",
    "mean_squared_error": "mse",
    "root_mean_squared_error": "rmse",
    "mean_absolute_percentage_error": "mape",
}
