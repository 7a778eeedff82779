from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import rows_table
from holdfast.audit.facts.rows.cut import TimeCut
from holdfast.audit.facts.time.order import TimeOrder
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Severity

_MOSTLY = 0.9


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L3.1 temporal leakage",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
        Reference(
            "Bergmeir & Benítez (2012), On the use of cross-validation for time series predictor evaluation, "
            "Information Sciences 191",
            "https://doi.org/10.1016/j.ins.2011.12.028",
        ),
    ),
)
def train_after_test(
    dataset: Dataset, time_order: TimeOrder, time_cut: TimeCut, *, max_share: float = 0.0
) -> Iterator[Finding]:
    """Training rows that are later than the test rows, though the split is by time.

    ## Why it matters
    A model that is used tomorrow learns from yesterday. One that learnt from what came after the test rows knows how
    the story went on (prices, prevalence, policies), and its score promises more than the future will keep.

    ## How it works
    Times of training and test rows are compared, series by series where a table holds several. Splits that mix the
    two row by row are left to `random-split-of-ordered-data`, which also asks whether it matters; splits by series
    are left alone. A training row at the very time of the first test row does not count as later.

    ## Limits
    A test block in the middle of the training period is right where the task is to fill gaps, and common in
    cross-validation; say so with a suppression. Needs a time column.

    ## Fix
    Cut at one moment, train before it and test after it: `--splitter ordered --time COLUMN`.
    """
    if time_order.column is None:
        raise NotApplicable("no time column: name it with --time")
    if time_cut.is_random or not time_cut.shares_series or time_cut.train_later is None:
        return
    share = len(time_cut.late) / time_cut.n_train
    if share <= max_share:
        return
    later = time_cut.train_later
    remedy = Remedy(op="reorder-split", columns=(time_order.column,))
    if later >= _MOSTLY:
        said = f"training data come after the test data ({later:.0%} of pairs, by {time_order.column!r})"
    else:
        said = (
            f"{len(time_cut.late):,} of {time_cut.n_train:,} training rows ({share:.1%}) are later than the first "
            f"test row, by {time_order.column!r}"
        )
        if share < 0.1:
            remedy = Remedy(op="drop-rows", rows=time_cut.late)
    yield Finding(
        message=said,
        severity=Severity.WARNING if share >= 0.01 else Severity.NOTE,
        confidence=Confidence.CERTAIN,
        locations=(Location(rows=time_cut.late, columns=(time_order.column,), split="train"),),
        evidence=(
            Measure(name="training rows later than the first test row", value=share, threshold=max_share, unit="share"),
            Measure(name="chance that a training row is later than a test row", value=later),
            rows_table(dataset, time_cut.late, "Training rows later than the first test row"),
        ),
        fix="Cut at one moment, train before it and test after it: --splitter ordered --time " + time_order.column,
        remedy=remedy,
    )


def _days(n: int) -> np.ndarray:
    return np.datetime64("2022-01-01", "D").astype("datetime64[us]") + np.arange(n) * np.timedelta64(1, "D")


@planted(at=Location(rows=tuple(range(20, 100)), columns=("day",), split="train"))
def test_first(rng: np.random.Generator) -> Dataset:
    """The oldest fifth is the test set."""
    x = rng.normal(size=100)
    return subject({"day": _days(100), "x": x, "y": x}, split=["test"] * 20 + ["train"] * 80, day="time")


@planted(at=Location(rows=(98, 99), columns=("day",), split="train"))
def stragglers(rng: np.random.Generator) -> Dataset:
    """The test block is followed by two training rows."""
    x = rng.normal(size=100)
    return subject(
        {"day": _days(100), "x": x, "y": x}, split=["train"] * 78 + ["test"] * 20 + ["train"] * 2, day="time"
    )


@clean
def past_to_future(rng: np.random.Generator) -> Dataset:
    """Cut at one moment, with rows of the same day on both sides of the cut."""
    x = rng.normal(size=100)
    return subject({"day": np.repeat(_days(50), 2), "x": x, "y": x}, split=["train"] * 81 + ["test"] * 19, day="time")


@clean
def series_by_series(rng: np.random.Generator) -> Dataset:
    """Two shops over the same days, one for training and one for the test: not a split by time."""
    x = rng.normal(size=120)
    return subject(
        {"day": np.tile(_days(60), 2), "shop": np.repeat(["a", "b"], 60), "x": x, "y": x},
        split=["train"] * 60 + ["test"] * 60,
        day="time",
    )
