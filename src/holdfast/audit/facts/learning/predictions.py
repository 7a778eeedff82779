"""What one or several models say about the test rows: stored, or fitted here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from jaxtyping import Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.encoding import FARTHEST, Encoding
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.audit.metrics import Metric, metric_for
from holdfast.audit.models import Fitted, Inputs, Model, Predictions, as_model, default_model, fit, predict
from holdfast.audit.predictions_file import UNNAMED, StoredPredictions, understood
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams
from holdfast.core.record import Sampled

# The model that stands in: few rounds, small trees and a high rate. On tables of 10,000 rows it comes within a
# hundredth of the score of scikit-learn's default settings, in a fifth of the time.
ROUNDS, LEAVES, RATE = 25, 15, 0.25
MOST_TREES = 100  # a boosting model grows one for each class and round
MOST_TRAIN, MOST_TEST = 10_000, 20_000
MOST_STORED = 50_000  # stored predictions judged; a share is then known to within half a percent


@dataclass(frozen=True)
class TrainTest:
    """Rows that models of this audit learn from and are scored on, with their label known."""

    train: Int[np.ndarray, " train"]
    test: Int[np.ndarray, " test"]
    sampled: Sampled | None = None


@fact()
def train_test(
    labels: Labels, split_of: SplitOf, row_keys: RowKeys, *, most_train: int = MOST_TRAIN, most_test: int = MOST_TEST
) -> TrainTest:
    """Training and test rows with a label; samples of them, chosen by content, where there are very many."""
    train, test = split_of.train & labels.known, split_of.test & labels.known
    if not train.any() or not test.any():
        raise NotApplicable(f"no {'test' if train.any() else 'training'} row has a label")
    rows = TrainTest(row_keys.sample(train, most_train), row_keys.sample(test, most_test))
    if labels.is_classes and not np.isin(labels.codes[test], labels.codes[train]).any():
        raise NotApplicable("no class of the test rows occurs in the training rows")
    if not labels.is_classes and np.abs(labels.values[train | test]).max() > FARTHEST:
        raise NotApplicable(f"the label {labels.column!r} holds numbers beyond {FARTHEST:.0e}, whose squares overflow")
    looked_at, total = len(rows.train) + len(rows.test), int(train.sum() + test.sum())
    if looked_at == total:
        return rows
    return TrainTest(rows.train, rows.test, Sampled(what="rows that models learn from", rows=looked_at, of=total))


@dataclass(frozen=True)
class FittedModel:
    """The model that is judged: the person's own or one that stands in, fitted when it is first asked for.

    `inputs` hold the training rows first (`train`), then the test rows (`test`).
    """

    estimator: Any | None
    inputs: Inputs
    labels: Labels
    train: Int[np.ndarray, " train"]
    test: Int[np.ndarray, " test"]
    seed: int
    sampled: Sampled | None = None

    @cached_property
    def model(self) -> Model:
        """What is fitted. Raises BadInput when the person's own is no estimator."""
        return stand_in(self.inputs.encoding, self.labels) if self.estimator is None else as_model(self.estimator)

    @cached_property
    def fitted(self) -> Fitted:
        """The fitted model. Raises NotApplicable, and BadInput when the person's own fails."""
        return fit(self.inputs, self.labels, self.train, model=self.model, seed=self.seed)

    @cached_property
    def on_test(self) -> Predictions:
        """What it says about the test rows."""
        return predict(self.fitted, self.inputs, self.test)


@fact()
def fitted_model(
    dataset: Dataset,
    labels: Labels,
    row_keys: RowKeys,
    train_test: TrainTest | None,
    encoding: Encoding | None,
    streams: Streams,
    estimator: Any | None,
) -> FittedModel:
    """The model that is judged, ready to be fitted; without a split, a quarter of the rows are its test rows."""
    if encoding is None:
        raise NotApplicable("no feature column that a model can read")
    if train_test is None:
        rows = row_keys.sample(labels.known, MOST_TRAIN)
        fold = row_keys.folds(rows, 4)
        train_test = TrainTest(rows[fold > 0], rows[fold == 0])
    rows = np.concatenate([train_test.train, train_test.test])
    train, test = np.arange(len(train_test.train)), np.arange(len(train_test.train), len(rows))
    seed = streams.integer("test_predictions")
    return FittedModel(estimator, Inputs(dataset, encoding, rows), labels, train, test, seed, train_test.sampled)


