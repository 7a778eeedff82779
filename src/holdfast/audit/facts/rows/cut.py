"""How the split lies in time: cut at one moment, in blocks, or row by row."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.audit.facts.time.order import TimeOrder
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable

NEAR = 5  # places in time order: a row so near is almost the same moment, whatever the sampling


@dataclass(frozen=True)
class TimeCut:
    """Train and test rows in time.

    `interleaved` is the share of test rows with a training row of their series at most five places before and another
    at most five after: about 1 for a random split, about 0 for one cut. `train_later` is the chance that a training
    row is later than a test row (ties count half), None where times of the two sides cannot be compared.
    `late` marks (in row numbers) training rows later than the first test row of their series.
    """

    n_test: int
    interleaved: float
    between: Int[np.ndarray, " test_rows"]
    train_later: float | None
    late: Int[np.ndarray, " train_rows"]
    n_train: int
    shares_series: bool
    regular: bool
    by_column: bool  # a time column, not the order of the file

    @property
    def is_random(self) -> bool:
        """Whether most test rows lie between training rows close by."""
        return self.interleaved >= 0.5

    @property
    def is_ordered(self) -> bool:
        """Whether training rows come first, but for a few."""
        return not self.is_random and self.train_later is not None and self.train_later <= 0.02


@fact()
def time_cut(time_order: TimeOrder, split_of: SplitOf) -> TimeCut:
    """How train and test rows lie in time."""
    in_train, in_test = split_of.train[time_order.rows], split_of.test[time_order.rows]
    if not in_train.any() or not in_test.any():
        raise NotApplicable("no row of one of the splits has a time")
    kept = in_train | in_test
    rows, series, times = time_order.rows[kept], time_order.series[kept], time_order.times[kept]
    in_train, in_test = in_train[kept], in_test[kept]
    between = in_test & _near_before(in_train, series) & _near_before(in_train[::-1], series[::-1])[::-1]
    shared = np.intersect1d(series[in_train], series[in_test])
    compared = time_order.column is not None or len(np.unique(series)) == 1
    late = _late(in_train, in_test, series, times) if compared else np.zeros(len(rows), dtype=bool)
    return TimeCut(
        n_test=int(in_test.sum()),
        interleaved=float(between.sum() / in_test.sum()),
        between=rows[between],
        train_later=_chance_later(times[in_train], times[in_test]) if compared else None,
        late=rows[late],
        n_train=int(in_train.sum()),
        shares_series=bool(len(shared)),
        regular=_regular(series, times),
        by_column=time_order.column is not None,
    )


def _near_before(marked: np.ndarray, series: np.ndarray) -> Bool[np.ndarray, " rows"]:
    """Return for each row whether one of the few rows before it in its series is marked."""
    places = np.arange(len(marked))
    last = np.maximum.accumulate(np.where(marked, places, -1))
    before = np.r_[-1, last[:-1]]
    near = (before >= 0) & (places - before <= NEAR)
    return near & (series[np.maximum(before, 0)] == series)


def _late(in_train: np.ndarray, in_test: np.ndarray, series: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return which training rows are later than the first test row of their series."""
    _, number = np.unique(series, return_inverse=True)
    first = np.full(int(number.max()) + 1, np.inf)
    np.minimum.at(first, number[in_test], times[in_test])
    return in_train & (times > first[number])


def _chance_later(train: np.ndarray, test: np.ndarray) -> float:
    ordered = np.sort(test)
    below = np.searchsorted(ordered, train, side="left")
    up_to = np.searchsorted(ordered, train, side="right")
    return float((below + up_to).mean() / (2 * len(test)))


def _regular(series: np.ndarray, times: np.ndarray) -> bool:
    """Return whether rows come at even steps (months and leap days count as even): one measurement a step."""
    gaps = np.diff(times)[series[1:] == series[:-1]]
    if len(gaps) < NEAR:
        return False
    middle = float(np.median(gaps))
    return middle > 0 and float((np.abs(gaps - middle) <= 0.12 * middle).mean()) >= 0.9


def split_is_by_time(dataset: Dataset, time_cut: TimeCut | None) -> bool:
    """Return whether training rows come before test rows on purpose, so that what moves in time must differ."""
    asked = any(step.op == "split" and step.params.get("splitter") == "ordered" for step in dataset.history)
    # Where the order of the file is all there is, a label that shifts at the cut would pass for time.
    return asked or (time_cut is not None and time_cut.by_column and time_cut.is_ordered)
