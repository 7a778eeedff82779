"""What simpler predictors say about the same test rows: the ladder that a model has to climb."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from holdfast.audit.definitions import fact
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.encoding import Encoding
from holdfast.audit.facts.learning.predictions import Predicted
from holdfast.audit.models import Predictions, fit_and_predict
from holdfast.audit.threads import one_thread
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable

# Names that no model in a file of predictions is likely to have.
CONSTANT, LINEAR, PERSISTENCE = "a constant", "a linear model fitted here", "the value before"
MOST_LINEAR_CLASSES = 20  # a linear model for more classes costs more than it tells
_MOST_INDICATORS = 300  # indicator columns of a linear model
_MOST_VALUES = 20  # of a category that get an indicator; the rest share none
_MOST_DEVIATIONS = 5.0  # standard deviations a number may be away before it is cut: one outlier must not rule


@dataclass(frozen=True)
class Ladder:
    """Predictions of simple predictors for the rows of `test_predictions`, simplest first."""

    models: Mapping[str, Predictions]


@fact(costly=True)
def baselines(dataset: Dataset, labels: Labels, test_predictions: Predicted, encoding: Encoding | None) -> Ladder:
    """A constant, a linear model, and for numbers over time the value before."""
    train, test = test_predictions.train_rows, test_predictions.rows
    ladder = {CONSTANT: constant(labels, train, len(test))}
    if encoding is not None and encoding.blocks:
        if test_predictions.is_own:  # else it is what stands in
            ladder[LINEAR] = _linear_in_blocks(dataset, encoding, labels, train, test)
    elif encoding is not None and len(labels.classes) <= MOST_LINEAR_CLASSES:
        ladder[LINEAR] = _linear(encoding, labels, train, test)
    before = _persistence(dataset, labels, test)
    if before is not None:
        ladder[PERSISTENCE] = before
    return Ladder(ladder)


def constant(labels: Labels, train: np.ndarray, n: int) -> Predictions:
    """Return what a predictor says that knows the training labels and no column: shares of classes, or the mean."""
    if not labels.is_classes:
        return Predictions(np.full(n, float(labels.values[train].mean())))
    shares = np.bincount(labels.codes[train], minlength=len(labels.classes)) / len(train)
    spread = np.tile(shares, (n, 1))
    return Predictions(np.full(n, float(shares.argmax())), labels.classes, spread, spread)


def _linear(encoding: Encoding, labels: Labels, train: np.ndarray, test: np.ndarray) -> Predictions:
    from sklearn.linear_model import LogisticRegression, Ridge

    learnt, asked = design(encoding, train, test)
    if not labels.is_classes:
        target = labels.values[train]
        centre = target.mean()
        with one_thread():
            return Predictions(Ridge(alpha=1.0).fit(learnt, target - centre).predict(asked) + centre)
    codes = labels.codes[train]
    if len(np.unique(codes)) < 2:
        raise NotApplicable("the training rows hold one class only")
    # Loose convergence: it is a yardstick, and the third digit of its score does not matter.
    model = LogisticRegression(C=1.0, tol=1e-2, max_iter=10_000)
    with one_thread():
        given = model.fit(learnt, codes).predict_proba(asked)
    spread = np.zeros((len(test), len(labels.classes)))
    spread[:, model.classes_] = given
    return Predictions(spread.argmax(axis=1).astype(np.float64), labels.classes, spread, spread)


def _linear_in_blocks(
    dataset: Dataset, encoding: Encoding, labels: Labels, train: np.ndarray, test: np.ndarray
) -> Predictions:
    """Return what a linear model of the words, image features and vectors says, without the table's columns."""
    alone = replace(encoding, names=(), categorical=np.empty(0, dtype=bool), vocabularies={})
    return fit_and_predict(dataset, alone, labels, train, test)


def design(
    encoding: Encoding, train: np.ndarray, test: np.ndarray
) -> tuple[Float[np.ndarray, "train width"], Float[np.ndarray, "test width"]]:
    """Return standardised numbers and indicators of frequent categories; what is learnt comes from the training rows.

    Infinite and missing numbers become the median; a number far out is cut.
    """
    matrix = encoding.matrix(np.concatenate([train, test]))
    learnt, asked = matrix[: len(train)], matrix[len(train) :]
    parts: list[tuple[np.ndarray, np.ndarray]] = []
    left = _MOST_INDICATORS
    for place, categorical in enumerate(encoding.categorical):
        a, b = learnt[:, place], asked[:, place]
        if categorical:
            values, counts = np.unique(a[np.isfinite(a)], return_counts=True)
            kept = values[np.argsort(-counts, kind="stable")][: min(_MOST_VALUES, left)]
            left -= len(kept)
            parts.append(((a[:, None] == kept).astype(np.float64), (b[:, None] == kept).astype(np.float64)))
        else:
            parts.append(_standardised(a, b))
    wide = [np.concatenate([part[side] for part in parts], axis=1) for side in (0, 1)]
    return wide[0], wide[1]


def _standardised(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = a[np.isfinite(a)]
    if not known.size:
        return np.zeros((len(a), 1)), np.zeros((len(b), 1))
    low, middle, high = np.quantile(known, [0.25, 0.5, 0.75])
    # The normal law's standard deviation is 0.74 times its interquartile range.
    scale = 0.7413 * (high - low) or float(np.abs(known - middle).max()) or 1.0
    both = []
    for values in (a, b):
        with np.errstate(over="ignore", invalid="ignore"):
            away = np.where(np.isfinite(values), (values - middle) / scale, 0.0)
        both.append(np.nan_to_num(np.clip(away, -_MOST_DEVIATIONS, _MOST_DEVIATIONS))[:, None])
    return both[0], both[1]


def _persistence(dataset: Dataset, labels: Labels, test: np.ndarray) -> Predictions | None:
    """Return the label of the row before in time; None unless rows are one series, each time occurring once."""
    place = in_time(dataset)
    if labels.is_classes or place is None:
        return None
    known = place[labels.known[place]]
    rank = np.full(len(dataset), -1)
    rank[known] = np.arange(len(known))
    before = known[np.maximum(rank[test] - 1, 0)]
    return Predictions(labels.values[before])


def in_time(dataset: Dataset) -> np.ndarray | None:
    """Return the rows in the order of the time column; None without one, or where several rows share a time."""
    column = dataset.one("time")
    if column is None or column.kind not in {"time", "number"}:
        return None
    times = dataset.numbers(column.name)
    order = np.argsort(times, kind="stable")
    ordered = times[order]
    if not np.isfinite(ordered).all() or not (np.diff(ordered) > 0).all():
        return None
    return order


def order_of(dataset: Dataset, rows: np.ndarray) -> np.ndarray | None:
    """Return the places of `rows` in the order of time, where the data are one series."""
    order = in_time(dataset)
    if order is None:
        return None
    rank = np.empty(len(dataset), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return np.argsort(rank[rows], kind="stable")
