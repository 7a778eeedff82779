from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases.origin import made, record
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import percent, rows_table
from holdfast.audit.facts.origin.lineage import Lineage
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Severity
from holdfast.data.origin import PARENTS, RECORD


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9)",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
        Reference(
            "Yang, Chiang, Zheng, Gonzalez & Stoica (2023), Rethinking benchmark and contamination for language models "
            "with rephrased samples, arXiv:2311.04850",
            "https://arxiv.org/abs/2311.04850",
        ),
    ),
)
def child_of_test_row(
    dataset: Dataset, lineage: Lineage, split_of: SplitOf, *, max_share: float = 0.0
) -> Iterator[Finding]:
    """Training rows that were made from test rows: rephrased, translated, augmented or completed.

    ## Why it matters
    A paraphrase of a test row holds its answer. No comparison of texts finds a good one, but its parents say so.

    ## How it works
    Follows the column of parents from each training row upwards, through as many records as there are, whichever split
    those are in, and reports the rows that a test row is among the ancestors of.

    ## Limits
    Believes the columns of parents and names. A chain breaks where a record in between is not in the data. Two
    rows with a common parent on either side of the split are not reported, nor is a test row made from training rows:
    near-copies are found by `near-split-overlap`.

    ## Fix
    Leave these rows out of training; generate from training records only, after the split.
    """
    n_train = int(split_of.train.sum())
    share = len(lineage.all) / n_train
    if share <= max_share or not len(lineage.all):
        return
    further = len(lineage.all) - len(lineage.direct)
    through = f", {further:,} of them through other records" if further else ""
    of = f"{len(lineage.all):,} of {n_train:,} training rows ({percent(share)})"
    yield Finding(
        message=f"{of} were made from test rows{through}",
        confidence=Confidence.CERTAIN,
        locations=(Location(rows=lineage.all, columns=(PARENTS,), split="train"),),
        evidence=(
            Measure(name="share of training rows", value=share, threshold=max_share, unit="share"),
            Measure(name="training rows with a parent that is a test row", value=len(lineage.direct), unit="rows"),
            rows_table(dataset, lineage.all, "Training rows with test rows among their ancestors", [RECORD, PARENTS]),
        ),
        fix="Leave these rows out of training; generate from training records only, after the split.",
        remedy=Remedy(op="drop-rows", rows=lineage.all),
    )


_SPLIT = ["train"] * 80 + ["valid"] * 5 + ["test"] * 15


def _parents(**of: list[int]) -> list[str | None]:
    found: list[str | None] = [None] * 100
    for row, rows in of.items():
        found[int(row.removeprefix("row"))] = " ".join(record(one) for one in rows)
    return found


@planted(at=Location(rows=(3, 10), split="train"))
def children(rng: np.random.Generator) -> Dataset:
    """Two training rows were made from test rows, one of them from a training row as well."""
    return made(rng, ["human"] * 100, _SPLIT, parents=_parents(row3=[90], row10=[5, 99]))


@planted(at=Location(rows=(3, 4, 7), split="train"))
def grandchildren(rng: np.random.Generator) -> Dataset:
    """Descent through a training row, and through a validation row."""
    parents = _parents(row3=[95], row4=[3], row82=[90], row7=[82])
    return made(rng, ["synthetic"] * 100, _SPLIT, parents=parents)


@clean
def from_training_rows(rng: np.random.Generator) -> Dataset:
    """Training rows were made from training rows, and a test row from one: no training row has a test row above it."""
    return made(rng, ["human"] * 100, _SPLIT, parents=_parents(row3=[4], row4=[5], row90=[4], row91=[90]))


@clean
def from_validation_rows(rng: np.random.Generator) -> Dataset:
    """A training row was made from a validation row."""
    return made(rng, ["human"] * 100, _SPLIT, parents=_parents(row3=[82]))


@clean
def nobody_says(rng: np.random.Generator) -> Dataset:
    """No row has parents."""
    return made(rng, ["human"] * 100, _SPLIT, parents=[None] * 100)
