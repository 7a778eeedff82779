"""Forgetting and transfer over a sequence of tasks, from the matrix of scores a[k, j]: on task j after learning task k.

All are means over tasks, in points of the score. A score that was not measured is NaN. Leading axes (seeds, say) are
kept: a matrix of shape (5, T, T) gives five numbers.
"""

import numpy as np
from jaxtyping import Float

from holdfast.core.errors import BadInput

Scores = Float[np.ndarray, "*seeds tasks tasks"]
Means = Float[np.ndarray, "*seeds"]


def average_forgetting(scores: Scores) -> Means:
    """Return F = mean over j < T of (max over l < T of a[l, j] − a[T, j]), T being the last task.

    Chaudhry, Dokania, Ajanthan & Torr (2018), "Riemannian walk for incremental learning", ECCV, eq. 3: best so far
    minus now. (Some libraries take first minus now, which is smaller wherever a task got better later.)
    """
    scores = _square(scores)
    best = np.fmax.reduce(scores[..., :-1, :-1], axis=-2)  # passes over what was not measured
    return np.asarray(np.mean(best - scores[..., -1, :-1], axis=-1))


def backward_transfer(scores: Scores) -> Means:
    """Return BWT = 1/(T−1) Σ_{i<T} (R[T, i] − R[i, i]); negative: forgotten.

    Lopez-Paz & Ranzato (2017), "Gradient episodic memory for continual learning", NeurIPS, section 2.
    """
    scores = _square(scores)
    diagonal = np.einsum("...ii->...i", scores)[..., :-1]
    return np.asarray(np.mean(scores[..., -1, :-1] - diagonal, axis=-1))


def forward_transfer(scores: Scores, untrained: Float[np.ndarray, "*seeds tasks"]) -> Means:
    """Return FWT = 1/(T−1) Σ_{i≥2} (R[i−1, i] − b_i), b_i being the score of an untrained model on task i.

    Lopez-Paz & Ranzato (2017), the same place. Positive: earlier tasks helped before a task was seen.
    """
    scores = _square(scores)
    untrained = np.asarray(untrained, dtype=np.float64)
    if untrained.shape[-1] != scores.shape[-1]:
        raise BadInput(f"forward transfer wants an untrained score for each of {scores.shape[-1]} tasks")
    ahead = np.einsum("...ii->...i", scores[..., :-1, 1:])
    return np.asarray(np.mean(ahead - untrained[..., 1:], axis=-1))


def _square(scores: Scores) -> Scores:
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim < 2 or scores.shape[-1] != scores.shape[-2] or scores.shape[-1] < 2:
        raise BadInput(f"a matrix of scores wants as many rows as tasks, two at least; got the shape {scores.shape}")
    return scores
