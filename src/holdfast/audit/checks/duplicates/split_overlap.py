from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import table
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import row_pairs
from holdfast.audit.facts.rows import RowGroups
from holdfast.audit.facts.splits import SplitOf
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L1.4",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
    ),
)
def split_overlap(
    dataset: Dataset, row_groups: RowGroups, split_of: SplitOf, *, max_share: float = 0.0
) -> Iterator[Finding]:
    """Test rows that occur, value for value, in the training data.

    ## Why it matters
    A model can answer a row it has seen from memory. The score then says how well it remembers, not how well
    it will do on new records.

    ## How it works
    Features (not label, id, split or ignored columns) are hashed row by row; a test row whose hash occurs in the
    training rows is a copy. Missing equals missing. Cost grows linearly with rows.

    ## Limits
    Few coarse columns collide without any copying: two people of the same age and sex are not one person. The
    share of copies inside the training data (`duplicate-rows`) tells how often that happens by chance; see
    `group-overlap` when records belong to people.

    ## Fix
    Remove duplicates before splitting, or drop the copies from the test set.
    """
    copies = np.flatnonzero(split_of.test & row_groups.sharing(split_of.train))
    n_test = int(split_of.test.sum())
    share = len(copies) / n_test
    if share <= max_share:
        return
    originals = row_groups.first(split_of.train)[row_groups.group[copies]]
    yield Finding(
        message=f"{len(copies):,} of {n_test:,} test rows ({share:.1%}) also occur in the training data",
        confidence=Confidence.CERTAIN,
        locations=(Location(rows=copies, split="test"),),
        evidence=(
            Measure(name="copied share of test", value=share, threshold=max_share, unit="share"),
            row_pairs(dataset, copies, originals, caption="Test rows and the training rows they copy"),
        ),
        fix="Remove duplicates before splitting, or drop the copies from the test set.",
        remedy=Remedy(op="drop-rows", rows=copies),
    )


@planted(at=Location(rows=(80, 95)))
def copied_rows(rng: np.random.Generator) -> Dataset:
    """Two test rows are copies of training rows."""
    return table(rng, n_train=80, n_test=20, copies={80: 3, 95: 10})


@clean
def copy_within_train(rng: np.random.Generator) -> Dataset:
    """A copy inside one split is a duplicate, not an overlap."""
    return table(rng, n_train=80, n_test=20, copies={7: 3})
