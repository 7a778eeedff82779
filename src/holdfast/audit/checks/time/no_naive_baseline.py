from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.predictions import Predicted
from holdfast.audit.facts.rows.memory import LabelMemory
from holdfast.audit.facts.time.order import TimeOrder
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity

_FEWEST = 20  # test rows with a forecast; fewer give no interval worth the name
_SEASON_FROM = 0.3  # autocorrelation at which a lag counts as a season


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Hyndman & Koehler (2006), Another look at measures of forecast accuracy, International Journal of "
            "Forecasting 22(4): MASE",
            "https://doi.org/10.1016/j.ijforecast.2006.03.001",
        ),
        Reference(
            "Diebold & Mariano (1995), Comparing predictive accuracy, Journal of Business & Economic Statistics 13(3)",
            "https://doi.org/10.1080/07350015.1995.10524599",
        ),
    ),
    exempt={"row-order-does-not-matter": "without a time column the order of the file is the evidence"},
)
def no_naive_baseline(
    labels: Labels,
    time_order: TimeOrder,
    label_memory: LabelMemory,
    test_predictions: Predicted,
    *,
    max_ratio: float = 1.05,
    alpha: float = 0.0005,
) -> Iterator[Finding]:
    """Models whose error is larger than that of repeating an earlier value of the label.

    ## Why it matters
    In a series with memory "the same as last time" is hard to beat. A score that is not held against it (R² of 0.9
    on hourly temperatures, say) may hide a model that is worse than no model at all.

    ## How it works
    For every test row two forecasts are made from the label alone: the value of the row before, and the value one
    season before (the lag, up to 48, at which the label's autocorrelation peaks). The better of them, by its error on
    earlier rows, is compared with the predictions row by row: the ratio of mean absolute errors (a MASE on the test
    rows) and the Diebold-Mariano test, whose deviation allows for errors that come in waves. Stored predictions are
    judged first, else the person's model; for a model that merely stands in the finding is a note.

    ## Limits
    The naive forecast knows the value of the row before. Where the last values are not yet known when the model is
    used, or the task is not a forecast, the comparison is unfair: suppress it with that reason.

    ## Fix
    Give the model the label's own past (lags, shifted means), report the naive error beside the score, or predict
    the change instead of the level.
    """
    if labels.is_classes:
        raise NotApplicable("the label is a class, not a number: there is no level to repeat")
    if label_memory.raw[0] < _SEASON_FROM:
        return
    naive, lag = _naive(labels, time_order, label_memory)
    rows = test_predictions.rows
    for name, said in test_predictions.models.items():
        usable = np.isfinite(naive[rows]) & np.isfinite(said.values) & labels.known[rows]
        if usable.sum() < _FEWEST:
            continue
        picked = rows[usable]
        place = np.empty(len(naive), dtype=np.int64)
        place[time_order.rows] = np.arange(len(time_order.rows))
        in_time = np.argsort(place[picked], kind="stable")
        model_error = np.abs(said.values[usable] - labels.values[picked])[in_time]
        naive_error = np.abs(naive[picked] - labels.values[picked])[in_time]
        ratio = float(model_error.mean() / naive_error.mean()) if naive_error.any() else np.inf
        worse, p_value = _diebold_mariano(model_error - naive_error)
        if not (ratio > max_ratio and p_value < alpha / len(test_predictions.models)):
            continue
        who = test_predictions.said(name)
        how = "repeating the value before" if lag == 1 else f"repeating the value {lag} rows before"
        yield Finding(
            message=(
                f"{who} errs by {model_error.mean():.4g} on average, {ratio:.2f} times as much as {how} "
                f"({naive_error.mean():.4g})"
            ),
            severity=Severity.WARNING if test_predictions.is_own else Severity.NOTE,
            confidence=Confidence.HIGH if time_order.column else Confidence.MEDIUM,
            locations=(Location(columns=(labels.column,), split="test"),),
            evidence=(
                Measure(name="error as a multiple of the naive forecast's", value=ratio, threshold=max_ratio),
                Measure(
                    name="difference of mean absolute errors",
                    value=float((model_error - naive_error).mean()),
                    low=worse[0],
                    high=worse[1],
                    level=0.95,
                    p_value=p_value,
                ),
            ),
            fix="Give the model the label's own past, or predict the change; report the naive error beside the score.",
        )


