"""A score with its interval, and the difference of two models on the same rows with the test that suits the score."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from holdfast.audit.comparison import (
    Comparison,
    delong,
    diebold_mariano,
    from_resamples,
    mcnemar,
    normal,
    paired_mean,
    roc_areas,
)
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.metrics import Metric, metric_for, row_values
from holdfast.audit.models import Predictions
from holdfast.audit.resampling import bootstrap
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Estimate
from holdfast.data.intervals import wilson

RESAMPLES = 1000
LEVEL = 0.95


def span(metric: Metric, value: float) -> float:
    """Return the unit that differences of scores are judged in: 1 for scores between 0 and 1, else the score."""
    return 1.0 if metric.higher_is_better else max(abs(value), 1e-12)


def usable(metric: Metric, labels: Labels, *models: Predictions) -> Metric:
    """Return `metric`, or accuracy where it needs class scores that a model does not give."""
    lacking = (metric.needs == "scores" and any(item.scores is None for item in models)) or (
        metric.needs == "probabilities" and any(item.probabilities is None for item in models)
    )
    return metric_for(labels, "accuracy") if lacking else metric


def estimate(
    metric: Metric, truth: np.ndarray, predictions: Predictions, rng: np.random.Generator, *, level: float = LEVEL
) -> Estimate:
    """Return the score and the interval that chance in the choice of test rows gives it.

    Wilson's for accuracy, DeLong's for the area under the ROC curve, the delta method for balanced accuracy and R²,
    a bootstrap for the others. Raises NotApplicable where the score is not defined, such as an area with one class.
    """
    value = metric.score(truth, predictions)
    if not np.isfinite(value):
        raise NotApplicable(f"{metric.title} is not defined on these test rows")
    if metric.name == "accuracy":
        right = int(np.sum(truth == predictions.values))
        share = wilson(right, len(truth), level=level)
        low, high = share.low, share.high
    elif _is_area(metric, predictions):
        low, high = _area_interval(truth == 1, _second(predictions), level)
    elif metric.name == "balanced_accuracy":
        hit = (truth == predictions.values).astype(np.float64)
        low, high = _around(value, _stratified_error(hit, truth), level)
        low = max(0.0, low)
    elif metric.name == "r2":
        influence = _influence(metric, truth, predictions)
        error = float(influence.std(ddof=1) / np.sqrt(len(truth))) if len(truth) > 1 else np.inf
        low, high = _around(value, error, level)
    else:
        [drawn] = bootstrap([metric.evaluator(truth, predictions)], len(truth), rng, resamples=_resamples(truth))
        low, high = np.nanquantile(drawn, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return Estimate(value=value, low=float(low), high=float(high), level=level)


def difference(
    metric: Metric,
    truth: np.ndarray,
    a: Predictions,
    b: Predictions,
    rng: np.random.Generator,
    *,
    order: Int[np.ndarray, " rows"] | None = None,
    level: float = LEVEL,
) -> Comparison:
    """Return by how much `a` is better than `b`, in units of the score; positive is better whatever the metric.

    `order` holds places of rows in time; errors that follow each other are then allowed to be alike. Raises
    NotApplicable where a score is not defined.
    """
    sign = 1.0 if metric.higher_is_better else -1.0
    if not np.isfinite([metric.score(truth, a), metric.score(truth, b)]).all():
        raise NotApplicable(f"{metric.title} is not defined on these test rows")
    if metric.name == "accuracy" and order is None:
        return mcnemar(truth == a.values, truth == b.values, level=level)
    if _is_area(metric, a) and _is_area(metric, b):
        return delong(truth == 1, _second(a), _second(b), level=level)
    if metric.name == "balanced_accuracy":
        gain = (truth == a.values).astype(np.float64) - (truth == b.values)
        observed = metric.score(truth, a) - metric.score(truth, b)
        return normal("stratified z", observed, _stratified_error(gain, truth), level)
    if metric.name == "r2":
        # R² = 1 - mean squared error / variance: with the variance taken as known, a difference of mean losses.
        scale = -1.0 / float(np.var(truth))
        losses = ((truth - a.values) ** 2, (truth - b.values) ** 2)
        return _scaled(_by_row(*losses, order, level), scale)
    if metric.by_row:
        each = (row_values(metric, truth, item) for item in (a, b))
        return _scaled(_by_row(next(each), next(each), order, level), sign)
    both = bootstrap([metric.evaluator(truth, item) for item in (a, b)], len(truth), rng, resamples=_resamples(truth))
    drawn = sign * (both[0] - both[1])
    observed = sign * (metric.score(truth, a) - metric.score(truth, b))
    return from_resamples(observed, drawn[np.isfinite(drawn)], level=level)


def joint(
    metric: Metric, truth: np.ndarray, models: Sequence[Predictions], rng: np.random.Generator
) -> tuple[Float[np.ndarray, " models"], Float[np.ndarray, "models models"]]:
    """Return the scores of several models and the covariance that the choice of test rows gives them.

    Raises NotApplicable where the metric is not defined on these rows.
    """
    scores = np.array([metric.score(truth, item) for item in models])
    if not np.isfinite(scores).all():
        raise NotApplicable(f"{metric.title} is not defined on these test rows")
    if all(_is_area(metric, item) for item in models):
        return scores, roc_areas(truth == 1, *(_second(item) for item in models))[1]
    if metric.by_row or metric.name in {"balanced_accuracy", "r2"}:
        return scores, np.atleast_2d(np.cov([_influence(metric, truth, item) for item in models])) / len(truth)
    drawn = bootstrap([metric.evaluator(truth, item) for item in models], len(truth), rng, resamples=_resamples(truth))
    return scores, np.atleast_2d(np.cov(drawn[:, np.isfinite(drawn).all(axis=0)]))


def shown(value: float) -> str:
    """Return a score as a message shows it."""
    return f"{value:.3f}" if abs(value) < 1_000 else f"{value:,.0f}"


def _by_row(a: np.ndarray, b: np.ndarray, order: np.ndarray | None, level: float) -> Comparison:
    if order is None:
        return paired_mean(a, b, level=level)
    return diebold_mariano(a[order], b[order], level=level)


def _scaled(found: Comparison, scale: float) -> Comparison:
    ends = sorted((found.low * scale, found.high * scale))
    return Comparison(found.test, found.difference * scale, ends[0], ends[1], found.p_value, found.level)


def _is_area(metric: Metric, predictions: Predictions) -> bool:
    return metric.name == "roc_auc" and predictions.scores is not None and predictions.scores.shape[1] == 2


def _second(predictions: Predictions) -> np.ndarray:
    assert predictions.scores is not None  # `_is_area` has looked
    return predictions.scores[:, 1]


def _stratified_error(values: np.ndarray, truth: np.ndarray) -> float:
    """Return the standard error of the mean over classes of the mean of `values` within the class."""
    _, code = np.unique(truth, return_inverse=True)
    n = np.bincount(code)
    mean = np.bincount(code, weights=values) / n
    square = np.bincount(code, weights=values**2) / n
    # One row too many, as Wilson's interval has: a class all of whose rows are right is not known to be perfect.
    variance = (square - mean**2 + 1.0 / (n + 2)) / (n + 1)
    return float(np.sqrt(variance.sum()) / len(n))


def _influence(metric: Metric, truth: np.ndarray, model: Predictions) -> np.ndarray:
    """Return what each row adds to the score: a score is near the mean of these, up to a constant (Hampel, 1974)."""
    if metric.name == "r2":
        error, spread = (truth - model.values) ** 2, (truth - truth.mean()) ** 2
        ratio = error.mean() / spread.mean()
        return np.asarray((ratio * (spread - spread.mean()) - (error - error.mean())) / spread.mean())
    if metric.name == "balanced_accuracy":
        _, code = np.unique(truth, return_inverse=True)
        n = np.bincount(code)
        hit = (truth == model.values).astype(np.float64)
        recall = np.bincount(code, weights=hit) / n
        return np.asarray(len(truth) / len(n) * (hit - recall[code]) / n[code])
    return row_values(metric, truth, model)


def _around(value: float, error: float, level: float) -> tuple[float, float]:
    """Return a normal interval within the range of the score, whose best is 1."""
    from scipy.stats import norm

    half = float(norm.ppf((1.0 + level) / 2.0)) * error
    return value - half, min(1.0, value + half)


def _area_interval(positive: np.ndarray, score: np.ndarray, level: float) -> tuple[float, float]:
    from scipy.stats import norm

    areas, covariance = roc_areas(positive, score)
    area, error = float(areas[0]), float(np.sqrt(covariance[0, 0]))
    if error == 0.0:
        # All pairs in order: the rarer class could still hold one row in that many that is not (rule of three).
        fewer = int(min(positive.sum(), (~positive).sum()))
        return max(0.0, area - (1.0 - ((1.0 - level) / 2.0) ** (1.0 / fewer))), area
    half = float(norm.ppf((1.0 + level) / 2.0)) * error
    return max(0.0, area - half), min(1.0, area + half)


def _resamples(truth: np.ndarray) -> int:
    """Return fewer resamples for very many rows, where quantiles are near normal anyway."""
    return RESAMPLES if len(truth) <= 20_000 else RESAMPLES // 4
