"""Rows in time: by a time column, or by their place in the file where the label depends on it."""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Float, Int

from holdfast.audit.definitions import fact
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable

Origin = Literal["time column", "file order"]

FEWEST_ROWS = 30  # a correlation from fewer rows has an interval of ± 0.37 and more
_SLOW_LAGS = range(8, 33)  # beyond the few rows that one person or order brings; a season or a trend is longer
_CLEAR = 6.0  # standard errors; one table in 10⁹ without order comes so far
_MOST_TIES = 0.01  # share of rows at a time that an earlier row has, beyond which several series are looked for
_LOOKED_AT = 1_000  # strings that decide whether a column holds times
_MOST_CANDIDATES = 12  # columns tried as the name of a series
_UNIQUE = 0.999  # share of (series, time) pairs that must be distinct
_NOT_THE_TIME = re.compile(r"(?i)birth|dob|born|expir|valid|warranty|hire|built|founded")  # times of something else
_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y-%m", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%m/%d/%Y")


@dataclass(frozen=True)
class TimeOrder:
    """Rows from first to last, series after series where several stand in one table.

    `rows` holds row numbers, `times` their times (seconds since 1970, or places in the file), `series` the number of
    the series each belongs to. Rows without a time are left out. `strength` is how much the label depends on its
    place (mean autocorrelation at lags 8 to 32) for file order, 1 for a time column.
    """

    source: Origin
    column: str | None
    series_column: str | None
    rows: Int[np.ndarray, " ordered"]
    times: Float[np.ndarray, " ordered"]
    series: Int[np.ndarray, " ordered"]
    strength: float

    @property
    def by(self) -> str:
        """Return what the order comes from, as a person would say it."""
        return f"by {self.column!r}" if self.column else "by place in the file"

    @property
    def starts(self) -> Int[np.ndarray, " series"]:
        """Return where each series begins in `rows`."""
        return np.flatnonzero(np.r_[True, self.series[1:] != self.series[:-1]]) if len(self.series) else self.series


@fact()
def time_order(dataset: Dataset, row_keys: RowKeys) -> TimeOrder:
    """The order of rows in time.

    A time column counts (role time, else kind time with the most distinct values). Without one, the order of the file
    counts if the label depends on the place far more than chance allows and rows are not just sorted by it.
    """
    found = _time_column(dataset)
    if found is not None:
        return _by_column(dataset, row_keys, *found)
    label = dataset.one("label")
    if label is None:
        raise NotApplicable("no time column (--time), and no label that could show whether rows stand in time order")
    return _by_file(dataset, label.name)


def split_was_default(dataset: Dataset) -> bool:
    """Return whether the split is the random one that loading makes when nobody gives one."""
    by_note = any(note.startswith("no split given") for source in dataset.sources for note in source.notes)
    return by_note or any(step.op == "split" and step.params.get("asked") is False for step in dataset.history)


def autocorrelation(values: np.ndarray, groups: np.ndarray, lags: range) -> tuple[np.ndarray, np.ndarray]:
    """Return the autocorrelation of rows of `values` (several columns are pooled) at each lag, and how many pairs.

    Pairs count only inside one of `groups` (numbers per row, equal ones adjacent). Rows with NaN pair with nothing.
    """
    table = values.reshape(len(values), -1)
    known = np.isfinite(table).all(axis=1)
    centred = np.where(known[:, None], table - table[known].mean(axis=0) if known.any() else 0.0, 0.0)
    power = float((centred**2).sum() / max(int(known.sum()), 1))
    result, pairs = np.zeros(len(lags)), np.zeros(len(lags), dtype=np.int64)
    for place, lag in enumerate(lags):
        if lag >= len(table):
            break
        both = known[lag:] & known[:-lag] & (groups[lag:] == groups[:-lag])
        pairs[place] = both.sum()
        if pairs[place] and power > 0:
            products = (centred[lag:] * centred[:-lag]).sum(axis=1)
            result[place] = float(products[both].mean() / power)
    return result, pairs


