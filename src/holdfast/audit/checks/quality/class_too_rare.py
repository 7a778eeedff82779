from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Severity


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "He & Garcia (2009), Learning from imbalanced data, IEEE Transactions on Knowledge and Data Engineering "
            "21(9): absolute rarity",
            "https://doi.org/10.1109/TKDE.2008.239",
        ),
        Reference(
            "Figueroa et al. (2012), Predicting sample size required for classification performance, BMC Medical "
            "Informatics and Decision Making 12",
            "https://doi.org/10.1186/1472-6947-12-8",
        ),
    ),
)
def class_too_rare(
    labels: Labels, split_of: SplitOf | None, *, min_train: int = 10, min_test: int = 5
) -> Iterator[Finding]:
    """Classes with so few rows that they can be neither learnt nor scored.

    ## Why it matters
    A class with three training rows is not learnt, and one with two test rows gets a recall of 0, 0.5 or 1, whatever
    the model. Averages over classes (macro F1) then hang on these few rows; averages over rows hide them.

    ## How it works
    Rows of each class are counted, on each side that has labels where there is a split. A class is too rare below
    `min_train` training rows or `min_test` test rows (their sum, without a split). A class with test rows and no
    training row cannot be predicted at all, and is said first.

    ## Limits
    How many rows are enough depends on how different the classes are; the numbers here are floors. Labels that are
    lists in one string (`A|B`) make classes of their combinations: split them first.

    ## Fix
    Collect more, merge classes where that makes sense, or leave the class out and say so; split by class
    (`--splitter stratified`).
    """
    if not labels.is_classes:
        raise NotApplicable("the label is a number, not a class")
    # Spellings of one class count as one: `label-spelling` speaks about them.
    spelled: dict[str, str] = {}
    for name in labels.classes:
        spelled.setdefault(_plain(name), name)
    number = {word: place for place, word in enumerate(spelled)}
    merged = np.array([number[_plain(name)] for name in labels.classes])
    names, k, known = list(spelled.values()), len(spelled), labels.known
    codes = merged[labels.codes]  # a missing label's -1 is never counted
    if split_of is None:
        train = test = np.bincount(codes[known], minlength=k)
        few = train < min_train + min_test
    else:
        train = np.bincount(codes[known & split_of.train], minlength=k)
        test = np.bincount(codes[known & split_of.test], minlength=k)
        few = (train < min_train) | ((test < min_test) & test.any())  # rows to predict have no labels to count
        few &= train + test > 0
    if known.sum() < (min_train + min_test) * 2 or few.sum() == 0:
        return
    unseen = (train == 0) & (test > 0) if split_of is not None else np.zeros(k, dtype=bool)
    rows = np.flatnonzero(known & np.isin(codes, np.flatnonzero(few)))
    order = sorted(np.flatnonzero(few).tolist(), key=lambda i: (train[i] + test[i], names[i]))
    rarest = order[0]
    if split_of is None:
        said = f"the rarest, {names[rarest][:60]!r}, has {train[rarest]:,}"
    else:
        said = f"the rarest, {names[rarest][:60]!r}, has {train[rarest]:,} to learn from"
        said += f" and {test[rarest]:,} to score" if test.any() else ""
    more = f"; {int(unseen.sum()):,} occur only in the test data" if unseen.any() else ""
    yield Finding(
        message=f"{int(few.sum()):,} of {k:,} classes of {labels.column!r} have too few rows: {said}{more}",
        confidence=Confidence.CERTAIN,
        locations=(Location(rows=rows, columns=(labels.column,)),),
        evidence=(
            Measure(
                name="fewest training rows of a class", value=int(train[order].min()), threshold=min_train, unit="rows"
            ),
            Measure(name="fewest test rows of a class", value=int(test[order].min()), threshold=min_test, unit="rows"),
            Examples(
                caption="Rare classes",
                columns=("class", "training rows", "test rows"),
                cells=tuple((names[i][:60], int(train[i]), int(test[i])) for i in order[:10]),
            ),
        ),
        fix="Collect more, merge classes, or leave the class out and say so; split by class (--splitter stratified).",
    )


def _plain(name: str) -> str:
    return name.strip().rstrip(".").lower()


def _classes(rng: np.random.Generator, counts: dict[str, tuple[int, int]]) -> Dataset:
    y = [name for side in (0, 1) for name, n in counts.items() for _ in range(n[side])]
    n_train = sum(n[0] for n in counts.values())
    split = ["train"] * n_train + ["test"] * (len(y) - n_train)
    return subject({"a": rng.normal(size=len(y)), "y": y}, split=split)


@planted(at=Location(columns=("y",), rows=(80, 81, 82)))
def three_to_learn_from(rng: np.random.Generator) -> Dataset:
    """A class with three training rows and one test row."""
    return _classes(rng, {"a": (40, 10), "b": (40, 10), "rare": (3, 1)})


@planted(at=Location(columns=("y",)))
def only_in_the_test_data(rng: np.random.Generator) -> Dataset:
    """A class that training data lack."""
    return _classes(rng, {"a": (40, 10), "b": (40, 10), "new": (0, 6)})


@clean
def small_but_enough(rng: np.random.Generator) -> Dataset:
    """The smallest class has twelve rows to learn from and five to score."""
    return _classes(rng, {"a": (80, 20), "b": (12, 5)})
