from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import percent
from holdfast.audit.facts.time.order import TimeOrder
from holdfast.audit.facts.time.windows import ColumnWindow, LabelWindows
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Series, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L3.1 temporal leakage",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
        Reference(
            "Granger (1969), Investigating causal relations by econometric models and cross-spectral methods, "
            "Econometrica 37(3): what the future adds is tested given the past of both",
            "https://doi.org/10.2307/1912791",
        ),
    ),
    exempt={"row-order-does-not-matter": "without a time column the order of the file is the evidence"},
)
def feature_from_the_future(
    time_order: TimeOrder,
    label_windows: LabelWindows,
    *,
    min_share: float = 0.6,
    error_from: float = 0.95,
    alpha: float = 0.0005,
) -> Iterator[Finding]:
    """Columns that are made of the label of later rows, or of the row's own.

    ## Why it matters
    A centred moving average, a backward fill or a `shift(-1)` lets a row know what comes next. On hourly
    transformer temperatures a centred five-hour mean lowers the error from 0.459 to 0.265, and none of it is there
    when the model is used. A rolling mean without a shift holds the very value that is to be predicted.

    ## How it works
    Each number column is regressed on the label and the column itself up to twelve rows back, and then on the label
    up to twelve rows ahead as well. A column about the past gains nothing by that; the share of the rest that later
    labels explain must reach `min_share` (a warning: the column may be a leading indicator) or `error_from` (an
    error: the column can be recomputed from later labels). The past of both takes up the memory of both, so that two
    smooth series do not pass for one another; an F test, corrected for the number of columns, guards small tables.
    A column that is an average of the labels up to and including its own row is an error too. So is one that holds
    the label of an earlier row, value for value, but that of its own row or the next ones where a gap was filled
    backwards.

    ## Limits
    Windows reach twelve rows; longer ones are found in part. Columns made of another column's future are not seen,
    nor labels with more than two classes. Forecasts bought from elsewhere look like the future: that is a
    question to the person, not an accusation.

    ## Fix
    Compute the column from rows before: trailing windows, shifted by at least one row.
    """
    for window in label_windows.columns.values():
        p_value = min(1.0, window.p_value * label_windows.n_tested)
        if window.by_future >= min_share and p_value < alpha:
            yield _future(window, p_value, time_order, label_windows, min_share, error_from)
        elif window.exact == "present" and _is_average(window):
            yield _present(window, time_order, label_windows)
        elif window.filled > 0.0:
            yield _filled(window, time_order)


def _future(
    window: ColumnWindow, p_value: float, order: TimeOrder, windows: LabelWindows, min_share: float, error_from: float
) -> Finding:
    certain = window.by_future >= error_from
    rows = "the next row" if window.ahead == 1 else f"the next {window.ahead} rows"
    said = (
        f"{window.name!r} is made of later labels: those of {rows} explain {window.by_future:.1%} of what past and "
        f"present leave open ({order.by})"
        if certain
        else f"{window.name!r} follows the label of {rows}: they explain {window.by_future:.0%} of what past and "
        f"present leave open ({order.by})"
    )
    return Finding(
        message=said,
        severity=Severity.ERROR if certain else Severity.WARNING,
        confidence=Confidence.HIGH if certain else Confidence.MEDIUM,
        locations=(Location(columns=(window.name,)),),
        evidence=(
            Measure(
                name="explained by later labels",
                value=window.by_future,
                threshold=min_share,
                p_value=p_value,
                unit="share",
            ),
            _weights(window, windows),
        ),
        fix="Compute the column from rows before: trailing windows, shifted by at least one row.",
        remedy=Remedy(op="drop-columns", columns=(window.name,)),
    )


