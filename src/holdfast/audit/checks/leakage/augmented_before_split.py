from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import row_pairs
from holdfast.audit.facts.rows.near import NearPairs
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Series, Severity

_LEAST_COVERED = 0.3  # share of all rows that have near-copies
_ONE_SIZE = 0.8  # share of them in families of the most frequent size (or of one more or less)
_LEAST_TEST = 0.05  # share of test rows whose family is in train
_MOST_GROUPED = 1_000_000  # rows, up to which a remedy carries a number for each


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L1.2 (augmentation before the split)",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
        Reference(
            "Lones (2024), How to avoid machine learning pitfalls, arXiv 2108.02497: do be careful where you augment "
            "your data",
            "https://arxiv.org/abs/2108.02497",
        ),
    ),
)
def augmented_before_split(
    dataset: Dataset, neighbours: NearPairs, row_groups: RowGroups, split_of: SplitOf
) -> Iterator[Finding]:
    """Rows that were multiplied with small changes before the split, so that kin of test rows are in train.

    ## Why it matters
    A slightly changed copy of a row has the same answer. With one on each side the score measures memory.

    ## How it works
    Rows nearer to each other than chance explains form families. Augmentation makes families of one size for a large
    part of the table: at least 30% of the rows are in families, 80% of those in families of one size (one more or
    less allowed), and test rows have kin in train. Scattered near-copies are left to `near-split-overlap`.

    ## Limits
    Changes larger than a fiftieth of a standard deviation, and augmentation of a small part of the table, are not
    told from similarity by nature.

    ## Fix
    Split first; augment the training rows only, or split by the original row.
    """
    if not len(neighbours.left):
        return
    family = _families(neighbours, len(row_groups.size))[row_groups.group]
    sizes = np.bincount(family)[family]
    covered = sizes >= 2
    share = float(covered.mean())
    usual = int(np.bincount(sizes[covered]).argmax()) if covered.any() else 0
    regular = float((np.abs(sizes[covered] - usual) <= 1).mean()) if covered.any() else 0.0
    held = np.zeros(int(family.max()) + 1, dtype=bool)
    held[family[split_of.train]] = True
    rows = np.flatnonzero(split_of.test & covered & held[family])
    n_test = int(split_of.test.sum())
    if share < _LEAST_COVERED or regular < _ONE_SIZE or len(rows) < _LEAST_TEST * n_test:
        return
    first = np.full(len(held), -1, dtype=np.int64)
    train = np.flatnonzero(split_of.train)[::-1]
    first[family[train]] = train
    counts = np.bincount(np.bincount(family))
    yield Finding(
        message=f"{share:.1%} of the rows come in families of about {usual} near-copies, and {len(rows):,} of "
        f"{n_test:,} test rows have kin in train: rows were multiplied before the split",
        confidence=Confidence.HIGH,
        locations=(Location(rows=rows, split="test"),),
        evidence=(
            Measure(name="rows in families of near-copies", value=share, threshold=_LEAST_COVERED, unit="share"),
            Measure(name="of these, in families of one size", value=regular, threshold=_ONE_SIZE, unit="share"),
            Measure(name="test rows with kin in train", value=len(rows) / n_test, threshold=_LEAST_TEST, unit="share"),
            Series(
                name="families by size",
                x=tuple(range(1, min(len(counts), 21))),
                y=tuple(counts[1:21].tolist()),
                x_name="rows in the family",
                y_name="families",
                shape="bar",
            ),
            row_pairs(dataset, rows, first[family[rows]], "Test rows and their kin in train"),
        ),
        fix="Split first; augment the training rows only, or split by the original row.",
        remedy=Remedy(op="regroup-split", groups=tuple(family.tolist())) if len(family) <= _MOST_GROUPED else None,
    )


def _families(neighbours: NearPairs, n: int) -> np.ndarray:
    """Return the number of the family of each record: near-copies of near-copies are kin."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    links = coo_matrix((np.ones(len(neighbours.left)), (neighbours.left, neighbours.right)), shape=(n, n))
    return np.asarray(connected_components(links, directed=False)[1])


def _table(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    table = rng.normal(size=(n, 5))
    return table, table[:, 0] + table[:, 1] + rng.normal(size=n) > 0


def _subject(table: np.ndarray, y: np.ndarray, split: np.ndarray) -> Dataset:
    return subject({**{name: table[:, i] for i, name in enumerate("abcde")}, "y": np.where(y, "p", "q")}, split=split)


@planted(at=Location(split="test"))
def three_jittered_copies(rng: np.random.Generator) -> Dataset:
    """Each row was added three more times with a little noise; then the table was split at random."""
    table, y = _table(rng, 150)
    origin = np.tile(np.arange(150), 4)
    jitter = np.where(np.arange(600)[:, None] < 150, 0.0, 1e-3 * rng.normal(size=(600, 5)))
    return _subject(table[origin] + jitter, y[origin], rng.choice(["train", "test"], 600, p=[0.8, 0.2]))


@clean
def augmented_in_train_only(rng: np.random.Generator) -> Dataset:
    """The table was split first; only training rows were multiplied."""
    table, y = _table(rng, 200)
    origin = np.concatenate((np.arange(200), np.tile(np.arange(150), 3)))
    jitter = np.where(np.arange(650)[:, None] < 200, 0.0, 1e-3 * rng.normal(size=(650, 5)))
    split = np.where((np.arange(650) >= 150) & (np.arange(650) < 200), "test", "train")
    return _subject(table[origin] + jitter, y[origin], split)


@clean
def a_few_near_copies(rng: np.random.Generator) -> Dataset:
    """Ten scattered near-copies are an accident, not augmentation."""
    table, y = _table(rng, 400)
    origin = np.concatenate((np.arange(400), rng.choice(400, 10, replace=False)))
    jitter = np.where(np.arange(410)[:, None] < 400, 0.0, 1e-3 * rng.normal(size=(410, 5)))
    return _subject(table[origin] + jitter, y[origin], rng.choice(["train", "test"], 410, p=[0.8, 0.2]))
