from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import row_pairs
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.audit.facts.rows.synthetic import BetweenOthers
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Series, Severity

_LEAST_SHARE = 0.1  # of a class's test rows, that are copies or products
_TIMES = 5.0  # as often as in the other classes
_LEAST_ROWS = 10


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L1.2: oversampling before the split",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
        Reference(
            "Vandewiele et al. (2021), Overly optimistic prediction results on imbalanced data, Artificial "
            "Intelligence in Medicine 111",
            "https://doi.org/10.1016/j.artmed.2020.101987",
        ),
        Reference("Chawla et al. (2002), SMOTE, JAIR 16", "https://doi.org/10.1613/jair.953"),
    ),
)
def oversampled_before_split(
    dataset: Dataset, labels: Labels, row_groups: RowGroups, split_of: SplitOf, between_others: BetweenOthers | None
) -> Iterator[Finding]:
    """A class that was oversampled before the split, so that copies or products of train rows are in test.

    ## Why it matters
    Copies of one row, or rows made between two of them, land on both sides. The score on the rare class, which is why
    oversampling was done, then measures memory.

    ## How it works
    Two traces. Copies: many test rows of one class also occur in train with the same label, at least five times as
    often as in other classes, and the class is no larger than the largest, as oversampling leaves it. Products: test
    rows of one class stand exactly (to five digits) on the line between two near neighbours of their class, in three
    or more columns with fractions, as SMOTE makes them; rows of other classes do not. Independent rows never do.

    ## Limits
    Products rounded to few digits, or in columns of whole numbers, are not told from others. Copies in coarse columns
    occur by nature; only their concentration in one class speaks. At most 1,000 test rows of each class are looked at
    for products.

    ## Fix
    Split first; oversample the training rows only.
    """
    if len(labels.classes) < 2:
        return
    test, train = split_of.test & labels.known, split_of.train & labels.known
    yield from _copies(dataset, labels, row_groups, test, train)
    if between_others is not None:
        yield from _products(dataset, labels, between_others, split_of)


def _copies(
    dataset: Dataset, labels: Labels, row_groups: RowGroups, test: np.ndarray, train: np.ndarray
) -> Iterator[Finding]:
    n_classes = len(labels.classes)
    pair = row_groups.group * n_classes + labels.codes
    held = np.isin(pair, np.unique(pair[train])) & test
    copied = np.bincount(labels.codes[held], minlength=n_classes).astype(np.float64)
    total = np.bincount(labels.codes[test], minlength=n_classes).astype(np.float64)
    both = np.bincount(labels.codes[test | train], minlength=n_classes)
    share = copied / np.maximum(total, 1.0)
    k = int(share.argmax())
    rest = (copied.sum() - copied[k]) / max(1.0, total.sum() - total[k])
    others = np.delete(both, k)
    concentrated = share[k] >= max(_LEAST_SHARE, _TIMES * rest) and copied[k] >= _LEAST_ROWS
    if not concentrated or total.sum() - total[k] < _LEAST_ROWS or both[k] > 1.05 * others.max():
        return
    rows = np.flatnonzero(held & (labels.codes == k))
    originals = row_groups.first(train & (labels.codes == k))[row_groups.group[rows]]
    balanced = bool(np.isclose(both[k], others.max(), rtol=0.01))
    yield Finding(
        message=f"{share[k]:.1%} of the test rows of class {labels.classes[k]!r} are copies of training rows, against "
        f"{rest:.1%} of the other classes: the class was oversampled before the split",
        severity=Severity.ERROR if balanced or share[k] >= 0.5 else Severity.WARNING,
        confidence=Confidence.HIGH if balanced else Confidence.MEDIUM,
        locations=(Location(rows=rows, split="test"),),
        evidence=(
            Measure(
                name="copied share of the class in test", value=float(share[k]), threshold=_LEAST_SHARE, unit="share"
            ),
            Measure(name="copied share of the other classes", value=float(rest), unit="share"),
            Measure(
                name="rows of the class, for those of the largest other",
                value=float(both[k] / others.max()),
                unit="share",
            ),
            _by_class(dict(zip(labels.classes, share.tolist(), strict=True)), "copies of training rows"),
            row_pairs(dataset, rows, originals, "Test rows and the training rows they copy"),
        ),
        fix="Split first; oversample the training rows only.",
        remedy=Remedy(op="drop-rows", rows=rows),
    )


