"""Stored predictions: read as they are, then understood in the light of the labels.

One row for each test row, in the same order (or for each row of the whole data, or with the data's id column, by which
they are matched). Columns, for one model or several:

    a class or a number             `pred`, `forest`, `boosting`
    a score of the second class     `forest_score` (two classes only; a probability if it lies between 0 and 1)
    a score for each class          `forest_cat`, `forest_dog`

What is left of a name without class and words such as "pred" or "proba" is the model's name. A column called like
the label must agree with it: so a file in another order is noticed.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int

from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.models import Predictions
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput
from holdfast.core.hashing import digest_json
from holdfast.data.canonical import canonical

_GENERIC = frozenset(
    {
        "pred",
        "preds",
        "prediction",
        "predictions",
        "predicted",
        "label",
        "class",
        "target",
        "y",
        "hat",
        "yhat",
        "proba",
        "probas",
        "prob",
        "probs",
        "probability",
        "probabilities",
        "p",
        "score",
        "scores",
        "output",
        "outputs",
        "logit",
        "logits",
    }
)
UNNAMED = "predictions"  # the model whose columns carry no name of their own
_SEPARATORS = re.compile(r"[\s_.:/|=\-\[\]()]+")
_INDEX = re.compile(r"(unnamed|index|column|row)?[\s_:]*\d*", re.IGNORECASE)  # what saving a frame with its index adds
_SUM_TOLERANCE = 1e-3  # probabilities written with a few digits do not add up to one exactly
_MOST_MODELS = 200  # more columns than this are features, not models


@dataclass(frozen=True)
class StoredPredictions:
    """Columns of predictions for `rows` of the data set, as they were read."""

    name: str
    rows: Int[np.ndarray, " predicted"]
    columns: Mapping[str, pa.ChunkedArray]

    @property
    def digest(self) -> str:
        """Content hash: the same predictions have the same one."""
        return digest_json([[name, values.to_pylist()] for name, values in sorted(self.columns.items())])


def read_predictions(given: Any, dataset: Dataset) -> StoredPredictions:
    """Return the predictions in a file or table, matched to rows of `dataset`.

    Raises BadInput when the file cannot be read, has another number of rows than the test set, or holds other labels.
    """
    from holdfast.data.loading import load

    if isinstance(given, StoredPredictions):
        return given
    loaded = load({"predictions": given})
    names = [column.name for column in loaded.columns if column.role != "split"]
    return stored(loaded.table.select(names), dataset, name=loaded.name)


def stored(table: pa.Table, dataset: Dataset, name: str = "predictions") -> StoredPredictions:
    """Return the columns of a table as predictions, matched to rows of `dataset`. Raises BadInput."""
    table = canonical(table)
    rows, order = _matched(table, dataset, name)
    columns = {column: values.take(pa.array(order)) for column, values in zip(table.column_names, table, strict=True)}
    for column in dataset.of(role="id"):
        columns.pop(column.name, None)
    label = dataset.one("label")
    if label is not None and label.name in columns:
        _refuse_other_labels(columns.pop(label.name), dataset.values(label.name).take(pa.array(rows)), name)
    if not columns:
        raise BadInput(f"{name} holds no column of predictions")
    if len(columns) > _MOST_MODELS:
        raise BadInput(f"{name} holds {len(columns):,} columns, which are hardly all predictions")
    return StoredPredictions(name, rows, columns)


def understood(given: StoredPredictions, labels: Labels) -> Mapping[str, Predictions]:
    """Return the predictions of each model by its name, for the rows in `given.rows`.

    A value that is missing, or no class of the label, is NaN. Raises BadInput when no column can be understood.
    """
    if not labels.is_classes:
        found = {name: Predictions(_numbers(values)) for name, values in given.columns.items() if _is_number(values)}
        if len(found) > 1:
            found = {name: item for name, item in found.items() if not _is_index(name, item.values)}
        if not found:
            raise BadInput(f"{given.name}: the label {labels.column!r} is a number, but no column holds numbers")
        return found
    classes: dict[str, list[tuple[str, np.ndarray]]] = defaultdict(list)
    scores: dict[str, dict[int, np.ndarray]] = {}
    taken: set[str] = set()
    for rest, group in _score_groups(given, labels).items():
        taken |= set(group.values())
        scores[_free(_model_name(rest), rest, scores)] = {k: _numbers(given.columns[c]) for k, c in group.items()}
    for column, values in given.columns.items():
        if column in taken:
            continue
        codes = _codes(values, labels)
        if codes is not None:
            classes[_model_name(column)].append((column, codes))
        elif _is_number(values) and len(labels.classes) == 2 and not _is_index(column, _numbers(values)):
            scores[_free(_model_name(column), column, scores)] = {1: _numbers(values)}
    models = _joined(classes, scores, labels)
    if not models:
        shown = ", ".join(repr(name) for name in labels.classes[:5])
        raise BadInput(
            f"{given.name}: no column holds classes of the label {labels.column!r} ({shown}) or a score for each"
        )
    return models


def _matched(table: pa.Table, dataset: Dataset, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of the data set and, for each, the row of `table` that holds its prediction."""
    test = _test_rows(dataset)
    for column in dataset.of(role="id"):
        if column.name in table.column_names:
            return _matched_by_id(table.column(column.name), dataset, column.name, test, name)
    if len(table) == len(test):
        return test, np.arange(len(test))
    if len(table) == len(dataset):
        return test, test
    raise BadInput(f"{name} holds {len(table):,} rows, wanted one for each of the {len(test):,} test rows, in order")


