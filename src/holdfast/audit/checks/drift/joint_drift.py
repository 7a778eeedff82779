from collections.abc import Iterator

import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.rows.cut import TimeCut, split_is_by_time
from holdfast.audit.facts.shift.two_sample import SplitClassifier
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Series, Severity


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Lopez-Paz & Oquab (2017), Revisiting classifier two-sample tests, ICLR", "https://arxiv.org/abs/1610.06545"
        ),
        Reference(
            "DeLong, DeLong & Clarke-Pearson (1988), Comparing the areas under two or more correlated receiver "
            "operating characteristic curves, Biometrics 44(3)",
            "https://doi.org/10.2307/2531595",
        ),
    ),
)
def joint_drift(
    dataset: Dataset,
    split_classifier: SplitClassifier,
    time_cut: TimeCut | None,
    *,
    min_auc: float = 0.6,
    alpha: float = 0.001,
) -> Iterator[Finding]:
    """Test rows that a model can tell from training rows by their features.

    ## Why it matters
    If a model can say which set a row is from, the sets do not come from one source, even where every column looks
    the same by itself: another site, another year, another way of writing things down. The score is then one for
    that change, and columns that tell the split apart may be shortcuts.

    ## How it works
    A small model (boosting; a linear one for texts, images and vectors) learns to tell test from training rows, on
    at most 10,000 of them, half from each side; its AUC on rows it has not seen is the effect size: 0.5 means no
    difference, whatever the number of rows. Copies of a row, and rows of a known group, stay in one fold. It is
    reported when the AUC reaches `min_auc` and chance is ruled out. Columns are then shuffled one after the other:
    those whose loss hurts are named.

    ## Limits
    Times are left out, since a split by time parts them by definition; where the split is by time the finding is a
    note, because all that moves in time must differ. Of more than 200 columns, 200 are used.

    ## Fix
    Look at the columns named: drop those that only say where a row comes from, split again if nothing should
    separate the sets, or report the score as one under drift.
    """
    found = split_classifier
    if found.auc < min_auc or found.p_value >= alpha:
        return
    names = tuple(name for name, _ in found.telling)
    sides = found.sides
    by = f", mostly by {', '.join(repr(name) for name in names[:3])}" if names else ""
    evidence: list[Measure | Series] = [
        Measure(
            name=f"AUC of telling {sides.second} from {sides.first}",
            value=found.auc,
            threshold=min_auc,
            low=found.low,
            high=found.high,
            level=0.95,
            p_value=found.p_value,
            unit="score",
        )
    ]
    if names:
        evidence.append(
            Series(
                name="What the AUC loses without a column",
                x=names,
                y=tuple(round(fall, 4) for _, fall in found.telling),
                x_name="column",
                y_name="loss of AUC",
                shape="bar",
            )
        )
    yield Finding(
        message=(
            (
                f"a model tells {sides.second} from {sides.first}"
                if sides.versions
                else "a model tells test rows from training rows"
            )
            + f" with AUC {found.auc:.2f} "
            f"(95% interval {found.low:.2f} to {found.high:.2f}){by}"
        ),
        severity=Severity.NOTE if split_is_by_time(dataset, time_cut) else Severity.WARNING,
        confidence=Confidence.HIGH,
        locations=(Location(columns=names, split="test"),),
        evidence=tuple(evidence),
        fix=f"Look at the columns named. {sides.fix}"
        if sides.versions
        else "Look at the columns named: drop those that only say where a row comes from, or split again.",
    )


def _halves(n: int) -> list[str]:
    return ["train"] * (n // 2) + ["test"] * (n - n // 2)


@planted(at=Location(columns=("a", "b"), split="test"))
def only_together(rng: np.random.Generator) -> Dataset:
    """Two columns are alike in both sets, but correlate in the test set only."""
    a, b, c = rng.normal(size=(3, 1600))
    b[800:] = 0.95 * a[800:] + 0.3 * b[800:]
    return subject({"a": a, "b": b, "c": c}, split=_halves(1600))


@planted(at=Location(columns=("site",), split="test"))
def another_site(rng: np.random.Generator) -> Dataset:
    """Most test rows come from another site."""
    site = np.where(rng.random(600) < np.r_[np.full(300, 0.1), np.full(300, 0.8)], "north", "south")
    return subject({"site": site, "b": rng.normal(size=600)}, split=_halves(600))


@clean
def one_source(rng: np.random.Generator) -> Dataset:
    """Rows of one source, split at random."""
    a, b = rng.normal(size=(2, 600))
    return subject({"a": a, "b": a + b, "c": rng.choice(["x", "y"], size=600)}, split=_halves(600))


@clean
def copies_inside_the_training_data(rng: np.random.Generator) -> Dataset:
    """Training rows occur five times each: a model could know them by heart, were copies not kept in one fold."""
    a, b = rng.normal(size=(2, 100))
    more = rng.normal(size=(2, 100))
    return subject(
        {"a": np.r_[np.repeat(a, 5), more[0]], "b": np.r_[np.repeat(b, 5), more[1]]},
        split=["train"] * 500 + ["test"] * 100,
    )


@planted(at=Location(columns=("text",), split="test"))
def other_words(rng: np.random.Generator) -> Dataset:
    """Texts of the test set were gathered elsewhere: a third of them use words that training texts hardly use."""
    texts = _texts(rng, 600)
    texts[300:] = [text + " indeed hereby" if rng.random() < 0.35 else text for text in texts[300:]]
    return subject({"text": texts}, split=_halves(600))


@clean
def texts_of_one_source(rng: np.random.Generator) -> Dataset:
    """Texts of one source, split at random."""
    return subject({"text": _texts(rng, 600)}, split=_halves(600))


def _texts(rng: np.random.Generator, n: int) -> list[str]:
    words = np.array([f"word{number}" for number in range(200)])
    chance = 1.0 / np.arange(5, 205)
    return [" ".join(rng.choice(words, size=12, p=chance / chance.sum())) for _ in range(n)]