def _products(dataset: Dataset, labels: Labels, found: BetweenOthers, split_of: SplitOf) -> Iterator[Finding]:
    name, share = max(found.share.items(), key=lambda pair: pair[1])
    rest = [value for other, value in found.share.items() if other != name]
    if share < _LEAST_SHARE or not rest or share < _TIMES * max(rest):
        return
    mine = found.between & (labels.codes[found.rows] == labels.classes.index(name))
    rows, parents = found.rows[mine], found.parent[mine]
    if len(rows) < 5:
        return
    in_train = float(split_of.train[parents].mean())
    yield Finding(
        message=f"{len(rows):,} test rows of class {name!r} ({share:.1%} of those looked at) stand exactly between two "
        f"other rows of it, against at most {max(rest):.1%} in the other classes: it was oversampled before the split",
        confidence=Confidence.HIGH,
        locations=(Location(rows=rows, split="test"),),
        evidence=(
            Measure(
                name="test rows of the class between two others", value=share, threshold=_LEAST_SHARE, unit="share"
            ),
            Measure(name="of these, the nearer parent is in train", value=in_train, unit="share"),
            _by_class(found.share, "between two rows of the class"),
            row_pairs(dataset, rows, parents, "Test rows and the nearer row they were made from"),
        ),
        fix="Split first; oversample the training rows only, and keep the test set as it was collected.",
        remedy=Remedy(op="drop-rows", rows=rows),
    )


def _by_class(share: dict[str, float], what: str) -> Series:
    names = sorted(share, key=lambda name: -share[name])[:20]
    return Series(
        name=f"test rows that are {what}",
        x=tuple(names),
        y=tuple(share[name] for name in names),
        x_name="class",
        y_name="share",
        shape="bar",
    )


def _imbalanced(rng: np.random.Generator, n: int = 400, rare: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Return four columns and the class, of which one is rare."""
    y = np.arange(n) < rare
    return rng.normal(size=(n, 4)) + y[:, None], y


def _subject(table: np.ndarray, y: np.ndarray, split: np.ndarray) -> Dataset:
    columns = {name: table[:, i] for i, name in enumerate("abcd")}
    return subject({**columns, "y": np.where(y, "rare", "usual")}, split=split)


def _random_split(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.choice(["train", "test"], n, p=[0.7, 0.3])


def _smote(rng: np.random.Generator, table: np.ndarray, n: int) -> np.ndarray:
    """Return n rows between a row of the table and one of its five nearest neighbours."""
    start = rng.integers(0, len(table), n)
    distance = ((table[start][:, None, :] - table[None, :, :]) ** 2).sum(axis=2)
    end = np.argsort(distance, axis=1)[np.arange(n), rng.integers(1, 6, n)]
    return table[start] + rng.uniform(0.05, 0.95, (n, 1)) * (table[end] - table[start])


@planted(at=Location(split="test"))
def copies_until_balanced(rng: np.random.Generator) -> Dataset:
    """The rare class was drawn with replacement until it was as frequent as the other; then the table was split."""
    table, y = _imbalanced(rng)
    rows = np.concatenate((np.arange(400), rng.integers(0, 40, 320)))
    return _subject(table[rows], y[rows], _random_split(rng, 720))


@planted(at=Location(split="test"))
def smote_then_split(rng: np.random.Generator) -> Dataset:
    """The rare class was filled up by SMOTE; then the table was split."""
    table, y = _imbalanced(rng)
    made = _smote(rng, table[:40], 200)
    every, label = np.concatenate((table, made)), np.concatenate((y, np.ones(200, dtype=bool)))
    return _subject(every, label, _random_split(rng, 600))


@clean
def oversampled_in_train_only(rng: np.random.Generator) -> Dataset:
    """The table was split first; copies and products are on the training side only."""
    table, y = _imbalanced(rng, 600, 90)
    train = rng.random(600) < 0.6
    rare = np.flatnonzero(train & y)
    made = _smote(rng, table[rare], 80)
    rows = np.concatenate((np.arange(600), rng.choice(rare, 80)))
    every, label = np.concatenate((table[rows], made)), np.concatenate((y[rows], np.ones(80, dtype=bool)))
    side = np.concatenate((train, np.ones(160, dtype=bool)))
    return _subject(every, label, np.where(side, "train", "test"))


@clean
def imbalanced_by_nature(rng: np.random.Generator) -> Dataset:
    """One class is rare, and nothing was done about it."""
    table, y = _imbalanced(rng, 600, 90)
    return _subject(table, y, _random_split(rng, 600))


@clean
def copies_of_every_class(rng: np.random.Generator) -> Dataset:
    """Copies occur in both classes alike: an overlap, but no oversampling."""
    table, y = _imbalanced(rng)
    rows = np.concatenate((np.arange(400), rng.integers(0, 400, 200)))
    return _subject(table[rows], y[rows], _random_split(rng, 600))
