from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.columns.repairs import CLOSE, Filled, Repairs
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L1.2 (preprocessing on training and test set)",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
    ),
)
def imputed_before_split(repairs: Repairs) -> Iterator[Finding]:
    """Missing values filled with the mean or median of train and test together.

    ## Why it matters
    The training data then hold what was computed from test rows, and the gaps themselves are no longer to be seen:
    a model can neither learn from them nor be warned.

    ## How it works
    A fill is one value that is at least five times as frequent as any other in a column with fractions. If it equals
    the mean of all other values, over all rows and to within a thousandth of a standard error, but not the mean over
    the training rows, gaps were filled before the split. For the median, as many other values must lie below as above.

    ## Limits
    Fills in columns of whole numbers or categories (a mode), by neighbours or by models leave no such trace. A median
    is told by counting alone, so that its confidence is medium.

    ## Fix
    Split first; fit the imputer on the training rows only, and keep a column that says where values were missing.
    """
    for item in repairs.filled:
        yield _finding(item)


def _finding(item: Filled) -> Finding:
    mean = item.statistic == "mean"
    return Finding(
        message=f"{len(item.rows):,} values of {item.column!r} are {item.value:.6g}, the {item.statistic} of all other "
        f"rows (train alone: {item.of_train:.6g}): gaps were filled before the split",
        confidence=Confidence.HIGH if mean else Confidence.MEDIUM,
        locations=(Location(rows=item.rows, columns=(item.column,)),),
        evidence=(
            Measure(
                name=f"distance of the fill from the {item.statistic} of all rows, in standard errors",
                value=item.off_all,
                threshold=CLOSE if mean else 1 / max(1.0, np.sqrt(len(item.rows))),
            ),
            Measure(name=f"distance from the {item.statistic} of train, in standard errors", value=item.off_train),
            Measure(name="rows with the fill", value=len(item.rows), unit="rows"),
        ),
        fix="Split first; fit the imputer on the training rows only, and keep a column that says where values were "
        "missing.",
    )


def _gapped(rng: np.random.Generator, n: int = 500) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, list[str]]:
    columns = {"a": rng.gamma(3, 2, n), "b": rng.normal(size=n)}
    columns["y"] = np.where(columns["b"] + rng.normal(size=n) > 0, "yes", "no")
    gaps = rng.random(n) < 0.1
    train = np.arange(n) < 0.8 * n
    return columns, gaps, train, ["train" if row else "test" for row in train]


@planted(at=Location(columns=("a",)))
def mean_of_all(rng: np.random.Generator) -> Dataset:
    """Gaps of a were filled with its mean over all rows."""
    columns, gaps, _, split = _gapped(rng)
    columns["a"] = np.where(gaps, columns["a"][~gaps].mean(), columns["a"])
    return subject(columns, split=split)


@planted(at=Location(columns=("a",)))
def median_of_all(rng: np.random.Generator) -> Dataset:
    """Gaps of a were filled with its median over all rows; in train values are lower, so that its median differs."""
    columns, gaps, train, split = _gapped(rng)
    values = columns["a"] + np.where(train, 0.0, 2.0)
    columns["a"] = np.where(gaps, np.median(values[~gaps]), values)
    return subject(columns, split=split)


@clean
def mean_of_train(rng: np.random.Generator) -> Dataset:
    """Gaps were filled with the mean of the training rows."""
    columns, gaps, train, split = _gapped(rng)
    columns["a"] = np.where(gaps, columns["a"][~gaps & train].mean(), columns["a"])
    return subject(columns, split=split)


@clean
def spike_by_nature(rng: np.random.Generator) -> Dataset:
    """A tenth of the values is zero by nature, far from the mean."""
    columns, gaps, _, split = _gapped(rng)
    columns["a"] = np.where(gaps, 0.0, columns["a"])
    return subject(columns, split=split)
