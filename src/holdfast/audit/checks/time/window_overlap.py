from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import rows_table
from holdfast.audit.facts.rows.cut import TimeCut
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.audit.facts.time.order import TimeOrder
from holdfast.audit.facts.time.windows import ColumnWindow, LabelWindows
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Severity
from holdfast.core.text import and_more


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "López de Prado (2018), Advances in Financial Machine Learning, chapter 7: purging and embargo",
            "https://www.wiley.com/en-us/Advances+in+Financial+Machine+Learning-p-9781119482086",
        ),
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L3.2 non-independence between training and test samples",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
    ),
    exempt={"row-order-does-not-matter": "without a time column the order of the file is the evidence"},
)
def window_overlap(
    dataset: Dataset,
    time_order: TimeOrder,
    time_cut: TimeCut,
    split_of: SplitOf,
    label_windows: LabelWindows,
    *,
    min_share: float = 0.95,
    max_rows: int = 0,
) -> Iterator[Finding]:
    """Windows over several rows that reach across the cut between training and test data.

    ## Why it matters
    If the label sums up the next five days, the labels of the last training days are made of the first test days. If
    a column holds earlier labels and the split is random, the labels of test rows stand in the training data as
    features. Either way training data know part of the answers.

    ## How it works
    Two ties are looked for, exact but for rounding. A label that the next h values of a column explain (h from 2 to
    12, at least `min_share` of what the past leaves open): with a chronological split, training rows fewer than h
    rows before their series' first test row are counted. And a column that is a weighted sum of earlier labels
    (lags, trailing means): with a random split, training rows whose window holds a test row's label are counted.

    ## Limits
    A label that simply is a column h rows later cannot be told from a column that is the label h rows earlier; it
    is reported as a note. Windows of more than twelve rows, and windows over columns that are not in the table,
    are not seen.

    ## Fix
    Leave a gap: drop the last h - 1 training rows before the cut (purge), and split by time (`--splitter ordered`).
    """
    if time_cut.is_random:
        yield from _labels_as_features(dataset, time_order, split_of, label_windows, max_rows)
    elif time_cut.is_ordered:
        yield from _labels_ahead(dataset, time_order, split_of, label_windows, min_share, max_rows)


def _labels_as_features(
    dataset: Dataset, order: TimeOrder, split_of: SplitOf, windows: LabelWindows, max_rows: int
) -> Iterator[Finding]:
    """Yield a finding when training rows hold labels of test rows in columns made of earlier labels."""
    lagged = [window for window in windows.columns.values() if window.exact == "past"]
    if not lagged:
        return
    reach = max(window.reach for window in lagged)
    holding = _follows(split_of.test[order.rows], order.series, reach) & split_of.train[order.rows]
    rows, n_train = order.rows[holding], int(split_of.train.sum())
    if len(rows) <= max_rows:
        return
    names = tuple(window.name for window in lagged)
    listed = and_more([repr(name) for name in names], 5)
    verb = "is a sum" if len(names) == 1 else "are sums"
    yield Finding(
        message=(
            f"{listed} {verb} of labels up to {reach} rows earlier, and the split is random: {len(rows):,} of "
            f"{n_train:,} training rows ({len(rows) / n_train:.0%}) hold the label of a test row as a feature"
        ),
        confidence=Confidence.HIGH,
        locations=(Location(rows=rows, columns=names, split="train"),),
        evidence=(
            Measure(name="training rows that hold a test label", value=len(rows), threshold=max_rows, unit="rows"),
            rows_table(dataset, rows, "Training rows that hold the label of an earlier test row"),
        ),
        fix="Split by time: --splitter ordered" + (f" --time {order.column}." if order.column else "."),
        remedy=Remedy(op="reorder-split", columns=(order.column,) if order.column else ()),
    )


