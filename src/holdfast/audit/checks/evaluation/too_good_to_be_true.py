from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.cases.predictions import judged, with_predictions
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import rows_table
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.predictions import Predicted
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.audit.metrics import METRICS, truth_of
from holdfast.audit.models import Predictions
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity
from holdfast.data.intervals import wilson

LEAST_REPEATED = 10  # rows with a twin of another label, before anything is said about them


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9)",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
        Reference(
            "Kaufman, Rosset & Perlich (2012), Leakage in data mining: formulation, detection, and avoidance, "
            "ACM TKDD 6(4)",
            "https://doi.org/10.1145/2382577.2382579",
        ),
    ),
)
def too_good_to_be_true(
    dataset: Dataset,
    labels: Labels,
    row_groups: RowGroups,
    test_predictions: Predicted,
    *,
    alpha: float = 0.001,
    max_error: float = 0.005,
    max_unexplained: float = 0.001,
) -> Iterator[Finding]:
    """A score that the data hardly allow: answers no column holds, or almost no error at all.

    ## Why it matters
    Most scores that are too good come from a leak. The score itself is often the first thing that gives it away.

    ## How it works
    First, test rows that are equal in every feature but not in their label: whoever sees only these columns must
    answer them alike, so at most the more frequent label of each can be right. Your predictions being right
    significantly more often there (binomial, chance below `alpha`) means that they used something else. Second, a
    score next to perfect: an upper 95% limit of the balanced error below 0.5%, or R² above 0.999; a note.

    ## Limits
    Columns that are ignored here but known to the model (an id, a text) explain the first without any leak. Some
    tasks are as easy as the second says: which mushrooms are edible, which row is a copy of a sum.

    ## Fix
    Look at what the leakage checks say, and at the column that the model leans on most; ask when each column's value
    became known.
    """
    truth = truth_of(labels, test_predictions.rows)
    for name, model in test_predictions.models.items():
        who = test_predictions.said(name)
        if labels.is_classes and test_predictions.is_own:
            yield from _more_than_told(dataset, labels, row_groups, test_predictions.rows, model, who, alpha)
        yield from _next_to_perfect(labels, truth, model, who, max_error, max_unexplained)


def _more_than_told(
    dataset: Dataset,
    labels: Labels,
    row_groups: RowGroups,
    rows: np.ndarray,
    model: Predictions,
    who: str,
    alpha: float,
) -> Iterator[Finding]:
    from scipy.stats import binom

    truth, k = labels.codes[rows], len(labels.classes)
    _, group = np.unique(row_groups.group[rows], return_inverse=True)
    cell, count = np.unique(group.reshape(-1) * k + truth, return_counts=True)
    most = np.zeros(int(group.max()) + 1, dtype=np.int64)
    np.maximum.at(most, cell // k, count)
    total = np.bincount(group.reshape(-1))
    conflict = (total > most)[group.reshape(-1)]
    n, right = int(conflict.sum()), int(np.sum(conflict & (model.values == truth)))
    allowed = int(most[total > most].sum())
    if n < LEAST_REPEATED or right <= allowed:
        return
    p_value = float(binom.sf(right - 1, n, allowed / n))
    if p_value > alpha:
        return
    places = rows[conflict]
    yield Finding(
        message=f"{who} is right on {right:,} of {n:,} test rows whose features are equal but whose labels differ; "
        f"from these columns alone, no model can be right on more than {allowed:,}",
        confidence=Confidence.HIGH,
        locations=(Location(rows=places, split="test"),),
        evidence=(
            Measure(name="right answers", value=right, threshold=allowed, p_value=p_value, unit="rows"),
            rows_table(
                dataset,
                places[np.argsort(group.reshape(-1)[conflict], kind="stable")],
                caption="Test rows with equal features and different labels",
            ),
        ),
        fix="Find out what else the predictions were made from: an id, a row's place, the label itself.",
    )


def _next_to_perfect(
    labels: Labels, truth: np.ndarray, model: Predictions, who: str, max_error: float, max_unexplained: float
) -> Iterator[Finding]:
    if not labels.is_classes:
        value = METRICS["r2"].score(truth, model)
        if not np.isfinite(value) or 1.0 - value >= max_unexplained or len(truth) < 50:
            return
        said, measure = f"R² {value:.5f}", Measure(name="1 - R²", value=1.0 - value, threshold=max_unexplained)
    else:
        _, code, n = np.unique(truth, return_inverse=True, return_counts=True)
        wrong = np.bincount(code.reshape(-1), weights=model.values != truth)
        limits = [wilson(int(w), int(m)).high for w, m in zip(wrong, n, strict=True)]
        if len(n) < 2 or np.mean(limits) >= max_error:
            return
        said = f"{int(wrong.sum()):,} of {len(truth):,} test rows wrong"
        measure = Measure(name="upper limit of the balanced error", value=float(np.mean(limits)), threshold=max_error)
    yield Finding(
        message=f"{who} makes almost no error ({said}): either the task is this easy, or a column holds the answer",
        severity=Severity.NOTE,
        confidence=Confidence.LOW,
        locations=(Location(columns=(labels.column,), split="test"),),
        evidence=(measure,),
        fix="Look at what the leakage checks say, and ask when each column's value became known.",
    )


@planted(at=Location(rows=(60, 61, 62, 63), split="test"))
def right_on_twins(rng: np.random.Generator) -> dict[str, Any]:
    """Forty test rows have a twin with another label, and the stored predictions are right on all of them."""
    twins = np.repeat(rng.normal(size=20), 2)
    a = np.concatenate([rng.normal(size=60), twins])
    y = np.where(np.arange(100) % 2, "yes", "no")
    dataset = subject({"a": a, "y": y}, split=["train"] * 60 + ["test"] * 40)
    return with_predictions(dataset, {"mine": y[60:]})


@planted(at=Location(columns=("y",), split="test"))
def a_sum_of_columns(rng: np.random.Generator) -> dict[str, Any]:
    """The label is a sum of columns, and the stored predictions know it."""
    a, b = rng.normal(size=(2, 300))
    dataset = subject({"a": a, "b": b, "y": a + b}, split=["train"] * 100 + ["test"] * 200)
    return with_predictions(dataset, {"mine": (a + b)[100:] + 1e-3 * rng.normal(size=200)})


@clean
def twins_by_chance(rng: np.random.Generator) -> dict[str, Any]:
    """Coarse columns and a model that knows no more than they tell."""
    a = rng.integers(5, size=300)
    y = np.where(rng.random(300) < 0.3 + 0.1 * a, "yes", "no")
    dataset = subject({"a": a, "y": y}, split=["train"] * 100 + ["test"] * 200)
    return with_predictions(dataset, {"mine": np.where(a[100:] >= 2, "yes", "no")})


@clean
def good_but_not_perfect(rng: np.random.Generator) -> dict[str, Any]:
    """A strong model of a noisy label."""
    return judged(rng, {"mine": 1.0}, n_test=500)


@clean
def small_and_perfect(rng: np.random.Generator) -> Dataset:
    """Too few test rows to call no error suspicious."""
    a = np.linspace(-1.0, 1.0, 100)
    order = rng.permutation(100)
    y = np.where(a > 0, "yes", "no")
    return subject({"a": a[order], "y": y[order]}, split=["train"] * 70 + ["test"] * 30)
