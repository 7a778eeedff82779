from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject, table
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import percent, row_pairs
from holdfast.audit.facts.rows.collisions import Collisions
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Severity

_CHANCE_HELPS = 1 / 3  # above this share of the pairs, the estimate cannot vouch for an error: it may be off by three
_CHANCE_DECIDES = 0.5  # above, chance rather than copying is the first explanation
_MANY = 0.05  # share of the test rows that can be answered from memory, whatever brought them there


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
    dataset: Dataset,
    row_groups: RowGroups,
    collisions: Collisions,
    split_of: SplitOf,
    *,
    max_share: float = 0.0,
    alpha: float = 0.001,
) -> Iterator[Finding]:
    """Test rows that occur, value for value, in the training data.

    ## Why it matters
    A model can answer a row it has seen from memory. The score then says how well it remembers, not how well
    it will do on new records.

    ## How it works
    Features (not label, id, split or ignored columns) are hashed row by row; a test row whose hash occurs in the
    training rows is a copy. Missing equals missing. Cost grows linearly with rows. Any copy is an error, unless the
    table is so coarse that chance brings unrelated records together: how often it does is learnt from pairs of
    rows that differ in just one or two columns. If chance explains more than a third of the overlap, this is a
    warning; if it explains most, nothing is dropped, and below a twentieth of the test rows it is a note, as it is
    where so few rows are equal that chance cannot be ruled out.

    ## Limits
    The number expected by chance is an estimate (an upper bound, exact within a few percent where columns are
    coarse). It cannot tell a copy from two records of one recurring thing, such as two sales of one article: see
    `group-overlap`. Equal rows that chance explains still let a model answer from memory.

    ## Fix
    Remove duplicates before splitting, or drop the copies from the test set.
    """
    copies = np.flatnonzero(split_of.test & row_groups.sharing(split_of.train))
    n_test = int(split_of.test.sum())
    share = len(copies) / n_test
    if share <= max_share:
        return
    seen = collisions.between(row_groups, split_of.train, split_of.test)
    coarse = seen.by_chance > _CHANCE_DECIDES
    chance = coarse or seen.p_value > alpha
    n_chance = round(len(copies) * seen.by_chance)
    message = f"{len(copies):,} of {n_test:,} test rows ({percent(share)}) also occur in the training data"
    if coarse:
        message += f"; in a table this coarse, chance alone explains about {n_chance:,} of them"
    elif chance:
        message += "; so few that chance could have made them equal"
    elif n_chance:
        message += f"; chance explains about {n_chance:,} of them"
    fix = "Remove duplicates before splitting, or drop the copies from the test set."
    if chance:
        fix = "Look at the pairs. If they are different records, report the score without them beside the full one."
    severity = Severity.WARNING if not chance or (coarse and share >= _MANY) else Severity.NOTE
    if not chance and seen.by_chance <= _CHANCE_HELPS:
        severity = Severity.ERROR
    originals = row_groups.first(split_of.train)[row_groups.group[copies]]
    yield Finding(
        message=message,
        severity=severity,
        confidence=Confidence.CERTAIN if severity is Severity.ERROR else Confidence.MEDIUM,
        locations=(Location(rows=copies, split="test"),),
        evidence=(
            Measure(name="copied share of test", value=share, threshold=max_share, unit="share"),
            seen.measure(_CHANCE_HELPS),
            row_pairs(dataset, copies, originals, caption="Test rows and the training rows they copy"),
        ),
        fix=fix,
        remedy=None if chance else Remedy(op="drop-rows", rows=copies),
    )


@planted(at=Location(rows=(80, 95)))
def copied_rows(rng: np.random.Generator) -> Dataset:
    """Two test rows are copies of training rows."""
    return table(rng, n_train=80, n_test=20, copies={80: 3, 95: 10})


@planted(at=Location(rows=tuple(range(400, 440)), split="test"))
def copies_in_a_coarse_table(rng: np.random.Generator) -> Dataset:
    """Forty copies among whole numbers, where chance makes only a few rows equal."""
    columns = {name: rng.integers(0, 12, size=500) for name in "abcd"}
    for values in columns.values():
        values[400:440] = values[:40]
    return subject(columns, split=["train"] * 400 + ["test"] * 100)


@clean
def copy_within_train(rng: np.random.Generator) -> Dataset:
    """A copy inside one split is a duplicate, not an overlap."""
    return table(rng, n_train=80, n_test=20, copies={7: 3})
