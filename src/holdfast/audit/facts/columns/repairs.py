"""Traces that preprocessing leaves in numbers: scaled, filled, and encoded columns, and over which rows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from holdfast.audit.definitions import fact
from holdfast.audit.facts.columns.columns import ColumnProfile, ColumnProfiles
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.core.dataset import Dataset

# A statistic of all rows that was set by preprocessing is met to many digits; by chance, a mean comes within a
# thousandth of its standard error in one column of 1,250. Rounding to three digits stays well within that.
CLOSE = 1e-3
_FAR = 2e-2  # standard errors off, from which a statistic of the training rows was not what was set
_LEAST_ROWS = 40
_LEAST_DISTINCT = 20
_SAME = 1e-5  # relative difference of two deviations that were set to be equal
_LEAST_RANGED = 3
_LEAST_FILLED = 5
_SPIKE = 5  # times as frequent as the next value
_LEAST_ENCODED = 4
_ENCODED_SHARE = 0.98


@dataclass(frozen=True, slots=True)
class Scaled:
    """A column whose `statistic` over all rows is what scaling sets, while over the training rows it is not.

    `off_all` and `off_train` say how far off it is: in standard errors, or for a range in the column's own unit.
    """

    column: str
    statistic: str
    off_all: float
    off_train: float


def scaled_columns(dataset: Dataset, column_profiles: ColumnProfiles, split_of: SplitOf) -> list[Scaled]:
    """Return columns that were standardised, or brought to the range 0 to 1, over train and test together."""
    used = split_of.codes >= 0
    train = split_of.train
    centred: list[tuple[Scaled, float]] = []
    ranged: list[Scaled] = []
    n_ranged = n_continuous = 0
    for profile in _continuous(column_profiles):
        numbers = dataset.numbers(profile.name)
        every, learnt = _known(numbers[used]), _known(numbers[train])
        if min(len(every), len(learnt)) < _LEAST_ROWS or len(learnt) == len(every):
            continue
        n_continuous += 1
        deviation = float(every.std())
        if not 0 < deviation < np.inf:
            continue
        off = abs(float(every.mean())) / deviation * np.sqrt(len(every))
        off_train = abs(float(learnt.mean())) / deviation * np.sqrt(len(learnt))
        if off < CLOSE and off_train > _FAR:
            centred.append((Scaled(profile.name, "mean 0", off, off_train), deviation))
        low, high = float(every.min()), float(every.max())
        if high == 1.0 and low in {0.0, -1.0}:
            n_ranged += 1
            gap = max(float(learnt.min()) - low, high - float(learnt.max()))
            if gap > 0:
                ranged.append(Scaled(profile.name, f"range {low:g} to 1", 0.0, gap))
    found = [item for item, deviation in centred if _is_set(deviation, [d for other, d in centred if other != item])]
    # One column may lie between 0 and 1 by nature, and its extreme in test by chance; most of them do not.
    if n_ranged >= _LEAST_RANGED and 2 * n_ranged >= n_continuous:
        found.extend(ranged)
    return found


def _is_set(deviation: float, others: list[float]) -> bool:
    """Return whether a deviation is 1 (within what n or n - 1 makes), or equal to another column's."""
    return abs(deviation - 1) < 0.02 or any(abs(deviation / other - 1) < _SAME for other in others)


@dataclass(frozen=True, slots=True)
class Filled:
    """A column in which one value fills gaps: the mean or median of the other values over all rows, not of train."""

    column: str
    value: float
    statistic: str
    rows: np.ndarray
    of_train: float
    off_all: float
    off_train: float


def filled_columns(dataset: Dataset, column_profiles: ColumnProfiles, split_of: SplitOf) -> Iterator[Filled]:
    """Yield columns whose most frequent value is what imputation over train and test together gives."""
    used = split_of.codes >= 0
    for profile in _continuous(column_profiles):
        if not profile.top or profile.top[0][1] < _LEAST_FILLED:
            continue
        value, count = float(profile.top[0][0]), profile.top[0][1]
        if len(profile.top) > 1 and count < _SPIKE * profile.top[1][1]:
            continue
        numbers = dataset.numbers(profile.name)
        rows = np.flatnonzero(used & (numbers == value))
        others = np.isfinite(numbers) & (numbers != value)
        every, learnt = numbers[used & others], numbers[split_of.train & others]
        if min(len(every), len(learnt)) < _LEAST_ROWS or len(learnt) == len(every):
            continue
        item = _by_mean(profile.name, value, rows, every, learnt) or _by_median(
            profile.name, value, rows, every, learnt
        )
        if item is not None:
            yield item


def _by_mean(name: str, value: float, rows: np.ndarray, every: np.ndarray, learnt: np.ndarray) -> Filled | None:
    deviation = float(every.std())
    if not 0 < deviation < np.inf:
        return None
    mean, mean_train = float(every.mean()), float(learnt.mean())
    off = abs(mean - value) / deviation * np.sqrt(len(every))
    off_train = abs(mean_train - value) / deviation * np.sqrt(len(learnt))
    if off < CLOSE and off_train > _FAR:
        return Filled(name, value, "mean", rows, mean_train, off, off_train)
    return None


