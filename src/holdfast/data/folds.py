"""Splits by whatever splits as scikit-learn's splitters do: an object with `split`, or pairs of row numbers."""

import warnings
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from holdfast.core.dataset import Dataset, Source, Step
from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.splitting import with_split

_MOST_NAME = 120


def by_folds(dataset: Dataset, splitter: Any) -> tuple[Dataset, list[str]]:
    """Return the data set split by the last fold, which in order of time learns from most, and what is to be said.

    `splitter` has `split(X, y, groups)`, as `GroupKFold(5)` and `TimeSeriesSplit()` have, or is a list of pairs
    (training rows, test rows). Rows in neither are left out. Raises BadInput for folds that are none.
    """
    name = one_line(" ".join(repr(splitter).split()), _MOST_NAME) if hasattr(splitter, "split") else "given folds"
    train, test, n_folds = _last(dataset, splitter, name)
    for rows, side in ((train, "training"), (test, "test")):
        if not len(rows):
            raise BadInput(f"{name} leaves the {side} side of its last fold empty")
        if rows.min() < 0 or rows.max() >= len(dataset):
            raise BadInput(f"{name} names rows that are not there: {rows.min()} to {rows.max()} of {len(dataset):,}")
    both = np.intersect1d(train, test)
    if len(both):
        raise BadInput(f"{name} puts {len(both):,} rows on both sides of its last fold, such as row {both[0]}")
    is_test = np.zeros(len(dataset), dtype=bool)
    is_test[test] = True
    kept = np.union1d(train, test)
    done = with_split(dataset, is_test)
    step = Step("split", {"splitter": name, "folds": n_folds})
    done = replace(done, history=(*dataset.history, step))
    notes = [f"split by {name}: fold {n_folds} of {n_folds}, {len(train):,} rows to train and {len(test):,} to test"]
    if len(kept) < len(dataset):
        notes.append(f"{len(dataset) - len(kept):,} rows are in neither side of this fold and were left out")
        source = Source(
            dataset.name, 0, len(kept), dataset.digest
        )  # rows are no longer those of the files, line by line
        done = replace(done.take(kept, "fold"), sources=(source,))
    return done, notes


def _last(
    dataset: Dataset, splitter: Any, name: str
) -> tuple[Int[np.ndarray, " train"], Int[np.ndarray, " test"], int]:
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", "The groups parameter is ignored"
            )  # the splitter's choice, which is audited
            folds = list(_folds(dataset, splitter))
        train, test = folds[-1]
        return np.unique(_rows(train)), np.unique(_rows(test)), len(folds)
    except BadInput:
        raise
    except IndexError:
        raise BadInput(f"{name} makes no folds") from None
    except Exception as error:
        said = one_line(f"{type(error).__name__}: {error}", 300)
        raise BadInput(f"{name} cannot split {dataset.name}: {said}") from error


def _folds(dataset: Dataset, splitter: Any) -> Iterable[Any]:
    if not hasattr(splitter, "split"):
        return iter(splitter)
    label = dataset.one("label")
    found: Iterable[Any] = splitter.split(
        dataset.table, _values(dataset, label.name) if label else None, _groups(dataset)
    )
    return found


def _rows(rows: Any) -> Int[np.ndarray, " rows"]:
    found = np.asarray(rows)
    if not found.size:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(found) if found.dtype == bool else found.astype(np.int64, casting="safe")


def _values(dataset: Dataset, name: str) -> np.ndarray:
    """Return labels as splitters take them: numbers, or a code for each class."""
    if pa.types.is_floating(dataset.values(name).type):
        return dataset.numbers(name)
    return dataset.codes(name)[0]


def _groups(dataset: Dataset) -> Int[np.ndarray, " rows"] | None:
    columns = dataset.of(role="group")
    if not columns:
        return None
    codes = np.stack([dataset.codes(column.name)[0] for column in columns], axis=1)
    return np.unique(codes, axis=0, return_inverse=True)[1].reshape(-1)
