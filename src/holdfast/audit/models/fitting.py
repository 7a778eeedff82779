"""Fit a model to some rows, and ask it about others."""

import warnings
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.encoding import Encoding
from holdfast.audit.models.default import default_for, default_model
from holdfast.audit.models.inputs import Inputs
from holdfast.audit.models.model import Form, Model, Predictions
from holdfast.audit.models.own import failed, fit_own
from holdfast.audit.threads import one_thread
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable


@dataclass(frozen=True)
class Fitted:
    """A model that has learnt, and which columns it was given."""

    estimator: Any
    model: Model
    form: Form
    without: tuple[str, ...]
    classes: tuple[str, ...]
    blank: Mapping[str, Any] | None = None


def fit(
    inputs: Inputs,
    labels: Labels,
    places: np.ndarray,
    *,
    model: Model | None = None,
    seed: int = 0,
    without: Sequence[str] = (),
) -> Fitted:
    """Return the model (the default one, if None) fitted to the rows of `inputs` at `places`.

    Rows without a label are left out. Classes are handed over as whole numbers in sorted order of their values.
    Raises NotApplicable when there is nothing to learn from, and BadInput when the person's own model fails.
    """
    target = (labels.codes if labels.is_classes else labels.values)[inputs.rows[places]]
    known = labels.known[inputs.rows[places]]
    places, target = places[known], target[known]
    if not len(places):
        raise NotApplicable("no training row has a label")
    if labels.is_classes and len(np.unique(target)) < 2:
        raise NotApplicable("the training rows hold one class only")
    if model is None:
        model = default_model(inputs.encoding, labels)
    if not model.own:
        without = (*without, *_empty(inputs, places, without))
        if not inputs.encoding.sources - set(without):
            raise NotApplicable("no feature column holds a value in the training rows")
        estimator = default_for(model.make(seed), inputs.encoding, without)
        with one_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as: so many classes that the label could be a quantity
            estimator.fit(inputs.take(model.form, places, without), target)
        return Fitted(estimator, model, model.form, tuple(without), labels.classes)
    estimator, form, blank = fit_own(inputs, places, target, model, seed=seed, without=without)
    return Fitted(estimator, model, form, tuple(without), labels.classes, blank)


def predict(fitted: Fitted, inputs: Inputs, places: np.ndarray) -> Predictions:
    """Return what the fitted model says about the rows of `inputs` at `places`."""
    if not len(places):
        width = len(fitted.classes)
        return Predictions(np.empty(0), fitted.classes, np.empty((0, width)), np.empty((0, width)))
    return ask(fitted, inputs.take(fitted.form, places, fitted.without, blank=fitted.blank))


def ask(fitted: Fitted, given: Any) -> Predictions:
    """Return what the fitted model says about rows in its own form. Raises BadInput when a person's model fails."""
    with warnings.catch_warnings(), nullcontext() if fitted.model.own else one_thread():
        warnings.simplefilter("ignore")
        try:
            return _predictions(fitted, given)
        except Exception as error:
            if fitted.model.own:
                raise failed(fitted.model, "predict", error) from error
            raise


def fit_and_predict(
    dataset: Dataset,
    encoding: Encoding,
    labels: Labels,
    train_rows: np.ndarray,
    test_rows: np.ndarray,
    *,
    model: Model | None = None,
    seed: int = 0,
) -> Predictions:
    """Return what a model learnt from `train_rows` says about `test_rows`, both row numbers of the data set."""
    rows = np.concatenate([train_rows, test_rows])
    inputs = Inputs(dataset, encoding, rows)
    fitted = fit(inputs, labels, np.arange(len(train_rows)), model=model, seed=seed)
    return predict(fitted, inputs, np.arange(len(train_rows), len(rows)))


def _empty(inputs: Inputs, places: np.ndarray, without: Sequence[str]) -> list[str]:
    """Return the columns that hold no value at `places`: scikit-learn's boosting fails on them."""
    return [
        name
        for place, name in enumerate(inputs.encoding.names)
        if name not in without and np.isnan(inputs.matrix[places, place]).all()
    ]


def _predictions(fitted: Fitted, given: Any) -> Predictions:
    shape = (len(given), len(fitted.classes))
    known = np.asarray(getattr(fitted.estimator, "classes_", np.arange(len(fitted.classes))), dtype=np.int64)
    if fitted.classes and not fitted.model.own:  # its answer is the likeliest class: to ask for it would cost as much
        probabilities = np.zeros(shape)
        probabilities[:, known] = fitted.estimator.predict_proba(given)
        return Predictions(
            probabilities.argmax(axis=1).astype(np.float64), fitted.classes, probabilities, probabilities
        )
    values = np.asarray(fitted.estimator.predict(given), dtype=np.float64).reshape(-1)
    if len(values) != len(given):
        raise ValueError(f"{len(values):,} predictions for {len(given):,} rows")
    if not fitted.classes:
        return Predictions(values)
    if hasattr(fitted.estimator, "predict_proba"):
        probabilities = np.zeros(shape)
        probabilities[:, known] = np.asarray(fitted.estimator.predict_proba(given), dtype=np.float64)
        return Predictions(values, fitted.classes, probabilities, probabilities)
    if hasattr(fitted.estimator, "decision_function"):
        raw = np.asarray(fitted.estimator.decision_function(given), dtype=np.float64)
        scores = np.full(shape, -np.inf)
        scores[:, known] = np.stack([-raw, raw], axis=1) if raw.ndim == 1 else raw
        return Predictions(values, fitted.classes, None, scores)
    return Predictions(values, fitted.classes)
