from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases import table
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.rows.rows import RowKeys
from holdfast.audit.probe.bench import Bench, Change
from holdfast.audit.probe.comparing import EXACT
from holdfast.audit.probe.inside import probed
from holdfast.audit.probe.narrowing import Narrowed
from holdfast.audit.probe.pipeline import Answer
from holdfast.audit.probe.telling import places
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Severity
from holdfast.core.progress import track

MOST_ROWS = 24  # that are changed, one at a time
_FEW = 0.2  # of the other side: a copy or child reaches few rows, something learnt reaches most


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L1.1 and L1.4",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
        Reference(
            "Chawla, Bowyer, Hall & Kegelmeyer (2002), SMOTE: synthetic minority over-sampling technique, JAIR 16",
            "https://doi.org/10.1613/jair.953",
        ),
    ),
)
def row_crosses_split(bench: Bench, row_keys: RowKeys) -> Iterator[Finding]:
    """One row of the data shows on both sides of the split that the code makes.

    ## Why it matters
    A copy, an augmented twin or a synthetic child of a test row in the training set lets the model answer it from
    memory. Oversampling and augmenting before the split do exactly this.

    ## How it works
    The code is run again with the features of one row changed, one row at a time, half of them of the rarest class.
    If training rows and test rows it returns both differ, the row is on both sides: a few rows mean a copy or child,
    most of them something learnt from all rows, such as a scaler.

    ## Limits
    For code of the form split(frame) -> (train, test). Rows are changed one at a time and some only, so silence covers
    these. A split whose sizes depend on the features cannot be aligned and is not applicable.

    ## Fix
    Split first; copy, augment and oversample the training rows alone, and fit on them.
    """
    if bench.about.form != "split":
        raise NotApplicable("the split is given: asked of code that makes it, split(frame) -> (train, test)")
    if not bench.deterministic:
        raise NotApplicable(bench.quiet())
    rows = _rows(bench, row_keys)
    found: list[tuple[int, int, int]] = []
    failures: list[str] = []
    with track(bench.progress, "probing: one row at a time", len(rows), "runs") as advance:
        for row in rows:
            answer = bench.answer(Change("raised", np.array([row]), bench.layout.features))
            other = bench.answer(Change("lowered", np.array([row]), bench.layout.features))
            advance(1)
            reached = [_reached(bench.base, one) for one in (answer, other)]
            known = [item for item in reached if item is not None]
            if not known:
                failures.append(answer.error or "its size changed")
            elif max(item[0] for item in known) and max(item[1] for item in known):
                found.append((int(row), max(item[0] for item in known), max(item[1] for item in known)))
    bench.covers("row-crosses-split", f"{len(rows)} rows changed one at a time")
    if failures and len(failures) == len(rows):
        raise NotApplicable(f"the split cannot be aligned with itself when a row changes: {failures[0]}")
    if not found:
        return
    assert bench.base.sides is not None
    n_train, n_test = int((bench.base.sides == 0).sum()), int((bench.base.sides == 1).sum())
    few = min(np.median([item[1] for item in found]) / n_train, np.median([item[2] for item in found]) / n_test) <= _FEW
    row, in_train, in_test = found[0]
    what = "a copy or synthetic child of it" if few else "something learnt from all rows, such as a scaler"
    yield Finding(
        message=f"{len(found)} of {len(rows)} rows that were changed one at a time show on both sides of the split: "
        f"row {row:,} of the data reaches {in_train:,} training and {in_test:,} test rows, which means {what}",
        confidence=Confidence.CERTAIN,
        locations=places(bench, Narrowed(row=row), None, None),
        evidence=(
            Measure(name="rows that show on both sides", value=len(found), threshold=0, unit="rows"),
            Examples(
                caption="Rows that were changed, and how many rows of each side changed with them",
                columns=("row", "training rows", "test rows"),
                cells=tuple(found[:10]),
            ),
        ),
        fix="Split first; copy, augment and oversample the training rows alone, and fit on them.",
    )


def _rows(bench: Bench, row_keys: RowKeys) -> np.ndarray:
    """Return rows to change: half of the rarest class, where there are classes, the rest of all."""
    every = bench.layout.rows
    everywhere = np.isin(np.arange(len(row_keys.values)), every)
    chosen = row_keys.sample(everywhere, MOST_ROWS // 2)
    label = bench.layout.label
    if label is not None:
        codes = bench.table.column(label).combine_chunks().dictionary_encode().indices.to_pylist()
        values = np.array([-1 if code is None else code for code in codes])
        kinds, sizes = np.unique(values[every], return_counts=True)
        if 1 < len(kinds) < 100:
            rare = everywhere & (values == kinds[int(sizes.argmin())])
            return np.union1d(chosen, row_keys.sample(rare, MOST_ROWS // 2))
    return np.union1d(chosen, row_keys.sample(everywhere, MOST_ROWS))


def _reached(base: Answer, other: Answer) -> tuple[int, int] | None:
    """Return how many training and test rows differ; None where the two cannot be laid beside each other."""
    same = base.sides is not None and other.sides is not None and np.array_equal(base.sides, other.sides)
    if other.error or not same or base.names != other.names:
        return None
    assert base.sides is not None
    differs = np.zeros(len(base.sides), dtype=bool)
    for a, b in zip(base.columns, other.columns, strict=True):
        if a.dtype.kind == "O" or b.dtype.kind == "O":
            differs |= a.astype(str) != b.astype(str)
        else:
            scale = float(np.abs(a[np.isfinite(a)]).max(initial=0.0)) or 1.0
            with np.errstate(invalid="ignore"):
                differs |= (np.abs(a - b) > EXACT * scale) | (np.isnan(a) != np.isnan(b))
    return int(differs[base.sides == 0].sum()), int(differs[base.sides == 1].sum())


def _halves(frame: Any) -> tuple[Any, Any]:
    order = np.random.default_rng(0).permutation(len(frame))
    cut = 2 * len(frame) // 3
    return frame.iloc[np.sort(order[:cut])], frame.iloc[np.sort(order[cut:])]


@planted(at=Location())
def copied_before_the_split(rng: np.random.Generator) -> dict[str, Any]:
    """Every row is copied once before the rows are split at random."""

    def split(frame: Any) -> Any:
        return _halves(frame.iloc[np.repeat(np.arange(len(frame)), 2)])

    return probed(table(rng, n_train=40, n_test=20), split, "split")


@planted(at=Location())
def scaled_before_the_split(rng: np.random.Generator) -> dict[str, Any]:
    """A column is centred before the rows are split."""

    def split(frame: Any) -> Any:
        return _halves(frame.assign(a=frame["a"] - frame["a"].mean()))

    return probed(table(rng, n_train=40, n_test=20), split, "split")


@clean
def copied_after_the_split(rng: np.random.Generator) -> dict[str, Any]:
    """Training rows are copied after the split."""

    def split(frame: Any) -> Any:
        train, test = _halves(frame)
        return train.iloc[np.repeat(np.arange(len(train)), 2)], test

    return probed(table(rng, n_train=40, n_test=20), split, "split")
