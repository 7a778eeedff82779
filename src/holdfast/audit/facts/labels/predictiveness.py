"""How well something predicts the label or the split out of fold, where rows of one group count as one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.rows.groups import Groups
from holdfast.audit.facts.rows.rows import RowGroups
from holdfast.audit.threads import one_thread
from holdfast.core.finding import Measure
from holdfast.data.bulk.bits import folds_by_number

N_FOLDS = 4
_LEAST_OF_CLASS = 20  # rows of a class, for its AUC to count
_LEAST_UNITS = 8  # independent rows or groups of a class: with fewer one hospital or patient decides
_MOST_CLASSES = 20  # the most frequent ones
_PRIOR_ROWS = 2.0  # weight of the overall mean in each value's mean
_Z = 1.96
# What one fold taught about the other shows again when they change roles: see `conditional.py`, simulated there.
_FOLDS_DEPEND = float(np.sqrt(2.0))
_ROUNDS, _LEAVES, _RATE = 30, 8, 0.15


@dataclass(frozen=True)
class Question:
    """What is to be told about which rows: `truth` is the class of each row, or a number between 0 and 1.

    `classes` is empty for a number. `unit` numbers what is independent: a group, or copies of a row.
    """

    rows: Int[np.ndarray, " sample"]
    truth: Float[np.ndarray, " sample"]
    classes: tuple[str, ...]
    unit: Int[np.ndarray, " sample"]
    folds: Int[np.ndarray, " sample"]

    @property
    def judged(self) -> tuple[int, ...]:
        """Classes whose AUC counts; one of two, since the other's is the same."""
        counts = np.bincount(self.truth.astype(np.int64), minlength=len(self.classes)) if self.classes else np.zeros(1)
        enough = [int(c) for c in np.argsort(-counts, kind="stable")[:_MOST_CLASSES] if counts[c] >= _LEAST_OF_CLASS]
        enough = [c for c in enough if len(np.unique(self.unit[self.truth == c])) >= _LEAST_UNITS]
        if len(self.classes) == 2:
            return tuple(enough[-1:]) if len(enough) == 2 else ()
        return tuple(sorted(enough)) if len(enough) >= 2 else ()

    @property
    def metric(self) -> str:
        """What an answer's value is."""
        return "AUC" if self.classes else "R² of ranks"

    def shuffled(self, rng: np.random.Generator) -> "Question":
        """Return the question with the truth of whole groups moved to other groups."""
        place = np.argsort(self.unit, kind="stable")
        turn = rng.permutation(int(self.unit.max()) + 1)
        moved = np.argsort(turn[self.unit], kind="stable")
        truth = np.empty_like(self.truth)
        truth[place] = self.truth[moved]
        return replace(self, truth=truth)


@dataclass(frozen=True, slots=True)
class Answer:
    """How well one class (or the number) is told: AUC against all others, or R² of ranks, with a 95% interval.

    `gain` is the value between 0 (chance) and 1 (perfect); `p_value` is one-sided, against telling nothing.
    """

    of_class: str
    value: float
    low: float
    high: float
    gain: float
    p_value: float

    def measure(self, name: str, threshold: float | None) -> Measure:
        """Return the value as evidence, with its interval."""
        return Measure(
            name=name,
            value=self.value,
            threshold=threshold,
            low=self.low,
            high=self.high,
            level=0.95,
            p_value=self.p_value,
            unit="score",
        )


def question(labels: Labels, rows: np.ndarray, unit: np.ndarray) -> Question:
    """Return the label of `rows`, all of which have one, as a question; `unit` is of the same rows."""
    truth = labels.codes[rows].astype(np.float64) if labels.is_classes else ranks(labels.values[rows])
    return Question(rows, truth, labels.classes, unit, folds_by_number(unit, N_FOLDS))


def halves(labels: Labels, rows: np.ndarray, unit: np.ndarray) -> Question:
    """Return the class of `rows` as a question, and of a number whether it is above its median."""
    if labels.is_classes:
        return question(labels, rows, unit)
    values = labels.values[rows]
    truth = (values > np.median(values)).astype(np.float64)
    return Question(rows, truth, ("lower half", "upper half"), unit, folds_by_number(unit, N_FOLDS))


def units(rows: np.ndarray, groups: Groups | None, row_groups: RowGroups | None) -> Int[np.ndarray, " sample"]:
    """Return what is independent among `rows`: a number for each row, the same for a known group or equal features."""
    own = row_groups.group[rows] if row_groups is not None else rows
    if groups is not None and (groups.certain or groups.origin == "file"):
        known = groups.codes[rows]
        own = np.where(known >= 0, known, groups.n_groups + own)
    return np.unique(own, return_inverse=True)[1].reshape(-1)


