"""How well a model does on groups or periods it has not seen, against rows like those it has."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.encoding import Encoding
from holdfast.audit.facts.learning.predictions import stand_in
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.audit.models import Inputs, Model, Predictions, as_model, fit, predict
from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams
from holdfast.core.record import Sampled

N_FOLDS = 3
LEAST_ROWS = 200
LEAST_GROUPS = 6
N_PERIODS = 20  # periods of time that the bootstrap draws as wholes
ROUNDS = 15


@dataclass(frozen=True)
class Environments:
    """Out-of-fold predictions for `rows`, with folds drawn at random and with whole environments left out.

    `column` tells the environments: groups, or periods of time. `environment` numbers that of each row.
    """

    column: str
    kind: Literal["group", "period"]
    rows: Int[np.ndarray, " rows"]
    environment: Int[np.ndarray, " rows"]
    n_environments: int
    at_random: Predictions
    left_out: Predictions
    own: bool
    sampled: Sampled | None = None


@fact(costly=True)
def environments(
    dataset: Dataset,
    labels: Labels,
    encoding: Encoding,
    row_keys: RowKeys,
    streams: Streams,
    estimator: Any | None,
    *,
    most_rows: int = 3_000,
) -> Environments:
    """Predictions for rows of environments that the model has seen, and of environments left out whole.

    Environments are the values of the first group column, else periods of the time column.
    """
    column = dataset.one("group") or dataset.one("time")
    if column is None:
        raise NotApplicable("no group or time column: name one with --group or --time")
    rows = row_keys.sample(labels.known & ~dataset.nulls(column.name), most_rows)
    if len(rows) < LEAST_ROWS:
        raise NotApplicable(f"{len(rows)} rows with a label and a {column.name!r} are too few to leave some out")
    kind: Literal["group", "period"] = "group" if column.role == "group" else "period"
    code = _codes(dataset, column, rows)
    environment = _numbered(code) if kind == "group" else _periods(code)
    n = int(environment.max()) + 1
    if n < LEAST_GROUPS:
        raise NotApplicable(f"{column.name!r} tells {n} environments apart, wanted {LEAST_GROUPS} or more")
    model = as_model(estimator) if estimator is not None else stand_in(encoding, labels, rounds=ROUNDS)
    inputs = Inputs(dataset, encoding, rows)
    seed = streams.integer("environments")
    whole = _folds_of(environment, kind)
    try:
        at_random = _out_of_fold(inputs, labels, model, _balanced_random(row_keys.folds(rows, 1 << 16)), seed)
        left_out = _out_of_fold(inputs, labels, model, whole, seed)
    except BadInput as error:
        raise NotApplicable(str(error)) from error
    sampled = (
        Sampled(what="rows for environments", rows=len(rows), of=len(dataset)) if len(rows) < len(dataset) else None
    )
    return Environments(column.name, kind, rows, environment, n, at_random, left_out, model.own, sampled)


def _codes(dataset: Dataset, column: Column, rows: np.ndarray) -> Int[np.ndarray, " rows"]:
    """Return a number for each of `rows` that sorts as the values do."""
    table = pa.table({column.name: dataset.values(column.name).take(pa.array(rows))})
    picked = Dataset(dataset.name, table, (column,))
    if column.kind in {"number", "time"}:
        return np.unique(picked.numbers(column.name), return_inverse=True)[1].reshape(-1)
    codes, names = picked.codes(column.name)
    rank = np.empty(len(names), dtype=np.int64)
    rank[sorted(range(len(names)), key=lambda i: str(names[i]))] = np.arange(len(names))
    return np.asarray(rank[codes])


def _numbered(code: np.ndarray) -> np.ndarray:
    return np.unique(code, return_inverse=True)[1].reshape(-1)


def _periods(code: np.ndarray) -> np.ndarray:
    """Return up to twenty periods of about as many rows; rows of one time stay together."""
    edges = np.unique(np.quantile(code, np.arange(1, N_PERIODS) / N_PERIODS))
    return _numbered(np.searchsorted(edges, code, side="right"))


def _folds_of(environment: np.ndarray, kind: str) -> np.ndarray:
    """Return folds of whole environments: periods that follow each other, or groups spread by size."""
    n = int(environment.max()) + 1
    if kind == "period":
        return np.asarray(environment * N_FOLDS // n)
    size = np.bincount(environment)
    # The largest groups first, to and fro over the folds, so that folds are about as large.
    turn = np.concatenate([np.arange(N_FOLDS), np.arange(N_FOLDS)[::-1]])
    fold = np.empty(n, dtype=np.int64)
    fold[np.argsort(-size, kind="stable")] = np.resize(turn, n)
    return np.asarray(fold[environment])


def _balanced_random(keys: np.ndarray) -> np.ndarray:
    fold = np.empty(len(keys), dtype=np.int64)
    fold[np.argsort(keys, kind="stable")] = np.arange(len(keys)) * N_FOLDS // len(keys)
    return fold


def _out_of_fold(inputs: Inputs, labels: Labels, model: Model, fold: np.ndarray, seed: int) -> Predictions:
    n, k = len(inputs.rows), len(labels.classes)
    values = np.empty(n)
    scores, probabilities = np.zeros((n, k)), np.zeros((n, k))
    has_scores, has_probabilities = k > 0, k > 0
    for number in range(N_FOLDS):
        asked = np.flatnonzero(fold == number)
        fitted = fit(inputs, labels, np.flatnonzero(fold != number), model=model, seed=seed)
        found = predict(fitted, inputs, asked)
        values[asked] = found.values
        has_scores, has_probabilities = (
            has_scores and found.scores is not None,
            has_probabilities and found.probabilities is not None,
        )
        if found.scores is not None:
            scores[asked] = found.scores
        if found.probabilities is not None:
            probabilities[asked] = found.probabilities
    return Predictions(
        values, labels.classes, probabilities if has_probabilities else None, scores if has_scores else None
    )