@dataclass(frozen=True)
class Predicted:
    """Predictions for `rows` of the data set by one or several models.

    `source` says whose they are: stored ones, the person's model fitted here, or a boosting model that stands in.
    `on_train` holds the fitted person's model's predictions for `train_rows`. `missing` counts test rows for which
    a stored prediction is missing or is no class; they are left out.
    """

    rows: Int[np.ndarray, " predicted"]
    models: Mapping[str, Predictions]
    source: Literal["stored", "fitted", "default"]
    train_rows: Int[np.ndarray, " train"]
    on_train: Predictions | None = None
    missing: int = 0
    sampled: Sampled | None = None

    @property
    def is_own(self) -> bool:
        """Whether the person's own model is judged, not one that stands in."""
        return self.source != "default"

    def said(self, name: str) -> str:
        """Return how a message calls the model `name`."""
        if self.source == "default":
            return "a boosting model fitted here" if name == "boosting" else f"{name} fitted here"
        return "your model" if name == UNNAMED else f"the model {name}"


@fact(costly=True)
def test_predictions(
    labels: Labels,
    split_of: SplitOf,
    row_keys: RowKeys,
    train_test: TrainTest,
    fitted_model: FittedModel | None,
    predictions: StoredPredictions | None,
) -> Predicted:
    """Predictions for test rows: the stored ones, else of the person's model, else of one fitted here."""
    try:
        if predictions is not None:
            return _of_stored(predictions, labels, split_of, row_keys, train_test)
        if fitted_model is None:
            raise NotApplicable("no feature column that a model can read, and no stored predictions")
        return _of_fitted(fitted_model, train_test)
    except BadInput as error:
        raise NotApplicable(str(error)) from error


@fact()
def score_metric(labels: Labels, metric_wanted: str | None) -> Metric:
    """The metric that scores are computed with: the one named, or the default of the task."""
    try:
        return metric_for(labels, metric_wanted)
    except BadInput as error:
        raise NotApplicable(str(error)) from error


def stand_in(encoding: Encoding, labels: Labels, *, rounds: int = ROUNDS) -> Model:
    """Return a quick default model, which stands in where nobody gave one."""
    most_trees = MOST_TREES * rounds // ROUNDS
    rounds = max(5, min(rounds, most_trees // max(1, len(labels.classes) - 1)))
    model = default_model(encoding, labels, rounds=rounds, learning_rate=RATE, max_leaf_nodes=LEAVES)
    return model if encoding.blocks else replace(model, name="boosting")


def _of_fitted(one: FittedModel, rows: TrainTest) -> Predicted:
    model = one.model
    on_train = predict(one.fitted, one.inputs, one.train) if model.own else None
    source: Literal["fitted", "default"] = "fitted" if model.own else "default"
    return Predicted(rows.test, {model.name: one.on_test}, source, rows.train, on_train, sampled=rows.sampled)


def _of_stored(
    given: StoredPredictions, labels: Labels, split_of: SplitOf, row_keys: RowKeys, rows: TrainTest
) -> Predicted:
    models = understood(given, labels)
    wanted = split_of.test[given.rows] & labels.known[given.rows]
    whole = wanted.copy()
    for item in models.values():
        whole &= np.isfinite(item.values)
        if item.scores is not None:
            whole &= ~np.isnan(item.scores).any(axis=1)
    if not whole.any():
        raise NotApplicable(f"{given.name} holds no prediction for a test row with a label")
    places, sampled = np.flatnonzero(whole), None
    if len(places) > MOST_STORED:
        chosen = np.argpartition(row_keys.values[given.rows[places]], MOST_STORED)[:MOST_STORED]
        sampled = Sampled(what="stored predictions", rows=MOST_STORED, of=len(places))
        places = np.sort(places[chosen])
    return Predicted(
        given.rows[places],
        {name: item.take(places) for name, item in models.items()},
        "stored",
        rows.train,
        missing=int(wanted.sum() - whole.sum()),
        sampled=sampled,
    )