def _by_median(name: str, value: float, rows: np.ndarray, every: np.ndarray, learnt: np.ndarray) -> Filled | None:
    # The fill is the median if as many known values lie below as above; it is not that of train if they do not.
    balance = int((every < value).sum()) - int((every > value).sum())
    balance_train = int((learnt < value).sum()) - int((learnt > value).sum())
    if len(every) < 10 * _LEAST_ROWS or abs(balance) > 1 or abs(balance_train) < 4:
        return None
    off, off_train = abs(balance) / np.sqrt(len(every)), abs(balance_train) / np.sqrt(len(learnt))
    return Filled(name, value, "median", rows, float(np.median(learnt)), off, off_train)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A column that holds the mean label of each of its own values, over all rows but not over train alone.

    `agree` and `agree_train` are the shares of rows whose value equals that mean.
    """

    column: str
    n_values: int
    agree: float
    agree_train: float
    weight: float


def encoded_columns(
    dataset: Dataset, column_profiles: ColumnProfiles, labels: Labels, split_of: SplitOf
) -> Iterator[Encoded]:
    """Yield columns that were target-encoded over train and test together, plain or smoothed towards the mean.

    A category that was replaced by its mean label needs not be there any more: rows that share the code are its rows.
    """
    if len(labels.classes) > 2:
        return
    used = (split_of.codes >= 0) & labels.known
    train = used & split_of.train
    for profile in column_profiles.of(role="feature", kind="number"):
        if profile.whole or not _LEAST_ENCODED <= profile.n_unique <= profile.n_looked_at / 2:
            continue
        numbers = dataset.numbers(profile.name)
        rows = used & np.isfinite(numbers)
        learnt = train & np.isfinite(numbers)
        if learnt.sum() < _LEAST_ROWS or learnt.sum() == rows.sum():
            continue
        for flipped in (False, True) if labels.is_classes else (False,):
            y = 1 - labels.values if flipped else labels.values
            agree, weight = _agreement(numbers[rows], y[rows])
            if agree >= _ENCODED_SHARE:
                agree_train, _ = _agreement(numbers[learnt], y[learnt])
                if agree_train < 0.9:
                    yield Encoded(profile.name, profile.n_unique, agree, agree_train, weight)
                break


def _agreement(codes: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return the share of rows whose code is the (smoothed) mean label of the rows with that code, and the weight."""
    values, place, counts = np.unique(codes, return_inverse=True, return_counts=True)
    sums = np.bincount(place.reshape(-1), y)
    squares = np.bincount(place.reshape(-1), y**2)
    means = sums / counts
    varied = squares / counts - means**2 > 1e-12 * (1 + means**2)
    # Codes of rows that all have one label are no evidence: a copy of the label looks the same.
    if counts[varied].sum() < 0.5 * len(y) or varied.sum() < _LEAST_ENCODED:
        return 0.0, 0.0
    scale = float(y.std()) or 1.0
    plain = np.abs(means - values) < 1e-6 * scale
    share = float(counts[plain].sum() / len(y))
    if share >= _ENCODED_SHARE:
        return share, 0.0
    towards = values - y.mean()
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = counts * (means - values) / towards
    known = varied & np.isfinite(weights) & (np.abs(towards) > 1e-3 * scale)
    if known.sum() < _LEAST_ENCODED:
        return share, 0.0
    weight = float(np.median(weights[known]))
    if not 0 < weight < len(y):
        return share, 0.0
    guess = (sums + weight * y.mean()) / (counts + weight)
    return float(counts[np.abs(guess - values) < 1e-6 * scale].sum() / len(y)), weight


def _continuous(column_profiles: ColumnProfiles) -> list[ColumnProfile]:
    """Return number features with fractions and many values: what is scaled and filled."""
    found = column_profiles.of(role="feature", kind="number")
    return [p for p in found if not p.whole and p.n_unique >= _LEAST_DISTINCT]


def _known(numbers: np.ndarray) -> np.ndarray:
    return numbers[np.isfinite(numbers)]


@dataclass(frozen=True)
class Repairs:
    """All traces of preprocessing over train and test together. Exact: all rows are looked at."""

    scaled: tuple[Scaled, ...]
    filled: tuple[Filled, ...]


@fact()
def repairs(dataset: Dataset, column_profiles: ColumnProfiles, split_of: SplitOf) -> Repairs:
    """Columns that were scaled or filled with statistics of train and test together."""
    return Repairs(
        tuple(scaled_columns(dataset, column_profiles, split_of)),
        tuple(filled_columns(dataset, column_profiles, split_of)),
    )


@fact()
def encodings_of_label(
    dataset: Dataset, column_profiles: ColumnProfiles, labels: Labels, split_of: SplitOf
) -> tuple[Encoded, ...]:
    """Columns that were target-encoded over train and test together."""
    return tuple(encoded_columns(dataset, column_profiles, labels, split_of))
