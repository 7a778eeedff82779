"""How each column differs between training and test data: an effect size with its interval first, a p-value second."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.comparison import newcombe
from holdfast.audit.definitions import fact
from holdfast.audit.facts.rows.groups import Groups
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.audit.facts.shift.categories import variation
from holdfast.audit.facts.shift.numbers import Effect, Moved, gap, moved
from holdfast.audit.facts.shift.sides import SPLIT, Sides, sides_of
from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled

FEWEST_VALUES = 10  # on each side
_MANY = 500  # columns; of more, only those that may differ are looked at for how far their values moved
_MAY_DIFFER = 0.05  # p-value


@dataclass(frozen=True, slots=True)
class ColumnShift:
    """One column in train and test.

    `effect` lies between 0 and 1 and does not grow with rows: for numbers the largest gap between the two cumulative
    shares (Kolmogorov-Smirnov), for categories the share of rows that would have to change (total variation), less
    what sampling alone brings. `low` and `high` are its 95% interval. `moved` is, for numbers, how far values moved
    on average, in interquartile ranges (Wasserstein), with its interval, where that was asked.
    `missing` is the change of the missing share; its p-value is None where nothing is missing on either side.
    `sides` says what was compared.
    """

    name: str
    measure: Literal["gap between cumulative shares", "total variation"]
    n_train: int
    n_test: int
    effect: float
    low: float
    high: float
    p_value: float
    moved: Moved | None
    said: str
    missing: float
    missing_low: float
    missing_high: float
    missing_p_value: float | None
    sides: Sides = SPLIT

    @property
    def p_values(self) -> tuple[float, ...]:
        """P-values of the tests there were: of values, and of the missing share where anything is missing."""
        return (self.p_value,) if self.missing_p_value is None else (self.p_value, self.missing_p_value)

    @property
    def smallest(self) -> float:
        """The p-value that anything differs: the smallest, times their number (Bonferroni)."""
        return min(1.0, len(self.p_values) * min(self.p_values))


@dataclass(frozen=True)
class ColumnShifts:
    """The shift of every feature column that can be compared, and of the label where there is one."""

    columns: tuple[ColumnShift, ...]
    label: ColumnShift | None
    sampled: Sampled | None


@fact()
def column_shifts(
    dataset: Dataset, split_of: SplitOf, row_keys: RowKeys, groups: Groups | None, *, most_rows: int = 20_000
) -> ColumnShifts:
    """How the columns of train and test differ, from at most `most_rows` rows of each."""
    train, test = row_keys.sample(split_of.train, most_rows), row_keys.sample(split_of.test, most_rows)
    if min(len(train), len(test)) < FEWEST_VALUES:
        raise NotApplicable(f"a split has fewer than {FEWEST_VALUES} rows: nothing to compare")
    total = int(split_of.train.sum() + split_of.test.sum())
    sampled = Sampled(what="columns of train and test", rows=len(train) + len(test), of=total)
    rows = pa.array(np.concatenate([train, test]))
    # Rows of one person say one thing: what counts as evidence is the number of persons.
    codes = groups.codes if groups is not None and groups.certain else None
    sides = sides_of(dataset)
    weight = (_independent(codes, train), _independent(codes, test)) if codes is not None else (1.0, 1.0)
    columns = [one for one in dataset.columns if one.role == "feature" and one.kind in {"number", "category"}]
    followed = 1.0 if len(columns) <= _MANY else _MAY_DIFFER
    each = (compared(dataset, one, rows, len(train), weight, sides, followed=followed) for one in columns)
    found = [shift for shift in each if shift is not None]
    label = dataset.one("label")
    by_label = compared(dataset, label, rows, len(train), weight, sides, is_label=True) if label is not None else None
    if not found and by_label is None:
        raise NotApplicable("no column of numbers or categories to compare")
    return ColumnShifts(tuple(found), by_label, sampled if len(rows) < total else None)


def _independent(codes: np.ndarray, rows: np.ndarray) -> float:
    """Return how many groups there are for each row: 1 where every row is its own."""
    own = codes[rows]
    return (len(np.unique(own[own >= 0])) + int((own < 0).sum())) / max(len(rows), 1)


def compared(
    dataset: Dataset,
    column: Column,
    rows: pa.Array,
    n_train: int,
    weight: tuple[float, float] = (1.0, 1.0),
    sides: Sides = SPLIT,
    *,
    is_label: bool = False,
    followed: float = 1.0,
) -> ColumnShift | None:
    """Return how one column differs between the first `n_train` of `rows` and the others; None if that is too few.

    `weight` says how many independent rows each row of a side stands for. Times are compared as numbers. How far
    values moved is found out where the p-value is at most `followed`.
    """
    values = dataset.table.column(column.name).take(rows)
    missing = np.asarray(pc.is_null(values, nan_is_null=True).to_numpy(zero_copy_only=False))
    first, second = missing[:n_train], missing[n_train:]
    n_known = int((~first).sum()), int((~second).sum())
    n_rows = n_train * weight[0], len(second) * weight[1]  # independent ones
    lost = newcombe(float(second.mean()) * n_rows[1], n_rows[1], float(first.mean()) * n_rows[0], n_rows[0])
    effect, far, said = Effect(0.0, 0.0, 0.0, 1.0), None, ""
    as_number = column.kind in {"number", "time"} and not pa.types.is_large_string(values.type)
    if min(n_known) >= FEWEST_VALUES:
        counted = n_known[0] * weight[0], n_known[1] * weight[1]
        if as_number:
            numbers = _numbers(values)
            a, b = np.sort(numbers[:n_train][~first]), np.sort(numbers[n_train:][~second])
            effect = gap(a, b, *counted, exact=weight == (1.0, 1.0))
            far = moved(a, b, *counted) if effect.p_value <= followed else None
            said = "" if column.kind == "time" else _centres(a, b, sides)
        else:
            effect, said = variation(values, n_train, *counted, sides, plain=is_label)
    elif min(lost.p_value, 1.0) >= 1.0:
        return None
    measure: Literal["gap between cumulative shares", "total variation"]
    measure = "gap between cumulative shares" if as_number else "total variation"
    missing_p = lost.p_value if missing.any() else None
    return ColumnShift(
        column.name, measure, *n_known, *effect, far, said, lost.difference, lost.low, lost.high, missing_p, sides
    )


def _centres(a: np.ndarray, b: np.ndarray, sides: Sides) -> str:
    """Return the medians of two samples in words; the means, where the medians are the same."""
    with np.errstate(over="ignore", invalid="ignore"):
        word, pair = "median", (float(np.median(a)), float(np.median(b)))
        if pair[0] == pair[1]:
            word, pair = "mean", (float(a.mean()), float(b.mean()))
    return f"{word} {pair[0]:.4g} in {sides.first}, {pair[1]:.4g} in {sides.second}"


def _numbers(values: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_timestamp(values.type):
        values = pc.cast(values, pa.int64())
    floats = pc.cast(values, pa.float64(), safe=False)
    return np.asarray(floats.to_numpy(zero_copy_only=False), dtype=np.float64)
