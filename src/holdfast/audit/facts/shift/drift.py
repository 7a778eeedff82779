"""How each column differs between training and test data: an effect size with its interval first, a p-value second."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.audit.definitions import fact
from holdfast.audit.facts.rows.groups import Groups
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.record import Sampled

_Z = 1.96  # 95 %
FEWEST_VALUES = 10  # on each side
_POOLED_BELOW = 5.0  # expected count; Cochran (1954)
_MOST_WORDS = 2_000  # most frequent values compared one by one; the rest count as one
_NORMAL_IQR = 0.7413  # a normal law's standard deviation is this times its interquartile range


@dataclass(frozen=True, slots=True)
class ColumnShift:
    """One column in train and test.

    `effect` lies between 0 and 1 and does not grow with rows: for numbers the largest gap between the two cumulative
    shares (Kolmogorov-Smirnov), for categories the share of rows that would have to change (total variation), less
    what sampling alone brings. `low` and `high` are its 95 % interval. `moved` is, for numbers, how far values moved
    on average, in robust standard deviations (Wasserstein). `missing` is the change of the missing share.
    """

    name: str
    measure: Literal["gap between cumulative shares", "total variation"]
    n_train: int
    n_test: int
    effect: float
    low: float
    high: float
    p_value: float
    moved: float | None
    said: str
    missing: float
    missing_low: float
    missing_high: float
    missing_p_value: float


@dataclass(frozen=True)
class ColumnShifts:
    """The shift of every feature column that can be compared, and of the label where there is one."""

    columns: tuple[ColumnShift, ...]
    label: ColumnShift | None
    by_group: bool  # p-values count groups, not rows
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
    weight = (_independent(codes, train), _independent(codes, test)) if codes is not None else (1.0, 1.0)
    found = []
    for column in dataset.columns:
        if column.role == "feature" and column.kind in {"number", "category"}:
            shift = _compared(dataset, column, rows, len(train), weight)
            if shift is not None:
                found.append(shift)
    label = dataset.one("label")
    by_label = _compared(dataset, label, rows, len(train), weight, is_label=True) if label is not None else None
    if not found and by_label is None:
        raise NotApplicable("no column of numbers or categories to compare")
    return ColumnShifts(tuple(found), by_label, codes is not None, sampled if len(rows) < total else None)


def _independent(codes: np.ndarray, rows: np.ndarray) -> float:
    """Return how many groups there are for each row: 1 where every row is its own."""
    own = codes[rows]
    return (len(np.unique(own[own >= 0])) + int((own < 0).sum())) / max(len(rows), 1)


def _compared(
    dataset: Dataset,
    column: Column,
    rows: pa.Array,
    n_train: int,
    weight: tuple[float, float],
    *,
    is_label: bool = False,
) -> ColumnShift | None:
    """Return how one column differs; None when a side has too few values to tell."""
    values = dataset.table.column(column.name).take(rows)
    missing = np.asarray(pc.is_null(values, nan_is_null=True).to_numpy(zero_copy_only=False))
    sides = missing[:n_train], missing[n_train:]
    n_known = int((~sides[0]).sum()), int((~sides[1]).sum())
    lost = _difference(float(sides[1].mean()), float(sides[0].mean()), len(sides[1]) * weight[1], n_train * weight[0])
    effect, moved, said = (0.0, 0.0, 0.0, 1.0), None, ""
    as_number = column.kind == "number" and not pa.types.is_large_string(values.type)
    if min(n_known) >= FEWEST_VALUES:
        counted = n_known[0] * weight[0], n_known[1] * weight[1]
        if as_number:
            numbers = _numbers(values)
            a, b = np.sort(numbers[:n_train][~sides[0]]), np.sort(numbers[n_train:][~sides[1]])
            effect, moved = _gap(a, b, *counted), _moved(a, b)
            said = _centres(a, b)
        else:
            effect, said = _variation(values, n_train, *counted, plain=is_label)
    elif min(lost[3], 1.0) >= 1.0:
        return None
    measure: Literal["gap between cumulative shares", "total variation"]
    measure = "gap between cumulative shares" if as_number else "total variation"
    return ColumnShift(column.name, measure, *n_known, *effect, moved, said, *lost)


def _centres(a: np.ndarray, b: np.ndarray) -> str:
    """Return the medians of two samples in words; the means, where the medians are the same."""
    with np.errstate(over="ignore", invalid="ignore"):
        word, pair = "median", (float(np.median(a)), float(np.median(b)))
        if pair[0] == pair[1]:
            word, pair = "mean", (float(a.mean()), float(b.mean()))
    return f"{word} {pair[0]:.4g} in train, {pair[1]:.4g} in test"


def _numbers(values: pa.ChunkedArray) -> np.ndarray:
    floats = pc.cast(values, pa.float64(), safe=False)
    return np.asarray(floats.to_numpy(zero_copy_only=False), dtype=np.float64)


def _difference(test: float, train: float, n_test: float, n_train: float) -> tuple[float, float, float, float]:
    """Return (difference of shares, its 95 % interval, two-sided p-value), by the normal law."""
    from scipy.special import ndtr

    gap = test - train
    own = np.sqrt(test * (1 - test) / max(n_test, 1) + train * (1 - train) / max(n_train, 1))
    both = (test * n_test + train * n_train) / max(n_test + n_train, 1)
    pooled = np.sqrt(both * (1 - both) * (1 / max(n_test, 1) + 1 / max(n_train, 1)))
    p_value = float(2 * ndtr(-abs(gap) / pooled)) if pooled > 0 else 1.0
    return gap, gap - _Z * float(own), gap + _Z * float(own), p_value


def _gap(a: np.ndarray, b: np.ndarray, n_a: float, n_b: float) -> tuple[float, float, float, float]:
    """Return the Kolmogorov-Smirnov distance of two sorted samples with interval and p-value.

    The interval is that of a difference of two shares at the place of the largest gap.
    """
    places = np.concatenate([a, b])
    below_a = np.searchsorted(a, places, side="right") / len(a)
    below_b = np.searchsorted(b, places, side="right") / len(b)
    at = int(np.argmax(np.abs(below_a - below_b)))
    effect = float(abs(below_a[at] - below_b[at]))
    margin = _Z * float(np.sqrt(below_a[at] * (1 - below_a[at]) / n_a + below_b[at] * (1 - below_b[at]) / n_b))
    p_value = kolmogorov(effect * np.sqrt(n_a * n_b / (n_a + n_b)))
    return effect, max(0.0, effect - margin), min(1.0, effect + margin), p_value


def kolmogorov(x: float) -> float:
    """Return the chance that Kolmogorov's statistic exceeds `x` (Smirnov, 1948); too large for values with ties."""
    if x < 0.3:
        return 1.0
    k = np.arange(1, 101)
    return float(np.clip(2 * np.sum((-1.0) ** (k - 1) * np.exp(-2 * (k * x) ** 2)), 0.0, 1.0))