def _labels_ahead(
    dataset: Dataset, order: TimeOrder, split_of: SplitOf, windows: LabelWindows, min_share: float, max_rows: int
) -> Iterator[Finding]:
    """Yield a finding when labels of the last training rows are made of rows in the test period."""
    ahead = [w for w in windows.columns.values() if w.label_by_future >= min_share and w.label_ahead >= 1]
    if not ahead:
        return
    # A column that is yesterday's label explains it too; then the shortest of them says what features know.
    best: ColumnWindow = min(ahead, key=lambda w: (w.label_ahead, w.name))
    if any(w.exact != "past" for w in ahead):
        best = max((w for w in ahead if w.exact != "past"), key=lambda w: w.label_by_future)
    gap = best.label_ahead - 1
    if gap < 1:
        return
    precedes = _follows(split_of.test[order.rows][::-1], order.series[::-1], gap)[::-1]
    rows = order.rows[precedes & split_of.train[order.rows]]
    if len(rows) <= max_rows:
        return
    by_shift = best.exact == "past"
    made = "equals" if by_shift else "is made of"
    yield Finding(
        message=(
            f"the label {made} {best.name!r} {'' if by_shift else 'up to '}{best.label_ahead} rows later, so the "
            f"labels of the last {len(rows):,} training rows come from the test period"
        ),
        severity=Severity.NOTE if by_shift else Severity.WARNING,
        confidence=Confidence.MEDIUM if by_shift else Confidence.HIGH,
        locations=(Location(rows=rows, columns=(best.name,), split="train"),),
        evidence=(
            Measure(
                name="label explained by later values", value=best.label_by_future, threshold=min_share, unit="share"
            ),
            Measure(name="training rows within the window", value=len(rows), threshold=max_rows, unit="rows"),
            rows_table(dataset, rows, "Training rows whose label reaches into the test period"),
        ),
        fix=f"Leave a gap: drop the last {gap} training rows before the cut.",
        remedy=Remedy(op="drop-rows", rows=rows),
    )


def _follows(marked: np.ndarray, series: np.ndarray, reach: int) -> np.ndarray:
    """Return for each place whether one of the `reach` places before it in its series is marked."""
    places = np.arange(len(marked))
    last = np.r_[-1, np.maximum.accumulate(np.where(marked, places, -1))[:-1]]
    return (last >= 0) & (places - last <= reach) & (series[np.maximum(last, 0)] == series)


def _walk(rng: np.random.Generator, n: int) -> np.ndarray:
    values = rng.normal(size=n)
    for i in range(1, n):
        values[i] += 0.9 * values[i - 1]
    return values


def _days(n: int) -> np.ndarray:
    return np.datetime64("2020-01-01", "D").astype("datetime64[us]") + np.arange(n) * np.timedelta64(1, "D")


def _next_days(price: np.ndarray, h: int) -> np.ndarray:
    """Return the mean of the next `h` values."""
    return np.array([price[i + 1 : i + 1 + h].mean() for i in range(len(price) - h)])


@planted(at=Location(rows=(236, 239), columns=("price",), split="train"))
def label_over_five_days(rng: np.random.Generator) -> Dataset:
    """The label is the mean of the next five prices, and the cut leaves no gap."""
    price = _walk(rng, 305)
    return subject(
        {"day": _days(300), "price": price[:300], "y": _next_days(price, 5)},
        split=["train"] * 240 + ["test"] * 60,
        day="time",
    )


@planted(at=Location(columns=("lag", "week"), split="train"))
def lags_in_a_random_split(rng: np.random.Generator) -> Dataset:
    """Yesterday's label and last week's mean are columns of a file that was split at random."""
    slow = np.cumsum(rng.normal(size=1010))
    week = np.array([slow[i - 7 : i].mean() for i in range(10, 1010)])
    test = rng.random(1000) < 0.2
    return subject({"lag": slow[9:-1], "week": week, "y": slow[10:]}, split=np.where(test, "test", "train"))


@clean
def purged(rng: np.random.Generator) -> Dataset:
    """The same label, with the last four training rows left out."""
    price = _walk(rng, 305)
    whole = subject(
        {"day": _days(300), "price": price[:300], "y": _next_days(price, 5)},
        split=["train"] * 236 + ["valid"] * 4 + ["test"] * 60,
        day="time",
    )
    return whole


@clean
def lags_before_the_cut(rng: np.random.Generator) -> Dataset:
    """Yesterday's label as a column, and a chronological split: the past is known."""
    y = _walk(rng, 301)
    return subject({"day": _days(300), "lag": y[:-1], "y": y[1:]}, split=["train"] * 240 + ["test"] * 60, day="time")
