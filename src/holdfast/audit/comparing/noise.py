"""How wrong the labels are that models are judged by, and what that bounds."""

from dataclasses import dataclass

import numpy as np

from holdfast.audit.facts.labels.labels import Labels
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.data.intervals import wilson

FEWEST_VOTED = 20  # rows with two votes at least, from which a rate is told


@dataclass(frozen=True)
class Noise:
    """The share of labels that are wrong, with its interval, where it comes from, and how often two votes agree."""

    rate: float
    low: float
    high: float
    source: str
    agreement: float | None = None
    n_rows: int = 0


def noise_of(truth: Dataset, labels: Labels, rows: np.ndarray, votes: tuple[str, ...], given: float | None) -> Noise:
    """Return how wrong the labels of `rows` are. Raises NotApplicable where nothing tells it."""
    if not labels.is_classes:
        raise NotApplicable(
            "not estimable: the label is a number, whose noise predictions and votes of classes tell not"
        )
    if given is not None:
        return Noise(given, given, given, "the rate you gave", n_rows=len(rows))
    if not votes:
        raise NotApplicable(
            "not estimable: no annotators' votes (--votes COLUMN, repeated) and no rate (--noise 0.05) are given, and "
            "models that agree may agree in error"
        )
    if len(votes) < 2:
        raise BadInput("--votes wants two columns at least, one for each annotator")
    return _of_votes(truth, labels, rows, votes)


def _of_votes(truth: Dataset, labels: Labels, rows: np.ndarray, votes: tuple[str, ...]) -> Noise:
    known = {name: place for place, name in enumerate(labels.classes)}
    matrix = np.array(
        [[known.get(_spelled(value), -1) for value in truth.values(name).take(rows).to_pylist()] for name in votes]
    ).T
    if not (matrix >= 0).any():
        raise BadInput(f"the columns of votes hold none of the classes {', '.join(labels.classes[:5])}")
    counts = np.stack([(matrix == code).sum(axis=1) for code in range(len(labels.classes))], axis=1)
    n_votes = counts.sum(axis=1)
    voted = n_votes >= 2
    if voted.sum() < FEWEST_VOTED:
        raise NotApplicable(f"not estimable: {int(voted.sum())} rows have two votes, wanted {FEWEST_VOTED}")
    counts, n_votes = counts[voted], n_votes[voted]
    most = counts.max(axis=1)
    tied = (counts == most[:, None]).sum(axis=1)
    own = counts[np.arange(len(counts)), labels.codes[rows][voted]]
    wrong = np.where(own == most, 1.0 - 1.0 / tied, 1.0)  # at a tie, one of the tied is right
    rate = wilson(round(float(wrong.sum())), len(wrong))
    agree = (counts * (counts - 1)).sum(axis=1) / (n_votes * (n_votes - 1))
    source = f"the most frequent of {len(votes)} annotators' votes on {len(wrong):,} rows"
    return Noise(float(wrong.mean()), rate.low, rate.high, source, float(agree.mean()), len(wrong))


def _spelled(value: object) -> str:
    return "" if value is None else str(value)