def _present(window: ColumnWindow, order: TimeOrder, windows: LabelWindows) -> Finding:
    weights = np.array(window.weights)
    own = float(weights[len(weights) // 2])
    return Finding(
        message=(
            f"{window.name!r} is an average of labels that includes the row's own, with weight {own:.2f} ({order.by})"
        ),
        confidence=Confidence.HIGH,
        locations=(Location(columns=(window.name,)),),
        evidence=(Measure(name="weight of the row's own label", value=own, threshold=0.0), _weights(window, windows)),
        fix="Shift the window by one row, so that it ends before the value that is to be predicted.",
        remedy=Remedy(op="drop-columns", columns=(window.name,)),
    )


def _filled(window: ColumnWindow, order: TimeOrder) -> Finding:
    before = "the row before" if window.lag == 1 else f"{window.lag} rows before"
    return Finding(
        message=f"{window.name!r} is the label of {before}, but in {percent(window.filled)} of the rows it holds that "
        f"of the row itself or a later one: gaps were filled backwards ({order.by})",
        severity=Severity.ERROR if order.column is not None else Severity.WARNING,
        confidence=Confidence.HIGH,
        locations=(Location(columns=(window.name,)),),
        evidence=(Measure(name="rows with a later label", value=window.filled, threshold=0.0, unit="share"),),
        fix="Fill gaps from rows before (forwards), or leave them missing.",
        remedy=Remedy(op="drop-columns", columns=(window.name,)),
    )


def _is_average(window: ColumnWindow) -> bool:
    """Return whether all weights have one sign: a mean or sum, not a change such as y(t) - y(t-1)."""
    weights = np.array(window.weights)
    largest = np.abs(weights).max()
    return bool((weights >= -1e-3 * largest).all() or (weights <= 1e-3 * largest).all())


def _weights(window: ColumnWindow, windows: LabelWindows) -> Series:
    return Series(
        name=f"Weight of the label of neighbouring rows in {window.name}",
        x=tuple(windows.offsets.tolist()),
        y=window.weights,
        x_name="rows later",
        y_name="weight",
        shape="bar",
    )


def _walk(rng: np.random.Generator, n: int, memory: float = 0.9) -> np.ndarray:
    values = rng.normal(size=n)
    for i in range(1, n):
        values[i] += memory * values[i - 1]
    return values


def _made(rng: np.random.Generator, n: int = 300, **columns: np.ndarray) -> Dataset:
    when = np.datetime64("2020-01-01", "D").astype("datetime64[us]") + np.arange(n) * np.timedelta64(1, "D")
    driver = rng.normal(size=n)
    return subject({"when": when, "driver": driver, **columns}, split=["train"] * (n - 60) + ["test"] * 60, when="time")


def _mean(values: np.ndarray, before: int, after: int) -> np.ndarray:
    """Return the mean over rows from `before` rows back to `after` rows ahead, NaN at the ends."""
    n, result = len(values), np.full(len(values), np.nan)
    for i in range(before, n - after):
        result[i] = values[i - before : i + after + 1].mean()
    return result


@planted(at=Location(columns=("smooth",)))
def centred_mean(rng: np.random.Generator) -> Dataset:
    """A mean over two rows before and two rows after, rounded."""
    y = _walk(rng, 300)
    return _made(rng, y=y, smooth=np.round(_mean(y, 2, 2), 3))


@planted(at=Location(columns=("rolling",)))
def unshifted_window(rng: np.random.Generator) -> Dataset:
    """A trailing mean over five rows that ends with the row itself."""
    y = _walk(rng, 300)
    return _made(rng, y=y, rolling=_mean(y, 4, 0))


@planted(at=Location(columns=("next",)))
def no_time_column(rng: np.random.Generator) -> Dataset:
    """The next row's label, in a file that is in time order but does not say so."""
    y = _walk(rng, 1000, 0.99)
    return subject(
        {"driver": rng.normal(size=1000), "next": np.r_[y[1:], np.nan], "y": y},
        split=["train"] * 800 + ["test"] * 200,
    )


@planted(at=Location(columns=("measured",)))
def filled_backwards(rng: np.random.Generator) -> Dataset:
    """The value of the row before, where a fifth of the values were missing and filled from the next one."""
    y = _walk(rng, 400)
    known = rng.random(400) > 0.2
    next_known = np.minimum.accumulate(np.where(known, np.arange(400), 399)[::-1])[::-1]
    return _made(rng, n=400, y=y, measured=np.r_[np.nan, y[:-1]][next_known])


@clean
def filled_forwards(rng: np.random.Generator) -> Dataset:
    """The value of the row before, with gaps filled from the last one known."""
    y = _walk(rng, 400)
    known = rng.random(400) > 0.2
    last_known = np.maximum.accumulate(np.where(known, np.arange(400), 0))
    return _made(rng, n=400, y=y, measured=np.r_[np.nan, y[:-1]][last_known])


@clean
def trailing_windows(rng: np.random.Generator) -> Dataset:
    """Lags and a shifted trailing mean know only the past."""
    y = _walk(rng, 300)
    lag = np.r_[np.nan, y[:-1]]
    return _made(rng, y=y, lag=lag, rolling=np.r_[np.nan, _mean(y, 4, 0)[:-1]])


@clean
def other_smooth_series(rng: np.random.Generator) -> Dataset:
    """Two unrelated series with long memory."""
    return _made(rng, y=_walk(rng, 300, 0.99), other=_walk(rng, 300, 0.99), third=np.cumsum(_walk(rng, 300)))


@clean
def leading_indicator(rng: np.random.Generator) -> Dataset:
    """A column that moves before the label does, with noise of its own: known in time, and welcome."""
    lead = _walk(rng, 300)
    return _made(rng, lead=lead, y=np.r_[0.0, lead[:-1]] + 1.5 * rng.normal(size=300))
