from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.rows.cut import TimeCut, split_is_by_time
from holdfast.audit.facts.shift.drift import ColumnShifts
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Lipton, Wang & Smola (2018), Detecting and correcting for label shift with black box predictors, ICML",
            "https://arxiv.org/abs/1802.03916",
        ),
    ),
)
def label_shift(
    dataset: Dataset,
    column_shifts: ColumnShifts,
    labels: Labels,
    time_cut: TimeCut | None,
    *,
    min_effect: float = 0.05,
    min_effect_of_numbers: float = 0.1,
    alpha: float = 0.001,
) -> Iterator[Finding]:
    """Labels whose shares, or values, differ between training and test data.

    ## Why it matters
    Accuracy, precision and every threshold depend on how frequent the classes are. If the test set was balanced by
    hand and the training set was not, or one comes from another year, the score is true for neither.

    ## How it works
    For classes the total variation between the shares of train and test, less what sampling alone brings, must reach
    `min_effect`; for numbers the largest gap between the cumulative shares must reach `min_effect_of_numbers`. A
    test (chi-square, Kolmogorov-Smirnov) rules out chance. Class names are compared without case, spaces around them
    and a full stop at the end, which `label-spelling` is about.

    ## Limits
    A chronological split of a label with a trend shifts by nature: then it is a note. Weights that make up for the
    shift are not read.

    ## Fix
    Stratify the split by the label, or report scores that do not depend on shares (ROC area), or weight the test
    rows to the shares that the model will meet.
    """
    shift = column_shifts.label
    if shift is None or min(shift.n_train, shift.n_test) == 0:
        raise NotApplicable("too few labels on one side to compare")
    threshold = min_effect if labels.is_classes else min_effect_of_numbers
    if shift.effect < threshold or shift.p_value >= alpha:
        return
    severity = Severity.NOTE if split_is_by_time(dataset, time_cut) else Severity.WARNING
    kind = "class shares differ" if labels.is_classes else "values differ"
    sides = shift.sides
    yield Finding(
        message=f"{kind} between {sides.first} and {sides.second}: {shift.measure} {shift.effect:.2f} ({shift.said})",
        severity=severity,
        confidence=Confidence.HIGH,
        locations=(Location(columns=(labels.column,)),),
        evidence=(
            Measure(
                name=shift.measure,
                value=shift.effect,
                threshold=threshold,
                low=shift.low,
                high=shift.high,
                level=0.95,
                p_value=shift.p_value,
            ),
        ),
        fix="Weight rows to the shares that the model will meet, and choose its threshold again for them."
        if sides.versions
        else "Stratify the split by the label, or weight the test rows to the shares that the model will meet.",
    )


def _labelled(rng: np.random.Generator, train: float, test: float) -> Dataset:
    y = np.where(rng.random(1000) < np.r_[np.full(700, train), np.full(300, test)], "ill", "well")
    return subject({"a": rng.normal(size=1000), "y": y}, split=["train"] * 700 + ["test"] * 300)


@planted(at=Location(columns=("y",)))
def balanced_test_set(rng: np.random.Generator) -> Dataset:
    """A fifth of the training rows is ill, and half of the test rows."""
    return _labelled(rng, 0.2, 0.5)


@planted(at=Location(columns=("y",)))
def later_prices(rng: np.random.Generator) -> Dataset:
    """A number that is larger in the test set."""
    y = rng.lognormal(size=1000) * np.r_[np.ones(700), np.full(300, 1.6)]
    return subject({"a": rng.normal(size=1000), "y": y}, split=["train"] * 700 + ["test"] * 300)


@clean
def equal_shares(rng: np.random.Generator) -> Dataset:
    """The same share on both sides."""
    return _labelled(rng, 0.2, 0.2)


@clean
def spelled_otherwise(rng: np.random.Generator) -> Dataset:
    """The test set writes its labels with a full stop."""
    y = np.where(rng.random(1000) < 0.3, ">50K", "<=50K").astype(object)
    y[700:] = y[700:] + "."
    return subject({"a": rng.normal(size=1000), "y": y.astype(str)}, split=["train"] * 700 + ["test"] * 300)