def centred_inside(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return rows of `values` less the mean of their group (numbered from 0), NaN left out of it."""
    table = values.astype(np.float64).reshape(len(values), -1).copy()
    known = np.isfinite(table)
    counts = np.stack([np.bincount(groups, weights=column) for column in known.T.astype(np.float64)], axis=1)
    sums = np.stack([np.bincount(groups, weights=column) for column in np.where(known, table, 0.0).T], axis=1)
    table -= (sums / np.maximum(counts, 1.0))[groups]
    return table


def label_table(dataset: Dataset, name: str) -> Float[np.ndarray, "rows columns"]:
    """Return the label as numbers: one column for a quantity, one per class (the 20 most frequent) otherwise."""
    values = dataset.values(name)
    if not pa.types.is_large_string(values.type) and not pa.types.is_null(values.type):
        numbers = dataset.numbers(name)
        numbers = np.where(np.isfinite(numbers), numbers, np.nan)
        if len(np.unique(numbers[np.isfinite(numbers)][:10_000])) != 2:
            return numbers.reshape(-1, 1)
    codes, words = dataset.codes(name)
    if len(words) < 2:
        return np.where(codes < 0, np.nan, 0.0).reshape(-1, 1)
    if len(words) == 2:
        return np.where(codes < 0, np.nan, codes).astype(np.float64).reshape(-1, 1)
    counts = np.bincount(codes[codes >= 0], minlength=len(words))
    order = sorted(range(len(words)), key=lambda i: (-counts[i], str(words[i])))[:20]
    table = np.stack([codes == i for i in order], axis=1).astype(np.float64)
    table[codes < 0] = np.nan
    return table


def _time_column(dataset: Dataset) -> tuple[str, np.ndarray] | None:
    """Return the column that holds the time and its values, if there is one."""
    named = dataset.one("time")
    if named is not None:
        values = _times(dataset, named.name)
        if values is None or not np.isfinite(values).any():
            raise NotApplicable(f"the time column {named.name!r} holds nothing that can be put in order")
        return named.name, values
    candidates = []
    for column in dataset.columns:
        if column.role not in {"feature", "metadata", "id"} or _NOT_THE_TIME.search(column.name):
            continue
        if column.kind == "time" or (column.kind in {"category", "text"} and _looks_like_times(dataset, column.name)):
            values = _times(dataset, column.name)
            if values is not None and np.isfinite(values).mean() > 0.5:
                candidates.append((len(np.unique(values)), column.name, values))
    if not candidates:
        return None
    most = max(distinct for distinct, _, _ in candidates)
    # The first of those that tell times apart about as well: the start of a ride comes before its end.
    return next((name, values) for distinct, name, values in candidates if distinct >= 0.99 * most)


def _looks_like_times(dataset: Dataset, name: str) -> bool:
    values = dataset.values(name)
    if not pa.types.is_large_string(values.type):
        return False
    looked_at = values.slice(0, _LOOKED_AT).drop_null()
    if len(looked_at) < FEWEST_ROWS:
        return False
    shaped = pc.match_substring_regex(
        looked_at, r"^\s*(19|20|1[678])\d\d[-/](0\d|1[0-2])([-/][0-3]\d([ T][0-2]\d.*)?)?$"
    )
    return bool(pc.all(shaped).as_py())


def _times(dataset: Dataset, name: str) -> np.ndarray | None:
    """Return a column's times as numbers, NaN where there is none; None when it holds something else."""
    values = dataset.values(name)
    if not pa.types.is_large_string(values.type):
        if pa.types.is_null(values.type) or pa.types.is_fixed_size_list(values.type):
            return None
        numbers = dataset.numbers(name)
        return np.where(np.isfinite(numbers), numbers, np.nan)
    text = pc.replace_substring(pc.utf8_trim_whitespace(values), "T", " ")
    for pattern in _FORMATS:
        parsed = pc.strptime(text, format=pattern, unit="s", error_is_null=True)
        if parsed.null_count <= values.null_count + 0.01 * len(values):
            whole = pc.cast(parsed, pa.int64())
            return np.asarray(pc.cast(whole, pa.float64()).to_numpy(zero_copy_only=False))
    return None


def _by_column(dataset: Dataset, row_keys: RowKeys, name: str, times: np.ndarray) -> TimeOrder:
    rows = np.flatnonzero(np.isfinite(times))
    if len(rows) < FEWEST_ROWS:
        raise NotApplicable(f"only {len(rows)} rows have a time in {name!r}, fewer than {FEWEST_ROWS}")
    series_column, series = _series(dataset, name, times, rows)
    # Rows at one time follow each other as in the file if the file is in time order, else by content, not by place.
    in_order = bool((np.diff(times[rows]) >= 0).all())
    ties = rows if in_order else row_keys.values[rows]
    order = rows[np.lexsort((ties, times[rows], series[rows]))]
    return TimeOrder("time column", name, series_column, order, times[order], series[order], 1.0)


def _series(dataset: Dataset, name: str, times: np.ndarray, rows: np.ndarray) -> tuple[str | None, np.ndarray]:
    """Return the column that tells several series apart, and a number per row; (None, zeros) when there is one."""
    alone = np.zeros(len(times), dtype=np.int64)
    at = np.unique(times[rows], return_inverse=True)[1].reshape(-1)
    if at.max() + 1 >= (1 - _MOST_TIES) * len(rows):
        return None, alone
    ranks = {"group": 0, "id": 1, "feature": 2, "metadata": 2}
    candidates = [
        c for c in dataset.columns if c.role in ranks and c.name != name and (c.kind == "category" or ranks[c.role] < 2)
    ]
    found = []
    for column in sorted(candidates, key=lambda c: ranks[c.role])[:_MOST_CANDIDATES]:
        codes, words = _sorted_codes(dataset, column.name)
        if 2 <= len(words) <= len(rows) / 8:
            pairs = np.unique(codes[rows].astype(np.int64) * (at.max() + 1) + at)
            if len(pairs) >= _UNIQUE * len(rows):
                found.append((ranks[column.role], len(words), column.name, codes))
    if not found:
        return None, alone
    _, _, best, codes = min(found, key=lambda item: item[:3])
    return best, codes


def _sorted_codes(dataset: Dataset, name: str) -> tuple[np.ndarray, list[str]]:
    """Return codes numbered in the order of the values, so that they do not depend on the order of rows."""
    codes, words = dataset.codes(name)
    texts = [str(word) for word in words]
    order = sorted(range(len(texts)), key=texts.__getitem__)
    rank = np.empty(len(texts) + 1, dtype=np.int64)
    rank[order] = np.arange(len(texts))
    rank[-1] = len(texts)  # missing: a series of its own
    return rank[codes], texts


def _by_file(dataset: Dataset, label: str) -> TimeOrder:
    n = len(dataset)
    if n < FEWEST_ROWS:
        raise NotApplicable(f"only {n} rows: too few to tell whether they stand in time order")
    series = np.zeros(n, dtype=np.int64)
    for number, source in enumerate(dataset.sources):
        series[source.start : source.stop] = number
    values = label_table(dataset, label)
    if _sorted(values):
        raise NotApplicable("no time column, and rows are sorted by the label")
    values = centred_inside(values, series)
    slow, pairs = autocorrelation(values, series, _SLOW_LAGS)
    strength, z = float(slow.mean()), float(slow.mean() * np.sqrt(pairs.sum()))
    if z < _CLEAR:
        raise NotApplicable("no time column, and the label does not depend on the place in the file")
    rows = np.arange(n)
    return TimeOrder("file order", None, None, rows, rows.astype(np.float64), series, strength)


def _sorted(values: np.ndarray) -> bool:
    """Return whether the label rises or falls all along, or each class stands in one or a few blocks."""
    known = values[np.isfinite(values).all(axis=1)]
    if len(known) < 2:
        return True
    steps = np.diff(known, axis=0)
    changes: Bool[np.ndarray, " steps"] = (steps != 0).any(axis=1)
    if known.shape[1] > 1 or len(np.unique(known[:10_000])) <= 2:
        return bool(changes.sum() <= 3 * (known.shape[1] + 1))
    rising = float((steps[changes] > 0).mean()) if changes.any() else 1.0
    return max(rising, 1.0 - rising) > 0.95
