"""Scores of texts by detectors that never saw them: labelled texts in folds, and people's texts that calibrate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from holdfast.core.errors import BadInput
from holdfast.core.progress import Progress, track
from holdfast.core.random import Streams
from holdfast.data.screening.text.detectors import DETECTORS, Score
from holdfast.data.screening.text.features import Features, features
from holdfast.data.screening.text.prepared import HUMAN, MACHINE, Prepared

FOLDS = 5
HELD, UNUSED = -1, -2  # in place of a fold: calibrates only; not labelled
CALIBRATE = 1 / 3  # of people's texts
FEWEST_HUMAN, FEWEST_MACHINE = 60, 30
MOST_LEARNT = 10_000  # texts of a kind that detectors learn from; more add little and cost much
_BLOCK = 2_000
_KEPT = 10_000  # texts whose features fit into memory beside everything else (about 20 kB each)


@dataclass(frozen=True)
class Scores:
    """A score per text and fold, NaN where the fold's detector learnt from the text."""

    by_fold: Float[np.ndarray, "texts folds"]
    fold: Int[np.ndarray, " texts"]

    @property
    def mean(self) -> Float[np.ndarray, " texts"]:
        """The mean over the detectors that did not see the text."""
        usable = np.isfinite(self.by_fold)
        counts = usable.sum(axis=1)
        sums = np.where(usable, self.by_fold, 0.0).sum(axis=1)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def folds_of(known: Prepared, streams: Streams) -> Int[np.ndarray, " texts"]:
    """Return the fold of each labelled text, HELD for those that calibrate; families stay together.

    Raises BadInput where there are too few texts of either kind.
    """
    counts = [len(known.of(HUMAN)), len(known.of(MACHINE))]
    for count, fewest, what in zip(counts, (FEWEST_HUMAN, FEWEST_MACHINE), ("people's", "machines'"), strict=True):
        if count < fewest:
            raise BadInput(
                f"{count:,} different texts are known to be {what}, and at least {fewest} are needed to learn from and "
                "to calibrate; give more with --known, such as --known human=people.txt or --known "
                "synthetic=model.jsonl"
            )
    fold = np.full(len(known.texts), UNUSED)
    labelled = known.origin >= 0
    families, member = np.unique(known.family[labelled], return_inverse=True)
    has_human = np.zeros(len(families), dtype=bool)
    has_human[member[known.origin[labelled] == HUMAN]] = True
    order = streams("screening", "folds").permutation(len(families))
    humans = order[has_human[order]]
    apart = max(round(CALIBRATE * len(humans)), len(humans) - MOST_LEARNT)
    of_family = np.full(len(families), HELD)
    learnt = np.concatenate([humans[apart:], order[~has_human[order]][:MOST_LEARNT]])
    of_family[learnt] = np.arange(len(learnt)) % FOLDS
    fold[labelled] = of_family[member]
    if min(np.sum(fold[known.of(MACHINE)] >= 0), np.sum(fold[known.of(HUMAN)] >= 0)) < FOLDS:
        raise BadInput(
            "nearly all texts of known origin share their openings with each other, so that none can be held out "
            "from those that are learnt from"
        )
    return fold


def scored(
    known: Prepared, fold: Int[np.ndarray, " texts"], detector: str, made: Callable[[np.ndarray], Features],
    ask: Int[np.ndarray, " asked"], streams: Streams, progress: Progress,
) -> Scores:  # fmt: skip
    """Return scores of labelled texts, and of those in `ask`, by the detectors of all folds.

    `made` gives the features of texts by their places; memory is bounded by a block of them.
    """
    found = np.full((len(known.texts), FOLDS), np.nan)
    learnt = np.flatnonzero(fold >= 0)
    held = np.flatnonzero(fold == HELD)
    basis = made(learnt)
    is_machine = known.origin[learnt] == MACHINE
    models: list[Score] = []
    for one in range(FOLDS):
        inside = fold[learnt] != one
        models.append(
            DETECTORS[detector].fit(
                basis.take(np.flatnonzero(inside)), _taken(known.texts, learnt[inside]), is_machine[inside],
                streams.integer("screening", detector, one),
            )
        )  # fmt: skip
        away = np.flatnonzero(~inside)
        found[learnt[away], one] = models[-1](basis.take(away), _taken(known.texts, learnt[away]))
    rest = np.concatenate([held, ask])
    with track(progress, f"scores by {detector}", len(rest), "texts") as advance:
        for start in range(0, len(rest), _BLOCK):
            block = rest[start : start + _BLOCK]
            given, texts = made(block), _taken(known.texts, block)
            for one, model in enumerate(models):
                found[block, one] = model(given, texts)
            advance(len(block))
    return Scores(found, fold)


def as_scores(known: Prepared, fold: Int[np.ndarray, " texts"], read: Float[np.ndarray, " texts"]) -> Scores:
    """Return scores that nothing was learnt for, such as a language model's, with 0 between the labelled kinds.

    The texts in the folds say where 0 is. A text that the model cannot read has the least score of all.
    """
    kinds = [np.nanmean(read[(fold >= 0) & (known.origin == kind)]) for kind in (HUMAN, MACHINE)]
    read = np.where(np.isfinite(read), read, np.nanmin(read)) - float(np.mean(kinds))
    return Scores(np.repeat(read[:, None], FOLDS, axis=1), fold)


def maker(known: Prepared, given: Float[np.ndarray, "texts more"] | None = None) -> Callable[[np.ndarray], Features]:
    """Return the function that gives features of texts by their places, with `given` beside them.

    Those of a small corpus are made once and kept.
    """
    kept = features(known.texts, given) if len(known.texts) <= _KEPT else None

    def made(places: np.ndarray) -> Features:
        if kept is not None:
            return kept.take(places)
        return features(_taken(known.texts, places), None if given is None else given[places])

    return made


def auroc(
    scores: Float[np.ndarray, " texts"], is_machine: Bool[np.ndarray, " texts"], level: float = 0.95
) -> tuple[float, float, float]:
    """Return the chance that a machine's text scores above a person's, ties half, with its interval.

    DeLong's variance, on the logit so that the interval stays inside (0, 1).
    """
    from scipy.stats import norm, rankdata

    ours, theirs = scores[is_machine], scores[~is_machine]
    m, n = len(ours), len(theirs)
    ranks = rankdata(np.concatenate([ours, theirs]))
    above = (ranks[:m] - rankdata(ours)) / n
    below = 1.0 - (ranks[m:] - rankdata(theirs)) / m
    value = float(above.mean())
    variance = above.var(ddof=1) / m + below.var(ddof=1) / n
    if variance < 1e-12:
        # All or nothing: what a binomial of the smaller kind allows where it saw no exception.
        least = float((1 - level) ** (1 / min(m, n)))
        return value, (least if value > 0.5 else 0.0), (1.0 if value > 0.5 else 1 - least)
    bounded = min(max(value, 0.5 / (m * n)), 1 - 0.5 / (m * n))
    z = float(norm.ppf(0.5 + level / 2)) * float(np.sqrt(variance)) / (bounded * (1 - bounded))
    middle = np.log(bounded / (1 - bounded))
    return value, float(1 / (1 + np.exp(z - middle))), float(1 / (1 + np.exp(-z - middle)))


def _taken(texts: Sequence[str], places: np.ndarray) -> list[str]:
    return [texts[int(one)] for one in places]
