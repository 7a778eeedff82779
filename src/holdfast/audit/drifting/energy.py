"""How far two samples of rows are apart as a whole: the energy distance, with a permutation test."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from holdfast.audit.drifting.permuting import p_value
from holdfast.audit.facts.learning.encoding import Encoding

MOST_ROWS = 500  # of each side
PERMUTATIONS = 499
_RESAMPLES = 200
_MOST_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy coefficient: 0 where both samples are alike, 1 where they never meet, with a 95% bootstrap interval.

    `p_value` is that of a permutation test of the same distances.
    """

    value: float
    low: float
    high: float
    p_value: float
    n: int


def energy(apart: Float[np.ndarray, "rows rows"], n_first: int, rng: np.random.Generator) -> Energy:
    """Return the energy coefficient of the first `n_first` items and the others, given their distances.

    (2·E|X−Y| − E|X−X'| − E|Y−Y'|) / (2·E|X−Y|) of Székely & Rizzo (2013, J. Statistical Planning and Inference 143),
    pairs of an item with itself left out, so that chance alone gives 0 on average. Permutations draw which rows are on
    which side.
    """
    n = len(apart)
    first = np.zeros(n)
    first[:n_first] = 1.0
    observed = float(_coefficients(apart, first[None], 1.0 - first[None])[0])
    drawn = np.zeros((PERMUTATIONS, n))
    for line in drawn:
        line[rng.permutation(n)[:n_first]] = 1.0
    null = _coefficients(apart, drawn, 1.0 - drawn)
    again = [
        rng.multinomial(size, np.full(size, 1 / size), size=_RESAMPLES).astype(np.float64)
        for size in (n_first, n - n_first)
    ]
    a = np.concatenate([again[0], np.zeros((_RESAMPLES, n - n_first))], axis=1)
    b = np.concatenate([np.zeros((_RESAMPLES, n_first)), again[1]], axis=1)
    low, high = np.quantile(_coefficients(apart, a, b), [0.025, 0.975])
    value = max(0.0, observed)
    return Energy(
        value, max(0.0, min(value, float(low))), min(1.0, max(value, float(high))), p_value(observed, null), n
    )


def _coefficients(apart: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the coefficient for each line of weights; an item drawn twice makes no pair with itself."""
    at_first, at_second = first @ apart, second @ apart
    sizes = first.sum(axis=1), second.sum(axis=1)
    pairs = [size**2 - (weight**2).sum(axis=1) for size, weight in zip(sizes, (first, second), strict=True)]
    across = 2 * np.einsum("ij,ij->i", at_first, second) / (sizes[0] * sizes[1])
    inside = np.einsum("ij,ij->i", at_first, first) / pairs[0] + np.einsum("ij,ij->i", at_second, second) / pairs[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(across > 0, (across - inside) / across, 0.0))


def distances(encoding: Encoding, rows: np.ndarray, only: str | None = None) -> Float[np.ndarray, "rows rows"]:
    """Return distances of rows in which every column counts alike; of one block alone, if `only` names it.

    Numbers count by their rank, categories by being equal, texts by the cosine of their words, vectors as they are.
    """
    squared = np.zeros((len(rows), len(rows)))
    if only is None:
        for place, name in enumerate(encoding.names[:_MOST_COLUMNS]):
            if encoding.dataset[name].kind != "time":
                values = encoding.column(name, rows)
                squared += _unit(_unequal(values) if encoding.categorical[place] else _ranked(values))
    for block in encoding.blocks:
        if only is None or block.name == only:
            squared += _unit(_between(block.matrix(rows), cosine=block.is_sparse))
    return np.sqrt(np.maximum(squared, 0.0))


def _unit(squared: np.ndarray) -> np.ndarray:
    mean = float(squared.mean())
    return squared / mean if mean > 0 else squared


def _unequal(codes: np.ndarray) -> np.ndarray:
    known = np.where(np.isnan(codes), -1.0, codes)
    return (known[:, None] != known[None, :]).astype(np.float64)


def _ranked(values: np.ndarray) -> np.ndarray:
    """Return squared differences of ranks; a missing value is as far from others as they are on average."""
    missing = np.isnan(values)
    _, place, count = np.unique(values[~missing], return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - (count - 1) / 2
    rank = np.zeros(len(values))
    rank[~missing] = middle[place.reshape(-1)] / max(len(values), 1)
    squared = (rank[:, None] - rank[None, :]) ** 2
    if missing.any():
        usual = float(squared[np.ix_(~missing, ~missing)].mean()) if (~missing).any() else 1.0
        squared[missing] = usual
        squared[:, missing] = usual
        squared[np.ix_(missing, missing)] = 0.0
    return np.asarray(squared)


def _between(matrix: Any, *, cosine: bool) -> np.ndarray:
    if cosine:  # a sparse matrix of counts
        norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1), dtype=np.float64)).reshape(-1)
        inner = np.asarray((matrix @ matrix.T).todense(), dtype=np.float64)
        scale = np.where(norms > 0, norms, 1.0)
        return np.asarray(np.maximum(2 - 2 * inner / scale[:, None] / scale[None, :], 0.0) * _not_self(len(norms)))
    points = np.asarray(matrix, dtype=np.float64)
    points = points - points.mean(axis=0)
    length = (points**2).sum(axis=1)
    return np.asarray(
        np.maximum(length[:, None] + length[None, :] - 2 * points @ points.T, 0.0) * _not_self(len(points))
    )


def _not_self(n: int) -> np.ndarray:
    return 1.0 - np.eye(n)
