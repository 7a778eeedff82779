"""A scorer for scikit-learn's cross-validation that counts only test rows which training cannot have seen."""

import re
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Int, UInt64

from holdfast.core.errors import BadInput
from holdfast.data.bulk.hashes import hashes_of
from holdfast.data.canonical import canonical

_ROW_LABELS = re.compile(r"__index_level_\d+__")


class HonestScorer:
    """Scores a fold on those of its rows that have no copy, and nobody of their group, outside the fold.

    It is called as any scorer is, by `cross_val_score`, `cross_validate` or a grid search:

        cross_val_score(model, X, y, cv=KFold(5), scoring=HonestScorer(X, metric="accuracy", groups=patients))

    A scorer is shown the test rows only. Rows outside are those of `X` that were not shown, and all of them are taken
    to be training rows, which is so for every k-fold and cautious for other splitters. Rows are told by their values.

    `folds` lists what was left out: (rows, of rows) a fold, as far as folds were scored in this process.
    """

    def __init__(self, X: Any, *, metric: Any = None, groups: Any = None) -> None:  # noqa: N803 scikit-learn's name
        """Take all rows, in the form in which they will be cross-validated.

        `metric` is the name of a metric or a scorer; the estimator's own score without it. `groups` has an entry a row.
        Raises BadInput.
        """
        hashes = _hashes(X)
        codes = _codes(groups, len(hashes))
        self.folds: list[tuple[int, int]] = []
        self._metric = metric
        self._hash, row = np.unique(hashes, return_inverse=True)
        self._copies = np.bincount(row)
        # Which values occur in which group, once each.
        self._pairs = np.unique(np.stack([row, codes], axis=1), axis=0) if len(row) else np.empty((0, 2), np.int64)
        self._grouped = groups is not None

    def __call__(self, estimator: Any, X: Any, y: Any, **more: Any) -> float:  # noqa: N803 scikit-learn's name
        """Return the score of a fold. Raises BadInput where no row is left, or rows are not among those given."""
        from sklearn.utils import _safe_indexing

        told = self.new(X)
        new, total = np.flatnonzero(told), len(told)
        self.folds.append((total - len(new), total))
        if not len(new):
            beside = " or somebody of their group" if self._grouped else ""
            raise BadInput(f"no row of this fold can be scored: all {total:,} have a copy{beside} outside it")
        score: float = self._scorer(estimator)(estimator, _safe_indexing(X, new), _safe_indexing(y, new), **more)
        return score

    def new(self, X: Any) -> Bool[np.ndarray, " rows"]:  # noqa: N803 scikit-learn's name
        """Return which rows of a fold training cannot have seen. Raises BadInput for rows that were not given."""
        hashes = _hashes(X)
        place = np.searchsorted(self._hash, hashes)
        place = np.minimum(place, max(0, len(self._hash) - 1))
        if len(hashes) and (not len(self._hash) or (self._hash[place] != hashes).any()):
            raise BadInput(
                "the fold has rows that HonestScorer was not given: give it the rows that are cross-validated"
            )
        inside = np.bincount(place, minlength=len(self._hash)) >= self._copies  # all copies are in the fold
        if not self._grouped:
            return np.asarray(inside[place])
        value, group = self._pairs[:, 0], self._pairs[:, 1]
        broken = np.zeros(int(group.max(initial=-1)) + 1, dtype=bool)
        broken[group[~inside[value]]] = True  # a member is outside
        clean = inside.copy()
        clean[value[broken[group]]] = False
        return np.asarray(clean[place])

    def _scorer(self, estimator: Any) -> Any:
        from sklearn.metrics import check_scoring

        return check_scoring(estimator, scoring=self._metric)


def _codes(groups: Any, n: int) -> Int[np.ndarray, " rows"]:
    if groups is None:
        return np.zeros(n, dtype=np.int64)
    found = np.asarray(groups)
    if found.shape != (n,):
        raise BadInput(f"groups want one entry a row, {n:,} in all, got {' × '.join(map(str, found.shape)) or 'none'}")
    return np.asarray(np.unique(found, return_inverse=True)[1], dtype=np.int64)


def _hashes(X: Any) -> UInt64[np.ndarray, " rows"]:  # noqa: N803 scikit-learn's name
    table = canonical(table_of(X))
    return hashes_of([column.chunks for column in table.columns], len(table))


def table_of(X: Any) -> pa.Table:  # noqa: N803 scikit-learn's name
    """Return the features that estimators take, a frame or an array, as a table. Raises BadInput for sparse ones."""
    if hasattr(X, "__arrow_c_stream__"):
        table = pa.table(X)  # a part of a pandas frame brings the labels of its rows as a column
        return table.select([name for name in table.column_names if not _ROW_LABELS.fullmatch(name)])
    if hasattr(X, "to_arrow"):
        return X.to_arrow()
    if hasattr(X, "tocsr"):
        raise BadInput("wanted a frame or an array of features, got a sparse matrix")
    rows = np.asarray(X)
    rows = rows.reshape(len(rows), -1)
    return pa.table([pa.array(rows[:, i]) for i in range(rows.shape[1])], names=[str(i) for i in range(rows.shape[1])])
