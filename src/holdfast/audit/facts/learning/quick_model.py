"""What a quick model says about rows it has not learned from: ridge on numbers, or on random waves of them."""

import numpy as np
from jaxtyping import Float

from holdfast.audit.facts.labels.predictiveness import N_FOLDS, Question

_MOST_DIRECTIONS = 40  # of the largest spread; the rest of a small picture is hardly more than noise
_WAVES = 300  # random features: Rahimi & Recht (2007)
_STRENGTH = 0.02  # of the ridge, in units of rows


def with_squares(columns: Float[np.ndarray, "rows columns"]) -> Float[np.ndarray, "rows columns"]:
    """Return numbers of spread one beside their squares, so that a straight line can tell "far from the usual"."""
    scaled = standardised(columns)
    return np.concatenate([scaled, np.clip(scaled**2, 0.0, 9.0)], axis=1)


def waves(columns: Float[np.ndarray, "rows columns"], rng: np.random.Generator) -> Float[np.ndarray, "rows waves"]:
    """Return the directions of largest spread beside random waves of them: with ridge, about a kernel machine."""
    scaled = standardised(columns)
    if scaled.shape[1] > _MOST_DIRECTIONS:
        _, vectors = np.linalg.eigh(scaled.T @ scaled)
        scaled = scaled @ vectors[:, ::-1][:, :_MOST_DIRECTIONS]
    turn = rng.normal(size=(scaled.shape[1], _WAVES))
    far = np.sqrt(2.0 * (scaled**2).sum(axis=1).mean()) or 1.0  # about the distance of two rows
    angles = scaled @ turn / (0.5 * far) + rng.uniform(0, 2 * np.pi, size=_WAVES)
    return np.concatenate([standardised(scaled), np.sqrt(2.0) * np.cos(angles)], axis=1)


def by_ridge(asked: Question, columns: Float[np.ndarray, "rows columns"]) -> Float[np.ndarray, "rows classes"]:
    """Return what least squares with a ridge, fitted to the other folds, says of each class (or the number)."""
    n = len(asked.truth)
    if asked.classes:
        target = np.zeros((n, len(asked.classes)))
        target[np.arange(n), asked.truth.astype(np.int64)] = 1.0
    else:
        target = asked.truth[:, None]
    said = np.zeros_like(target)
    grams, sides, sums, means, sizes = [], [], [], [], []
    for number in range(N_FOLDS):
        x, y = columns[asked.folds == number], target[asked.folds == number]
        grams.append(x.T @ x)
        sides.append(x.T @ y)
        sums.append(x.sum(axis=0))
        means.append(y.sum(axis=0))
        sizes.append(len(x))
    gram, side, total, mean, size = sum(grams), sum(sides), sum(sums), sum(means), sum(sizes)
    for number in range(N_FOLDS):
        here = asked.folds == number
        m = size - sizes[number]
        if not here.any() or not m:
            continue
        middle, level = (total - sums[number]) / m, (mean - means[number]) / m
        inner = gram - grams[number] - m * np.outer(middle, middle)
        outer = side - sides[number] - m * np.outer(middle, level)
        inner[np.diag_indices_from(inner)] += _STRENGTH * m + 10.0
        said[here] = level + (columns[here] - middle) @ np.linalg.solve(inner, outer)
    return said


def standardised(columns: Float[np.ndarray, "rows columns"]) -> Float[np.ndarray, "rows columns"]:
    """Return columns of mean 0 and spread 1; constant ones become 0."""
    spread = columns.std(axis=0)
    flat = spread <= 1e-9 * (1.0 + np.abs(columns).max(axis=0, initial=0.0))
    return np.where(flat, 0.0, (columns - columns.mean(axis=0)) / np.where(flat, 1.0, spread))