def by_value(asked: Question, bins: np.ndarray) -> Float[np.ndarray, "sample classes"]:
    """Return what the value of each row said about the truth in the other folds: the share of each class, or mean."""
    n_bins, shape = int(bins.max(initial=0)) + 1, max(1, len(asked.classes))
    cells = bins * N_FOLDS + asked.folds
    counts = np.bincount(cells, minlength=n_bins * N_FOLDS).reshape(n_bins, N_FOLDS, 1)
    if asked.classes:
        which = cells * shape + asked.truth.astype(np.int64)
        sums = np.bincount(which, minlength=n_bins * N_FOLDS * shape).reshape(n_bins, N_FOLDS, shape)
    else:
        sums = np.bincount(cells, asked.truth, minlength=n_bins * N_FOLDS).reshape(n_bins, N_FOLDS, 1)
    learnt, size = sums.sum(axis=1, keepdims=True) - sums, counts.sum(axis=1, keepdims=True) - counts
    prior = learnt.sum(axis=0) / np.maximum(size.sum(axis=0), 1)
    said = (learnt + _PRIOR_ROWS * prior) / (size + _PRIOR_ROWS)
    return np.asarray(said[bins, asked.folds])


def by_model(
    asked: Question, matrix: np.ndarray, categorical: np.ndarray | None = None, *, linear: bool = False
) -> Float[np.ndarray, "sample classes"]:
    """Return what a small model, fitted to the other folds, says about each row: boosting, or logistic regression."""
    said = np.full((len(asked.truth), max(1, len(asked.classes))), np.nan)
    with one_thread():
        for number in range(N_FOLDS):
            fit, here = asked.folds != number, asked.folds == number
            if not here.any() or len(np.unique(asked.truth[fit])) < 2:
                continue
            model = (_linear if linear else _boosting)(asked, matrix[fit], categorical)
            target = asked.truth[fit].astype(np.int64) if asked.classes else asked.truth[fit]
            model.fit(matrix[fit], target)
            if asked.classes:
                said[here] = 0.0
                said[np.ix_(here, model.classes_)] = model.predict_proba(matrix[here])
            else:
                said[here, 0] = model.predict(matrix[here])
    return np.where(np.isnan(said), 1.0 / said.shape[1], said)


def answers(asked: Question, said: np.ndarray, *, least: float = 0.0) -> tuple[Answer, ...]:
    """Return how well each class that counts is told by `said`, best first, of those with a gain of `least`."""
    if not asked.classes:
        found = _of_number(asked, said[:, 0])
        return (found,) if found.gain >= least else ()
    each = []
    for c in asked.judged:
        hit = asked.truth == c
        if 2 * area(asked, said[:, c], hit) - 1 >= least:
            each.append(_of_class(asked, said[:, c], hit, asked.classes[c]))
    return tuple(sorted(each, key=lambda item: -item.gain))


def best_of_shuffles(
    asked: Question, of_class: str, said_of: Callable[[Question], np.ndarray], rng: np.random.Generator, times: int
) -> float:
    """Return the highest value that `said_of` reaches for a class when the truth is shuffled between groups."""
    highest = -np.inf
    for _ in range(times):
        null = asked.shuffled(rng)
        said = said_of(null)
        if asked.classes:
            c = asked.classes.index(of_class)
            highest = max(highest, area(null, said[:, c], null.truth == c))
        else:
            highest = max(highest, _of_number(null, said[:, 0]).value)
    return float(highest)


def area(asked: Question, score: np.ndarray, hit: np.ndarray) -> float:
    """Return the AUC of `score` for the rows that are `hit`, compared inside folds only."""
    from scipy.stats import rankdata

    total, pairs = 0.0, 0.0
    for number in range(N_FOLDS):
        here = asked.folds == number
        inside = hit[here]
        n, m = int(inside.sum()), int((~inside).sum())
        if n and m:
            total += float(rankdata(score[here])[inside].sum()) - n * (n + 1) / 2
            pairs += n * m
    return total / pairs if pairs else 0.5


def ranks(values: np.ndarray) -> Float[np.ndarray, " sample"]:
    """Return mid-ranks between 0 and 1; equal values share theirs."""
    from scipy.stats import rankdata

    return np.asarray((rankdata(values) - 0.5) / max(1, len(values)))


def paired(asked: Question, first: np.ndarray, second: np.ndarray, hit: np.ndarray) -> tuple[float, float]:
    """Return by how much the AUC of the first score exceeds that of the second, and the p-value of no more than chance.

    DeLong, DeLong & Clarke-Pearson (1988), summed within units.
    """
    from scipy.special import ndtr

    (a, adds_a), (b, adds_b) = _adds(asked, first, hit), _adds(asked, second, hit)
    error = _error(adds_a - adds_b, asked.unit)
    return a - b, float(ndtr(-(a - b) / (_FOLDS_DEPEND * error))) if error > 0.0 else float(a <= b)


