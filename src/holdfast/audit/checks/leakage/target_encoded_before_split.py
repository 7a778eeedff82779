from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.columns.repairs import Encoded
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Micci-Barreca (2001), A preprocessing scheme for high-cardinality categorical attributes, "
            "SIGKDD Explorations 3(1)",
            "https://doi.org/10.1145/507533.507538",
        ),
        Reference(
            "Prokhorenkova et al. (2018), CatBoost: unbiased boosting with categorical features (target leakage of "
            "greedy target statistics)",
            "https://arxiv.org/abs/1706.09516",
        ),
    ),
)
def target_encoded_before_split(encodings_of_label: tuple[Encoded, ...]) -> Iterator[Finding]:
    """Columns that hold the mean label of a category, computed over train and test together.

    ## Why it matters
    Each test row carries a part of its own label in a feature; a rare category carries nearly all of it.

    ## How it works
    In such a column all rows with one value are the rows of one category, and their mean label is that value. Where
    this holds to six digits for nearly all rows (as it is, or drawn towards the overall mean by a constant weight)
    over all rows, and not over the training rows, the encoder saw the labels of the test set. Labels must vary within
    categories: else the column is a copy of the label (`label-in-disguise`).

    ## Limits
    Encodings with noise, by folds or leaving the row out, and of labels with three or more classes, are not found;
    nor are columns rounded to fewer than six digits, or with fewer than four values.

    ## Fix
    Split first; fit the encoder on the training rows only, better by folds within them.
    """
    for item in encodings_of_label:
        smoothed = f", drawn to the overall mean by a weight of {item.weight:.3g} rows" if item.weight else ""
        yield Finding(
            message=f"{item.column!r} is the mean label of {item.n_values:,} categories over train and test together "
            f"({item.agree:.1%} of rows agree to six digits{smoothed}; over train alone {item.agree_train:.1%})",
            confidence=Confidence.HIGH,
            locations=(Location(columns=(item.column,)),),
            evidence=(
                Measure(
                    name="rows whose value is the mean label of all rows with it",
                    value=item.agree,
                    threshold=0.98,
                    unit="share",
                ),
                Measure(
                    name="the same over the training rows alone", value=item.agree_train, threshold=0.9, unit="share"
                ),
            ),
            fix="Split first; fit the encoder on the training rows only, better by folds within them.",
            remedy=Remedy(op="drop-columns", columns=(item.column,)),
        )


def _towns(rng: np.random.Generator, n: int = 600) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    town = rng.integers(0, 30, n)
    y = (rng.normal(size=30)[town] + rng.normal(size=n) > 0).astype(np.int64)
    train = rng.random(n) < 0.8
    return town, y, train, ["train" if row else "test" for row in train]


def _means(town: np.ndarray, y: np.ndarray, rows: np.ndarray, weight: float = 0.0) -> np.ndarray:
    counts, sums = np.bincount(town[rows], minlength=30), np.bincount(town[rows], y[rows], minlength=30)
    return ((sums + weight * y[rows].mean()) / np.maximum(counts + weight, 1e-9))[town]


@planted(at=Location(columns=("town",)))
def plain_means(rng: np.random.Generator) -> Dataset:
    """Towns were replaced by their share of yes over all rows."""
    town, y, _, split = _towns(rng)
    code = _means(town, y, np.ones(len(y), dtype=bool))
    return subject({"town": code, "a": rng.normal(size=len(y)), "y": np.where(y, "yes", "no")}, split=split)


@planted(at=Location(columns=("town",)))
def smoothed_means_of_a_quantity(rng: np.random.Generator) -> Dataset:
    """Towns were replaced by their mean price over all rows, drawn to the overall mean with the weight of ten rows."""
    town, y, _, split = _towns(rng)
    price = 100 + 10 * y + rng.normal(size=len(y))
    code = _means(town, price, np.ones(len(y), dtype=bool), 10.0)
    return subject({"town": code, "a": rng.normal(size=len(y)), "y": price}, split=split)


@clean
def means_of_train(rng: np.random.Generator) -> Dataset:
    """The encoder was fitted on the training rows."""
    town, y, train, split = _towns(rng)
    return subject({"town": _means(town, y, train), "y": np.where(y, "yes", "no")}, split=split)


@clean
def a_share_that_is_not_the_label(rng: np.random.Generator) -> Dataset:
    """A column of town shares that tells the label, from an earlier year."""
    town, y, _, split = _towns(rng)
    earlier = np.clip(_means(town, y, np.ones(len(y), dtype=bool)) + 0.05 * rng.normal(size=30)[town], 0, 1)
    return subject({"share": earlier, "y": np.where(y, "yes", "no")}, split=split)


@clean
def copy_of_the_label(rng: np.random.Generator) -> Dataset:
    """A number equal to the label is a disguise, not an encoding."""
    y = np.round(rng.normal(size=400), 1)
    return subject({"same": y, "y": y}, split=["train"] * 300 + ["test"] * 100)