def _matched_by_id(
    ids: pa.ChunkedArray, dataset: Dataset, column: str, test: np.ndarray, name: str
) -> tuple[np.ndarray, np.ndarray]:
    wanted = dataset.values(column).take(pa.array(test))
    try:
        places = pc.index_in(pc.cast(wanted, pa.large_string()), value_set=pc.cast(ids, pa.large_string()))
    except pa.ArrowInvalid as error:
        raise BadInput(f"{name}: column {column!r} does not hold the ids of the data") from error
    found = np.asarray(places.is_valid())
    if not found.any():
        raise BadInput(f"{name}: no value of {column!r} is the id of a test row")
    return test[found], np.asarray(places.drop_null()).astype(np.int64)


def _test_rows(dataset: Dataset) -> np.ndarray:
    split = dataset.one("split")
    if split is None:
        return np.arange(len(dataset))
    codes, names = dataset.codes(split.name)
    return np.flatnonzero(codes == names.index("test")) if "test" in names else np.arange(len(dataset))


def _refuse_other_labels(said: pa.ChunkedArray, known: pa.ChunkedArray, name: str) -> None:
    if _is_number(said) and _is_number(known):
        same = np.isclose(_numbers(said), _numbers(known), equal_nan=True)
    else:
        same = np.array(
            [str(a) == str(b) for a, b in zip(said.to_pylist(), known.to_pylist(), strict=True)], dtype=bool
        )
    if not same.all():
        raise BadInput(
            f"{name}: the label differs from the data in {int((~same).sum()):,} of {len(same):,} rows; "
            "are the rows in another order?"
        )


def _score_groups(given: StoredPredictions, labels: Labels) -> Mapping[str, Mapping[int, str]]:
    """Return columns that together score the classes, by what is left of their names without the class.

    A name that ends in a class proves little where classes are numbers (`net_1` may be the first of several nets):
    the values have to look like scores, too.
    """
    groups: dict[str, dict[int, str]] = defaultdict(dict)
    for column, values in given.columns.items():
        place = _class_of(column, labels)
        if place is not None and _is_number(values):
            groups[place[1]][place[0]] = column
    return {
        rest: group for rest, group in groups.items() if _are_scores([given.columns[c] for c in group.values()], labels)
    }


def _are_scores(columns: Sequence[pa.ChunkedArray], labels: Labels) -> bool:
    n_classes = len(labels.classes)
    hard = all(_codes(values, labels) is not None for values in columns)
    if len(columns) < n_classes:
        return n_classes == 2 and not hard
    matrix = np.stack([_numbers(values) for values in columns], axis=1)
    if _adds_to_one(matrix):
        return True
    opposite = n_classes == 2 and np.allclose(matrix[:, 0], -matrix[:, 1], equal_nan=True)
    return not hard and (n_classes > 2 or bool(opposite))


def _free(name: str, column: str, taken: Mapping[str, object]) -> str:
    """Return `name`, or the whole name of the column where another has taken it."""
    return column if name in taken else name