def _moved(a: np.ndarray, b: np.ndarray) -> float:
    """Return the mean distance of equal quantiles, in robust standard deviations of the training values."""
    at = (np.arange(100) + 0.5) / 100
    from_a, from_b = a[(at * len(a)).astype(np.int64)], b[(at * len(b)).astype(np.int64)]
    with np.errstate(invalid="ignore", over="ignore"):
        scale = _NORMAL_IQR * float(from_a[75] - from_a[25]) or float(np.std(a)) or 1.0
        moved = float(np.mean(np.abs(from_a - from_b)) / scale)
    return moved if np.isfinite(moved) else 0.0


def _variation(
    values: pa.ChunkedArray, n_train: int, n_a: float, n_b: float, *, plain: bool
) -> tuple[tuple[float, float, float, float], str]:
    """Return the total variation of two samples of categories, less its expectation without a shift, and in words."""
    from scipy.special import chdtrc

    encoded = (_plainly_written(values) if plain else values).combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):  # PyArrow returns either, depending on its release
        encoded = encoded.combine_chunks()
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    k = len(encoded.dictionary)
    a = np.bincount(codes[:n_train][codes[:n_train] >= 0], minlength=k)
    b = np.bincount(codes[n_train:][codes[n_train:] >= 0], minlength=k)
    frequent = np.argsort(-(a + b), kind="stable")[:_MOST_WORDS]
    both = (a + b)[frequent]
    least = _POOLED_BELOW * (a.sum() + b.sum()) / max(min(a.sum(), b.sum()), 1)
    kept = frequent[both >= least]
    counts = np.stack([np.r_[s[kept], s.sum() - s[kept].sum()] for s in (a, b)]).astype(np.float64)
    counts = counts[:, counts.sum(axis=0) > 0]
    shares = counts / counts.sum(axis=1, keepdims=True)
    change = shares[1] - shares[0]
    variation = float(np.abs(change).sum() / 2)
    pooled = counts.sum(axis=0) / counts.sum()
    # E|difference| of a normal difference with mean 0 is √(2/π) of its deviation.
    noise = float(np.sqrt(2 / np.pi * pooled * (1 - pooled) * (1 / n_a + 1 / n_b)).sum() / 2)
    more = float(shares[1][change > 0].sum()), float(shares[0][change > 0].sum())
    margin = _Z * float(np.sqrt(more[0] * (1 - more[0]) / n_b + more[1] * (1 - more[1]) / n_a))
    freedom = counts.shape[1] - 1
    chi = float((change**2 / (pooled * (1 / n_a + 1 / n_b))).sum())
    effect = max(0.0, variation - noise)
    interval = effect, max(0.0, effect - margin), min(1.0, effect + margin)
    if not len(kept) or freedom < 1:
        return (*interval, 1.0), ""
    more_frequent = b[kept] / b.sum() - a[kept] / a.sum()
    ties = kept[more_frequent >= more_frequent.max() - 1e-12][:100]
    most, word = min(((int(i), str(encoded.dictionary[int(i)].as_py())[:60]) for i in ties), key=lambda pair: pair[1])
    said = f"{word!r} is {a[most] / a.sum():.1%} of train, {b[most] / b.sum():.1%} of test"
    return (*interval, float(chdtrc(freedom, chi))), said


def _plainly_written(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return class names without case, spaces around them and a full stop: spelling is no shift."""
    if not pa.types.is_large_string(values.type):
        return values
    return pc.utf8_rtrim(pc.utf8_lower(pc.utf8_trim_whitespace(values)), characters=".")
