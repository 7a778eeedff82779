"""What a model says about rows it has not learned from: class probabilities, or predicted numbers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.encoding import Encoding
from holdfast.audit.facts.rows.rows import RowGroups, RowKeys
from holdfast.audit.models import Inputs, default_estimator, default_model, fit, predict
from holdfast.audit.threads import one_thread
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams
from holdfast.core.record import Sampled
from holdfast.data.bulk.hashes import row_hashes

MOST_LEARNED = 15_000  # rows behind each model: more hardly move what it says, and cost linearly
FEWEST_LEARNED = 1500
MOST_CELLS = 900_000  # rows × columns behind each model: beyond 60 columns fewer rows are learned from
MOST_PREDICTED = 4_000_000  # cells of the result (rows × classes): 32 MB
MOST_CLASSES = 50  # a boosting round grows one tree a class
MOST_COLUMNS = 300  # beyond, a random choice of columns
MOST_READ = 50_000  # rows with texts, images or vectors that are predicted: to read them costs far more than a table
FEWEST_ROWS = 30
MOST_FOLDS = 4  # fewer where half or two thirds of the rows are all that a model learns from
# Of 1,851 flipped labels 25 rounds name 1,039 where 40 name 1,016, in 0.7 of the time. Numbers want 40: the error on
# bike sharing is 0.070 of the variance with them, 0.080 with 25.
_ROUNDS, _ROUNDS_OF_NUMBERS, _MOST_TREES = 25, 40, 80
_RATE, _LEAVES = 0.25, 15
Asked = Callable[[np.ndarray, np.ndarray, int], np.ndarray]  # places learned from, places asked about, seed


@dataclass(frozen=True)
class OutOfFold:
    """Predictions for `rows` (row numbers), each from a model that saw neither the row nor a copy of it.

    Classification: `probabilities` has a column for each of `classes`, `predictions` is the most probable class.
    Regression: `classes` is empty, `probabilities` has no columns, `predictions` is the predicted number.
    """

    rows: Int[np.ndarray, " sample"]
    classes: tuple[str, ...]
    probabilities: Float[np.ndarray, "sample classes"]
    predictions: Float[np.ndarray, " sample"]
    sampled: Sampled | None = None


def given(rows: np.ndarray, classes: tuple[str, ...], probabilities: np.ndarray) -> OutOfFold:
    """Return a person's own out-of-fold class probabilities as the fact. Raises BadInput when they do not fit."""
    array = np.asarray(probabilities, dtype=np.float64)
    if array.shape != (len(rows), len(classes)):
        raise BadInput(f"probabilities: got shape {array.shape}, wanted ({len(rows)}, {len(classes)})")
    if not np.isfinite(array).all() or array.min(initial=0.0) < 0.0:
        raise BadInput("probabilities: got negative or missing values, wanted numbers from 0 to 1")
    if np.abs(array.sum(axis=1) - 1.0).max(initial=0.0) > 1e-3:
        raise BadInput("probabilities: the classes of a row do not add up to 1")
    return OutOfFold(np.asarray(rows), classes, array, array.argmax(axis=1).astype(np.float64))


