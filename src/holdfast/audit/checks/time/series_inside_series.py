from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import row_pairs
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.audit.facts.time.order import TimeOrder
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Severity

_MIX = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplying by it loses nothing


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Godahewa et al. (2021), Monash time series forecasting archive: sets of series that hold one another",
            "https://arxiv.org/abs/2105.06643",
        ),
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L1.4 duplicates",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
    ),
)
def series_inside_series(
    dataset: Dataset,
    labels: Labels,
    split_of: SplitOf,
    time_order: TimeOrder,
    *,
    window: int = 16,
    min_distinct: int = 10,
) -> Iterator[Finding]:
    """Stretches of a test series that stand, value for value, in another place of the training data.

    ## Why it matters
    Collections of series overlap: one station under two names, an index and the shares it is made of, a series and
    its later download. A model that has seen the stretch under another name need not forecast it.

    ## How it works
    The label is read in time order, series by series. Every run of `window` values in a row inside the test data is
    hashed and looked up among the runs inside the training data. Runs with fewer than `min_distinct` different
    values are too plain to tell, and so are runs that come back within one training series (a season that repeats
    exactly). Needs a number as label and a time column.

    ## Limits
    Value for value: a series that was rescaled or shifted in level is not recognised. A random split leaves no runs
    to compare; `random-split-of-ordered-data` speaks about those.

    ## Fix
    Keep one of the two series, or put both on the same side of the split.
    """
    if labels.is_classes:
        raise NotApplicable("the label is a class, not a number: series are compared by their values")
    if time_order.column is None:
        raise NotApplicable("no time column: name it with --time")
    order = time_order.rows
    side = np.where(split_of.train[order], 1, np.where(split_of.test[order], 2, 0))
    values = labels.values[order]
    starts = _plain_runs(values, time_order.series, side, window, min_distinct)
    if not len(starts):
        return
    hashes = _hashes(values, starts, window)
    in_train, in_test = side[starts] == 1, side[starts] == 2
    train, train_at = hashes[in_train], starts[in_train]
    keep = _once_a_series(train, time_order.series[train_at])
    train, train_at = train[keep], train_at[keep]
    if not len(train) or not in_test.any():
        return
    by_hash = np.argsort(train, kind="stable")
    place = np.searchsorted(train[by_hash], hashes[in_test])
    place = np.minimum(place, len(train) - 1)
    same = train[by_hash][place] == hashes[in_test]
    if not same.any():
        return
    test_at, partner_at = starts[in_test][same], train_at[by_hash][place[same]]
    copied = np.unique((test_at[:, None] + np.arange(window)).reshape(-1))
    rows = order[copied]
    n_test = int((side == 2).sum())
    columns = (labels.column, *((time_order.series_column,) if time_order.series_column else ()))
    yield Finding(
        message=(
            f"{len(rows):,} of {n_test:,} test rows ({len(rows) / n_test:.1%}) stand in stretches of {window} or more "
            f"values of {labels.column!r} that the training data hold elsewhere, value for value"
        ),
        confidence=Confidence.HIGH,
        locations=(Location(rows=rows, columns=columns, split="test"),),
        evidence=(
            Measure(name="test rows inside copied stretches", value=len(rows), threshold=0, unit="rows"),
            row_pairs(dataset, order[test_at], order[partner_at], "Where a stretch begins, in test and in training"),
        ),
        fix="Keep one of the two series, or put both on the same side of the split.",
        remedy=Remedy(op="drop-rows", rows=rows),
    )


def _plain_runs(values: np.ndarray, series: np.ndarray, side: np.ndarray, window: int, min_distinct: int) -> np.ndarray:
    """Return where runs begin that lie in one series and one split, have no gap, and enough different values."""
    n = len(values) - window + 1
    if n < 1:
        return np.empty(0, dtype=np.int64)
    starts = np.arange(n)
    changed = np.r_[False, (series[1:] != series[:-1]) | (side[1:] != side[:-1])] | ~np.isfinite(values)
    so_far = np.cumsum(changed)
    unbroken = (so_far[starts + window - 1] == so_far[starts]) & np.isfinite(values[:n]) & (side[:n] > 0)
    starts = starts[unbroken]
    kept = []
    for begin in range(0, len(starts), 1 << 16):  # bounds memory: 65,536 runs of 16 values are 8 MB
        part = starts[begin : begin + (1 << 16)]
        runs = np.sort(values[part[:, None] + np.arange(window)], axis=1)
        kept.append(part[(np.diff(runs, axis=1) != 0).sum(axis=1) + 1 >= min_distinct])
    return np.concatenate(kept) if kept else starts


def _hashes(values: np.ndarray, starts: np.ndarray, window: int) -> np.ndarray:
    """Return a 64-bit hash of the run of values at each start."""
    bits = (np.where(np.isfinite(values), values, 0.0) + 0.0).view(np.uint64)
    total = np.zeros(len(starts), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for step in range(window):
            total = (total ^ bits[starts + step]) * _MIX
            total ^= total >> np.uint64(29)
    return total


def _once_a_series(hashes: np.ndarray, series: np.ndarray) -> np.ndarray:
    """Return which runs do not come back within their own series."""
    order = np.lexsort((series, hashes))
    same = (hashes[order][1:] == hashes[order][:-1]) & (series[order][1:] == series[order][:-1])
    repeated = np.zeros(len(hashes), dtype=bool)
    repeated[order[1:]] |= same
    repeated[order[:-1]] |= same
    return ~repeated


def _stations(rng: np.random.Generator, copied: int) -> Dataset:
    """Return three stations over 120 days, the last 30 for the test; rows of c repeat `copied` test days of a."""
    series = [np.round(np.cumsum(rng.normal(size=120)) + 20, 2) for _ in range(3)]
    if copied:
        series[2][10 : 10 + copied] = series[0][95 : 95 + copied]
    day = np.datetime64("2021-01-01", "D").astype("datetime64[us]") + np.arange(120) * np.timedelta64(1, "D")
    return subject(
        {
            "day": np.tile(day, 3),
            "station": np.repeat(["a", "b", "c"], 120),
            "x": rng.normal(size=360),
            "y": np.concatenate(series),
        },
        split=(["train"] * 90 + ["test"] * 30) * 3,
        day="time",
    )


@planted(at=Location(rows=(95, 114), columns=("y",), split="test"))
def one_station_under_two_names(rng: np.random.Generator) -> Dataset:
    """Twenty test days of station a are training days of station c."""
    return _stations(rng, 20)


@clean
def unrelated_stations(rng: np.random.Generator) -> Dataset:
    """Three stations that have nothing to do with each other."""
    return _stations(rng, 0)


@clean
def exact_season(rng: np.random.Generator) -> Dataset:
    """A season that repeats value for value, as a timetable does."""
    season = np.round(rng.normal(size=20), 2)
    day = np.datetime64("2021-01-01", "D").astype("datetime64[us]") + np.arange(200) * np.timedelta64(1, "D")
    return subject({"day": day, "y": np.tile(season, 10)}, split=["train"] * 150 + ["test"] * 50, day="time")
