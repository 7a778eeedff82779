"""Linear models for many numbers a row, of words or of features: quick, without settings, and calibrated.

Words: logistic regression on TF-IDF. Features: ridge regression on one column for each class, its strength chosen by
leave-one-out (Allen, 1974), whose left-out scores also teach a small logistic regression what a score is worth.
Both give each training row a score from a model that did not see it, so that another model may learn from the scores.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

STRENGTH = 5.0  # of the logistic regression on words; 1 and 20 are worse by a hundredth on reviews and messages
RIDGES = np.logspace(-3, 2, 6)  # times the mean of the spectrum
MOST_WIDTH = 1_536  # features; more are folded together at random, since the cost grows with the square
_CHOOSING = 1_000  # rows on which the strength is chosen
CROSS = 3  # folds behind the left-out scores of words
UNSEEN = -5.0  # score of a class that the rows learnt from lack: log odds of about 1 in 150
_FEWEST_FOR_RARE = 200  # rows from which words of a single text are left out


@dataclass(frozen=True)
class Scorer:
    """A fitted linear model: `score` gives a column for each class (one for two classes, or for numbers).

    `left_out` are the scores of the training rows, each from a model that did not see it; None if not asked for.
    """

    score: Callable[[Any], Float[np.ndarray, "rows width"]]
    left_out: Float[np.ndarray, "rows width"] | None = None


def fit_words(counts: Any, target: np.ndarray, *, classes: bool, left_out: bool) -> Scorer:
    """Return a linear model of hashed word counts."""
    every = np.unique(target) if classes else np.zeros(1)
    score = _words_model(counts, target, classes=classes)
    if not left_out:
        return Scorer(score)
    scores = np.zeros((counts.shape[0], 1 if len(every) == 2 else len(every)))
    fold = _folds(counts, target, classes=classes)
    for number in range(CROSS):
        here = fold == number
        scores[here] = _from_others(counts, target, here, every, classes=classes)
    return Scorer(score, scores)


def _from_others(counts: Any, target: np.ndarray, here: np.ndarray, every: np.ndarray, *, classes: bool) -> np.ndarray:
    """Return scores of the rows `here` by a model of the others, who may lack a class that has a single row."""
    seen = np.unique(target[~here]) if classes else every
    scores = np.full((int(here.sum()), 1 if len(every) == 2 else len(every)), UNSEEN)
    if len(seen) < 2 and classes:
        return np.zeros_like(scores)
    said = _words_model(counts[~here], target[~here], classes=classes)(counts[here])
    if len(seen) == len(every):
        return said
    scores[:, np.searchsorted(every, seen)] = said if said.shape[1] > 1 else np.column_stack([-said, said])
    return scores


def fit_features(features: np.ndarray, target: np.ndarray, *, classes: bool) -> Scorer:
    """Return a ridge regression of dense features, with the left-out scores of its training rows."""
    folded = _Folding(features.shape[1])
    matrix = folded(features)
    centre, scale = matrix.mean(axis=0), matrix.std(axis=0)
    # A feature that hardly ever moves would be blown up by its scale.
    scale = np.maximum(scale, 0.05 * float(scale.max(initial=0.0)) + 1e-12)
    matrix = (matrix - centre) / scale
    wanted = _indicators(target) if classes else target[:, None].astype(np.float64)
    middle = wanted.mean(axis=0)
    if matrix.shape[1] >= len(matrix):
        weights, alone, _ = _by_rows(matrix, wanted - middle)
    else:
        # What suits a part of the rows suits all: the best strength follows the noise, not the number of rows.
        part = np.random.default_rng(0).permutation(len(matrix))[:_CHOOSING]
        weights, alone = _by_columns(matrix, wanted - middle, _by_rows(matrix[part], wanted[part] - middle)[2])

    def score(rows: np.ndarray) -> np.ndarray:
        return np.asarray(((folded(rows) - centre) / scale) @ weights + middle)

    return Scorer(score, alone + middle)


def calibrated(scores: np.ndarray, target: np.ndarray) -> Any:
    """Return a fitted logistic regression from left-out scores to classes."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=100.0, tol=1e-4, max_iter=300).fit(scores, target)


def _words_model(counts: Any, target: np.ndarray, *, classes: bool) -> Callable[[Any], np.ndarray]:
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.linear_model import LogisticRegression, Ridge

    held_by = counts.getnnz(axis=0)
    kept = np.flatnonzero(held_by >= (2 if len(target) >= _FEWEST_FOR_RARE else 1))
    if not len(kept):
        kept = np.flatnonzero(held_by)[:1] if held_by.any() else np.zeros(1, dtype=np.int64)
    weighing = TfidfTransformer(sublinear_tf=True).fit(counts[:, kept])
    learnt = weighing.transform(counts[:, kept])
    model: Any
    if classes:
        model = LogisticRegression(C=STRENGTH, tol=1e-4, max_iter=200).fit(learnt, target)
        return lambda rows: _columns(model.decision_function(weighing.transform(rows[:, kept])))
    model = Ridge(alpha=1.0, solver="sparse_cg", tol=1e-3).fit(learnt, target)
    return lambda rows: _columns(model.predict(weighing.transform(rows[:, kept])))