@fact(costly=True)
def probabilities(
    dataset: Dataset, encoding: Encoding, labels: Labels, row_groups: RowGroups, row_keys: RowKeys, streams: Streams
) -> OutOfFold:
    """Out-of-fold predictions of the default model over all splits together.

    That is boosting on a table; a linear model of words, image features and vectors, together with it where both are.
    Rows with equal features, and rows of one given group, stay in one fold. Each model learns from at
    most 15,000 rows; every row with a label is then predicted by the model that did not see its fold, so that the
    predictions cover far more rows than were learned from.
    """
    import sklearn.ensemble  # noqa: F401 loaded before its threads can be limited

    known = labels.known
    n_known = int(known.sum())
    if n_known < FEWEST_ROWS:
        raise NotApplicable(f"{n_known} rows have a label; a model that can be trusted needs {FEWEST_ROWS}")
    present = np.unique(labels.codes[known]) if labels.is_classes else np.empty(0, dtype=np.int64)
    if labels.is_classes and not 2 <= len(present) <= MOST_CLASSES:
        raise NotApplicable(f"the label has {len(present)} classes; out-of-fold predictions take 2 to {MOST_CLASSES}")
    width = max(1, len(labels.classes))
    most_rows = MOST_PREDICTED // width
    rows = np.sort(row_keys.sample(known, min(most_rows, MOST_READ) if encoding.blocks else most_rows))
    unit = _units(dataset, row_groups)
    columns = _columns(encoding, streams)
    most = min(
        MOST_LEARNED if width <= 10 else MOST_LEARNED // 2, max(FEWEST_LEARNED, MOST_CELLS // max(len(columns), 1))
    )
    n_folds = next((k for k in range(2, MOST_FOLDS) if n_known * (k - 1) >= most * k), MOST_FOLDS)
    fold = streams("probabilities").permutation(unit.max() + 1)[unit] % n_folds
    learned = row_keys.sample(known, most * n_folds // (n_folds - 1))
    said = np.zeros((len(rows), width))
    asked = (
        _asking_blocks(Inputs(dataset, encoding, np.concatenate([learned, rows])), columns, labels, len(learned))
        if encoding.blocks
        else _asking_table(encoding, columns, labels, learned, rows)
    )
    with one_thread():  # on so few rows further threads mostly wait, and waiting is paid for
        for place in range(n_folds):
            inside, here = np.flatnonzero(fold[learned] != place), np.flatnonzero(fold[rows] == place)
            if len(here):
                seed = streams.integer("probabilities", place)
                targets = labels.codes[learned[inside]] if labels.is_classes else labels.values[learned[inside]]
                one_class = labels.is_classes and len(np.unique(targets)) < 2
                said[here] = _alone(targets, len(here), width) if one_class else asked(inside, here, seed)
    sampled = None
    if n_known > len(learned):
        what = f"out-of-fold predictions, each learned from {most:,} rows"
        sampled = Sampled(what=what, rows=len(rows), of=n_known)
    if labels.is_classes:
        return OutOfFold(rows, labels.classes, said, said.argmax(axis=1).astype(np.float64), sampled)
    return OutOfFold(rows, (), np.empty((len(rows), 0)), said[:, 0], sampled)


def _units(dataset: Dataset, row_groups: RowGroups) -> np.ndarray:
    """Return what must stay in one fold: a number per row, for its given group or else for its features."""
    names = tuple(column.name for column in dataset.of(role="group"))
    if not names:
        return row_groups.group
    return np.unique(row_hashes(dataset, names), return_inverse=True)[1].reshape(-1)


def _columns(encoding: Encoding, streams: Streams) -> np.ndarray:
    n = len(encoding.names)
    if n <= MOST_COLUMNS:
        return np.arange(n)
    return np.sort(streams("probabilities", "columns").choice(n, MOST_COLUMNS, replace=False))


def _alone(targets: np.ndarray, n: int, width: int) -> np.ndarray:
    """Return what a model says that has seen one class only, or none."""
    said = np.zeros((n, width))
    said[:, np.unique(targets)] = 1.0
    return said


def _asking_table(
    encoding: Encoding, columns: np.ndarray, labels: Labels, learned: np.ndarray, rows: np.ndarray
) -> Asked:
    """Return what a boosting model of some of the `learned` rows says about some of `rows`, both by place."""
    matrix = encoding.matrix(learned)[:, columns]

    def said(inside: np.ndarray, here: np.ndarray, seed: int) -> np.ndarray:
        given, wanted, flags = matrix[inside], encoding.matrix(rows[here])[:, columns], encoding.categorical[columns]
        held = ~np.isnan(given).all(axis=0)  # scikit-learn cannot bin a column without a value
        if not held.all():
            given, wanted, flags = given[:, held], wanted[:, held], flags[held]
        if not held.any():
            given, wanted, flags = np.zeros((len(given), 1)), np.zeros((len(wanted), 1)), np.zeros(1, dtype=bool)
        model = default_estimator(encoding, labels, seed, rounds=_rounds(labels))
        model.set_params(
            learning_rate=_RATE, max_leaf_nodes=_LEAVES, categorical_features=flags if flags.any() else None
        )
        model.fit(given, labels.codes[learned[inside]] if labels.is_classes else labels.values[learned[inside]])
        if not labels.is_classes:
            return np.asarray(model.predict(wanted)).reshape(-1, 1)
        out = np.zeros((len(wanted), len(labels.classes)))
        out[:, np.asarray(model.classes_, dtype=np.int64)] = model.predict_proba(wanted)
        return out

    return said


def _asking_blocks(inputs: Inputs, columns: np.ndarray, labels: Labels, n_learned: int) -> Asked:
    """Return the same of the default model for texts, images and vectors; the learned rows come first in `inputs`."""
    encoding = inputs.encoding
    without = [encoding.names[place] for place in np.setdiff1d(np.arange(len(encoding.names)), columns)]
    model = default_model(encoding, labels, rounds=_rounds(labels), learning_rate=_RATE, max_leaf_nodes=_LEAVES)

    def said(inside: np.ndarray, here: np.ndarray, seed: int) -> np.ndarray:
        fitted = fit(inputs, labels, inside, model=model, seed=seed, without=without)
        found = predict(fitted, inputs, here + n_learned)
        return found.values[:, None] if found.probabilities is None else found.probabilities

    return said


def _rounds(labels: Labels) -> int:
    if not labels.is_classes:
        return _ROUNDS_OF_NUMBERS
    return max(10, min(_ROUNDS, _MOST_TREES // len(labels.classes)))  # a round grows one tree a class
