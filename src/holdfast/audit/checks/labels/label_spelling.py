from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.columns.spelling import one_slip_apart, same_class
from holdfast.audit.facts.labels.labels import Labels
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Remedy, Severity
from holdfast.core.text import one_line

_MOST_CLASSES = 300  # beyond, slips of one letter are not looked for: it takes every pair
_MOST_SHOWN = 10


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Becker & Kohavi (1996), Adult, UCI Machine Learning Repository: test labels end in a full stop",
            "https://doi.org/10.24432/C5XW20",
        ),
        Reference(
            "Rahm & Do (2000), Data cleaning: problems and current approaches, IEEE Data Engineering Bulletin 23(4)",
            "http://sites.computer.org/debull/A00DEC-CD.pdf",
        ),
    ),
)
def label_spelling(
    dataset: Dataset, labels: Labels, *, max_rare_share: float = 0.02, min_common: int = 50
) -> Iterator[Finding]:
    """One class written in several ways, such as `>50K` and `>50K.` or `Yes` and `yes `.

    ## Why it matters
    A model takes each spelling for a class of its own. If the training and the test file spell a class differently,
    the model can never be right about it, and the score says nothing.

    ## How it works
    Class names are compared without case, spaces, hyphens, quotes and final stops; numbers as numbers. A spelling
    of the test set that the training data writes otherwise is an error. Names that are one slip of a letter apart,
    one of them rare, are a note.

    ## Limits
    Classes that differ only in case on purpose (`a` and `A` are exempt, `AB` and `ab` are not) look like one. Words
    that mean the same (`M` and `male`) are not recognised. Slips are looked for among at most 300 classes.

    ## Fix
    Write each class in one way before splitting.
    """
    if not labels.is_classes:
        raise NotApplicable(f"the label {labels.column!r} is a number")
    codes, n_classes = labels.codes, len(labels.classes)
    same = same_class(labels.classes)
    variants = [np.flatnonzero(same == first) for first in np.unique(same)]
    variants = [group for group in variants if len(group) > 1]
    if variants:
        yield _several_spellings(dataset, labels, variants)
    if n_classes > _MOST_CLASSES:
        return
    counts = np.bincount(codes[codes >= 0], minlength=n_classes)
    rare = [
        (slip, meant)
        for slip in range(n_classes)
        for meant in range(n_classes)
        if counts[meant] >= min_common
        and 0 < counts[slip] <= max_rare_share * counts[meant]
        and one_slip_apart(labels.classes[slip], labels.classes[meant])
    ]
    if rare:
        yield _slips(labels, rare, counts, max_rare_share)


def _several_spellings(dataset: Dataset, labels: Labels, variants: list[np.ndarray]) -> Finding:
    """Return the finding: an error where the test set spells a class as the training data never does."""
    train, test = _in_split(dataset, "train"), _in_split(dataset, "test")
    n_train = np.bincount(labels.codes[train & labels.known], minlength=len(labels.classes))
    n_test = np.bincount(labels.codes[test & labels.known], minlength=len(labels.classes))
    n_all = np.bincount(labels.codes[labels.known], minlength=len(labels.classes))
    target = np.arange(len(labels.classes))
    unlearnable = np.zeros(len(labels.classes), dtype=bool)
    for group in variants:
        # The usual spelling: the most frequent one of the training data, or of all rows; ties by name.
        usual = max(group, key=lambda code: (n_train[code], n_all[code], labels.classes[code]))
        target[group] = usual
        unlearnable[group] = (n_test[group] > 0) & (n_train[group] == 0) & (n_train[group].sum() > 0)
    moved = np.flatnonzero(labels.known & (target[labels.codes] != labels.codes))
    n_lost = int(n_test[unlearnable].sum())
    group = variants[0]
    shown = " and ".join(f"`{one_line(labels.classes[code], 40)}`" for code in group[:3])
    more = f", and {len(variants) - 1} more" if len(variants) > 1 else ""
    tail = f": {n_lost:,} test rows carry a spelling that the training data never uses" if n_lost else ""
    listed = tuple(
        (
            one_line(labels.classes[code], 60),
            one_line(labels.classes[target[code]], 60),
            *(int(count[code]) for count in (n_train, n_test, n_all)),
        )
        for codes in variants[:_MOST_SHOWN]
        for code in codes
    )
    n_classes = len(variants)
    what = "One class is" if n_classes == 1 else f"{n_classes} classes are"
    return Finding(
        message=f"{what} written in several ways: {shown}{more}{tail}",
        severity=Severity.ERROR if n_lost else Severity.WARNING,
        confidence=Confidence.CERTAIN if n_lost else Confidence.HIGH,
        locations=(Location(rows=moved, columns=(labels.column,), split="test" if n_lost else None),),
        evidence=(
            Measure(name="classes with several spellings", value=n_classes, threshold=0),
            Measure(name="test rows whose spelling cannot be learnt", value=n_lost, threshold=0, unit="rows"),
            Examples(
                caption="Spellings, what they stand for, and how often they occur",
                columns=("spelling", "class", "train", "test", "all"),
                cells=listed,
            ),
        ),
        fix="Write each class in one way before splitting.",
        remedy=Remedy(
            op="relabel", rows=moved, labels=tuple(labels.classes[target[code]] for code in labels.codes[moved])
        ),
    )


