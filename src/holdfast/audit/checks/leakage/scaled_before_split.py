from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.columns.repairs import CLOSE, Repairs, Scaled
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Evidence, Finding, Location, Measure, Series, Severity
from holdfast.core.text import and_more


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
def scaled_before_split(repairs: Repairs) -> Iterator[Finding]:
    """Columns scaled with statistics of train and test together.

    ## Why it matters
    The scale of the training data then holds knowledge of the test rows. For a mean and a deviation the harm is
    mostly small, but it shows that preprocessing ran before the split, and what else ran there may not be harmless.

    ## How it works
    Scaling leaves a trace: the mean of a standardised column is 0 to many digits. Where that holds for all rows
    (within a thousandth of a standard error) and not for the training rows, the column was scaled over all; its
    deviation must also be 1, or equal to that of another such column. The same for the range 0 to 1 (or -1 to 1),
    where at least three and most of the columns with fractions have it, and train alone does not reach an end.

    ## Limits
    Numbers rounded to two digits or less, robust scaling, and scaling per group leave no such trace. Only columns with
    fractions and 20 or more values are looked at. A scaled file that is split afterwards is the same, and is found.

    ## Fix
    Split first; fit the scaler on the training rows only, and apply it to both.
    """
    for kind in ("mean", "range"):
        found = [item for item in repairs.scaled if item.statistic.startswith(kind)]
        if found:
            yield _finding(kind, found)


def _finding(kind: str, found: list[Scaled]) -> Finding:
    names = tuple(item.column for item in found)
    first = and_more([repr(name) for name in names], 3)
    have = "has" if len(names) == 1 else "have"
    evidence: tuple[Evidence, ...] = (
        Measure(name=f"columns with {found[0].statistic} over all rows, not in train", value=len(found), threshold=0,
                unit="columns"),
    )  # fmt: skip
    if kind == "mean":
        worst = max(item.off_all for item in found)
        evidence += (Measure(name="largest mean over all rows, in standard errors", value=worst, threshold=CLOSE),)
    evidence += (
        Series(
            name="how far train is off",
            x=names[:20],
            y=tuple(item.off_train for item in found[:20]),
            x_name="column",
            y_name="mean of train in standard errors" if kind == "mean" else "gap between train and the range",
            shape="bar",
        ),
    )
    return Finding(
        message=f"{first} {have} {found[0].statistic} over train and test together, but not over train: "
        f"{'it was' if len(names) == 1 else 'they were'} scaled before the split",
        confidence=Confidence.HIGH,
        locations=(Location(columns=names),),
        evidence=evidence,
        fix="Split first; fit the scaler on the training rows only, and apply it to both.",
    )


def _raw(rng: np.random.Generator, n: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    table = rng.gamma(3, 2, size=(n, 3)) * [1.0, 10.0, 0.1]
    y = np.where(table[:, 0] + rng.normal(size=n) > 5, "yes", "no")
    return table, y, np.arange(n) < 0.8 * n, ["train"] * int(0.8 * n) + ["test"] * (n - int(0.8 * n))


def _subject(table: np.ndarray, y: np.ndarray, split: list[str]) -> Dataset:
    return subject({"a": table[:, 0], "b": table[:, 1], "c": table[:, 2], "y": y}, split=split)


@planted(at=Location(columns=("a", "b", "c")))
def standardised_over_all(rng: np.random.Generator) -> Dataset:
    """Three columns were standardised over all rows."""
    table, y, _, split = _raw(rng)
    return _subject((table - table.mean(axis=0)) / table.std(axis=0), y, split)


@planted(at=Location(columns=("b",)))
def ranged_over_all(rng: np.random.Generator) -> Dataset:
    """Three columns were brought to 0 to 1 over all rows; the largest value of b is in the test set."""
    table, y, _, split = _raw(rng)
    table[299, 1] = table[:, 1].max() + 5
    return _subject((table - table.min(axis=0)) / np.ptp(table, axis=0), y, split)


@clean
def standardised_on_train(rng: np.random.Generator) -> Dataset:
    """The scaler was fitted on the training rows."""
    table, y, train, split = _raw(rng)
    return _subject((table - table[train].mean(axis=0)) / table[train].std(axis=0), y, split)


@clean
def standard_normal_by_nature(rng: np.random.Generator) -> Dataset:
    """Columns have mean 0 and deviation 1 in the population, not in the sample."""
    _, y, _, split = _raw(rng)
    return _subject(rng.normal(size=(300, 3)), y, split)


@clean
def shares_by_nature(rng: np.random.Generator) -> Dataset:
    """One of three columns is a share that reaches 0 and 1."""
    table, y, _, split = _raw(rng)
    table[:, 1] = rng.random(300)
    table[298:, 1] = 0.0, 1.0
    return _subject(table, y, split)