def _joined(
    classes: Mapping[str, list[tuple[str, np.ndarray]]], scores: Mapping[str, Mapping[int, np.ndarray]], labels: Labels
) -> Mapping[str, Predictions]:
    models: dict[str, Predictions] = {}
    for name in dict.fromkeys([*classes, *scores]):
        matrix = _matrix(scores.get(name, {}), len(labels.classes))
        columns = classes.get(name, [])
        if not columns and matrix is None:
            continue
        for column, codes in columns or [("", _best(matrix))]:
            probabilities = matrix if matrix is not None and _adds_to_one(matrix) else None
            title = name if len(columns) < 2 else column
            models[title] = Predictions(codes, labels.classes, probabilities, matrix)
    return models


def _matrix(given: Mapping[int, np.ndarray], n_classes: int) -> np.ndarray | None:
    """Return a score for each class; with two classes, one is enough. None where some are not there."""
    if n_classes == 2 and len(given) == 1:
        [(place, one)] = given.items()
        known = one[np.isfinite(one)]
        other = 1.0 - one if known.size and known.min() >= 0.0 and known.max() <= 1.0 else -one
        return np.stack([one, other] if place == 0 else [other, one], axis=1)
    if len(given) < n_classes:
        return None
    return np.stack([given[place] for place in range(n_classes)], axis=1)


def _best(matrix: np.ndarray | None) -> np.ndarray:
    assert matrix is not None  # its caller has looked
    best = np.where(np.isnan(matrix), -np.inf, matrix).argmax(axis=1).astype(np.float64)
    if matrix.shape[1] == 2 and np.array_equal(matrix[:, 0], -matrix[:, 1], equal_nan=True):
        best = np.where(matrix[:, 1] > 0.0, 1.0, 0.0)  # a margin, such as that of a linear model
    best[np.isnan(matrix).any(axis=1)] = np.nan
    return best


def _adds_to_one(matrix: np.ndarray) -> bool:
    known = matrix[~np.isnan(matrix).any(axis=1)]
    return bool(
        len(known)
        and known.min() >= 0.0
        and known.max() <= 1.0 + _SUM_TOLERANCE
        and np.abs(known.sum(axis=1) - 1.0).max() <= _SUM_TOLERANCE
    )


def _class_of(column: str, labels: Labels) -> tuple[int, str] | None:
    """Return the class that a column's name ends or begins with, and the rest of the name."""
    for place in sorted(range(len(labels.classes)), key=lambda i: -len(labels.classes[i])):
        name = labels.classes[place]
        if name and (column == name or (column.endswith(name) and _SEPARATORS.match(column[-len(name) - 1]))):
            return place, column[: len(column) - len(name)]
        if name and column.startswith(name) and _SEPARATORS.match(column[len(name)]):
            return place, column[len(name) :]
    return None


def _model_name(column: str) -> str:
    words = [word for word in _SEPARATORS.split(column) if word and word.lower() not in _GENERIC]
    return "_".join(words) or UNNAMED


def _codes(values: pa.ChunkedArray, labels: Labels) -> np.ndarray | None:
    """Return the class of each value, NaN where missing; None unless nearly all values are classes."""
    known = {name: float(place) for place, name in enumerate(labels.classes)}
    known |= {_written(name): place for name, place in known.items()}
    encoded = values.combine_chunks().dictionary_encode()
    words = encoded.dictionary.to_pylist()
    table = np.array([*(known.get(str(word), known.get(_written(word), np.nan)) for word in words), np.nan])
    codes = table[pc.fill_null(encoded.indices, len(words)).to_numpy(zero_copy_only=False)]
    n_known = len(values) - values.null_count
    if not n_known or np.isfinite(codes).sum() < 0.95 * n_known:
        return None
    return np.asarray(codes, dtype=np.float64)


def _written(value: Any) -> str:
    """Return one spelling for 1, 1.0 and "1", and for True and "true"."""
    try:
        return f"{float(value):g}"
    except (TypeError, ValueError):
        return str(value).strip().lower()


def _is_number(values: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_integer(values.type) or pa.types.is_floating(values.type))


def _is_index(name: str, values: np.ndarray) -> bool:
    """Return whether a column only counts rows, as an index that was saved with a frame."""
    return bool(_INDEX.fullmatch(name)) and len(values) > 1 and bool(np.all(np.diff(values) == 1.0))


def _numbers(values: pa.ChunkedArray) -> np.ndarray:
    numbers = np.asarray(pc.cast(values, pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)
    return numbers
