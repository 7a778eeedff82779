from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.rows.cut import TimeCut
from holdfast.audit.facts.rows.memory import LabelMemory
from holdfast.audit.facts.time.order import TimeOrder, split_was_default
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Series, Severity

_CLEAR = 6.0  # standard errors; by chance once in 10⁹
_SLOW = slice(7, 32)  # lags 8 to 32: longer than the rows that one person, order or ride brings


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L3.1 temporal leakage",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
        Reference(
            "Roberts et al. (2017), Cross-validation strategies for data with temporal, spatial, hierarchical, or "
            "phylogenetic structure, Ecography 40",
            "https://doi.org/10.1111/ecog.02881",
        ),
    ),
    exempt={"row-order-does-not-matter": "without a time column the order of the file is the evidence"},
)
def random_split_of_ordered_data(
    dataset: Dataset,
    time_order: TimeOrder,
    time_cut: TimeCut,
    label_memory: LabelMemory,
    *,
    min_carried_over: float = 0.08,
    error_from: float = 0.2,
    alpha: float = 1e-6,
) -> Iterator[Finding]:
    """Rows in time order that were split at random, so that each test row lies between training rows.

    ## Why it matters
    Where one hour resembles the next, a model that has seen both neighbours of a test row only fills a gap. In use
    it must look ahead, which is harder: hourly bicycle rentals score R² 0.947 on a random split and 0.913 on a
    chronological one.

    ## How it works
    Two things must hold. Test rows lie between training rows: at most five places away in time on both sides. And
    the label carries over: what a boosting model, fitted on other stretches of time, leaves unexplained is
    correlated from one row to the next, by at least `min_carried_over` and six standard errors. Without a time
    column the order of the file stands for time if the label depends on it slowly (lags 8 to 32), which groups of
    adjacent rows do not cause. It is an error when there is a time column that is declared or runs in even steps,
    the correlation reaches `error_from`, and somebody chose the split; a warning otherwise.

    ## Limits
    A file may be sorted by something else than time (by hospital, by batch); then the finding is about that, and a
    split by it is as wise. Memory that features already explain goes unmentioned, though those features may be made
    of the label's own past: see `window-overlap`.

    ## Fix
    Train on the past and test on what came after: `--splitter ordered`, with `--time COLUMN` where there is one.
    """
    del alpha  # six standard errors, stated for the sum in the report
    if not time_cut.is_random:
        return
    carried, errors = label_memory.carried_over, label_memory.standard_errors
    if carried < min_carried_over or errors < _CLEAR:
        return
    by_column = time_order.column is not None
    # Under independence the mean square of 25 correlations is 1/n with deviation √(2/25)/n; a season counts too.
    slow = float((label_memory.residual[_SLOW] ** 2).mean())
    slow_errors = (slow * label_memory.n_pairs - 1) / np.sqrt(2 / 25)
    if not by_column and (np.sqrt(slow) < min_carried_over / 2 or slow_errors < _CLEAR):
        return
    default = split_was_default(dataset)
    direct = by_column and (dataset[str(time_order.column)].role == "time" or time_cut.regular)
    is_error = direct and carried >= error_from and not default
    who = "the random split, which was made here because none was given," if default else "the split"
    left = "what its features leave unexplained" if label_memory.n_features else "its label"
    columns = (str(time_order.column),) if by_column else ()
    yield Finding(
        message=(
            f"{who} puts {time_cut.interleaved:.0%} of {time_cut.n_test:,} test rows between training rows close in "
            f"time ({time_order.by}), and {left} carries over from one row to the next (correlation {carried:.2f})"
        ),
        severity=Severity.ERROR if is_error else Severity.WARNING,
        confidence=Confidence.HIGH if direct else Confidence.MEDIUM,
        locations=(Location(rows=time_cut.between, columns=columns, split="test"),),
        evidence=(
            Measure(name="test rows between training rows", value=time_cut.interleaved, threshold=0.5, unit="share"),
            Measure(name="correlation with the row before", value=carried, threshold=min_carried_over),
            Series(
                name="Autocorrelation in time order",
                x=tuple(label_memory.lags) * 2,
                y=(*np.round(label_memory.raw, 4).tolist(), *np.round(label_memory.residual, 4).tolist()),
                group=("label",) * len(label_memory.lags) + ("unexplained by features",) * len(label_memory.lags),
                x_name="rows later",
                y_name="correlation",
            ),
        ),
        fix="Train on the past and test on what came after: --splitter ordered"
        + (f" --time {time_order.column}." if by_column else "."),
        remedy=Remedy(op="reorder-split", columns=columns),
    )


def _walk(rng: np.random.Generator, n: int, memory: float) -> np.ndarray:
    """Return an autoregressive series with deviation 1."""
    values = np.empty(n)
    values[0] = rng.normal()
    shocks = rng.normal(size=n) * np.sqrt(1 - memory**2)
    for i in range(1, n):
        values[i] = memory * values[i - 1] + shocks[i]
    return values


def _hours(n: int) -> np.ndarray:
    return np.datetime64("2021-03-01", "h").astype("datetime64[us]") + np.arange(n) * np.timedelta64(1, "h")


@planted(at=Location(columns=("when",), split="test"))
def hourly_series(rng: np.random.Generator) -> Dataset:
    """A series with memory 0.9 and a time column, split at random."""
    n = 400
    x = rng.normal(size=n)
    test = rng.random(n) < 0.2
    return subject(
        {"when": _hours(n), "x": x, "y": x + 2 * _walk(rng, n, 0.9)}, split=np.where(test, "test", "train"), when="time"
    )


@planted(at=Location(split="test"))
def file_in_time_order(rng: np.random.Generator) -> Dataset:
    """No time column, but the label drifts slowly through the file."""
    n = 1500
    x = rng.normal(size=n)
    test = rng.random(n) < 0.2
    return subject({"x": x, "y": x + _walk(rng, n, 0.98)}, split=np.where(test, "test", "train"))


@clean
def ordered_split(rng: np.random.Generator) -> Dataset:
    """The same series, cut at one moment."""
    n = 400
    x = rng.normal(size=n)
    return subject(
        {"when": _hours(n), "x": x, "y": x + 2 * _walk(rng, n, 0.9)},
        split=["train"] * 320 + ["test"] * 80,
        when="time",
    )


@clean
def no_memory(rng: np.random.Generator) -> Dataset:
    """Rows have times, and a feature has memory that explains the label's: nothing is left to carry over."""
    n = 400
    x = np.round(_walk(rng, n, 0.9))
    test = rng.random(n) < 0.2
    return subject(
        {"when": _hours(n), "x": x, "y": x + rng.normal(size=n)}, split=np.where(test, "test", "train"), when="time"
    )


@clean
def rows_of_one_person_together(rng: np.random.Generator) -> Dataset:
    """Four rows of each person stand together in the file: groups, not time."""
    person = np.repeat(rng.normal(size=150), 4)
    test = rng.random(600) < 0.2
    return subject(
        {"x": rng.normal(size=600), "y": person + 0.5 * rng.normal(size=600)}, split=np.where(test, "test", "train")
    )