def _naive(labels: Labels, order: TimeOrder, memory: LabelMemory) -> tuple[np.ndarray, int]:
    """Return the better naive forecast for every row (NaN where there is none), and how many rows back it looks."""
    season = 2 + int(np.argmax(memory.raw[1:]))
    # A slow series has its second-highest correlation at lag 2, which is no season: a peak stands above its left.
    peaks = [lag for lag in memory.lags[2:] if memory.raw[lag - 1] > max(memory.raw[lag - 2], _SEASON_FROM)]
    season = max(peaks, key=lambda lag: memory.raw[lag - 1]) if peaks else season
    best: tuple[float, np.ndarray, int] | None = None
    for lag in sorted({1, season}):
        ahead = np.full(len(labels.values), np.nan)
        same = order.series[lag:] == order.series[:-lag]
        ahead[order.rows[lag:][same]] = labels.values[order.rows[:-lag][same]]
        looked_at = memory.rows
        errors = np.abs(ahead[looked_at] - labels.values[looked_at])
        error = float(np.nanmean(errors)) if np.isfinite(errors).any() else np.inf
        if best is None or error < best[0]:
            best = (error, ahead, lag)
    assert best is not None
    return best[1], best[2]


def _diebold_mariano(differences: np.ndarray) -> tuple[tuple[float, float], float]:
    """Return a 95% interval of the mean difference and the one-sided p-value that it is above zero.

    The variance counts waves of errors by Bartlett weights over n^(1/3) neighbours (Newey & West, 1987).
    """
    from scipy.special import ndtr

    n, mean = len(differences), float(differences.mean())
    centred = differences - mean
    furthest = max(1, round(n ** (1 / 3)))
    variance = float(centred @ centred) / n
    for lag in range(1, min(furthest, n - 1) + 1):
        variance += 2 * (1 - lag / (furthest + 1)) * float(centred[lag:] @ centred[:-lag]) / n
    deviation = float(np.sqrt(max(variance, 0.0) / n))
    if deviation <= 0:
        return (mean, mean), 0.0 if mean > 0 else 1.0
    return (mean - 1.96 * deviation, mean + 1.96 * deviation), float(ndtr(-mean / deviation))


def _walk(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.asarray(np.cumsum(rng.normal(size=n)))


def _day(n: int) -> np.ndarray:
    return np.datetime64("2020-01-01", "D").astype("datetime64[us]") + np.arange(n) * np.timedelta64(1, "D")


@planted(at=Location(columns=("y",), split="test"))
def model_without_the_past(rng: np.random.Generator) -> Any:
    """A random walk that the model must guess from an unrelated column."""
    return subject(
        {"day": _day(400), "x": rng.normal(size=400), "y": _walk(rng, 400)},
        split=["train"] * 300 + ["test"] * 100,
        day="time",
    )


@planted(at=Location(columns=("y",), split="test"))
def file_order(rng: np.random.Generator) -> Any:
    """The same without a time column."""
    return subject({"x": rng.normal(size=400), "y": _walk(rng, 400)}, split=["train"] * 300 + ["test"] * 100)


@clean
def model_with_a_good_column(rng: np.random.Generator) -> Any:
    """A column that gives the level but for a little noise."""
    y = 3 * rng.normal(size=400)
    y[1:] += y[:-1]
    return subject(
        {"day": _day(400), "x": y + 0.3 * rng.normal(size=400), "y": y},
        split=["train"] * 300 + ["test"] * 100,
        day="time",
    )