def _slips(labels: Labels, rare: list[tuple[int, int]], counts: np.ndarray, max_share: float) -> Finding:
    slip, meant = rare[0]
    names = [f"`{one_line(labels.classes[code], 40)}` ({counts[code]:,} rows)" for code in (slip, meant)]
    more = f"; and {len(rare) - 1} more" if len(rare) > 1 else ""
    rows = np.flatnonzero(np.isin(labels.codes, [slip for slip, _ in rare]))
    return Finding(
        message=f"The class {names[0]} may be a slip of the pen for {names[1]}{more}",
        severity=Severity.NOTE,
        confidence=Confidence.MEDIUM,
        locations=(Location(rows=rows, columns=(labels.column,)),),
        evidence=(
            Measure(
                name="frequency of the rare spelling against the common one",
                value=float(counts[slip] / counts[meant]),
                threshold=max_share,
                unit="share",
            ),
        ),
        fix="Correct the spelling if it is one; otherwise the class is too rare to be learnt.",
    )


def _in_split(dataset: Dataset, name: str) -> np.ndarray:
    column = dataset.one("split")
    if column is None:
        return np.zeros(len(dataset), dtype=bool)
    codes, names = dataset.codes(column.name)
    return np.isin(codes, [place for place, value in enumerate(names) if value == name])


@planted(at=Location(rows=tuple(range(80, 100)), columns=("y",), split="test"))
def full_stop_in_the_test_file(rng: np.random.Generator) -> Dataset:
    """The test file ends its labels with a full stop."""
    y = np.where(rng.random(100) < 0.5, ">50K", "<=50K").astype(object)
    y[80:] += "."
    y[:2] = (">50K", "<=50K")
    return subject({"a": rng.normal(size=100), "y": y.tolist()}, split=["train"] * 80 + ["test"] * 20)


@planted(at=Location(rows=(5, 9), columns=("y",)))
def case_and_space(rng: np.random.Generator) -> Dataset:
    """Two rows of a table without a split are written with another case, or a blank."""
    y = np.where(rng.random(60) < 0.5, "Yes", "No").astype(object)
    y[5], y[9], y[0] = "yes", "Yes ", "Yes"
    return subject({"a": rng.normal(size=60), "y": y.tolist()})


@planted(at=Location(rows=(7,), columns=("y",)))
def a_slip(rng: np.random.Generator) -> Dataset:
    """One of two hundred rows has a letter too many."""
    y = np.array(["setosa", "virginica"] * 100, dtype=object)
    y[7] = "virginnica"
    return subject({"a": rng.normal(size=200), "y": y.tolist()})


@clean
def numbered_classes(rng: np.random.Generator) -> Dataset:
    """Classes that differ by one sign on purpose, one of them rare."""
    y = np.array(["stage I", "stage II", "type_a", "type_b", "grade 1", "A", "a", "B+", "B-"] * 60, dtype=object)
    y[7] = "stage III"
    y[8] = "grade 2"
    return subject({"a": rng.normal(size=540), "y": y.tolist()})