def _of_class(asked: Question, score: np.ndarray, hit: np.ndarray, name: str) -> Answer:
    """Return the AUC with a variance over units (Obuchowski, 1997): what a row adds is summed within its unit first."""
    from scipy.special import stdtr

    value, adds = _adds(asked, score, hit)
    error = _error(adds, asked.unit)
    # Few units leave their spread uncertain: Student's t with those of the rarer class, as for few clusters.
    fewest = min(len(np.unique(asked.unit[hit])), len(np.unique(asked.unit[~hit])))
    if error <= 0.0:
        # All pairs in order, or none: one in so many units could still be otherwise (rule of three).
        error = 1.0 / max(fewest, 1) if value != 0.5 else 1.0
    p_value = float(stdtr(max(fewest - 1, 1), -(value - 0.5) / (_FOLDS_DEPEND * error)))
    half = _Z * error
    return Answer(name, value, max(0.0, value - half), min(1.0, value + half), max(0.0, 2 * value - 1), p_value)


def _adds(asked: Question, score: np.ndarray, hit: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the AUC and what each row adds to it beyond the mean of its class and fold."""
    from scipy.stats import rankdata

    adds, total, pairs = np.zeros(len(hit)), 0.0, 0.0
    for number in range(N_FOLDS):
        here = np.flatnonzero(asked.folds == number)
        inside = hit[here]
        n, m = int(inside.sum()), int((~inside).sum())
        if not n or not m:
            continue
        both, own = rankdata(score[here]), np.empty(len(here))
        own[inside], own[~inside] = rankdata(score[here[inside]]), rankdata(score[here[~inside]])
        beaten = (both - own) / np.where(inside, m, n)  # share of the other class that a row outranks
        mean = beaten[inside].mean()
        adds[here] = n * m * np.where(inside, (beaten - mean) / n, (1 - mean - beaten) / m)
        total, pairs = total + n * m * mean, pairs + n * m
    return (total / pairs if pairs else 0.5), adds / max(pairs, 1.0)


def _of_number(asked: Question, guess: np.ndarray) -> Answer:
    """Return the R² of the guesses, and a test of their correlation inside folds, summed within units."""
    from scipy.special import ndtr

    truth = asked.truth
    spread = float(((truth - truth.mean()) ** 2).mean()) if len(truth) else 0.0
    if spread <= 0.0:
        return Answer("", 0.0, 0.0, 0.0, 0.0, 1.0)
    value = 1.0 - float(((truth - guess) ** 2).mean()) / spread
    own, said = truth - _mean_by_fold(asked, truth), guess - _mean_by_fold(asked, guess)
    together = own * said
    error = _error(together - together.mean(), asked.unit)
    p_value = float(ndtr(-together.sum() / (_FOLDS_DEPEND * error))) if error > 0.0 else 1.0
    lost = ((truth - guess) ** 2 - (truth - truth.mean()) ** 2) / (len(truth) * spread)
    half = _Z * _error(lost - lost.mean(), asked.unit)
    return Answer("", value, value - half, min(1.0, value + half), max(0.0, value), p_value)


def _mean_by_fold(asked: Question, values: np.ndarray) -> np.ndarray:
    n = np.maximum(np.bincount(asked.folds, minlength=N_FOLDS), 1)
    return np.asarray((np.bincount(asked.folds, values, minlength=N_FOLDS) / n)[asked.folds])


def _error(adds: np.ndarray, unit: np.ndarray) -> float:
    """Return the standard error of a sum over rows, of which those of a unit may be alike."""
    return float(np.sqrt((np.bincount(unit, adds) ** 2).sum()))


def _boosting(asked: Question, matrix: np.ndarray, categorical: np.ndarray | None) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    del matrix
    kind = HistGradientBoostingClassifier if asked.classes else HistGradientBoostingRegressor
    return kind(
        max_iter=max(8, 2 * _ROUNDS // max(2, len(asked.classes))),
        max_leaf_nodes=_LEAVES,
        learning_rate=_RATE,
        early_stopping=False,
        categorical_features=categorical if categorical is not None and categorical.any() else None,
        random_state=0,
    )


def _linear(asked: Question, matrix: np.ndarray, categorical: np.ndarray | None) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    del categorical
    strength = 0.1 * min(1.0, len(matrix) / (10 * matrix.shape[1]))  # fewer rows a column bear less
    if not asked.classes:
        return make_pipeline(StandardScaler(), Ridge(alpha=1.0 / strength))
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=200))
