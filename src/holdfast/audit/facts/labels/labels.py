"""What is to be predicted: classes or a number."""

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from jaxtyping import Bool, Float, Int

from holdfast.audit.definitions import fact
from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import NotApplicable

MOST_INTEGER_CLASSES = (
    20  # a whole-numbered label with more values than this is a quantity, as in scikit-learn's advice
)


@dataclass(frozen=True)
class Labels:
    """The label of each row.

    Classification: `classes` are the values as text and `codes` the class of each row, -1 where missing.
    Regression: `classes` is empty. `values` is the label as a number (the code, for classes), NaN where missing.
    """

    column: str
    classes: tuple[str, ...]
    codes: Int[np.ndarray, " rows"]
    values: Float[np.ndarray, " rows"]

    @property
    def is_classes(self) -> bool:
        """Whether the task is classification."""
        return bool(self.classes)

    @property
    def known(self) -> Bool[np.ndarray, " rows"]:
        """Rows whose label is not missing."""
        return np.isfinite(self.values)


@fact()
def labels(dataset: Dataset, *, task: str = "auto") -> Labels:
    """The label column as classes or numbers. `task` may be auto, classification or regression."""
    column = dataset.one("label")
    if column is None:
        raise NotApplicable("no label column: name it with --label")
    if task == "regression" or (task == "auto" and _is_quantity(dataset, column)):
        values = dataset.numbers(column.name)
        if not np.isfinite(values).any():
            raise NotApplicable(f"every value of the label {column.name!r} is missing")
        return Labels(column.name, (), np.full(len(values), -1), np.where(np.isfinite(values), values, np.nan))
    codes, raw = dataset.codes(column.name)
    if not raw:
        raise NotApplicable(f"every value of the label {column.name!r} is missing")
    # Classes are numbered in sorted order, so that no result depends on the order of rows.
    order = sorted(range(len(raw)), key=lambda i: (isinstance(raw[i], str), raw[i]))
    rank = np.empty(len(raw) + 1, dtype=np.int64)
    rank[order] = np.arange(len(raw))
    rank[-1] = -1
    codes = rank[codes]
    values = np.where(codes < 0, np.nan, codes.astype(np.float64))
    return Labels(column.name, tuple(str(raw[i]) for i in order), codes, values)


def _is_quantity(dataset: Dataset, column: Column) -> bool:
    if column.kind != "number":
        return False
    distinct = pc.unique(dataset.values(column.name).drop_null())
    if len(distinct) <= 2:
        return False
    numbers = np.asarray(pc.cast(distinct, "float64").to_numpy(zero_copy_only=False))
    whole = bool(np.all(numbers == np.round(numbers)))
    return not whole or len(distinct) > MOST_INTEGER_CLASSES