def _folds(counts: Any, target: np.ndarray, *, classes: bool) -> np.ndarray:
    """Return a fold for each row, the same for equal texts, each class spread over all folds as far as that allows."""
    n = counts.shape[0]
    key = counts @ np.random.default_rng(0).random(counts.shape[1])
    key = np.unique(key, return_inverse=True)[1].reshape(-1)
    fold = np.random.default_rng(1).permutation(key.max(initial=0) + 1)[key] % CROSS
    if classes:
        for code in np.unique(target):
            members = np.flatnonzero(target == code)
            if len(np.unique(fold[members])) < 2:  # no fold may be without a class to learn
                fold[members] = np.arange(len(members)) % CROSS
    elif len(np.unique(fold)) < CROSS:
        fold = np.arange(n) % CROSS
    return fold


def _columns(scores: np.ndarray) -> np.ndarray:
    scores = np.asarray(scores, dtype=np.float64)
    return scores[:, None] if scores.ndim == 1 else scores


def _indicators(target: np.ndarray) -> np.ndarray:
    """Return a column of 0 and 1 for each class; for two classes, one for the second."""
    values, code = np.unique(target, return_inverse=True)
    wanted = np.zeros((len(target), len(values)))
    wanted[np.arange(len(target)), code.reshape(-1)] = 1.0
    return wanted[:, 1:] if len(values) == 2 else wanted


def _by_rows(matrix: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return weights, left-out predictions and strength of the ridge whose left-out error is least.

    One decomposition of the rows' products serves all strengths.
    """
    spectrum, vectors = np.linalg.eigh((matrix @ matrix.T).astype(np.float64))
    spectrum = np.maximum(spectrum, 0.0)
    inside, squared = vectors.T @ wanted, vectors**2
    best: tuple[float, float, np.ndarray] | None = None
    for ridge in RIDGES * max(float(spectrum.mean()), 1e-12):
        shrink = spectrum / (spectrum + ridge)
        alone = _left_out(wanted, vectors @ (shrink[:, None] * inside), squared @ shrink)
        error = float(((alone - wanted) ** 2).mean())
        if best is None or error < best[0]:
            best = error, float(ridge), alone
    assert best is not None
    dual = vectors @ (inside / (spectrum + best[1])[:, None])
    return matrix.T @ dual.astype(matrix.dtype), best[2], best[1]


def _by_columns(matrix: np.ndarray, wanted: np.ndarray, ridge: float) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and left-out predictions of the ridge of this strength."""
    from scipy.linalg import cholesky, solve_triangular

    gram = (matrix.T @ matrix).astype(np.float64)
    gram[np.diag_indices(len(gram))] += ridge
    root = cholesky(gram, lower=True, overwrite_a=True, check_finite=False)
    turned = solve_triangular(root.astype(np.float32), matrix.T, lower=True, check_finite=False)
    inside = turned.astype(np.float32) @ wanted.astype(np.float32)
    weights = solve_triangular(root, inside.astype(np.float64), lower=True, trans="T", check_finite=False)
    return weights.astype(np.float32), _left_out(wanted, turned.T @ inside, np.einsum("ij,ij->j", turned, turned))


def _left_out(wanted: np.ndarray, predicted: np.ndarray, leverage: np.ndarray) -> np.ndarray:
    """Return what each row would be given by a model without it; centring takes a further 1/n of each."""
    left = 1.0 - np.clip(leverage + 1.0 / len(wanted), 0.0, 1.0 - 1e-6)[:, None]
    return np.asarray(wanted - (wanted - predicted) / left)


class _Folding:
    """Features as they are, or added up with random signs into fewer (count sketch, Charikar et al., 2002)."""

    def __init__(self, width: int) -> None:
        rng = np.random.default_rng(0)
        self.place = rng.permutation(width) % MOST_WIDTH if width > MOST_WIDTH else None
        self.sign = rng.choice(np.array([-1.0, 1.0], dtype=np.float32), size=width)

    def __call__(self, features: np.ndarray) -> np.ndarray:
        if self.place is None:
            return np.asarray(features, dtype=np.float32)
        out = np.zeros((len(features), MOST_WIDTH), dtype=np.float32)
        np.add.at(out.T, self.place, (features * self.sign).T)
        return out
